//! [`HeldWrite`]: a write of many bytes, held by its caller.

use std::{
    fmt, io,
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::AsyncWriteComplete;
use crate::{
    error::{Indeterminate, RepeatableError, UnknownTicket, leaves_doubt},
    guard::checked_count,
    ticket::{Submitted, Ticket},
};

/// A write that its caller holds: the bytes, how many of them are complete, and the ticket of the part that is
/// outstanding.
///
/// [`resume_write_all`](super::AsyncWriteCompleteExt::resume_write_all) carries it on. A timeout or a `select!` may
/// drop that future at any point, and a later one goes on where it stood: no byte is lost, and none is submitted twice.
/// The bytes may be borrowed (`HeldWrite<&[u8]>`) or its own (`HeldWrite<Vec<u8>>`, which is `'static`).
///
/// Dropping the `HeldWrite` itself leaves the part that is in flight outstanding:
/// [`settle`](super::AsyncWriteCompleteExt::settle) takes its answer.
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
/// * [`WriteOutstanding`](crate::WriteOutstanding), of a write that is not this one: nothing of this one was submitted
///   by that call. Settle, then resume.
/// * Another error of the destination: [`completed`](Self::completed) is exact, and resuming submits the rest again.
/// * [`UnknownTicket`], because other bytes were submitted to the writer in between, or because this is another writer:
///   nothing is submitted. `completed` is the lower bound of what is complete, and
///   [`maybe_completed`](Self::maybe_completed) the upper one. Only the right writer, if it still knows the ticket,
///   carries the write on.
/// * [`Indeterminate`]: likewise, and for good.
#[must_use = "a held write is carried on by `resume_write_all`"]
pub struct HeldWrite<B> {
    bytes: B,
    len: usize,
    completed: usize,
    doubt: Doubt,
}

/// What may be complete beyond what is known to be. While there is a doubt nothing is submitted.
#[derive(Debug)]
enum Doubt {
    Nothing,
    /// What was taken with this ticket. An answer that cannot be had leaves it here.
    Ticket(Ticket),
    /// This many bytes, for good: their submission ended with this error.
    Bytes(usize, RepeatableError),
}

/// Without the bytes.
impl<B> fmt::Debug for HeldWrite<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldWrite")
            .field("len", &self.len)
            .field("completed", &self.completed)
            .field("doubt", &self.doubt)
            .finish_non_exhaustive()
    }
}

impl<B> HeldWrite<B> {
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

    /// Whether every byte is complete.
    pub const fn is_done(&self) -> bool {
        self.completed == self.len
    }

    /// The part that is outstanding.
    pub const fn ticket(&self) -> Option<Ticket> {
        match &self.doubt {
            Doubt::Ticket(ticket) => Some(*ticket),
            Doubt::Nothing | Doubt::Bytes(..) => None,
        }
    }

    /// The bytes, all of them. What is outstanding goes on.
    pub fn into_inner(self) -> B {
        self.bytes
    }
}

impl<B: AsRef<[u8]>> HeldWrite<B> {
    /// A write of `bytes`, of which nothing is submitted.
    pub fn new(bytes: B) -> Self {
        Self { len: bytes.as_ref().len(), bytes, completed: 0, doubt: Doubt::Nothing }
    }

    /// The bytes that are not known to be complete.
    ///
    /// # Panics
    ///
    /// If the `AsRef` of `B` gives fewer bytes than it did before.
    pub fn remaining(&self) -> &[u8] {
        &self.bytes.as_ref()[self.completed..self.len]
    }

    /// Carries the write on until it [is done](Self::is_done). `submit` submits the bytes between two positions.
    pub(super) fn poll_resume<W: AsyncWriteComplete + ?Sized>(
        &mut self,
        mut writer: Pin<&mut W>,
        cx: &mut Context<'_>,
        submit: Submit<W, B>,
    ) -> Poll<io::Result<()>> {
        while !self.is_done() {
            if let Doubt::Bytes(_, reason) = &mut self.doubt {
                return Poll::Ready(Err(reason.give()));
            }
            let complete = match self.ticket() {
                Some(ticket) => ready!(self.poll_ticket(writer.as_mut(), cx, ticket))?,
                None => match ready!(self.poll_submit(writer.as_mut(), cx, submit))? {
                    Submitted::Complete(n) => n,
                    Submitted::InFlight(ticket) => {
                        self.doubt = Doubt::Ticket(ticket);
                        continue;
                    }
                },
            };
            self.completed += complete;
            if complete == 0 {
                return Poll::Ready(Err(takes_no_more()));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Submits what remains. An indeterminate outcome puts all of it in doubt.
    fn poll_submit<W: AsyncWriteComplete + ?Sized>(
        &mut self,
        writer: Pin<&mut W>,
        cx: &mut Context<'_>,
        submit: Submit<W, B>,
    ) -> Poll<io::Result<Submitted>> {
        let len = self.len - self.completed;
        let submitted = ready!(submit(writer, cx, &self.bytes, self.completed..self.len)).and_then(|submitted| {
            checked_count(submitted.len(), len)?;
            Ok(submitted)
        });
        Poll::Ready(submitted.map_err(|error| {
            if !leaves_doubt(&error) {
                return error;
            }
            let mut repeatable = RepeatableError::new(error);
            let error = repeatable.give();
            self.doubt = Doubt::Bytes(len, repeatable);
            error
        }))
    }

    /// The answer for `ticket`, which is forgotten unless its bytes stay in doubt.
    fn poll_ticket<W: AsyncWriteComplete + ?Sized>(
        &mut self,
        writer: Pin<&mut W>,
        cx: &mut Context<'_>,
        ticket: Ticket,
    ) -> Poll<io::Result<usize>> {
        let answer = ready!(writer.poll_write_complete(cx, ticket)).and_then(|n| checked_count(n, ticket.len()));
        let in_doubt = |error: &io::Error| Indeterminate::find(error).is_some() || UnknownTicket::find(error).is_some();
        if !answer.as_ref().is_err_and(in_doubt) {
            self.doubt = Doubt::Nothing;
        }
        Poll::Ready(answer)
    }
}

/// Submits the bytes of `B` between two positions.
type Submit<W, B> = fn(Pin<&mut W>, &mut Context<'_>, &B, Range<usize>) -> Poll<io::Result<Submitted>>;

/// Submits them as a slice.
pub(super) fn submit_slice<W: AsyncWriteComplete + ?Sized, B: AsRef<[u8]>>(
    writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    bytes: &B,
    rest: Range<usize>,
) -> Poll<io::Result<Submitted>> {
    writer.poll_write_submit(cx, &bytes.as_ref()[rest])
}

/// The error for a destination that answered 0 for bytes.
pub(super) fn takes_no_more() -> io::Error {
    io::Error::new(io::ErrorKind::WriteZero, "the destination takes no more bytes")
}
