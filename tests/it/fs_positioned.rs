//! `PositionedFile`: writes at positions, several at once.

use std::{
    fs::{self, File, OpenOptions},
    future::Future,
    io,
    os::{fd::AsFd, unix::fs::OpenOptionsExt},
    path::Path,
    pin::Pin,
};

use async_write_complete::{
    Indeterminate,
    fs::{AbandonedFailures, PositionedFile},
    offload::abandoned,
};
use futures_lite::future::block_on;

use crate::common::{
    pool::{Stepped, Threads},
    random::XorShift,
    steps::{drive, poll_future, ready},
    waker::{Task, panics_in_drop, panics_in_wake, poll_with},
};

type Op<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;

fn path() -> tempfile::TempPath {
    tempfile::NamedTempFile::new().unwrap().into_temp_path()
}

fn stepped(path: &Path) -> (PositionedFile<Stepped>, Stepped) {
    let pool = Stepped::new();
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    (PositionedFile::with_pool(file, pool.clone()).unwrap(), pool)
}

/// A file that takes no byte.
fn full() -> (PositionedFile<Stepped>, Stepped) {
    stepped(Path::new("/dev/full"))
}

#[test]
fn each_write_is_complete_when_it_is_answered() {
    let path = path();
    let file = PositionedFile::new(File::create(&path).unwrap()).unwrap();
    block_on(async {
        for i in 0..500 {
            assert_eq!(file.write_at(&[i as u8; 7], i * 7).await.unwrap(), 7);
            assert_eq!(fs::metadata(&path).unwrap().len(), (i + 1) * 7);
        }
        assert_eq!(file.write_at(b"", 1 << 40).await.unwrap(), 0);
        file.sync_all().await.unwrap();
    });
}

#[test]
fn several_are_in_flight_at_once_and_end_in_any_order() {
    let path = path();
    let (file, pool) = stepped(&path);
    let mut writes: Vec<Op<'_>> = (0..4).map(|i| Box::pin(file.write_all_at(b"abc", i * 3)) as Op<'_>).collect();
    assert_eq!(pool.len(), 0, "nothing happens before the first poll");
    for write in &mut writes {
        assert!(poll_future(write).is_pending());
    }
    let mut jobs: Vec<_> = std::iter::from_fn(|| pool.take()).collect();
    jobs.pop().unwrap().run();
    ready(poll_future(&mut writes[3])).unwrap();
    assert!(poll_future(&mut writes[0]).is_pending());
    for job in jobs {
        job.run();
    }
    for write in &mut writes[..3] {
        ready(poll_future(write)).unwrap();
    }
    assert_eq!(fs::read(&path).unwrap(), b"abcabcabcabc");
}

#[test]
fn what_was_written_is_read_at_its_position() {
    let path = path();
    fs::write(&path, b"hello world").unwrap();
    let (file, pool) = stepped(&path);
    let mut buf = [0; 5];
    assert_eq!(drive(&pool, file.read_at(&mut buf, 6)).unwrap(), 5);
    assert_eq!(&buf, b"world");
    assert_eq!(drive(&pool, file.read_at(&mut buf, 11)).unwrap(), 0, "the end");
    assert_eq!(drive(&pool, file.read_at(&mut buf, 9)).unwrap(), 2);
    assert_eq!(file.get_ref().metadata().unwrap().len(), 11);
    file.as_fd().try_clone_to_owned().unwrap();
}

#[test]
fn an_error_is_its_own_and_the_file_goes_on() {
    let (file, pool) = full();
    for _ in 0..2 {
        assert_eq!(drive(&pool, file.write_at(b"hello", 0)).unwrap_err().raw_os_error(), Some(28));
        assert_eq!(drive(&pool, file.write_all_at(b"hello", 0)).unwrap_err().raw_os_error(), Some(28));
    }
    drive(&pool, file.settle()).unwrap();
    let beyond = drive(&pool, file.write_at(b"hello", u64::MAX)).unwrap_err();
    assert_eq!(beyond.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_write_that_was_dropped_happens() {
    let path = path();
    let (file, pool) = stepped(&path);
    drop(file.write_all_at(b"never", 0));
    assert!(poll_future(&mut Box::pin(file.write_all_at(b"hello", 0))).is_pending());
    assert!(poll_future(&mut Box::pin(file.write_at(b"world", 6))).is_pending());
    let mut settled = Box::pin(file.settle());
    assert!(poll_future(&mut settled).is_pending());
    assert!(pool.run_one());
    assert!(poll_future(&mut settled).is_pending(), "all of them");
    assert!(pool.run_one());
    ready(poll_future(&mut settled)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello\0world");
}

/// Dropped while in flight, and dropped when it had ended.
#[test]
fn a_failure_that_was_not_answered_is_told_once_by_a_settle() {
    for ends_first in [false, true] {
        let (file, pool) = full();
        let mut write = Box::pin(file.write_all_at(b"hello", 100));
        assert!(poll_future(&mut write).is_pending());
        if ends_first {
            pool.run_all();
            drop(write);
        } else {
            drop(write);
            pool.run_all();
        }
        let failures: AbandonedFailures = drive(&pool, file.settle()).unwrap_err();
        let [failed] = failures.failures() else { panic!("{failures:?}") };
        assert_eq!((failed.offset(), failed.len(), failed.completed()), (100, 5, 0));
        assert_eq!(failed.error().unwrap().raw_os_error(), Some(28));
        assert!(failures.to_string().contains("of 5 bytes at 100 0 are complete"), "{failures}");
        let reason = std::error::Error::source(&failures).unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(reason.raw_os_error(), Some(28));
        assert_eq!(io::Error::from(failures).kind(), io::ErrorKind::StorageFull);
        drive(&pool, file.settle()).unwrap();
    }
}

#[test]
fn a_settle_waits_for_what_was_submitted_before_it_alone() {
    let path = path();
    let (file, pool) = stepped(&path);
    let mut before = Box::pin(file.write_at(b"before", 0));
    assert!(poll_future(&mut before).is_pending());
    let mut settled = Box::pin(file.settle());
    assert!(poll_future(&mut settled).is_pending());
    let mut after = Box::pin(file.write_at(b"after", 10));
    assert!(poll_future(&mut after).is_pending());
    assert!(pool.run_one());
    ready(poll_future(&mut settled)).unwrap();
    assert!(poll_future(&mut after).is_pending());
    pool.run_all();
}

#[test]
fn a_sync_is_refused_over_a_failure_that_was_not_answered() {
    let (file, pool) = full();
    assert!(poll_future(&mut Box::pin(file.write_all_at(b"hello", 0))).is_pending());
    pool.run_all();
    let error = drive(&pool, file.sync_data()).unwrap_err();
    assert!(error.get_ref().unwrap().is::<AbandonedFailures>(), "{error}");
}

#[test]
fn a_sync_leaves_a_failure_to_the_future_that_is_there_for_it() {
    let path = path();
    let (file, pool) = stepped(&path);
    let mut write = Box::pin(file.write_at(b"hello", u64::MAX));
    assert!(poll_future(&mut write).is_pending());
    pool.run_all();
    drive(&pool, file.sync_data()).unwrap();
    assert_eq!(ready(poll_future(&mut write)).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    drive(&pool, file.settle()).unwrap();
}

/// Rule D1. A device has no sync.
#[test]
fn after_a_sync_has_failed_none_succeeds() {
    let (file, pool) = full();
    let told = drive(&pool, file.sync_all()).unwrap_err();
    let again = drive(&pool, file.sync_data()).unwrap_err();
    assert_eq!((told.raw_os_error(), again.raw_os_error()), (Some(22), Some(22)));
}

#[test]
fn an_append_only_descriptor_and_one_without_positions_are_refused() {
    let path = path();
    let appends = OpenOptions::new().append(true).open(&path).unwrap();
    assert_eq!(PositionedFile::new(appends).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    let flag = rustix::fs::OFlags::APPEND.bits() as i32;
    let appends = OpenOptions::new().write(true).custom_flags(flag).open(&path).unwrap();
    assert_eq!(PositionedFile::new(appends).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_pool_that_refuses_does_nothing_and_says_so() {
    let path = path();
    let (file, pool) = stepped(&path);
    pool.refuse(true);
    for _ in 0..2 {
        let error = ready(poll_future(&mut Box::pin(file.write_at(b"hello", 0)))).unwrap_err();
        assert!(error.to_string().contains("nothing was done"), "{error}");
    }
    ready(poll_future(&mut Box::pin(file.read_at(&mut [0; 5], 0)))).unwrap_err();
    pool.refuse(false);
    assert!(poll_future(&mut Box::pin(file.write_at(b"hello", 7))).is_pending());
    assert!(pool.drop_one());
    let failures = drive(&pool, file.settle()).unwrap_err();
    assert_eq!((failures.failures().len(), failures.failures()[0].offset()), (1, 7));
    drive(&pool, file.write_all_at(b"hello", 0)).unwrap();
}

#[test]
fn wakers_that_panic_harm_nobody() {
    let path = path();
    let (file, pool) = stepped(&path);
    let mut first = Box::pin(file.write_at(b"a", 0));
    let mut second = Box::pin(file.write_at(b"b", 1));
    let mut read = Box::pin(async { file.read_at(&mut [0; 5], 0).await });
    let mut settled = Box::pin(file.settle());
    assert!(poll_with(&panics_in_wake(), |cx| first.as_mut().poll(cx)).is_pending());
    assert!(poll_with(&panics_in_wake(), |cx| read.as_mut().poll(cx)).is_pending());
    assert!(poll_with(&panics_in_drop(), |cx| second.as_mut().poll(cx)).is_pending());
    assert!(poll_with(&panics_in_wake(), |cx| settled.as_mut().poll(cx)).is_pending());
    assert_eq!(pool.run_all(), 3);
    ready(poll_future(&mut first)).unwrap();
    ready(poll_future(&mut second)).unwrap();
    ready(poll_future(&mut read)).unwrap();
    ready(poll_future(&mut settled)).unwrap();
}

#[test]
fn a_task_is_woken_once_and_its_waker_let_go() {
    let path = path();
    let (file, pool) = stepped(&path);
    let task = Task::new();
    let mut write = Box::pin(file.write_at(b"a", 0));
    for _ in 0..3 {
        assert!(task.poll_future(&mut write).is_pending());
        assert_eq!(task.held(), 1);
    }
    pool.run_all();
    assert_eq!((task.wakes(), task.held()), (1, 0));
    assert_eq!(ready(task.poll_future(&mut write)).unwrap(), 1);
    let mut write = Box::pin(file.write_at(b"a", 0));
    assert!(task.poll_future(&mut write).is_pending());
    drop(write);
    assert_eq!(task.held(), 0, "no task waits");
}

#[test]
fn dropped_with_writes_in_flight_it_ends_them_and_closes() {
    let path = path();
    let (file, pool) = stepped(&path);
    assert!(poll_future(&mut Box::pin(file.write_all_at(b"hello", 0))).is_pending());
    let descriptor = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file.get_ref()));
    drop(file);
    assert!(fs::read_link(&descriptor).is_ok());
    let mut ended = Box::pin(abandoned());
    assert!(poll_future(&mut ended).is_pending());
    pool.run_all();
    assert_eq!(fs::read(&path).unwrap(), b"hello");
}

#[test]
fn a_sync_write_whose_bytes_may_be_there_is_indeterminate_and_the_file_goes_on() {
    let pool = Stepped::new();
    let flag = rustix::fs::OFlags::DSYNC.bits() as i32;
    let full = OpenOptions::new().write(true).custom_flags(flag).open("/dev/full").unwrap();
    let file = PositionedFile::with_pool(full, pool.clone()).unwrap();
    for _ in 0..2 {
        let error = drive(&pool, file.write_at(b"hello", 0)).unwrap_err();
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
    }
}

/// Of random writes that do not overlap, some dropped, every byte is there.
#[test]
fn on_threads_every_byte_is_where_it_belongs() {
    let mut random = XorShift::new(7);
    for _ in 0..20 {
        let path = path();
        let file = File::create(&path).unwrap();
        let file = PositionedFile::with_pool(file, Threads::new(3)).unwrap();
        let block = 1 + random.below(5_000);
        let bytes: Vec<u8> = (0..32 * block).map(|i| (i % 251) as u8).collect();
        let mut writes: Vec<_> = bytes
            .chunks(block)
            .enumerate()
            .map(|(i, chunk)| Box::pin(file.write_all_at(chunk, (i * block) as u64)))
            .collect();
        for write in &mut writes {
            let _ = poll_future(write);
        }
        for write in writes.into_iter().skip(random.below(32)) {
            drop(write);
        }
        block_on(file.settle()).unwrap();
        assert!(fs::read(&path).unwrap() == bytes);
    }
}

#[test]
fn it_goes_from_thread_to_thread_and_so_do_its_futures() {
    fn shared<T: Send + Sync + Unpin + 'static>() {}
    fn sent<T: Send>(_: impl FnOnce(&'static PositionedFile, &'static mut [u8]) -> T) {}
    shared::<PositionedFile>();
    shared::<AbandonedFailures>();
    sent(|file, buf| file.write_at(buf, 0));
    sent(|file, buf| file.write_all_at(buf, 0));
    sent(|file, buf| file.read_at(buf, 0));
    sent(|file, _| file.settle());
    sent(|file, _| file.sync_all());
}

/// A descriptor that is a mere place in the tree, as `O_PATH` gives: its error is its own.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_tell_its_position_answers_its_own_error() {
    let flags = rustix::fs::OFlags::PATH.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path()).unwrap();
    assert_eq!(PositionedFile::new(file).unwrap_err().raw_os_error(), Some(9), "EBADF");
}
