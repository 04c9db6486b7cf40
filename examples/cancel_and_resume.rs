//! A timeout in the middle of a large write: the caller stops waiting, the write goes on, and nothing is lost.
//!
//! The destination is a socket whose peer does not read at first, so the first timeout always comes before the end.

use std::{
    io::{self, Read},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite, Offload};
use tokio::time::timeout;

/// More than the kernel keeps for a peer that does not read.
const LEN: usize = 32 << 20;
const PATIENCE: Duration = Duration::from_millis(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut writer = Offload::new(TcpStream::connect(listener.local_addr()?)?);
    let (mut theirs, _) = listener.accept()?;
    let (start_reading, started) = mpsc::channel();
    let peer = thread::spawn(move || {
        let mut received = Vec::with_capacity(LEN);
        started.recv().map_err(io::Error::other)?;
        theirs.read_to_end(&mut received).map(|_| received)
    });

    // No two parts of it are alike, so bytes that were lost or sent twice would show.
    let bytes: Vec<u8> = (0..LEN as u32 / 4).flat_map(|i| i.wrapping_mul(0x9E37_79B1).to_le_bytes()).collect();
    let mut held = HeldWrite::new(&bytes);
    let mut timeouts = 0;
    loop {
        // A timeout drops the future. `held` knows how far the write is, and what is outstanding.
        match timeout(PATIENCE, writer.resume_write_all(&mut held)).await {
            Ok(result) => break result?,
            Err(_) if timeouts == 0 => {
                println!("first timeout: {} to {} bytes are complete", held.completed(), held.maybe_completed());
                assert!(held.completed() < LEN);
                start_reading.send(()).map_err(io::Error::other)?;
            }
            Err(_) => {}
        }
        timeouts += 1;
    }
    println!("after {timeouts} timeouts: {} bytes are complete", held.completed());
    assert!(timeouts > 0 && held.is_done());

    writer.close_complete().await?;
    let received = peer.join().expect("the peer does not panic")?;
    assert!(received == bytes, "the peer has other bytes");
    println!("and the peer has received each of them once");
    Ok(())
}
