//! [`Offload::sync_data`] and [`Offload::sync_all`], for what is [`SyncComplete`].

use std::{future::poll_fn, io};

use super::{Offload, Pool, syncs::SyncKind};
use crate::sync_write::SyncComplete;

impl<T: SyncComplete + Send + 'static, P: Pool> Offload<T, P> {
    /// Makes what is complete durable, and of the metadata what is needed to read it, as [`SyncComplete::sync_data`].
    ///
    /// # Guarantees
    ///
    /// [D1](crate::contract::Rule::D1): success means that all that was complete before the call is durable. It does
    /// not cover the entry of a new file in its directory. After a sync has failed, waited for or not, every later one
    /// of this `Offload` fails.
    ///
    /// # Errors
    ///
    /// [`WriteOutstanding`](crate::WriteOutstanding) until the last write was answered; no sync is made then. Otherwise the destination's own, also that of an earlier sync.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the sync is made all the same; if it fails, later ones fail too.
    pub async fn sync_data(&mut self) -> io::Result<()> {
        self.sync(SyncKind::Data).await
    }

    /// Makes what is complete durable, and all of the metadata, as [`SyncComplete::sync_all`].
    ///
    /// # Guarantees
    ///
    /// As [`sync_data`](Self::sync_data), also in errors and cancel safety ([D1](crate::contract::Rule::D1)).
    pub async fn sync_all(&mut self) -> io::Result<()> {
        self.sync(SyncKind::All).await
    }

    async fn sync(&mut self, kind: SyncKind) -> io::Result<()> {
        let mut first = true;
        poll_fn(|cx| self.poll_sync(cx, kind, &mut first)).await
    }
}
