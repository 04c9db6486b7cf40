//! A write of futures-io or tokio, and the flush after it, as one.

use std::{
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use crate::{
    error::Indeterminate,
    guard::is_final,
    write::{DriveWrite, Started, poll_turn},
};

/// What the write traits of futures-io and tokio have in common.
pub(super) trait PollWrite {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
    fn poll_write_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Takes bytes by a write, and completes them by a flush.
#[derive(Debug)]
pub(super) struct Flushing<W> {
    pub(super) inner: W,
    /// How many bytes the write has accepted that the flush is to complete.
    accepted: usize,
}

impl<W> Flushing<W> {
    pub(super) const fn new(inner: W) -> Self {
        Self { inner, accepted: 0 }
    }
}

impl<W: PollWrite> DriveWrite for Flushing<W> {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        ready!(poll_turn(cx));
        self.accepted = ready!(self.inner.poll_write(cx, buf))?;
        Poll::Ready(Ok(Started::Taken(self.accepted)))
    }

    fn poll_start_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<Started>> {
        ready!(poll_turn(cx));
        self.accepted = ready!(self.inner.poll_write_vectored(cx, bufs))?;
        Poll::Ready(Ok(Started::Taken(self.accepted)))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(match ready!(self.inner.poll_flush(cx)) {
            Ok(()) => Ok(self.accepted),
            Err(error) if error.kind() == io::ErrorKind::Interrupted || is_final(&error) => Err(error),
            Err(error) => Err(Indeterminate::new(error).into()),
        })
    }

    fn poll_settle(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Each write was flushed when it finished.
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_close(cx)
    }
}
