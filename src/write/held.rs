//! [`HeldWrite`]: a write of many bytes, held by its caller.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{AsyncWriteComplete, Submitted, Ticket};
use crate::{
    error::{Indeterminate, Superseded},
    guard::checked_count,
};

/// A write that its caller holds: the bytes, how many of them are complete, and the ticket of the part that is outstanding.
///
/// [`resume_write_all`](super::AsyncWriteCompleteExt::resume_write_all) carries it on. A timeout or a `select!` may drop
/// that future at any point, and a later one goes on where it stood: no byte is lost, none is written twice.
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
/// * An error of the destination: [`completed`](Self::completed) is exact, and resuming submits the rest again.
/// * [`Indeterminate`], or [`Superseded`] because somebody else submitted to the writer in between (or
///   because this is another writer): nothing is submitted any more. `completed` is then the lower bound of what is complete
///   and [`maybe_completed`](Self::maybe_completed) the upper one.
#[derive(Debug)]
#[must_use = "a held write is carried on by `resume_write_all`"]
pub struct HeldWrite<'a> {
    bytes: &'a [u8],
    completed: usize,
    /// The submission whose count is not known. While it is here nothing is submitted, so an answer that cannot be had keeps
    /// it here.
    ticket: Option<Ticket>,
}

impl<'a> HeldWrite<'a> {
    /// A write of `bytes`, of which nothing is submitted.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, completed: 0, ticket: None }
    }

    /// How many bytes are known to be complete; always the first ones.
    pub const fn completed(&self) -> usize {
        self.completed
    }

    /// How many bytes can be complete at most: [`completed`](Self::completed) and those that are outstanding or
    /// indeterminate.
    pub fn maybe_completed(&self) -> usize {
        self.completed + self.ticket.map_or(0, |ticket| ticket.len())
    }

    /// The bytes that are not known to be complete.
    pub fn remaining(&self) -> &'a [u8] {
        &self.bytes[self.completed..]
    }

    /// Whether every byte is complete.
    pub const fn is_done(&self) -> bool {
        self.completed == self.bytes.len()
    }

    /// Carries the write on until it [is done](Self::is_done); done already, it is a barrier.
    pub(super) fn poll_resume<W>(&mut self, mut writer: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        W: AsyncWriteComplete + ?Sized,
    {
        loop {
            let complete = match self.ticket {
                Some(ticket) => ready!(self.poll_ticket(writer.as_mut(), cx, ticket))?,
                None => match ready!(writer.as_mut().poll_write_submit(cx, self.remaining()))? {
                    Submitted::InFlight(ticket) => {
                        checked_count(ticket.len(), self.remaining().len())?;
                        self.ticket = Some(ticket);
                        continue;
                    }
                    Submitted::Complete(_) if self.is_done() => return Poll::Ready(Ok(())),
                    Submitted::Complete(n) => checked_count(n, self.remaining().len())?,
                },
            };
            self.completed += complete;
            if self.is_done() {
                return Poll::Ready(Ok(()));
            }
            if complete == 0 {
                return Poll::Ready(Err(takes_no_more()));
            }
        }
    }

    /// The answer for `ticket`, which is forgotten unless its bytes stay in doubt.
    fn poll_ticket<W>(&mut self, writer: Pin<&mut W>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>>
    where
        W: AsyncWriteComplete + ?Sized,
    {
        let answer = ready!(writer.poll_write_complete(cx, ticket)).and_then(|n| checked_count(n, ticket.len()));
        let in_doubt = |error: &io::Error| Indeterminate::find(error).is_some() || Superseded::find(error).is_some();
        if !answer.as_ref().is_err_and(in_doubt) {
            self.ticket = None;
        }
        Poll::Ready(answer)
    }
}

fn takes_no_more() -> io::Error {
    io::Error::new(io::ErrorKind::WriteZero, "the destination takes no more bytes")
}
