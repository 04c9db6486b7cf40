//! [`HeldWrite`]: a write of many bytes, held by its caller.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(feature = "bytes")]
use bytes::{Buf, Bytes};

use super::{AsyncWriteComplete, Submitted, Ticket, kept::Kept};
use crate::{
    error::{Indeterminate, Superseded, leaves_doubt},
    guard::checked_count,
};

/// A write that its caller holds: the bytes, how many of them are complete, and the ticket of the part that is
/// outstanding.
///
/// [`resume_write_all`](super::AsyncWriteCompleteExt::resume_write_all) carries it on. A timeout or a `select!` may
/// drop that future at any point, and a later one goes on where it stood: a drop loses no byte, and has none submitted
/// twice.
/// Dropping the `HeldWrite` itself leaves the outstanding part an orphan ([W9](crate::contract::Rule::W9)).
///
/// ```
/// use async_write_complete::{AsyncWriteCompleteExt, HeldWrite};
///
/// # futures_lite::future::block_on(async {
/// let mut writer = Vec::new();
/// let mut held = HeldWrite::new(b"all or told");
/// writer.resume_write_all(&mut held).await?;
/// assert!(held.is_done());
/// assert_eq!(held.completed(), 11);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # When it ends early
///
/// * [`PriorWriteFailed`](crate::PriorWriteFailed), of an earlier write: nothing of this one was submitted by that
///   call. Resume.
/// * Another error of the destination: [`completed`](Self::completed) is exact, and resuming submits the rest again.
/// * [`Superseded`], because somebody else submitted to the writer in between, or because this is another writer:
///   nothing is submitted. `completed` is the lower bound of what is complete, and
///   [`maybe_completed`](Self::maybe_completed) the upper one. Only the right writer, if it still knows the ticket,
///   carries the write on.
/// * [`Indeterminate`]: likewise, and for good.
#[must_use = "a held write is carried on by `resume_write_all`"]
pub struct HeldWrite<'a> {
    rest: Rest<'a>,
    completed: usize,
    doubt: Doubt,
}

/// The bytes that are not known to be complete.
enum Rest<'a> {
    Lent(&'a [u8]),
    #[cfg(feature = "bytes")]
    Shared(Bytes),
}

impl Rest<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Lent(bytes) => bytes.len(),
            #[cfg(feature = "bytes")]
            Self::Shared(bytes) => bytes.len(),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            #[cfg(feature = "bytes")]
            Self::Shared(bytes) => bytes,
        }
    }

    /// Leaves out the first `n` bytes.
    fn advance(&mut self, n: usize) {
        match self {
            Self::Lent(bytes) => *bytes = &bytes[n..],
            #[cfg(feature = "bytes")]
            Self::Shared(bytes) => bytes.advance(n),
        }
    }

    fn poll_submit<W>(&self, writer: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<Submitted>>
    where
        W: AsyncWriteComplete + ?Sized,
    {
        match self {
            Self::Lent(bytes) => writer.poll_write_submit(cx, bytes),
            #[cfg(feature = "bytes")]
            Self::Shared(bytes) => writer.poll_write_submit_bytes(cx, bytes),
        }
    }
}

/// What may be complete beyond what is known to be. While there is a doubt nothing is submitted.
#[derive(Debug)]
enum Doubt {
    Nothing,
    /// What was taken with this ticket. An answer that cannot be had leaves it here.
    Ticket(Ticket),
    /// This many bytes, for good: their submission ended with this error.
    Bytes(usize, Kept),
}

/// Without the bytes.
impl fmt::Debug for HeldWrite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldWrite")
            .field("len", &(self.completed + self.rest.len()))
            .field("completed", &self.completed)
            .field("doubt", &self.doubt)
            .finish_non_exhaustive()
    }
}

impl<'a> HeldWrite<'a> {
    /// A write of `bytes`, of which nothing is submitted.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: Rest::Lent(bytes), completed: 0, doubt: Doubt::Nothing }
    }

    /// A write of `bytes`, of which nothing is submitted, by
    /// [`poll_write_submit_bytes`](AsyncWriteComplete::poll_write_submit_bytes): without a copy where the writer can.
    ///
    /// It shares the bytes with whoever else has them until it is dropped.
    #[cfg(feature = "bytes")]
    pub const fn from_bytes(bytes: Bytes) -> Self {
        Self { rest: Rest::Shared(bytes), completed: 0, doubt: Doubt::Nothing }
    }

    /// How many bytes are known to be complete; always the first ones.
    pub const fn completed(&self) -> usize {
        self.completed
    }

    /// How many bytes can be complete at most: [`completed`](Self::completed) and those that are outstanding or
    /// indeterminate.
    pub const fn maybe_completed(&self) -> usize {
        match &self.doubt {
            Doubt::Nothing => self.completed,
            Doubt::Ticket(ticket) => self.completed + ticket.len(),
            Doubt::Bytes(len, _) => self.completed + *len,
        }
    }

    /// The bytes that are not known to be complete.
    pub fn remaining(&self) -> &[u8] {
        self.rest.bytes()
    }

    /// Whether every byte is complete.
    pub const fn is_done(&self) -> bool {
        self.rest.len() == 0
    }

    /// The outstanding part, to be compared with [`PriorWriteFailed::ticket`](crate::PriorWriteFailed::ticket) by a
    /// caller that gives up.
    pub const fn ticket(&self) -> Option<Ticket> {
        match &self.doubt {
            Doubt::Ticket(ticket) => Some(*ticket),
            Doubt::Nothing | Doubt::Bytes(..) => None,
        }
    }

    /// Carries the write on until it [is done](Self::is_done); done already, it is a barrier.
    pub(super) fn poll_resume<W>(&mut self, mut writer: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        W: AsyncWriteComplete + ?Sized,
    {
        loop {
            if let Doubt::Bytes(_, reason) = &mut self.doubt {
                return Poll::Ready(Err(reason.give()));
            }
            let complete = match self.ticket() {
                Some(ticket) => ready!(self.poll_ticket(writer.as_mut(), cx, ticket))?,
                None if self.is_done() => return writer.poll_write_submit(cx, &[]).map_ok(drop),
                None => match ready!(self.poll_submit(writer.as_mut(), cx))? {
                    Submitted::Complete(n) => n,
                    Submitted::InFlight(ticket) => {
                        self.doubt = Doubt::Ticket(ticket);
                        continue;
                    }
                },
            };
            self.completed += complete;
            self.rest.advance(complete);
            if self.is_done() {
                return Poll::Ready(Ok(()));
            }
            if complete == 0 {
                return Poll::Ready(Err(takes_no_more()));
            }
        }
    }

    /// Submits what remains. An indeterminate outcome puts all of it in doubt.
    fn poll_submit<W>(&mut self, writer: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<Submitted>>
    where
        W: AsyncWriteComplete + ?Sized,
    {
        let len = self.rest.len();
        let submitted = ready!(self.rest.poll_submit(writer, cx)).and_then(|submitted| {
            checked_count(submitted.len(), len)?;
            Ok(submitted)
        });
        Poll::Ready(submitted.map_err(|error| {
            if !leaves_doubt(&error) {
                return error;
            }
            let mut kept = Kept::new(error);
            let error = kept.give();
            self.doubt = Doubt::Bytes(len, kept);
            error
        }))
    }

    /// The answer for `ticket`, which is forgotten unless its bytes stay in doubt.
    fn poll_ticket<W>(&mut self, writer: Pin<&mut W>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>>
    where
        W: AsyncWriteComplete + ?Sized,
    {
        let answer = ready!(writer.poll_write_complete(cx, ticket)).and_then(|n| checked_count(n, ticket.len()));
        let in_doubt = |error: &io::Error| Indeterminate::find(error).is_some() || Superseded::find(error).is_some();
        if !answer.as_ref().is_err_and(in_doubt) {
            self.doubt = Doubt::Nothing;
        }
        Poll::Ready(answer)
    }
}

fn takes_no_more() -> io::Error {
    io::Error::new(io::ErrorKind::WriteZero, "the destination takes no more bytes")
}
