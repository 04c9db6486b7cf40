//! [`LastWrite`]: what is known of the last submission, and whether it was answered (rules W4 and W5).

use std::{io, task::Poll};

use async_write_complete::{Ticket, UnknownTicket};

use super::repeatable::Repeatable;

/// The last submission.
#[derive(Debug)]
pub(super) enum LastWrite {
    /// No ticket would be answered.
    None,
    InFlight(Ticket),
    Ended {
        ticket: Ticket,
        result: Result<usize, Repeatable>,
        answered: bool,
    },
}

impl LastWrite {
    pub(super) fn in_flight(&self) -> Option<Ticket> {
        match self {
            Self::InFlight(ticket) => Some(*ticket),
            Self::None | Self::Ended { .. } => None,
        }
    }

    pub(super) fn outstanding(&self) -> Option<Ticket> {
        match self {
            Self::InFlight(ticket) | Self::Ended { ticket, answered: false, .. } => Some(*ticket),
            Self::None | Self::Ended { answered: true, .. } => None,
        }
    }

    /// The write in flight has ended.
    pub(super) fn finish(&mut self, result: Result<usize, Repeatable>) {
        if let Self::InFlight(ticket) = *self {
            *self = Self::Ended { ticket, result, answered: false };
        }
    }

    /// Answers for `ticket`, unless its write is in flight.
    pub(super) fn ask(&mut self, ticket: Ticket) -> Poll<io::Result<usize>> {
        match self {
            Self::InFlight(current) if *current == ticket => Poll::Pending,
            Self::Ended { ticket: current, result, answered } if *current == ticket => {
                *answered = true;
                Poll::Ready(result.clone().map_err(|error| error.error()))
            }
            _ => Poll::Ready(Err(UnknownTicket::new(ticket).into())),
        }
    }

    /// The write that has ended counts as answered.
    pub(super) fn mark_as_answered(&mut self) {
        if let Self::Ended { answered, .. } = self {
            *answered = true;
        }
    }

    /// What a close has to say of it: its failure or its short count, if it was not answered, or `always`.
    pub(super) fn said_by_a_close(&self, always: bool) -> Option<Repeatable> {
        match self {
            Self::Ended { ticket, result, answered } if always || !answered => match result {
                Ok(n) if *n == ticket.len() => None,
                Ok(n) => {
                    let text = format!("{n} of {} bytes", ticket.len());
                    Some(Repeatable::new(&io::Error::new(io::ErrorKind::WriteZero, text)))
                }
                Err(error) => Some(error.clone()),
            },
            _ => None,
        }
    }
}
