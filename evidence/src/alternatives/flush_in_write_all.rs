//! Have `write_all` flush at its end.

use std::{
    fs::{self, File},
    io,
};

use async_write_complete::{AsyncWriteCompleteExt, Offload, adapter::ToTokio};
use async_write_complete_conformance::{Destination, Observer};
use futures_lite::future::block_on;
use tempfile::NamedTempFile;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};

use super::{
    finding::{Alternative, Finding},
    held_tokio::HeldTokio,
    stage,
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "flush-in-write-all",
    title: "have `write_all` flush at its end",
    claim: "Everybody calls `write_all`, and everybody who lost bytes forgot the `flush` after it. Let it be inside.",
    in_favor: "It mends the seed program, and most of the bug reports, without a new trait. It is one call more for \
               the files that it mends.",
    scenario: "A response of five parts goes with `write_all` through a `BufWriter` to a socket, and is flushed once. \
               And a program that counts for itself calls `write` on a `tokio::fs::File`, and looks at the file.",
    demonstrate,
};

/// What `AsyncWriteExt` would be. It cannot know whether the writer is a file: the change is for every writer.
trait FlushingExt: AsyncWrite + Unpin {
    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        tokio::io::AsyncWriteExt::write_all(self, bytes).await?;
        self.flush().await
    }
}

impl<W: AsyncWrite + Unpin> FlushingExt for W {}

const RESPONSE: [&[u8]; 5] = [b"HTTP/1.1 200 OK\r\n", b"Content-Length: 5\r\n", b"\r\n", b"hel", b"lo"];

fn demonstrate() -> anyhow::Result<Finding> {
    Ok(Finding {
        expected: tell(1, 5),
        happened: tell(sends_when_flushing(), visible_after_tokio_write()?),
        ours: tell(sends_of_ours(), visible_after_our_write()?),
    })
}

fn tell(sends: usize, visible: u64) -> String {
    let sends = if sends == 1 { "1 send".to_owned() } else { format!("{sends} sends") };
    format!("the socket gets the response in {sends}; after `write` answered 5 the file has {visible} bytes")
}

/// A destination that takes all there is at once, as a socket with room does; its calls are what goes on the wire.
fn sends_when_flushing() -> usize {
    let (socket, seen) = Destination::new();
    let mut socket = BufWriter::new(socket);
    stage::at_once(async {
        for part in RESPONSE {
            FlushingExt::write_all(&mut socket, part).await.expect("the socket takes all");
        }
        socket.flush().await.expect("the socket takes all");
    });
    seen.calls().map_or(0, |calls| calls.len())
}

fn visible_after_tokio_write() -> anyhow::Result<u64> {
    let path = NamedTempFile::new()?.into_temp_path();
    let tokio = HeldTokio::new()?;
    let mut file = tokio::fs::File::from_std(File::create(&path)?);
    // `write` is cancel-safe by its text, so it cannot flush: after the point of no return a drop does something.
    assert_eq!(tokio.run(file.write(b"hello"))?, 5);
    let visible = fs::metadata(&path)?.len();
    tokio.let_go().block_on(file.flush())?;
    Ok(visible)
}

/// The buffer is on the caller's side, and sends when its caller says so.
fn sends_of_ours() -> usize {
    let (writer, stage) = stage::ours();
    let mut socket = BufWriter::new(ToTokio::new(writer));
    stage.drive(async {
        for part in RESPONSE {
            tokio::io::AsyncWriteExt::write_all(&mut socket, part).await.expect("the socket takes all");
        }
        socket.flush().await.expect("the socket takes all");
    });
    stage.calls()
}

fn visible_after_our_write() -> anyhow::Result<u64> {
    let path = NamedTempFile::new()?.into_temp_path();
    let mut file = Offload::new(File::create(&path)?);
    assert_eq!(block_on(file.write_complete(b"hello"))?, 5);
    Ok(fs::metadata(&path)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_buffer_no_longer_buffers_and_write_is_as_early_as_before() {
        assert_killed(
            &ALTERNATIVE,
            "the socket gets the response in 1 send; after `write` answered 5 the file has 5 bytes",
            "the socket gets the response in 5 sends; after `write` answered 5 the file has 0 bytes",
        );
    }
}
