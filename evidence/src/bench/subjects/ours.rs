//! This crate: by its own methods, by those of futures-io, and around a futures-io writer.

use std::{fs::File, io, path::Path};

use async_write_complete::{AsyncWriteCompleteExt as _, Offload, adapter::FromFuturesIo};
use blocking::Unblock;
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
