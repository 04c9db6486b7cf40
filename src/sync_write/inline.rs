//! [`Inline`]: a blocking writer on the caller's thread.

use std::{
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use super::{SyncComplete, WriteComplete, write_once};
use crate::{
    error::IntoInnerError,
    guard::{closed, with_final_kind},
    write::{DriveSync, DriveWrite, Started, Tracked, forward_sync, forward_to_field, poll_budget, total_len},
};

/// Runs a blocking writer on the caller's thread, inside the poll.
///
/// Every write is complete at submission, and while it lasts nothing else runs on that thread: fine for a command-line
/// tool or memory, not for a server.
#[cfg_attr(feature = "offload", doc = "[`Offload`](crate::Offload) is the one for servers.")]
///
/// ```
/// use async_write_complete::{AsyncWriteCompleteExt, Inline};
///
/// # futures_lite::future::block_on(async {
/// # let path = tempfile::NamedTempFile::new()?.into_temp_path();
/// let mut file = Inline::new(std::fs::File::create(&path)?);
/// file.write_all_complete(b"there").await?;
/// assert_eq!(std::fs::metadata(&path)?.len(), 5);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Inline<W> {
    tracked: Tracked<Blocking<W>>,
}

impl<W: WriteComplete> Inline<W> {
    /// Wraps `inner`.
    pub const fn new(inner: W) -> Self {
        Self { tracked: Tracked::new(Blocking(Some(inner))) }
    }

    /// Takes the writer out.
    ///
    /// # Errors
    ///
    /// `BrokenPipe` after a close; the reason for good if the writer is poisoned.
    pub fn into_inner(self) -> Result<W, IntoInnerError<Self>> {
        match self.tracked.into_inner() {
            Ok(Blocking(Some(inner))) => Ok(inner),
            Ok(gone) => Err(IntoInnerError::new(Self { tracked: Tracked::new(gone) }, closed())),
            Err(error) => {
                let (error, tracked) = error.into_parts();
                Err(IntoInnerError::new(Self { tracked }, error))
            }
        }
    }
}

forward_to_field!(impl<W: WriteComplete> for Inline<W>);
forward_sync!([W: WriteComplete + SyncComplete + Unpin] Inline<W>, self => Pin::new(&mut self.get_mut().tracked));

/// The writer, until it is closed.
#[derive(Debug)]
struct Blocking<W>(Option<W>);

impl<W: WriteComplete> Blocking<W> {
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        len: usize,
        write: impl FnMut(&mut W) -> io::Result<usize>,
    ) -> Poll<io::Result<Started>> {
        ready!(poll_budget(cx));
        let Some(inner) = &mut self.0 else { return Poll::Ready(Err(closed())) };
        Poll::Ready(write_once(inner, len, write).map(Started::Complete))
    }
}

impl<W: WriteComplete> DriveWrite for Blocking<W> {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        self.poll_write(cx, buf.len(), |inner| inner.write(buf))
    }

    fn poll_start_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<Started>> {
        self.poll_write(cx, total_len(bufs), |inner| inner.write_vectored(bufs))
    }

    fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        unreachable!("a write on the caller's thread is complete when it starts")
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.take().map_or(Ok(()), WriteComplete::release).map_err(with_final_kind))
    }
}

impl<W: WriteComplete + SyncComplete> Blocking<W> {
    fn poll_sync(&mut self, cx: &mut Context<'_>, sync: fn(&W) -> io::Result<()>) -> Poll<io::Result<()>> {
        ready!(poll_budget(cx));
        Poll::Ready(self.0.as_ref().map_or_else(|| Err(closed()), sync))
    }
}

impl<W: WriteComplete + SyncComplete> DriveSync for Blocking<W> {
    fn poll_sync_data(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync(cx, W::sync_data)
    }

    fn poll_sync_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync(cx, W::sync_all)
    }
}
