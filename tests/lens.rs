//! The lens: what the kit sees of types of `futures_io::AsyncWrite` and `tokio::io::AsyncWrite`, as they stand.
#![cfg(all(feature = "conformance", feature = "offload", feature = "tokio", not(awc_loom)))]

use std::{
    io::{self, SeekFrom, Write as _},
    pin::Pin,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use async_write_complete::{
    Offload,
    conformance::{
        Carrier, Certify, Destination, Outcome,
        lens::{FuturesIo, Tokio},
    },
    contract::Rule,
};
use futures_lite::io::BufWriter;

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn broken(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Broken(_))
}

#[test]
fn memory_is_complete_through_either_trait() {
    let peek = |lens: &FuturesIo<Vec<u8>>| lens.inner().clone();
    Certify::futures_io(|| (Vec::new(), Vec::new)).peeks(peek).assert(Rule::W1);
    let peek = |lens: &Tokio<Vec<u8>>| lens.inner().clone();
    Certify::tokio(|| (Vec::new(), Vec::new)).peeks(peek).assert(Rule::W1);
}

#[test]
fn an_asynchronous_destination_is_complete_through_either_trait() {
    Certify::futures_io(Destination::new).carried(Carrier::Others).closes().assert(Rule::W1);
    Certify::tokio(Destination::new).carried(Carrier::Others).closes().assert(Rule::W1);
}

#[test]
fn a_buffer_answers_too_early_through_either_trait() {
    let futures_io = Certify::futures_io(|| {
        let (destination, observer) = Destination::new();
        (BufWriter::new(destination), observer)
    });
    assert!(broken(&futures_io.check(Rule::W1)));
    let tokio = Certify::tokio(|| {
        let (destination, observer) = Destination::new();
        (tokio::io::BufWriter::new(destination), observer)
    });
    assert!(broken(&tokio.check(Rule::W1)));
}

#[test]
fn no_bytes_are_a_flush() {
    let (destination, observer) = Destination::new();
    let mut lens = FuturesIo::new(BufWriter::new(destination));
    let submit = |lens: &mut FuturesIo<_>, bytes: &[u8]| {
        use async_write_complete::AsyncWriteComplete as _;
        let answer = Pin::new(lens).poll_write_submit(&mut context(), bytes);
        assert!(matches!(answer, Poll::Ready(Ok(_))), "{answer:?}");
    };
    use async_write_complete::conformance::Observer as _;
    submit(&mut lens, b"held back");
    assert_eq!(observer.bytes(), b"");
    submit(&mut lens, b"");
    assert_eq!(observer.bytes(), b"held back");
}

#[test]
fn identity_makes_no_sense_without_tickets() {
    let outcome = Certify::futures_io(Destination::new).check(Rule::W5);
    assert!(matches!(&outcome, Outcome::DoesNotApply(why) if why.contains("no tickets")), "{outcome:?}");
}

#[test]
fn the_writer_inside_seeks_and_reads() {
    let mut lens = FuturesIo::new(futures_lite::io::Cursor::new(b"abcdef".to_vec()));
    let mut buf = [0; 4];
    assert_eq!(ready(Pin::new(&mut lens).poll_seek(&mut context(), SeekFrom::Start(3))), 3);
    assert_eq!(ready(Pin::new(&mut lens).poll_read(&mut context(), &mut buf)), 3);
    assert_eq!(&buf[..3], b"def");

    let mut lens = Tokio::new(io::Cursor::new(b"abcdef".to_vec()));
    assert_eq!(ready(Pin::new(&mut lens).poll_seek(&mut context(), SeekFrom::Start(3))), 3);
    assert_eq!(ready(Pin::new(&mut lens).poll_seek(&mut context(), SeekFrom::Current(1))), 4);
    assert_eq!(ready(Pin::new(&mut lens).poll_read(&mut context(), &mut buf)), 2);
    assert_eq!(&buf[..2], b"ef");
}

fn ready<T>(polled: Poll<io::Result<T>>) -> T {
    match polled {
        Poll::Ready(answer) => answer.expect("a success"),
        Poll::Pending => panic!("pending"),
    }
}

/// Takes all, and writes in its drop, which may block.
struct WritesInDrop {
    destination: Destination,
    taken: Vec<u8>,
}

impl futures_io::AsyncWrite for WritesInDrop {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.taken.is_empty() {
            self.taken = buf.to_vec();
            return Poll::Ready(Ok(buf.len()));
        }
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl Drop for WritesInDrop {
    fn drop(&mut self) {
        let _ = self.destination.write(&self.taken);
    }
}

#[test]
fn a_drop_that_waits_for_a_held_destination_does_not_hide_the_verdict() {
    let certify = Certify::futures_io(|| {
        let (destination, observer) = Destination::new();
        use async_write_complete::conformance::Observer as _;
        assert!(observer.hold());
        (WritesInDrop { destination, taken: Vec::new() }, HeldUntilReleased(observer))
    });
    assert!(broken(&certify.carried(Carrier::Polls).check(Rule::W1)));
}

/// Held from the beginning, and let go by the first step.
struct HeldUntilReleased(async_write_complete::conformance::DestinationObserver);

impl async_write_complete::conformance::Observer for HeldUntilReleased {
    fn bytes(&self) -> Vec<u8> {
        self.0.bytes()
    }

    fn step(&self) -> bool {
        self.0.resume();
        false
    }
}

/// Never comes back.
struct Hangs;

impl futures_io::AsyncWrite for Hangs {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            thread::park();
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[test]
fn what_answers_in_flight_has_to_say_who_carries_it_on() {
    let certify = Certify::over(Offload::new).closes();
    assert!(!certify.run().is_conforming());
    for outcome in [certify.check(Rule::W1), certify.check(Rule::W16), certify.random(16)] {
        assert!(matches!(&outcome, Outcome::Unclear(why) if why.contains("`Certify::carried`")), "{outcome:?}");
    }
}

/// Takes a while to write.
struct Slow(Vec<u8>);

impl futures_io::AsyncWrite for Slow {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        thread::park_timeout(SHORT / 4);
        self.0.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// How long a step may take here.
const SHORT: Duration = Duration::from_millis(200);

#[test]
fn what_is_slow_does_not_hang() {
    let certify =
        Certify::futures_io(|| (Slow(Vec::new()), Vec::new)).peeks(|lens| lens.inner().0.clone()).limit(SHORT);
    let outcome = certify.check(Rule::W16);
    assert!(matches!(&outcome, Outcome::Unclear(why) if why.contains("not finished after 2s")), "{outcome:?}");
}

#[test]
fn what_hangs_is_told_after_the_limit() {
    let certify = Certify::futures_io(|| (Hangs, Vec::new)).limit(Duration::from_millis(50));
    let outcome = certify.check(Rule::W1);
    assert!(matches!(&outcome, Outcome::Unclear(why) if why.contains("poll_write_submit")), "{outcome:?}");
}
