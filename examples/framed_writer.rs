//! One submission, several inner ones: each write becomes a frame of length, checksum and payload.
//!
//! A transform is simpler below `Offload`, on the blocking side, where one call carries a frame to its end; this one goes over
//! any `AsyncWriteComplete`. It is *driven*: polls carry a frame on, those of any later operation too, and dropping it early
//! may tear the tail. If an inner write fails inside a frame the answer is `Indeterminate`, and it takes no more.

use std::task::{Context, Poll, ready};
use std::{fs, io, pin::Pin};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, Indeterminate, Offload};
use async_write_complete::{Started, Submitted, Ticket, Tracked};
use futures_lite::future::{block_on, poll_once};

pub(crate) struct Frames<W> {
    inner: W,
    frame: Vec<u8>,
    /// How many bytes of the frame are complete, and the part that is outstanding.
    complete: usize,
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

    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_write_submit(cx, &[]).map_ok(drop)
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
    block_on(async {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("frames");
        let large = vec![b'x'; 3 << 20]; // three times what an `Offload` takes at once
        let mut writer = frames(Offload::create(&path).await?);
        // Polled once and dropped: the frame is submitted, and what comes next carries it on.
        drop(poll_once(writer.write_all_complete(&large)).await);
        writer.write_all_complete(b"small").await?;
        assert!(payloads(&fs::read(&path)?) == [&large, b"small".as_slice()].concat());
        println!("two whole frames, though the future of the first was dropped");
        let mut room = [0; 20];
        let error = frames(&mut room[..]).write_all_complete(b"too long").await.expect_err("no room");
        println!("a frame with too little room: {error}");
        assert!(Indeterminate::find(&error).is_some());
        Ok(())
    })
}
