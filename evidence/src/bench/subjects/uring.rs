//! The peers on io_uring. They have no cursor, so their writers count where they are.
//!
//! Their files and futures stay on one thread; a `SendWrapper` lets them stand where the others may move, and panics if
//! one of them did. It costs a comparison of thread ids for each poll, some two nanoseconds.

use std::{future::Future, io, path::Path};

use compio::{
    BufResult,
    io::{AsyncReadAtExt as _, AsyncWriteAtExt as _},
};
use send_wrapper::SendWrapper;

use crate::bench::handle::{Handle, Payload, open_std};

/// `compio::fs::File`.
pub(super) struct Compio {
    file: SendWrapper<compio::fs::File>,
    at: u64,
    payload: Payload,
    buffer: Vec<u8>,
}

impl Handle for Compio {
    fn open(path: &Path, payload: Payload, is_pipe: bool) -> impl Future<Output = io::Result<Self>> + Send {
        SendWrapper::new(async move {
            let file = compio::fs::OpenOptions::new().read(!is_pipe).write(true).open(path).await?;
            Ok(Compio { file: SendWrapper::new(file), at: 0, payload, buffer: Vec::new() })
        })
    }

    fn write(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        SendWrapper::new(async {
            let BufResult(result, payload) = self.file.write_all_at(self.payload, self.at).await;
            self.at += payload.len() as u64;
            result
        })
    }

    fn read(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        SendWrapper::new(async {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            buffer.reserve_exact(self.payload.len());
            let BufResult(result, buffer) = self.file.read_exact_at(buffer, self.at).await;
            self.at += self.payload.len() as u64;
            self.buffer = buffer;
            result
        })
    }

    fn sync(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        SendWrapper::new(self.file.sync_data())
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.at = 0;
        Ok(())
    }
}

/// `tokio_uring::fs::File`.
pub(super) struct TokioUring {
    file: SendWrapper<tokio_uring::fs::File>,
    at: u64,
    payload: Payload,
    buffer: Vec<u8>,
}

impl Handle for TokioUring {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        let file = SendWrapper::new(tokio_uring::fs::File::from_std(open_std(path, is_pipe)?));
        Ok(TokioUring { file, at: 0, payload, buffer: Vec::new() })
    }

    fn write(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        SendWrapper::new(async {
            let (result, payload) = self.file.write_all_at(self.payload, self.at).await;
            self.at += payload.len() as u64;
            result
        })
    }

    fn read(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        SendWrapper::new(async {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            buffer.reserve_exact(self.payload.len());
            let (result, buffer) = self.file.read_exact_at(buffer, self.at).await;
            self.at += self.payload.len() as u64;
            self.buffer = buffer;
            result
        })
    }

    fn sync(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        SendWrapper::new(self.file.sync_data())
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.at = 0;
        Ok(())
    }
}
