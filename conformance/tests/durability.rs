//! The check of syncs by polls finds every faulty writer, and nothing wrong with those that keep D1.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use async_write_complete::{AssertComplete, AsyncSyncComplete, AsyncWriteComplete, Inline, Submitted, Ticket};
use async_write_complete_conformance::{
    Disk, check_syncs,
    faulty::{OverDisk, SyncFlaw},
};

#[test]
fn every_faulty_writer_is_found() {
    for flaw in SyncFlaw::ALL {
        let found = check_syncs(|disk| OverDisk::new(disk, Some(flaw)), || {});
        println!("{flaw:?}: {found:?}");
        assert!(found.is_err(), "{flaw:?} is not found");
    }
}

#[test]
fn right_ones_are_not() {
    assert_eq!(check_syncs(|disk| OverDisk::new(disk, None), || {}), Ok(()));
    assert_eq!(check_syncs(Inline::new, || {}), Ok(()));
    assert_eq!(check_syncs(|disk| Box::new(Inline::new(AssertComplete::new(disk))), || {}), Ok(()));
}

/// A writer, and how many polls come before the one that is answered by a turn for the executor (rule P4).
struct WithATurn(OverDisk, usize);

impl WithATurn {
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<&mut OverDisk> {
        let is_now = self.1 == 0;
        self.1 = self.1.wrapping_sub(1);
        if is_now {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(&mut self.0)
    }
}

impl AsyncWriteComplete for WithATurn {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Pin::new(ready!(self.poll_turn(cx))).poll_write_submit(cx, buf)
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        Pin::new(ready!(self.poll_turn(cx))).poll_write_complete(cx, ticket)
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(ready!(self.poll_turn(cx))).poll_close_complete(cx)
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.0.outstanding()
    }
}

impl AsyncSyncComplete for WithATurn {
    fn poll_sync_data(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(ready!(self.poll_turn(cx))).poll_sync_data(cx)
    }

    fn poll_sync_all(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(ready!(self.poll_turn(cx))).poll_sync_all(cx)
    }
}

#[test]
fn a_turn_at_any_poll_is_no_fault_and_hides_none() {
    for before in 0..40 {
        let check = |flaw| check_syncs(|disk| WithATurn(OverDisk::new(disk, flaw), before), || {});
        assert_eq!(check(None), Ok(()), "a turn after {before} polls");
        for flaw in SyncFlaw::ALL {
            assert!(check(Some(flaw)).is_err(), "{flaw:?}, a turn after {before} polls");
        }
    }
}

/// Each operation is a job, which runs when the writer waits for it.
#[test]
#[cfg(feature = "offload")]
fn an_offload_is_a_right_one() {
    use async_write_complete::{Job, Offload, Pool, offload::Policy};

    #[derive(Clone, Default)]
    struct Queue(std::sync::Arc<std::sync::Mutex<Vec<Job>>>);

    impl Pool for Queue {
        fn execute(&self, job: Job) {
            self.0.lock().expect("no panic").push(job);
        }
    }

    let pool = Rc::new(RefCell::new(Queue::default()));
    let build = |disk: Disk| Offload::with_pool(disk, pool.borrow().clone()).policy(Policy::never_spin());
    let step = || {
        let jobs = std::mem::take(&mut *pool.borrow().0.lock().expect("no panic"));
        jobs.into_iter().for_each(Job::run);
    };
    assert_eq!(check_syncs(build, step), Ok(()));
}

#[test]
fn a_crash_leaves_what_was_synced() {
    use async_write_complete::SyncComplete;
    use std::io::Write;

    let mut disk = Disk::failing(1);
    disk.write_all(b"synced").expect("a write");
    disk.sync_data().expect("a sync");
    disk.write_all(b" lost").expect("a write");
    disk.sync_data().expect_err("the second fails");
    disk.sync_all().expect("a kernel says so");
    disk.crash();
    assert_eq!(disk.live(), b"synced\0\0\0\0\0");
}
