//! [`FuturesIo`]: the lens for the traits of futures-io.

use std::{
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteComplete, Submitted};
use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};

use crate::{
    certify::{Certify, Specimen},
    observer::Observer,
};

/// A [`futures_io::AsyncWrite`] as it stands, seen through [the lens](super): its answers are taken at their word.
#[derive(Debug)]
pub struct FuturesIo<W> {
    /// In a box of its own, so that any writer can be looked at, also one that must not move.
    inner: Pin<Box<W>>,
}

impl<W> FuturesIo<W> {
    /// Looks at `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner: Box::pin(inner) }
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

impl<W: AsyncSeek> FuturesIo<W> {
    /// Seeks with the writer inside: for [`Certify::seeks`].
    pub fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>> {
        self.inner_pin().poll_seek(cx, pos)
    }
}

impl<W: AsyncRead> FuturesIo<W> {
    /// Reads with the writer inside: for [`Certify::reads`].
    pub fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.inner_pin().poll_read(cx, buf)
    }
}

impl<W: AsyncWrite> AsyncWriteComplete for FuturesIo<W> {
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
        self.inner_pin().poll_close(cx)
    }
}

impl<W: AsyncWrite + 'static> Certify<FuturesIo<W>> {
    /// A type of `futures_io::AsyncWrite`, as it stands; see [the lens](crate::lens).
    pub fn futures_io<O: Observer + 'static>(build: impl Fn() -> (W, O) + Send + Sync + 'static) -> Self {
        let certify = Self::new(move || {
            let (writer, observer) = build();
            Specimen::new(FuturesIo::new(writer), observer)
        });
        certify.flushes(|lens, cx| lens.inner_pin().poll_flush(cx))
    }
}
