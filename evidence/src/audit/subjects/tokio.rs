//! `tokio::fs::File`, by tokio's own traits.

use std::io;

use async_trait::async_trait;
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

use super::{SubjectFile, SubjectWriter};

/// A `tokio::fs::File`.
#[derive(Debug)]
pub(super) struct TokioFile {
    file: File,
    /// Whether a flush follows each write.
    flushes: bool,
}

impl TokioFile {
    /// The file as it is.
    pub(super) fn new(file: File) -> Self {
        TokioFile { file, flushes: false }
    }

    /// The file with a flush after each write.
    pub(super) fn flushing(file: File) -> Self {
        TokioFile { file, flushes: true }
    }
}

#[async_trait]
impl SubjectWriter for TokioFile {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes).await?;
        if self.flushes {
            self.file.flush().await?;
        }
        Ok(count)
    }

    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        if self.flushes { self.file.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.file.flush().await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.file.shutdown().await
    }
}

#[async_trait]
impl SubjectFile for TokioFile {
    async fn sync_all(&mut self) -> io::Result<()> {
        self.file.sync_all().await
    }

    async fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes).await
    }
}
