//! Rule P3: nobody sees `Interrupted` or `WouldBlock`. An interrupted call is made again, and one that would have
//! blocked after a wait, on the pool.

use std::{
    io::{self, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use async_write_complete::{AsyncWriteCompleteExt, FlushEach, Indeterminate, Offload, error::raw_os_error};
use futures_lite::{AsyncReadExt, AsyncSeekExt, future::block_on};

use crate::common::{
    destination::{Gate, Outcome, Scripted, interrupted},
    operation::assert_poisoned,
    pool::{Stepped, Threads},
    steps::{ask, drive, failed, in_flight, offload, over, poll_future, ready, write_now},
};

#[test]
fn an_interrupted_write_is_one_write() {
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

    let other = Scripted::new();
    let seen_by_other = other.observer();
    block_on(Offload::with_pool(other, pool.clone()).write_all_complete(b"others go on")).unwrap();
    assert_eq!(seen_by_other.bytes(), b"others go on");

    drop(writer);
    assert_eq!((seen.drops(), seen.bytes()), (0, vec![]), "the pool still tries");
    signals.store(false, SeqCst);
    pool.wait_until_idle();
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
    assert_eq!((seen.bytes(), seen.seek_backs()), (b"HEere".to_vec(), vec![3; 4]));
}

#[test]
fn so_is_the_flush_of_each_write() {
    let destination = Scripted::script(interrupted(2)).on_flush(interrupted(3));
    let (pool, seen) = (Stepped::new(), destination.observer());
    let mut writer = over(FlushEach::new(destination), &pool);
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

/// Somebody else made the descriptor non-blocking. The worker waits until it takes bytes, and the caller sees nothing
/// of it.
#[test]
fn a_write_that_would_block_is_made_again_after_a_wait() {
    for would_block in [Outcome::Error(io::ErrorKind::WouldBlock), Outcome::Os(11)] {
        let gate = Gate::new();
        let script = [would_block.clone(), would_block, Outcome::Short(3)];
        let destination = Scripted::script(script).on_wait([Outcome::Gate(gate.clone()), Outcome::All]);
        let (mut writer, pool, seen) = offload(destination);
        let ticket = in_flight(&mut writer, b"hello");
        let job = pool.take().unwrap();
        let worker = thread::spawn(|| job.run());
        gate.wait_for_arrival();
        assert!(ask(&mut writer, ticket).is_pending());
        assert_eq!((seen.writes(), seen.waits()), (vec![5], 1), "no busy loop");
        gate.open();
        worker.join().unwrap();
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!((seen.bytes(), seen.writes(), seen.waits()), (b"hel".to_vec(), vec![5; 3], 2));
    }
}

#[test]
fn one_that_cannot_wait_is_a_clear_error() {
    for outcome in [Outcome::Error(io::ErrorKind::WouldBlock), Outcome::Os(11)] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone(), outcome]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        for _ in 0..3 {
            let error = failed(ask(&mut writer, ticket));
            assert_eq!(error.kind(), io::ErrorKind::Unsupported);
            assert!(error.to_string().contains("non-blocking"), "{error}");
        }
        assert_eq!((seen.bytes(), seen.writes(), seen.waits()), (vec![], vec![5], 1));
        let error = write_now(&mut writer, &pool, b"hello").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(write_now(&mut writer, &pool, b"hello").unwrap(), 5, "not poisoned");
    }
}

/// The kind changes (rule P3), the code does not (rule W6).
#[cfg(target_os = "linux")]
#[test]
fn one_that_cannot_wait_keeps_its_code() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(11)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for _ in 0..3 {
        assert_eq!(raw_os_error(&failed(ask(&mut writer, ticket))), Some(11));
    }
}

#[test]
fn a_wait_that_fails_is_the_error_of_the_write() {
    let would_block = || Outcome::Error(io::ErrorKind::WouldBlock);
    let destination = Scripted::script([would_block()]).on_wait([Outcome::Error(io::ErrorKind::TimedOut)]);
    let (mut writer, pool, seen) = offload(destination);
    assert_eq!(write_now(&mut writer, &pool, b"hello").unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!((seen.bytes(), seen.writes()), (vec![], vec![5]));
    assert_eq!(write_now(&mut writer, &pool, b"hello").unwrap(), 5, "not poisoned");
}

#[test]
fn a_wait_that_panics_poisons() {
    let would_block = || Outcome::Error(io::ErrorKind::WouldBlock);
    let destination = Scripted::script([would_block()]).on_wait([Outcome::Panic]);
    let (mut writer, pool, seen) = offload(destination);
    let error = write_now(&mut writer, &pool, b"hello").unwrap_err();
    assert!(Indeterminate::find(&error).is_some(), "{error:?}");
    assert_poisoned(writer, &pool, &seen, "panicked: scripted");
}

#[test]
fn a_sync_is_never_interrupted_and_never_blocks() {
    let would_block = Outcome::Error(io::ErrorKind::WouldBlock);
    let destination = Scripted::new().on_sync(interrupted(3).chain([Outcome::All, would_block]));
    let (mut writer, pool, seen) = offload(destination);
    drive(&pool, writer.sync_data()).unwrap();
    assert_eq!(seen.syncs(), 4);
    assert_eq!(drive(&pool, writer.sync_all()).unwrap_err().kind(), io::ErrorKind::Unsupported);
}
