//! Operations whose `Offload` was dropped, and a file that is written anew after [`abandoned`]: nothing comes late. And
//! opens that are given up, of FIFOs too.
//!
//! A binary of its own, since it waits for what is abandoned in the whole process, and since the default pool has a
//! single thread here.
#![cfg(all(feature = "offload", feature = "tokio", feature = "bytes", target_os = "linux", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "these tests use a part")]
#[path = "it/common/mod.rs"]
mod common;

use std::{
    fs::{self, File, OpenOptions},
    future::Future,
    io::{self, Read, Write},
    num::NonZeroUsize,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_write_complete::{
    AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, Offload, WriteComplete, adapter::ToTokio, fs::PositionedFile,
    offload::abandoned,
};
use common::{
    destination::{Gate, Scripted},
    files,
    operation::{CLOSES, NO_WRITES, Operation},
    pool::Threads,
    steps::{in_flight, offload, poll_future},
    waker::Task,
};
use futures_lite::future::{block_on, poll_once};

/// Each test has the process for itself.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    blocking::set_max_blocking_threads(NonZeroUsize::MIN);
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(is_over(), "an earlier test has left something");
    guard
}

fn is_over() -> bool {
    poll_future(&mut abandoned()).is_ready()
}

/// A file whose writes, and whose release, wait at a gate.
struct Gated {
    file: File,
    gate: Gate,
}

impl Write for Gated {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.gate.pass();
        self.file.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl WriteComplete for Gated {
    fn release(self) -> io::Result<()> {
        self.gate.pass();
        self.file.release()
    }
}

const OLD: &[u8] = b"the old text, which is the longer one of them";
const NEW: &[u8] = b"the new text";

/// Drops a write with its writer; then waits, and writes the file anew.
#[track_caller]
fn rewrites<F: Future>(write: impl FnOnce(Offload<Gated, Threads>) -> F) {
    let _alone = alone();
    let (directory, path) = files::file(b"");
    let (gate, pool) = (Gate::new(), Threads::new(1));
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    let writer = Offload::with_pool(Gated { file, gate: gate.clone() }, pool.clone());
    {
        let mut write = pin!(write(writer));
        assert!(block_on(poll_once(&mut write)).is_none());
    }
    gate.wait_for_arrival();
    let mut ends = abandoned();
    for _ in 0..3 {
        assert!(poll_future(&mut ends).is_pending(), "it waits at the gate");
    }
    gate.open();
    block_on(ends);
    assert_eq!(fs::read(&path).unwrap(), OLD, "it has happened");
    fs::write(&path, NEW).unwrap();
    pool.wait_until_idle();
    assert_eq!(fs::read(&path).unwrap(), NEW, "nothing comes late");
    drop(directory);
}

#[test]
fn a_file_is_written_anew_after_a_write_complete_that_was_dropped() {
    rewrites(|mut writer| async move { writer.write_complete(OLD).await });
}

#[test]
fn a_file_is_written_anew_after_a_write_all_that_was_dropped() {
    rewrites(|mut writer| async move { writer.write_all_complete(OLD).await });
}

#[test]
fn a_file_is_written_anew_after_a_write_of_bytes_that_was_dropped() {
    rewrites(|mut writer| async move { writer.write_all_bytes_complete(bytes::Bytes::from_static(OLD)).await });
}

#[test]
fn a_file_is_written_anew_after_a_poll_write_that_was_dropped() {
    rewrites(|mut writer| async move { futures_lite::AsyncWriteExt::write_all(&mut writer, OLD).await });
}

#[test]
fn a_file_is_written_anew_after_a_write_of_tokio_that_was_dropped() {
    rewrites(|writer| async move { tokio::io::AsyncWriteExt::write_all(&mut ToTokio::new(writer), OLD).await });
}

#[test]
fn a_file_is_written_anew_after_a_close_that_was_dropped() {
    rewrites(|mut writer| async move {
        let _ = writer.submit(OLD).await.unwrap();
        writer.close_complete().await
    });
}

/// On the default pool, and without a gate: whatever the moment of the drop.
#[test]
fn a_file_is_written_anew_again_and_again() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..200).map(|n| directory.path().join(n.to_string())).collect();
    block_on(async {
        for path in &paths {
            let mut writer = Offload::create(path).await.unwrap();
            let _ = writer.submit(OLD).await.unwrap();
            drop(writer);
            abandoned().await;
            fs::write(path, NEW).unwrap();
        }
    });
    assert!(paths.iter().all(|path| fs::read(path).unwrap() == NEW));
}

/// The file in the place of tokio's, whose writes are on tokio's threads.
#[test]
fn a_file_is_written_anew_after_one_in_the_place_of_tokios_was_dropped() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for n in 0..100 {
            let path = directory.path().join(n.to_string());
            let mut file = async_write_complete::tokio::fs::File::create(&path).await.unwrap();
            let _ = poll_once(tokio::io::AsyncWriteExt::write_all(&mut file, OLD)).await;
            drop(file);
            abandoned().await;
            assert_eq!(fs::read(&path).unwrap(), OLD);
            fs::write(&path, NEW).unwrap();
            assert_eq!(fs::read(&path).unwrap(), NEW);
        }
    });
}

#[test]
fn a_file_is_written_anew_after_positions_of_it_that_were_dropped() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    block_on(async {
        for n in 0..100 {
            let path = directory.path().join(n.to_string());
            let file = PositionedFile::new(File::create(&path).unwrap()).unwrap();
            let (head, tail) = OLD.split_at(7);
            let _ = poll_once(file.write_all_at(tail, 7)).await;
            let _ = poll_once(file.write_all_at(head, 0)).await;
            drop(file);
            abandoned().await;
            assert_eq!(fs::read(&path).unwrap(), OLD);
            fs::write(&path, NEW).unwrap();
            assert_eq!(fs::read(&path).unwrap(), NEW);
        }
    });
}

/// The destination is gone by then: a lock of it, or a name, is free.
#[test]
fn the_destination_is_dropped_before_it_is_ready() {
    let _alone = alone();
    for operation in NO_WRITES.into_iter().chain(CLOSES).chain([Operation::Submit, Operation::PollWrite]) {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending(), "{operation:?}");
        drop(writer);
        assert!(!is_over(), "{operation:?}");
        pool.run_all();
        assert!(is_over(), "{operation:?}");
        assert_eq!(seen.drops(), 1, "{operation:?}");
    }
}

#[test]
fn all_that_wait_are_woken() {
    let _alone = alone();
    let (mut writer, pool, _) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    drop(writer);
    let tasks: Vec<Task> = (0..5).map(|_| Task::new()).collect();
    let mut waiting: Vec<_> = tasks.iter().map(|_| abandoned()).collect();
    for (task, waiting) in tasks.iter().zip(&mut waiting) {
        for _ in 0..3 {
            assert!(task.poll_future(waiting).is_pending());
            // Asked anew and given up, as in a `select!`.
            assert!(task.poll_future(&mut abandoned()).is_pending());
        }
        assert_eq!(task.held(), 1, "once a future that waits");
    }
    pool.run_all();
    assert!(tasks.iter().all(|task| task.wakes() == 1 && task.held() == 0));
}

/// A file that is created late would be emptied late.
#[test]
fn it_waits_for_a_file_that_is_being_opened() {
    let _alone = alone();
    let (directory, path) = files::file(OLD);
    let (gate, created) = (Gate::new(), path.clone());
    let waits = gate.clone();
    let open = move || {
        waits.pass();
        File::create(created)
    };
    assert!(poll_future(&mut Box::pin(Offload::open_with_pool(Threads::new(1), open))).is_pending());
    assert!(!is_over());
    gate.open();
    block_on(abandoned());
    assert_eq!(fs::read(&path).unwrap(), b"", "emptied");
    fs::write(&path, NEW).unwrap();
    assert!(is_over());
    assert_eq!(fs::read(&path).unwrap(), NEW);
    drop(directory);
}

/// Whole files, whose futures are dropped after their first poll.
#[test]
fn a_file_is_written_anew_after_a_whole_one_that_was_dropped() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    block_on(async {
        for n in 0..100 {
            let path = directory.path().join(n.to_string());
            if n % 2 == 0 {
                let _ = poll_once(pin!(async_write_complete::fs::write(&path, OLD))).await;
            } else {
                let _ = poll_once(pin!(async_write_complete::fs::replace(&path, OLD))).await;
            }
            abandoned().await;
            assert_eq!(fs::read(&path).unwrap(), OLD);
            fs::write(&path, NEW).unwrap();
            assert_eq!(fs::read(&path).unwrap(), NEW);
        }
    });
}

/// A write that is lost counts; an open or a read that came to nothing does not.
#[test]
fn the_failures_of_whole_files_are_counted() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("no").join("such");
    block_on(async {
        let before = abandoned().await;
        let mut lost = 0;
        for _ in 0..20 {
            lost += u64::from(poll_once(pin!(async_write_complete::fs::write(&missing, OLD))).await.is_none());
            lost += u64::from(poll_once(pin!(async_write_complete::fs::replace(&missing, OLD))).await.is_none());
            let _ = poll_once(pin!(async_write_complete::fs::read(&missing))).await;
            let _ = poll_once(pin!(Offload::open(&missing))).await;
            assert_eq!(abandoned().await - before, lost);
        }
    });
}

/// Opens of FIFOs wait for a peer: they are given a pool of their own, and the default one, which has one thread here,
/// goes on.
#[test]
fn the_open_of_a_fifo_that_is_given_up_keeps_a_thread_of_its_own_pool_alone() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let (fifo, log) = (directory.path().join("fifo"), directory.path().join("log"));
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    let (pool, arrived) = (Threads::new(1), Gate::new());
    arrived.open();
    let (opened, arrives) = (fifo.clone(), arrived.clone());
    let open = move || {
        arrives.pass();
        OpenOptions::new().write(true).open(opened)
    };
    let mut given_up = Box::pin(Offload::open_with_pool(pool.clone(), open));
    assert!(poll_future(&mut given_up).is_pending());
    drop(given_up);
    arrived.wait_for_arrival();

    block_on(async {
        let mut log = Offload::create(&log).await.unwrap();
        log.write_all_complete(NEW).await.unwrap();
        log.close_complete().await.unwrap();
    });
    assert_eq!(fs::read(&log).unwrap(), NEW);
    assert!(!is_over(), "the open waits for a peer");

    let mut text = Vec::new();
    File::open(&fifo).unwrap().read_to_end(&mut text).unwrap();
    assert_eq!(text, b"", "what was opened is dropped at once");
    block_on(abandoned());
}
