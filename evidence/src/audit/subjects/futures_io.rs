//! Everything that speaks futures-io: async-fs, async-std, `Unblock`, and ours by its plain `write`.

use std::{fs::File, io};

use async_trait::async_trait;
use async_write_complete::Offload;
use blocking::Unblock;
use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{SubjectFile, SubjectWriter};

/// A writer used by the extension traits that everybody uses.
#[derive(Debug)]
pub(super) struct ByFuturesIo<W>(pub(super) W);

#[async_trait]
impl<W: AsyncWrite + Unpin + Send> SubjectWriter for ByFuturesIo<W> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).await
    }

    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.0.flush().await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.0.close().await
    }
}

#[async_trait]
impl<W: AsyncRead + AsyncWrite + SyncAll + Unpin + Send> SubjectFile for ByFuturesIo<W> {
    async fn sync_all(&mut self) -> io::Result<()> {
        SyncAll::sync_all(&mut self.0).await
    }

    async fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes).await
    }

    fn sync_all_name(&self) -> &'static str {
        W::NAME
    }
}

/// `sync_all`, which each type has as a method of its own.
#[async_trait]
pub(super) trait SyncAll {
    /// How a report calls it.
    const NAME: &str = "sync_all";
    /// Makes the file durable.
    async fn sync_all(&mut self) -> io::Result<()>;
}

#[async_trait]
impl SyncAll for async_fs::File {
    async fn sync_all(&mut self) -> io::Result<()> {
        async_fs::File::sync_all(self).await
    }
}

#[async_trait]
impl SyncAll for async_std::fs::File {
    async fn sync_all(&mut self) -> io::Result<()> {
        async_std::fs::File::sync_all(self).await
    }
}

/// `Unblock` has no `sync_all`; this is its way to reach the one of the file.
#[async_trait]
impl SyncAll for Unblock<File> {
    const NAME: &str = "with_mut(sync_all)";

    async fn sync_all(&mut self) -> io::Result<()> {
        self.with_mut(|file| file.sync_all()).await
    }
}

#[async_trait]
impl SyncAll for Offload<File> {
    async fn sync_all(&mut self) -> io::Result<()> {
        Offload::sync_all(self).await
    }
}
