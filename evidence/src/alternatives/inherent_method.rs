//! Give `File` a method of its own that completes.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{
    finding::{Alternative, Finding},
    stage::{self, Pooled, at_once},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "inherent-method",
    title: "an inherent `File::write_complete`, and no trait",
    claim: "Only files answer early, so only files need another method. Who writes to a file calls it; the traits stay \
            as they are.",
    in_favor: "It is true for programs that hold a `File` and write to it themselves, which many do, and it can be \
               added to tokio or async-fs tomorrow. Nothing here speaks against that. A library that flushes after \
               each frame has it too, with what `flush-in-write-all` shows of that.",
    scenario: "A library sends frames, a length and a payload, to whatever it is given. A program sends one to a file, \
               and one to memory, and counts the bytes that are there when the library has answered.",
    demonstrate,
};

/// As `tokio::fs::File` is, with the method beside it.
struct File(Pooled);

impl File {
    /// Answers when the destination has.
    #[cfg_attr(not(test), expect(dead_code, reason = "generic code, which the scenario is about, cannot call it"))]
    async fn write_complete(&mut self, buf: &[u8]) -> io::Result<usize> {
        poll_fn(|cx| self.0.poll_free(cx)).await?;
        self.0.start(buf);
        poll_fn(|cx| self.0.poll_result(cx)).await
    }
}

/// What generic code sees of it: handed over is as good as done.
impl AsyncWrite for File {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let pooled = &mut self.get_mut().0;
        ready!(pooled.poll_free(cx))?;
        pooled.start_all(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().0.poll_free(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// The library as it can be written today. `writer.write_complete(..)` does not compile here: E0599.
async fn send<W: AsyncWrite + Unpin>(writer: &mut W, payload: &[u8]) -> io::Result<()> {
    writer.write_all(&frame(payload)).await
}

/// The library once more, for this type alone: what each library has to have for each type with such a method.
#[cfg(test)]
async fn send_to_file(file: &mut File, payload: &[u8]) -> io::Result<()> {
    let frame = frame(payload);
    let mut rest = &frame[..];
    while !rest.is_empty() {
        match file.write_complete(rest).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => rest = &rest[n..],
        }
    }
    Ok(())
}

/// The library over a trait.
async fn send_complete<W: AsyncWriteComplete + Unpin>(writer: &mut W, payload: &[u8]) -> io::Result<()> {
    writer.write_all_complete(&frame(payload)).await
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("a short payload");
    [&len.to_be_bytes()[..], payload].concat()
}

fn demonstrate() -> anyhow::Result<Finding> {
    Ok(Finding { expected: tell(7, 7), happened: with_a_method(), ours: with_a_trait() })
}

fn tell(in_file: usize, in_memory: usize) -> String {
    format!("{in_file} of 7 bytes are in the file, and {in_memory} of 7 in memory")
}

fn with_a_method() -> String {
    let (pooled, stage) = stage::pooled();
    at_once(send(&mut File(pooled), b"hello")).expect("it is handed over");
    let mut memory = Vec::new();
    at_once(send(&mut memory, b"hello")).expect("memory takes all");
    tell(stage.text().len(), memory.len())
}

fn with_a_trait() -> String {
    let (mut file, stage) = stage::ours();
    stage.drive(send_complete(&mut file, b"hello")).expect("the destination takes all");
    let mut memory = Vec::new();
    at_once(send_complete(&mut memory, b"hello")).expect("memory takes all");
    tell(stage.text().len(), memory.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_library_loses_it_in_silence() {
        assert_killed(
            &ALTERNATIVE,
            "7 of 7 bytes are in the file, and 7 of 7 in memory",
            "0 of 7 bytes are in the file, and 7 of 7 in memory",
        );
    }

    #[test]
    fn called_directly_it_does_what_it_claims() {
        let (pooled, stage) = stage::pooled();
        let mut file = File(pooled);
        stage.drive(send_to_file(&mut file, b"hello")).expect("the destination takes all");
        assert_eq!(stage.text(), "\0\u{5}hello");
    }
}
