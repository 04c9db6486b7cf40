//! [`ToFuturesIo`] and [`FromFuturesIo`].

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use futures_io::AsyncWrite;

use super::{
    flushing::PollWrite,
    types::{from_adapter, to_adapter},
};
use crate::write::AsyncWriteComplete;

to_adapter! {
    /// An [`AsyncWriteComplete`] as a [`futures_io::AsyncWrite`], whose `Ok(n)` means that `n` bytes are complete.
    ///
    /// `poll_write` has no ticket, so which write a buffer belongs to is told by its content: see
    /// [the page of the adapters](crate::adapter#which-write-a-buffer-belongs-to).
    ///
    /// # Cancel safety
    ///
    /// `Pending` may mean *submitted*, as the text of futures-io allows. A dropped write still happens; its failure or
    /// short count is a [`PriorWriteFailed`](crate::PriorWriteFailed) from the next write, flush or close.
    ToFuturesIo
}

impl<W: AsyncWriteComplete + Unpin> AsyncWrite for ToFuturesIo<W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { writer, pending } = self.get_mut();
        pending.poll_write(writer, cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { writer, pending } = self.get_mut();
        pending.poll_flush(writer, cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { writer, pending } = self.get_mut();
        pending.poll_close(writer, cx)
    }
}

from_adapter! {
    /// A [`futures_io::AsyncWrite`] as an [`AsyncWriteComplete`]: each write is followed by a flush.
    ///
    /// It is as honest as that flush: complete means that `poll_flush` was `Ok`. A flush that fails leaves it unknown
    /// how many bytes went through, so it is [`Indeterminate`](crate::Indeterminate), and the writer takes no more.
    ///
    /// Over a writer whose flush succeeds although bytes are missing, as that of `blocking::Unblock` does when its
    /// destination takes no more, W2 and W9 do not hold: nothing here can tell.
    ///
    /// A close is the inner `poll_close`, after which the inner writer is dropped: some, as `async_fs::File`, keep
    /// their destination open until then.
    ///
    /// For inner writers whose `Pending` takes nothing. It is driven: dropped before a write is complete, what the
    /// inner writer holds back is as lost as that writer lets it be.
    FromFuturesIo, AsyncWrite
}

#[derive(Debug)]
struct Inner<W>(W);

impl<W: AsyncWrite + Unpin> PollWrite for Inner<W> {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}
