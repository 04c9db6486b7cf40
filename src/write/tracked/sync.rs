//! [`DriveSync`]: how a wrapper syncs; and D1 for all of them.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{DriveWrite, Tracked};
use crate::{
    error::{NotRun, PriorWriteFailed, RepeatableError, WriteOutstanding},
    write::AsyncSyncComplete,
};

/// A [`DriveWrite`] whose destination can make durable what is complete.
///
/// [`Tracked`] calls these methods and keeps [D1](crate::contract::Rule::D1): none is called while a write is
/// outstanding, after a close, after an indeterminate outcome, or after one of them has failed.
///
/// # Implementer notes
///
/// A sync that was `Pending` may not be polled again before the next `poll_start`. If it fails then, the next sync must
/// tell. A wrapper that passes its syncs on to an [`AsyncSyncComplete`] has that for nothing.
pub trait DriveSync: DriveWrite {
    /// Makes what is complete durable, and of the metadata what is needed to read it.
    ///
    /// # Errors
    ///
    /// Some bytes may not be durable: it is not called again. Answer `Interrupted` to be called again at once.
    fn poll_sync_data(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Makes what is complete durable, and all of the metadata.
    ///
    /// # Errors
    ///
    /// As [`poll_sync_data`](Self::poll_sync_data).
    fn poll_sync_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

impl<D: DriveSync> Tracked<D> {
    fn poll_sync(
        &mut self,
        cx: &mut Context<'_>,
        sync: impl FnMut(&mut D, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        self.check_open()?;
        if let Some(failed) = &mut self.not_durable {
            return Poll::Ready(Err(failed.give()));
        }
        Poll::Ready(ready!(self.guarded(cx, sync)).map_err(|error| {
            let is_refused = WriteOutstanding::find(&error).is_some() || PriorWriteFailed::find(&error).is_some();
            if is_refused || NotRun::is_in(&error) {
                // It was not made.
                return error;
            }
            let failed = self.not_durable.insert(RepeatableError::new(error));
            failed.give()
        }))
    }
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl<D: DriveSync + Unpin> AsyncSyncComplete for Tracked<D> {
    fn poll_sync_data(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync(cx, D::poll_sync_data)
    }

    fn poll_sync_all(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync(cx, D::poll_sync_all)
    }
}
