//! A binary of its own: no worker spins while a job of the process waits, and tests with a pool that is stepped keep
//! some.
//!
//! Every rule holds whatever the policy, on threads that are many, few, or one for all writers.
#![cfg(all(feature = "offload", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "the tests here use a part")]
#[path = "it/common/mod.rs"]
mod common;

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteBytes, AsyncWriteCompleteExt, Job, Offload, Pool, WriteComplete,
    contract::Rule,
    offload::{BlockingPool, Policy},
};
use async_write_complete_conformance::{Carrier, Certify, Destination, certify};
use common::{
    destination::{Gate, Observer, Outcome, Scripted},
    pool::Threads,
    steps::in_flight,
};
use futures_io::{AsyncRead, AsyncSeek};
use futures_lite::future::block_on;

/// Far longer than by default.
const LONG: Policy = Policy::spin_at_most(Duration::from_millis(2));

/// With all that an `Offload` of the kit's destination can do.
fn over<P: Pool + Clone>(pool: P, policy: Policy) -> Certify<Offload<Destination, P>> {
    let certify = Certify::over(move |destination| Offload::with_pool(destination, pool.clone()).policy(policy));
    certify
        .carried(Carrier::Others)
        .offloads()
        .closes()
        .late_errors()
        .seeks(AsyncSeek::poll_seek)
        .reads(AsyncRead::poll_read)
        .syncs(|writer| Box::pin(writer.get_mut().sync_data()))
        .submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes)
        .exempt(&[Rule::O4], "these pools run what they are given")
}

/// A thread for each job.
#[derive(Clone)]
struct ThreadEach;

impl Pool for ThreadEach {
    fn execute(&self, job: Job) {
        drop(thread::Builder::new().spawn(move || job.run()));
    }
}

certify! { never_on_the_blocking_pool: over(BlockingPool::default(), Policy::never_spin()) }
certify! { never_on_a_thread_each: over(ThreadEach, Policy::never_spin()) }
certify! { never_on_one_thread: over(Threads::new(1), Policy::never_spin()) }
certify! { usual_on_the_blocking_pool: over(BlockingPool::default(), Policy::default()) }
certify! { usual_on_a_thread_each: over(ThreadEach, Policy::default()) }
certify! { usual_on_one_thread: over(Threads::new(1), Policy::default()) }
certify! { long_on_the_blocking_pool: over(BlockingPool::default(), LONG) }
certify! { long_on_a_thread_each: over(ThreadEach, LONG) }
certify! { long_on_one_thread: over(Threads::new(1), LONG) }

fn policies() -> [Policy; 3] {
    [Policy::never_spin(), Policy::default(), LONG]
}

/// Takes everything.
struct Nowhere;

impl io::Write for Nowhere {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Nowhere {}

/// More writes than any machine makes before the other writer has had its turn.
const MANY: usize = 2_000_000;

/// Writes until both have written `enough` times.
fn write_until_both_have(own: &AtomicUsize, others: &AtomicUsize, enough: usize, pool: Threads, policy: Policy) {
    let mut writer = Offload::with_pool(Nowhere, pool).policy(policy);
    while own.load(SeqCst) < enough || others.load(SeqCst) < enough {
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        assert!(own.fetch_add(1, SeqCst) < MANY, "the other writer is starved");
    }
}

#[test]
fn two_busy_writers_on_one_thread_both_progress() {
    for policy in policies() {
        let (pool, counts) = (Threads::new(1), [const { AtomicUsize::new(0) }; 2]);
        let [first, second] = &counts;
        thread::scope(|scope| {
            for (own, others) in [(first, second), (second, first)] {
                let pool = pool.clone();
                scope.spawn(move || write_until_both_have(own, others, 500, pool, policy));
            }
        });
    }
}

/// Of a busy writer on a pool of one thread; its last write has arrived at the gate.
fn at_the_gate(pool: &Threads, policy: Policy) -> (Offload<Scripted, Threads>, Observer, Gate) {
    const BUSY: usize = 100;
    let gate = Gate::new();
    let held = gate.clone();
    let destination = Scripted::by_call(move |call| {
        if call == BUSY {
            held.pass();
        }
        Outcome::All
    });
    let observer = destination.observer();
    let mut writer = Offload::with_pool(destination, pool.clone()).policy(policy);
    for _ in 0..BUSY {
        assert_eq!(block_on(writer.write_complete(b"a")).unwrap(), 1);
    }
    (writer, observer, gate)
}

/// A job that waits comes before whatever the busy writer has next.
#[test]
fn a_busy_writer_does_not_overtake_a_job_that_waits() {
    for policy in policies() {
        let pool = Threads::new(1);
        let (mut busy, _, gate) = at_the_gate(&pool, policy);
        let ticket = in_flight(&mut busy, b"a");
        gate.wait_for_arrival();
        let beside = Scripted::new();
        let observer = beside.observer();
        let mut beside = Offload::with_pool(beside, pool.clone()).policy(policy);
        in_flight(&mut beside, b"b");
        gate.open();
        let complete = poll_fn(|cx| Pin::new(&mut busy).poll_write_complete(cx, ticket));
        assert_eq!(block_on(complete).unwrap(), 1);
        assert_eq!(block_on(busy.write_complete(b"a")).unwrap(), 1);
        assert_eq!(observer.bytes(), b"b", "the other writer's job was before it in the queue");
    }
}

/// A pool that counts.
#[derive(Clone)]
struct Counting(Threads, Arc<AtomicUsize>);

impl Pool for Counting {
    fn execute(&self, job: Job) {
        self.1.fetch_add(1, SeqCst);
        self.0.execute(job);
    }
}

#[test]
fn without_spinning_each_operation_is_a_job() {
    let pool = Counting(Threads::new(1), Arc::default());
    let mut writer = Offload::with_pool(Nowhere, pool.clone()).policy(Policy::never_spin());
    for jobs in 1..=1000 {
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        assert_eq!(pool.1.load(SeqCst), jobs);
    }
}

/// What has run counts no longer as waiting, and who sleeps has no permit: sooner or later a worker looks for a write
/// in time, and none needs a job then.
#[test]
fn a_worker_that_looks_spares_a_busy_writer_its_jobs() {
    const ENOUGH: usize = 100_000;
    for policy in [Policy::default(), LONG] {
        let pool = Counting(Threads::new(1), Arc::default());
        let mut writer = Offload::with_pool(Nowhere, pool.clone()).policy(policy);
        let spared = (1..ENOUGH).any(|writes| {
            assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
            pool.1.load(SeqCst) < writes
        });
        assert!(spared, "each write was a job");
    }
}
