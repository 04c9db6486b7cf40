//! [`AsyncWriteCompleteExt`]: the methods that most callers use.

use std::io::IoSlice;

#[cfg(feature = "bytes")]
use bytes::Bytes;

#[cfg(feature = "bytes")]
use super::futures::WriteBytesComplete;
use super::{
    AsyncWriteComplete, HeldWrite,
    futures::{CloseComplete, ResumeWriteAll, WriteAllComplete, WriteComplete, WriteVectoredComplete},
};

/// Futures over [`AsyncWriteComplete`], implemented for all of them.
///
/// The names keep clear of others, so that they live beside the extension traits of futures-lite, futures-util and
/// tokio on one type.
pub trait AsyncWriteCompleteExt: AsyncWriteComplete {
    /// Writes some first part of `buf`, by one call of the destination's write, and answers how many bytes are
    /// complete.
    ///
    /// An empty `buf` is a barrier: it answers 0 once the writer is settled. 0 for any other `buf` means that the
    /// destination takes no more.
    ///
    /// # Errors
    ///
    /// Those of [`poll_write_submit`](AsyncWriteComplete::poll_write_submit) and
    /// [`poll_write_complete`](AsyncWriteComplete::poll_write_complete).
    ///
    /// # Cancel safety
    ///
    /// Dropped after the bytes were submitted, the write still happens; the count is lost to this caller, and calling
    /// again with the same bytes submits them twice. A failure or a short count meets the next write-side operation.
    /// Where that matters, hold the write: [`resume_write_all`](Self::resume_write_all).
    ///
    /// # Panics
    ///
    /// The future, if it is polled after it was ready.
    fn write_complete<'a>(&'a mut self, buf: &'a [u8]) -> WriteComplete<'a, Self>
    where
        Self: Unpin,
    {
        WriteComplete::new(self, buf)
    }

    /// Writes some first part of the concatenation of `bufs`, as [`write_complete`](Self::write_complete) does, with
    /// the same errors, cancel safety and panics.
    fn write_vectored_complete<'a>(&'a mut self, bufs: &'a [IoSlice<'a>]) -> WriteVectoredComplete<'a, Self>
    where
        Self: Unpin,
    {
        WriteVectoredComplete::new(self, bufs)
    }

    /// Writes all of `buf`, by as many writes as it takes.
    ///
    /// # Errors
    ///
    /// As [`write_complete`](Self::write_complete), and `WriteZero` when the destination takes no more. What was
    /// complete before the error stays complete; [`WriteAllComplete::held`] says how much.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the part that was submitted still happens and the rest does not; the count is lost to this caller. In a
    /// `select!` or under a timeout use [`resume_write_all`](Self::resume_write_all).
    fn write_all_complete<'a>(&'a mut self, buf: &'a [u8]) -> WriteAllComplete<'a, Self>
    where
        Self: Unpin,
    {
        WriteAllComplete::new(self, HeldWrite::new(buf))
    }

    /// Writes some first part of `bytes`, as [`write_complete`](Self::write_complete) does, with the same errors, cancel
    /// safety and panics; without a copy where the writer can.
    ///
    /// A writer that shares them has let go of them when the future is ready. What a short count leaves is
    /// `bytes.slice(n..)`.
    #[cfg(feature = "bytes")]
    fn write_bytes_complete<'a>(&'a mut self, bytes: &'a Bytes) -> WriteBytesComplete<'a, Self>
    where
        Self: Unpin,
    {
        WriteBytesComplete::new(self, bytes)
    }

    /// Writes all of `bytes`, as [`write_all_complete`](Self::write_all_complete) does, with the same errors and cancel
    /// safety; without a copy where the writer can.
    ///
    /// In a `select!` or under a timeout use [`resume_write_all`](Self::resume_write_all) with
    /// [`HeldWrite::from_bytes`].
    #[cfg(feature = "bytes")]
    fn write_all_bytes_complete(&mut self, bytes: Bytes) -> WriteAllComplete<'_, Self>
    where
        Self: Unpin,
    {
        WriteAllComplete::new(self, HeldWrite::from_bytes(bytes))
    }

    /// Carries `held` on until every byte of it is complete. With no bytes left it is a barrier.
    ///
    /// Use the same writer each time, and submit no other bytes to it while a part is outstanding. A barrier, a sync or
    /// a close in between is allowed; after a close the outstanding part is still answered, and the rest is refused.
    ///
    /// # Errors
    ///
    /// As [`write_all_complete`](Self::write_all_complete), and [`Superseded`](crate::Superseded) if the writer is not
    /// the one to which the outstanding part was submitted, or has taken other bytes since; nothing is submitted then.
    /// See [`HeldWrite`] for what is known afterwards.
    ///
    /// # Cancel safety
    ///
    /// A drop loses nothing, and has nothing submitted twice: ask again with the same `held`.
    fn resume_write_all<'a, 'b>(&'a mut self, held: &'a mut HeldWrite<'b>) -> ResumeWriteAll<'a, 'b, Self>
    where
        Self: Unpin,
    {
        ResumeWriteAll::new(self, held)
    }

    /// Settles the writer and releases its destination.
    ///
    /// # Errors
    ///
    /// [`PriorWriteFailed`](crate::PriorWriteFailed) if a write that nobody waited for failed; the destination is
    /// released all the same. Otherwise as [`poll_close_complete`](AsyncWriteComplete::poll_close_complete). The first
    /// answer is given again to whoever closes again.
    ///
    /// # Cancel safety
    ///
    /// The close goes on, as far as the writer is self-driven; ask again.
    fn close_complete(&mut self) -> CloseComplete<'_, Self>
    where
        Self: Unpin,
    {
        CloseComplete::new(self)
    }
}

impl<W: AsyncWriteComplete + ?Sized> AsyncWriteCompleteExt for W {}
