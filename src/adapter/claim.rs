//! [`Claim`]: which write a buffer belongs to, where the trait has no ticket to say so.

use std::{
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{
    error::PriorWriteFailed,
    guard::{checked_count, quietly},
    write::{AsyncWriteComplete, Submitted, Ticket, kept::Kept, total_len},
};

/// The bytes that came by a `poll_write` and are not yet answered for.
///
/// The [page of the adapters](crate::adapter#which-write-a-buffer-belongs-to) says what they are for. What a shorter
/// buffer leaves is a credit. A write that no buffer continues is an orphan, which finishes first and is reported if it
/// failed (rule W9).
#[derive(Debug, Default)]
pub(crate) struct Claim {
    open: Option<Open>,
    /// What was owed when the writer was closed, which stays the outcome.
    closed: Option<Kept>,
}

struct Open {
    ticket: Ticket,
    /// What was submitted.
    bytes: Vec<u8>,
    /// How many of them are answered for.
    answered: usize,
    /// How many of them are complete, once that is known.
    complete: Option<usize>,
}

/// Without the bytes.
impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open")
            .field("ticket", &self.ticket)
            .field("answered", &self.answered)
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

impl Open {
    /// Whether `bufs` and what is not yet answered for agree as far as both go.
    fn is_same_write(&self, bufs: &[IoSlice<'_>]) -> bool {
        let mut rest = &self.bytes[self.answered..self.complete.unwrap_or(self.bytes.len())];
        bufs.iter().all(|buf| {
            let common = rest.len().min(buf.len());
            let (head, tail) = rest.split_at(common);
            rest = tail;
            head == &buf[..common]
        })
    }
}

impl Claim {
    /// Writes some first part of `bufs`, or answers for the write that they belong to.
    pub(crate) fn poll_write<W>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>
    where
        W: AsyncWriteComplete + Unpin,
    {
        let len = total_len(bufs);
        match &self.open {
            // No bytes belong to no write, and end none.
            Some(_) if len == 0 => return Poll::Ready(Ok(0)),
            Some(open) if open.is_same_write(bufs) => return self.poll_answer(writer, cx, len),
            _ => self.end()?,
        }
        match ready!(Pin::new(&mut *writer).poll_write_submit_vectored(cx, bufs))? {
            Submitted::Complete(n) => Poll::Ready(checked_count(n, len)),
            Submitted::InFlight(ticket) => {
                let taken = checked_count(ticket.len(), len)?;
                match Pin::new(writer).poll_write_complete(cx, ticket) {
                    // Nobody has to remember what is answered in the same poll.
                    Poll::Ready(answer) => Poll::Ready(answer.and_then(|n| checked_count(n, taken))),
                    Poll::Pending => {
                        let bytes = concat(bufs, taken);
                        self.open = Some(Open { ticket, bytes, answered: 0, complete: None });
                        Poll::Pending
                    }
                }
            }
        }
    }

    /// Answers for at most `len` bytes of the open write.
    fn poll_answer<W>(&mut self, writer: &mut W, cx: &mut Context<'_>, len: usize) -> Poll<io::Result<usize>>
    where
        W: AsyncWriteComplete + Unpin,
    {
        let Some(open) = &mut self.open else { return Poll::Ready(Ok(0)) };
        let complete = match open.complete {
            Some(complete) => complete,
            None => {
                let answer = ready!(Pin::new(writer).poll_write_complete(cx, open.ticket));
                match answer.and_then(|n| checked_count(n, open.bytes.len())) {
                    Ok(complete) => complete,
                    Err(error) => {
                        self.open = None;
                        return Poll::Ready(Err(error));
                    }
                }
            }
        };
        let n = len.min(complete - open.answered);
        open.answered += n;
        open.complete = Some(complete);
        if open.answered == complete {
            self.open = None;
        }
        Poll::Ready(Ok(n))
    }

    /// Ends the claim: whatever comes next is another operation.
    ///
    /// Fails where the claim has heard of a short count, which counts as its report, and its caller has not; that other
    /// operation is not executed then.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        match self.open.take() {
            Some(Open { ticket, bytes, complete: Some(n), .. }) if n < bytes.len() => {
                Err(PriorWriteFailed::short(ticket, n).into())
            }
            _ => Ok(()),
        }
    }

    /// Ends a claim of which a short count is known. For a barrier that is no flush between two polls of one write.
    #[cfg(feature = "offload")]
    pub(crate) fn end_if_short(&mut self) -> io::Result<()> {
        match &self.open {
            Some(Open { bytes, complete: Some(n), .. }) if *n < bytes.len() => self.end(),
            _ => Ok(()),
        }
    }

    /// Ends the claim and closes; what is owed comes first, and stays the outcome.
    pub(crate) fn poll_close<W>(&mut self, writer: &mut W, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        W: AsyncWriteComplete + Unpin,
    {
        if let Err(owed) = self.end() {
            self.closed = Some(Kept::new(owed));
        }
        let outcome = ready!(Pin::new(writer).poll_close_complete(cx));
        let Some(owed) = &mut self.closed else { return Poll::Ready(outcome) };
        quietly(|| drop(outcome));
        Poll::Ready(Err(owed.give()))
    }

    /// Waits until `writer` is settled. The claim stays, with what it knows of a short count, since a caller may flush
    /// between two polls of one write; unless the flush reports that very write, which is then answered for.
    pub(crate) fn poll_flush<W>(&mut self, writer: &mut W, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        W: AsyncWriteComplete + Unpin,
    {
        let settled = ready!(Pin::new(writer).poll_write_submit(cx, &[])).map(drop);
        let reported = settled.as_ref().err().and_then(PriorWriteFailed::find).map(PriorWriteFailed::ticket);
        if reported.is_some() && reported == self.open.as_ref().map(|open| open.ticket) {
            self.open = None;
        }
        Poll::Ready(settled)
    }
}

/// The first `len` bytes of the concatenation.
fn concat(bufs: &[IoSlice<'_>], len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    for buf in bufs {
        let room = len - bytes.len();
        bytes.extend_from_slice(&buf[..room.min(buf.len())]);
    }
    bytes
}
