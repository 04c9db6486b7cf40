//! Operations that are futures: syncs, those that an author declares, and the end of a writer.

use std::{io, task::Poll};

use crate::{
    guard::Foreign,
    judge::Judged,
    need::Need,
    subject::Call,
    task::{MAX_TURNS, Task},
    trial::{Circle, Trial},
};

impl Trial<'_> {
    /// One poll of a new sync, whose future is dropped then.
    pub(crate) fn sync_once(&mut self) -> Judged<Poll<io::Result<()>>> {
        self.drive_sync(|_, _, _| false)
    }

    /// A whole sync.
    pub(crate) fn sync(&mut self) -> Judged<io::Result<()>> {
        self.needs(Need::Sync)?;
        self.drive_to_end(Call::Sync)
    }

    /// The future of a sync, as [`drive`](Self::drive) polls it.
    pub(crate) fn drive_sync(
        &mut self,
        goes_on: impl FnMut(&mut Self, usize, usize) -> bool,
    ) -> Judged<Poll<io::Result<()>>> {
        self.needs(Need::Sync)?;
        self.drive(Call::Sync, goes_on)
    }

    /// Polls one future of an operation to its end.
    pub(super) fn drive_to_end(&mut self, call: Call) -> Judged<io::Result<()>> {
        let (mut in_vain, mut circle, mut closed) = (0, Circle::default(), false);
        let polled = self.drive(call, |trial, _, wakes| {
            in_vain = if trial.is_woken_after(wakes) { 0 } else { in_vain + 1 };
            closed = circle.is_closed(trial);
            in_vain < 3 && !closed
        })?;
        match polled {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending if closed => Err(self.in_circles(call.name())),
            Poll::Pending => Err(self.never_ready(call.name())),
        }
    }

    /// Polls one future of an operation until it is ready, or `goes_on` says after how many polls, and how often the
    /// task had been woken before the last one, that it is dropped.
    pub(super) fn drive(
        &mut self,
        call: Call,
        mut goes_on: impl FnMut(&mut Self, usize, usize) -> bool,
    ) -> Judged<Poll<io::Result<()>>> {
        let Some(mut writer) = self.writer.take() else { return Err(self.unclear("the writer is gone")) };
        let mut future = Foreign::new(writer.call(call));
        let (mut polls, mut turns) = (0, 0);
        let polled = loop {
            let (task, wakes) = (self.task.clone(), self.task.wakes());
            let polled = self.poll_outside(call.name(), || task.poll(|cx| future.as_mut().poll(cx)));
            // A turn for the executor (rule P4) is no poll that came to nothing.
            if matches!(polled, Ok(Poll::Pending)) && task.wakes() > wakes && turns < MAX_TURNS {
                turns += 1;
                continue;
            }
            polls += 1;
            if !matches!(polled, Ok(Poll::Pending)) || !goes_on(self, polls, wakes) {
                break polled;
            }
        };
        drop(future);
        self.writer = Some(writer);
        polled
    }

    /// Takes the writer apart, once, at the first poll: `None` where it is pending. A writer that refuses is here
    /// again.
    pub(crate) fn take_apart(&mut self) -> Judged<Option<io::Result<()>>> {
        let Some(writer) = self.writer.take() else { return Err(self.unclear("the writer is gone")) };
        let mut future = Foreign::new(writer.into_inner());
        let task: Task = self.task.clone();
        let mut back = None;
        let polled = self.poll_outside("into_inner", || {
            task.poll(|cx| future.as_mut().poll(cx)).map_err(|(error, writer)| {
                back = writer;
                error
            })
        })?;
        self.writer = back;
        Ok(match polled {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    }
}
