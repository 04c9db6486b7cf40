//! What an [`Offload`] of a file can do beyond reading, writing and seeking.

use std::{
    fs::{Metadata, Permissions},
    io,
    path::Path,
    sync::Arc,
};

use super::{File, OpenOptions};
use crate::{
    Offload,
    offload::{IfDropped, Pool, run_on},
};

impl File {
    /// Opens a file for writing, as [`std::fs::File::create`]: new or emptied.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::create`].
    ///
    /// # Cancel safety
    ///
    /// As [`open_with_pool`](Self::open_with_pool); the file may be created or emptied all the same.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().write(true).create(true).truncate(true).open(path).await
    }

    /// Opens a new file for reading and writing, as [`std::fs::File::create_new`]; one that is there is left alone.
    ///
    /// # Errors
    ///
    /// `AlreadyExists`, and those of [`std::fs::File::create`].
    ///
    /// # Cancel safety
    ///
    /// As [`create`](Self::create).
    pub async fn create_new(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().read(true).write(true).create_new(true).open(path).await
    }

    /// Opens a file for reading, as [`std::fs::File::open`].
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::open`]. A directory can be opened; its reads fail.
    ///
    /// # Cancel safety
    ///
    /// As [`open_with_pool`](Self::open_with_pool).
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().read(true).open(path).await
    }

    /// Options to open a file with.
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }
}

/// Carries a file over the default pool, as [`Offload::new`].
impl From<std::fs::File> for File {
    fn from(file: std::fs::File) -> Self {
        Self::new(file)
    }
}

impl<P: Pool> Offload<std::fs::File, P> {
    /// Opens a file by `open` on `pool`, which then carries it. [`OpenOptions`] is the short form.
    ///
    /// # Errors
    ///
    /// Those of `open`; [`Indeterminate`](crate::Indeterminate) if it panics.
    ///
    /// # Cancel safety
    ///
    /// Dropped, `open` goes on, and its file is dropped when it returns. The open of a FIFO returns when a peer comes:
    /// it keeps a thread until then, though its caller is gone. A pool of its own for such opens keeps others from
    /// waiting.
    pub async fn open_with_pool<F>(pool: P, open: F) -> io::Result<Self>
    where
        F: FnOnce() -> io::Result<std::fs::File> + Send + 'static,
    {
        let pool = Arc::new(pool);
        let file = run_on(&pool, IfDropped::IsForgotten, open).await?;
        Ok(Self::with_shared_pool(file, pool))
    }

    /// Cuts or extends the file to `size` bytes, as [`std::fs::File::set_len`]. The cursor stays.
    ///
    /// # Errors
    ///
    /// [`WriteOutstanding`](crate::WriteOutstanding) until the last write was answered; the size is
    /// not set then. Otherwise that of [`std::fs::File::set_len`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the size may be set all the same.
    pub async fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.with_mut(move |file| file.set_len(size)).await?
    }

    /// The file's metadata, in which every write that was submitted before counts, as [`std::fs::File::metadata`].
    ///
    /// Like a read, it waits for the write in flight, and does not take its answer.
    ///
    /// # Errors
    ///
    /// That of [`std::fs::File::metadata`].
    ///
    /// # Cancel safety
    ///
    /// Asking takes nothing and loses nothing.
    pub async fn metadata(&mut self) -> io::Result<Metadata> {
        self.with_ref(std::fs::File::metadata).await
    }

    /// Changes who may do what with the file, as [`std::fs::File::set_permissions`].
    ///
    /// # Errors
    ///
    /// As [`set_len`](Self::set_len).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, they may be changed all the same.
    pub async fn set_permissions(&mut self, permissions: Permissions) -> io::Result<()> {
        self.with_mut(move |file| file.set_permissions(permissions)).await?
    }

    /// Another handle on the same open file, over the same pool and with the same policy, as
    /// [`std::fs::File::try_clone`].
    ///
    /// Both have one cursor and one set of locks. Each knows only its own writes: what the other one has outstanding,
    /// and that a sync of the other one has failed, it does not see. The order between operations of both is that of
    /// their answers.
    ///
    /// # Errors
    ///
    /// As [`set_len`](Self::set_len), since the cursor has to be where the reads ended.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, there is no clone.
    pub async fn try_clone(&mut self) -> io::Result<Self> {
        let file = self.with_mut(|file| file.try_clone()).await??;
        Ok(Self::with_shared_pool(file, self.pool()).policy(self.current_policy()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offload::Policy;

    #[test]
    fn a_clone_has_the_policy_of_its_file() {
        let mut file = File::new(tempfile::tempfile().expect("a file")).policy(Policy::never_spin());
        let clone = futures_lite::future::block_on(file.try_clone()).expect("a clone");
        assert_eq!(clone.current_policy(), Policy::never_spin());
    }
}
