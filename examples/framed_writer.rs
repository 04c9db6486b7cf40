//! One submission, several inner ones: each write becomes a frame of length, checksum and payload.
//!
//! A transform is simpler below an `Offload`, on the blocking side, where one call carries a frame to its end. This one
//! goes over any `AsyncWriteComplete`, and it is *driven*: a frame goes on while its ticket, or the close, is polled.
//! Dropped before that, the frame may be torn. If an inner write fails after some bytes of the frame are complete,
//! nobody can know how many bytes of the caller's are, so the answer is `Indeterminate`, and the writer takes no more.

use std::{
    io::{self, Read},
    pin::Pin,
    task::{Context, Poll, ready},
    thread,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, Indeterminate, Offload};
use async_write_complete::{Started, Submitted, Ticket, Tracked, WriteOutstanding};
use futures_lite::future::{block_on, poll_once};

pub(crate) struct Frames<W> {
    inner: W,
    frame: Vec<u8>,
    /// How many bytes of the frame are complete.
    complete: usize,
    /// The inner write that is outstanding.
    ticket: Option<Ticket>,
}

impl<W: AsyncWriteComplete + Unpin> DriveWrite for Frames<W> {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        (self.frame, self.complete) = (frame(buf), 0);
        Poll::Ready(Ok(Started::Taken(buf.len())))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while self.complete < self.frame.len() {
            let (inner, rest) = (Pin::new(&mut self.inner), &self.frame[self.complete..]);
            let answer = match self.ticket {
                Some(ticket) => ready!(inner.poll_write_complete(cx, ticket)).map(Submitted::Complete),
                None => ready!(inner.poll_write_submit(cx, rest)),
            };
            self.ticket = None;
            match answer {
                Ok(Submitted::InFlight(ticket)) => self.ticket = Some(ticket),
                // Short or not, the frame goes on from there.
                Ok(Submitted::Complete(n @ 1..)) if n <= rest.len() => self.complete += n,
                // Nothing of the frame is complete, so nothing of the caller's bytes is.
                Ok(Submitted::Complete(0)) if self.complete == 0 => return Poll::Ready(Ok(0)),
                Err(error) if self.complete == 0 => return Poll::Ready(Err(error)),
                stuck => {
                    let reason = stuck.err().unwrap_or_else(|| io::ErrorKind::WriteZero.into());
                    return Poll::Ready(Err(Indeterminate::new(reason).into()));
                }
            }
        }
        Poll::Ready(Ok(self.frame.len() - frame(&[]).len()))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

/// Eight bytes of length, eight of checksum, the payload.
fn frame(payload: &[u8]) -> Vec<u8> {
    let checksum = payload.iter().fold(0_u64, |sum, byte| sum.rotate_left(7) ^ u64::from(*byte));
    [&(payload.len() as u64).to_le_bytes(), &checksum.to_le_bytes(), payload].concat()
}

/// The payloads of the frames that are whole.
pub(crate) fn payloads(mut bytes: &[u8]) -> Vec<u8> {
    let mut payloads = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk() {
        let Some((payload, rest)) =
            rest.get(8..).and_then(|rest| rest.split_at_checked(u64::from_le_bytes(*head) as usize))
        else {
            break;
        };
        payloads.extend_from_slice(payload);
        bytes = rest;
    }
    payloads
}

pub(crate) fn frames<W>(inner: W) -> Tracked<Frames<W>> {
    Tracked::new(Frames { inner, frame: Vec::new(), complete: 0, ticket: None })
}

fn main() -> io::Result<()> {
    let (mut output, pipe) = io::pipe()?;
    let large = vec![b'x'; 3 << 20]; // more than an `Offload` takes at once, and than a pipe has room for
    block_on(async {
        let mut writer = frames(Offload::new(pipe));
        // The pipe is full before the frame is through, and the future is dropped. The frame is taken all the same.
        assert!(poll_once(writer.write_all_complete(&large)).await.is_none());
        let error = writer.write_all_complete(b"small").await.expect_err("the first frame is outstanding");
        println!("a second frame: {error}");
        assert!(WriteOutstanding::find(&error).is_some());

        let reader = thread::spawn(move || {
            let mut bytes = Vec::new();
            output.read_to_end(&mut bytes).map(|_| bytes)
        });
        let settled = writer.settle().await?.expect("a frame was outstanding");
        assert_eq!((settled.submitted(), settled.completed()), (large.len(), large.len()));
        writer.write_all_complete(b"small").await?;
        writer.close_complete().await?;
        let bytes = reader.join().expect("the reader does not panic")?;
        assert!(payloads(&bytes) == [large.as_slice(), b"small"].concat());
        println!("two whole frames, though the future of the first was dropped");

        let mut room = [0; 20];
        let mut writer = frames(&mut room[..]);
        let error = writer.write_all_complete(b"too long").await.expect_err("there is no room");
        println!("a failure in mid-frame: {error}");
        assert!(Indeterminate::find(&error).is_some());
        let error = writer.write_all_complete(b"x").await.expect_err("the writer takes no more");
        assert!(Indeterminate::find(&error).is_some());
        Ok(())
    })
}
