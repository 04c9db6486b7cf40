//! The traits of this crate for [`File`].

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use super::File;
use crate::{
    ticket::{Submitted, Ticket},
    write::{AsyncSyncComplete, AsyncWriteComplete, first_bytes, total_len},
};

/// Each write has a ticket, so it can be held, resumed and settled.
///
/// Unlike a `AsyncWriteExt::shutdown`, a close closes the file, and answers what close(2)
/// says. From its first poll on there is no descriptor to borrow, and no file of std to give.
#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl AsyncWriteComplete for File {
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        let len = buf.len().min(self.max_buf_size);
        self.adapted().poll_write_submit(cx, &buf[..len])
    }

    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        if total_len(bufs) > self.max_buf_size {
            return self.poll_write_submit(cx, first_bytes(bufs));
        }
        self.adapted().poll_write_submit_vectored(cx, bufs)
    }

    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.adapted().poll_write_complete(cx, ticket)
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.outstanding.ticket()
    }

    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // The last share is then with the pool, where it is closed, unless an indeterminate outcome has dropped it.
        this.std = None;
        Pin::new(this.file.get_mut()).poll_close_complete(cx)
    }
}

#[cfg(feature = "bytes")]
impl crate::AsyncWriteCompleteBytes for File {
    fn poll_write_submit_bytes(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &bytes::Bytes,
    ) -> Poll<io::Result<Submitted>> {
        let len = bytes.len().min(self.max_buf_size);
        self.adapted().poll_write_submit_bytes(cx, &bytes.slice(..len))
    }
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl AsyncSyncComplete for File {
    fn poll_sync_data(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.adapted().poll_sync_data(cx)
    }

    fn poll_sync_all(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.adapted().poll_sync_all(cx)
    }
}
