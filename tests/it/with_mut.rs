//! A closure with the destination, on the pool, in its turn.

use std::{
    io::{self, Cursor, Write},
    mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use async_write_complete::{AsyncWriteCompleteExt, Offload, offload::Policy};
use futures_lite::AsyncReadExt;

use crate::common::{
    destination::{Outcome, Scripted},
    operation::{NEXT, Operation},
    pool::Stepped,
    steps::{ask, drive, failed, in_flight, offload, poll_future, ready, refused},
};

#[test]
fn it_runs_on_the_pool_and_answers() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut called = Box::pin(writer.with_mut(|destination| {
        destination.visit();
        thread::current().id()
    }));
    assert!(poll_future(&mut called).is_pending());
    assert_eq!((pool.len(), seen.visits()), (1, 0), "not inside the poll");
    let worker = pool.run_one_elsewhere();
    assert_eq!(ready(poll_future(&mut called)).unwrap(), worker);
    drop(called);
    assert_eq!((seen.visits(), pool.executed()), (1, 1));
}

#[test]
fn it_waits_for_what_is_under_way() {
    for first in [Operation::Read, Operation::Seek, Operation::SyncData, Operation::WithMut] {
        let (mut writer, pool, seen) = offload(Scripted::new().stream(b"input"));
        assert!(first.poll_once(&mut writer).is_pending());
        let calls = first.calls(&seen);
        assert!(poll_future(&mut Box::pin(writer.with_mut(Scripted::visit))).is_pending());
        assert_eq!((pool.executed(), first.calls(&seen)), (1, calls), "{first:?}");
        drive(&pool, writer.with_mut(Scripted::visit)).unwrap();
        assert_eq!(seen.visits(), 1 + usize::from(first == Operation::WithMut), "{first:?}");
    }
}

#[test]
fn a_write_waits_for_it() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(poll_future(&mut Box::pin(writer.with_mut(|destination| destination.write_all(b"first ")))).is_pending());
    assert!(poll_future(&mut writer.write_complete(b"second")).is_pending());
    assert_eq!(pool.executed(), 1);
    drive(&pool, writer.write_all_complete(b"second")).unwrap();
    assert_eq!(seen.bytes(), b"first second");
}

#[test]
fn never_polled_it_does_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drop(writer.with_mut(Scripted::visit));
    assert_eq!(pool.executed(), 0);
    drive(&pool, writer.write_all_complete(b"hello")).unwrap();
    assert_eq!(seen.visits(), 0);
}

#[test]
fn dropped_while_it_waits_it_does_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(Operation::Seek.poll_once(&mut writer).is_pending());
    assert!(poll_future(&mut Box::pin(writer.with_mut(Scripted::visit))).is_pending());
    assert_eq!(pool.run_all(), 1);
    drive(&pool, writer.write_all_complete(b"more")).unwrap();
    assert_eq!((seen.visits(), pool.executed()), (0, 2));
}

#[test]
fn dropped_after_that_it_runs_all_the_same() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(poll_future(&mut Box::pin(writer.with_mut(Scripted::visit))).is_pending());
    assert_eq!((pool.run_all(), seen.visits()), (1, 1));
    drive(&pool, writer.write_all_complete(b"more")).unwrap();
    drive(&pool, writer.with_mut(Scripted::visit)).unwrap();
    assert_eq!((seen.visits(), seen.bytes()), (2, b"more".to_vec()));
}

#[test]
fn forgotten_it_runs_all_the_same() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut called = Box::pin(writer.with_mut(Scripted::visit));
    assert!(poll_future(&mut called).is_pending());
    mem::forget(called);
    drive(&pool, writer.write_all_complete(b"more")).unwrap();
    assert_eq!((seen.visits(), seen.bytes()), (1, b"more".to_vec()));
}

#[test]
fn a_result_that_nobody_waits_for_is_dropped() {
    struct Counts(Arc<AtomicUsize>);

    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    let (mut writer, pool, _) = offload(Scripted::new());
    let drops = Arc::new(AtomicUsize::new(0));
    let result = Counts(drops.clone());
    assert!(poll_future(&mut Box::pin(writer.with_mut(move |_| result))).is_pending());
    assert_eq!(drops.load(SeqCst), 0);
    pool.run_all();
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn refused_it_is_dropped() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    let (sender, receiver) = mpsc::channel::<()>();
    let mut called = Box::pin(writer.with_mut(move |destination| {
        destination.visit();
        drop(sender);
    }));
    refused(poll_future(&mut called), ticket);
    drop(called);
    assert!(receiver.recv().is_err(), "the closure is gone");
    assert_eq!((seen.visits(), pool.executed(), pool.run_all()), (0, 1, 1));
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    drive(&pool, writer.with_mut(Scripted::visit)).unwrap();
    assert_eq!(seen.visits(), 1);
}

#[test]
fn what_it_answers_is_its_own_affair() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let failure = drive(&pool, writer.with_mut(|_| io::Result::<()>::Err(io::ErrorKind::TimedOut.into()))).unwrap();
    assert_eq!(failure.unwrap_err().kind(), io::ErrorKind::TimedOut);
    drive(&pool, writer.write_all_complete(b"more")).unwrap();
    drive(&pool, writer.close_complete()).unwrap();
    assert_eq!(seen.bytes(), b"more", "no failure of the writer");
}

#[test]
fn it_supersedes_no_ticket() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(2)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
    drive(&pool, writer.with_mut(|destination| destination.write_all(b"directly"))).unwrap().unwrap();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
}

#[test]
fn it_may_put_another_destination_in_place() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drive(&pool, writer.write_all_complete(b"one")).unwrap();
    let other = Scripted::new();
    let seen_by_other = other.observer();
    let first = drive(&pool, writer.with_mut(move |destination| mem::replace(destination, other))).unwrap();
    drive(&pool, writer.write_all_complete(b"two")).unwrap();
    assert_eq!((seen.bytes(), seen_by_other.bytes()), (b"one".to_vec(), b"two".to_vec()));
    assert_eq!((seen.drops(), seen_by_other.drops()), (0, 0));
    drop((first, writer));
    assert_eq!((seen.drops(), seen_by_other.drops()), (1, 1));
}

#[test]
fn it_finds_the_cursor_where_the_reads_ended() {
    let (mut writer, pool, seen) = offload(Scripted::new().holding(b"hello, there"));
    assert!(poll_future(&mut writer.read(&mut [0; 8])).is_pending());
    pool.run_all();
    assert_eq!(drive(&pool, writer.read(&mut [0; 3])).unwrap(), 3);
    let observer = seen.clone();
    assert_eq!(drive(&pool, writer.with_mut(move |_| observer.position())).unwrap(), 3);
    assert_eq!(seen.seek_backs(), [5]);
}

#[test]
fn a_panic_in_it_is_told_and_poisons() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let told: io::Result<()> = drive(&pool, writer.with_mut(|_| panic!("in the closure")));
    assert!(told.unwrap_err().to_string().contains("in the closure"));
    for _ in 0..2 {
        let later = failed(poll_future(&mut Box::pin(writer.with_mut(Scripted::visit))));
        assert!(later.to_string().contains("in the closure"), "{later}");
    }
    assert_eq!((seen.visits(), seen.drops(), pool.executed()), (0, 1, 1));
}

#[test]
fn it_works_for_a_source_that_is_only_read() {
    let pool = Stepped::new();
    let mut reader = Offload::reader_with_pool(Cursor::new(b"input"), pool.clone()).policy(Policy::never_spin());
    drive(&pool, reader.with_mut(|source| source.set_position(3))).unwrap();
    let mut buf = [0; 8];
    assert_eq!(drive(&pool, reader.read(&mut buf)).unwrap(), 2);
    assert_eq!(&buf[..2], b"ut");
}

#[test]
fn it_may_own_and_give_away_what_it_likes() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let owned = NEXT.to_vec();
    let back = drive(
        &pool,
        writer.with_mut(move |destination| {
            destination.write_all(&owned)?;
            io::Result::Ok(owned)
        }),
    );
    assert_eq!(back.unwrap().unwrap(), NEXT);
    assert_eq!(seen.bytes(), NEXT);
}

#[test]
fn a_result_that_panics_as_it_is_dropped_harms_nobody() {
    struct Panics;

    impl Drop for Panics {
        fn drop(&mut self) {
            assert!(thread::panicking(), "dropped, since nobody waits for it");
        }
    }

    let (mut writer, pool, seen) = offload(Scripted::new());
    let result = Panics;
    assert!(poll_future(&mut Box::pin(writer.with_mut(move |_| result))).is_pending());
    pool.run_one_elsewhere();
    drive(&pool, writer.write_all_complete(b"more")).unwrap();
    assert_eq!((seen.bytes(), seen.drops()), (b"more".to_vec(), 0), "the destination has not panicked");
}
