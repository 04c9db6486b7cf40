//! The peers that speak futures-io, with a flush after each write and without.

use std::{
    fs::File,
    future::Future,
    io::{self, SeekFrom},
    path::Path,
};

use blocking::Unblock;
use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncSeek, AsyncSeekExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::bench::handle::{Handle, Payload, open_std};

/// `Unblock` over a file, as a user of it has it.
pub(super) type UnblockFile = Unblock<File>;

/// A file that is adopted, because no clock runs then.
pub(super) trait Adopt: AsyncRead + AsyncWrite + AsyncSeek + Unpin + Send + 'static {
    /// From an open file.
    fn adopt(file: File) -> Self;

    /// Makes what was written durable.
    fn sync(&mut self) -> impl Future<Output = io::Result<()>> + Send;
}

impl Adopt for async_fs::File {
    fn adopt(file: File) -> Self {
        file.into()
    }

    fn sync(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        self.sync_data()
    }
}

impl Adopt for async_std::fs::File {
    fn adopt(file: File) -> Self {
        file.into()
    }

    fn sync(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        self.sync_data()
    }
}

impl Adopt for UnblockFile {
    fn adopt(file: File) -> Self {
        Unblock::new(file)
    }

    fn sync(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        self.with_mut(|file| file.sync_data())
    }
}

/// A write and a flush.
#[derive(Debug)]
pub(super) struct Flushed<F>(Plain<F>);

impl<F: Adopt> Handle for Flushed<F> {
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
pub(super) struct Plain<F> {
    file: F,
    payload: Payload,
    buffer: Vec<u8>,
}

impl<F: Adopt> Handle for Plain<F> {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        Ok(Plain { file: F::adopt(open_std(path, is_pipe)?), payload, buffer: Vec::new() })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all(self.payload).await
    }

    async fn read(&mut self) -> io::Result<()> {
        self.buffer.resize(self.payload.len(), 0);
        self.file.read_exact(&mut self.buffer).await
    }

    async fn sync(&mut self) -> io::Result<()> {
        self.file.sync().await
    }

    async fn settle(&mut self) -> io::Result<()> {
        self.file.flush().await
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0)).await.map(drop)
    }
}
