//! Give the buffer away, and get it back with the result.

use std::{
    future::poll_fn,
    io::{self, Write as _},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Submitted};

use super::{
    finding::{Alternative, Finding},
    stage::{self, Pooled, at_once, drop_midway, locked},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "owned-buffers",
    title: "`write(buf) -> (io::Result<usize>, buf)`, with buffers that the writer owns meanwhile",
    claim: "A pool thread or a kernel needs the bytes after the poll has returned, so they have to be given away. \
            tokio-uring, monoio and compio show that it works: no copy, and the exact count and error.",
    in_favor: "It is right, and over a pool or a ring it saves the copy that a lent slice needs. Whoever has `Bytes` \
               gets the same here (feature `bytes`). As the only way to write it excludes the code that has a slice, \
               and that is nearly all there is: `&[u8]` is what `io::Write`, `AsyncWrite`, serializers and encoders \
               have.",
    scenario: "Generic code has a slice of somebody else's buffer, and a destination that completes at once, as a \
               socket with room does: is it given these bytes, or a copy? And a write is dropped midway by a timeout: \
               how many of its 5 bytes does the caller still have, to try again or to log?",
    demonstrate,
};

/// Bytes that can be given away: nobody else changes them, and they stay where they are.
trait OwnedBytes: Send + 'static {
    fn bytes(&self) -> &[u8];
}

impl OwnedBytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// Not dyn-compatible (E0038): the method is generic over the buffer, which has to come back as what it was.
trait OwnedWrite {
    async fn write<B: OwnedBytes>(&mut self, buf: B) -> (io::Result<usize>, B);
}

struct File(Pooled);

impl OwnedWrite for File {
    async fn write<B: OwnedBytes>(&mut self, buf: B) -> (io::Result<usize>, B) {
        if let Err(error) = poll_fn(|cx| self.0.poll_free(cx)).await {
            return (Err(error), buf);
        }
        let back = Arc::new(Mutex::new(None));
        let shelf = back.clone();
        self.0.call(move |destination| {
            let result = destination.write(buf.bytes());
            *locked(&shelf) = Some(buf);
            result
        });
        let result = poll_fn(|cx| self.0.poll_result(cx)).await;
        let buf = locked(&back).take().expect("the call has put it back");
        (result, buf)
    }
}

/// A destination that completes at once, and notes where the bytes were that it was given.
#[derive(Default)]
struct Socket {
    given: Option<*const u8>,
}

impl OwnedWrite for Socket {
    async fn write<B: OwnedBytes>(&mut self, buf: B) -> (io::Result<usize>, B) {
        self.given = Some(buf.bytes().as_ptr());
        (Ok(buf.bytes().len()), buf)
    }
}

impl AsyncWriteComplete for Socket {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.given = Some(buf.as_ptr());
        Poll::Ready(Ok(Submitted::Complete(buf.len())))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn demonstrate() -> anyhow::Result<Finding> {
    Ok(Finding {
        expected: tell(true, 5),
        happened: tell(lends_to_owned()?, left_by_owned()),
        ours: tell(lends_to_ours()?, left_by_ours()),
    })
}

fn tell(is_lent: bool, left: usize) -> String {
    let given = if is_lent { "the caller's own bytes" } else { "a copy" };
    format!("the socket is given {given}; after the timeout the caller has {left} of its 5 bytes")
}

/// Somebody else's buffer, of which generic code has a part.
const BUFFER: &[u8] = b"head hello tail";

fn slice() -> &'static [u8] {
    &BUFFER[5..10]
}

/// What generic code is given, whose lifetime it does not know.
async fn write_slice_owned<W: OwnedWrite>(writer: &mut W, slice: &[u8]) -> io::Result<usize> {
    // Without the copy the compiler refuses it: E0521.
    writer.write(slice.to_vec()).await.0
}

fn lends_to_owned() -> io::Result<bool> {
    let mut socket = Socket::default();
    at_once(write_slice_owned(&mut socket, slice()))?;
    Ok(socket.given == Some(slice().as_ptr()))
}

fn lends_to_ours() -> io::Result<bool> {
    let mut socket = Socket::default();
    at_once(socket.write_complete(slice()))?;
    Ok(socket.given == Some(slice().as_ptr()))
}

fn left_by_owned() -> usize {
    let (pooled, stage) = stage::pooled();
    let mut file = File(pooled);
    let mut buffer = Some(b"hello".to_vec());
    drop_midway(async {
        let (result, back) = file.write(buffer.take().expect("it is here")).await;
        buffer = Some(back);
        result
    });
    stage.step();
    buffer.map_or(0, |buffer| buffer.len())
}

fn left_by_ours() -> usize {
    let (mut writer, stage) = stage::ours();
    let mut held = HeldWrite::new(b"hello");
    drop_midway(writer.resume_write_all(&mut held));
    stage.step();
    held.remaining().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_slice_is_copied_and_a_dropped_write_takes_the_buffer_along() {
        assert_killed(
            &ALTERNATIVE,
            "the socket is given the caller's own bytes; after the timeout the caller has 5 of its 5 bytes",
            "the socket is given a copy; after the timeout the caller has 0 of its 5 bytes",
        );
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        let (pooled, stage) = stage::pooled();
        let mut file = File(pooled);
        let buffer = b"hello".to_vec();
        let place = buffer.as_ptr();
        let (result, back) = stage.drive(file.write(buffer));
        assert_eq!(result.expect("all is taken"), 5);
        assert_eq!(back.as_ptr(), place, "the same buffer, without a copy");
        assert_eq!(stage.text(), "hello");
    }
}
