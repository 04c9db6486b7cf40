//! [`ToTokio`] and [`FromTokio`].

#[cfg(feature = "futures-io")]
use std::io::SeekFrom;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use tokio::io::AsyncWrite;
#[cfg(feature = "futures-io")]
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use super::{
    flushing::PollWrite,
    types::{from_adapter, to_adapter},
};
use crate::write::AsyncWriteComplete;

mod complete;
mod seek;

use seek::{Half, Seek};

to_adapter! {
    /// An [`AsyncWriteComplete`] as a [`tokio::io::AsyncWrite`], whose `Ok(n)` means that `n` bytes are complete. With
    /// feature `futures-io` it also [reads](tokio::io::AsyncRead) and [seeks](tokio::io::AsyncSeek) where the writer
    /// does.
    ///
    /// Its shutdown closes the writer. A seek that was started is finished before a read, a write, a sync or a flush,
    /// and dropped by a shutdown. The halves of `tokio::io::split` may be polled by two tasks; while a seek links them,
    /// each may be woken for the other. It is an [`AsyncWriteComplete`] too, for the writes that want a ticket.
    ///
    /// The turns that it leaves to the executor ([P4](crate::contract::Rule::P4)) are counted by time, and not in
    /// tokio's own budget.
    ///
    /// `poll_write` has no ticket, so which write a buffer belongs to is told by its content: see
    /// [the page of the adapters](crate::adapter#which-write-a-buffer-belongs-to).
    ///
    /// # Cancel safety
    ///
    /// Here it deviates from tokio's text, by which `Pending` means that nothing was written: it may mean *submitted*.
    /// So do `write` and `write_all_buf`, which promise the same of a future that was dropped. A `select!` that drops a
    /// write and issues another one must not take the first for undone. A dropped write of a self-driven writer still
    /// happens; its failure or short count is a [`PriorWriteFailed`](crate::PriorWriteFailed) from the next write,
    /// flush or shutdown.
    ToTokio { seek: Seek<W> }
}

impl<W: AsyncWriteComplete + Unpin> AsyncWrite for ToTokio<W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_in(Half::Write, cx, |this, cx| {
            let Self { writer, pending, seek } = this;
            ready!(seek.poll_finish(writer, pending, cx))?;
            pending.poll_write(writer, cx, bufs)
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_in(Half::Write, cx, |this, cx| {
            let Self { writer, pending, seek } = this;
            ready!(pending.poll_flush(writer, cx))?;
            if pending.is_closing() {
                return Poll::Ready(Ok(()));
            }
            seek.poll_finish(writer, pending, cx).map_ok(drop)
        })
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_close_complete(cx)
    }
}

impl<W> ToTokio<W> {
    /// Polls the writer with the waker that `half` needs, and wakes the other half if that is of both.
    fn poll_in<R>(
        &mut self,
        half: Half,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Self, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let shared = self.seek.waker_for(half, cx.waker());
        let polled = match &shared {
            Some(shared) => poll(self, &mut Context::from_waker(shared)),
            None => poll(self, cx),
        };
        if polled.is_ready() {
            self.seek.deregister(half);
            // The writer inside knew both halves by this one waker, has answered it, and owes it no other wake.
            shared.into_iter().for_each(Waker::wake);
        } else if matches!(half, Half::Write) {
            // The writer has this task's own waker. That of a reader that finishes a seek later takes its place there,
            // and wakes this task from here.
            self.seek.register(half, cx.waker());
        }
        polled
    }
}

#[cfg(feature = "offload")]
impl<W: AsyncWriteComplete + Unpin> ToTokio<W> {
    /// Finishes the seek that was started, and answers for the pending write.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_in(Half::Write, cx, |this, cx| {
            let Self { writer, pending, seek } = this;
            ready!(seek.poll_finish(writer, pending, cx))?;
            pending.poll_end_on(writer, cx)
        })
    }

    /// Whether a seek was started, or a short write has to be told.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.seek.started.is_some() || self.pending.short_count().is_some()
    }

    /// The writer inside, whatever is pending.
    pub(crate) fn into_writer(self) -> W {
        self.writer
    }
}

/// Waits for the write in flight, and does not take its answer. The read first finishes a seek that was started,
/// and with it the pending write: a failure of either is the read's, and a seek whose write failed stays started.
#[cfg(feature = "futures-io")]
impl<W: AsyncWriteComplete + futures_io::AsyncRead + Unpin> AsyncRead for ToTokio<W> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let n = ready!(self.get_mut().poll_in(Half::Read, cx, |this, cx| {
            let Self { writer, pending, seek } = this;
            ready!(seek.poll_finish(writer, pending, cx))?;
            Pin::new(writer).poll_read(cx, buf.initialize_unfilled())
        }))?;
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

/// Without a seek that was started, [`poll_complete`](AsyncSeek::poll_complete) answers where the last one ended, and 0
/// before the first.
#[cfg(feature = "futures-io")]
impl<W: AsyncWriteComplete + futures_io::AsyncSeek + Unpin> AsyncSeek for ToTokio<W> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let seek = &mut self.get_mut().seek;
        if seek.started.is_some() {
            return Err(io::Error::other("a seek is under way: call `poll_complete` before `start_seek`"));
        }
        seek.started = Some((position, W::poll_seek));
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        self.get_mut().poll_in(Half::Write, cx, |this, cx| {
            let Self { writer, pending, seek } = this;
            let result = ready!(seek.poll_finish(writer, pending, cx));
            // Here the seek itself has reported an error. Another operation that does leaves it started.
            seek.started = None;
            Poll::Ready(result)
        })
    }
}

from_adapter! {
    /// A [`tokio::io::AsyncWrite`] as an [`AsyncWriteComplete`]: each write is followed by a flush.
    ///
    /// It is as honest as that flush: complete means that `poll_flush` was `Ok`. A flush that fails leaves it unknown
    /// how many bytes went through, so it is [`Indeterminate`](crate::Indeterminate), and the writer takes no more.
    ///
    /// Over a writer whose flush succeeds although bytes are missing, as that of `blocking::Unblock` does when its
    /// destination takes no more, W2 and W9 do not hold: nothing here can tell.
    ///
    /// A close is the inner `poll_shutdown`, after which the inner writer is dropped: some, as `tokio::fs::File`, keep
    /// their destination open until then.
    ///
    /// For inner writers whose `Pending` takes nothing. It is driven: dropped before a write is complete, what the
    /// inner writer holds back is as lost as that writer lets it be.
    FromTokio, AsyncWrite
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
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
