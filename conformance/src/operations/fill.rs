//! A destination that is filled while nobody takes bytes out of it.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::Submitted;

use crate::{
    describe::{Describe, counted},
    judge::{Judged, Stop},
    task::{MAX_TURNS, Task},
    trial::Trial,
};

/// How many bytes the kit writes at most, and how many at once: more than the buffers of a ring, a pipe or a socket
/// have.
const MOST: usize = 4 << 20;
const AT_ONCE: usize = 16 << 10;

/// How it ended.
#[derive(Debug)]
pub(crate) enum Filled {
    /// The destination took all that was written.
    Never,
    /// The last submission is `Pending`, and its task was not woken: so often it had been before.
    Waits(usize),
    /// Submission after submission is `Pending` and wakes its own task.
    Spins,
    /// The last submission is `Complete(0)`.
    Refuses,
    Fails(io::Error),
    /// A write is in flight.
    InFlight,
}

impl Trial<'_> {
    /// Submits bytes in `task` until the destination has no room, or as many are there as its author declared. Nobody
    /// looks at the destination meanwhile, because an observer may take out the bytes that it sees.
    pub(crate) fn fill(&mut self, task: &Task) -> Judged<Filled> {
        let Some(mut writer) = self.writer.take() else { return Err(self.unclear("the writer is gone")) };
        self.begin_filling();
        let mut given = 0;
        let filled = catch_unwind(AssertUnwindSafe(|| {
            let poll =
                |buf: &[u8]| Pin::new(&mut *writer).poll_write_submit(&mut Context::from_waker(task.waker()), buf);
            until_full(task, self.kit.declared.room, &mut given, poll, || self.touch())
        }));
        self.writer = Some(writer);
        let filled = filled.map_err(|payload| self.panicked(payload))?;
        self.ended_unseen(format!("{}, then {}", counted(given, "byte"), filled.describe()));
        Ok(filled)
    }

    /// Lets the observer take out what it sees, and everything else go on.
    pub(crate) fn make_room(&mut self) {
        self.advance();
        self.note("the observer looks", "");
    }

    /// One more poll of a submission, and another one after each turn for the executor (rule P4), while nobody looks.
    pub(crate) fn submit_unseen(&mut self, task: &Task) -> Judged<Poll<io::Result<Submitted>>> {
        let Some(mut writer) = self.writer.take() else { return Err(self.unclear("the writer is gone")) };
        self.begin_filling();
        let mut poll = |cx: &mut Context<'_>| Pin::new(&mut *writer).poll_write_submit(cx, &[b'x'; 4]);
        let polled = catch_unwind(AssertUnwindSafe(|| task.poll_past_turns(&mut poll)));
        self.writer = Some(writer);
        let polled = polled.map_err(|payload| -> Stop { self.panicked(payload) })?;
        self.ended_unseen(polled.describe());
        Ok(polled)
    }
}

fn until_full(
    task: &Task,
    room: usize,
    given: &mut usize,
    mut poll: impl FnMut(&[u8]) -> Poll<io::Result<Submitted>>,
    touch: impl Fn(),
) -> Filled {
    let mut turns = 0;
    while *given < MOST.min(room) {
        touch();
        let buf = [b'x'; AT_ONCE];
        let (wakes, own) = (task.wakes(), task.own_wakes());
        match poll(&buf[..AT_ONCE.min(MOST.min(room) - *given)]) {
            Poll::Pending if turns > MAX_TURNS => return Filled::Spins,
            Poll::Pending if task.own_wakes() > own => turns += 1,
            Poll::Pending if task.wakes() > wakes => {}
            Poll::Pending => return Filled::Waits(wakes),
            Poll::Ready(Ok(Submitted::Complete(0))) => return Filled::Refuses,
            Poll::Ready(Ok(Submitted::Complete(n))) => (*given, turns) = (given.saturating_add(n), 0),
            Poll::Ready(Ok(Submitted::InFlight(_))) => return Filled::InFlight,
            Poll::Ready(Err(error)) => return Filled::Fails(error),
        }
    }
    Filled::Never
}

impl Filled {
    fn describe(&self) -> String {
        match self {
            Self::Never => "no more are written".to_owned(),
            Self::Waits(_) => "Pending".to_owned(),
            Self::Spins => "Pending again and again, each with a wake of its own".to_owned(),
            Self::Refuses => "Complete(0)".to_owned(),
            Self::Fails(error) => format!("Err({})", error.describe()),
            Self::InFlight => "a ticket".to_owned(),
        }
    }
}
