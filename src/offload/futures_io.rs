//! The traits of futures-io for [`Offload`].

use std::{
    io::{self, IoSlice, Read, Seek, SeekFrom},
    pin::Pin,
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};

use super::{Offload, Pool};
use crate::sync_write::WriteComplete;

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
        let Self { owner, claim } = self.get_mut();
        claim.poll_write(owner, cx, bufs)
    }

    /// A barrier: nothing is ever held back.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { owner, claim } = self.get_mut();
        claim.poll_flush(owner, cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { owner, claim } = self.get_mut();
        claim.poll_close(owner, cx)
    }
}

/// A read waits for the outstanding write, and neither reports nor consumes its failure.
impl<T: Read + Send + 'static, P: Pool> AsyncRead for Offload<T, P> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.get_mut().owner.poll_read(cx, buf)
    }
}

/// A seek counts from where the handed-out reads ended. One that was dropped is finished before a different one begins;
/// an equal one takes its answer, and is not made again.
impl<T: Seek + Send + 'static, P: Pool> AsyncSeek for Offload<T, P> {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>> {
        let Self { owner, claim } = self.get_mut();
        claim.end()?;
        owner.poll_seek(cx, pos)
    }
}
