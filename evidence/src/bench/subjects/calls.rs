//! Plain `std` calls: on this thread, and one closure on a pool for each write.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use super::{Payload, Writer};

/// `std::fs::File` on the thread that asks: the reference.
#[derive(Debug)]
pub(super) struct Std {
    file: File,
    payload: Payload,
}

impl Writer for Std {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Ok(Std { file: File::create(path)?, payload })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all(self.payload)
    }
}

/// The file and the bytes go to a closure, and come back from it.
#[derive(Debug)]
struct Lent {
    file: Option<File>,
    payload: Payload,
}

impl Lent {
    fn create(path: &Path, payload: Payload) -> io::Result<Self> {
        Ok(Lent { file: Some(File::create(path)?), payload })
    }

    /// What the pool is to run.
    fn lend(&mut self) -> io::Result<impl FnOnce() -> (File, io::Result<()>) + Send + 'static> {
        let payload = self.payload;
        let mut file = self.file.take().ok_or_else(|| io::Error::other("the file did not come back"))?;
        Ok(move || {
            let result = file.write_all(payload);
            (file, result)
        })
    }

    fn take_back(&mut self, (file, result): (File, io::Result<()>)) -> io::Result<()> {
        self.file = Some(file);
        result
    }
}

/// One `tokio::task::spawn_blocking` for each write.
#[derive(Debug)]
pub(super) struct SpawnBlocking(Lent);

impl Writer for SpawnBlocking {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Lent::create(path, payload).map(SpawnBlocking)
    }

    async fn write(&mut self) -> io::Result<()> {
        let call = self.0.lend()?;
        let answer = tokio::task::spawn_blocking(call).await.map_err(io::Error::other)?;
        self.0.take_back(answer)
    }
}

/// One `blocking::unblock` for each write.
#[derive(Debug)]
pub(super) struct UnblockCall(Lent);

impl Writer for UnblockCall {
    async fn open(path: &Path, payload: Payload) -> io::Result<Self> {
        Lent::create(path, payload).map(UnblockCall)
    }

    async fn write(&mut self) -> io::Result<()> {
        let call = self.0.lend()?;
        let answer = blocking::unblock(call).await;
        self.0.take_back(answer)
    }
}
