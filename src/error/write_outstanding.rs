use std::{error::Error, fmt, io};

use crate::Ticket;

/// The last write is outstanding: its answer was not taken, so no more bytes are.
///
/// See rule [W5](crate::contract::Rule::W5). It is answered at once, and again and again, until the ticket was
/// answered: a write whose future was dropped can neither be lost nor be doubled. [`settle`] takes its answer.
///
/// ```
/// use std::io;
/// use async_write_complete::{TicketSource, WriteOutstanding};
///
/// let ticket = TicketSource::new().mint(5);
/// let error = io::Error::from(WriteOutstanding::new(ticket));
/// assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
/// assert_eq!(WriteOutstanding::find(&error).unwrap().ticket(), ticket);
/// ```
///
/// [`settle`]: crate::AsyncWriteCompleteExt::settle
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOutstanding {
    ticket: Ticket,
}

impl WriteOutstanding {
    /// The answer of a writer whose write of `ticket` is outstanding.
    pub fn new(ticket: Ticket) -> Self {
        Self { ticket }
    }

    /// The one inside `error`, if there is one.
    pub fn find(error: &io::Error) -> Option<&Self> {
        super::find(error)
    }

    /// The write whose answer is to be taken.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }
}

impl fmt::Display for WriteOutstanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.ticket.len();
        write!(f, "an earlier write of {len} bytes was not answered: call `settle().await` first")
    }
}

impl Error for WriteOutstanding {}

impl From<WriteOutstanding> for io::Error {
    fn from(error: WriteOutstanding) -> Self {
        Self::new(io::ErrorKind::ResourceBusy, error)
    }
}
