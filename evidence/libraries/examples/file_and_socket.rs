//! One function for a file, for sockets of tokio and of async-io, and for memory: an answer means the same for all.

use std::{
    io::{self, Read},
    net::{TcpListener, TcpStream},
    thread,
};

use async_io::Async;
use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt,
    adapter::{FromFuturesIo, FromTokio},
    fs::File,
};

/// Sends each record with its length before it, and says how many bytes are complete.
async fn send<W: AsyncWriteComplete + Unpin>(mut writer: W, records: &[&str]) -> io::Result<usize> {
    let mut complete = 0;
    for record in records {
        let frame = [&(record.len() as u32).to_be_bytes(), record.as_bytes()].concat();
        writer.write_all_complete(&frame).await?;
        complete += frame.len();
    }
    // The peer of a socket sees the end.
    writer.close_complete().await?;
    Ok(complete)
}

const RECORDS: [&str; 2] = ["one", "three"];
const FRAMES: &[u8] = b"\0\0\0\x03one\0\0\0\x05three";

/// A connected socket, and a thread that receives all there is at its other end.
fn connect() -> io::Result<(TcpStream, thread::JoinHandle<io::Result<Vec<u8>>>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let ours = TcpStream::connect(listener.local_addr()?)?;
    let (mut theirs, _) = listener.accept()?;
    ours.set_nonblocking(true)?;
    let peer = thread::spawn(move || {
        let mut received = Vec::new();
        theirs.read_to_end(&mut received).map(|_| received)
    });
    Ok((ours, peer))
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("frames");
    let complete = send(File::create(&path).await?, &RECORDS).await?;
    println!("a file: {complete} bytes; others read them");
    assert_eq!(std::fs::read(&path)?, FRAMES);

    let mut memory = Vec::new();
    send(&mut memory, &RECORDS).await?;
    assert_eq!(memory, FRAMES);

    // For a socket, complete means that the kernel has the bytes; it says nothing of the peer.
    let (ours, peer) = connect()?;
    let complete = send(FromTokio::new(tokio::net::TcpStream::from_std(ours)?), &RECORDS).await?;
    println!("a socket of tokio: {complete} bytes; the kernel has them");
    assert_eq!(peer.join().expect("the peer does not panic")?, FRAMES);

    let (ours, peer) = connect()?;
    let complete = send(FromFuturesIo::new(Async::new(ours)?), &RECORDS).await?;
    println!("a socket of async-io: {complete} bytes; the kernel has them");
    assert_eq!(peer.join().expect("the peer does not panic")?, FRAMES);
    Ok(())
}
