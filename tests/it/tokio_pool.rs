//! `TokioPool`: tokio's blocking threads, and a runtime that ends.

use std::{
    io::{self, Read},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Offload,
    tokio::{TokioPool, fs::File},
};
use futures_lite::future::block_on;
use tokio::runtime::{Builder, Runtime};

use crate::common::{
    destination::{Gate, Outcome, Scripted},
    steps::in_flight,
};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[track_caller]
fn assert_gone(error: &io::Error) {
    assert_eq!(error.kind(), io::ErrorKind::Other, "{error:?}");
    assert!(error.to_string().contains("shut down"), "it says what may be: {error}");
}

#[test]
fn it_needs_no_runtime_before_its_first_job() {
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut writer = Offload::with_pool(destination, TokioPool::default());
    let runtime = runtime();
    runtime.block_on(writer.write_all_complete(b"hello")).unwrap();
    // It has found one: from now on any executor drives it.
    block_on(writer.write_all_complete(b" world")).unwrap();
    assert_eq!(seen.bytes(), b"hello world");

    let mut other = Offload::with_pool(Scripted::new(), TokioPool::new(runtime.handle().clone()));
    block_on(other.write_all_complete(b"hello")).unwrap();
}

#[test]
fn without_a_runtime_each_operation_fails_and_the_destination_is_kept() {
    let mut writer = Offload::with_pool(Scripted::new(), TokioPool::default());
    for _ in 0..2 {
        assert_gone(&block_on(writer.write_all_complete(b"hello")).unwrap_err());
    }
    assert_gone(&block_on(File::open("/dev/null")).unwrap_err());
    runtime().block_on(writer.write_all_complete(b"hello")).unwrap();
}

#[test]
fn a_runtime_that_was_shut_down_fails_each_operation() {
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut writer = Offload::with_pool(destination, TokioPool::default());
    let runtime = runtime();
    runtime.block_on(writer.write_all_complete(b"hello")).unwrap();
    drop(runtime);
    for _ in 0..2 {
        assert_gone(&block_on(writer.write_all_complete(b" world")).unwrap_err());
        assert_gone(&block_on(writer.with_mut(|_| ())).unwrap_err());
    }
    assert_eq!(block_on(writer.into_inner()).unwrap().observer().bytes(), b"hello");
    assert_eq!(seen.drops(), 1);
}

#[test]
fn a_file_of_a_runtime_that_was_shut_down_fails_each_operation() {
    use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

    let runtime = runtime();
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let mut file = runtime.block_on(File::options().read(true).write(true).open(&path)).unwrap();
    runtime.block_on(file.write_all(b"hello")).unwrap();
    drop(runtime);
    for _ in 0..2 {
        assert_gone(&block_on(file.write_all(b" world")).unwrap_err());
        assert_gone(&block_on(file.read(&mut [0; 5])).unwrap_err());
        assert_gone(&block_on(file.rewind()).unwrap_err());
        assert_gone(&block_on(file.sync_all()).unwrap_err());
        assert_gone(&block_on(file.metadata()).unwrap_err());
        assert_gone(&block_on(file.try_clone()).unwrap_err());
        block_on(file.flush()).unwrap();
    }
    assert_eq!(block_on(file.into_std()).metadata().unwrap().len(), 5);
}

#[test]
fn the_drop_of_a_runtime_waits_for_what_runs() {
    let gate = Gate::new();
    let destination = Scripted::script([Outcome::Gate(gate.clone())]);
    let seen = destination.observer();
    let runtime = runtime();
    let mut writer = Offload::with_pool(destination, TokioPool::new(runtime.handle().clone()));
    let ticket = in_flight(&mut writer, b"hello");
    gate.wait_for_arrival();
    let (dropped, is_dropped) = mpsc::channel();
    let drops = thread::spawn(move || {
        drop(runtime);
        dropped.send(()).unwrap();
    });
    assert_eq!(is_dropped.recv_timeout(Duration::from_millis(100)), Err(mpsc::RecvTimeoutError::Timeout));
    gate.open();
    drops.join().unwrap();
    assert_eq!(block_on(writer.complete(ticket)).unwrap(), 5);
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn what_is_queued_when_a_runtime_is_dropped_runs_or_is_told_to_have_failed() {
    let gate = Gate::new();
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let pool = TokioPool::new(runtime.handle().clone());
    let mut first = Offload::with_pool(Scripted::script([Outcome::Gate(gate.clone())]), pool.clone());
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut second = Offload::with_pool(destination, pool);
    let ticket = in_flight(&mut first, b"hello");
    gate.wait_for_arrival();
    let queued = in_flight(&mut second, b"hello");
    runtime.shutdown_background();
    gate.open();
    assert_eq!(block_on(first.complete(ticket)).unwrap(), 5);
    // Which of both is tokio's affair; the answer says it.
    match block_on(second.complete(queued)) {
        Ok(n) => assert_eq!((n, seen.bytes()), (5, b"hello".to_vec())),
        Err(error) => {
            assert_gone(&error);
            assert_eq!(seen.bytes(), b"");
        }
    }
    assert_eq!(second.outstanding(), None);
}

#[test]
fn a_write_that_is_stuck_in_a_pipe_holds_up_a_shutdown_no_longer_than_it_is_told_to() {
    let (mut reader, pipe) = io::pipe().unwrap();
    let runtime = runtime();
    let mut writer = Offload::with_pool(pipe, TokioPool::new(runtime.handle().clone()));
    let bytes = vec![7; 1 << 20];
    let ticket = in_flight(&mut writer, &bytes);
    let begun = Instant::now();
    runtime.shutdown_timeout(Duration::from_millis(50));
    assert!(begun.elapsed() < Duration::from_secs(20));
    let mut received = vec![0; bytes.len()];
    reader.read_exact(&mut received).unwrap();
    assert_eq!(block_on(writer.complete(ticket)).unwrap(), bytes.len(), "its thread goes on");
}

#[test]
fn many_handles_share_the_threads() {
    let runtime = Builder::new_multi_thread().worker_threads(2).max_blocking_threads(2).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                tokio::spawn(async {
                    let destination = Scripted::new();
                    let seen = destination.observer();
                    let mut writer = Offload::with_pool(destination, TokioPool::default());
                    for _ in 0..50 {
                        writer.write_all_complete(b"hello").await.unwrap();
                    }
                    assert_eq!(seen.bytes().len(), 250);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}
