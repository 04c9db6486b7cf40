//! [`File`] and [`OpenOptions`] in the place of those of `tokio::fs`: a change of one import.
//!
//! ```
//! // use tokio::fs::File;
//! use async_write_complete::tokio::fs::File;
//! use tokio::io::AsyncWriteExt;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("f");
//! let mut file = File::create(&path).await?;
//! file.write_all(b"there").await?; // complete: no flush is missing
//! assert_eq!(std::fs::metadata(&path)?.len(), 5);
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

use std::{
    fs::{FileTimes, Metadata, Permissions},
    future::poll_fn,
    io,
    path::Path,
    pin::Pin,
    sync::Arc,
    time::SystemTime,
};

use ::tokio::sync::{Mutex, MutexGuard};
#[cfg(doc)]
use {crate::AsyncWriteComplete, ::tokio::io::AsyncWrite};

use super::TokioPool;
use crate::{
    AsyncWriteCompleteExt as _,
    adapter::ToTokio,
    fs::open_options,
    offload::{IfDropped, MAX_SUBMISSION, Offload, Outstanding, Policy, run_on},
};

mod complete;
mod traits;

open_options! {
    /// How a [`File`] is opened, in the place of `tokio::fs::OpenOptions`: all that [`std::fs::OpenOptions`] has.
}

impl OpenOptions {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::OpenOptions::open`]. Without a runtime, and with one that is shutting down: that of
    /// [`TokioPool`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the file may be opened all the same, and is closed then.
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (options, path) = (self.0.clone(), path.as_ref().to_owned());
        let pool = Arc::new(TokioPool::default());
        let file = run_on(&pool, IfDropped::IsForgotten, move || options.open(path)).await?;
        Ok(File::on(Arc::new(file), pool))
    }
}

/// A file on tokio's blocking threads, with the methods of `tokio::fs::File`, whose writes are complete when they are
/// answered.
///
/// # Differences from `tokio::fs::File`
///
/// * A write is answered when it has happened, with its own error; a flush has nothing to do.
/// * A write whose future is dropped still happens, unless its runtime ends first. A later one is taken for it if
///   either begins with the other ([why](crate::adapter#which-write-a-buffer-belongs-to)): drop `a`, write `abc`, and
///   the file has `abc`. Its failure is a [`PriorWriteFailed`](crate::PriorWriteFailed) of tokio's next operation
///   but a read or `metadata`, syncs included.
/// * Where writes are dropped, use the methods of [`AsyncWriteCompleteExt`](crate::AsyncWriteCompleteExt), which know
///   by ticket which write is which: `resume_write_all`, `settle`.
/// * After a sync has failed, every later one fails ([D1](crate::contract::Rule::D1)).
/// * Without a runtime it answers errors, and does not panic; so does it after a shutdown ([`TokioPool`]). It keeps to
///   the runtime of its first operation.
/// * A poll may spin for some 20 µs on the executor's thread: [`policy`](Self::policy).
/// * In place of `FromRawFd`, whose caller has to vouch for the descriptor, there is `File::from(OwnedFd)`.
///
/// [`shutdown`](AsyncWrite::poll_shutdown) settles, and leaves the file usable, as there.
pub struct File {
    file: Mutex<Adapted>,
    /// For what borrows the descriptor: open as long as this is here. None once a close has begun.
    std: Option<Arc<std::fs::File>>,
    /// Asked without the lock, which another task may hold for as long as an operation takes.
    outstanding: Outstanding<Arc<std::fs::File>>,
    max_buf_size: usize,
}

type Adapted = ToTokio<Offload<Arc<std::fs::File>, TokioPool>>;

/// As `tokio::fs::File` has them. Those by `&self` wait for one another.
impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// As [`OpenOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().read(true).open(path).await
    }

    /// Opens a file for writing, new or emptied.
    ///
    /// # Errors
    ///
    /// As [`OpenOptions::open`].
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().write(true).create(true).truncate(true).open(path).await
    }

    /// Opens a new file for reading and writing; one that is there is left alone.
    ///
    /// # Errors
    ///
    /// `AlreadyExists`, and as [`OpenOptions::open`].
    pub async fn create_new(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().read(true).write(true).create_new(true).open(path).await
    }

    /// Options to open a file with.
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Takes a file of std.
    pub fn from_std(std: std::fs::File) -> Self {
        Self::on(Arc::new(std), Arc::new(TokioPool::default()))
    }

    fn on(std: Arc<std::fs::File>, pool: Arc<TokioPool>) -> Self {
        let offload = Offload::with_shared_pool(std.clone(), pool);
        let outstanding = offload.watch_outstanding();
        Self { file: Mutex::new(ToTokio::new(offload)), std: Some(std), outstanding, max_buf_size: MAX_SUBMISSION }
    }

    /// Sets how long its threads may spin for one another, as [`Offload::policy`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.file.get_mut().inner_mut().set_policy(policy);
        self
    }

    /// The file, once the pending write is answered.
    async fn settled(&self) -> io::Result<MutexGuard<'_, Adapted>> {
        let mut file = self.file.lock().await;
        poll_fn(|cx| file.poll_end(cx)).await?;
        Ok(file)
    }

    /// Runs `f` with the file on the pool.
    async fn call<R, F>(&self, f: F) -> io::Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&std::fs::File) -> io::Result<R> + Send + 'static,
    {
        self.settled().await?.inner_mut().with_mut(|file| f(file)).await?
    }

    /// Makes durable what is complete, and all of the metadata, as [`Offload::sync_all`].
    ///
    /// # Errors
    ///
    /// The file's own, also that of an earlier sync. [`PriorWriteFailed`](crate::PriorWriteFailed) if a write was
    /// dropped that failed: no sync is made then.
    pub async fn sync_all(&self) -> io::Result<()> {
        self.settled().await?.inner_mut().sync_all().await
    }

    /// Makes durable what is complete, and of the metadata what is needed to read it, as [`Offload::sync_data`].
    ///
    /// # Errors
    ///
    /// As [`sync_all`](Self::sync_all).
    pub async fn sync_data(&self) -> io::Result<()> {
        self.settled().await?.inner_mut().sync_data().await
    }

    /// Cuts or extends the file. The cursor stays.
    ///
    /// # Errors
    ///
    /// The file's own; [`PriorWriteFailed`](crate::PriorWriteFailed) as for [`sync_all`](Self::sync_all).
    pub async fn set_len(&self, size: u64) -> io::Result<()> {
        self.call(move |file| file.set_len(size)).await
    }

    /// The file's metadata, in which every write before counts.
    ///
    /// # Errors
    ///
    /// The file's own.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        self.file.lock().await.inner_mut().with_ref(|file| file.metadata()).await
    }

    /// Another handle on the same open file: both have one cursor. Policy and buffer size are copied.
    ///
    /// # Errors
    ///
    /// As [`set_len`](Self::set_len).
    pub async fn try_clone(&self) -> io::Result<Self> {
        let std = self.call(std::fs::File::try_clone).await?;
        let (pool, policy) = {
            let file = self.file.lock().await;
            (file.inner().pool(), file.inner().current_policy())
        };
        Ok(Self { max_buf_size: self.max_buf_size, ..Self::on(Arc::new(std), pool).policy(policy) })
    }

    /// Gives the file of std, after what is in flight. The failure of a write that was dropped is lost: flush before.
    ///
    /// # Panics
    ///
    /// After a [close](AsyncWriteComplete::poll_close_complete) has begun.
    pub async fn into_std(self) -> std::fs::File {
        let Self { file, std, .. } = self;
        let mut file = file.into_inner();
        // Whatever both answer, no write is outstanding after them: none by ticket, and none of `poll_write`.
        let _ = file.settle().await;
        let _ = poll_fn(|cx| file.poll_end(cx)).await;
        // Refused or not, the file is let go.
        drop(file.into_writer().into_inner().await);
        sole(std.expect(CLOSED))
    }

    /// Gives the file of std if nothing is under way or outstanding, no seek was started, no short write is to be told,
    /// and every byte that was read is handed out.
    ///
    /// # Errors
    ///
    /// This file comes back.
    #[expect(clippy::result_large_err, reason = "the signature is tokio's")]
    pub fn try_into_std(mut self) -> Result<std::fs::File, Self> {
        let file = self.file.get_mut();
        let taken = if file.has_unfinished() { None } else { file.inner_mut().try_take_out() };
        match taken {
            Some(shared) => {
                drop(shared);
                Ok(sole(self.std.expect(CLOSED)))
            }
            None => Err(self),
        }
    }

    /// Changes who may do what with the file.
    ///
    /// # Errors
    ///
    /// As [`set_len`](Self::set_len).
    pub async fn set_permissions(&self, perm: Permissions) -> io::Result<()> {
        self.call(move |file| file.set_permissions(perm)).await
    }

    /// Changes when the file was accessed and modified.
    ///
    /// # Errors
    ///
    /// As [`set_len`](Self::set_len).
    pub async fn set_times(&self, times: FileTimes) -> io::Result<()> {
        self.call(move |file| file.set_times(times)).await
    }

    /// Changes when the file was modified.
    ///
    /// # Errors
    ///
    /// As [`set_len`](Self::set_len).
    pub async fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.set_times(FileTimes::new().set_modified(time)).await
    }

    /// Bounds how many bytes one read or write moves, and the memory of its copy. From the beginning 2 MiB for writes
    /// and 1 MiB for reads, which cannot be exceeded.
    ///
    /// # Panics
    ///
    /// If `max_buf_size` is 0.
    pub fn set_max_buf_size(&mut self, max_buf_size: usize) {
        assert!(max_buf_size > 0, "`max_buf_size` must be greater than 0");
        self.max_buf_size = max_buf_size;
    }

    /// The bound that was set, or 2 MiB; a read moves 1 MiB at most.
    pub fn max_buf_size(&self) -> usize {
        self.max_buf_size
    }

    fn adapted(self: Pin<&mut Self>) -> Pin<&mut Adapted> {
        Pin::new(self.get_mut().file.get_mut())
    }
}

/// What a method says that needs the file, and has no error to say it by.
const CLOSED: &str = "the file was closed by `close_complete`";

/// Takes the file out, of which nothing else has a share: what was with the pool has come back.
fn sole(std: Arc<std::fs::File>) -> std::fs::File {
    match Arc::try_unwrap(std) {
        Ok(std) => std,
        Err(_) => unreachable!("the pool has given back the file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[::tokio::test]
    async fn a_clone_has_the_policy_of_its_file() {
        let file = File::from_std(tempfile::tempfile().expect("a file")).policy(Policy::never_spin());
        let clone = file.try_clone().await.expect("a clone");
        assert_eq!(clone.file.lock().await.inner().current_policy(), Policy::never_spin());
    }
}
