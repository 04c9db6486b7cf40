//! The futures of [`AsyncWriteCompleteExt`](super::AsyncWriteCompleteExt).

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(feature = "bytes")]
use bytes::Bytes;

use super::{AsyncWriteComplete, HeldWrite, Submitted, Ticket, total_len};
use crate::guard::checked_count;

/// Where a write of one submission stands.
#[derive(Debug)]
enum Step {
    Submit,
    Complete(Ticket),
    Done,
}

impl Step {
    /// Takes the two moments in turn. `len` bytes are offered to `submit`.
    fn poll<W: AsyncWriteComplete + Unpin + ?Sized>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
        len: usize,
        submit: impl FnOnce(Pin<&mut W>, &mut Context<'_>) -> Poll<io::Result<Submitted>>,
    ) -> Poll<io::Result<usize>> {
        if let Self::Submit = self {
            *self = match ready!(submit(Pin::new(writer), cx)) {
                Ok(Submitted::InFlight(ticket)) if ticket.len() <= len => Self::Complete(ticket),
                answered => {
                    *self = Self::Done;
                    return Poll::Ready(answered.and_then(|submitted| checked_count(submitted.len(), len)));
                }
            };
        }
        let Self::Complete(ticket) = *self else { panic!("a write was polled after it was answered") };
        let result = ready!(Pin::new(writer).poll_write_complete(cx, ticket));
        *self = Self::Done;
        Poll::Ready(result.and_then(|n| checked_count(n, ticket.len())))
    }
}

/// The future of [`write_complete`](super::AsyncWriteCompleteExt::write_complete).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct WriteComplete<'a, W: ?Sized> {
    writer: &'a mut W,
    buf: &'a [u8],
    step: Step,
}

impl<'a, W: ?Sized> WriteComplete<'a, W> {
    pub(super) fn new(writer: &'a mut W, buf: &'a [u8]) -> Self {
        Self { writer, buf, step: Step::Submit }
    }
}

impl<W: AsyncWriteComplete + Unpin + ?Sized> Future for WriteComplete<'_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, buf, step } = self.get_mut();
        step.poll(*writer, cx, buf.len(), |writer, cx| writer.poll_write_submit(cx, buf))
    }
}

/// The future of [`write_vectored_complete`](super::AsyncWriteCompleteExt::write_vectored_complete).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct WriteVectoredComplete<'a, W: ?Sized> {
    writer: &'a mut W,
    bufs: &'a [IoSlice<'a>],
    step: Step,
}

impl<'a, W: ?Sized> WriteVectoredComplete<'a, W> {
    pub(super) fn new(writer: &'a mut W, bufs: &'a [IoSlice<'a>]) -> Self {
        Self { writer, bufs, step: Step::Submit }
    }
}

impl<W: AsyncWriteComplete + Unpin + ?Sized> Future for WriteVectoredComplete<'_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, bufs, step } = self.get_mut();
        step.poll(*writer, cx, total_len(bufs), |writer, cx| writer.poll_write_submit_vectored(cx, bufs))
    }
}

/// The future of [`write_bytes_complete`](super::AsyncWriteCompleteExt::write_bytes_complete).
#[cfg(feature = "bytes")]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct WriteBytesComplete<'a, W: ?Sized> {
    writer: &'a mut W,
    bytes: &'a Bytes,
    step: Step,
}

#[cfg(feature = "bytes")]
impl<'a, W: ?Sized> WriteBytesComplete<'a, W> {
    pub(super) fn new(writer: &'a mut W, bytes: &'a Bytes) -> Self {
        Self { writer, bytes, step: Step::Submit }
    }
}

#[cfg(feature = "bytes")]
impl<W: AsyncWriteComplete + Unpin + ?Sized> Future for WriteBytesComplete<'_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, bytes, step } = self.get_mut();
        step.poll(*writer, cx, bytes.len(), |writer, cx| writer.poll_write_submit_bytes(cx, bytes))
    }
}

/// The future of [`write_all_complete`](super::AsyncWriteCompleteExt::write_all_complete), also by `Bytes`.
///
/// Polled by reference, it still tells after an error how far it got: see [`held`](Self::held).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct WriteAllComplete<'a, W: ?Sized> {
    writer: &'a mut W,
    held: HeldWrite<'a>,
}

impl<'a, W: ?Sized> WriteAllComplete<'a, W> {
    pub(super) fn new(writer: &'a mut W, held: HeldWrite<'a>) -> Self {
        Self { writer, held }
    }

    /// How far it got.
    pub const fn held(&self) -> &HeldWrite<'a> {
        &self.held
    }
}

impl<W: AsyncWriteComplete + Unpin + ?Sized> Future for WriteAllComplete<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, held } = self.get_mut();
        held.poll_resume(Pin::new(&mut **writer), cx)
    }
}

/// The future of [`resume_write_all`](super::AsyncWriteCompleteExt::resume_write_all).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResumeWriteAll<'a, 'b, W: ?Sized> {
    writer: &'a mut W,
    held: &'a mut HeldWrite<'b>,
}

impl<'a, 'b, W: ?Sized> ResumeWriteAll<'a, 'b, W> {
    pub(super) fn new(writer: &'a mut W, held: &'a mut HeldWrite<'b>) -> Self {
        Self { writer, held }
    }
}

impl<W: AsyncWriteComplete + Unpin + ?Sized> Future for ResumeWriteAll<'_, '_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, held } = self.get_mut();
        held.poll_resume(Pin::new(&mut **writer), cx)
    }
}

/// The future of [`close_complete`](super::AsyncWriteCompleteExt::close_complete).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct CloseComplete<'a, W: ?Sized> {
    writer: &'a mut W,
}

impl<'a, W: ?Sized> CloseComplete<'a, W> {
    pub(super) fn new(writer: &'a mut W) -> Self {
        Self { writer }
    }
}

impl<W: AsyncWriteComplete + Unpin + ?Sized> Future for CloseComplete<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut *self.get_mut().writer).poll_close_complete(cx)
    }
}
