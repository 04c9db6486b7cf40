//! A write of futures-io or tokio, and the flush after it, as one.

use std::{
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use crate::{
    error::Indeterminate,
    guard::{catch_panics, closed, drop_catching_panics, is_final},
    write::{DriveWrite, Started, poll_budget},
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
    /// Until it is closed. Its own close need not let go of the destination, and one that fails seldom does; its drop
    /// does (rule W9).
    pub(super) inner: Option<W>,
    /// How many bytes the write has accepted that the flush is to complete.
    accepted: usize,
}

impl<W> Flushing<W> {
    pub(super) const fn new(inner: W) -> Self {
        Self { inner: Some(inner), accepted: 0 }
    }
}

impl<W> Flushing<W> {
    fn open(&mut self) -> io::Result<&mut W> {
        self.inner.as_mut().ok_or_else(closed)
    }
}

impl<W: PollWrite> DriveWrite for Flushing<W> {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        ready!(poll_budget(cx));
        self.accepted = ready!(self.open()?.poll_write(cx, buf))?;
        Poll::Ready(Ok(Started::Taken(self.accepted)))
    }

    fn poll_start_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<Started>> {
        ready!(poll_budget(cx));
        self.accepted = ready!(self.open()?.poll_write_vectored(cx, bufs))?;
        Poll::Ready(Ok(Started::Taken(self.accepted)))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(match ready!(self.open()?.poll_flush(cx)) {
            Ok(()) => Ok(self.accepted),
            Err(error) if error.kind() == io::ErrorKind::Interrupted || is_final(&error) => Err(error),
            Err(error) => Err(Indeterminate::new(error).into()),
        })
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(mut inner) = self.inner.take() else { return Poll::Ready(Err(closed())) };
        let outcome = catch_panics(|| inner.poll_close(cx)).unwrap_or_else(|error| Poll::Ready(Err(error)));
        let is_interrupted = |error: &io::Error| error.kind() == io::ErrorKind::Interrupted && !is_final(error);
        let goes_on = match &outcome {
            Poll::Pending => true,
            Poll::Ready(closed) => closed.as_ref().is_err_and(is_interrupted),
        };
        if goes_on {
            self.inner = Some(inner);
        } else {
            // Its drop may panic as well as its close.
            drop_catching_panics(inner);
        }
        outcome
    }
}
