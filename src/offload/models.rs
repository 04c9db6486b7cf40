//! Loom models of the real hand-over. `ci/loom.sh` runs them.

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

use ::futures_io::AsyncRead;
use loom::{future::block_on, sync::Arc, thread};

use super::*;
use crate::{AsyncWriteCompleteExt, PriorWriteFailed, Submitted};

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

/// Takes all bytes, unless it is told to fail.
struct Destination {
    log: Log,
    fails: usize,
}

impl Destination {
    fn new(log: &Log) -> Self {
        Self::failing(log, 0)
    }

    /// The first `fails` writes fail.
    fn failing(log: &Log, fails: usize) -> Self {
        Self { log: log.clone(), fails }
    }
}

impl Write for Destination {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut seen = self.log.seen();
        assert_eq!(seen.drops, 0, "a write after the drop");
        seen.writes += 1;
        if seen.writes <= self.fails {
            return Err(io::ErrorKind::StorageFull.into());
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

/// Checks `f` in every interleaving, and says how many there were; `ci/loom.sh` adds them up.
fn model(f: impl Fn() + Sync + Send + 'static) {
    let executions = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    loom::model(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        f();
    });
    println!("{} executions", executions.load(Ordering::Relaxed));
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

#[test]
fn submit_and_complete() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::default());
        assert_eq!(block_on(writer.write_complete(b"12345")).unwrap(), 5);
        assert_eq!(log.seen().bytes, b"12345");
        drop(writer);
        assert_eq!(log.seen().drops, 1, "settled: dropped before drop returns");
    });
}

#[test]
fn drop_in_flight() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = Offload::with_pool(Destination::new(&log), pool.clone());
        let _ = submit(&mut writer, b"12345");
        drop(writer);
        pool.join();
        let seen = log.seen();
        assert_eq!((&*seen.bytes, seen.writes, seen.drops), (&b"12345"[..], 1, 1));
    });
}

#[test]
fn orphan_then_new_write() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::default());
        let orphan = submit(&mut writer, b"1");
        assert_eq!(block_on(writer.write_complete(b"2")).unwrap(), 1);
        assert_eq!(log.seen().bytes, b"12");
        assert!(ask(&mut writer, orphan).is_err(), "superseded");
    });
}

#[test]
fn failed_orphan_is_reported_once() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::failing(&log, 1), Threads::default());
        let orphan = submit(&mut writer, b"1");
        let error = block_on(writer.write_complete(b"2")).unwrap_err();
        assert_eq!(PriorWriteFailed::find(&error).expect("typed").ticket(), orphan);
        assert_eq!(log.seen().writes, 1, "the reporting operation is not executed");
        assert_eq!(ask(&mut writer, orphan).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(block_on(writer.write_complete(b"3")).unwrap(), 1);
        assert_eq!(log.seen().bytes, b"3");
    });
}

#[test]
fn waker_replaced() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::default());
        let ticket = submit(&mut writer, b"1");
        // The first waker wakes nobody; only the second one can end the wait below.
        let first = Pin::new(&mut writer).poll_write_complete(&mut Context::from_waker(Waker::noop()), ticket);
        assert!(!matches!(first, Poll::Ready(Err(_))));
        assert_eq!(ask(&mut writer, ticket).unwrap(), 1);
    });
}

#[test]
fn split_halves() {
    model(|| {
        let log = Log::default();
        let whole = Offload::with_pool(Destination::new(&log), Threads::default());
        let whole = Arc::new(loom::sync::Mutex::new(whole));
        let reader = thread::spawn({
            let whole = whole.clone();
            move || {
                let mut buf = [0];
                let n = block_on(poll_fn(|cx| Pin::new(&mut *whole.lock().unwrap()).poll_read(cx, &mut buf)));
                assert_eq!((n.unwrap(), buf), (1, *b"r"));
            }
        });
        let submitted = block_on(poll_fn(|cx| Pin::new(&mut *whole.lock().unwrap()).poll_write_submit(cx, b"w")));
        let Submitted::InFlight(ticket) = submitted.unwrap() else { panic!("not complete at once") };
        let n = block_on(poll_fn(|cx| Pin::new(&mut *whole.lock().unwrap()).poll_write_complete(cx, ticket)));
        assert_eq!(n.unwrap(), 1);
        reader.join().unwrap();
        assert_eq!(log.seen().bytes, b"w");
    });
}

#[test]
fn job_dropped() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::dropping(1));
        let ticket = submit(&mut writer, b"1");
        assert_eq!(ask(&mut writer, ticket).unwrap_err().kind(), io::ErrorKind::Other);
        assert_eq!(log.seen().writes, 0);
        assert_eq!(block_on(writer.write_complete(b"2")).unwrap(), 1, "the destination is kept");
    });
}

#[test]
fn job_dropped_after_the_owner() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::dropping(1));
        let mut writer = Offload::with_pool(Destination::new(&log), pool.clone());
        let _ = submit(&mut writer, b"1");
        drop(writer);
        pool.join();
        let seen = log.seen();
        assert_eq!((seen.writes, seen.drops), (0, 1));
    });
}

#[test]
fn close_in_flight() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::default());
        let _ = submit(&mut writer, b"1");
        block_on(writer.close_complete()).unwrap();
        let seen = log.seen();
        assert_eq!((&*seen.bytes, seen.drops), (&b"1"[..], 1), "complete, then released, then answered");
    });
}

#[test]
fn close_abandoned_goes_on() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = Offload::with_pool(Destination::failing(&log, 1), pool.clone());
        let _ = submit(&mut writer, b"1");
        let _ = Pin::new(&mut writer).poll_close_complete(&mut Context::from_waker(Waker::noop()));
        pool.join();
        assert_eq!(log.seen().drops, 1, "nobody asks any more");
        let error = block_on(writer.close_complete()).unwrap_err();
        assert!(PriorWriteFailed::find(&error).is_some());
    });
}
