//! `tokio::fs::File`, with a flush after each write and without.

use std::{io, io::SeekFrom, path::Path};

use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
};

use crate::bench::handle::{Handle, Payload, open_std};

/// A write and a flush.
#[derive(Debug)]
pub(super) struct Flushed(Plain);

impl Handle for Flushed {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        Plain::open(path, payload, is_pipe).await.map(Flushed)
    }

    async fn write(&mut self) -> io::Result<()> {
        self.0.write().await?;
        self.0.settle().await
    }

    async fn read(&mut self) -> io::Result<()> {
        self.0.read().await
    }

    async fn sync(&mut self) -> io::Result<()> {
        self.0.sync().await
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.0.rewind().await
    }
}

/// A write that is answered when the bytes are copied.
#[derive(Debug)]
pub(super) struct Plain {
    file: File,
    payload: Payload,
    buffer: Vec<u8>,
}

impl Handle for Plain {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        let file = File::from_std(open_std(path, is_pipe)?);
        Ok(Plain { file, payload, buffer: Vec::new() })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all(self.payload).await
    }

    async fn read(&mut self) -> io::Result<()> {
        self.buffer.resize(self.payload.len(), 0);
        self.file.read_exact(&mut self.buffer).await.map(drop)
    }

    async fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data().await
    }

    async fn settle(&mut self) -> io::Result<()> {
        self.file.flush().await
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0)).await.map(drop)
    }
}
