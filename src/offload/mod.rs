//! [`Offload`]: a blocking destination on the asynchronous side, over a pool of threads.
//!
//! | file | what is in it |
//! |---|---|
//! | `mod.rs` | [`Offload`] itself; `futures_io.rs`: the traits of futures-io; `sync.rs`: syncs, and their state |
//! | `complete.rs` | its traits of this crate |
//! | `post.rs` | how an operation is posted and waited for |
//! | `place.rs` | the hand-over to the worker, as a pure state machine: begin there |
//! | `cursor.rs` | the state of reads and seeks, beside it |
//! | `shared.rs` | the lock round both, the wakers, the order of things; `discarded.rs`: what is dropped without it |
//! | `worker.rs`, `operation.rs`, `buffer.rs` | what runs on the pool |
//! | `detached.rs` | one call on a pool, without a handle |
//! | `spin.rs` | all that decides about spinning |
//! | `pool.rs` | the pool |
//! | `abandoned.rs` | operations whose `Offload` was dropped |
//! | `events.rs` | what is reported to `tracing` |

use std::{
    fmt,
    io::{self, Read},
    sync::Arc as StdArc,
    task::Waker,
};

mod abandoned;
mod buffer;
mod complete;
mod cursor;
mod detached;
mod discarded;
#[cfg(feature = "tracing")]
mod events;
#[cfg(not(feature = "tracing"))]
#[path = "events/off.rs"]
mod events;
mod futures_io;
#[cfg(all(test, any(awc_loom, awc_shuttle)))]
mod models;
mod operation;
mod place;
mod pool;
mod post;
mod shared;
#[cfg(not(all(test, any(awc_loom, awc_shuttle))))]
mod spin;
#[cfg(all(test, any(awc_loom, awc_shuttle)))]
#[path = "models/spin.rs"]
mod spin;
mod sync;
mod worker;

pub use self::{
    abandoned::{Abandoned, abandoned},
    pool::{BlockingPool, Job, Pool},
    spin::Policy,
};
pub(crate) use self::{
    abandoned::{UnderWay, count_failures},
    buffer::Buffer,
    detached::{IfDropped, run_detached, run_on},
    operation::not_run,
    post::{MAX_READ, at_most_a_submission},
};
#[cfg(feature = "tokio")]
pub(crate) use self::{complete::Outstanding, post::MAX_SUBMISSION};
use self::{
    operation::Report,
    place::{ReleaseFn, Side},
    shared::{SeekBackFn, Shared},
    spin::CallerSpins,
};
use crate::{
    adapter::PendingWrite, error::IntoInnerError, primitives::Arc, sync_write::WriteComplete, ticket::TicketSource,
};

/// Carries a blocking destination to the asynchronous side.
///
/// Each operation runs on the pool, that of the `blocking` crate or [another](Self::with_pool), and is answered when
/// the destination's own call has returned. Of the destination nothing is called on the executor's thread but the drop
/// of an idle one, and the release of one whose close the pool refuses. A submission may spin some 20 µs there for its
/// answer, and as long before that for the cursor to go back over an [abandoned read](#abandoned-reads-and-writes)
/// ([`Policy`]). It needs no runtime, only wakers: smol, tokio, async-std and a bare `block_on` all drive it.
///
/// Its observer looks at the destination from elsewhere: at a file by another descriptor's `read(2)`, at memory after
/// [`into_inner`](Self::into_inner). Of a socket or a pipe the observer is the kernel, which has the bytes.
///
/// It implements [`AsyncWriteComplete`](crate::AsyncWriteComplete) and futures-io's
/// [`AsyncWrite`](::futures_io::AsyncWrite) for a `T` that is
/// [`WriteComplete`], [`AsyncRead`](::futures_io::AsyncRead) for one that is [`Read`], and
/// [`AsyncSeek`](::futures_io::AsyncSeek) for one that is [`Seek`](io::Seek).
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
/// Reads, seeks and writes of one handle happen in order ([O2](crate::contract::Rule::O2)), and each submission is one
/// successful call of the destination's `write` ([O1](crate::contract::Rule::O1)): appends and writes to a pipe stay
/// atomic by the call. A handle is half-duplex: a socket that blocks in a read blocks its writes. So does a read that
/// timed out: its future is gone, but its call waits for the peer, and every write waits for the call. Use two handles,
/// such as `TcpStream::try_clone` gives, one to read and one to write; a read timeout of the socket itself
/// (`set_read_timeout`) ends the call, by an error of the kind `Unsupported`. Halves made by a `split` share this
/// limit; they never lose a wake.
///
/// # While a write is outstanding
///
/// Every write-side operation (submissions, seeks, syncs, [`set_len`](Offload::set_len), [`with_mut`](Self::with_mut),
/// [`into_inner`](Self::into_inner)) answers [`WriteOutstanding`](crate::WriteOutstanding) until the write was
/// answered, by its ticket or by [`settle`](crate::AsyncWriteCompleteExt::settle) ([W5](crate::contract::Rule::W5)).
/// Reads and [`metadata`](Offload::metadata) wait for its end, and do not take its answer. The `poll_write` of
/// futures-io has no ticket, so `Pending` may mean *submitted*, and its content decides which write a buffer belongs
/// to: see [the adapters](crate::adapter#which-write-a-buffer-belongs-to).
///
/// # Abandoned reads and writes
///
/// A write that was submitted happens, also if its future is dropped ([W8](crate::contract::Rule::W8)). A read whose
/// future was dropped loses no byte: the next read gets them. A read that comes more than 0.1 s later looks
/// again for an end that it found, since a file may have grown. If a write comes first, it lands where the
/// *handed-out* reads left the cursor, if [`WriteComplete::seek_back`] can move it back (files and `Cursor`s do).
/// Otherwise the fetched bytes wait for the next read.
///
/// # Memory
///
/// One submission takes at most 2 MiB of slices, vectored ones gathered, and copies them to an aligned buffer; one read
/// fetches at most 1 MiB. The buffer serves again while the worker spins for the next operation, some microseconds; an
/// idle handle keeps none. The `poll_write` of futures-io keeps a second copy until it is answered, to compare the next
/// buffer with.
#[cfg_attr(
    feature = "bytes",
    doc = "\n`Bytes` are not copied: a [submission](crate::AsyncWriteCompleteBytes::poll_write_submit_bytes) takes all of \
             them, however many, by a clone that is dropped before the write is answered."
)]
///
/// # Drop
///
/// With no operation under way the destination is dropped before `drop` returns, on this thread; close first if that
/// may block. Otherwise `drop` returns at once, the operation ends, and the destination is dropped after it, on the
/// pool ([O3](crate::contract::Rule::O3)). Its failure is then lost, but [`abandoned()`] counts it.
///
/// # What can go wrong with the pool
///
/// Threads that cannot be made, a pool full of blocked jobs, a fork: see the limits of [`BlockingPool`], and what to
/// use instead.
pub struct Offload<T, P = BlockingPool> {
    shared: Arc<Shared<T>>,
    pool: StdArc<P>,
    /// Has the worker take what was posted.
    worker: Option<Waker>,
    spins: CallerSpins,
    tickets: TicketSource,
    /// How `T` moves back over bytes that were fetched and not handed out, if it is a [`WriteComplete`].
    seek_back: Option<SeekBackFn<T>>,
    /// How `T` is closed.
    release: ReleaseFn<T>,
    pending: PendingWrite,
}

/// Shows where the destination is and what is outstanding, and nothing of either: a destination's own `Debug` may
/// block.
impl<T, P> fmt::Debug for Offload<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.shared.lock();
        let (place, outstanding) = (inner.machine.place_name(), inner.machine.outstanding());
        drop(inner);
        f.debug_struct("Offload").field("place", &place).field("outstanding", &outstanding).finish_non_exhaustive()
    }
}

/// Nothing in it is pinned.
impl<T, P> Unpin for Offload<T, P> {}

/// An idle destination is dropped here; otherwise the worker that has it drops it (rule O3).
impl<T, P> Drop for Offload<T, P> {
    fn drop(&mut self) {
        let destination = self.shared.abandon(just_drop);
        // The worker sees that it is over. Without a wake async-task would leak one that is just about to rest.
        if let Some(worker) = self.worker.take() {
            worker.wake();
        }
        drop(destination);
    }
}

impl<T: WriteComplete + Send + 'static> Offload<T> {
    /// Carries `destination` over the `blocking` pool.
    pub fn new(destination: T) -> Self {
        Self::with_pool(destination, BlockingPool)
    }
}

impl<T: Read + Send + 'static> Offload<T> {
    /// Carries a source that is only read over the `blocking` pool. Its close is a drop.
    pub fn reader(source: T) -> Self {
        Self::reader_with_pool(source, BlockingPool)
    }
}

impl<T: WriteComplete + Send + 'static, P: Pool> Offload<T, P> {
    /// Carries `destination` over `pool`.
    pub fn with_pool(destination: T, pool: P) -> Self {
        Self::with_shared_pool(destination, StdArc::new(pool))
    }

    pub(crate) fn with_shared_pool(destination: T, pool: StdArc<P>) -> Self {
        Self::build(destination, pool, Some(T::seek_back), T::release)
    }
}

impl<T: Read + Send + 'static, P: Pool> Offload<T, P> {
    /// Carries a source that is only read over `pool`. Its close is a drop.
    pub fn reader_with_pool(source: T, pool: P) -> Self {
        Self::build(source, StdArc::new(pool), None, just_drop)
    }
}

fn just_drop<T>(destination: T) -> io::Result<()> {
    drop(destination);
    Ok(())
}

impl<T: Send + 'static, P: Pool> Offload<T, P> {
    fn build(destination: T, pool: StdArc<P>, seek_back: Option<SeekBackFn<T>>, release: ReleaseFn<T>) -> Self {
        let policy = Policy::default();
        Self {
            shared: Arc::new(Shared::new(destination, policy)),
            pool,
            worker: None,
            spins: CallerSpins::new(policy),
            tickets: TicketSource::new(),
            seek_back,
            release,
            pending: PendingWrite::default(),
        }
    }

    /// Sets how long its threads may spin for one another before they sleep. See [`Policy`] for what that costs.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.set_policy(policy);
        self
    }

    pub(crate) fn current_policy(&self) -> Policy {
        self.spins.policy()
    }

    pub(crate) fn set_policy(&mut self, policy: Policy) {
        self.shared.set_policy(policy);
        self.spins = CallerSpins::new(policy);
    }

    /// Runs `f` with the destination on the pool.
    ///
    /// `f` finds the cursor where the handed-out reads ended, if it can be moved there; that of a
    /// [`reader`](Self::reader) is where the fetched ones did.
    ///
    /// # Errors
    ///
    /// [`WriteOutstanding`](crate::WriteOutstanding) until the last write was answered: `f` is not run then.
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
        self.end_pending()?;
        self.call(Side::Write, |destination, reply| {
            reply.set(Ok(f(destination)));
            Ok(Report::Other)
        })
        .await
    }

    /// Runs `f` with the destination on the pool, once no operation is under way. It does not take the answer
    /// of a write that is outstanding, and leaves the cursor alone.
    pub(crate) async fn with_ref<R, F>(&mut self, f: F) -> io::Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&T) -> io::Result<R> + Send + 'static,
    {
        self.call(Side::Read, |destination, reply| {
            reply.set(f(destination));
            Ok(Report::Other)
        })
        .await
    }

    /// The pool, for another handle.
    pub(crate) fn pool(&self) -> StdArc<P> {
        self.pool.clone()
    }

    /// Takes the destination out.
    ///
    /// # Errors
    ///
    /// The writer comes back in the error. [`WriteOutstanding`](crate::WriteOutstanding) until the last write
    /// was answered. `ResourceBusy` if an abandoned read has fetched bytes and [`WriteComplete::seek_back`]
    /// cannot move the cursor back over them: read them out first. After a close, or after an indeterminate outcome,
    /// there is no destination to give.
    ///
    /// # Cancel safety
    ///
    /// The future owns the writer: dropping it drops the writer.
    pub async fn into_inner(mut self) -> Result<T, IntoInnerError<Self>> {
        let ready = match self.end_pending() {
            Ok(()) => self.ready_to_write().await,
            failed => failed,
        };
        match ready.and_then(|()| self.shared.lock().machine.take_out()) {
            Ok(destination) => Ok(destination),
            Err(error) => Err(IntoInnerError::new(self, error)),
        }
    }

    /// Takes the destination out if that can be done at once, and the write's answer and every byte of it were taken.
    #[cfg(feature = "tokio")]
    pub(crate) fn try_take_out(&mut self) -> Option<T> {
        self.shared.lock().machine.take_out().ok()
    }

    /// Forgets a `poll_write` that was answered by ticket, or returns the error that it came out short.
    fn end_pending(&mut self) -> io::Result<()> {
        self.pending.end(|| self.shared.lock().machine.outstanding())
    }
}
