//! Wrappers three deep, frames over a checksum over a base, under random drops, short writes, interrupts and errors:
//! after each step the bytes that are there are compared with a model.
//!
//! A failing seed is named in the message; it fails alike each time.

use std::{
    cell::RefCell,
    future::Future,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, HeldWrite, Indeterminate, Inline, Started, Submitted,
    Ticket, Tracked, WriteOutstanding, adapter::FromFuturesIo,
};
use futures_io::AsyncWrite;

use crate::common::{
    destination::{Outcome, Scripted},
    random::XorShift,
    steps::{self, offload},
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

/// How many runs each base has.
const SEEDS: std::ops::Range<u64> = 1..400;

#[test]
fn over_an_offload_on_a_stepped_pool() {
    let tally = SEEDS.map(|seed| {
        let (base, pool, observer) = offload(Scripted::by_call(outcomes(seed)));
        let step = || {
            pool.run_one();
        };
        Torture::new(seed, base, step, || observer.bytes()).run()
    });
    assert_covers(tally);
}

#[test]
fn over_a_blocking_writer_on_this_thread() {
    let tally = SEEDS.map(|seed| {
        let destination = Scripted::by_call(outcomes(seed));
        let observer = destination.observer();
        Torture::new(seed, Inline::new(destination), || (), || observer.bytes()).run()
    });
    assert_covers(tally);
}

#[test]
fn over_a_writer_of_futures_io() {
    let tally = SEEDS.map(|seed| {
        let buffered = Buffered { random: XorShift(seed + 1_000_000), state: Rc::default() };
        let state = buffered.state.clone();
        let step = || state.borrow_mut().ready = true;
        Torture::new(seed, FromFuturesIo::new(buffered), step, || state.borrow().there.clone()).run()
    });
    assert_covers(tally);
}

/// What one run has met.
#[derive(Debug, Default)]
struct Tally {
    complete: usize,
    failed: usize,
    refused: usize,
    settled: usize,
    torn: usize,
}

/// A torture that met nothing would prove nothing.
#[track_caller]
fn assert_covers(runs: impl Iterator<Item = Tally>) {
    let runs: Vec<_> = runs.collect();
    let sum = |of: fn(&Tally) -> usize| runs.iter().map(of).sum::<usize>();
    let met = [sum(|t| t.complete), sum(|t| t.failed), sum(|t| t.refused), sum(|t| t.settled), sum(|t| t.torn)];
    assert!(met[0] > 10_000 && met[1..].iter().all(|&n| n > 20), "too little was met: {met:?}");
    assert!(sum(|t| usize::from(t.torn == 0)) > 20, "no run came to a good end: {met:?}");
}

/// A destination's fates: mostly short writes, some interrupts, a few errors.
fn outcomes(seed: u64) -> impl FnMut(usize) -> Outcome + Send {
    let mut random = XorShift(seed + 1_000_000);
    move |_| match random.below(1000) {
        0 => Outcome::Os(NO_SPACE),
        1 => Outcome::Zero,
        2..200 => Outcome::Error(io::ErrorKind::Interrupted),
        200..400 => Outcome::All,
        _ => Outcome::Short(1 + random.below(9)),
    }
}

/// What is known to be there, and what may be.
#[derive(Debug, Default)]
struct Model {
    /// The frames of which it is known that they are complete.
    complete: Vec<u8>,
    /// The frame that is outstanding, of which any first part may be there.
    open: Option<Vec<u8>>,
}

struct Torture<W, S, B> {
    seed: u64,
    random: XorShift,
    writer: Tracked<Frame<Tracked<Checksum<W>>>>,
    step: S,
    bytes: B,
    model: Model,
    ticket: Option<Ticket>,
    tally: Tally,
}

impl<W, S, B> Torture<W, S, B>
where
    W: AsyncWriteComplete + Unpin,
    S: FnMut(),
    B: Fn() -> Vec<u8>,
{
    fn new(seed: u64, base: W, step: S, bytes: B) -> Self {
        let writer = Frame::over(Checksum::over(base));
        let (random, model, tally) = (XorShift(seed), Model::default(), Tally::default());
        Self { seed, random, writer, step, bytes, model, ticket: None, tally }
    }

    fn run(mut self) -> Tally {
        for _ in 0..300 {
            match self.random.below(8) {
                0 | 1 => self.submit(),
                2 => self.ask(),
                3 => self.settle(),
                4 => self.hold(),
                _ => (self.step)(),
            }
            self.compare();
            if self.tally.torn > 0 {
                self.nothing_more_is_taken();
                return self.tally;
            }
        }
        self.end();
        self.tally
    }

    /// A submission of random bytes, perhaps never answered.
    fn submit(&mut self) {
        let bytes = self.random.bytes(40);
        match steps::submit(&mut self.writer, &bytes) {
            Poll::Ready(Ok(Submitted::InFlight(ticket))) => {
                assert!(self.model.open.is_none(), "seed {}: taken over an outstanding write", self.seed);
                self.model.open = Some(frame(&bytes[..ticket.len()]));
                self.ticket = Some(ticket);
            }
            Poll::Ready(Ok(other)) => panic!("seed {}: {other:?}", self.seed),
            Poll::Ready(Err(error)) => self.refused(&error),
            Poll::Pending => {}
        }
    }

    fn ask(&mut self) {
        let Some(ticket) = self.ticket else { return };
        match steps::ask(&mut self.writer, ticket) {
            Poll::Ready(Ok(n)) => {
                assert_eq!(n, ticket.len(), "seed {}: a frame is there, or it is not", self.seed);
                self.open_is_complete();
            }
            Poll::Ready(Err(error)) => self.failed(&error),
            Poll::Pending => return,
        }
        self.ticket = None;
    }

    /// Whoever's write it is.
    fn settle(&mut self) {
        match steps::settle(&mut self.writer) {
            Poll::Ready(Ok(None)) => {
                assert!(self.model.open.is_none(), "seed {}: forgotten", self.seed);
            }
            Poll::Ready(Ok(Some(settled))) => {
                assert_eq!(settled.completed(), settled.submitted(), "seed {}", self.seed);
                assert!(self.model.open.is_some(), "seed {}", self.seed);
                self.open_is_complete();
                self.tally.settled += 1;
            }
            Poll::Ready(Err(error)) => self.failed(&error),
            Poll::Pending => return,
        }
        self.ticket = None;
        if self.tally.torn == 0 {
            assert_eq!((self.bytes)(), self.model.complete, "seed {}: settled", self.seed);
        }
    }

    /// A held write whose future is dropped after each poll, and which itself is now and then forgotten.
    fn hold(&mut self) {
        let bytes = self.random.bytes(200);
        let mut held = HeldWrite::new(&bytes);
        while !held.is_done() && self.random.below(60) > 0 {
            match self.random.below(5) {
                0 | 1 => {
                    (self.step)();
                    continue;
                }
                // Somebody else's write is in the way.
                2 if held.ticket().is_none() => self.settle(),
                _ => self.resume(&bytes, &mut held),
            }
            self.compare();
            if self.tally.torn > 0 {
                return;
            }
        }
    }

    /// One poll of a future that carries `held` on.
    fn resume(&mut self, bytes: &[u8], held: &mut HeldWrite<&Vec<u8>>) {
        let (before, was_out) = (held.completed(), held.ticket().is_some());
        let polled = {
            let mut future = self.writer.resume_write_all(held);
            steps::poll(|cx| Pin::new(&mut future).poll(cx))
        };
        let (completed, maybe_completed) = (held.completed(), held.maybe_completed());
        if let Poll::Ready(Err(error)) = &polled {
            if WriteOutstanding::find(error).is_some() {
                assert!(!was_out && maybe_completed == before, "seed {}: refused by its own write", self.seed);
                return self.refused(error);
            }
        }
        if was_out && completed > before {
            self.open_is_complete();
        }
        for payload in bytes[before..completed].chunks(MAX_PAYLOAD).skip(usize::from(was_out)) {
            self.model.complete.extend(frame(payload));
            self.tally.complete += 1;
        }
        if maybe_completed > completed {
            self.model.open = Some(frame(&bytes[completed..maybe_completed]));
            // The ticket is the held write's.
            self.ticket = None;
        }
        match polled {
            Poll::Ready(Err(error)) => self.failed(&error),
            Poll::Ready(Ok(())) => assert!(held.is_done(), "seed {}", self.seed),
            Poll::Pending => {}
        }
    }

    /// Somebody was told that the open frame is there.
    fn open_is_complete(&mut self) {
        if let Some(open) = self.model.open.take() {
            self.model.complete.extend(open);
            self.tally.complete += 1;
        }
    }

    /// An operation over a write that was not answered.
    fn refused(&mut self, error: &io::Error) {
        assert!(WriteOutstanding::find(error).is_some(), "seed {}: {error}", self.seed);
        assert!(self.model.open.is_some(), "seed {}: nothing was outstanding", self.seed);
        self.tally.refused += 1;
    }

    /// Somebody was told of a failure.
    fn failed(&mut self, error: &io::Error) {
        self.tally.failed += 1;
        if Indeterminate::find(error).is_some() {
            self.tally.torn += 1;
        } else {
            self.model.open = None;
        }
    }

    #[track_caller]
    fn compare(&self) {
        let (there, open) = ((self.bytes)(), self.model.open.as_deref().unwrap_or_default());
        let tail = there.strip_prefix(&self.model.complete[..]);
        let tail = tail.unwrap_or_else(|| panic!("seed {}: complete frames are not there", self.seed));
        assert!(open.starts_with(tail), "seed {}: bytes are there that nobody submitted", self.seed);
    }

    /// After an indeterminate outcome. What is there of the torn frame is a first part of it, and stays that.
    fn nothing_more_is_taken(&mut self) {
        let there = (self.bytes)();
        for _ in 0..2 {
            let error = steps::failed(steps::submit(&mut self.writer, b"more"));
            assert!(Indeterminate::find(&error).is_some(), "seed {}: {error}", self.seed);
            (self.step)();
        }
        while steps::close(&mut self.writer).is_pending() {
            (self.step)();
        }
        steps::failed(steps::close(&mut self.writer));
        assert_eq!((self.bytes)(), there, "seed {}", self.seed);
        self.compare();
    }

    /// Carries everything to its end and closes.
    fn end(&mut self) {
        while self.writer.outstanding().is_some() {
            (self.step)();
            self.settle();
            if self.tally.torn > 0 {
                return self.nothing_more_is_taken();
            }
        }
        let there = (self.bytes)();
        assert!(there == self.model.complete, "seed {}: other bytes", self.seed);
        let checksum = self.writer.get_ref().inner.get_ref().sum;
        assert_eq!(checksum, sum(&there), "seed {}: the checksum is that of the complete bytes", self.seed);
        while steps::close(&mut self.writer).map(Result::unwrap).is_pending() {
            (self.step)();
        }
        assert_eq!((self.bytes)(), there, "seed {}", self.seed);
    }
}

/// Any sum that depends on the order.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(1, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)))
}

/// How many bytes of its caller a frame carries at most.
const MAX_PAYLOAD: usize = 16;

/// Length, payload, checksum of the payload.
fn frame(payload: &[u8]) -> Vec<u8> {
    [&[payload.len() as u8], payload, &sum(payload).to_be_bytes()[..]].concat()
}

/// Writes each submission as a frame, by three inner writes or more.
#[derive(Debug)]
struct Frame<W> {
    inner: W,
    frame: Vec<u8>,
    /// How many bytes of the frame are complete.
    complete: usize,
    ticket: Option<Ticket>,
}

impl<W> Frame<W> {
    fn over(inner: W) -> Tracked<Self> {
        Tracked::new(Self { inner, frame: Vec::new(), complete: 0, ticket: None })
    }

    /// The rest of the header, the payload or the checksum, whichever is next.
    fn next_part(&self) -> &[u8] {
        let ends = [1, self.frame.len() - 4, self.frame.len()];
        let end = ends.into_iter().find(|end| *end > self.complete).unwrap_or(self.frame.len());
        &self.frame[self.complete..end]
    }

    /// A frame of which a part is there is torn.
    fn ended_early(&self, error: io::Error) -> io::Error {
        match self.complete {
            0 => error,
            _ => Indeterminate::new(error).into(),
        }
    }
}

impl<W: AsyncWriteComplete + Unpin> DriveWrite for Frame<W> {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let payload = &buf[..buf.len().min(MAX_PAYLOAD)];
        self.frame = frame(payload);
        self.complete = 0;
        Poll::Ready(Ok(Started::Taken(payload.len())))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while self.complete < self.frame.len() {
            let answer = match self.ticket {
                Some(ticket) => {
                    let answer = ready!(Pin::new(&mut self.inner).poll_write_complete(cx, ticket));
                    self.ticket = None;
                    answer
                }
                None => {
                    let part = self.next_part().to_vec();
                    let submitted = ready!(Pin::new(&mut self.inner).poll_write_submit(cx, &part));
                    self.ticket = submitted.as_ref().ok().and_then(Submitted::ticket);
                    if self.ticket.is_some() {
                        continue;
                    }
                    submitted.map(|submitted| submitted.len())
                }
            };
            match answer {
                Ok(0) => return Poll::Ready(Err(self.ended_early(io::ErrorKind::WriteZero.into()))),
                Ok(n) => self.complete += n,
                Err(error) => return Poll::Ready(Err(self.ended_early(error))),
            }
        }
        Poll::Ready(Ok(self.frame.len() - 5))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

/// Passes bytes on as they are, and sums up those that are complete.
#[derive(Debug)]
struct Checksum<W> {
    inner: W,
    sum: u32,
    /// The outstanding inner write, with its bytes.
    outstanding: Option<(Ticket, Vec<u8>)>,
}

impl<W> Checksum<W> {
    fn over(inner: W) -> Tracked<Self> {
        Tracked::new(Self { inner, sum: sum(&[]), outstanding: None })
    }

    fn add(&mut self, bytes: &[u8]) {
        self.sum = bytes.iter().fold(self.sum, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    }
}

impl<W: AsyncWriteComplete + Unpin> DriveWrite for Checksum<W> {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let submitted = ready!(Pin::new(&mut self.inner).poll_write_submit(cx, buf))?;
        let bytes = &buf[..submitted.len()];
        match submitted.ticket() {
            Some(ticket) => self.outstanding = Some((ticket, bytes.to_vec())),
            None => self.add(bytes),
        }
        Poll::Ready(Ok(submitted.into()))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let (ticket, bytes) = self.outstanding.take().unwrap();
        match Pin::new(&mut self.inner).poll_write_complete(cx, ticket) {
            Poll::Pending => {
                self.outstanding = Some((ticket, bytes));
                Poll::Pending
            }
            Poll::Ready(answer) => {
                self.add(&bytes[..*answer.as_ref().unwrap_or(&0)]);
                Poll::Ready(answer)
            }
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

/// A writer of today that accepts bytes and lets them through in its flush.
struct Buffered {
    random: XorShift,
    state: Rc<RefCell<BufferedState>>,
}

#[derive(Default)]
struct BufferedState {
    accepted: Vec<u8>,
    there: Vec<u8>,
    /// Set by the test, taken by a poll: without it a poll is `Pending`.
    ready: bool,
}

impl Buffered {
    /// Takes the permission to go on, and sometimes fails.
    fn poll_fate(&mut self) -> Poll<io::Result<()>> {
        if !std::mem::take(&mut self.state.borrow_mut().ready) {
            return Poll::Pending;
        }
        Poll::Ready(match self.random.below(8) {
            0 => Err(io::ErrorKind::Interrupted.into()),
            _ => Ok(()),
        })
    }
}

impl AsyncWrite for Buffered {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_fate())?;
        let n = match self.random.below(1000) {
            0 => return Poll::Ready(Err(io::Error::from_raw_os_error(NO_SPACE))),
            1 => 0,
            _ => buf.len().min(1 + self.random.below(9)),
        };
        self.state.borrow_mut().accepted.extend_from_slice(&buf[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_fate())?;
        let fails = self.random.below(2000) == 0;
        let part = self.random.below(10);
        let mut state = self.state.borrow_mut();
        let accepted = std::mem::take(&mut state.accepted);
        let through = if fails { accepted.len().min(part) } else { accepted.len() };
        state.there.extend_from_slice(&accepted[..through]);
        Poll::Ready(if fails { Err(io::Error::from_raw_os_error(NO_SPACE)) } else { Ok(()) })
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
