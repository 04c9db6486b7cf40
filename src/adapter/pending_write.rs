//! [`PendingWrite`]: which write a buffer belongs to, where the trait has no ticket to say so.

use std::{
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::digest::{Digest, concat};
use crate::{
    error::{Indeterminate, PriorWriteFailed, RepeatableError, UnknownTicket},
    guard::{checked_count, drop_catching_panics},
    ticket::{Submitted, Ticket},
    write::{AsyncWriteComplete, futures::poll_ticket, total_len},
};

/// The write of a `poll_write` that has not been answered.
///
/// The [page of the adapters](crate::adapter#which-write-a-buffer-belongs-to) says what it is for. What a shorter
/// buffer leaves of a count goes to the buffers that follow. A write that no buffer continues ends first, and is told
/// as [`PriorWriteFailed`] if it failed or came out short.
#[derive(Debug, Default)]
pub(crate) struct PendingWrite {
    state: State,
    /// A close has begun: a flush is part of it.
    closing: bool,
    /// What the close had to tell of the pending write, which stays the outcome.
    outcome: Option<RepeatableError>,
    /// The indeterminate answer of a write, since which no flush succeeds.
    poison: Option<RepeatableError>,
}

#[derive(Default)]
enum State {
    /// Every `poll_write` was answered.
    #[default]
    Answered,
    /// It was submitted as `bytes`.
    Open {
        ticket: Ticket,
        bytes: Vec<u8>,
        /// How many of them its caller has been answered.
        answered: usize,
        /// How many of them are complete, once that is known.
        complete: Option<usize>,
        /// The writer names it as outstanding until it was answered.
        named: bool,
    },
    /// A flush has settled it, maybe between two polls of the write. The bytes are let go; `complete` of them are
    /// complete.
    Flushed { ticket: Ticket, rest: Digest, answered: usize, complete: usize, is_short: bool },
}

/// Without the bytes.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("Answered"),
            Self::Open { ticket, answered, complete, .. } => {
                f.debug_tuple("Open").field(ticket).field(answered).field(complete).finish()
            }
            Self::Flushed { ticket, complete, .. } => f.debug_tuple("Flushed").field(ticket).field(complete).finish(),
        }
    }
}

impl State {
    /// Whether `bufs` go on with the pending write: they agree with it as far as both go.
    fn is_continued_by(&self, bufs: &[IoSlice<'_>]) -> bool {
        match self {
            Self::Answered => false,
            Self::Open { bytes, answered, complete, .. } => {
                let mut rest = &bytes[*answered..complete.unwrap_or(bytes.len())];
                bufs.iter().all(|buf| {
                    let (head, tail) = rest.split_at(rest.len().min(buf.len()));
                    rest = tail;
                    head == &buf[..head.len()]
                })
            }
            Self::Flushed { rest, .. } => rest.is_of_first_bytes(bufs),
        }
    }
}

impl PendingWrite {
    /// Writes some first part of `bufs`, or answers for the write that they belong to.
    pub(crate) fn poll_write<W: AsyncWriteComplete + Unpin>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = total_len(bufs);
        if len == 0 {
            // No bytes belong to no write, and end none.
            return Poll::Ready(Ok(0));
        }
        self.forget_answered(|| writer.outstanding());
        if self.state.is_continued_by(bufs) {
            let answer = ready!(self.poll_answer(writer, cx, len));
            return Poll::Ready(self.note(answer));
        }
        ready!(self.poll_end_on(writer, cx))?;
        let answer = ready!(self.poll_begin(writer, cx, bufs, len));
        Poll::Ready(self.note(answer))
    }

    fn poll_begin<W: AsyncWriteComplete + Unpin>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        len: usize,
    ) -> Poll<io::Result<usize>> {
        let ticket = match ready!(Pin::new(&mut *writer).poll_write_submit_vectored(cx, bufs))? {
            Submitted::Complete(n) => return Poll::Ready(checked_count(n, len)),
            Submitted::InFlight(ticket) => ticket,
        };
        let taken = checked_count(ticket.len(), len)?;
        // Nothing has to be remembered of what is answered in the same poll; unless that panics.
        let mut remember = Remember { state: &mut self.state, ticket, bufs, taken, named: false, is_answered: false };
        let answer = poll_ticket(&mut *writer, cx, ticket);
        remember.is_answered = answer.is_ready();
        remember.named = answer.is_pending() && writer.outstanding() == Some(ticket);
        answer
    }

    /// Forgets a pending write that was answered by its ticket.
    pub(crate) fn forget_answered(&mut self, outstanding: impl FnOnce() -> Option<Ticket>) {
        match self.state {
            State::Open { ticket, complete: None, named: true, .. }
                if !self.closing && outstanding() != Some(ticket) =>
            {
                self.state = State::Answered;
            }
            _ => {}
        }
    }

    /// Remembers an indeterminate answer.
    fn note<R>(&mut self, answer: io::Result<R>) -> io::Result<R> {
        match answer {
            Err(error) if self.poison.is_none() && Indeterminate::find(&error).is_some() => {
                let mut poison = RepeatableError::new(error);
                let error = poison.give();
                self.poison = Some(poison);
                Err(error)
            }
            answer => answer,
        }
    }

    /// Answers for at most `len` bytes of the pending write.
    fn poll_answer<W: AsyncWriteComplete + Unpin>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
        len: usize,
    ) -> Poll<io::Result<usize>> {
        let ended = match &self.state {
            State::Open { ticket, complete: None, .. } => Some(ready!(poll_ticket(writer, cx, *ticket))),
            _ => None,
        };
        match (&mut self.state, ended) {
            (_, Some(Err(error))) => {
                self.state = State::Answered;
                Poll::Ready(Err(error))
            }
            (State::Open { answered, complete, .. }, ended) => {
                let all = ended.and_then(Result::ok).or(*complete).unwrap_or(0);
                let n = len.min(all - *answered);
                *answered += n;
                *complete = Some(all);
                if *answered == all {
                    self.state = State::Answered;
                }
                Poll::Ready(Ok(n))
            }
            (State::Flushed { answered, complete, .. }, _) => {
                let n = *complete - *answered;
                self.state = State::Answered;
                Poll::Ready(Ok(n))
            }
            (State::Answered, _) => Poll::Ready(Ok(0)),
        }
    }

    /// Waits for the pending write, of which no buffer will come any more, and tells if it failed or came out short.
    pub(crate) fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        poll_answer: impl FnOnce(&mut Context<'_>, Ticket) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<()>> {
        if let State::Open { ticket, complete: None, .. } = self.state {
            let answer = ready!(poll_answer(cx, ticket));
            self.state = State::Answered;
            return Poll::Ready(self.note(reported_later(ticket, answer)));
        }
        Poll::Ready(self.end(|| None))
    }

    /// The same, of the write that is pending on `writer`.
    pub(super) fn poll_end_on<W: AsyncWriteComplete + Unpin>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.forget_answered(|| writer.outstanding());
        self.poll_end(cx, |cx, ticket| poll_ticket(writer, cx, ticket))
    }

    /// Forgets a pending write that was answered; tells if it came out short, and its caller was not told.
    ///
    /// One that is `outstanding` stays, and the operation that follows answers
    /// [`WriteOutstanding`](crate::WriteOutstanding).
    pub(crate) fn end(&mut self, outstanding: impl FnOnce() -> Option<Ticket>) -> io::Result<()> {
        self.forget_answered(outstanding);
        if let State::Open { complete: None, .. } = self.state {
            return Ok(());
        }
        let short = self.short_count();
        self.state = State::Answered;
        short.map_or(Ok(()), |(ticket, n)| Err(PriorWriteFailed::short(ticket, n).into()))
    }

    /// How many bytes of the pending write are complete, if it is known that some are missing.
    pub(crate) fn short_count(&self) -> Option<(Ticket, usize)> {
        match &self.state {
            State::Open { ticket, bytes, complete: Some(n), .. } => (*n < bytes.len()).then_some((*ticket, *n)),
            State::Flushed { ticket, complete, is_short, .. } => is_short.then_some((*ticket, *complete)),
            State::Open { complete: None, .. } | State::Answered => None,
        }
    }

    /// Waits until `writer` is settled.
    ///
    /// The pending write stays, as a digest with its count: its caller may flush between two polls of one write.
    pub(crate) fn poll_flush<W: AsyncWriteComplete + Unpin>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.closing {
            return self.poll_close(writer, cx);
        }
        self.forget_answered(|| writer.outstanding());
        if let State::Open { ticket, bytes, answered, complete, .. } = &self.state {
            let n = match complete {
                Some(n) => Ok(*n),
                None => ready!(poll_ticket(writer, cx, *ticket)),
            };
            match n {
                Ok(n) => {
                    let rest = Digest::new(&bytes[*answered..]);
                    let (ticket, answered, is_short) = (*ticket, *answered, n < bytes.len());
                    self.state = State::Flushed { ticket, rest, answered, complete: n, is_short };
                }
                failed => {
                    let told = reported_later(*ticket, failed);
                    self.state = State::Answered;
                    self.note(told)?;
                }
            }
        }
        if let Some(poison) = &self.poison {
            return Poll::Ready(Err(poison.poisoned()));
        }
        // A write that was submitted by ticket.
        match writer.outstanding() {
            Some(ticket) => poll_ticket(writer, cx, ticket).map(|answer| self.note(reported_later(ticket, answer))),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Closes. What is to be told of the pending write comes first, and stays the outcome.
    pub(crate) fn poll_close<W: AsyncWriteComplete + Unpin>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.begin_close(|| writer.outstanding());
        let outcome = ready!(Pin::new(&mut *writer).poll_close_complete(cx));
        self.poll_outcome(cx, outcome, |cx, ticket| poll_ticket(writer, cx, ticket))
    }

    /// Whether a close has begun.
    #[cfg(feature = "tokio")]
    pub(super) fn is_closing(&self) -> bool {
        self.closing
    }

    /// From now on a flush is a part of the close, which tells nothing of a write that was answered by its ticket.
    pub(crate) fn begin_close(&mut self, outstanding: impl FnOnce() -> Option<Ticket>) {
        self.forget_answered(outstanding);
        self.closing = true;
    }

    /// The writer is closed with this `outcome`.
    pub(crate) fn poll_outcome(
        &mut self,
        cx: &mut Context<'_>,
        outcome: io::Result<()>,
        poll_answer: impl FnOnce(&mut Context<'_>, Ticket) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<()>> {
        // A ticket still answers after the close.
        if let Err(error) = ready!(self.poll_end(cx, poll_answer)) {
            self.outcome = Some(RepeatableError::new(error));
        }
        let Some(told) = &mut self.outcome else { return Poll::Ready(outcome) };
        drop_catching_panics(outcome);
        Poll::Ready(Err(told.give()))
    }
}

/// Has a submission remembered when it goes, unless it was answered.
struct Remember<'a> {
    state: &'a mut State,
    ticket: Ticket,
    bufs: &'a [IoSlice<'a>],
    taken: usize,
    named: bool,
    is_answered: bool,
}

impl Drop for Remember<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            let bytes = concat(self.bufs, self.taken);
            let (ticket, named) = (self.ticket, self.named);
            *self.state = State::Open { ticket, bytes, answered: 0, complete: None, named };
        }
    }
}

/// What another operation reports of the write of `ticket`.
fn reported_later(ticket: Ticket, answer: io::Result<usize>) -> io::Result<()> {
    match answer {
        Ok(n) if n == ticket.len() => Ok(()),
        Ok(n) => Err(PriorWriteFailed::short(ticket, n).into()),
        // It was answered by ticket, and bytes were submitted since.
        Err(error) if UnknownTicket::find(&error).is_some() => Ok(()),
        Err(error) => {
            let complete = if Indeterminate::find(&error).is_some() { None } else { Some(0) };
            Err(PriorWriteFailed::new(ticket, complete, error).into())
        }
    }
}
