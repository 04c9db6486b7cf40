//! An interrupted call is made again, on the pool, and nobody sees it: rules W4 and W15.

use std::{
    io::{self, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use async_write_complete::{AsyncWriteCompleteExt, FlushEach, Indeterminate, Offload};
use futures_lite::{AsyncReadExt, AsyncSeekExt, future::block_on};

use crate::common::{
    destination::{Outcome, Scripted, interrupted},
    pool::{Stepped, Threads},
    steps::{ask, drive, failed, in_flight, offload, poll_future, ready},
};

#[test]
fn it_is_one_write() {
    for times in [1, 3, 1000] {
        let (mut writer, pool, seen) = offload(Scripted::script(interrupted(times)));
        let ticket = in_flight(&mut writer, b"hello");
        assert_eq!(pool.run_all(), 1, "one job");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
        assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5; times + 1]));
        drive(&pool, writer.write_all_complete(b"more")).unwrap();
        assert_eq!(seen.bytes(), b"hellomore");
    }
}

#[test]
fn what_comes_after_it_counts() {
    let (mut writer, pool, _) = offload(Scripted::script(interrupted(3).chain([Outcome::Os(28)])));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));

    let (mut writer, pool, seen) = offload(Scripted::script(interrupted(3).chain([Outcome::Short(2)])));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
    assert_eq!((seen.bytes(), seen.writes()), (b"he".to_vec(), vec![5; 4]));
}

/// EINTR, as the system gives it.
#[cfg(target_os = "linux")]
#[test]
fn the_systems_code_counts_as_well() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(4), Outcome::Os(4)]));
    assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 5);
    assert_eq!(seen.writes(), [5, 5, 5]);
}

#[test]
fn for_ever_is_pending_and_can_be_dropped() {
    let signals = Arc::new(AtomicBool::new(true));
    let interrupts = signals.clone();
    let destination = Scripted::by_call(move |_| {
        thread::yield_now();
        if interrupts.load(SeqCst) { Outcome::Error(io::ErrorKind::Interrupted) } else { Outcome::All }
    });
    let (pool, seen) = (Threads::new(2), destination.observer());
    let mut writer = Offload::with_pool(destination, pool.clone());
    let ticket = in_flight(&mut writer, b"hello");
    while seen.writes().len() < 1000 {
        thread::yield_now();
    }
    assert!(ask(&mut writer, ticket).is_pending());
    assert!(poll_future(&mut writer.write_complete(b"next")).is_pending());

    let other = Scripted::new();
    let seen_by_other = other.observer();
    block_on(Offload::with_pool(other, pool.clone()).write_all_complete(b"others go on")).unwrap();
    assert_eq!(seen_by_other.bytes(), b"others go on");

    drop(writer);
    assert_eq!((seen.drops(), seen.bytes()), (0, vec![]), "the pool still tries");
    signals.store(false, SeqCst);
    drop(pool);
    assert_eq!((seen.drops(), seen.bytes()), (1, b"hello".to_vec()));
}

#[test]
fn so_are_reads_and_seeks() {
    let destination = Scripted::new().holding(b"there").on_read(interrupted(3)).on_seek(interrupted(3));
    let (mut writer, pool, seen) = offload(destination);
    let mut buf = [0; 8];
    assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 5);
    assert_eq!((&buf[..5], seen.reads().len()), (&b"there"[..], 4));
    assert_eq!(drive(&pool, writer.seek(SeekFrom::Start(2))).unwrap(), 2);
    assert_eq!((seen.position(), seen.seeks().len()), (2, 4));
}

#[test]
fn so_is_the_way_back_over_an_abandoned_read() {
    let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there").on_seek(interrupted(3)));
    assert!(poll_future(&mut writer.read(&mut [0; 3])).is_pending());
    pool.run_all();
    assert_eq!(drive(&pool, writer.write_complete(b"HE")).unwrap(), 2);
    assert_eq!((seen.bytes(), seen.unreads()), (b"HEere".to_vec(), vec![3; 4]));
}

#[test]
fn so_is_the_flush_of_each_write() {
    let destination = Scripted::script(interrupted(2)).on_flush(interrupted(3));
    let (pool, seen) = (Stepped::new(), destination.observer());
    let mut writer = Offload::with_pool(FlushEach::new(destination), pool.clone());
    assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 5);
    assert_eq!((seen.bytes(), seen.writes(), seen.flushes()), (b"hello".to_vec(), vec![5; 3], 4));
}

/// Nobody knows what the first call did: a second one might write twice.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_known_is_not_made_again() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Unknown(4)]));
    let error = drive(&pool, writer.write_complete(b"hello")).unwrap_err();
    assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(4));
    assert_eq!((seen.writes(), seen.drops()), (vec![5], 1));
}
