//! The peers on io_uring. They have no cursor, so their writers count where the file ends.
//!
//! Their files and futures stay on one thread; a `SendWrapper` lets them stand where the others may move, and panics if
//! one of them did. It costs a comparison of thread ids for each poll, some two nanoseconds.

use std::{future::Future, io, path::Path};

use compio::{BufResult, io::AsyncWriteAtExt as _};
use send_wrapper::SendWrapper;

use super::{Payload, Writer};

/// `compio::fs::File`.
pub(super) struct Compio {
    file: SendWrapper<compio::fs::File>,
    end: u64,
    payload: Payload,
}

impl Writer for Compio {
    fn open(path: &Path, payload: Payload) -> impl Future<Output = io::Result<Self>> + Send {
        SendWrapper::new(async move {
            let file = SendWrapper::new(compio::fs::File::create(path).await?);
            Ok(Compio { file, end: 0, payload })
        })
    }

    fn write(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        SendWrapper::new(async {
            let BufResult(result, payload) = self.file.write_all_at(self.payload, self.end).await;
            self.end += payload.len() as u64;
            result
        })
    }
}

/// `tokio_uring::fs::File`.
pub(super) struct TokioUring {
    file: SendWrapper<tokio_uring::fs::File>,
    end: u64,
    payload: Payload,
}

impl Writer for TokioUring {
    fn open(path: &Path, payload: Payload) -> impl Future<Output = io::Result<Self>> + Send {
        SendWrapper::new(async move {
            let file = SendWrapper::new(tokio_uring::fs::File::create(path).await?);
            Ok(TokioUring { file, end: 0, payload })
        })
    }

    fn write(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        SendWrapper::new(async {
            let (result, payload) = self.file.write_all_at(self.payload, self.end).await;
            self.end += payload.len() as u64;
            result
        })
    }
}
