//! The traits of this crate for [`ToTokio`], for callers who want a ticket for a write.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{Half, ToTokio};
use crate::{
    ticket::{Submitted, Ticket},
    write::{AsyncSyncComplete, AsyncWriteComplete, total_len},
};

impl<W: AsyncWriteComplete + Unpin> ToTokio<W> {
    /// What comes before an operation of the writing side: the seek that was started. Over an outstanding write nothing
    /// does, since the writer refuses at once (rule W5).
    fn poll_begin(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { writer, pending, seek } = self;
        if writer.outstanding().is_some() {
            return Poll::Ready(Ok(()));
        }
        pending.end(|| None)?;
        seek.poll_finish(writer, pending, cx).map_ok(drop)
    }
}

/// As the writer inside, once the seek that was started has ended. A `poll_write` that is pending is outstanding here
/// too: the trait's own methods answer for it.
///
/// # Errors
///
/// Those of the writer. [`PriorWriteFailed`](crate::PriorWriteFailed) if a `poll_write` was dropped that came out
/// short. The failure of the seek; nothing is taken then.
#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl<W: AsyncWriteComplete + Unpin> AsyncWriteComplete for ToTokio<W> {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.poll_in(Half::Write, cx, |this, cx| {
            if !buf.is_empty() {
                ready!(this.poll_begin(cx))?;
            }
            Pin::new(&mut this.writer).poll_write_submit(cx, buf)
        })
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.poll_in(Half::Write, cx, |this, cx| {
            if total_len(bufs) > 0 {
                ready!(this.poll_begin(cx))?;
            }
            Pin::new(&mut this.writer).poll_write_submit_vectored(cx, bufs)
        })
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.poll_in(Half::Write, cx, |this, cx| Pin::new(&mut this.writer).poll_write_complete(cx, ticket))
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.writer.outstanding()
    }

    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_in(Half::Write, cx, |this, cx| {
            // After a close a seek has no effect.
            this.seek.started = None;
            this.pending.poll_close(&mut this.writer, cx)
        })
    }
}

#[cfg(feature = "bytes")]
impl<W: crate::AsyncWriteCompleteBytes + Unpin> crate::AsyncWriteCompleteBytes for ToTokio<W> {
    fn poll_write_submit_bytes(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &bytes::Bytes,
    ) -> Poll<io::Result<Submitted>> {
        self.poll_in(Half::Write, cx, |this, cx| {
            if !bytes.is_empty() {
                ready!(this.poll_begin(cx))?;
            }
            Pin::new(&mut this.writer).poll_write_submit_bytes(cx, bytes)
        })
    }
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl<W: AsyncSyncComplete + Unpin> AsyncSyncComplete for ToTokio<W> {
    fn poll_sync_data(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_in(Half::Write, cx, |this, cx| {
            ready!(this.poll_begin(cx))?;
            Pin::new(&mut this.writer).poll_sync_data(cx)
        })
    }

    fn poll_sync_all(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_in(Half::Write, cx, |this, cx| {
            ready!(this.poll_begin(cx))?;
            Pin::new(&mut this.writer).poll_sync_all(cx)
        })
    }
}
