//! A program that was written for `smol::fs`, which is `async_fs`: one import has changed.
//!
//! It keeps notes: appends them as lines, counts them in a header of fixed length, reads them back, cuts off what is
//! old.

// use smol::fs::{File, OpenOptions, read, write};
use async_write_complete::fs::{File, OpenOptions, read, write};

use std::{
    io::{self, SeekFrom},
    path::Path,
};

use futures_lite::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, StreamExt, future,
    io::{BufReader, BufWriter},
};

const HEADER: usize = 11;

async fn create(path: &Path) -> io::Result<()> {
    write(path, b"notes:    0").await
}

async fn append(path: &Path, notes: &[&str]) -> io::Result<()> {
    let log = OpenOptions::new().append(true).open(path).await?;
    let mut log = BufWriter::new(log);
    for note in notes {
        log.write_all(b"\n").await?;
        log.write_all(note.as_bytes()).await?;
    }
    log.flush().await?;
    log.get_mut().sync_data().await?;
    log.close().await
}

async fn count(path: &Path) -> io::Result<usize> {
    let mut file = OpenOptions::new().read(true).write(true).open(path).await?;
    let mut count = 0;
    let mut lines = BufReader::new(&mut file).lines();
    while let Some(line) = lines.next().await {
        count += usize::from(!line?.starts_with("notes:"));
    }
    file.seek(SeekFrom::Start(6)).await?;
    file.write_all(format!("{count:>5}").as_bytes()).await?;
    file.flush().await?;
    Ok(count)
}

async fn header(path: &Path) -> io::Result<String> {
    let mut file = File::open(path).await?;
    let mut header = [0; HEADER];
    file.read_exact(&mut header).await?;
    Ok(String::from_utf8_lossy(&header).into_owned())
}

async fn clear(path: &Path) -> io::Result<u64> {
    let mut file = OpenOptions::new().write(true).open(path).await?;
    file.set_len(HEADER as u64).await?;
    file.sync_all().await?;
    Ok(file.metadata().await?.len())
}

fn main() -> io::Result<()> {
    let directory = std::env::temp_dir().join(format!("from_smol_fs.{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let path = directory.join("notes");
    future::block_on(async {
        create(&path).await?;
        append(&path, &["write", "sync", "read"]).await?;
        assert_eq!(count(&path).await?, 3);
        println!("{}", header(&path).await?);
        assert_eq!(clear(&path).await?, HEADER as u64);
        assert_eq!(read(&path).await?, b"notes:    3");
        std::fs::remove_dir_all(&directory)
    })
}
