//! What is known of the last submission, and what is still owed to the caller about it.

use std::io;

use super::{
    Ticket,
    kept::{Kept, give},
};
use crate::error::{PriorWriteFailed, Superseded};

/// The bookkeeping behind rules W5 and W9, shared by every writer that answers `InFlight`.
///
/// ```text
///          submit                    finish, all complete
/// Quiet ----------> InFlight --------------------------------> Quiet
///                      |   finish, failed or short               ^
///                      +----------------------> Unheard ---------+
///                                                 ask, report
/// ```
#[derive(Debug)]
pub(crate) enum Slot {
    /// Nothing is outstanding and nothing is owed. The last answer is given again until the next submission of bytes.
    Quiet(Option<Answer>),
    /// The write of this ticket is outstanding.
    InFlight(Ticket),
    /// It failed or came out short, and nobody has been told.
    Unheard(Answer),
}

/// How the write of a ticket ended.
#[derive(Debug)]
pub(crate) struct Answer {
    ticket: Ticket,
    result: Result<usize, Kept>,
}

impl Answer {
    fn is_full(&self) -> bool {
        matches!(self.result, Ok(n) if n == self.ticket.len())
    }
}

/// What a ticket gets that is asked for.
#[must_use = "the answer counts as told"]
#[derive(Debug)]
pub(crate) enum Asked {
    /// Its write is outstanding.
    Wait,
    /// Its own result; whatever was owed about it is now told.
    Answer(io::Result<usize>),
}

impl Slot {
    pub(crate) const fn new() -> Self {
        Self::Quiet(None)
    }

    /// The ticket of the outstanding write.
    pub(crate) fn in_flight(&self) -> Option<Ticket> {
        match self {
            Self::InFlight(ticket) => Some(*ticket),
            Self::Quiet(_) | Self::Unheard(_) => None,
        }
    }

    /// The bytes of `ticket` are taken. The slot must be quiet.
    pub(crate) fn submit(&mut self, ticket: Ticket) {
        debug_assert!(matches!(self, Self::Quiet(_)), "a submission over {self:?}");
        *self = Self::InFlight(ticket);
    }

    /// A submission was complete at once, which supersedes the ticket before it.
    pub(crate) fn complete_at_once(&mut self) {
        debug_assert!(matches!(self, Self::Quiet(_)), "a submission over {self:?}");
        *self = Self::Quiet(None);
    }

    /// The outstanding write ended. `Ok(n)`: exactly the first `n` bytes are complete, `n` being at most what was
    /// taken.
    pub(crate) fn finish(&mut self, result: Result<usize, Kept>) {
        let Self::InFlight(ticket) = *self else {
            debug_assert!(false, "an end without a write: {self:?}");
            return;
        };
        let answer = Answer { ticket, result };
        *self = if answer.is_full() { Self::Quiet(Some(answer)) } else { Self::Unheard(answer) };
    }

    /// Answers `ticket`, and with that tells what was owed about it.
    pub(crate) fn ask(&mut self, ticket: Ticket) -> Asked {
        match std::mem::replace(self, Self::Quiet(None)) {
            Self::InFlight(current) => {
                *self = Self::InFlight(current);
                if current == ticket { Asked::Wait } else { Asked::Answer(Err(Superseded::new(ticket).into())) }
            }
            Self::Quiet(Some(mut answer)) | Self::Unheard(mut answer) if answer.ticket == ticket => {
                let result = give(&mut answer.result);
                *self = Self::Quiet(Some(answer));
                Asked::Answer(result)
            }
            other => {
                *self = other;
                Asked::Answer(Err(Superseded::new(ticket).into()))
            }
        }
    }

    /// What is owed about an orphan, once; its ticket still answers after that. Runs no foreign code.
    pub(crate) fn report(&mut self) -> Option<Kept> {
        let mut answer = match std::mem::replace(self, Self::Quiet(None)) {
            Self::Unheard(answer) => answer,
            other => {
                *self = other;
                return None;
            }
        };
        let ticket = answer.ticket;
        let prior = match &mut answer.result {
            Ok(n) => Kept::new(PriorWriteFailed::short(ticket, *n).into()),
            Err(kept) => {
                let complete = if kept.is_indeterminate() { None } else { Some(0) };
                kept.prior(ticket, complete)
            }
        };
        *self = Self::Quiet(Some(answer));
        Some(prior)
    }
}
