//! [`Submitted`], [`Ticket`], [`TicketSource`] and [`Settled`]: how a write is named, and what became of it.

use std::sync::{Mutex, PoisonError};

/// What became of a submission that was taken.
///
/// Answered by [`AsyncWriteComplete::poll_write_submit`](crate::AsyncWriteComplete::poll_write_submit). A write has two
/// moments, and this enum has no third answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "the count of the write is in here, or its ticket"]
pub enum Submitted {
    /// The first `n` bytes are complete already; nothing is outstanding.
    Complete(usize),
    /// [`Ticket::len`] bytes are submitted;
    /// [`poll_write_complete`](crate::AsyncWriteComplete::poll_write_complete) answers how many are complete.
    InFlight(Ticket),
}

#[expect(clippy::len_without_is_empty, reason = "an outcome is not a collection")]
impl Submitted {
    /// How many bytes were taken.
    pub const fn len(&self) -> usize {
        match self {
            Self::Complete(n) => *n,
            Self::InFlight(ticket) => ticket.len(),
        }
    }

    /// The ticket to be answered, if anything is outstanding.
    pub const fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Complete(_) => None,
            Self::InFlight(ticket) => Some(*ticket),
        }
    }
}

/// The name of one submission of one writer.
///
/// It is answered any number of times until bytes are submitted again ([W4](crate::contract::Rule::W4)). Two tickets
/// are equal only if they are copies of one another: numbers are unique in the process, across all writers, as far as
/// 64 bits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    number: u64,
    len: usize,
}

impl Ticket {
    /// How many bytes were taken.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a ticket is not a collection, and never names an empty submission"
    )]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// What tells it from others.
    #[cfg(all(feature = "offload", feature = "tracing"))]
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }
}

/// What [`settle`](crate::AsyncWriteCompleteExt::settle) found: the write that was outstanding, and how many of its
/// bytes are complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a short count is in here"]
pub struct Settled {
    ticket: Ticket,
    completed: usize,
}

impl Settled {
    pub(crate) const fn new(ticket: Ticket, completed: usize) -> Self {
        Self { ticket, completed }
    }

    /// The write that was outstanding.
    pub const fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// How many bytes were taken.
    pub const fn submitted(&self) -> usize {
        self.ticket.len()
    }

    /// How many of them are complete; always the first ones.
    pub const fn completed(&self) -> usize {
        self.completed
    }

    /// Whether the destination took fewer bytes than were submitted.
    pub const fn is_short(&self) -> bool {
        self.completed < self.ticket.len()
    }
}

/// Mints the tickets of one writer.
///
/// Every writer that answers [`Submitted::InFlight`] owns one; [`Tracked`](crate::Tracked) brings its own.
///
/// ```
/// use async_write_complete::TicketSource;
///
/// let mut ours = TicketSource::new();
/// let mut theirs = TicketSource::new();
/// assert_ne!(ours.mint(5), ours.mint(5));
/// assert_ne!(ours.mint(5), theirs.mint(5));
/// assert_eq!(ours.mint(5).len(), 5);
/// ```
#[derive(Debug, Default)]
pub struct TicketSource {
    next: u64,
    /// The first number that is no longer reserved for this source.
    end: u64,
}

/// The first number that no source has reserved. A mutex, and not an atomic, because not every target has 64-bit
/// atomics; it is taken once for [`BLOCK`] tickets.
static UNRESERVED: Mutex<u64> = Mutex::new(0);

/// How many numbers a source reserves at a time.
const BLOCK: u64 = 1 << 16;

impl TicketSource {
    /// A source that has minted nothing.
    pub const fn new() -> Self {
        Self { next: 0, end: 0 }
    }

    /// The ticket of a new submission of which `len` bytes were taken.
    #[must_use = "a ticket that is not handed out names nothing"]
    pub fn mint(&mut self, len: usize) -> Ticket {
        if self.next == self.end {
            let mut unreserved = UNRESERVED.lock().unwrap_or_else(PoisonError::into_inner);
            self.next = *unreserved;
            self.end = self.next.wrapping_add(BLOCK);
            *unreserved = self.end;
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        Ticket { number, len }
    }
}
