//! A binary of its own, with one test: `abandoned` counts the operations and failures of the whole process.
#![cfg(all(feature = "offload", feature = "tokio", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "it/common/mod.rs"]
#[allow(dead_code, reason = "this test uses a part")]
mod common;

use std::{mem, thread};

use async_write_complete::{
    AsyncWriteCompleteExt, Offload,
    fs::{self, PositionedFile},
    offload::abandoned,
    tokio::fs as tokio_fs,
};
use futures_lite::future::block_on;

use common::{
    destination::{Gate, Outcome, Scripted},
    operation::{NO_WRITES, Operation},
    pool::Stepped,
    steps::{ask, drive, in_flight, offload, poll_future, ready},
    waker::Task,
};

/// How many have failed, if none is under way.
#[track_caller]
fn failed() -> u64 {
    ready(poll_future(&mut abandoned()))
}

/// Asserts that somebody who waits does so until the pool has run one job, and then learns of that many failures.
#[track_caller]
fn waits_for_one_job(pool: &Stepped, failures: u64) {
    let (task, mut waiting) = (Task::new(), abandoned());
    for _ in 0..3 {
        assert!(task.poll_future(&mut waiting).is_pending());
    }
    assert_eq!((task.wakes(), task.held()), (0, 1));
    // One that gives up leaves no waker behind, and takes nobody else's.
    let another = Task::new();
    assert!(another.poll_future(&mut abandoned()).is_pending());
    assert_eq!((another.held(), task.wakes(), task.held()), (0, 0, 1));
    pool.run_one_elsewhere();
    assert_eq!((task.wakes(), task.held()), (1, 0));
    assert_eq!(ready(task.poll_future(&mut waiting)), failures);
    assert_eq!(failed(), failures, "and again");
}

#[test]
fn it_waits_for_what_goes_on_without_its_offload_and_counts_what_failed() {
    assert_eq!(failed(), 0, "nothing was abandoned");

    // Settled: nothing is under way any more. A write that had failed, and was never answered, is told to nobody
    // either.
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::All, Outcome::Os(5)]));
    drive(&pool, writer.write_all_complete(b"hello")).unwrap();
    in_flight(&mut writer, b"hello");
    pool.run_all();
    drop(writer);
    assert_eq!(failed(), 1);

    // A write that is queued goes on.
    let (mut writer, pool, seen) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    drop(writer);
    waits_for_one_job(&pool, 1);
    assert_eq!((seen.bytes(), seen.drops()), (b"hello".to_vec(), 1), "there, and released, before it is told");

    // A failure, a short count, nothing taken, a panic: each is one.
    for (outcome, failures) in [(Outcome::Os(28), 2), (Outcome::Short(2), 3), (Outcome::Zero, 4), (Outcome::Panic, 5)] {
        let (mut writer, pool, _) = offload(Scripted::script([outcome]));
        in_flight(&mut writer, b"hello");
        drop(writer);
        waits_for_one_job(&pool, failures);
    }

    // While the call runs, too.
    let gate = Gate::new();
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Gate(gate.clone()), Outcome::Os(28)]));
    in_flight(&mut writer, b"hello");
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    drop(writer);
    let task = Task::new();
    let mut waiting = abandoned();
    assert!(task.poll_future(&mut waiting).is_pending());
    gate.open();
    worker.join().unwrap();
    assert_eq!((task.wakes(), failed()), (1, 6));

    // Every other operation, a close as well.
    for operation in NO_WRITES.into_iter().chain([Operation::Close]) {
        let (mut writer, pool, _) = offload(Scripted::new().holding(b"there"));
        assert!(operation.poll_once(&mut writer).is_pending());
        drop(writer);
        waits_for_one_job(&pool, 6);
    }
    let (mut writer, pool, _) = offload(Scripted::new().on_sync([Outcome::Os(5)]));
    assert!(Operation::SyncAll.poll_once(&mut writer).is_pending());
    drop(writer);
    waits_for_one_job(&pool, 7);
    let (mut writer, pool, _) = offload(Scripted::new().panics_in_drop());
    assert!(Operation::Close.poll_once(&mut writer).is_pending());
    drop(writer);
    waits_for_one_job(&pool, 8);

    // What failed before, and was told, is no failure of what goes on now.
    let (mut writer, pool, _) = offload(Scripted::new().on_sync([Outcome::Os(5)]));
    Operation::SyncAll.run(&mut writer, &pool).unwrap_err();
    in_flight(&mut writer, b"hello");
    drop(writer);
    waits_for_one_job(&pool, 8);

    // A job that never ran has not written.
    let (mut writer, pool, seen) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    drop(writer);
    assert!(poll_future(&mut abandoned()).is_pending());
    assert!(pool.drop_one());
    assert_eq!((failed(), seen.drops()), (9, 1));

    // A close, or a sync, that has failed after its future was dropped, and a file that is dropped after that.
    let (mut writer, pool, _) = offload(Scripted::new().panics_in_drop());
    assert!(Operation::Close.poll_once(&mut writer).is_pending());
    pool.run_all();
    drop(writer);
    assert_eq!(failed(), 10);
    let (mut writer, pool, _) = offload(Scripted::new().on_sync([Outcome::Os(5)]));
    assert!(Operation::SyncAll.poll_once(&mut writer).is_pending());
    pool.run_all();
    drop(writer);
    assert_eq!(failed(), 11);
    // One whose caller was told does not count.
    let (mut writer, pool, _) = offload(Scripted::new().panics_in_drop());
    drive(&pool, writer.close_complete()).unwrap_err();
    drop(writer);
    assert_eq!(failed(), 11);

    // Writes at positions count one by one, whether they fail before the drop or after it.
    for is_before in [true, false] {
        let before = failed();
        let pool = Stepped::new();
        let file = PositionedFile::with_pool(tempfile::tempfile().unwrap(), pool.clone()).unwrap();
        for offset in 0..3 {
            assert!(poll_future(&mut Box::pin(file.write_at(b"x", offset))).is_pending());
        }
        let mut file = Some(file);
        if !is_before {
            file = None;
        }
        while pool.drop_one() {}
        drop(file);
        assert_eq!(failed(), before + 3);
    }

    // Several: until the last one has ended, and the tasks that wait are woken once.
    let abandon = || {
        let (mut writer, pool, _) = offload(Scripted::new());
        in_flight(&mut writer, b"hello");
        drop(writer);
        pool
    };
    let pools = [abandon(), abandon(), abandon()];
    let tasks = [Task::new(), Task::new()];
    let mut waiting = [abandoned(), abandoned()];
    for pool in &pools {
        for (task, waiting) in tasks.iter().zip(&mut waiting) {
            assert!(task.poll_future(waiting).is_pending());
        }
        assert_eq!(tasks[0].wakes() + tasks[1].wakes(), 0);
        pool.run_all();
    }
    assert_eq!((tasks[0].wakes(), tasks[1].wakes(), failed()), (1, 1, 17));

    // A writer that is forgotten is not dropped: nobody waits for it, and it goes on.
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    assert!(ask(&mut writer, ticket).is_pending());
    mem::forget(writer);
    assert_eq!(failed(), 17);
    pool.run_all();
    assert_eq!(seen.bytes(), b"hello");

    // On the pool that callers get by default, for the end of a `main`.
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = Offload::new(file.reopen().unwrap());
    in_flight(&mut writer, b"late");
    drop(writer);
    assert_eq!(block_on(abandoned()), 17);
    assert_eq!(std::fs::read(file.path()).unwrap(), b"late");

    // Calls without a handle, on real threads. What was answered within the first poll is not dropped.
    let before = failed();
    let dir = tempfile::tempdir().unwrap();
    let (there, nowhere) = (dir.path().join("file"), dir.path().join("no").join("file"));
    let drops = |times: usize, mut is_dropped: Box<dyn FnMut() -> bool>| {
        let mut dropped = 0;
        while dropped < times {
            dropped += usize::from(is_dropped());
        }
        block_on(abandoned())
    };
    let path = there.clone();
    let writes = move || poll_future(&mut Box::pin(fs::write(&path, b"hello"))).is_pending();
    assert_eq!(drops(3, Box::new(writes)), before, "a success is no failure");
    let path = nowhere.clone();
    let opens = move || poll_future(&mut Box::pin(fs::File::open(&path))).is_pending();
    assert_eq!(drops(3, Box::new(opens)), before, "of a file that nobody wants it is forgotten");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let path = nowhere.clone();
    let opens = move || {
        let _context = runtime.enter();
        poll_future(&mut Box::pin(tokio_fs::File::open(&path))).is_pending()
    };
    assert_eq!(drops(3, Box::new(opens)), before, "tokio's too");
    let writes = move || poll_future(&mut Box::pin(fs::write(&nowhere, b"hello"))).is_pending();
    assert_eq!(drops(3, Box::new(writes)), before + 3);
}
