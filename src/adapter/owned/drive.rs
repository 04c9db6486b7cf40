//! [`Owned`]: a write is a future of the destination's.

use std::{
    fmt,
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::OwnedWrite;
use crate::{
    guard::{catch_panics, checked_count, closed, drop_catching_panics, ignore_panics, is_final, with_final_kind},
    write::{DriveWrite, Started, poll_budget},
};

/// How many bytes one submission takes at most, unless the caller chooses; as many as one of an `Offload`.
const MAX_SUBMISSION: usize = 2 << 20;

/// A larger buffer is given back when its write has ended: whether the writer idles then, nobody tells it.
const MAX_SPARE: usize = 64 << 10;

/// Starts a future for each write, and keeps it until its end.
pub(super) struct Owned<W: OwnedWrite> {
    /// The write under way. Its box serves all writes. Dropped before the destination.
    writing: Pin<Box<Option<W::Write>>>,
    /// The close under way.
    closing: Option<Pin<Box<W::Close>>>,
    /// Until it is closed.
    pub(super) destination: Option<W>,
    /// Memory for the next copy.
    spare: Vec<u8>,
    /// How many bytes the write under way has.
    taken: usize,
    pub(super) position: u64,
    pub(super) max_submission: usize,
}

impl<W: OwnedWrite> Owned<W> {
    pub(super) fn new(destination: W) -> Self {
        Self {
            writing: Box::pin(None),
            closing: None,
            destination: Some(destination),
            spare: Vec::new(),
            taken: 0,
            position: 0,
            max_submission: MAX_SUBMISSION,
        }
    }

    /// Calls the destination with `bytes`, which are those of the write under way.
    fn call(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let destination = self.destination.as_mut().ok_or_else(closed)?;
        let writing = destination.write(bytes, self.position);
        self.writing.set(Some(writing));
        Ok(())
    }

    /// Polls the write under way, which is over when it is ready, whatever the answer.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            let Some(writing) = self.writing.as_mut().as_pin_mut() else { return Poll::Ready(Err(closed())) };
            let (result, bytes) = ready!(writing.poll(cx));
            // Its answer stands, also if its drop panics.
            ignore_panics(|| self.writing.set(None));
            match result {
                Err(error) if asks_again(&error) && bytes.len() == self.taken => self.call(bytes)?,
                Err(error) => {
                    self.spare(bytes);
                    return Poll::Ready(Err(never_interrupted(error)));
                }
                Ok(n) => {
                    self.spare(bytes);
                    // Not the caller's length, which may be more than was taken.
                    let n = checked_count(n, self.taken)?;
                    self.position = self.position.saturating_add(n as u64);
                    return Poll::Ready(Ok(n));
                }
            }
        }
    }

    fn spare(&mut self, mut bytes: Vec<u8>) {
        if bytes.capacity() <= MAX_SPARE {
            bytes.clear();
            self.spare = bytes;
        }
    }
}

impl<W: OwnedWrite> DriveWrite for Owned<W> {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        self.poll_start_vectored(cx, &[IoSlice::new(buf)])
    }

    /// Gathers the slices, because they are one call.
    fn poll_start_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<Started>> {
        ready!(poll_budget(cx));
        let mut bytes = std::mem::take(&mut self.spare);
        for buf in bufs {
            let room = self.max_submission - bytes.len();
            bytes.extend_from_slice(&buf[..room.min(buf.len())]);
        }
        self.taken = bytes.len();
        self.call(bytes)?;
        // A future does nothing before its first poll.
        Poll::Ready(match self.poll_write(cx) {
            Poll::Pending => Ok(Started::Taken(self.taken)),
            Poll::Ready(ended) => ended.map(Started::Complete),
        })
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.poll_write(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // One that has panicked is still there.
        ignore_panics(|| self.writing.set(None));
        if let Some(destination) = self.destination.take() {
            self.closing = Some(Box::pin(destination.close()));
        }
        let Some(mut closing) = self.closing.take() else { return Poll::Ready(Err(closed())) };
        let polled = catch_panics(|| closing.as_mut().poll(cx)).unwrap_or_else(|error| Poll::Ready(Err(error)));
        if polled.is_pending() {
            self.closing = Some(closing);
        } else {
            // Its drop may panic as well as its poll.
            drop_catching_panics(closing);
        }
        // The destination is consumed, so an interrupted close cannot be made again.
        polled.map_err(never_interrupted)
    }
}

fn asks_again(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted && !is_final(error)
}

/// What `Tracked` takes for a reason to call again, where that is none.
fn never_interrupted(error: io::Error) -> io::Error {
    if asks_again(&error) { with_final_kind(error) } else { error }
}

/// No destination is pinned, and its futures are in boxes.
impl<W: OwnedWrite> Unpin for Owned<W> {}

impl<W: OwnedWrite> fmt::Debug for Owned<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { writing, destination, position, max_submission, .. } = self;
        f.debug_struct("Owned")
            .field("is_writing", &writing.is_some())
            .field("is_open", &destination.is_some())
            .field("position", position)
            .field("max_submission", max_submission)
            .finish_non_exhaustive()
    }
}
