//! [`Subject`]: what lives, by the traits of this crate and by those of futures-io or tokio.

use std::{
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{AsyncSyncComplete, AsyncWriteComplete, Offload, Pool, Submitted, Ticket};
use futures_lite::io as futures;
use tokio::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use super::faulty::Faulty;

/// A writer, whose other traits are called by these names.
pub(super) trait Subject: AsyncSyncComplete + Send + Unpin {
    fn write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;
    /// One seek has one `is_started`, which is false before its first poll.
    fn seek(&mut self, cx: &mut Context<'_>, to: SeekFrom, is_started: &mut bool) -> Poll<io::Result<u64>>;
}

impl<P: Pool> Subject for Offload<Faulty, P> {
    fn write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        futures::AsyncWrite::poll_write(Pin::new(self), cx, buf)
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        futures::AsyncWrite::poll_flush(Pin::new(self), cx)
    }

    fn read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        futures::AsyncRead::poll_read(Pin::new(self), cx, buf)
    }

    fn seek(&mut self, cx: &mut Context<'_>, to: SeekFrom, _: &mut bool) -> Poll<io::Result<u64>> {
        futures::AsyncSeek::poll_seek(Pin::new(self), cx, to)
    }
}

/// A writer with the traits of tokio.
pub(super) struct OverTokio<W>(pub(super) W);

impl<W> Subject for OverTokio<W>
where
    W: AsyncSyncComplete + AsyncRead + AsyncWrite + AsyncSeek + Send + Unpin,
{
    fn write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }

    /// As tokio's own `AsyncSeekExt::seek`: one that was dropped is finished first.
    fn seek(&mut self, cx: &mut Context<'_>, to: SeekFrom, is_started: &mut bool) -> Poll<io::Result<u64>> {
        if !*is_started {
            ready!(Pin::new(&mut self.0).poll_complete(cx))?;
            Pin::new(&mut self.0).start_seek(to)?;
            *is_started = true;
        }
        Pin::new(&mut self.0).poll_complete(cx)
    }
}

impl<W: AsyncWriteComplete + Unpin> AsyncWriteComplete for OverTokio<W> {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.0).poll_write_submit(cx, buf)
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.0).poll_write_submit_vectored(cx, bufs)
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_complete(cx, ticket)
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.0.outstanding()
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close_complete(cx)
    }
}

impl<W: AsyncSyncComplete + Unpin> AsyncSyncComplete for OverTokio<W> {
    fn poll_sync_data(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_sync_data(cx)
    }

    fn poll_sync_all(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_sync_all(cx)
    }
}
