//! A file of compio behind the trait: the bytes are visible to everybody when `write_all_complete` answers, a write
//! goes on behind a timeout, and the close tells what `close(2)` says.
//!
//! Where io_uring is not available, compio falls back to `poll(2)` and threads.

use std::{io, time::Duration};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite, adapter::FromOwned};
use compio::{fs::File, io::AsyncWriteAt, time::timeout};
use libraries::rings;

#[compio::main]
pub async fn main() -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("log");

    // A function is enough where nothing is asked of the close.
    let file = File::create(&path).await?;
    let mut writer = FromOwned::new(move |bytes, at| {
        let mut file = file.clone();
        async move { file.write_at(bytes, at).await.into() }
    });
    writer.write_all_complete(b"one\n").await?;
    assert_eq!(std::fs::read(&path)?, b"one\n");
    writer.close_complete().await?;

    // And one that goes on behind it.
    let file = compio::fs::OpenOptions::new().write(true).open(&path).await?;
    let mut writer = rings::compio(file).starting_at(4);
    let mut held = HeldWrite::new(b"two\n");
    while !held.is_done() {
        // A timeout may drop the question; the write stays in the writer, and is not made twice.
        match timeout(Duration::from_millis(1), writer.resume_write_all(&mut held)).await {
            Ok(result) => result?,
            Err(_) => println!("under way, {} bytes so far", held.completed()),
        }
    }
    assert_eq!((std::fs::read(&path)?.as_slice(), writer.position()), (b"one\ntwo\n".as_slice(), 8));
    writer.close_complete().await?;
    println!("compio: 8 bytes, complete when they were answered");
    Ok(())
}
