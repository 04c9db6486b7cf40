//! `tokio::fs::File`, with a flush after each write and without.

use std::{io, path::Path};

use tokio::{fs::File, io::AsyncWriteExt as _};

use super::{Payload, Writer};

/// A write and a flush.
#[derive(Debug)]
pub(super) struct Flushed(Plain);

impl Writer for Flushed {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Plain::open(path, payload).await.map(Flushed)
    }

    async fn write(&mut self) -> io::Result<()> {
        self.0.write().await?;
        self.0.settle().await
    }
}

/// A write that is answered when the bytes are copied.
#[derive(Debug)]
pub(super) struct Plain {
    file: File,
    payload: Payload,
}

impl Writer for Plain {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Ok(Plain { file: File::create(path).await?, payload })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all(self.payload).await
    }

    async fn settle(&mut self) -> io::Result<()> {
        self.file.flush().await
    }
}
