//! [`Drive`]: how far an operation of a sequence is carried.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::contract::Rule;
use proptest::{
    prelude::{Just, Strategy},
    prop_oneof,
};

use crate::{
    certify::Carrier,
    describe::Describe,
    judge::Judged,
    subject::Subject,
    trial::{Circle, Trial},
};

/// How far an operation is carried.
#[derive(Clone, Copy, Debug)]
pub(super) enum Drive {
    /// It is polled so often, and dropped if it is not ready then. With `steps` the work goes on a bit between two
    /// polls.
    Polls { times: usize, steps: bool },
    /// It is polled to its end.
    End,
}

impl Drive {
    /// Mostly one poll, or all that it takes.
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let polls = (2..4_usize, proptest::bool::ANY).prop_map(|(times, steps)| Self::Polls { times, steps });
        prop_oneof![4 => Just(Self::Polls { times: 1, steps: false }), 3 => Just(Self::End), 1 => polls]
    }
}

impl fmt::Display for Drive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Polls { times: 1, .. } => Ok(()),
            Self::Polls { times, steps: false } => write!(f, " ({times} polls)"),
            Self::Polls { times, steps: true } => write!(f, " ({times} polls with steps between)"),
            Self::End => f.write_str(" to its end"),
        }
    }
}

impl Trial<'_> {
    /// Polls as far as `drive` says.
    pub(super) fn poll_as_far_as<R: Describe>(
        &mut self,
        drive: Drive,
        what: &str,
        mut poll: impl FnMut(Pin<&mut dyn Subject>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<Poll<R>> {
        let (times, steps) = match drive {
            Drive::End if self.is_stepped() => return self.carry_by_steps(what, poll).map(Poll::Ready),
            Drive::End => return self.carry(what, poll).map(Poll::Ready),
            Drive::Polls { times, steps } => (times, steps),
        };
        for time in 0..times {
            if steps && time > 0 {
                self.step();
            }
            let polled = self.poll(what, &mut poll)?;
            if polled.is_ready() {
                return Ok(polled);
            }
        }
        self.count(|counts| &mut counts.drops);
        Ok(Poll::Pending)
    }

    /// Polls one future of a sync from the first poll to the last, as far as `drive` says.
    pub(super) fn sync_as_far_as(&mut self, drive: Drive) -> Judged<Poll<io::Result<()>>> {
        let Drive::Polls { times, steps } = drive else { return self.sync().map(Poll::Ready) };
        let polled = self.drive_sync(|trial, polls, _| {
            if steps && polls < times {
                trial.observer.step();
            }
            polls < times
        })?;
        if polled.is_pending() {
            self.count(|counts| &mut counts.drops);
        }
        Ok(polled)
    }

    /// Polls to the end where nothing happens but by steps, so that it shows whether a wake came in time.
    fn carry_by_steps<R: Describe>(
        &mut self,
        what: &str,
        mut poll: impl FnMut(Pin<&mut dyn Subject>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<R> {
        const WOKEN: &str = "a task is woken when it can go on";
        let (mut was_woken, mut circle) = (true, Circle::default());
        loop {
            if circle.is_closed(self) {
                return Err(self.in_circles(what));
            }
            let polled = self.poll(what, &mut poll)?;
            match polled {
                Poll::Ready(answer) if was_woken => return Ok(answer),
                Poll::Ready(answer) => {
                    let seen = format!("no wake came, and then it is ready: {}", answer.describe());
                    return Err(self.breaks(Rule::P1, WOKEN, seen));
                }
                Poll::Pending if was_woken => {}
                Poll::Pending => {
                    let seen = "it never becomes ready, although the destination is not held";
                    return Err(self.breaks(Rule::P1, WOKEN, seen));
                }
            }
            let wakes = self.task.wakes();
            self.advance();
            was_woken = self.task.wakes() > wakes;
        }
    }

    /// One piece of the work behind the writer is done, if there is any.
    pub(super) fn step(&mut self) {
        if self.observer.step() {
            self.note("one step of the work behind the writer", "");
        }
    }

    pub(super) fn is_stepped(&self) -> bool {
        self.kit.declared.carrier == Carrier::Steps
    }
}
