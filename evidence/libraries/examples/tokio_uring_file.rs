//! A file of tokio-uring behind the trait, in a function that takes any writer.

use std::io;

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt};
use libraries::rings;

/// Knows nothing of rings.
async fn append(mut writer: impl AsyncWriteComplete + Unpin, records: &[&str]) -> io::Result<()> {
    for record in records {
        writer.write_all_complete(format!("{record}\n").as_bytes()).await?;
    }
    writer.close_complete().await
}

pub fn main() -> io::Result<()> {
    let runtime = match tokio_uring::Runtime::new(&tokio_uring::builder()) {
        Ok(runtime) => runtime,
        Err(error) => {
            println!("NOT CHECKED: no io_uring here: {error}");
            return Ok(());
        }
    };
    runtime.block_on(async {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("log");
        let file = tokio_uring::fs::File::create(&path).await?;
        append(rings::tokio_uring(file), &["one", "two"]).await?;
        assert_eq!(std::fs::read(&path)?, b"one\ntwo\n");
        println!("tokio-uring: 8 bytes, complete when they were answered");
        Ok(())
    })
}
