//! Models of the real hand-over. `ci/loom.sh` runs them in every order of events that a few preemptions allow,
//! `ci/shuttle.sh` in random ones, and longer models than Loom could.
//!
//! | file | what is in it |
//! |---|---|
//! | `hand_over.rs` | one operation after the other, and how a write is answered |
//! | `halves.rs` | two tasks on one handle |
//! | `close.rs`, `abandon.rs` | a close and a drop at each moment |
//! | `pool_faults.rs` | jobs that are dropped or refused, and a worker that is woken for nothing |
//! | `detached.rs`, `positioned.rs` | calls without a handle, and writes at positions |
//! | `spinning.rs` | workers that spin for the next operation, and polls that wait for the end |
//! | `long.rs`, `few.rs` | what is too long for Loom, on a pool of few threads |
//! | `spin.rs` | what stands for `offload/spin.rs` |
//!
//! # What the checkers see
//!
//! Every lock and flag that tasks and the pool share is the checker's, and so is the state of [`abandoned`]. The
//! atomics of async-task are not: each of its transitions (schedule, begin and end of a run, drop) counts as one step,
//! in which no other thread runs. To have the checkers try two of them in both orders, the pool here, the waker of the
//! worker and the end of its poll call [`step`] before each.
//!
//! A model notes in which [case](crate::checker::Cases) it finds itself, and fails if it has never met one of the cases
//! that it is about.

use std::{
    future::poll_fn,
    io::{self, Read, Write},
    pin::Pin,
    sync::{Arc as StdArc, Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
};

use super::*;
use crate::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, Submitted, SyncComplete, Ticket, WriteOutstanding,
    checker::{block_on, step, thread},
};

mod abandon;
mod close;
mod detached;
#[cfg(awc_shuttle)]
mod few;
mod halves;
mod hand_over;
#[cfg(awc_shuttle)]
mod long;
mod pool_faults;
mod positioned;
mod spinning;

/// What became of a destination. The mutex here, and that of the pool, are std's: they are not modelled, and never
/// contended.
#[derive(Clone, Default)]
struct Log(StdArc<StdMutex<Seen>>);

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    writes: usize,
    syncs: usize,
    /// How many bytes were read, less those that the cursor went back over.
    position: u8,
    drops: usize,
    /// The thread of the last drop.
    dropped_by: Option<thread::ThreadId>,
}

impl Log {
    fn seen(&self) -> StdMutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assert(&self, bytes: &[u8], drops: usize) {
        let seen = self.seen();
        assert_eq!((&*seen.bytes, seen.drops), (bytes, drops));
    }

    fn is_dropped_here(&self) -> bool {
        self.seen().dropped_by == Some(thread::current().id())
    }
}

/// Why the write of that number, from 1, fails, if it does; of 0, why a sync does.
type Fails = fn(usize) -> Option<io::Error>;

fn never(_: usize) -> Option<io::Error> {
    None
}

fn the_first(write: usize) -> Option<io::Error> {
    (write == 1).then(|| io::ErrorKind::StorageFull.into())
}

fn the_first_is_unknown(write: usize) -> Option<io::Error> {
    (write == 1).then(unknown)
}

fn the_second_is_unknown(write: usize) -> Option<io::Error> {
    (write == 2).then(unknown)
}

fn a_sync(operation: usize) -> Option<io::Error> {
    (operation == 0).then(|| io::ErrorKind::StorageFull.into())
}

fn unknown() -> io::Error {
    Indeterminate::new(io::Error::other("unknown")).into()
}

/// Takes all bytes, unless it is told to fail; a read gets `a`, `b`, `c` and so on.
struct Destination {
    log: Log,
    fails: Fails,
}

impl Write for Destination {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut seen = self.log.seen();
        assert_eq!(seen.drops, 0, "a write after the drop");
        seen.writes += 1;
        if let Some(error) = (self.fails)(seen.writes) {
            return Err(error);
        }
        seen.bytes.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Destination {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let position = &mut self.log.seen().position;
        for byte in &mut *buf {
            *byte = b'a' + *position;
            *position += 1;
        }
        Ok(buf.len())
    }
}

impl WriteComplete for Destination {
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        self.log.seen().position -= n as u8;
        Ok(true)
    }
}

impl SyncComplete for Destination {
    fn sync_data(&self) -> io::Result<()> {
        self.log.seen().syncs += 1;
        (self.fails)(0).map_or(Ok(()), Err)
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        let mut seen = self.log.seen();
        seen.drops += 1;
        seen.dropped_by = Some(thread::current().id());
    }
}

type Writer<P = Threads> = Offload<Destination, P>;

fn writer(log: &Log, fails: Fails, pool: &Threads) -> Writer {
    Offload::with_pool(Destination { log: log.clone(), fails }, pool.clone())
}

/// The worker's waker, whose wakes and drop are steps.
struct SteppedWaker(Waker);

impl Wake for SteppedWaker {
    fn wake(self: StdArc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &StdArc<Self>) {
        step();
        self.0.wake_by_ref();
    }
}

impl Drop for SteppedWaker {
    fn drop(&mut self) {
        step();
    }
}

/// Makes the wakes and the drop of the worker's waker steps.
fn step_wakes<P>(writer: &mut Writer<P>) {
    let waker = writer.worker.take().expect("there was an operation");
    writer.worker = Some(StdArc::new(SteppedWaker(waker)).into());
}

/// What becomes of a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Runs,
    /// It is dropped on another thread.
    Dropped,
    /// It is dropped within the call that brings it.
    Refused,
}

fn run_as_step(job: Job) {
    step();
    job.run();
    step();
}

fn drop_as_step(job: Job) {
    step();
    drop(job);
    step();
}

/// A pool with a thread for each job.
#[derive(Clone)]
struct Threads {
    /// The fate of the job of that number, from 0.
    fate: fn(usize) -> Fate,
    jobs: StdArc<StdMutex<Jobs>>,
}

#[derive(Default)]
struct Jobs {
    count: usize,
    /// How many were brought by the thread of another one: the worker was woken while it ran.
    rescheduled: usize,
    threads: Vec<thread::JoinHandle<()>>,
    ids: Vec<thread::ThreadId>,
}

impl Threads {
    fn new() -> Self {
        Self::with_fates(|_| Fate::Runs)
    }

    fn with_fates(fate: fn(usize) -> Fate) -> Self {
        Self { fate, jobs: StdArc::default() }
    }

    fn jobs(&self) -> StdMutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> usize {
        self.jobs().count
    }

    fn run(&self, job: Job) {
        self.jobs().ids.push(thread::current().id());
        run_as_step(job);
    }

    /// Waits until all jobs have ended, also those that come meanwhile.
    fn join(&self) {
        loop {
            let Some(thread) = self.jobs().threads.pop() else { return };
            thread.join().expect("jobs do not panic");
        }
    }

    /// Drops the writer and waits for its jobs; nothing of it is left then.
    fn end(&self, writer: Writer) {
        self.end_with(writer, drop);
    }

    /// As [`end`](Self::end), with another way for the writer to go.
    fn end_with<R>(&self, writer: Writer, go: impl FnOnce(Writer) -> R) -> R {
        let shared = writer.shared.clone();
        let gone = go(writer);
        self.join();
        assert_eq!(Arc::strong_count(&shared), 1, "the worker is gone");
        gone
    }
}

impl Pool for Threads {
    fn execute(&self, job: Job) {
        let mut jobs = self.jobs();
        let fate = (self.fate)(jobs.count);
        jobs.count += 1;
        jobs.rescheduled += usize::from(jobs.ids.contains(&thread::current().id()));
        drop(jobs);
        let pool = self.clone();
        let thread = match fate {
            Fate::Refused => return drop_as_step(job),
            Fate::Dropped => thread::spawn(move || drop_as_step(job)),
            Fate::Runs => thread::spawn(move || pool.run(job)),
        };
        self.jobs().threads.push(thread);
    }
}

/// Where the destination is at this moment.
fn place(writer: &Writer) -> &'static str {
    writer.shared.lock().machine.place_name()
}

/// One poll, with a waker that wakes no task.
fn poll_once<R>(poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    poll(&mut Context::from_waker(Waker::noop()))
}

fn submit<P: Pool>(writer: &mut Writer<P>, buf: &[u8]) -> Ticket {
    match poll_once(|cx| Pin::new(writer).poll_write_submit(cx, buf)) {
        Poll::Ready(Ok(Submitted::InFlight(ticket))) => ticket,
        other => panic!("a settled writer takes bytes at once: {other:?}"),
    }
}

fn take_answer<P: Pool>(writer: &mut Writer<P>, ticket: Ticket) -> io::Result<usize> {
    block_on(writer.complete(ticket))
}

fn write<P: Pool>(writer: &mut Writer<P>, buf: &[u8]) -> io::Result<usize> {
    block_on(writer.write_complete(buf))
}

/// Wakes the worker, as nothing but a drop does while nothing is posted.
fn wake_for_nothing(writer: &Writer) {
    writer.worker.as_ref().expect("there was an operation").wake_by_ref();
}
