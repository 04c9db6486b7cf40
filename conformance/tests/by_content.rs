//! Random sequences of `poll_write`, with buffers that grow and shrink between two polls, over the crate's own writers;
//! and the proof that they find what is wrong with others.
#![cfg(all(feature = "offload", feature = "tokio"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{
    AsyncWriteComplete, Indeterminate, Offload, Submitted, Ticket, WriteOutstanding,
    adapter::{ToFuturesIo, ToTokio},
    contract::Rule,
};
use async_write_complete_conformance::{
    Carrier, Certify, Destination, Outcome, Stepped,
    lens::{FuturesIo, Tokio},
};
use futures_io::AsyncWrite;

/// How many sequences each writer has to get through.
const CASES: u32 = 1_000;

#[test]
fn over_an_offload_on_a_stepped_pool() {
    let certify =
        stepped(Offload::with_pool).closes().reports_close().seeks(FuturesIo::poll_seek).reads(FuturesIo::poll_read);
    certify.syncs(|lens| Box::pin(lens.inner_pin().get_mut().sync_data())).assert_random(CASES);
}

#[test]
fn over_an_offload_on_threads() {
    let certify = Certify::futures_io(|| {
        let (destination, observer) = Destination::new();
        (Offload::new(destination), observer)
    });
    let certify = certify.identified_by_content().carried(Carrier::Others).offloads().closes();
    certify.seeks(FuturesIo::poll_seek).reads(FuturesIo::poll_read).assert_random(CASES / 2);
}

#[test]
fn over_the_adapter_to_futures_io() {
    stepped(|destination, pool| ToFuturesIo::new(Offload::with_pool(destination, pool))).closes().assert_random(CASES);
}

#[test]
fn over_the_adapter_to_tokio() {
    let certify = Certify::tokio(|| {
        let (destination, observer) = Destination::new();
        let pool = Stepped::new();
        let observer = pool.over(observer);
        (ToTokio::new(Offload::with_pool(destination, pool)), observer)
    });
    let certify = certify.identified_by_content().carried(Carrier::Steps).offloads().closes();
    certify.seeks(Tokio::poll_seek).reads(Tokio::poll_read).assert_random(CASES);
}

/// A fuzzer chooses; where its choices end, others follow.
#[test]
fn bytes_choose_a_sequence() {
    let certify =
        stepped(Offload::with_pool).closes().reports_close().seeks(FuturesIo::poll_seek).reads(FuturesIo::poll_read);
    for choices in [&b""[..], b"some", &[0; 64], &[255; 64]] {
        assert!(matches!(certify.play(choices), Outcome::Holds { cases: 1, .. }), "{choices:?}");
    }
}

/// A buffer answers when it has a copy.
#[test]
fn an_early_answer_is_noticed() {
    let certify = Certify::futures_io(|| {
        let (destination, observer) = Destination::new();
        (futures_lite::io::BufWriter::new(destination), observer)
    });
    assert_eq!(broken(&certify.identified_by_content()), Rule::W3);
}

/// What the memory of the pending write is for: without it the bytes are written twice.
#[test]
fn a_doubled_write_is_noticed() {
    let certify =
        stepped(|destination, pool| Forgetful { writer: Offload::with_pool(destination, pool), ticket: None });
    assert!(matches!(broken(&certify), Rule::W3 | Rule::W6), "the rule that is nearest");
}

/// What is expected of a writer once nobody can know what is complete: the right one is not accused.
#[test]
fn a_writer_that_ends_at_an_indeterminate_write_holds() {
    unsure(After::Ends).assert_random(CASES);
}

#[test]
fn a_writer_that_goes_on_after_an_indeterminate_write_is_noticed() {
    assert_eq!(broken(&unsure(After::GoesOn)), Rule::W6);
}

#[test]
fn a_writer_that_refuses_and_writes_after_an_indeterminate_write_is_noticed() {
    assert_eq!(broken(&unsure(After::WritesInSecret)), Rule::W3);
}

#[test]
fn a_writer_that_writes_in_its_drop_after_an_indeterminate_write_is_noticed() {
    assert_eq!(broken(&unsure(After::WritesInItsDrop)), Rule::W3);
}

/// The writer below refuses it, and is not asked.
#[test]
fn a_sync_of_nothing_is_noticed() {
    let certify = stepped(Offload::with_pool).indirect().syncs(|lens| {
        let outstanding = lens.inner().outstanding();
        Box::pin(async move { outstanding.map_or(Ok(()), |ticket| Err(WriteOutstanding::new(ticket).into())) })
    });
    assert_eq!(broken(&certify), Rule::D1);
}

#[test]
fn a_sync_over_a_pending_write_is_noticed() {
    let certify = stepped(Offload::with_pool).indirect().syncs(|_| Box::pin(async { Ok(()) }));
    // The success alone could mean that the write had not been taken yet; its bytes contradict that.
    assert!(matches!(broken(&certify), Rule::D1 | Rule::W3), "the rule that is nearest");
}

#[test]
fn a_close_that_leaves_the_writer_open_is_noticed() {
    let certify = stepped(|destination, pool| StaysOpen(Offload::with_pool(destination, pool))).closes();
    assert_eq!(broken(&certify), Rule::W9);
}

/// Over an `Offload` of the kit's destination, or what `build` puts round it.
fn stepped<W: AsyncWrite + 'static>(
    build: impl Fn(Destination, Stepped) -> W + Send + Sync + 'static,
) -> Certify<FuturesIo<W>> {
    let certify = Certify::futures_io(move || {
        let (destination, observer) = Destination::new();
        let pool = Stepped::new();
        let observer = pool.over(observer);
        (build(destination, pool), observer)
    });
    certify.identified_by_content().carried(Carrier::Steps).offloads()
}

#[track_caller]
fn broken<W: AsyncWriteComplete + 'static>(certify: &Certify<W>) -> Rule {
    match certify.random(CASES) {
        Outcome::Broken(violation) => violation.rule,
        outcome => panic!("nothing was noticed: {outcome:?}"),
    }
}

/// Takes a buffer for that of the earlier poll only if it is as long. Otherwise it waits for that one's write, and
/// begins another.
struct Forgetful {
    writer: Offload<Destination, Stepped>,
    ticket: Option<Ticket>,
}

impl Forgetful {
    fn poll_ticket(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(ticket) = self.ticket else { return Poll::Ready(Ok(0)) };
        let answer = ready!(Pin::new(&mut self.writer).poll_write_complete(cx, ticket));
        self.ticket = None;
        Poll::Ready(answer)
    }
}

impl AsyncWrite for Forgetful {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let is_same = this.ticket.is_some_and(|ticket| ticket.len() == buf.len());
        let earlier = ready!(this.poll_ticket(cx))?;
        if is_same {
            return Poll::Ready(Ok(earlier));
        }
        match ready!(Pin::new(&mut this.writer).poll_write_submit(cx, buf))? {
            Submitted::Complete(n) => Poll::Ready(Ok(n)),
            Submitted::InFlight(ticket) => {
                this.ticket = Some(ticket);
                this.poll_ticket(cx)
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_ticket(cx).map_ok(drop)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().writer).poll_close_complete(cx)
    }
}

/// Its close is a flush.
struct StaysOpen(Offload<Destination, Stepped>);

impl AsyncWrite for StaysOpen {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
}

/// Writes on the caller's thread.
struct Unsure {
    destination: Destination,
    after: After,
    is_poisoned: bool,
}

/// What it does after a write of which nobody can know how many bytes are complete.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Ends,
    GoesOn,
    WritesInSecret,
    WritesInItsDrop,
}

fn unsure(after: After) -> Certify<FuturesIo<Unsure>> {
    let certify = Certify::futures_io(move || {
        let (destination, observer) = Destination::new();
        (Unsure { destination, after, is_poisoned: false }, observer)
    });
    certify.identified_by_content()
}

impl Unsure {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.destination.write(buf))) {
                Ok(Ok(n)) if n <= buf.len() => return Ok(n),
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => return Err(io::Error::other(error)),
                Ok(Err(error)) => return Err(error),
                Ok(Ok(_)) | Err(_) => {
                    self.is_poisoned = true;
                    return Err(Indeterminate::new(io::Error::other("it panics, or lies")).into());
                }
            }
        }
    }
}

impl AsyncWrite for Unsure {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if this.is_poisoned && this.after != After::GoesOn {
            if this.after == After::WritesInSecret {
                let _ = this.write(buf);
            }
            return Poll::Ready(Err(Indeterminate::new(io::Error::other("an earlier write")).into()));
        }
        Poll::Ready(this.write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write(cx, &bufs.iter().flat_map(|buf| buf.iter().copied()).collect::<Vec<_>>())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poison = || Indeterminate::new(io::Error::other("an earlier write")).into();
        Poll::Ready(if self.is_poisoned { Err(poison()) } else { Ok(()) })
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Unsure {
    fn drop(&mut self) {
        if self.is_poisoned && self.after == After::WritesInItsDrop {
            let _ = self.write(b"more");
        }
    }
}
