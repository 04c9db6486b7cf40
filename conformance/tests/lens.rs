//! The lens: what the kit sees of types of `futures_io::AsyncWrite` and `tokio::io::AsyncWrite`, as they stand.
#![cfg(all(feature = "futures-io", feature = "offload", feature = "tokio"))]

use std::{
    io::{self, SeekFrom, Write as _},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use async_write_complete::{AsyncWriteComplete, Offload, Submitted, Ticket, adapter::ToTokio, contract::Rule};
use async_write_complete_conformance::{
    Carrier, Certify, Destination, DestinationObserver, Observer, Outcome, Reference, Stepped,
    lens::{FuturesIo, Tokio},
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
fn there_is_no_ticket_to_judge() {
    let outcome = Certify::futures_io(Destination::new).check(Rule::W4);
    assert!(matches!(&outcome, Outcome::DoesNotApply(why) if why.contains("no tickets")), "{outcome:?}");
}

#[test]
fn an_offload_reports_the_failure_of_an_earlier_write_to_the_next_one() {
    let stepped = || {
        let (destination, observer) = Destination::new();
        let pool = Stepped::new();
        let observer = pool.over(observer);
        (Offload::with_pool(destination, pool), observer)
    };
    Certify::futures_io(stepped).carried(Carrier::Steps).offloads().closes().assert(Rule::W5);
    let behind_tokio = move || {
        let (offload, observer) = stepped();
        (ToTokio::new(offload), observer)
    };
    Certify::tokio(behind_tokio).carried(Carrier::Steps).offloads().closes().assert(Rule::W5);
}

/// Submits a write behind a `Pending`, and forgets what became of it when another one is made.
struct Forgets {
    inner: Reference,
    pending: Option<(Ticket, Vec<u8>)>,
}

impl futures_io::AsyncWrite for Forgets {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if let Some((ticket, bytes)) = &this.pending {
            let answer = ready!(Pin::new(&mut this.inner).poll_write_complete(cx, *ticket));
            let is_its_own = bytes == buf;
            this.pending = None;
            if is_its_own {
                return Poll::Ready(answer);
            }
        }
        match ready!(Pin::new(&mut this.inner).poll_write_submit(cx, buf))? {
            Submitted::Complete(n) => Poll::Ready(Ok(n)),
            Submitted::InFlight(ticket) => {
                this.pending = Some((ticket, buf.to_vec()));
                Pin::new(this).poll_write(cx, buf)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some((ticket, _)) = this.pending else { return Poll::Ready(Ok(())) };
        Pin::new(&mut this.inner).poll_write_complete(cx, ticket).map_ok(drop)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

#[test]
fn a_failure_that_another_write_hides_is_noticed() {
    let certify = Certify::futures_io(|| {
        let (inner, observer) = Reference::new();
        (Forgets { inner, pending: None }, observer)
    });
    let outcome = certify.carried(Carrier::Steps).closes().check(Rule::W5);
    let Outcome::Broken(violation) = outcome else { panic!("{outcome:?}") };
    assert!(violation.case.ends_with("behind a `Pending`, then another write is made"), "{violation}");
}

#[test]
fn the_writer_inside_seeks_and_reads() {
    let mut lens = FuturesIo::new(futures_lite::io::Cursor::new(b"abcdef".to_vec()));
    let mut buf = [0; 4];
    assert_eq!(answer(Pin::new(&mut lens).poll_seek(&mut context(), SeekFrom::Start(3))), 3);
    assert_eq!(answer(Pin::new(&mut lens).poll_read(&mut context(), &mut buf)), 3);
    assert_eq!(&buf[..3], b"def");

    let mut lens = Tokio::new(io::Cursor::new(b"abcdef".to_vec()));
    assert_eq!(answer(Pin::new(&mut lens).poll_seek(&mut context(), SeekFrom::Start(3))), 3);
    assert_eq!(answer(Pin::new(&mut lens).poll_seek(&mut context(), SeekFrom::Current(1))), 4);
    assert_eq!(answer(Pin::new(&mut lens).poll_read(&mut context(), &mut buf)), 2);
    assert_eq!(&buf[..2], b"ef");
}

fn answer<T>(polled: Poll<io::Result<T>>) -> T {
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
        assert!(observer.hold());
        (WritesInDrop { destination, taken: Vec::new() }, HeldUntilReleased(observer))
    });
    assert!(broken(&certify.carried(Carrier::Polls).check(Rule::W1)));
}

/// Held from the beginning, and let go by the first step.
struct HeldUntilReleased(DestinationObserver);

impl Observer for HeldUntilReleased {
    fn bytes(&self) -> Vec<u8> {
        self.0.bytes()
    }

    fn step(&self) -> bool {
        self.0.resume();
        false
    }
}
