use std::{error::Error, fmt, io};

use crate::Ticket;

/// An earlier `poll_write`, whose future was dropped, failed or came out short; the operation that got this error was
/// not executed.
///
/// Only the traits of futures-io and tokio lead to it, because their `poll_write` has no ticket. It is
/// answered once, by the next write, flush, seek or close.
///
/// ```
/// use std::io;
/// use async_write_complete::{PriorWriteFailed, TicketSource};
///
/// let ticket = TicketSource::new().mint(5);
/// let full = io::Error::from(io::ErrorKind::StorageFull);
/// let error = io::Error::from(PriorWriteFailed::new(ticket, Some(0), full));
/// assert_eq!(error.kind(), io::ErrorKind::StorageFull);
/// assert_eq!(PriorWriteFailed::find(&error).unwrap().complete(), Some(0));
/// ```
#[derive(Debug)]
pub struct PriorWriteFailed {
    ticket: Ticket,
    complete: Option<usize>,
    source: io::Error,
}

impl PriorWriteFailed {
    /// The report that the write of `ticket` ended with `source`, after `complete` bytes (`None`: nobody can know).
    pub fn new(ticket: Ticket, complete: Option<usize>, source: io::Error) -> Self {
        Self { ticket, complete, source }
    }

    /// The report that the write of `ticket` completed only `complete` bytes, without an error of its own.
    ///
    /// Its source has the kind [`WriteZero`](io::ErrorKind::WriteZero).
    pub fn short(ticket: Ticket, complete: usize) -> Self {
        Self::new(ticket, Some(complete), short_count(ticket, complete))
    }

    /// The one inside `error`, if there is one.
    pub fn find(error: &io::Error) -> Option<&Self> {
        super::find(error)
    }

    /// The write that failed.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// How many of its bytes are complete; `None` where nobody can know.
    pub fn complete(&self) -> Option<usize> {
        self.complete
    }

    /// Why it failed.
    pub fn reason(&self) -> &io::Error {
        &self.source
    }
}

/// The error for a write of which the destination took only `complete` bytes, where a count cannot be answered.
pub(crate) fn short_count(ticket: Ticket, complete: usize) -> io::Error {
    let text = format!("only {complete} of the {} bytes of an earlier write are complete", ticket.len());
    io::Error::new(io::ErrorKind::WriteZero, text)
}

impl fmt::Display for PriorWriteFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.ticket.len();
        match self.complete {
            Some(complete) => write!(f, "an earlier write failed after {complete} of {len} bytes: {}", self.source),
            None => write!(f, "an earlier write of {len} bytes failed somewhere within them: {}", self.source),
        }
    }
}

impl Error for PriorWriteFailed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

impl From<PriorWriteFailed> for io::Error {
    fn from(error: PriorWriteFailed) -> Self {
        Self::new(super::final_kind(&error.source), error)
    }
}
