//! `Offload` by `write_complete` and its companions.

use std::fs::File;

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt as _, Offload};
use futures_lite::AsyncReadExt as _;

use super::{Call, SubjectFile, SubjectWriter};

/// A writer whose answers come when the write is complete.
#[derive(Debug)]
pub(super) struct ByWriteComplete<W>(pub(super) W);

impl<W: AsyncWriteComplete + Unpin + Send> SubjectWriter for ByWriteComplete<W> {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Call<'a, usize> {
        Box::pin(self.0.write_complete(bytes))
    }

    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> Call<'a, ()> {
        Box::pin(self.0.write_all_complete(bytes))
    }

    /// The trait has no flush, because nothing is left to wait for; what may be left to ask for is a dropped write.
    fn flush(&mut self) -> Call<'_, ()> {
        Box::pin(async { self.0.settle().await.map(drop) })
    }

    fn close(&mut self) -> Call<'_, ()> {
        Box::pin(self.0.close_complete())
    }

    fn settle(&mut self) -> Call<'_, Option<usize>> {
        Box::pin(async { Ok(self.0.settle().await?.map(|settled| settled.completed())) })
    }
}

impl SubjectFile for ByWriteComplete<Offload<File>> {
    fn sync_data(&mut self) -> Call<'_, ()> {
        Box::pin(self.0.sync_data())
    }

    fn sync_all(&mut self) -> Call<'_, ()> {
        Box::pin(self.0.sync_all())
    }

    fn read<'a>(&'a mut self, bytes: &'a mut [u8]) -> Call<'a, usize> {
        Box::pin(self.0.read(bytes))
    }
}
