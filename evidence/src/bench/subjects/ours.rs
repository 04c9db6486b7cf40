//! This crate: by its own methods, by those of futures-io, and around a futures-io writer.

use std::{fs::File, io, path::Path};

use async_write_complete::{
    AsyncWriteCompleteBytesExt as _, AsyncWriteCompleteExt as _, Offload, adapter::FromFuturesIo,
};
use blocking::Unblock;
use bytes::Bytes;
use futures_lite::AsyncWriteExt as _;

use super::{Payload, Writer};

/// `Offload` by `write_all_complete`.
#[derive(Debug)]
pub(super) struct Complete {
    file: Offload<File>,
    payload: Payload,
}

impl Writer for Complete {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Ok(Complete { file: Offload::create(path).await?, payload })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all_complete(self.payload).await
    }
}

/// `Offload` by the plain `write_all` of futures-io.
#[derive(Debug)]
pub(super) struct FuturesIo {
    file: Offload<File>,
    payload: Payload,
}

impl Writer for FuturesIo {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Ok(FuturesIo { file: Offload::create(path).await?, payload })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all(self.payload).await
    }
}

/// `Offload` by `write_all_bytes_complete`.
#[derive(Debug)]
pub(super) struct Shared {
    file: Offload<File>,
    payload: Bytes,
}

impl Writer for Shared {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        // Of an owner, so that clones are counted as they are for a caller whose bytes do not live for ever.
        Ok(Shared { file: Offload::create(path).await?, payload: Bytes::from_owner(payload) })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all_bytes_complete(self.payload.clone()).await
    }
}

/// `FromFuturesIo` around an `Unblock`: what the adapter adds is the difference to `Unblock` with a flush.
#[derive(Debug)]
pub(super) struct FromUnblock {
    file: FromFuturesIo<Unblock<File>>,
    payload: Payload,
}

impl Writer for FromUnblock {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Ok(FromUnblock { file: FromFuturesIo::new(Unblock::new(File::create(path)?)), payload })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all_complete(self.payload).await
    }
}
