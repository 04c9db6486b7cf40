//! [`Tracked`]: everything that the rules ask of a wrapper and that is the same for all of them.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{AsyncWriteComplete, first_bytes, last_write::LastWrite, panic_safe_waker::PanicSafeWaker, total_len};
use crate::{
    error::{Indeterminate, IntoInnerError, RepeatableError, UnknownTicket, repeat},
    guard::{self, drop_catching_panics},
    ticket::{Submitted, Ticket, TicketSource},
};

mod sync;

pub use self::sync::DriveSync;

/// What is particular to a wrapper: how it starts a write, carries it to its end, and closes.
///
/// [`Tracked`] calls these methods and supplies the rest of the contract: tickets and their answers
/// ([W4](crate::contract::Rule::W4)), the refusal while a write is outstanding ([W5](crate::contract::Rule::W5)), the
/// outcome of a close ([W9](crate::contract::Rule::W9)), and panics and counts that cannot be
/// ([P2](crate::contract::Rule::P2)). After an [`Indeterminate`] error or a panic no method but `poll_close` is called,
/// and none after `poll_close` was `Ready`.
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

    /// Carries the write that was [`Taken`](Started::Taken) to its end, and answers how many of its bytes are complete.
    /// A poll of its ticket calls it, and so does a close.
    ///
    /// # Errors
    ///
    /// An error says that none of them is. Answer an [`Indeterminate`] where that cannot be known, for instance when
    /// some inner writes of a frame are complete and the next one failed.
    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>>;

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
/// It is a *driven* writer: a submitted write goes on while its ticket, or the close, is polled. Dropped before that, a
/// write that was taken may be torn, as far as the wrapper itself holds its bytes
/// ([W3](crate::contract::Rule::W3)).
#[derive(Debug)]
pub struct Tracked<D> {
    drive: D,
    tickets: TicketSource,
    last_write: LastWrite,
    /// The indeterminate outcome since which nothing is taken.
    poison: Option<RepeatableError>,
    /// The sync that failed, since which no sync succeeds.
    not_durable: Option<RepeatableError>,
    stage: Stage,
    waker: PanicSafeWaker,
}

#[derive(Debug)]
enum Stage {
    Open,
    /// A close has begun and is not answered.
    Closing,
    Closed(Result<(), RepeatableError>),
}

impl<D> Tracked<D> {
    /// A writer that has taken nothing.
    pub const fn new(drive: D) -> Self {
        Self {
            drive,
            tickets: TicketSource::new(),
            last_write: LastWrite::None,
            poison: None,
            not_durable: None,
            stage: Stage::Open,
            waker: PanicSafeWaker::new(),
        }
    }

    /// What it drives.
    pub const fn get_ref(&self) -> &D {
        &self.drive
    }

    /// What it drives, mutably: for what does not write, such as a sync of the destination.
    ///
    /// Bytes that are written through it are not tracked: the rules hold no longer for the write that is outstanding.
    pub const fn get_mut(&mut self) -> &mut D {
        &mut self.drive
    }

    /// Takes the driven part out.
    ///
    /// # Errors
    ///
    /// The writer comes back in the error: [`WriteOutstanding`](crate::WriteOutstanding) until the last
    /// write was answered, `BrokenPipe` after a close, and an error that repeats the reason if the writer takes
    /// no more.
    pub fn into_inner(self) -> Result<D, IntoInnerError<Self>> {
        match self.check_open() {
            Ok(()) => Ok(self.drive),
            Err(error) => Err(IntoInnerError::new(self, error)),
        }
    }

    /// Whether bytes may be taken.
    fn check_open(&self) -> io::Result<()> {
        if !matches!(self.stage, Stage::Open) {
            return Err(guard::closed());
        }
        self.last_write.check_settled()?;
        self.poison.as_ref().map_or(Ok(()), |reason| Err(reason.poisoned()))
    }

    fn poison_if_indeterminate(&mut self, error: io::Error) -> io::Error {
        if Indeterminate::find(&error).is_none() {
            return error;
        }
        let mut reason = RepeatableError::new(error);
        let error = reason.give();
        self.poison = Some(reason);
        error
    }

    fn checked(&mut self, n: usize, len: usize) -> io::Result<usize> {
        guard::checked_count(n, len).map_err(|error| self.poison_if_indeterminate(error))
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
        let waker = self.waker.around(cx.waker());
        let drive = &mut self.drive;
        let polled = guard::catch_panics(|| {
            let cx = &mut Context::from_waker(&waker);
            guard::retry_interrupted(|| match operation(drive, cx) {
                Poll::Pending => Ok(Poll::Pending),
                Poll::Ready(result) => result.map(Poll::Ready),
            })
        });
        drop(waker);
        if !matches!(polled, Ok(Ok(Poll::Pending))) {
            self.waker.release();
        }
        match polled.and_then(|result| result) {
            Ok(poll) => poll.map(Ok),
            Err(error) => Poll::Ready(Err(self.poison_if_indeterminate(error))),
        }
    }

    /// Carries the write in flight to its end, which is then in `last_write`.
    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(ticket) = self.last_write.in_flight() {
            let result = ready!(self.guarded(cx, D::poll_finish)).map_err(|error| {
                // The writer behind was used beside this wrapper, so the count cannot be known.
                if UnknownTicket::find(&error).is_none() {
                    return error;
                }
                self.poison_if_indeterminate(Indeterminate::new(error).into())
            });
            let result = result.and_then(|n| self.checked(n, ticket.len()));
            self.last_write.finish(result.map_err(RepeatableError::new));
        }
        Poll::Ready(())
    }

    fn poll_submit(
        &mut self,
        cx: &mut Context<'_>,
        len: usize,
        start: impl FnMut(&mut D, &mut Context<'_>) -> Poll<io::Result<Started>>,
    ) -> Poll<io::Result<Submitted>> {
        if len == 0 {
            return Poll::Ready(Ok(Submitted::Complete(0)));
        }
        self.check_open()?;
        Poll::Ready(match ready!(self.guarded(cx, start))? {
            Started::Complete(n) | Started::Taken(n @ 0) => {
                let n = self.checked(n, len)?;
                self.last_write.complete_at_once();
                Ok(Submitted::Complete(n))
            }
            Started::Taken(n) => {
                let n = self.checked(n, len)?;
                let ticket = self.tickets.mint(n);
                self.last_write.submit(ticket);
                Ok(Submitted::InFlight(ticket))
            }
        })
    }
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
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
        if self.last_write.in_flight() == Some(ticket) {
            ready!(self.poll_finish(cx));
        }
        self.last_write.poll_answer(ticket)
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.last_write.outstanding()
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Stage::Closed(outcome) = &mut self.stage {
            return Poll::Ready(repeat(outcome));
        }
        self.stage = Stage::Closing;
        ready!(self.poll_finish(cx));
        // What a close tells of a writer that was poisoned before it is that, however the release went.
        let poisoned = self.poison.as_ref().map(RepeatableError::poisoned);
        let released = ready!(self.guarded(cx, D::poll_close));
        let released = match poisoned {
            Some(poisoned) => {
                drop_catching_panics(released);
                Err(poisoned)
            }
            None => released,
        };
        let released = released.map_err(RepeatableError::new);
        let mut outcome = match self.last_write.take_unreported_failure() {
            Some(unreported) => {
                drop_catching_panics(released);
                Err(unreported)
            }
            None => released,
        };
        let answer = repeat(&mut outcome);
        self.stage = Stage::Closed(outcome);
        Poll::Ready(answer)
    }
}

#[cfg(feature = "bytes")]
impl<D: DriveWrite + Unpin> crate::AsyncWriteCompleteBytes for Tracked<D> {}
