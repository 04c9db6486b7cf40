//! The hand-over between an [`Offload`](super::Offload) and its pool, as a pure state machine.
//!
//! A state is a [`Place`], where the destination is, times a [`Slot`], what is known of the last submission. Nothing in
//! here locks, wakes, runs or drops foreign code: each transition answers what its caller has to do.
//!
//! ```text
//! Home     -> Away      take
//! Away     -> Home      come_home
//! Away     -> Poisoned  poison
//! Home     -> Closing   close
//! Away     -> Closing   close; abandon, the owner's drop
//! Home     -> Closed    abandon, the owner's drop or `into_inner`
//! Closing  -> Closed    released; poison
//! Poisoned -> Closed    close
//! ```
//!
//! | place | who has the destination | it ends when |
//! |---|---|---|
//! | Home | the state | the owner takes it |
//! | Away | the owner, for a moment, or a job | it comes home, or the operation has an unknown effect |
//! | Closing | a job that will release it | it is released |
//! | Closed | nobody | never |
//! | Poisoned | nobody: it was dropped | the owner closes |
//!
//! The slot is [in flight](Slot::InFlight) only while the place is Away or Closing: a job that carries a write is the
//! only one out. It may be [unheard](Slot::Unheard) in any place.

use std::io;

use crate::{
    guard,
    write::{
        Ticket,
        kept::{Kept, give},
        slot::{Asked, Slot},
    },
};

#[cfg(test)]
mod table;

/// Where the destination is.
#[derive(Debug)]
pub(super) enum Place<T> {
    /// Here, between operations.
    Home(T),
    /// With an operation.
    Away,
    /// With an operation after which it is released, or with the release itself.
    Closing,
    /// Released; how, apart from what the slot still owes.
    Closed(Result<(), Kept>),
    /// Dropped after an operation whose effect is unknown.
    Poisoned(Kept),
}

/// On whose behalf an operation is: one waker each, and only the write side is told of orphans.
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

/// Whether an operation may begin.
#[derive(Debug)]
#[must_use = "an error in here counts as reported"]
pub(super) enum Check {
    /// The destination is at home and, for the write side, nothing is owed.
    Free,
    /// An operation is under way.
    Wait,
    /// It may not, and this is why.
    Never(io::Error),
}

/// What an operation says of itself when it brings the destination back.
#[derive(Debug)]
pub(super) enum Report {
    /// The submitted write ended.
    Write(Result<usize, Kept>),
    /// A write was complete at once; no ticket was minted for it.
    AtOnce,
    /// A sync failed: what was complete before it may not be durable.
    SyncFailed(Kept),
    /// The pool dropped the job before it ran.
    NotRun,
    /// Anything else: its result, if any, goes its own way.
    Other,
}

/// What to do with the destination that came back.
#[derive(Debug)]
#[must_use = "a destination to be released is in here"]
pub(super) enum Return<T> {
    /// Nothing; wake whoever waits.
    Home,
    /// Drop it, then call [`State::released`].
    Release(T),
}

/// What a close has to do.
#[derive(Debug)]
#[must_use = "a destination to be released is in here"]
pub(super) enum Close<T> {
    /// Have it dropped on the pool, then call [`State::released`].
    Release(T),
    /// Wait: it is under way.
    Wait,
    /// This is the outcome.
    Answer(io::Result<()>),
}

/// The state; its transitions are its methods.
#[derive(Debug)]
pub(super) struct State<T> {
    place: Place<T>,
    slot: Slot,
    /// The sync that failed, since which no sync succeeds.
    not_durable: Option<Kept>,
}

/// The owner's transitions.
impl<T> State<T> {
    pub(super) const fn new(destination: T) -> Self {
        Self { place: Place::Home(destination), slot: Slot::new(), not_durable: None }
    }

    /// For people: where the destination is, and which write is outstanding.
    pub(super) fn place_and_ticket(&self) -> (&'static str, Option<Ticket>) {
        let place = match self.place {
            Place::Home(_) => "home",
            Place::Away => "away",
            Place::Closing => "closing",
            Place::Closed(_) => "closed",
            Place::Poisoned(_) => "poisoned",
        };
        (place, self.slot.in_flight())
    }

    /// Whether an operation of `side` may begin. The write side is told of an orphan's failure here.
    pub(super) fn check(&mut self, side: Side) -> Check {
        let owed = match (&self.place, side) {
            (Place::Home(_) | Place::Poisoned(_), Side::Write) => self.slot.report(),
            _ => None,
        };
        match (owed, &self.place) {
            (Some(mut prior), _) => Check::Never(prior.give()),
            (None, Place::Home(_)) => Check::Free,
            (None, Place::Away) => Check::Wait,
            (None, Place::Closing | Place::Closed(_)) => Check::Never(guard::closed()),
            (None, Place::Poisoned(reason)) => Check::Never(reason.poisoned()),
        }
    }

    pub(super) fn is_home(&self) -> bool {
        matches!(self.place, Place::Home(_))
    }

    /// Home -> Away; only at home there is something to take.
    pub(super) fn take(&mut self) -> Option<T> {
        match std::mem::replace(&mut self.place, Place::Away) {
            Place::Home(destination) => Some(destination),
            elsewhere => {
                self.place = elsewhere;
                None
            }
        }
    }

    /// The operation that is about to leave carries the write of `ticket`.
    pub(super) fn submit(&mut self, ticket: Ticket) {
        debug_assert!(matches!(self.place, Place::Away), "a submission without the destination: {:?}", self.slot);
        self.slot.submit(ticket);
    }

    /// Answers `ticket`, in any place.
    pub(super) fn ask(&mut self, ticket: Ticket) -> Asked {
        self.slot.ask(ticket)
    }

    /// Whether there is no result to wait for: the operation has ended, or its result is no longer wanted.
    pub(super) fn is_back(&self) -> bool {
        !matches!(self.place, Place::Away)
    }

    /// Why an operation ended without a result: it had an unknown effect, or never ran.
    pub(super) fn why_lost(&mut self) -> io::Error {
        match &mut self.place {
            Place::Poisoned(reason) | Place::Closed(Err(reason)) => reason.give(),
            Place::Closing | Place::Closed(Ok(())) => guard::closed(),
            Place::Home(_) | Place::Away => not_run(),
        }
    }

    /// Fails if a sync has failed: it is never retried into a success.
    pub(super) fn durable_so_far(&mut self) -> io::Result<()> {
        self.not_durable.as_mut().map_or(Ok(()), |failed| Err(failed.give()))
    }

    /// Home -> Closing, Away -> Closing, Poisoned -> Closed.
    pub(super) fn close(&mut self) -> Close<T> {
        match std::mem::replace(&mut self.place, Place::Closing) {
            Place::Home(destination) => Close::Release(destination),
            Place::Away | Place::Closing => Close::Wait,
            Place::Closed(outcome) => Close::Answer(self.closed(outcome)),
            Place::Poisoned(reason) => Close::Answer(self.closed(Err(Kept::new(reason.poisoned())))),
        }
    }

    /// Gives the outcome of the close, in which what is owed comes first, and keeps it.
    fn closed(&mut self, outcome: Result<(), Kept>) -> io::Result<()> {
        let mut outcome = self.slot.report().map_or(outcome, Err);
        let answer = give(&mut outcome);
        self.place = Place::Closed(outcome);
        answer
    }

    /// The owner goes away, or takes the destination for good. Home -> Closed, Away -> Closing.
    #[must_use = "the destination is in here, if it was at home"]
    pub(super) fn abandon(&mut self) -> Option<T> {
        match std::mem::replace(&mut self.place, Place::Closing) {
            Place::Home(destination) => {
                self.place = Place::Closed(Ok(()));
                Some(destination)
            }
            Place::Away | Place::Closing => None,
            ended @ (Place::Closed(_) | Place::Poisoned(_)) => {
                self.place = ended;
                None
            }
        }
    }
}

/// The transitions at the end of an operation.
impl<T> State<T> {
    /// Away -> Home; in Closing the destination goes on to its release.
    pub(super) fn come_home(&mut self, destination: T, report: Report) -> Return<T> {
        match report {
            Report::Write(result) => self.slot.finish(result),
            Report::AtOnce => self.slot.complete_at_once(),
            Report::SyncFailed(error) => self.not_durable = Some(error),
            Report::NotRun if self.slot.in_flight().is_some() => self.slot.finish(Err(Kept::new(not_run()))),
            Report::NotRun | Report::Other => {}
        }
        debug_assert!(self.slot.in_flight().is_none(), "a write came home without its result");
        if let Place::Closing = self.place {
            return Return::Release(destination);
        }
        debug_assert!(matches!(self.place, Place::Away), "a destination came home twice");
        self.place = Place::Home(destination);
        Return::Home
    }

    /// The operation had an unknown effect, and the destination is dropped. Away -> Poisoned, Closing -> Closed.
    pub(super) fn poison(&mut self, mut reason: Kept) {
        debug_assert!(matches!(self.place, Place::Away | Place::Closing), "a destination was dropped that was not out");
        if self.slot.in_flight().is_some() {
            self.slot.finish(Err(reason.split()));
        }
        self.place = match self.place {
            Place::Closing => Place::Closed(Err(reason)),
            _ => Place::Poisoned(reason),
        };
    }

    /// The destination is dropped; `Err` if its drop panicked. Closing -> Closed.
    pub(super) fn released(&mut self, outcome: Result<(), Kept>) {
        debug_assert!(matches!(self.place, Place::Closing), "a release that nobody asked for");
        debug_assert!(self.slot.in_flight().is_none(), "a release before the write has ended");
        self.place = Place::Closed(outcome);
    }
}

/// The answer for an operation whose job the pool refused or dropped.
fn not_run() -> io::Error {
    io::Error::other("the pool dropped the job before it ran")
}
