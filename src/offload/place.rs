//! The hand-over between an [`Offload`](super::Offload) and its pool, as a pure state machine.
//!
//! This is the one page that tells it. An `Offload` *posts* an operation together with its destination; its *worker*, one
//! task for the life of the handle, takes both, runs the operation on a thread of the pool, and gives the destination back
//! with a report. Nothing in here locks, wakes, runs or drops foreign code: each transition answers what its caller has to
//! do. [`shared`](super::shared) puts a lock round it, [`worker`](super::worker) is the task.
//!
//! ```text
//!            post               take               finish
//! Idle(T) ---------> Posted(T) -------> Running -----------> Idle(T)
//!    |  abandon          |  refuse, finish |  poison                  close
//!    +-------> Closed    +-----> Idle(T)   +-------> Poisoned ---------------> Closed
//! ```
//!
//! A close of an idle destination posts its release. A close or a drop over an operation leaves the release for when that
//! has ended: finish, then released -> Closed. Beside the place stand the [last write](LastWrite), which is in flight only
//! in Posted and Running, and the accounts of the [cursor](Cursor) and of [syncs](Syncs).

use std::{io, task::Poll};

use super::{
    cursor::Cursor,
    operation::{Operation, Report, not_run},
    syncs::Syncs,
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
#[derive(Debug)]
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

/// Which side asked for an operation. Each side has a waker of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Read,
    Write,
}

/// Whether an operation may begin.
#[derive(Debug)]
pub(super) enum Begin {
    /// Post it.
    Now,
    /// Another one is under way.
    Wait,
    /// Never, and this is why.
    Refused(io::Error),
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
#[derive(Debug)]
pub(super) enum Next<T> {
    /// Run the operation, then [`finish`](Machine::finish) or [`poison`](Machine::poison).
    Run(T, Operation<T>),
    /// Release the destination, then call [`released`](Machine::released).
    Release(T, Release<T>),
    /// Nothing, until it is woken.
    Rest,
    /// Nothing, ever again.
    Over,
}

/// How a destination is released: closed, or dropped.
pub(super) type Release<T> = fn(T) -> io::Result<()>;

/// The machine; its transitions are its methods.
#[derive(Debug)]
pub(super) struct Machine<T> {
    place: Place<T>,
    last: LastWrite,
    pub(super) cursor: Cursor,
    /// Asked for by a close or a drop, for when the operation under way has ended.
    release: Option<Release<T>>,
    pub(super) syncs: Syncs,
    /// A sync failed that was the operation over which the release was asked for.
    failed_last: bool,
    /// An error that nobody will be told, to be dropped as soon as the lock is not held: it may be of a foreign type.
    pub(super) unused: Option<RepeatableError>,
}

/// The transitions of the `Offload`.
impl<T> Machine<T> {
    pub(super) fn new(destination: T) -> Self {
        Self {
            place: Place::Idle(destination),
            last: LastWrite::None,
            cursor: Cursor::new(),
            release: None,
            syncs: Syncs::new(),
            failed_last: false,
            unused: None,
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
        self.last.outstanding()
    }

    /// Whether the destination is here, and nobody has anything to ask for.
    #[cfg(feature = "tokio")]
    pub(super) fn is_settled(&self) -> bool {
        matches!(self.place, Place::Idle(_)) && self.outstanding().is_none() && self.cursor.ahead() == 0
    }

    /// Whether the place is Closed, for good.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.place, Place::Closed(_))
    }

    /// Whether an operation of `side` may begin.
    pub(super) fn begin(&mut self, side: Side) -> Begin {
        if self.release.is_some() || self.is_over() {
            return Begin::Refused(guard::closed());
        }
        if side == Side::Write {
            if let Err(outstanding) = self.last.check_settled() {
                return Begin::Refused(outstanding);
            }
        }
        match &self.place {
            Place::Idle(_) if side == Side::Write => {
                self.cursor.take_unread_failure().map_or(Begin::Now, Begin::Refused)
            }
            Place::Idle(_) => Begin::Now,
            Place::Posted(..) | Place::Running => Begin::Wait,
            Place::Poisoned(reason) => Begin::Refused(reason.poisoned()),
            Place::Closed(_) => Begin::Refused(guard::closed()),
        }
    }

    /// Idle -> Posted. `ticket` names the operation if it is a write.
    pub(super) fn post(&mut self, operation: Operation<T>, ticket: Option<Ticket>) {
        let Place::Idle(destination) = std::mem::replace(&mut self.place, Place::Running) else {
            unreachable!("an operation was posted without the destination");
        };
        self.place = Place::Posted(destination, operation);
        if let Some(ticket) = ticket {
            self.last.submit(ticket);
        }
    }

    /// Answers for `ticket`, in any place.
    pub(super) fn ask(&mut self, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.last.ask(ticket)
    }

    /// Whether the last operation has ended.
    pub(super) fn has_ended(&self) -> bool {
        !matches!(self.place, Place::Posted(..) | Place::Running)
    }

    /// Why a [`Call`](Operation::Call) that has ended left no result.
    pub(super) fn why_lost(&mut self) -> io::Error {
        match &mut self.place {
            Place::Poisoned(reason) | Place::Closed(Err(reason)) => reason.give(),
            Place::Closed(Ok(())) => guard::closed(),
            Place::Idle(_) | Place::Posted(..) | Place::Running => not_run(),
        }
    }

    /// Idle -> Posted; in Posted and Running the release is left for later; Poisoned -> Closed.
    pub(super) fn close(&mut self, release: Release<T>) -> Close {
        match std::mem::replace(&mut self.place, Place::Running) {
            Place::Idle(destination) => {
                self.place = Place::Posted(destination, Operation::Release);
                self.release = Some(release);
                return Close::Posted;
            }
            Place::Poisoned(reason) => {
                let outcome = Err(RepeatableError::new(reason.poisoned()));
                self.place = Place::Closed(self.last.tell_at_close().and(outcome));
                self.unused = Some(reason);
            }
            elsewhere => self.place = elsewhere,
        }
        if let Place::Closed(outcome) = &mut self.place {
            return Close::Answer(repeat(outcome));
        }
        // The first close or drop decides how.
        self.release.get_or_insert(release);
        Close::Wait
    }

    /// The owner goes, or takes the destination for good: Idle -> Closed, Poisoned -> Closed. In Posted and Running the
    /// release is left for later.
    #[must_use = "the destination is in here, if it was idle"]
    pub(super) fn abandon(&mut self, release: Release<T>) -> Option<T> {
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
    /// Posted -> Running.
    pub(super) fn take(&mut self) -> Next<T> {
        match (std::mem::replace(&mut self.place, Place::Running), self.release) {
            (Place::Posted(destination, Operation::Release), Some(release)) => Next::Release(destination, release),
            (Place::Posted(destination, operation), _) => Next::Run(destination, operation),
            (elsewhere, _) => {
                let rests = matches!(elsewhere, Place::Idle(_));
                self.place = elsewhere;
                if rests { Next::Rest } else { Next::Over }
            }
        }
    }

    /// The operation has ended. Running -> Idle; if a release was asked for, it is to be made now.
    pub(super) fn finish(&mut self, destination: T, report: Report) -> Next<T> {
        debug_assert!(matches!(self.place, Place::Running), "finish in {}", self.place_name());
        match report {
            Report::Write(result) => self.last.finish(result),
            Report::Read(buffer, result) => self.cursor.fetched(buffer, result),
            Report::Seek(result) => self.cursor.sought(result),
            Report::Unread(result) => self.cursor.unread(result),
            Report::Sync(result) => {
                self.failed_last = self.release.is_some() && result.is_err();
                self.syncs.made(result);
            }
            Report::NotSynced => self.syncs.not_made(not_run()),
            Report::Other => {}
        }
        debug_assert!(self.last.in_flight().is_none(), "a write ended without its result");
        if let Some(release) = self.release {
            return Next::Release(destination, release);
        }
        self.place = Place::Idle(destination);
        Next::Rest
    }

    /// The operation had an unknown effect, and the destination is dropped. Running -> Poisoned, or Closed if a release
    /// was asked for.
    pub(super) fn poison(&mut self, mut reason: RepeatableError) {
        debug_assert!(matches!(self.place, Place::Running), "poison in {}", self.place_name());
        if self.last.in_flight().is_some() {
            self.last.finish(Err(reason.split()));
        }
        self.place =
            if self.release.is_some() { Place::Closed(self.tell_first(Err(reason))) } else { Place::Poisoned(reason) };
    }

    /// The destination is released. Running -> Closed. What nobody asked for comes before the outcome of the release.
    pub(super) fn released(&mut self, outcome: Result<(), RepeatableError>) {
        let is_due = matches!(self.place, Place::Running) && self.release.is_some() && self.last.in_flight().is_none();
        debug_assert!(is_due, "released in {}", self.place_name());
        self.place = Place::Closed(self.tell_first(outcome));
    }

    /// What nobody asked for comes before the outcome of the release.
    fn tell_first(&mut self, outcome: Result<(), RepeatableError>) -> Result<(), RepeatableError> {
        match self.last.tell_at_close() {
            Ok(()) => outcome,
            told => {
                self.unused = outcome.err();
                told
            }
        }
    }

    /// The pool dropped the worker. Posted -> Running: drop the operation, then [`finish`](Self::finish) with what it
    /// reports if it never ran.
    pub(super) fn refuse(&mut self) -> Option<(T, Operation<T>)> {
        match std::mem::replace(&mut self.place, Place::Running) {
            Place::Posted(destination, operation) => Some((destination, operation)),
            elsewhere => {
                self.place = elsewhere;
                None
            }
        }
    }

    /// Takes the failure or short count of the last write that nobody was told. It counts as told.
    pub(super) fn tell_nobody(&mut self) -> Option<RepeatableError> {
        self.last.tell_at_close().err()
    }

    /// Whether anything went wrong of which nobody is told, once the place is Closed.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.place, Place::Closed(Err(_))) || self.failed_last
    }
}
