//! This crate: by its own methods, by those of futures-io, with `Bytes`, and without spinning.

use std::{
    fs::File,
    io::{self, SeekFrom},
    path::Path,
};

use async_write_complete::{AsyncWriteCompleteBytesExt as _, AsyncWriteCompleteExt as _, Offload, offload::Policy};
use bytes::Bytes;
use futures_lite::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use crate::bench::handle::{Handle, Payload, open_std};

/// `Offload` by `write_all_complete`.
#[derive(Debug)]
pub(super) struct Complete {
    file: Offload<File>,
    payload: Payload,
    buffer: Vec<u8>,
}

impl Handle for Complete {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        Ok(Complete { file: Offload::new(open_std(path, is_pipe)?), payload, buffer: Vec::new() })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all_complete(self.payload).await
    }

    async fn read(&mut self) -> io::Result<()> {
        self.buffer.resize(self.payload.len(), 0);
        self.file.read_exact(&mut self.buffer).await
    }

    async fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data().await
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0)).await.map(drop)
    }
}

/// The same, with `Policy::never_spin`.
#[derive(Debug)]
pub(super) struct NeverSpin(Complete);

impl Handle for NeverSpin {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        let Complete { file, payload, buffer } = Complete::open(path, payload, is_pipe).await?;
        Ok(NeverSpin(Complete { file: file.policy(Policy::never_spin()), payload, buffer }))
    }

    async fn write(&mut self) -> io::Result<()> {
        self.0.write().await
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.0.rewind().await
    }
}

/// `Offload` by the plain `write_all` of futures-io.
#[derive(Debug)]
pub(super) struct FuturesIo(Complete);

impl Handle for FuturesIo {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        Complete::open(path, payload, is_pipe).await.map(FuturesIo)
    }

    async fn write(&mut self) -> io::Result<()> {
        self.0.file.write_all(self.0.payload).await
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.0.rewind().await
    }
}

/// `Offload` by `write_all_bytes_complete`.
#[derive(Debug)]
pub(super) struct Shared {
    file: Offload<File>,
    payload: Bytes,
}

impl Handle for Shared {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        // Of an owner, so that clones are counted as they are for a caller whose bytes do not live for ever.
        Ok(Shared { file: Offload::new(open_std(path, is_pipe)?), payload: Bytes::from_owner(payload) })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all_bytes_complete(self.payload.clone()).await
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0)).await.map(drop)
    }
}
