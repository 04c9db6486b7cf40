//! The traits of this crate for [`Offload`].

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(feature = "tokio")]
use super::shared::Shared;
use super::{Offload, Pool, operation::Payload, post::at_most_a_submission};
#[cfg(feature = "tokio")]
use crate::primitives::Arc;
use crate::{
    sync_write::WriteComplete,
    ticket::{Submitted, Ticket},
    write::{AsyncWriteComplete, total_len},
};

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl<T: WriteComplete + Send + 'static, P: Pool> AsyncWriteComplete for Offload<T, P> {
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.poll_write_submit_vectored(cx, &[IoSlice::new(buf)])
    }

    /// Gathers all slices.
    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        let len = at_most_a_submission(total_len(bufs));
        if len == 0 {
            return Poll::Ready(Ok(Submitted::Complete(0)));
        }
        let this = self.get_mut();
        this.end_pending()?;
        this.poll_submit(cx, len, |inner, len| {
            let mut buffer = inner.spare_buffer();
            buffer.fill(bufs, len);
            Payload::Copied(buffer)
        })
    }

    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.get_mut().poll_answer(cx, ticket)
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.shared.lock().machine.outstanding()
    }

    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().with_pending(|pending, this| {
            pending.begin_close(|| this.outstanding());
            let outcome = ready!(this.poll_release(cx));
            pending.poll_outcome(cx, outcome, |cx, ticket| this.poll_answer(cx, ticket))
        })
    }
}

#[cfg(feature = "bytes")]
impl<T: WriteComplete + Send + 'static, P: Pool> crate::AsyncWriteCompleteBytes for Offload<T, P> {
    fn poll_write_submit_bytes(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &bytes::Bytes,
    ) -> Poll<io::Result<Submitted>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(Submitted::Complete(0)));
        }
        let this = self.get_mut();
        this.end_pending()?;
        let shared = bytes.clone();
        this.poll_submit(cx, bytes.len(), |_, _| Payload::Shared(shared))
    }
}

/// Which write of an [`Offload`] is outstanding, asked without the `Offload`.
#[cfg(feature = "tokio")]
pub(crate) struct Outstanding<T>(Arc<Shared<T>>);

#[cfg(feature = "tokio")]
impl<T> Outstanding<T> {
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        self.0.lock().machine.outstanding()
    }
}

#[cfg(feature = "tokio")]
impl<T, P> Offload<T, P> {
    pub(crate) fn watch_outstanding(&self) -> Outstanding<T> {
        Outstanding(self.shared.clone())
    }
}
