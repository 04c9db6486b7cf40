//! Files: [`File`], in the place of `smol::fs::File` or `async_fs::File` by a change of one import.
//!
//! | to | see |
//! |---|---|
//! | write, read and seek | [`File`], an [`Offload`] of a [`std::fs::File`]; [`OpenOptions`] |
//! | have a file whole, or replace it so that a reader and a crash see the old one or the new one | [`read`], [`write()`], [`replace()`] |
//! | write at positions, several writes at once | [`PositionedFile`] |
//! | take the place of `tokio::fs::File` | `async_write_complete::tokio::fs` |
//!
//! # What has no method
//!
//! [`Offload::with_mut`] runs anything that std can do with a file: its times, its locks, the calls of a crate that
//! take an `AsFd`. There is no `AsFd` on a [`File`] itself: what it would borrow may be with a thread of the pool,
//! which drops it when an operation panics or the handle is closed, and the borrowed descriptor would name another
//! file. [`Offload::try_clone`] gives a descriptor of one's own. [`PositionedFile`] and the file of
//! `async_write_complete::tokio::fs` share their descriptor with the pool, and have `AsFd`.
//!
//! # Locks
//!
//! std has `lock`, `try_lock` and `unlock` since Rust 1.89, after this crate's oldest compiler. They need no method
//! here:
//!
//! ```
//! use async_write_complete::fs::File;
//! use std::fs::TryLockError;
//!
//! # futures_lite::future::block_on(async {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("f");
//! let (mut file, mut other) = (File::create(&path).await?, File::create(&path).await?);
//! file.with_mut(|file| file.try_lock()).await??;
//! assert!(matches!(other.with_mut(|file| file.try_lock()).await?, Err(TryLockError::WouldBlock)));
//! file.with_mut(|file| file.unlock()).await??;
//! other.with_mut(|file| file.try_lock()).await??;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```
//!
//! A call of `lock` that waits keeps a thread of the pool until it has the lock, and the handle answers nothing else
//! meanwhile. As many such waits as the pool has threads stop everything that shares the pool, the writes included that
//! the holders of the locks need to come to their end: a deadlock. So prefer `try_lock` and a timer, or wait on
//! [a pool of its own](Offload::open_with_pool). A wait whose future was dropped goes on, and takes the lock for
//! nobody, until the handle is closed. Where the wait is part of the open, the lock goes with the future:
//!
//! ```
//! use async_write_complete::{Offload, Pool};
//! use std::{fs::File, io, path::PathBuf};
//!
//! /// Waits on `pool` until nobody else has the lock.
//! async fn open_locked<P: Pool>(path: PathBuf, pool: P) -> io::Result<Offload<File, P>> {
//!     let open = move || {
//!         let file = File::options().append(true).create(true).open(path)?;
//!         file.lock()?;
//!         Ok(file)
//!     };
//!     Offload::open_with_pool(pool, open).await
//! }
//! # let path = tempfile::NamedTempFile::new().unwrap().into_temp_path().to_owned();
//! # futures_lite::future::block_on(open_locked(path, async_write_complete::BlockingPool::default())).unwrap();
//! ```
//!
//! A lock belongs to the open file: it goes with the last of its [clones](Offload::try_clone).
//!
//! # FIFOs, terminals, devices
//!
//! To open a FIFO waits for its peer, and keeps a thread until then: open it with a pool of its own, or, on Unix, with
//! [`custom_flags(O_NONBLOCK)`](OpenOptions::custom_flags), which fails a writer without a reader at once (`ENXIO`). A
//! non-blocking descriptor serves writes: the pool's thread waits until it takes bytes.

#[cfg(doc)]
use crate::Offload;
use crate::offload::BlockingPool;

mod file;
mod open_options;
#[cfg(any(unix, windows))]
mod positioned;
mod replace;
mod whole;

pub(crate) use self::open_options::open_options;
#[cfg(any(unix, windows))]
pub use self::positioned::{AbandonedFailures, FailedWrite, PositionedFile};
pub use self::{
    open_options::OpenOptions,
    replace::replace,
    whole::{read, write},
};

/// A file on the asynchronous side.
///
/// When a write is answered, another descriptor's `read(2)` returns its bytes: there is no flush to forget.
///
/// ```
/// use async_write_complete::fs::File;
/// use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
///
/// # futures_lite::future::block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("f");
/// let mut file = File::options().read(true).write(true).create_new(true).open(&path).await?;
/// file.write_all(b"hello").await?;
/// file.sync_data().await?;
/// let mut text = String::new();
/// file.seek(std::io::SeekFrom::Start(0)).await?;
/// file.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub type File<P = BlockingPool> = crate::Offload<std::fs::File, P>;
