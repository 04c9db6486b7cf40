//! `tokio::fs::File`, by tokio's own traits.

use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

use super::{Call, SubjectFile, SubjectWriter};

/// A `tokio::fs::File`.
#[derive(Debug)]
pub(super) struct TokioFile {
    file: File,
    /// Whether a flush follows each write.
    flushes: bool,
}

impl TokioFile {
    /// The file as it is.
    pub(super) fn new(file: File) -> Self {
        TokioFile { file, flushes: false }
    }

    /// The file with a flush after each write.
    pub(super) fn flushing(file: File) -> Self {
        TokioFile { file, flushes: true }
    }
}

impl SubjectWriter for TokioFile {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Call<'a, usize> {
        Box::pin(async move {
            let count = self.file.write(bytes).await?;
            if self.flushes {
                self.file.flush().await?;
            }
            Ok(count)
        })
    }

    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> Call<'a, ()> {
        Box::pin(async move {
            self.file.write_all(bytes).await?;
            if self.flushes { self.file.flush().await } else { Ok(()) }
        })
    }

    fn flush(&mut self) -> Call<'_, ()> {
        Box::pin(self.file.flush())
    }

    fn close(&mut self) -> Call<'_, ()> {
        Box::pin(self.file.shutdown())
    }
}

impl SubjectFile for TokioFile {
    fn sync_data(&mut self) -> Call<'_, ()> {
        Box::pin(self.file.sync_data())
    }

    fn sync_all(&mut self) -> Call<'_, ()> {
        Box::pin(self.file.sync_all())
    }

    fn read<'a>(&'a mut self, bytes: &'a mut [u8]) -> Call<'a, usize> {
        Box::pin(self.file.read(bytes))
    }
}
