//! [`Offload`]: a blocking destination on the asynchronous side, over a pool of threads.

use std::{
    fmt,
    future::poll_fn,
    io::{self, IoSlice, Read},
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(feature = "bytes")]
use bytes::Bytes;

mod errand;
mod file;
mod futures_io;
mod job;
#[cfg(all(test, any(awc_loom, awc_shuttle)))]
mod models;
mod owner;
mod pace;
mod pool;
mod queue;
mod read_ahead;
mod shared;
mod staff;
mod state;

use self::owner::{Owner, Unread};
pub use self::{
    job::Job,
    pace::Policy,
    pool::{BlockingPool, Pool},
};
use crate::{
    adapter::Claim,
    error::IntoInnerError,
    sync_write::WriteComplete,
    write::{AsyncWriteComplete, Submitted, Ticket, total_len},
};

/// Carries a blocking destination to the asynchronous side.
///
/// Each operation runs on the pool (except a write that [`WriteComplete::try_write`] can make at once), and is answered
/// when the destination's own call has returned. It needs no runtime, only wakers: smol, tokio, async-std and a bare
/// `block_on` all drive it.
///
/// It implements [`AsyncWriteComplete`] and futures-io's [`AsyncWrite`](::futures_io::AsyncWrite) for a `T` that is
/// [`WriteComplete`], [`AsyncRead`](::futures_io::AsyncRead) for one that is [`Read`], and
/// [`AsyncSeek`](::futures_io::AsyncSeek) for one that is [`Seek`](io::Seek). So it takes the place of
/// `blocking::Unblock` for a file. `with_mut` and `into_inner` differ, because they report what `Unblock` has nowhere
/// to put; nothing is read ahead, and a write that is dropped may happen all the same.
///
/// ```
/// use async_write_complete::{AsyncWriteCompleteExt, Offload};
///
/// # futures_lite::future::block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("f");
/// let mut file = Offload::create(&path).await?;
/// file.write_complete(b"there").await?;
/// assert_eq!(std::fs::metadata(&path)?.len(), 5);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # One operation at a time
///
/// A handle is half-duplex: a socket that blocks in a read blocks its writes. Use two handles, such as
/// `TcpStream::try_clone` gives. Halves made by a `split` share this limit; they never lose a wake.
///
/// # How a write gets to its thread and back
///
/// A writer that submits again soon after its last write has ended finds its worker still there, and waits for it a moment
/// inside the poll, which spares two wake-ups of a thread. On Linux a `File` first tries to write on the caller's thread, by
/// `pwritev2(RWF_NOWAIT)`, where the file system can. [`Policy`] says what that costs, and turns the first two off.
///
/// # Abandoned reads and writes
///
/// A write that was submitted happens, whoever drops what ([W8](crate::contract::Rule::W8)). A read whose future was
/// dropped loses no byte: they go to the next read. If a write comes first, it lands where the *handed-out* reads left
/// the cursor, if [`WriteComplete::unread`] can move it back (files and `Cursor`s do). Otherwise the fetched bytes wait
/// for the next read.
///
/// # `Pending` of `poll_write`
///
/// The `poll_write` of futures-io has no ticket, so `Pending` may mean *submitted*, and which write a buffer belongs to
/// is told by its content: see [the adapters](crate::adapter#which-write-a-buffer-belongs-to).
///
/// # Memory
///
/// One submission takes at most 2 MiB, copied into a buffer that is kept as long as a worker lingers for the next one, and
/// one read fetches at most 1 MiB. The `poll_write` of futures-io keeps a second copy while it is pending, to compare the
/// next buffer with.
#[cfg_attr(
    feature = "bytes",
    doc = "\n`Bytes` are not copied: a [submission](AsyncWriteComplete::poll_write_submit_bytes) takes all of them, \
             however many, by a clone that is dropped before the write is answered."
)]
///
/// # Drop
///
/// With nothing outstanding the destination is dropped before `drop` returns, on this thread; close first if that may
/// block. Otherwise `drop` returns at once, the operation runs to its end, and the destination is dropped after it, on
/// the pool. A failure of it is then lost: close instead.
pub struct Offload<T, P = BlockingPool> {
    owner: Owner<T, P>,
    claim: Claim,
}

/// Shows where the destination is and what is outstanding, and nothing of either: a destination's own `Debug` may
/// block.
impl<T, P> fmt::Debug for Offload<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, in_flight) = self.owner.shared.place_and_ticket();
        f.debug_struct("Offload").field("place", &place).field("in_flight", &in_flight).finish_non_exhaustive()
    }
}

/// Nothing in it is pinned.
impl<T, P> Unpin for Offload<T, P> {}

impl<T: WriteComplete + Send + 'static> Offload<T> {
    /// Carries `destination` over the `blocking` pool.
    ///
    /// A file in another mode than [`create`](Offload::create) and [`open`](Offload::open) give comes in here too, opened
    /// with [`OpenOptions`](std::fs::OpenOptions) where it may block: `blocking::unblock(move || options.open(path)).await`.
    pub fn new(destination: T) -> Self {
        Self::with_pool(destination, BlockingPool)
    }
}

impl<T: Read + Send + 'static> Offload<T> {
    /// Carries a source that is only read over the `blocking` pool.
    pub fn reader(source: T) -> Self {
        Self::reader_with_pool(source, BlockingPool)
    }
}

impl<T: WriteComplete + Send + 'static, P: Pool> Offload<T, P> {
    /// Carries `destination` over `pool`.
    pub fn with_pool(destination: T, pool: P) -> Self {
        Self::build(destination, pool, Some(T::unread))
    }
}

impl<T: Read + Send + 'static, P: Pool> Offload<T, P> {
    /// Carries a source that is only read over `pool`.
    pub fn reader_with_pool(source: T, pool: P) -> Self {
        Self::build(source, pool, None)
    }
}

impl<T: Send + 'static, P: Pool> Offload<T, P> {
    fn build(destination: T, pool: P, unread: Option<Unread<T>>) -> Self {
        Self { owner: Owner::new(destination, pool, unread), claim: Claim::default() }
    }

    /// Sets how long threads may look out for one another before they sleep, and whether writes are tried. See [`Policy`]
    /// for what that costs.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.owner.set_policy(policy);
        self
    }

    /// Runs `f` with the destination on the pool, after what is outstanding.
    ///
    /// `f` finds the cursor where the handed-out reads ended, if it can be moved there; that of a
    /// [`reader`](Self::reader) is where the fetched ones did.
    ///
    /// # Errors
    ///
    /// [`PriorWriteFailed`](crate::PriorWriteFailed) if a write that nobody waited for failed: `f` is not run then.
    /// [`Indeterminate`](crate::Indeterminate) if `f` panics; the destination is dropped, and every later operation
    /// that needs it errs. `BrokenPipe` after a close.
    ///
    /// # Cancel safety
    ///
    /// Dropped before `f` was handed to the pool, nothing happens. After that `f` runs, and its result is lost.
    pub async fn with_mut<R, F>(&mut self, f: F) -> io::Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut T) -> R + Send + 'static,
    {
        self.claim.end()?;
        self.owner.call(|destination, reply| reply.answer(Ok(f(destination)))).await
    }

    /// Takes the destination out, after what is outstanding.
    ///
    /// # Errors
    ///
    /// The writer comes back in the error. [`PriorWriteFailed`](crate::PriorWriteFailed) if a write that nobody waited
    /// for failed; asked again, it gives the destination. `ResourceBusy` if an abandoned read has fetched bytes and
    /// [`WriteComplete::unread`] cannot move the cursor back over them: read them out first. After a close, or after an
    /// indeterminate outcome, there is no destination to give.
    ///
    /// # Cancel safety
    ///
    /// The future owns the writer: dropping it drops the writer.
    pub async fn into_inner(mut self) -> Result<T, IntoInnerError<Self>> {
        let settled = match self.claim.end() {
            Ok(()) => poll_fn(|cx| self.owner.poll_ready(cx)).await,
            owed => owed,
        };
        match settled.and_then(|()| self.owner.give_up()) {
            Ok(destination) => Ok(destination),
            Err(error) => Err(IntoInnerError::new(self, error)),
        }
    }
}

impl<T: WriteComplete + Send + 'static, P: Pool> Offload<T, P> {
    /// Ends the claim before `submit`. A submission of no bytes is a barrier, which may leave it.
    fn poll_submit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        is_barrier: bool,
        submit: impl FnOnce(Pin<&mut Owner<T, P>>, &mut Context<'_>) -> Poll<io::Result<Submitted>>,
    ) -> Poll<io::Result<Submitted>> {
        let Self { owner, claim } = self.get_mut();
        if is_barrier {
            claim.end_if_short()?;
            return claim.poll_flush(owner, cx).map_ok(|()| Submitted::Complete(0));
        }
        claim.end()?;
        submit(Pin::new(owner), cx)
    }
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl<T: WriteComplete + Send + 'static, P: Pool> AsyncWriteComplete for Offload<T, P> {
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.poll_submit(cx, buf.is_empty(), |owner, cx| owner.poll_write_submit(cx, buf))
    }

    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.poll_submit(cx, total_len(bufs) == 0, |owner, cx| owner.poll_write_submit_vectored(cx, bufs))
    }

    #[cfg(feature = "bytes")]
    fn poll_write_submit_bytes(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &Bytes,
    ) -> Poll<io::Result<Submitted>> {
        self.poll_submit(cx, bytes.is_empty(), |owner, cx| owner.poll_write_submit_bytes(cx, bytes))
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.owner).poll_write_complete(cx, ticket)
    }

    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { owner, claim } = self.get_mut();
        claim.poll_close(owner, cx)
    }
}
