//! A binary of its own: the default pool is one for the process, and is narrowed to one thread before it has any.
#![cfg(all(feature = "offload", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use async_write_complete::{AsyncWriteCompleteExt, Offload, WriteComplete};
use futures_lite::future::block_on;
use futures_util::future::join_all;

fn narrow() {
    blocking::set_max_blocking_threads(NonZeroUsize::MIN);
}

/// Takes everything.
struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Nowhere {}

/// Writers that are always busy give the one thread there is to others too.
#[test]
fn busy_writers_leave_the_pool_to_others() {
    /// Far more than a worker writes before it queues again, whatever the machine.
    const MANY: usize = 1_000_000;

    narrow();
    let had_its_turn = Arc::new(AtomicBool::new(false));
    let told = had_its_turn.clone();
    let mut other = None;
    let counts = block_on(join_all((0..16).map(|index| {
        if index == 8 {
            let told = told.clone();
            other = Some(blocking::unblock(move || told.store(true, SeqCst)));
        }
        let had_its_turn = &had_its_turn;
        async move {
            let mut writer = Offload::new(Nowhere);
            let mut count = 0;
            while !had_its_turn.load(SeqCst) && count < MANY {
                writer.write_all_complete(b"more").await.unwrap();
                count += 1;
            }
            count
        }
    })));
    assert!(counts.into_iter().all(|count| count < MANY), "the pool's other user never had its turn");
    block_on(other.unwrap());
}

/// More writers than the pool has threads, in any order: each write is there when it is answered.
#[test]
fn two_hundred_writers_are_served_by_one_thread() {
    narrow();
    block_on(join_all((0..200).map(|_| async {
        let written = Arc::new(Mutex::new(0));
        let mut writer = Offload::new(Counting(written.clone()));
        for n in 1..=20 {
            writer.write_all_complete(b"1").await.unwrap();
            assert_eq!(*written.lock().unwrap(), n);
        }
    })));
}

struct Counting(Arc<Mutex<usize>>);

impl Write for Counting {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        *self.0.lock().unwrap() += buf.len();
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Counting {}
