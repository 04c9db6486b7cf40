//! Rule O3: where and when the destination goes when its writer is dropped or forgotten.

use std::{mem, pin::Pin, sync::mpsc, thread};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Offload};
use futures_lite::future::block_on;

use crate::common::{
    destination::{Gate, Observer, Outcome, Scripted},
    operation::{CLOSES, NO_WRITES, Operation},
    pool::{Stepped, Threads},
    steps::{ask, close, drive, in_flight, offload, poll_future, ready},
    waker::Task,
};

/// Asserts that it was dropped once, by this thread.
#[track_caller]
fn assert_dropped_here(seen: &Observer, pool: &Stepped) {
    assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(thread::current().id())));
    assert_eq!(pool.len(), 0, "the pool has no part in it");
}

/// Asserts that the pool's next job drops it, once and on the pool's thread, and that no other job comes.
#[track_caller]
fn assert_dropped_by_the_pool(seen: &Observer, pool: &Stepped) {
    assert_eq!((seen.drops(), pool.len()), (0, 1), "not before");
    let worker = pool.run_one_elsewhere();
    assert_eq!((seen.drops(), seen.dropped_on(), pool.len()), (1, Some(worker), 0));
}

#[test]
fn unused() {
    let (writer, pool, seen) = offload(Scripted::new());
    drop(writer);
    assert_dropped_here(&seen, &pool);
    assert_eq!(pool.executed(), 0);
}

#[test]
fn settled() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_one_elsewhere();
    ready(ask(&mut writer, ticket)).unwrap();
    drop(writer);
    assert_dropped_here(&seen, &pool);
    assert_eq!((pool.executed(), seen.bytes()), (1, b"hello".to_vec()));
}

#[test]
fn ended_and_not_answered() {
    for outcome in [Outcome::All, Outcome::Short(1), Outcome::Os(5)] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome]));
        in_flight(&mut writer, b"hello");
        pool.run_one_elsewhere();
        drop(writer);
        assert_dropped_here(&seen, &pool);
    }
}

#[test]
fn with_a_write_queued() {
    for outcome in [Outcome::All, Outcome::Short(1), Outcome::Os(5)] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome]));
        in_flight(&mut writer, b"hello");
        drop(writer);
        assert_dropped_by_the_pool(&seen, &pool);
        assert_eq!(seen.writes(), [5], "not cancelled, and made once");
    }
}

#[test]
fn with_a_write_running() {
    let gate = Gate::new();
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone())]));
    in_flight(&mut writer, b"hello");
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    drop(writer);
    assert_eq!((seen.drops(), seen.bytes()), (0, vec![]), "the drop did not wait");
    gate.open();
    let id = worker.thread().id();
    worker.join().unwrap();
    assert_eq!((seen.drops(), seen.dropped_on(), seen.bytes()), (1, Some(id), b"hello".to_vec()));
    assert!(pool.is_empty());
}

#[test]
fn with_any_other_operation_queued() {
    for operation in NO_WRITES {
        let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there"));
        assert!(operation.poll_once(&mut writer).is_pending());
        drop(writer);
        assert_eq!(operation.calls(&seen), 0);
        assert_dropped_by_the_pool(&seen, &pool);
        assert_eq!(operation.calls(&seen), 1, "{operation:?} finishes likewise");
    }
}

#[test]
fn with_any_other_operation_running() {
    for operation in [Operation::Read, Operation::Seek] {
        let gate = Gate::new();
        let passes = || [Outcome::Gate(gate.clone())];
        let (mut writer, pool, seen) = offload(Scripted::new().on_read(passes()).on_seek(passes()));
        assert!(operation.poll_once(&mut writer).is_pending());
        let job = pool.take().unwrap();
        let worker = thread::spawn(|| job.run());
        gate.wait_for_arrival();
        drop(writer);
        gate.open();
        let id = worker.thread().id();
        worker.join().unwrap();
        assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(id)), "{operation:?}");
    }
}

#[test]
fn with_a_close_queued() {
    for operation in CLOSES {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        drop(writer);
        assert_dropped_by_the_pool(&seen, &pool);
    }
}

#[test]
fn with_a_close_behind_a_write() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    assert!(close(&mut writer).is_pending());
    drop(writer);
    assert_dropped_by_the_pool(&seen, &pool);
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn closed() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drive(&pool, writer.close_complete()).unwrap();
    assert_eq!(seen.drops(), 1);
    drop(writer);
    assert_eq!((seen.drops(), pool.len()), (1, 0), "not again");
}

#[test]
fn with_a_job_that_is_dropped() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    drop(writer);
    assert!(pool.drop_one());
    assert_eq!((seen.drops(), seen.writes()), (1, vec![]), "dropped once, and not written");
}

#[test]
fn with_a_job_that_was_refused() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    pool.refuse(true);
    in_flight(&mut writer, b"hello");
    assert_eq!(seen.drops(), 0, "the destination is kept");
    drop(writer);
    assert_dropped_here(&seen, &pool);
    assert!(seen.writes().is_empty());
}

#[test]
fn with_a_future_in_the_same_scope() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut held = HeldWrite::new(b"hello");
    assert!(poll_future(&mut writer.resume_write_all(&mut held)).is_pending());
    drop(writer);
    assert_eq!((held.completed(), held.maybe_completed()), (0, 5), "nobody can be asked any more");
    assert_dropped_by_the_pool(&seen, &pool);
}

#[test]
fn the_task_that_waited_is_let_go() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let task = Task::new();
    assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    assert_eq!(task.held(), 1);
    drop(writer);
    pool.run_all();
    assert_eq!(task.held(), 0);
}

#[test]
fn forgotten() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    mem::forget(writer);
    let worker = pool.run_one_elsewhere();
    assert_eq!((seen.bytes(), seen.write_threads()), (b"hello".to_vec(), vec![worker]), "the write happens");
    assert_eq!((seen.drops(), pool.len()), (0, 0), "a leak at most");
}

#[test]
fn many_at_once() {
    let mut seen = Vec::new();
    let pool = Threads::new(2);
    for _ in 0..200 {
        let destination = Scripted::new();
        seen.push(destination.observer());
        let mut writer = Offload::with_pool(destination, pool.clone());
        in_flight(&mut writer, b"hello");
    }
    let ids = pool.ids();
    pool.wait_until_idle();
    for seen in seen {
        assert_eq!((seen.drops(), seen.bytes(), seen.writes()), (1, b"hello".to_vec(), vec![5]));
        // The one whose write had already ended when its writer was dropped went on this thread.
        let dropped_on = seen.dropped_on().unwrap();
        assert!(ids.contains(&dropped_on) || dropped_on == thread::current().id());
    }
}

#[test]
fn a_write_that_blocks_for_ever_blocks_nobody_else() {
    let (gate, pool) = (Gate::new(), Threads::new(2));
    let blocked = Scripted::script([Outcome::Gate(gate.clone())]);
    let seen_by_blocked = blocked.observer();
    let mut writer = Offload::with_pool(blocked, pool.clone());
    let ticket = in_flight(&mut writer, b"hello");
    gate.wait_for_arrival();
    assert!(ask(&mut writer, ticket).is_pending());
    assert!(close(&mut writer).is_pending());
    for _ in 0..10 {
        let mut other = Offload::with_pool(Scripted::new(), pool.clone());
        block_on(other.write_all_complete(b"others go on")).unwrap();
        block_on(other.close_complete()).unwrap();
    }
    drop(writer);
    assert_eq!((seen_by_blocked.drops(), seen_by_blocked.bytes()), (0, vec![]));
    gate.open();
    pool.wait_until_idle();
    assert_eq!((seen_by_blocked.drops(), seen_by_blocked.bytes()), (1, b"hello".to_vec()));
}

#[test]
fn moved_to_another_thread_while_a_write_is_outstanding() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let here = Task::new();
    let ticket = in_flight(&mut writer, b"hello");
    assert!(here.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    let (asked, is_asked) = mpsc::channel();
    let (ran, has_run) = mpsc::channel();
    let there = thread::spawn(move || {
        let task = Task::new();
        let mut poll = || task.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket));
        assert!(poll().is_pending());
        asked.send(()).unwrap();
        has_run.recv().unwrap();
        assert_eq!(ready(poll()).unwrap(), 5);
        assert_eq!(task.wakes(), 1, "the new task is woken");
        drop(writer);
        thread::current().id()
    });
    is_asked.recv().unwrap();
    pool.run_all();
    ran.send(()).unwrap();
    let there = there.join().unwrap();
    assert_eq!(here.wakes(), 0, "the old one is not");
    assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(there)));
}
