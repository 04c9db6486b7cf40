//! Writes at positions, by `&self`: those of std on this thread, of std in a closure on a pool, and ours.

use std::{fs::File, io, marker::PhantomData, os::unix::fs::FileExt as _, path::Path, sync::Arc};

use async_write_complete::fs::PositionedFile;

use super::calls::Calls;
use crate::bench::handle::{Handle, Payload, open_std};

/// `write_all_at` of std, on the thread that asks.
#[derive(Debug)]
pub(super) struct Std {
    file: File,
    payload: Payload,
    offset: u64,
}

impl Handle for Std {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        Ok(Std { file: open_std(path, is_pipe)?, payload, offset: 0 })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all_at(self.payload, self.offset)?;
        self.offset += self.payload.len() as u64;
        Ok(())
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.offset = 0;
        Ok(())
    }
}

/// The same in a closure on `C`, which shares the file.
#[derive(Debug)]
pub(super) struct Shared<C> {
    file: Arc<File>,
    payload: Payload,
    offset: u64,
    pool: PhantomData<C>,
}

impl<C: Calls> Handle for Shared<C> {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        Ok(Shared { file: Arc::new(open_std(path, is_pipe)?), payload, offset: 0, pool: PhantomData })
    }

    async fn write(&mut self) -> io::Result<()> {
        let (file, payload, offset) = (self.file.clone(), self.payload, self.offset);
        C::call(move || file.write_all_at(payload, offset)).await??;
        self.offset += self.payload.len() as u64;
        Ok(())
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.offset = 0;
        Ok(())
    }
}

/// `PositionedFile` of this crate.
#[derive(Debug)]
pub(super) struct Ours {
    file: PositionedFile,
    payload: Payload,
    offset: u64,
}

impl Handle for Ours {
    async fn open(path: &Path, payload: Payload, is_pipe: bool) -> io::Result<Self> {
        Ok(Ours { file: PositionedFile::new(open_std(path, is_pipe)?)?, payload, offset: 0 })
    }

    async fn write(&mut self) -> io::Result<()> {
        self.file.write_all_at(self.payload, self.offset).await?;
        self.offset += self.payload.len() as u64;
        Ok(())
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.offset = 0;
        Ok(())
    }
}
