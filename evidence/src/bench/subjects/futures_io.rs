//! The peers that speak futures-io, with a flush after each write and without.

use std::{fs::File, io, path::Path};

use blocking::Unblock;
use futures_lite::{AsyncWrite, AsyncWriteExt as _};

use super::{Payload, Writer};

/// `Unblock` over a file, as a user of it has it.
pub(super) type UnblockFile = Unblock<File>;

/// A file that is adopted, because no clock runs then.
pub(super) trait Adopt: AsyncWrite + Unpin + Send + 'static {
    /// From an open file.
    fn adopt(file: File) -> Self;
}

impl Adopt for async_fs::File {
    fn adopt(file: File) -> Self {
        file.into()
    }
}

impl Adopt for async_std::fs::File {
    fn adopt(file: File) -> Self {
        file.into()
    }
}

impl Adopt for UnblockFile {
    fn adopt(file: File) -> Self {
        Unblock::new(file)
    }
}

/// A write and a flush.
#[derive(Debug)]
pub(super) struct Flushed<F>(Plain<F>);

impl<F: Adopt> Writer for Flushed<F> {
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
pub(super) struct Plain<F> {
    file: F,
    payload: Payload,
}

impl<F: Adopt> Writer for Plain<F> {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Ok(Plain { file: F::adopt(File::create(path)?), payload })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all(self.payload).await
    }

    async fn settle(&mut self) -> io::Result<()> {
        self.file.flush().await
    }
}
