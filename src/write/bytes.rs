//! [`AsyncWriteCompleteBytes`]: submissions that share their bytes with the caller.

use std::{
    future::Future,
    io,
    ops::Range,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;

use super::{AsyncWriteComplete, HeldWrite, futures::Step};
use crate::ticket::Submitted;

/// A writer that takes [`Bytes`] by reference count, where it can.
pub trait AsyncWriteCompleteBytes: AsyncWriteComplete {
    /// Submits `bytes`, or some first part of them, as one write, and shares them with the caller where it can.
    ///
    /// As [`poll_write_submit`](AsyncWriteComplete::poll_write_submit) in everything. A writer that keeps a clone of
    /// `bytes` lets go of it before it answers for the write.
    ///
    /// The default submits them as a slice, of which a writer that outlives the call takes a copy.
    fn poll_write_submit_bytes(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &Bytes,
    ) -> Poll<io::Result<Submitted>> {
        self.poll_write_submit(cx, bytes)
    }
}

/// Keeps it dyn-compatible.
const _: [&dyn AsyncWriteCompleteBytes; 0] = [];

/// Futures over [`AsyncWriteCompleteBytes`], implemented for all of them.
pub trait AsyncWriteCompleteBytesExt: AsyncWriteCompleteBytes {
    /// Writes some first part of `bytes`, as
    /// [`write_complete`](super::AsyncWriteCompleteExt::write_complete) does, with the same errors, cancel safety and
    /// panics; without a copy where the writer can.
    ///
    /// A writer that shares them has let go of them when the future is ready. What a short count leaves is
    /// `bytes.slice(n..)`.
    fn write_bytes_complete<'a>(&'a mut self, bytes: &'a Bytes) -> WriteBytesComplete<'a, Self>
    where
        Self: Unpin,
    {
        WriteBytesComplete { writer: self, bytes, step: Step::Submit }
    }

    /// Writes all of `bytes`, as [`write_all_complete`](super::AsyncWriteCompleteExt::write_all_complete) does, with
    /// the same errors and cancel safety; without a copy where the writer can.
    fn write_all_bytes_complete(&mut self, bytes: Bytes) -> WriteAllBytesComplete<'_, Self>
    where
        Self: Unpin,
    {
        WriteAllBytesComplete { writer: self, held: HeldWrite::new(bytes) }
    }

    /// Carries `held` on, as [`resume_write_all`](super::AsyncWriteCompleteExt::resume_write_all) does, with the same
    /// errors and cancel safety; without a copy where the writer can.
    fn resume_write_all_bytes<'a>(&'a mut self, held: &'a mut HeldWrite<Bytes>) -> ResumeWriteAllBytes<'a, Self>
    where
        Self: Unpin,
    {
        ResumeWriteAllBytes { writer: self, held }
    }
}

impl<W: AsyncWriteCompleteBytes + ?Sized> AsyncWriteCompleteBytesExt for W {}

/// Submits what remains of a held write by reference count.
fn submit_shared<W: AsyncWriteCompleteBytes + ?Sized>(
    writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    bytes: &Bytes,
    rest: Range<usize>,
) -> Poll<io::Result<Submitted>> {
    writer.poll_write_submit_bytes(cx, &bytes.slice(rest))
}

/// The future of [`write_bytes_complete`](AsyncWriteCompleteBytesExt::write_bytes_complete).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct WriteBytesComplete<'a, W: ?Sized> {
    writer: &'a mut W,
    bytes: &'a Bytes,
    step: Step,
}

impl<W: AsyncWriteCompleteBytes + Unpin + ?Sized> Future for WriteBytesComplete<'_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, bytes, step } = self.get_mut();
        step.poll(*writer, cx, bytes.len(), |writer, cx| writer.poll_write_submit_bytes(cx, bytes))
    }
}

/// The future of [`write_all_bytes_complete`](AsyncWriteCompleteBytesExt::write_all_bytes_complete).
///
/// Polled by reference, it still tells after an error how far it got: see [`held`](Self::held).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct WriteAllBytesComplete<'a, W: ?Sized> {
    writer: &'a mut W,
    held: HeldWrite<Bytes>,
}

impl<W: ?Sized> WriteAllBytesComplete<'_, W> {
    /// How far it got.
    pub const fn held(&self) -> &HeldWrite<Bytes> {
        &self.held
    }
}

impl<W: AsyncWriteCompleteBytes + Unpin + ?Sized> Future for WriteAllBytesComplete<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, held } = self.get_mut();
        held.poll_resume(Pin::new(&mut **writer), cx, submit_shared)
    }
}

/// The future of [`resume_write_all_bytes`](AsyncWriteCompleteBytesExt::resume_write_all_bytes).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResumeWriteAllBytes<'a, W: ?Sized> {
    writer: &'a mut W,
    held: &'a mut HeldWrite<Bytes>,
}

impl<W: AsyncWriteCompleteBytes + Unpin + ?Sized> Future for ResumeWriteAllBytes<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, held } = self.get_mut();
        held.poll_resume(Pin::new(&mut **writer), cx, submit_shared)
    }
}
