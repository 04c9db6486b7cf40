//! Plain `std` calls: on this thread, and one closure on a pool for each operation.

use std::{
    fs::File,
    future::Future,
    io::{self, Read as _, Seek as _, Write as _},
    marker::PhantomData,
    path::Path,
};

use crate::bench::handle::{Handle, Payload, open_std};

/// `std::fs::File` on the thread that asks: the reference.
#[derive(Debug)]
pub(super) struct Std {
    file: File,
    payload: Payload,
    buffer: Vec<u8>,
}

impl Handle for Std {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        Ok(Std { file: open_std(path, is_pipe)?, payload, buffer: Vec::new() })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all(self.payload)
    }

    async fn read(&mut self) -> io::Result<()> {
        self.buffer.resize(self.payload.len(), 0);
        self.file.read_exact(&mut self.buffer)
    }

    async fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.file.rewind()
    }
}

/// A pool of threads that runs a closure.
pub(super) trait Calls: Send + 'static {
    /// Runs it, and answers what it answered.
    fn call<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> impl Future<Output = io::Result<R>> + Send;
}

/// `tokio::task::spawn_blocking`.
#[derive(Debug)]
pub(super) struct SpawnBlocking;

impl Calls for SpawnBlocking {
    async fn call<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> io::Result<R> {
        tokio::task::spawn_blocking(f).await.map_err(io::Error::other)
    }
}

/// `blocking::unblock`.
#[derive(Debug)]
pub(super) struct Unblock;

impl Calls for Unblock {
    async fn call<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> io::Result<R> {
        Ok(blocking::unblock(f).await)
    }
}

/// The file and a buffer go to a closure on `C` for each operation, and come back from it.
#[derive(Debug)]
pub(super) struct Lent<C> {
    lent: Option<(File, Vec<u8>)>,
    payload: Payload,
    pool: PhantomData<C>,
}

impl<C: Calls> Lent<C> {
    async fn with(&mut self, f: fn(&mut File, &mut Vec<u8>, Payload) -> io::Result<()>) -> io::Result<()> {
        let payload = self.payload;
        let lent = self.lent.take().ok_or_else(|| io::Error::other("the file did not come back"))?;
        let call = move || {
            let (mut file, mut buffer) = lent;
            let result = f(&mut file, &mut buffer, payload);
            ((file, buffer), result)
        };
        let (lent, result) = C::call(call).await?;
        self.lent = Some(lent);
        result
    }
}

impl<C: Calls> Handle for Lent<C> {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        let lent = Some((open_std(path, is_pipe)?, Vec::new()));
        Ok(Lent { lent, payload, pool: PhantomData })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.with(|file, _, payload| file.write_all(payload)).await
    }

    async fn read(&mut self) -> io::Result<()> {
        self.with(|file, buffer, payload| {
            buffer.resize(payload.len(), 0);
            file.read_exact(buffer)
        })
        .await
    }

    async fn sync(&mut self) -> io::Result<()> {
        self.with(|file, _, _| file.sync_data()).await
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.with(|file, _, _| file.rewind()).await
    }
}
