//! Models of the real hand-over. `ci/loom.sh` runs them in every order of events that a few preemptions allow,
//! `ci/shuttle.sh` in random ones, and longer models than Loom could.

use std::{
    future::poll_fn,
    io::{self, Read, Write},
    pin::Pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use self::checker::{block_on, thread};
use super::*;
use crate::{AsyncWriteCompleteExt, Indeterminate, PriorWriteFailed, Submitted};

mod checker;
mod hand_over;
mod lingering;
#[cfg(awc_shuttle)]
mod long;

/// What became of a destination. A std mutex: it is nothing that is modelled, and never contended.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    writes: usize,
    drops: usize,
}

impl Log {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the write of that number, from 1, fails, if it does.
type Fails = fn(usize) -> Option<io::Error>;

fn never(_: usize) -> Option<io::Error> {
    None
}

fn the_first(write: usize) -> Option<io::Error> {
    (write == 1).then(|| io::ErrorKind::StorageFull.into())
}

fn the_second_is_unknown(write: usize) -> Option<io::Error> {
    (write == 2).then(|| Indeterminate::new(io::Error::other("unknown")).into())
}

/// Takes all bytes, unless it is told to fail.
struct Destination {
    log: Log,
    fails: Fails,
}

impl Destination {
    fn new(log: &Log) -> Self {
        Self::failing(log, never)
    }

    fn failing(log: &Log, fails: Fails) -> Self {
        Self { log: log.clone(), fails }
    }
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
        buf[0] = b'r';
        Ok(1)
    }
}

impl WriteComplete for Destination {}

impl Drop for Destination {
    fn drop(&mut self) {
        self.log.seen().drops += 1;
    }
}

/// A thread for each job, which runs it, or drops it if it is one of the first `drops`.
#[derive(Clone, Default)]
struct Threads {
    drops: usize,
    started: std::sync::Arc<AtomicUsize>,
    handles: std::sync::Arc<Mutex<Vec<thread::JoinHandle<()>>>>,
}

impl Threads {
    fn dropping(drops: usize) -> Self {
        Self { drops, ..Self::default() }
    }

    fn join(&self) {
        let handles = std::mem::take(&mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in handles {
            handle.join().expect("jobs do not panic");
        }
    }
}

impl Pool for Threads {
    fn execute(&self, job: Job) {
        let dropped = self.started.fetch_add(1, Ordering::Relaxed) < self.drops;
        let handle = thread::spawn(move || if dropped { drop(job) } else { job.run() });
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
    }
}

fn submit<T, P>(writer: &mut Offload<T, P>, buf: &[u8]) -> Ticket
where
    T: WriteComplete + Send + 'static,
    P: Pool,
{
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(writer).poll_write_submit(&mut cx, buf) {
        Poll::Ready(Ok(Submitted::InFlight(ticket))) => ticket,
        other => panic!("a settled writer takes bytes at once: {other:?}"),
    }
}

fn ask<T, P>(writer: &mut Offload<T, P>, ticket: Ticket) -> io::Result<usize>
where
    T: WriteComplete + Send + 'static,
    P: Pool,
{
    block_on(poll_fn(|cx| Pin::new(&mut *writer).poll_write_complete(cx, ticket)))
}
