//! A writer that is complete at submission and waits for room: a bounded ring between a writing task and a reader.
//!
//! Its `Pending` is a real wait, so its waker has three rules (P1): it is cloned before the lock is taken, the one that
//! it replaces is dropped after the lock is given back, and it is woken after the lock is given back.
//!
//! `cargo run --example bounded_ring` writes through a ring and prints the kit's report. `cargo test --example
//! bounded_ring` runs one test for each rule.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
    thread,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Submitted, contract::Rule, poll_budget};
use async_write_complete_conformance::{Carrier, Certify, Observer, Specimen};

const CAPACITY: usize = 64;

#[derive(Default)]
struct Ring {
    bytes: VecDeque<u8>,
    waiting: Option<Waker>,
    is_held: bool,
    is_closed: bool,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Ring>>);

impl Shared {
    /// No foreign code runs under the lock, so nothing poisons it.
    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all bytes out, and so makes room.
    fn take_out(&self) -> Vec<u8> {
        let mut ring = self.lock();
        let (bytes, waiting) = (ring.bytes.drain(..).collect(), ring.waiting.take());
        drop(ring); // before the wake: whoever is woken may poll at once
        waiting.into_iter().for_each(Waker::wake);
        bytes
    }
}

struct RingWriter(Shared);

impl AsyncWriteComplete for RingWriter {
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(Submitted::Complete(0))); // W3: no bytes do nothing
        }
        ready!(poll_budget(cx)); // P4: a reader that is fast enough never lets the executor have a turn
        let waker = cx.waker().clone(); // before the lock: a clone is foreign code
        let mut ring = self.0.lock();
        if ring.is_closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = if ring.is_held { 0 } else { CAPACITY - ring.bytes.len() };
        if room == 0 {
            let replaced = ring.waiting.replace(waker); // not Ok(0), which says that the ring takes no more (W2)
            drop(ring);
            drop(replaced); // after the lock: so is a drop
            return Poll::Pending;
        }
        let n = buf.len().min(room);
        ring.bytes.extend(&buf[..n]);
        Poll::Ready(Ok(Submitted::Complete(n)))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.lock().is_closed = true;
        Poll::Ready(Ok(()))
    }
}

/// The reader, as the kit needs it: it has taken out what it sees, unless it is held.
struct Reader(Shared, Mutex<Vec<u8>>);

impl Observer for Reader {
    fn bytes(&self) -> Vec<u8> {
        let more = if self.0.lock().is_held { Vec::new() } else { self.0.take_out() };
        let mut seen = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(more);
        seen.iter().chain(&self.0.lock().bytes).copied().collect()
    }

    fn hold(&self) -> bool {
        self.0.lock().is_held = true;
        true
    }

    fn resume(&self) {
        self.0.lock().is_held = false;
        self.bytes(); // makes room, and wakes
    }
}

fn ring() -> Certify<RingWriter> {
    let certify = Certify::new(|| {
        let shared = Shared::default();
        Specimen::new(RingWriter(shared.clone()), Reader(shared, Mutex::default()))
    });
    certify.carried(Carrier::Room).closes().exempt(&[Rule::W6, Rule::P3], "a ring does not fail")
}

#[cfg(test)]
async_write_complete_conformance::certify! { bounded_ring: ring() }

fn main() {
    let shared = Shared::default();
    let reader = thread::spawn({
        let shared = shared.clone();
        move || {
            let mut read = Vec::new();
            while read.len() < 10 * CAPACITY {
                read.extend(shared.take_out());
                thread::yield_now();
            }
            read
        }
    });
    let sent = vec![b'x'; 10 * CAPACITY]; // ten times what the ring has room for
    let written = futures_lite::future::block_on(RingWriter(shared).write_all_complete(&sent));
    assert!(written.is_ok() && reader.join().is_ok_and(|read| read == sent));

    let report = ring().run();
    print!("{report}");
    assert!(report.is_conforming());
}
