//! The hand-over between an [`Offload`](super::Offload) and its pool, as a pure state machine.
//!
//! This is the one page that explains it. An `Offload` *posts* an operation together with its destination; its
//! *worker*, one task for the life of the handle, takes both, runs the operation on a thread of the pool, and gives the
//! destination back with a report. Nothing in here locks, wakes, runs or drops foreign code: each transition returns
//! what its caller has to do. [`shared`](super::shared) puts a lock round it, [`worker`](super::worker) is the task.
//!
//! ```text
//!            post               take               finish
//! Idle(T) ---------> Posted(T) -------> Running -----------> Idle(T)
//!    |  abandon                            |  poison                  close
//!    +-------> Closed                      +-------> Poisoned ---------------> Closed
//! ```
//!
//! A close of an idle destination posts its release. A close or a drop over an operation leaves the release for when
//! that has ended: finish, then released -> Closed. An operation whose worker the pool drops is taken all the same, and
//! finished with the report of one that never ran. Beside the place stand the [last write](LastWrite), which is in
//! flight only in Posted and Running, and what is known of the [cursor](Cursor) and of [syncs](Syncs).

use std::{io, task::Poll};

use super::{
    cursor::Cursor,
    discarded::Discarded,
    operation::{Operation, Report, not_run},
    sync::Syncs,
};
use crate::{
    error::{RepeatableError, repeat},
    guard,
    ticket::Ticket,
    write::last_write::LastWrite,
};

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;

/// Where the destination is.
pub(super) enum Place<T> {
    /// Here, between operations.
    Idle(T),
    /// Here, with an operation that the worker will take.
    Posted(T, Operation<T>),
    /// With the worker.
    Running,
    /// Released; with what outcome.
    Closed(Result<(), RepeatableError>),
    /// Dropped after an operation whose effect is unknown.
    Poisoned(RepeatableError),
}

/// Which side an operation is of. Each side has a waker of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Read,
    Write,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Read => Self::Write,
            Self::Write => Self::Read,
        }
    }
}

/// What a close has to do.
#[derive(Debug)]
pub(super) enum Close {
    /// The release was posted: see that the worker takes it.
    Posted,
    /// Wait: it is under way.
    Wait,
    /// This is the outcome.
    Answer(io::Result<()>),
}

/// What the worker has to do.
pub(super) enum Next<T> {
    /// Run the operation, then [`finish`](Machine::finish) or [`poison`](Machine::poison).
    Run(T, Operation<T>),
    /// Release the destination, then call [`released`](Machine::released).
    Release(T, ReleaseFn<T>),
    /// Nothing, until it is woken.
    Pending,
    /// Nothing, ever again.
    Done,
}

/// How a destination is released: closed, or dropped.
pub(super) type ReleaseFn<T> = fn(T) -> io::Result<()>;

/// The machine; its transitions are its methods.
pub(super) struct Machine<T> {
    place: Place<T>,
    last_write: LastWrite,
    pub(super) cursor: Cursor,
    /// Requested by a close or a drop, for when the operation under way has ended.
    release: Option<ReleaseFn<T>>,
    pub(super) syncs: Syncs,
    /// The failure of Closed or Poisoned was answered, or is that of the last write.
    is_reported: bool,
    pub(super) discarded: Discarded,
}

/// The transitions of the `Offload`.
impl<T> Machine<T> {
    pub(super) fn new(destination: T) -> Self {
        Self {
            place: Place::Idle(destination),
            last_write: LastWrite::None,
            cursor: Cursor::new(),
            release: None,
            syncs: Syncs::new(),
            is_reported: false,
            discarded: Discarded::default(),
        }
    }

    /// The place, for `Debug`.
    pub(super) fn place_name(&self) -> &'static str {
        match self.place {
            Place::Idle(_) => "idle",
            Place::Posted(..) | Place::Running if self.release.is_some() => "closing",
            Place::Posted(..) => "posted",
            Place::Running => "running",
            Place::Closed(_) => "closed",
            Place::Poisoned(_) => "poisoned",
        }
    }

    pub(super) fn outstanding(&self) -> Option<Ticket> {
        self.last_write.outstanding()
    }

    /// Whether the place is Closed, for good.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.place, Place::Closed(_))
    }

    /// Whether an operation of `side` may begin. `Pending`: another one is under way.
    pub(super) fn poll_begin(&mut self, side: Side) -> Poll<io::Result<()>> {
        if self.release.is_some() {
            return Poll::Ready(Err(guard::closed()));
        }
        if side == Side::Write && !self.is_closed() {
            self.last_write.check_settled()?;
        }
        match &self.place {
            Place::Idle(_) if side == Side::Write => {
                Poll::Ready(self.cursor.take_seek_back_failure().map_or(Ok(()), Err))
            }
            Place::Idle(_) => Poll::Ready(Ok(())),
            Place::Posted(..) | Place::Running => Poll::Pending,
            Place::Poisoned(reason) => {
                self.is_reported = true;
                Poll::Ready(Err(reason.poisoned()))
            }
            Place::Closed(_) => Poll::Ready(Err(guard::closed())),
        }
    }

    /// Idle -> Posted. `ticket` names the operation if it is a write.
    pub(super) fn post(&mut self, operation: Operation<T>, ticket: Option<Ticket>) {
        let Place::Idle(destination) = std::mem::replace(&mut self.place, Place::Running) else {
            unreachable!("an operation was posted without the destination");
        };
        self.place = Place::Posted(destination, operation);
        if let Some(ticket) = ticket {
            self.last_write.submit(ticket);
        }
    }

    /// Answers for `ticket`, in any place.
    pub(super) fn poll_answer(&mut self, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.last_write.poll_answer(ticket)
    }

    /// Whether the last operation has ended.
    pub(super) fn has_ended(&self) -> bool {
        !matches!(self.place, Place::Posted(..) | Place::Running)
    }

    /// Why a [`Call`](Operation::Call) that has ended left no reply.
    pub(super) fn why_no_reply(&mut self) -> io::Error {
        match &mut self.place {
            Place::Poisoned(reason) | Place::Closed(Err(reason)) => {
                self.is_reported = true;
                reason.give()
            }
            Place::Closed(Ok(())) => guard::closed(),
            Place::Idle(_) | Place::Posted(..) | Place::Running => not_run(),
        }
    }

    /// Idle -> Posted; in Posted and Running the release is left for later; Poisoned -> Closed.
    pub(super) fn close(&mut self, release: ReleaseFn<T>) -> Close {
        match std::mem::replace(&mut self.place, Place::Running) {
            Place::Idle(destination) => {
                self.place = Place::Posted(destination, Operation::Release);
                self.release = Some(release);
                return Close::Posted;
            }
            Place::Poisoned(reason) => {
                let outcome = Err(RepeatableError::new(reason.poisoned()));
                self.place = Place::Closed(self.last_write.take_unreported_failure().map_or(outcome, Err));
                self.discarded.add(Some(reason));
            }
            elsewhere => self.place = elsewhere,
        }
        if let Place::Closed(outcome) = &mut self.place {
            self.is_reported = true;
            return Close::Answer(repeat(outcome));
        }
        // The first close or drop decides how.
        self.release.get_or_insert(release);
        Close::Wait
    }

    /// The owner takes the destination for good: Idle -> Closed. Refuses, and changes nothing, unless every answer and
    /// every byte of it was taken.
    pub(super) fn take_out(&mut self) -> io::Result<T> {
        let busy = |text| Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
        self.last_write.check_settled()?;
        match self.cursor.ahead() {
            0 => {}
            n => return busy(format!("a read has fetched {n} bytes: read them first")),
        }
        match std::mem::replace(&mut self.place, Place::Closed(Ok(()))) {
            Place::Idle(destination) => Ok(destination),
            elsewhere => {
                self.place = elsewhere;
                busy("the destination is not idle".to_owned())
            }
        }
    }

    /// The owner goes: Idle -> Closed, Poisoned -> Closed. In Posted and Running the release is left for later.
    #[must_use = "the destination is in here, if it was idle"]
    pub(super) fn abandon(&mut self, release: ReleaseFn<T>) -> Option<T> {
        match std::mem::replace(&mut self.place, Place::Closed(Ok(()))) {
            Place::Idle(destination) => Some(destination),
            Place::Poisoned(reason) => {
                self.place = Place::Closed(Err(reason));
                None
            }
            elsewhere => {
                if !matches!(elsewhere, Place::Closed(_)) {
                    self.release.get_or_insert(release);
                }
                self.place = elsewhere;
                None
            }
        }
    }
}

/// The transitions of the worker.
impl<T> Machine<T> {
    /// Posted -> Running, also where the worker is gone.
    pub(super) fn take(&mut self) -> Next<T> {
        match (std::mem::replace(&mut self.place, Place::Running), self.release) {
            (Place::Posted(destination, Operation::Release), Some(release)) => Next::Release(destination, release),
            (Place::Posted(destination, operation), _) => Next::Run(destination, operation),
            (elsewhere, _) => {
                let is_idle = matches!(elsewhere, Place::Idle(_));
                self.place = elsewhere;
                if is_idle { Next::Pending } else { Next::Done }
            }
        }
    }

    /// The operation has ended. Running -> Idle; if a release was requested, it is to be made now.
    pub(super) fn finish(&mut self, destination: T, report: Report) -> Next<T> {
        debug_assert!(matches!(self.place, Place::Running), "finish in {}", self.place_name());
        match report {
            Report::Write(result) => self.last_write.finish(result),
            Report::Read(buffer, result) => self.cursor.fetched(buffer, result),
            Report::Seek(result) => self.cursor.seek_ended(result),
            Report::SeekBack(result) => self.cursor.moved_back(result),
            Report::Sync(result) => self.syncs.made(result),
            Report::NotSynced => self.syncs.not_made(not_run()),
            Report::Other => {}
        }
        debug_assert!(self.last_write.in_flight().is_none(), "a write ended without its result");
        if let Some(release) = self.release {
            return Next::Release(destination, release);
        }
        self.place = Place::Idle(destination);
        Next::Pending
    }

    /// The operation had an unknown effect, and the destination is dropped. Running -> Poisoned, or Closed if a release
    /// was requested.
    pub(super) fn poison(&mut self, mut reason: RepeatableError) {
        debug_assert!(matches!(self.place, Place::Running), "poison in {}", self.place_name());
        if self.last_write.in_flight().is_some() {
            self.last_write.finish(Err(reason.split()));
            self.is_reported = self.release.is_none();
        }
        self.place =
            if self.release.is_some() { Place::Closed(self.outcome(Err(reason))) } else { Place::Poisoned(reason) };
    }

    /// The destination is released. Running -> Closed.
    pub(super) fn released(&mut self, outcome: Result<(), RepeatableError>) {
        let is_due =
            matches!(self.place, Place::Running) && self.release.is_some() && self.last_write.in_flight().is_none();
        debug_assert!(is_due, "released in {}", self.place_name());
        self.place = Place::Closed(self.outcome(outcome));
    }

    /// A failure that was not reported comes before the outcome of the release.
    fn outcome(&mut self, released: Result<(), RepeatableError>) -> Result<(), RepeatableError> {
        let Some(unreported) = self.last_write.take_unreported_failure() else { return released };
        self.discarded.add(released.err());
        Err(unreported)
    }

    /// How many failures were not reported to any caller: of the last write, a sync, and the close or the operation
    /// that poisoned. They count as reported now.
    pub(super) fn take_unreported_failures(&mut self) -> u64 {
        let write = self.last_write.take_unreported_failure();
        let is_bad = matches!(self.place, Place::Closed(Err(_)) | Place::Poisoned(_));
        let is_place = is_bad && !std::mem::replace(&mut self.is_reported, true);
        let count = [write.is_some(), is_place, self.syncs.take_unreported_failure()];
        self.discarded.add(write);
        count.map(u64::from).iter().sum()
    }
}
