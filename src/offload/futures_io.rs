//! The traits of futures-io for [`Offload`].

use std::{
    io::{self, IoSlice, Read, Seek, SeekFrom},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};

use super::{Offload, Pool};
use crate::{adapter::PendingWrite, sync_write::WriteComplete, write::AsyncWriteComplete};

/// `Ok(n)` means that `n` bytes are complete. `Pending` may mean *submitted*: see [`Offload`].
impl<T: WriteComplete + Send + 'static, P: Pool> AsyncWrite for Offload<T, P> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().with_pending(|pending, this| pending.poll_write(this, cx, bufs))
    }

    /// Settles; nothing is ever held back.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().with_pending(|pending, this| pending.poll_flush(this, cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_close_complete(cx)
    }
}

/// A read waits for the write in flight, and does not take its answer.
impl<T: Read + Send + 'static, P: Pool> AsyncRead for Offload<T, P> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_read(cx, buf)
    }
}

/// A seek counts from where the handed-out reads ended. One that was dropped is finished before a different one begins;
/// an equal one takes its answer, and is not made again.
impl<T: Seek + Send + 'static, P: Pool> AsyncSeek for Offload<T, P> {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>> {
        let this = self.get_mut();
        ready!(this.with_pending(|pending, this| {
            pending.forget_answered(|| this.shared.lock().machine.outstanding());
            pending.poll_end(cx, |cx, ticket| this.poll_answer(cx, ticket))
        }))?;
        this.poll_seek(cx, pos)
    }
}

impl<T: Send + 'static, P: Pool> Offload<T, P> {
    /// The pending `poll_write` beside the writer that it is on.
    pub(super) fn with_pending<R>(&mut self, f: impl FnOnce(&mut PendingWrite, &mut Self) -> R) -> R {
        /// Puts it back, also where a waker of the caller panics.
        struct PutBack<'a, T, P>(&'a mut Offload<T, P>, PendingWrite);

        impl<T, P> Drop for PutBack<'_, T, P> {
            fn drop(&mut self) {
                self.0.pending = std::mem::take(&mut self.1);
            }
        }

        let pending = std::mem::take(&mut self.pending);
        let mut taken = PutBack(self, pending);
        let PutBack(this, pending) = &mut taken;
        f(pending, this)
    }
}
