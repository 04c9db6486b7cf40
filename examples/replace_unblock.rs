//! Code that is generic over the traits of futures-io, as it was called with `blocking::Unblock`, called with
//! `Offload`.
//!
//! Reader, writer and seeker need no edit; `Ok` of a write means more. `with_mut` and `into_inner` can fail here: they
//! report a write that failed, and refuse while a write is outstanding.

use std::{
    fs::{self, File},
    io::{self, SeekFrom},
};

use async_write_complete::Offload;
use futures_lite::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWrite, AsyncWriteExt, StreamExt,
    io::BufReader,
};

/// A writer, which appends a record.
async fn append(mut log: impl AsyncWrite + AsyncSeek + Unpin, record: &str) -> io::Result<()> {
    log.seek(SeekFrom::End(0)).await?;
    log.write_all(record.as_bytes()).await?;
    log.write_all(b"\n").await
    // `Unblock` needs a `flush` here. With `Offload` it finds nothing to do.
}

/// A reader, which counts lines.
async fn count(log: impl AsyncRead + Unpin) -> io::Result<usize> {
    BufReader::new(log).lines().try_fold(0, |lines, _| Ok(lines + 1)).await
}

/// A seeker, which reads what stands at `offset`.
async fn read_at(mut log: impl AsyncRead + AsyncSeek + Unpin, offset: u64, len: usize) -> io::Result<String> {
    log.seek(SeekFrom::Start(offset)).await?;
    let mut bytes = vec![0; len];
    log.read_exact(&mut bytes).await?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn main() -> io::Result<()> {
    futures_lite::future::block_on(async {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("log");
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;

        // Before: `let mut log = blocking::Unblock::new(file);`
        let mut log = Offload::new(file);
        append(&mut log, "first").await?;
        append(&mut log, "second").await?;
        // Another handle sees the bytes as soon as `append` has answered.
        assert_eq!(fs::read_to_string(&path)?, "first\nsecond\n");
        assert_eq!(read_at(&mut log, 6, 6).await?, "second");
        log.seek(SeekFrom::Start(0)).await?;
        let lines = count(&mut log).await?;
        println!("{lines} lines, the second at byte 6");
        assert_eq!(lines, 2);

        // Before: `log.with_mut(..).await` and `log.into_inner().await`, without a `Result` of their own.
        let len = log.with_mut(|file| file.metadata().map(|meta| meta.len())).await??;
        let file: File = log.into_inner().await?;
        println!("{len} bytes, and the file is back");
        assert_eq!((len, file.metadata()?.len()), (13, 13));
        Ok(())
    })
}
