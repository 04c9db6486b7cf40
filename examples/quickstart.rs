//! The seed program, now right: the bytes are in the file when the write answers.
//!
//! It creates a file, writes 1,024 bytes, and asks the file system for the file's length, 500 times.
//! `cargo run --release -p evidence -- audit --case seed` asks the same of other crates.

use std::{fs, io};

use async_write_complete::{AsyncWriteCompleteExt, Offload};
use futures_lite::future::block_on;

const ROUNDS: usize = 500;
const BYTES: [u8; 1024] = [b'x'; 1024];

fn main() -> io::Result<()> {
    block_on(async {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("seed");
        let mut short = 0;
        for _ in 0..ROUNDS {
            let mut file = Offload::create(&path).await?;
            file.write_all_complete(&BYTES).await?;
            // Without a flush, a sync or a close.
            if fs::metadata(&path)?.len() < BYTES.len() as u64 {
                short += 1;
            }
        }
        println!("{short} of {ROUNDS} files were short when the write answered");
        assert_eq!(short, 0);

        // A sync makes the bytes survive power loss. A close reports what goes wrong with the release.
        let mut file = Offload::create(&path).await?;
        file.write_all_complete(b"complete, then durable").await?;
        file.sync_all().await?;
        file.close_complete().await?;
        assert_eq!(fs::read(&path)?, b"complete, then durable");
        println!("and the last one is durable");
        Ok(())
    })
}
