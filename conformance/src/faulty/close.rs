//! How a [`Faulty`](super::Faulty) closes.

use std::io;

use async_write_complete::WriteComplete;

use super::{
    Flaw,
    last_write::LastWrite,
    repeatable::Repeatable,
    state::{Shared, Stage, State},
};
use crate::{destination::Destination, guard::catch_panics};

impl State {
    pub(super) fn begin_close(&mut self) {
        self.stage = Stage::Closing;
    }

    /// The outcome of the close, once it is known.
    pub(super) fn outcome(&mut self) -> Option<io::Result<()>> {
        let Stage::Closed(outcome) = &self.stage else { return None };
        let answer = outcome.clone().map_err(|error| error.error());
        let is_first = !std::mem::replace(&mut self.flawed.outcome_was_answered, true);
        let forgets = self.has(Flaw::ForgetsTheOutcome) && !is_first;
        Some(if forgets { Ok(()) } else { answer })
    }

    /// What a close has to say of the last write, which counts as answered then.
    fn said_of_the_last_write(&mut self) -> Result<(), Repeatable> {
        let said = self.last.said_by_a_close(self.has(Flaw::SaysAgainWhatWasAsked));
        if !self.has(Flaw::StaysOutstandingAfterAClose) {
            self.last.mark_as_answered();
        }
        let is_short = matches!(&self.last, LastWrite::Ended { result: Ok(_), .. });
        if self.has(Flaw::CloseForgetsTheTicket) {
            self.last = LastWrite::None;
        }
        match (said, self.flaw) {
            (Some(_), Some(Flaw::ClosesOverAFailure)) if !is_short => Ok(()),
            (Some(_), Some(Flaw::ClosesOverAShortCount)) if is_short => Ok(()),
            (Some(_), Some(Flaw::ClosesWithAnotherError)) => Err(Repeatable::other("the last write failed")),
            (Some(error), _) => Err(error),
            (None, _) => Ok(()),
        }
    }
}

impl Shared {
    /// Closes, if nothing is under way. Foreign code is called without the lock.
    pub(super) fn close(&self) {
        let mut state = self.state();
        if state.is_busy() || matches!(state.stage, Stage::Closed(_)) {
            return;
        }
        let said = state.said_of_the_last_write();
        let said = said.and_then(|()| state.poison.clone().map_or(Ok(()), Err));
        let keeps =
            state.has(Flaw::KeepsTheDestination) || said.is_err() && state.has(Flaw::KeepsTheDestinationAfterAFailure);
        let destination = if keeps { None } else { state.destination.take() };
        drop(state);
        let closed = destination.map_or(Ok(()), release);
        self.state().stage = Stage::Closed(said.and(closed));
    }
}

fn release(destination: Destination) -> Result<(), Repeatable> {
    let closed = catch_panics(|| destination.release()).and_then(|result| result);
    closed.map_err(|error| match error.kind() {
        // It is over, so a caller must not try again.
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => Repeatable::other("the close was interrupted"),
        _ => Repeatable::new(&error),
    })
}
