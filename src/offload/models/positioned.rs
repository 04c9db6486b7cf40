//! Writes at positions of one file: several at a time, whose callers wait, go or settle.

use std::{fs::File, future::Future, os::unix::fs::FileExt, pin::pin};

use futures_lite::future::zip;

use super::*;
use crate::{
    checker::{model, model_of},
    fs::PositionedFile,
};

type Positioned = PositionedFile<Threads>;

fn open(pool: &Threads) -> (Positioned, File) {
    let file = tempfile::tempfile().unwrap();
    let observer = file.try_clone().unwrap();
    (PositionedFile::with_pool(file, pool.clone()).unwrap(), observer)
}

fn bytes(observer: &File) -> [u8; 2] {
    let mut bytes = [b'-'; 2];
    let _ = observer.read_at(&mut bytes, 0).unwrap();
    bytes
}

/// A write whose future is dropped after its first poll. Returns whether that has reported a failure.
fn abandon(file: &Positioned, bytes: &[u8], offset: u64) -> bool {
    matches!(poll_once(|cx| pin!(file.write_at(bytes, offset)).poll(cx)), Poll::Ready(Err(_)))
}

fn runs(_: usize) -> Fate {
    Fate::Runs
}

fn the_second_dropped(job: usize) -> Fate {
    [Fate::Runs, Fate::Dropped][job]
}

#[test]
fn each_write_has_its_own_answer() {
    model(|| {
        let pool = Threads::with_fates(the_second_dropped);
        let (file, observer) = open(&pool);
        let (first, second) = block_on(zip(file.write_at(b"1", 0), file.write_at(b"2", 1)));
        assert_eq!((first.unwrap(), second.unwrap_err().kind()), (1, io::ErrorKind::Other));
        assert_eq!(&bytes(&observer), b"1-");
        block_on(file.settle()).expect("both were reported");
        pool.join();
    });
}

/// The settle waits for what was submitted before, and reports once which of that has failed.
#[test]
fn a_settle_after_two_that_were_dropped() {
    for (fates, written, failed) in [(runs as fn(usize) -> Fate, b"12", 0), (the_second_dropped, b"1-", 1)] {
        model_of(&["in flight", "ended"], move |cases| {
            let pool = Threads::with_fates(fates);
            let (file, observer) = open(&pool);
            let mut reported = usize::from(abandon(&file, b"1", 0));
            reported += usize::from(abandon(&file, b"2", 1));
            step();
            cases.met(if bytes(&observer)[0] == b'1' { "ended" } else { "in flight" });
            let failures = block_on(file.settle()).map_or_else(|failures| failures.failures().len(), |()| 0);
            assert_eq!(failures + reported, failed);
            assert_eq!(&bytes(&observer), written);
            block_on(file.settle()).expect("once");
            pool.join();
        });
    }
}

/// Each of the tasks that settle is woken.
#[test]
fn two_tasks_settle() {
    model(|| {
        let pool = Threads::new();
        let (file, observer) = open(&pool);
        abandon(&file, b"1", 0);
        let file = StdArc::new(file);
        let other = file.clone();
        let other = thread::spawn(move || block_on(other.settle()).unwrap());
        block_on(file.settle()).unwrap();
        assert_eq!(&bytes(&observer), b"1-");
        other.join().unwrap();
        pool.join();
    });
}

/// The writes go on, and the task that waits for `abandoned` is woken when the last one has ended, and learns
/// whether any has failed.
#[test]
fn a_drop_over_two_writes() {
    for (fates, written, failed) in [(runs as fn(usize) -> Fate, b"12", 0), (the_second_dropped, b"1-", 1)] {
        model(move || {
            let pool = Threads::with_fates(fates);
            let (file, observer) = open(&pool);
            let mut reported = u64::from(abandon(&file, b"1", 0));
            reported += u64::from(abandon(&file, b"2", 1));
            drop(file);
            assert_eq!(block_on(abandoned()) + reported, failed);
            assert_eq!(&bytes(&observer), written);
            pool.join();
        });
    }
}
