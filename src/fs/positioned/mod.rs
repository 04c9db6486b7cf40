//! [`PositionedFile`]: writes at positions, several at once.

use std::{
    fmt,
    fs::File,
    future::{Future, poll_fn},
    io::{self, IoSlice, Seek},
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll},
};

mod calls;
#[cfg_attr(windows, path = "sys_windows.rs")]
mod sys;
mod writes;

pub use self::writes::{AbandonedFailures, FailedWrite};
use self::writes::{Ended, Outcome, Writes};
use crate::{
    error::RepeatableError,
    guard::{catch_panics, drop_catching_panics, ignore_panics, retry_interrupted},
    offload::{
        BlockingPool, Buffer, IfDropped, MAX_READ, Pool, at_most_a_submission, count_failures, not_run, run_detached,
        run_on,
    },
    primitives::{Mutex, MutexGuard},
};

/// A file that is written and read at positions, by `&self`, with several operations in flight at once.
///
/// A write is complete when its future resolves: another descriptor's `read(2)` returns its bytes. Writes have no order
/// among one another: of two that overlap either may win. Share it as an `Arc`, or by reference, as `join` does.
///
/// ```
/// use async_write_complete::fs::{File, PositionedFile};
/// use futures_lite::future::zip;
///
/// # futures_lite::future::block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("f");
/// let file = PositionedFile::new(File::create(&path).await?.into_inner().await?)?;
/// let (head, tail) = zip(file.write_all_at(b"hello ", 0), file.write_all_at(b"world", 6)).await;
/// (head?, tail?);
/// assert_eq!(std::fs::read(&path)?, b"hello world");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # Abandoned writes
///
/// A future that is dropped after its first poll abandons the answer, and not the write: it happens.
/// [`settle`](Self::settle) waits for all of them, and tells which failed. A sync settles first, so it does not begin
/// over an unreported failure of a write whose future was dropped before; a write whose future is alive reports to it.
/// Each failure is told once, to the future or to a settle.
///
/// # Drop
///
/// What is in flight goes on, and the file is closed after it, on the pool; [`abandoned`](crate::offload::abandoned)
/// waits for that, and counts the failures. With nothing in flight the file is closed before `drop` returns.
pub struct PositionedFile<P = BlockingPool> {
    /// An operation gives its share back before it is answered.
    file: Arc<File>,
    shared: Arc<Shared>,
    pool: Arc<P>,
}

#[derive(Default)]
struct Shared {
    writes: Mutex<Writes>,
    /// The sync that failed, since which none succeeds. Held by a sync on the pool, since of two at a time one may take
    /// the error away that the other one is to tell.
    not_durable: Mutex<Option<RepeatableError>>,
}

impl PositionedFile {
    /// Writes `file` at positions, over the default pool.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that was opened to append: Linux appends whatever the position. `NotSeekable` for a
    /// pipe, a socket or a terminal, which has none.
    pub fn new(file: File) -> io::Result<Self> {
        Self::with_pool(file, BlockingPool)
    }
}

impl<P: Pool> PositionedFile<P> {
    /// Writes `file` at positions, over `pool`.
    ///
    /// # Errors
    ///
    /// As [`new`](PositionedFile::new).
    pub fn with_pool(mut file: File, pool: P) -> io::Result<Self> {
        match file.stream_position() {
            Err(error) if error.kind() == io::ErrorKind::NotSeekable => {
                return Err(io::Error::new(error.kind(), "there are no positions in it: carry it with `Offload::new`"));
            }
            position => position?,
        };
        #[cfg(unix)]
        if crate::sync_write::appends(&file)? {
            let text = "a file that appends ignores positions: open it without `append`";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Ok(Self { file: Arc::new(file), shared: Arc::default(), pool: Arc::new(pool) })
    }

    /// Writes some first part of `buf` at `offset`, by one call, and answers how many bytes are complete. At most 2 MiB
    /// are taken; the bytes are copied.
    ///
    /// # Errors
    ///
    /// The file's own: no byte is complete. [`Indeterminate`](crate::Indeterminate) if that cannot be known, as after
    /// an `EIO` on a file with `O_DSYNC`. Here the same bytes may be written to the same place again, whatever became
    /// of the first ones, so an error does not end the file.
    ///
    /// # Cancel safety
    ///
    /// Dropped before its first poll, nothing happens; after that the write happens, and a failure waits for
    /// [`settle`](Self::settle).
    pub async fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        let len = at_most_a_submission(buf.len());
        let Outcome { completed, error } = self.write(&buf[..len], offset, false).await;
        error.map_or(Ok(completed), Err)
    }

    /// Writes all of `buf` at `offset`. All of it is copied, and submitted at once.
    ///
    /// # Errors
    ///
    /// The file's own; `WriteZero` if it takes no more. A first part of the bytes may be complete: writing all of them
    /// to the same place again is harmless.
    ///
    /// # Cancel safety
    ///
    /// As [`write_at`](Self::write_at): all of it happens.
    pub async fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.write(buf, offset, true).await.error.map_or(Ok(()), Err)
    }

    async fn write(&self, bytes: &[u8], offset: u64, is_whole: bool) -> Outcome {
        if bytes.is_empty() {
            return Outcome { completed: 0, error: None };
        }
        let mut buffer = Buffer::new();
        buffer.fill(&[IoSlice::new(bytes)], bytes.len());
        let number = self.shared.lock().submit(offset, bytes.len());
        let answer = AnswerFuture { shared: &self.shared, number };
        let write_on_pool =
            WriteOnPool { file: Some(self.file.clone()), shared: self.shared.clone(), number, outcome: None };
        run_detached(&self.pool, move || {
            write_on_pool.run(|file| calls::write(file, buffer.bytes(), offset, is_whole))
        });
        answer.await
    }

    /// Reads at `offset` to the beginning of `buf`, at most 1 MiB; 0 is the end of the file.
    ///
    /// # Errors
    ///
    /// The file's own.
    ///
    /// # Cancel safety
    ///
    /// A drop loses nothing.
    pub async fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let (file, len) = (self.file.clone(), buf.len().min(MAX_READ));
        let read = move || {
            let mut buffer = Buffer::new();
            buffer.make_room(len);
            let n = retry_interrupted(|| sys::read_at(&file, buffer.bytes_mut(), offset))?;
            Ok((buffer, n))
        };
        let (read, n) = run_on(&self.pool, IfDropped::IsForgotten, read).await?;
        buf[..n].copy_from_slice(&read.bytes()[..n]);
        Ok(n)
    }

    /// Waits for every write that was submitted before, and tells which failed or came out short whose
    /// futures were dropped. A future that is still there answers for its own write.
    ///
    /// # Errors
    ///
    /// Each of those failures, once.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing is lost: the next one tells it.
    pub async fn settle(&self) -> Result<(), AbandonedFailures> {
        let end = self.shared.lock().next();
        let failures = poll_fn(|cx| {
            let waker = cx.waker().clone();
            let (settled, unused) = self.shared.lock().settle(end, cx, waker);
            drop_catching_panics(unused);
            settled
        });
        AbandonedFailures::check(failures.await)
    }

    /// Settles, then makes what is complete durable, and of the metadata what is needed to read it.
    ///
    /// It succeeds over the failure of a write whose future is alive, polled or not: await that one too.
    ///
    /// # Errors
    ///
    /// What [`settle`](Self::settle) tells: no sync is made then. The file's own, also that of an earlier sync, after
    /// which none succeeds ([D1](crate::contract::Rule::D1)).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the sync may be made all the same; if it fails, later ones fail too.
    pub async fn sync_data(&self) -> io::Result<()> {
        self.sync(File::sync_data).await
    }

    /// Settles, then makes what is complete durable, and all of the metadata. As [`sync_data`](Self::sync_data)
    /// otherwise.
    ///
    /// # Errors
    ///
    /// As [`sync_data`](Self::sync_data).
    ///
    /// # Cancel safety
    ///
    /// As [`sync_data`](Self::sync_data).
    pub async fn sync_all(&self) -> io::Result<()> {
        self.sync(File::sync_all).await
    }

    async fn sync(&self, sync: fn(&File) -> io::Result<()>) -> io::Result<()> {
        self.settle().await?;
        let (file, shared) = (self.file.clone(), self.shared.clone());
        run_on(&self.pool, IfDropped::Counts, move || {
            let mut not_durable = shared.not_durable.lock().unwrap_or_else(PoisonError::into_inner);
            if not_durable.is_none() {
                *not_durable = retry_interrupted(|| sync(&file)).err().map(RepeatableError::new);
            }
            not_durable.as_mut().map_or(Ok(()), |failed| Err(failed.give()))
        })
        .await
    }

    /// The file, for what has no method here. Its calls block.
    pub fn get_ref(&self) -> &File {
        &self.file
    }
}

impl<P> fmt::Debug for PositionedFile<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PositionedFile").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The descriptor is open as long as this is here.
#[cfg(unix)]
impl<P> std::os::fd::AsFd for PositionedFile<P> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl<P> Drop for PositionedFile<P> {
    fn drop(&mut self) {
        count_failures(self.shared.lock().abandon());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a write; dropped, it abandons it.
struct AnswerFuture<'a> {
    shared: &'a Shared,
    number: u64,
}

impl Future for AnswerFuture<'_> {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let waker = cx.waker().clone();
        let (answer, unused) = self.shared.lock().poll_answer(self.number, waker);
        drop_catching_panics(unused);
        answer
    }
}

impl Drop for AnswerFuture<'_> {
    fn drop(&mut self) {
        let unused = self.shared.lock().forget(self.number);
        drop_catching_panics(unused);
    }
}

/// A write on its way to the pool. Its drop gives the outcome; if it never ran, that nothing was done.
struct WriteOnPool {
    file: Option<Arc<File>>,
    shared: Arc<Shared>,
    number: u64,
    outcome: Option<Outcome>,
}

impl WriteOnPool {
    fn run(mut self, write: impl FnOnce(&File) -> Outcome) {
        if let Some(file) = &self.file {
            let outcome = catch_panics(|| write(file));
            self.outcome = Some(outcome.unwrap_or_else(|error| Outcome { completed: 0, error: Some(error) }));
        }
    }
}

impl Drop for WriteOnPool {
    fn drop(&mut self) {
        drop(self.file.take());
        let outcome = self.outcome.take().unwrap_or_else(|| Outcome { completed: 0, error: Some(not_run()) });
        let Ended { waiting, settling, under_way } = self.shared.lock().end(self.number, outcome);
        for waker in waiting.into_iter().chain(settling) {
            ignore_panics(|| waker.wake());
        }
        if let Some((under_way, failures)) = under_way {
            under_way.end(failures);
        }
    }
}
