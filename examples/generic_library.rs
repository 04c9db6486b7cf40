//! A library function over any `AsyncWriteComplete`: its answer means the same for a file, a boxed writer, memory and a
//! socket.

use std::{
    fs,
    io::{self, Read},
    net::{TcpListener, TcpStream},
    thread,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Offload};

/// Appends `records`, each on a line of its own, and answers how many bytes are complete.
///
/// There is nothing to flush: an observer of the destination sees the bytes when this function answers.
async fn append<W: AsyncWriteComplete + Unpin>(mut writer: W, records: &[&str]) -> io::Result<usize> {
    let mut complete = 0;
    for record in records {
        let line = format!("{record}\n");
        writer.write_all_complete(line.as_bytes()).await?;
        complete += line.len();
    }
    Ok(complete)
}

const RECORDS: [&str; 3] = ["one", "two", "three"];
const TEXT: &str = "one\ntwo\nthree\n";

async fn with_a_file() -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("records");
    let complete = append(Offload::create(&path).await?, &RECORDS).await?;
    println!("file: {complete} bytes");
    assert_eq!(fs::read_to_string(&path)?, TEXT);

    // The writer may be chosen at run time. A caller that lends it keeps it, and closes it.
    let path = dir.path().join("again");
    let mut boxed: Box<dyn AsyncWriteComplete + Send + Unpin> = Box::new(Offload::create(&path).await?);
    let complete = append(&mut boxed, &RECORDS).await?;
    boxed.close_complete().await?;
    println!("boxed: {complete} bytes");
    assert_eq!(fs::read_to_string(&path)?, TEXT);
    Ok(())
}

async fn with_memory() -> io::Result<()> {
    let mut memory = Vec::new();
    let complete = append(&mut memory, &RECORDS).await?;
    println!("memory: {complete} bytes");
    assert_eq!(memory, TEXT.as_bytes());
    Ok(())
}

/// For a socket, complete means that the kernel has the bytes. It says nothing of the peer.
async fn with_a_socket() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let ours = TcpStream::connect(listener.local_addr()?)?;
    let (mut theirs, _) = listener.accept()?;
    let peer = thread::spawn(move || {
        let mut text = String::new();
        theirs.read_to_string(&mut text).map(|_| text)
    });
    let complete = append(Offload::new(ours), &RECORDS).await?;
    println!("socket: {complete} bytes");
    assert_eq!(peer.join().expect("the peer does not panic")?, TEXT);
    Ok(())
}

fn main() -> io::Result<()> {
    futures_lite::future::block_on(async {
        with_a_file().await?;
        with_memory().await?;
        with_a_socket().await
    })
}
