//! The lines that open RFC 0001, and the same for `Unblock`: two writers of today answer before their bytes are in the
//! file.
//!
//! It shows a race, so it asserts nothing. `cargo run --release -p evidence -- audit --case seed` counts how often each
//! side wins.

use std::fs::metadata;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let dir = tempfile::tempdir()?;

    let path = dir.path().join("tokio");
    let mut file = tokio::fs::File::create(&path).await?;
    tokio::io::AsyncWriteExt::write_all(&mut file, b"hello").await?;
    println!("tokio: {} of 5 bytes", metadata(&path)?.len());

    let path = dir.path().join("unblock"); // the writer inside `smol::fs::File`
    let mut file = blocking::Unblock::new(std::fs::File::create(&path)?);
    futures_lite::AsyncWriteExt::write_all(&mut file, b"hello").await?;
    println!("Unblock: {} of 5 bytes", metadata(&path)?.len());
    Ok(())
}
