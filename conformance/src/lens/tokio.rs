//! [`Tokio`]: the lens for the traits of tokio.

use std::{
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{AsyncWriteComplete, Submitted};
use tokio::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use crate::{
    certify::{Certify, Specimen},
    observer::Observer,
};

/// A [`tokio::io::AsyncWrite`] as it stands, seen through [the lens](super): its answers are taken at their word.
#[derive(Debug)]
pub struct Tokio<W> {
    /// In a box of its own, so that any writer can be looked at, also one that must not move.
    inner: Pin<Box<W>>,
    /// The seek that was started and has not been answered.
    seeking: Option<SeekFrom>,
}

impl<W> Tokio<W> {
    /// Looks at `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner: Box::pin(inner), seeking: None }
    }

    /// The writer inside.
    pub fn inner(&self) -> &W {
        &self.inner
    }

    /// The writer inside, to be polled: for what is declared by [`Certify::seeks`] and the like.
    pub fn inner_pin(self: Pin<&mut Self>) -> Pin<&mut W> {
        self.get_mut().inner.as_mut()
    }
}

impl<W: AsyncSeek> Tokio<W> {
    /// Seeks with the writer inside, as tokio's own `seek` does: for [`Certify::seeks`].
    pub fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>> {
        let Self { inner, seeking } = self.get_mut();
        if *seeking != Some(pos) {
            // What was begun before is ended first; a seek must not be started beside it.
            ready!(inner.as_mut().poll_complete(cx))?;
            inner.as_mut().start_seek(pos)?;
            *seeking = Some(pos);
        }
        let answer = ready!(inner.as_mut().poll_complete(cx));
        *seeking = None;
        Poll::Ready(answer)
    }
}

impl<W: AsyncRead> Tokio<W> {
    /// Reads with the writer inside: for [`Certify::reads`].
    pub fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(self.inner_pin().poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<W: AsyncWrite> AsyncWriteComplete for Tokio<W> {
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.inner_pin().poll_write(cx, buf).map_ok(Submitted::Complete)
    }

    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.inner_pin().poll_write_vectored(cx, bufs).map_ok(Submitted::Complete)
    }

    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner_pin().poll_shutdown(cx)
    }
}

impl<W: AsyncWrite + 'static> Certify<Tokio<W>> {
    /// A type of `tokio::io::AsyncWrite`, as it stands; see [the lens](crate::lens).
    pub fn tokio<O: Observer + 'static>(build: impl Fn() -> (W, O) + Send + Sync + 'static) -> Self {
        let certify = Self::new(move || {
            let (writer, observer) = build();
            Specimen::new(Tokio::new(writer), observer)
        });
        certify.flushes(|lens, cx| lens.inner_pin().poll_flush(cx))
    }
}
