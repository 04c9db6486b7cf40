//! A writer of one's own: a CRC-32 of exactly the bytes that are complete, around any `AsyncWriteComplete`.
//!
//! A `DriveWrite` of three methods has what is particular to it. `Tracked` makes an `AsyncWriteComplete` of that, and
//! keeps the rules that are the same for every wrapper: tickets, `WriteOutstanding`, the outcome of a close, panics.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, Offload, Started, Ticket, Tracked};

/// Counts into a checksum what the writer inside has completed.
pub(crate) struct Checksum<W> {
    inner: W,
    crc: u32,
    /// The ticket of the inner write that is outstanding, and its bytes: the answer says how many of them count.
    in_flight: Option<(Ticket, Vec<u8>)>,
}

impl<W> Checksum<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, crc: 0, in_flight: None }
    }
}

impl<W: AsyncWriteComplete + Unpin> DriveWrite for Checksum<W> {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let submitted = ready!(Pin::new(&mut self.inner).poll_write_submit(cx, buf))?;
        match submitted.ticket() {
            Some(ticket) => self.in_flight = Some((ticket, buf.to_vec())),
            None => self.crc = crc32(self.crc, first(buf, submitted.len())),
        }
        Poll::Ready(Ok(submitted.into()))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some((ticket, bytes)) = &self.in_flight else { unreachable!("nothing was taken") };
        let n = ready!(Pin::new(&mut self.inner).poll_write_complete(cx, *ticket))?;
        self.crc = crc32(self.crc, first(bytes, n));
        Poll::Ready(Ok(n))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

/// The first `n` bytes. The inner writer is foreign code, so its count is no index before `Tracked` has checked it.
fn first(bytes: &[u8], n: usize) -> &[u8] {
    bytes.get(..n).unwrap_or(bytes)
}

fn crc32(crc: u32, bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!crc, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit))
}

fn main() -> io::Result<()> {
    futures_lite::future::block_on(async {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("digits");
        let inner = Offload::create(&path).await?;
        let mut writer = Tracked::new(Checksum::new(inner));
        writer.write_all_complete(b"12345").await?;
        // Submitted now, answered later. The checksum counts the bytes when they are complete, and not before.
        let _ = writer.submit(b"6789").await?;
        assert_eq!(writer.get_ref().crc, crc32(0, b"12345"));
        let settled = writer.settle().await?.expect("a write was outstanding");
        assert_eq!(settled.completed(), 4);
        let crc = writer.get_ref().crc;
        println!("{} bytes are complete, their CRC-32 is {crc:08x}", std::fs::read(&path)?.len());
        assert_eq!((crc, std::fs::read(&path)?.as_slice()), (0xCBF4_3926, b"123456789".as_slice()));
        writer.close_complete().await
    })
}
