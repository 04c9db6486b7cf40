//! A program that was written for `tokio::fs`: one import has changed.
//!
//! It keeps scores: appends them as lines, counts them in a header of fixed length, reads them back, cuts off what is
//! old.

// use tokio::fs::{File, OpenOptions};
use async_write_complete::tokio::fs::{File, OpenOptions};

use std::{
    io::{self, SeekFrom},
    path::Path,
};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufWriter};

const HEADER: usize = 12;

async fn create(path: &Path) -> io::Result<()> {
    let mut file = File::create_new(path).await?;
    file.write_all(b"scores:    0").await?;
    file.sync_all().await
}

async fn append(path: &Path, scores: &[u32]) -> io::Result<()> {
    let mut log = BufWriter::new(OpenOptions::new().append(true).open(path).await?);
    for score in scores {
        log.write_all(format!("\n{score}").as_bytes()).await?;
    }
    log.shutdown().await?;
    log.get_ref().sync_data().await
}

async fn count(path: &Path) -> io::Result<usize> {
    let file = OpenOptions::new().read(true).write(true).open(path).await?;
    let mut lines = BufReader::new(file.try_clone().await?).lines();
    let mut count = 0;
    while let Some(line) = lines.next_line().await? {
        count += usize::from(line.parse::<u32>().is_ok());
    }
    let mut file = file;
    file.seek(SeekFrom::Start(7)).await?;
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
    let file = OpenOptions::new().write(true).open(path).await?;
    file.set_len(HEADER as u64).await?;
    let std = file.into_std().await;
    Ok(std.metadata()?.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let directory = std::env::temp_dir().join(format!("from_tokio_fs.{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let path = directory.join("scores");
    create(&path).await?;
    append(&path, &[3, 5, 8]).await?;
    assert_eq!(count(&path).await?, 3);
    println!("{}", header(&path).await?);
    assert_eq!(clear(&path).await?, HEADER as u64);
    std::fs::remove_dir_all(directory)
}
