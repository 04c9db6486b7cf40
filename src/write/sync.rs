//! [`AsyncSyncComplete`]: the level above *complete*, which is *durable*.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    AsyncWriteComplete,
    futures::{SyncAllComplete, SyncDataComplete},
};

/// A writer that can make durable what is complete.
///
/// It is a trait of its own because many destinations have nothing to sync: a socket, a pipe, memory. `Vec<u8>` and its
/// like do not implement it, so code that asks for durability cannot be handed a writer that has none.
///
/// # Guarantees
///
/// [D1](crate::contract::Rule::D1): success means that all bytes of this writer that were complete before the sync are
/// durable. After a sync has failed, waited for or not, every later sync of this writer fails with the same error, and
/// none is made: the kernel may have dropped the pages, and a second `fsync(2)` would answer success over the hole.
///
/// # Cancel safety
///
/// A sync has no ticket, and at most one is under way. One whose future was dropped goes on if the writer is
/// self-driven. If it fails, every later sync fails. If it succeeds, the next poll of *the same* sync takes its answer,
/// as long as nothing else of the writing side came between: it covers every byte that this writer had completed. What
/// others have completed since, through other descriptors, it may not cover.
///
/// # Implementer notes
///
/// A wrapper around another writer implements [`DriveSync`](crate::DriveSync), and [`Tracked`](crate::Tracked) keeps D1
/// for it. A blocking destination implements [`SyncComplete`](crate::SyncComplete).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot make its writes durable",
    label = "is no `AsyncSyncComplete`",
    note = "sockets, pipes and memory have nothing to sync; for memory in a test, implement `SyncComplete` on a type of your own",
    note = "a blocking destination of your own: implement `SyncComplete` for it, and use `Offload::new(..)`"
)]
pub trait AsyncSyncComplete: AsyncWriteComplete {
    /// Makes what is complete durable, and of the metadata what is needed to read it, as
    /// [`File::sync_data`](std::fs::File::sync_data).
    ///
    /// # Guarantees
    ///
    /// * `Pending`: the sync is under way, or waits for another operation; the task is woken when it is worth another
    ///   poll.
    /// * `Ready(Ok(()))`: all that this writer had completed before is durable ([D1](crate::contract::Rule::D1)).
    /// * `Ready(Err(_))`: some of it may not be durable, for good, or nothing was done: see Errors.
    ///
    /// # Errors
    ///
    /// [`WriteOutstanding`](crate::WriteOutstanding) until the last write was answered: no sync is made.
    /// `BrokenPipe` after a close. [`Indeterminate`](crate::Indeterminate) after an indeterminate outcome. Otherwise
    /// the destination's own, which is that of every later sync as well.
    ///
    /// # Cancel safety
    ///
    /// See [the trait](Self#cancel-safety).
    ///
    /// # Panics
    ///
    /// Never, unless the caller's own waker panics ([P2](crate::contract::Rule::P2)).
    fn poll_sync_data(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Makes what is complete durable, and all of the metadata, as [`File::sync_all`](std::fs::File::sync_all).
    ///
    /// As [`poll_sync_data`](Self::poll_sync_data) in everything.
    fn poll_sync_all(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Keeps it dyn-compatible.
const _: [&dyn AsyncSyncComplete; 0] = [];

/// Futures over [`AsyncSyncComplete`], implemented for all of them.
pub trait AsyncSyncCompleteExt: AsyncSyncComplete {
    /// Makes what is complete durable, and of the metadata what is needed to read it. It has a name of its own, because
    /// an `Offload` has a method `sync_data`, which needs no trait in scope and takes no part in generic code.
    ///
    /// ```
    /// use async_write_complete::{AsyncSyncCompleteExt, AsyncWriteCompleteExt, Inline};
    ///
    /// # futures_lite::future::block_on(async {
    /// let mut file = Inline::new(tempfile::tempfile()?);
    /// file.write_all_complete(b"there").await?;
    /// file.sync_data_complete().await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`poll_sync_data`](AsyncSyncComplete::poll_sync_data).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the sync may be made all the same; if it fails, later ones fail too. Call it again.
    fn sync_data_complete(&mut self) -> SyncDataComplete<'_, Self>
    where
        Self: Unpin,
    {
        SyncDataComplete::new(self)
    }

    /// Makes what is complete durable, and all of the metadata. As [`sync_data_complete`](Self::sync_data_complete),
    /// also in errors and cancel safety.
    fn sync_all_complete(&mut self) -> SyncAllComplete<'_, Self>
    where
        Self: Unpin,
    {
        SyncAllComplete::new(self)
    }
}

impl<W: AsyncSyncComplete + ?Sized> AsyncSyncCompleteExt for W {}
