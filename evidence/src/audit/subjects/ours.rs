//! `Offload` by `write_complete` and its companions.

use std::{fs::File, io};

use async_trait::async_trait;
use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt as _, Offload};
use futures_lite::AsyncReadExt as _;

use super::{SubjectFile, SubjectWriter};

/// A writer whose answers come when the write is complete.
#[derive(Debug)]
pub(super) struct ByWriteComplete<W>(pub(super) W);

#[async_trait]
impl<W: AsyncWriteComplete + Unpin + Send> SubjectWriter for ByWriteComplete<W> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_complete(bytes).await
    }

    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_complete(bytes).await
    }

    /// The trait has no flush, because nothing is left to wait for; the nearest is a barrier, a write of no bytes.
    async fn flush(&mut self) -> io::Result<()> {
        self.0.write_complete(&[]).await.map(|_| ())
    }

    async fn close(&mut self) -> io::Result<()> {
        self.0.close_complete().await
    }
}

#[async_trait]
impl SubjectFile for ByWriteComplete<Offload<File>> {
    async fn sync_all(&mut self) -> io::Result<()> {
        self.0.sync_all().await
    }

    async fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes).await
    }
}
