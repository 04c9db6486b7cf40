//! [`AsyncWriteCompleteExt`]: the methods that most callers use.

use std::io::IoSlice;

use super::{
    AsyncWriteComplete, HeldWrite,
    futures::{
        CloseComplete, Complete, ResumeWriteAll, Settle, Step, Submit, WriteAllComplete, WriteAllVectoredComplete,
        WriteComplete, WriteVectoredComplete,
    },
};
use crate::ticket::Ticket;

/// Futures over [`AsyncWriteComplete`], implemented for all of them.
///
/// | method | if its future is dropped | then |
/// |---|---|---|
/// | [`resume_write_all`](Self::resume_write_all) | nothing is lost | resume with the same `held` |
/// | [`write_complete`](Self::write_complete), [`write_all_complete`](Self::write_all_complete) and their companions | the part that was submitted still happens | [`settle`](Self::settle), which every later write demands |
/// | [`submit`](Self::submit), [`complete`](Self::complete), [`settle`](Self::settle), [`close_complete`](Self::close_complete) | nothing is lost | call it again |
///
/// With a driven writer, such as a TLS stream, the part that was submitted happens as long as its ticket or the close
/// is polled ([W3](crate::contract::Rule::W3)).
///
/// The names keep clear of others, so that they live beside the extension traits of futures-lite, futures-util and
/// tokio on one type.
pub trait AsyncWriteCompleteExt: AsyncWriteComplete {
    /// Submits some first part of `buf`, and does not wait until it is complete: the first of the two moments. What
    /// comes next depends on what it answers: [`Submitted`](crate::Submitted).
    ///
    /// # Errors
    ///
    /// Those of [`poll_write_submit`](AsyncWriteComplete::poll_write_submit).
    ///
    /// # Cancel safety
    ///
    /// Dropped before it was ready, nothing was submitted.
    ///
    /// # Panics
    ///
    /// The future, if it is polled after it was ready.
    fn submit<'a>(&'a mut self, buf: &'a [u8]) -> Submit<'a, Self>
    where
        Self: Unpin,
    {
        Submit::new(self, Some(buf))
    }

    /// Waits until the submission of `ticket` has ended, and answers how many of its bytes are complete: the second
    /// moment. It may be fewer than [`Ticket::len`].
    ///
    /// # Errors
    ///
    /// Those of [`poll_write_complete`](AsyncWriteComplete::poll_write_complete).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing is lost: call it again.
    fn complete(&mut self, ticket: Ticket) -> Complete<'_, Self>
    where
        Self: Unpin,
    {
        Complete::new(self, ticket)
    }

    /// Asks what became of the write that is outstanding, and waits for it; `None` if none is.
    ///
    /// It is the line after a timeout or a `select!` that dropped a write. The answer says how many bytes were taken,
    /// and how many of them are complete. `None` says nothing of what comes next: after an
    /// [`Indeterminate`](crate::Indeterminate) outcome or a close nothing is taken any more.
    ///
    /// # Errors
    ///
    /// That write's own error: none of its bytes is complete, unless it is [`Indeterminate`](crate::Indeterminate).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing is lost: call it again.
    ///
    /// ```
    /// use async_write_complete::{AsyncWriteCompleteExt, Offload};
    ///
    /// # futures_lite::future::block_on(async {
    /// # let file = tempfile::NamedTempFile::new()?;
    /// let mut writer = Offload::new(file.reopen()?);
    /// let _ = writer.submit(b"record\n").await?; // and nobody takes the answer
    /// assert!(writer.write_all_complete(b"record\n").await.is_err());
    /// let settled = writer.settle().await?.expect("a write was outstanding");
    /// assert_eq!((settled.submitted(), settled.completed()), (7, 7));
    /// assert_eq!(std::fs::read(file.path())?, b"record\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn settle(&mut self) -> Settle<'_, Self>
    where
        Self: Unpin,
    {
        Settle::new(self)
    }

    /// Writes some first part of `buf` as one submission, and answers how many bytes are complete; 0 for bytes means
    /// that the destination takes no more. An empty `buf` is 0, and does nothing.
    ///
    /// # Errors
    ///
    /// Those of [`poll_write_submit`](AsyncWriteComplete::poll_write_submit) and
    /// [`poll_write_complete`](AsyncWriteComplete::poll_write_complete).
    ///
    /// # Cancel safety
    ///
    /// Dropped after the bytes were submitted, the write still happens, and later writes answer
    /// [`WriteOutstanding`](crate::WriteOutstanding) until the caller [settles](Self::settle).
    ///
    /// # Panics
    ///
    /// The future, if it is polled after it was ready.
    fn write_complete<'a>(&'a mut self, buf: &'a [u8]) -> WriteComplete<'a, Self>
    where
        Self: Unpin,
    {
        WriteComplete::new(self, buf, Step::Submit)
    }

    /// Writes some first part of the concatenation of `bufs`, as [`write_complete`](Self::write_complete) does, with
    /// the same errors, cancel safety and panics.
    fn write_vectored_complete<'a>(&'a mut self, bufs: &'a [IoSlice<'a>]) -> WriteVectoredComplete<'a, Self>
    where
        Self: Unpin,
    {
        WriteVectoredComplete::new(self, bufs, Step::Submit)
    }

    /// Writes all of `buf`, by as many submissions as it takes.
    ///
    /// # Errors
    ///
    /// As [`write_complete`](Self::write_complete), and `WriteZero` when the destination takes no more. What was
    /// complete before the error stays complete; [`WriteAllComplete::held`] says how much. Polled again after an error,
    /// it submits the rest.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the part that was submitted still happens and the rest does not; how many bytes were
    /// complete before that part is lost to this caller. In a `select!` or under a timeout use
    /// [`resume_write_all`](Self::resume_write_all).
    fn write_all_complete<'a>(&'a mut self, buf: &'a [u8]) -> WriteAllComplete<'a, Self>
    where
        Self: Unpin,
    {
        WriteAllComplete::new(self, HeldWrite::new(buf))
    }

    /// Writes the concatenation of `bufs`, by as many submissions as it takes, with the same errors as
    /// [`write_all_complete`](Self::write_all_complete).
    ///
    /// What is complete is taken out of the list as it goes, so after an error or a drop `bufs` holds what is not known
    /// to be complete.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the part that was submitted still happens: [`settle`](Self::settle), and leave out as
    /// many bytes by [`IoSlice::advance_slices`] as are complete.
    fn write_all_vectored_complete<'a, 'b>(
        &'a mut self,
        bufs: &'a mut [IoSlice<'b>],
    ) -> WriteAllVectoredComplete<'a, 'b, Self>
    where
        Self: Unpin,
    {
        WriteAllVectoredComplete::new(self, bufs)
    }

    /// Carries `held` on until every byte of it is complete.
    ///
    /// Use the same writer each time. A close in between is allowed: the part that is outstanding is still answered,
    /// and the rest is refused.
    ///
    /// # Errors
    ///
    /// As [`write_all_complete`](Self::write_all_complete), and [`UnknownTicket`](crate::UnknownTicket) if the writer
    /// is not the one to which the outstanding part was submitted, or has taken other bytes since; nothing is submitted
    /// then. See [`HeldWrite`] for what is known afterwards.
    ///
    /// # Cancel safety
    ///
    /// A drop loses nothing, and has nothing submitted twice: call it again with the same `held`.
    ///
    /// # Panics
    ///
    /// If the `AsRef` of `B` gives fewer bytes than it did before.
    fn resume_write_all<'a, B>(&'a mut self, held: &'a mut HeldWrite<B>) -> ResumeWriteAll<'a, Self, B>
    where
        Self: Unpin,
        B: AsRef<[u8]>,
    {
        ResumeWriteAll::new(self, held)
    }

    /// Waits for what is outstanding, and releases the destination.
    ///
    /// # Errors
    ///
    /// As [`poll_close_complete`](AsyncWriteComplete::poll_close_complete). A second close gets the first answer again.
    ///
    /// # Cancel safety
    ///
    /// The close goes on, as far as the writer is self-driven; call it again for the outcome.
    fn close_complete(&mut self) -> CloseComplete<'_, Self>
    where
        Self: Unpin,
    {
        CloseComplete::new(self)
    }
}

impl<W: AsyncWriteComplete + ?Sized> AsyncWriteCompleteExt for W {}
