//! [`Tracked`]: everything that the rules ask of a wrapper and that is the same for all of them.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    AsyncWriteComplete, Submitted, Ticket, TicketSource, first_bytes,
    kept::{Kept, give},
    shield::Shield,
    slot::{Asked, Slot},
    total_len,
};
use crate::{
    error::{Indeterminate, IntoInnerError, Superseded},
    guard,
};

/// What is particular to a wrapper: how it starts a write, carries it to its end, settles and closes.
///
/// [`Tracked`] calls these methods and supplies the rest of the contract: tickets and their answers
/// ([W5](crate::contract::Rule::W5)), the report of an orphan ([W9](crate::contract::Rule::W9)), the barrier
/// ([W10](crate::contract::Rule::W10)), the outcome of a close ([W12](crate::contract::Rule::W12)), and panics and
/// counts that cannot be ([W13](crate::contract::Rule::W13)). After an [`Indeterminate`] error or a panic no method but
/// `poll_close` is called, and none after `poll_close` was `Ready`.
///
/// # Examples
///
/// A wrapper that upper-cases ASCII on its way:
///
/// ```
/// use std::{io, pin::Pin, task::{Context, Poll, ready}};
/// use async_write_complete::{AsyncWriteComplete, DriveWrite, Started, Ticket, Tracked};
///
/// struct UpperCase<W> { inner: W, ticket: Option<Ticket> }
///
/// impl<W: AsyncWriteComplete + Unpin> DriveWrite for UpperCase<W> {
///     fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
///         let submitted = ready!(Pin::new(&mut self.inner).poll_write_submit(cx, &buf.to_ascii_uppercase()))?;
///         self.ticket = submitted.ticket();
///         Poll::Ready(Ok(submitted.into()))
///     }
///
///     fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
///         let ticket = self.ticket.expect("a write was taken");
///         Pin::new(&mut self.inner).poll_write_complete(cx, ticket)
///     }
///
///     fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Pin::new(&mut self.inner).poll_write_submit(cx, &[]).map_ok(drop)
///     }
///
///     fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Pin::new(&mut self.inner).poll_close_complete(cx)
///     }
/// }
///
/// use async_write_complete::AsyncWriteCompleteExt;
/// # futures_lite::future::block_on(async {
/// let mut destination = Vec::new();
/// let mut writer = Tracked::new(UpperCase { inner: &mut destination, ticket: None });
/// writer.write_all_complete(b"loud").await?;
/// assert_eq!(destination, b"LOUD");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[cfg_attr(
    feature = "conformance",
    doc = "\nWhether the writer made of it keeps the rules, [the conformance kit](crate::conformance) certifies: `Certify::around`."
)]
pub trait DriveWrite {
    /// Starts a write of `buf`, which is not empty, or of some first part of it. No write is outstanding.
    ///
    /// # Errors
    ///
    /// `Pending` and `Err` must have taken nothing; an [`Indeterminate`] is the exception. Answer `Interrupted` to be
    /// called again.
    ///
    /// # Implementer notes
    ///
    /// After [`Started::Taken`] the caller's bytes may go away: keep what
    /// [`poll_finish`](Self::poll_finish) needs of them, and keep it in `self` before anything can panic.
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>>;

    /// The same for the concatenation of `bufs`, which has bytes. The default starts the first slice that is not empty.
    fn poll_start_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<Started>> {
        self.poll_start(cx, first_bytes(bufs))
    }

    /// Carries the write that was [`Taken`](Started::Taken) to its end, whoever asks, and answers how many of its bytes
    /// are complete.
    ///
    /// # Errors
    ///
    /// An error says that none of them is. Answer an [`Indeterminate`] where that cannot be known, for instance when
    /// some inner writes of a frame are complete and the next one failed.
    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>>;

    /// Settles what is behind the wrapper, by a barrier of its own. No write is outstanding.
    ///
    /// # Errors
    ///
    /// The barrier failed. The writer stays usable unless the error is [`Indeterminate`].
    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Closes what is behind the wrapper. No write is outstanding.
    ///
    /// # Errors
    ///
    /// The close failed; that is the outcome for good.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// What became of a write that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// The first `n` bytes are complete; there is nothing to finish.
    Complete(usize),
    /// The first `n` bytes are taken, `n` not being 0; [`DriveWrite::poll_finish`] carries them on.
    Taken(usize),
}

/// A wrapper that submits its caller's bytes one to one starts what its inner writer submits.
impl From<Submitted> for Started {
    fn from(submitted: Submitted) -> Self {
        match submitted {
            Submitted::Complete(n) => Self::Complete(n),
            Submitted::InFlight(ticket) => Self::Taken(ticket.len()),
        }
    }
}

/// An [`AsyncWriteComplete`] made of a [`DriveWrite`].
///
/// It is a *driven* writer: polls carry a submitted write on, those of any later operation too. Dropped before that, a
/// write that was taken may be torn, as far as the wrapper itself holds its bytes ([W3](crate::contract::Rule::W3)).
#[derive(Debug)]
pub struct Tracked<D> {
    drive: D,
    tickets: TicketSource,
    slot: Slot,
    /// The indeterminate outcome since which nothing is taken.
    poison: Option<Kept>,
    stage: Stage,
    shield: Shield,
}

#[derive(Debug)]
enum Stage {
    Open,
    /// A close was asked for and is not answered.
    Closing,
    Closed(Result<(), Kept>),
}

impl<D> Tracked<D> {
    /// A writer that has taken nothing.
    pub const fn new(drive: D) -> Self {
        Self {
            drive,
            tickets: TicketSource::new(),
            slot: Slot::new(),
            poison: None,
            stage: Stage::Open,
            shield: Shield::new(),
        }
    }

    /// What it drives.
    pub const fn get_ref(&self) -> &D {
        &self.drive
    }

    /// Takes the driven part out.
    ///
    /// # Errors
    ///
    /// The writer comes back in the error: [`PriorWriteFailed`](crate::PriorWriteFailed) if an orphan failed (told once),
    /// `ResourceBusy` while a write is outstanding (await a barrier first), `BrokenPipe` after a close, and an error that
    /// repeats the reason if the writer takes no more.
    pub fn into_inner(mut self) -> Result<D, IntoInnerError<Self>> {
        let error = match (self.slot.report(), &self.poison) {
            (Some(mut prior), _) => prior.give(),
            (None, Some(reason)) => reason.poisoned(),
            (None, None) if self.slot.in_flight().is_some() => {
                io::Error::new(io::ErrorKind::ResourceBusy, "a write is outstanding: await a barrier first")
            }
            (None, None) if !matches!(self.stage, Stage::Open) => guard::closed(),
            (None, None) => return Ok(self.drive),
        };
        Err(IntoInnerError::new(self, error))
    }
}

impl<D: DriveWrite> Tracked<D> {
    /// Calls into the driven part. It never panics, is never interrupted, and poisons the writer with what is
    /// indeterminate.
    fn guarded<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&mut D, &mut Context<'_>) -> Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        // Cloned out here, where a panic of the caller's waker is not taken for one of the driven part.
        let waker = self.shield.over(cx.waker());
        let drive = &mut self.drive;
        let polled = guard::catch(|| {
            let cx = &mut Context::from_waker(&waker);
            guard::transparent(|| match operation(drive, cx) {
                Poll::Pending => Ok(Poll::Pending),
                Poll::Ready(result) => result.map(Poll::Ready),
            })
        });
        drop(waker);
        if !matches!(polled, Ok(Ok(Poll::Pending))) {
            self.shield.rest();
        }
        match polled.and_then(|result| result) {
            Ok(poll) => poll.map(Ok),
            Err(error) => Poll::Ready(Err(self.poison_if_indeterminate(error))),
        }
    }

    fn poison_if_indeterminate(&mut self, error: io::Error) -> io::Error {
        if Indeterminate::find(&error).is_none() {
            return error;
        }
        let mut kept = Kept::new(error);
        let error = kept.give();
        self.poison = Some(kept);
        error
    }

    fn checked(&mut self, n: usize, len: usize) -> io::Result<usize> {
        guard::checked_count(n, len).map_err(|error| self.poison_if_indeterminate(error))
    }

    /// Carries an outstanding write to its end. What it ended with is in the slot then.
    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(ticket) = self.slot.in_flight() {
            let result = ready!(self.guarded(cx, D::poll_finish)).map_err(|error| {
                // Somebody else submitted to the writer behind: nobody can know any more.
                if Superseded::find(&error).is_none() {
                    return error;
                }
                self.poison_if_indeterminate(Indeterminate::new(error).into())
            });
            let result = result.and_then(|n| self.checked(n, ticket.len()));
            self.slot.finish(result.map_err(Kept::new));
        }
        Poll::Ready(())
    }

    /// Waits until a write-side operation may be executed, or says why it may not.
    fn poll_free(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_finish(cx));
        if !matches!(self.stage, Stage::Open) {
            return Poll::Ready(Err(guard::closed()));
        }
        Poll::Ready(match (self.slot.report(), &self.poison) {
            (Some(mut prior), _) => Err(prior.give()),
            (None, Some(reason)) => Err(reason.poisoned()),
            (None, None) => Ok(()),
        })
    }

    fn poll_submit(
        &mut self,
        cx: &mut Context<'_>,
        len: usize,
        start: impl FnMut(&mut D, &mut Context<'_>) -> Poll<io::Result<Started>>,
    ) -> Poll<io::Result<Submitted>> {
        ready!(self.poll_free(cx))?;
        if len == 0 {
            return self.guarded(cx, D::poll_settle).map_ok(|()| Submitted::Complete(0));
        }
        Poll::Ready(match ready!(self.guarded(cx, start))? {
            Started::Complete(n) | Started::Taken(n @ 0) => {
                let n = self.checked(n, len)?;
                self.slot.complete_at_once();
                Ok(Submitted::Complete(n))
            }
            Started::Taken(n) => {
                let n = self.checked(n, len)?;
                let ticket = self.tickets.mint(n);
                self.slot.submit(ticket);
                Ok(Submitted::InFlight(ticket))
            }
        })
    }
}

impl<D: DriveWrite + Unpin> AsyncWriteComplete for Tracked<D> {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.poll_submit(cx, buf.len(), |drive, cx| drive.poll_start(cx, buf))
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.poll_submit(cx, total_len(bufs), |drive, cx| drive.poll_start_vectored(cx, bufs))
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        if self.slot.in_flight() == Some(ticket) {
            ready!(self.poll_finish(cx));
        }
        match self.slot.ask(ticket) {
            Asked::Wait => Poll::Pending,
            Asked::Answer(result) => Poll::Ready(result),
        }
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Stage::Closed(outcome) = &mut self.stage {
            return Poll::Ready(give(outcome));
        }
        self.stage = Stage::Closing;
        ready!(self.poll_finish(cx));
        let released = match (ready!(self.guarded(cx, D::poll_close)), &self.poison) {
            (Ok(()), Some(reason)) => Err(reason.poisoned()),
            (released, _) => released,
        };
        let mut outcome = self.slot.report().map_or_else(|| released.map_err(Kept::new), Err);
        let answer = give(&mut outcome);
        self.stage = Stage::Closed(outcome);
        Poll::Ready(answer)
    }
}
