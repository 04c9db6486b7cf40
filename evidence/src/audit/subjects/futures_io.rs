//! Everything that speaks futures-io: async-fs, async-std, `Unblock`, and ours by its plain `write`.

use std::fs::File;

use async_write_complete::Offload;
use blocking::Unblock;
use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{Call, SubjectFile, SubjectWriter};

/// A writer used by the extension traits that everybody uses.
#[derive(Debug)]
pub(super) struct ByFuturesIo<W>(pub(super) W);

impl<W: AsyncWrite + Unpin + Send> SubjectWriter for ByFuturesIo<W> {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Call<'a, usize> {
        Box::pin(self.0.write(bytes))
    }

    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> Call<'a, ()> {
        Box::pin(self.0.write_all(bytes))
    }

    fn flush(&mut self) -> Call<'_, ()> {
        Box::pin(self.0.flush())
    }

    fn close(&mut self) -> Call<'_, ()> {
        Box::pin(self.0.close())
    }
}

impl<W: AsyncRead + AsyncWrite + Syncs + Unpin + Send> SubjectFile for ByFuturesIo<W> {
    fn sync_data(&mut self) -> Call<'_, ()> {
        Syncs::sync_data(&mut self.0)
    }

    fn sync_all(&mut self) -> Call<'_, ()> {
        Syncs::sync_all(&mut self.0)
    }

    fn read<'a>(&'a mut self, bytes: &'a mut [u8]) -> Call<'a, usize> {
        Box::pin(self.0.read(bytes))
    }

    fn sync_name(&self, method: &str) -> String {
        W::sync_name(method)
    }
}

/// `sync_data` and `sync_all`, which each type has as methods of its own.
pub(super) trait Syncs {
    /// Makes the bytes of the file durable.
    fn sync_data(&mut self) -> Call<'_, ()>;
    /// Makes the file durable.
    fn sync_all(&mut self) -> Call<'_, ()>;
    /// How a report calls them.
    fn sync_name(method: &str) -> String {
        method.to_owned()
    }
}

macro_rules! syncs {
    ($($file:ty),*) => {$(
        impl Syncs for $file {
            fn sync_data(&mut self) -> Call<'_, ()> {
                Box::pin(<$file>::sync_data(self))
            }

            fn sync_all(&mut self) -> Call<'_, ()> {
                Box::pin(<$file>::sync_all(self))
            }
        }
    )*};
}

syncs!(async_fs::File, async_std::fs::File, Offload<File>);

/// `Unblock` has no sync; this is its way to reach that of the file.
impl Syncs for Unblock<File> {
    fn sync_data(&mut self) -> Call<'_, ()> {
        Box::pin(self.with_mut(|file| file.sync_data()))
    }

    fn sync_all(&mut self) -> Call<'_, ()> {
        Box::pin(self.with_mut(|file| file.sync_all()))
    }

    fn sync_name(method: &str) -> String {
        format!("with_mut({method})")
    }
}
