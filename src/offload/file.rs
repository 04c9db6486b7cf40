//! What an [`Offload`] of a file can do beyond reading, writing and seeking.

use std::{
    fs::{File, Metadata},
    future::poll_fn,
    io,
    path::Path,
};

use super::{
    BlockingPool, Offload, Pool,
    job::Reply,
    state::{Report, Side},
};
use crate::write::kept::Kept;

impl Offload<File> {
    /// Opens a file for writing, as [`File::create`]: new or emptied.
    ///
    /// # Errors
    ///
    /// Those of [`File::create`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, the file may be created or emptied all the same.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        on_the_pool(move || File::create(path)).await.map(Self::new)
    }

    /// Opens a file for reading, as [`File::open`].
    ///
    /// # Errors
    ///
    /// Those of [`File::open`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, nothing remains of it.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        on_the_pool(move || File::open(path)).await.map(Self::new)
    }
}

/// Runs `f` on the pool: as an operation on nothing.
async fn on_the_pool<R: Send + 'static>(f: impl FnOnce() -> io::Result<R> + Send + 'static) -> io::Result<R> {
    Offload::build((), BlockingPool, None).with_mut(move |()| f()).await?
}

impl<P: Pool> Offload<File, P> {
    /// Makes what is complete durable, metadata that is needed to read it included, as [`File::sync_data`].
    ///
    /// # Guarantees
    ///
    /// [D1](crate::contract::Rule::D1): success means that all that was complete before the call is durable. It does
    /// not cover the entry of a new file in its directory. After a sync has failed, waited for or not, every later one
    /// of this `Offload` fails.
    ///
    /// # Errors
    ///
    /// [`PriorWriteFailed`](crate::PriorWriteFailed) if a write that nobody waited for failed; no sync is made then.
    /// Otherwise that of [`File::sync_data`], also that of an earlier sync.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the sync is made all the same; if it fails, later ones fail too.
    pub async fn sync_data(&mut self) -> io::Result<()> {
        self.sync(File::sync_data).await
    }

    /// Makes what is complete durable, and all of the metadata, as [`File::sync_all`].
    ///
    /// # Guarantees
    ///
    /// As [`sync_data`](Self::sync_data), also in errors and cancel safety ([D1](crate::contract::Rule::D1)).
    pub async fn sync_all(&mut self) -> io::Result<()> {
        self.sync(File::sync_all).await
    }

    async fn sync(&mut self, sync: fn(&File) -> io::Result<()>) -> io::Result<()> {
        self.claim.end()?;
        poll_fn(|cx| self.owner.poll_ready(cx)).await?;
        self.owner.shared.durable_so_far()?;
        self.owner
            .run(Side::Write, move |file, reply: &Reply<io::Result<()>>| {
                let mut failed = sync(file).err().map(Kept::new);
                reply.set(failed.as_mut().map_or(Ok(()), |failed| Err(failed.give())));
                let report = failed.map_or(Report::Other, Report::SyncFailed);
                Ok(report)
            })
            .await
    }

    /// Cuts or extends the file to `size` bytes, as [`File::set_len`]. The cursor stays.
    ///
    /// # Errors
    ///
    /// [`PriorWriteFailed`](crate::PriorWriteFailed) if a write that nobody waited for failed; the size is not set
    /// then. Otherwise that of [`File::set_len`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, the size may be set all the same.
    pub async fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.with_mut(move |file| file.set_len(size)).await?
    }

    /// The file's metadata, in which every write that was submitted before counts, as [`File::metadata`].
    ///
    /// Like a read, it neither reports nor consumes the failure of a write that nobody waited for.
    ///
    /// # Errors
    ///
    /// That of [`File::metadata`].
    ///
    /// # Cancel safety
    ///
    /// Asking takes nothing and loses nothing.
    pub async fn metadata(&mut self) -> io::Result<Metadata> {
        self.owner.peek(|file, reply| reply.answer(file.metadata())).await
    }
}
