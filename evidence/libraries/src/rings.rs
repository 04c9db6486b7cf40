//! Files of runtimes over io_uring as [`AsyncWriteComplete`](async_write_complete::AsyncWriteComplete)s: each an
//! [`OwnedWrite`] in a [`FromOwned`].
//!
//! A close is the runtime's own, so it tells what `close(2)` says, and a file is closed when it has ended. Where that
//! does not matter a function will do:
//!
//! ```
//! use async_write_complete::adapter::FromOwned;
//! use compio::io::AsyncWriteAt;
//!
//! # fn writer(file: compio::fs::File) {
//! let writer = FromOwned::new(move |bytes, at| {
//!     let mut file = file.clone();
//!     async move { file.write_at(bytes, at).await.into() }
//! });
//! # let _ = writer; }
//! ```

use std::{future::Future, io, pin::Pin, rc::Rc};

use async_write_complete::adapter::{FromOwned, OwnedWrite};
use compio::io::AsyncWriteAt;

/// A future of one thread.
type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// A file of compio. A future that is dropped cancels its operation.
#[derive(Debug)]
pub struct Compio(compio::fs::File);

/// A file of tokio-uring. A future that is dropped lets its operation end.
pub struct TokioUring(Rc<tokio_uring::fs::File>);

/// A file of monoio. A future that is dropped cancels its operation, with the feature `async-cancel`.
#[derive(Debug)]
pub struct Monoio(Rc<monoio::fs::File>);

/// A writer to `file`, from its beginning.
pub fn compio(file: compio::fs::File) -> FromOwned<Compio> {
    FromOwned::over(Compio(file))
}

/// A writer to `file`, from its beginning.
pub fn tokio_uring(file: tokio_uring::fs::File) -> FromOwned<TokioUring> {
    FromOwned::over(TokioUring(Rc::new(file)))
}

/// A writer to `file`, from its beginning.
pub fn monoio(file: monoio::fs::File) -> FromOwned<Monoio> {
    FromOwned::over(Monoio(Rc::new(file)))
}

impl OwnedWrite for Compio {
    type Write = Local<(io::Result<usize>, Vec<u8>)>;
    type Close = Local<io::Result<()>>;

    fn write(&mut self, bytes: Vec<u8>, at: u64) -> Self::Write {
        let mut file = self.0.clone();
        Box::pin(async move { file.write_at(bytes, at).await.into() })
    }

    fn close(self) -> Self::Close {
        Box::pin(self.0.close())
    }
}

impl OwnedWrite for TokioUring {
    type Write = Local<(io::Result<usize>, Vec<u8>)>;
    type Close = Local<io::Result<()>>;

    fn write(&mut self, bytes: Vec<u8>, at: u64) -> Self::Write {
        let file = self.0.clone();
        Box::pin(async move { file.write_at(bytes, at).submit().await })
    }

    fn close(self) -> Self::Close {
        Box::pin(async move { alone(self.0)?.close().await })
    }
}

impl OwnedWrite for Monoio {
    type Write = Local<(io::Result<usize>, Vec<u8>)>;
    type Close = Local<io::Result<()>>;

    fn write(&mut self, bytes: Vec<u8>, at: u64) -> Self::Write {
        let file = self.0.clone();
        Box::pin(async move { file.write_at(bytes, at).await })
    }

    fn close(self) -> Self::Close {
        Box::pin(async move { alone(self.0)?.close().await })
    }
}

/// The file, of which no write has a share any more.
fn alone<F>(file: Rc<F>) -> io::Result<F> {
    Rc::try_unwrap(file).map_err(|_| io::Error::other("a write has the file, or somebody else"))
}
