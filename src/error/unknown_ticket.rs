use std::{error::Error, fmt, io};

use crate::Ticket;

/// The ticket is not of the writer's last submission: bytes were submitted since, or another writer minted it.
///
/// See rule [W4](crate::contract::Rule::W4). It says nothing of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTicket {
    ticket: Ticket,
}

impl UnknownTicket {
    /// The answer for a `ticket` that is not of the writer's last submission.
    pub fn new(ticket: Ticket) -> Self {
        Self { ticket }
    }

    /// The one inside `error`, if there is one.
    pub fn find(error: &io::Error) -> Option<&Self> {
        super::find(error)
    }

    /// The ticket that is unknown.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }
}

impl fmt::Display for UnknownTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ticket is not of this writer's last submission")
    }
}

impl Error for UnknownTicket {}

impl From<UnknownTicket> for io::Error {
    fn from(error: UnknownTicket) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}
