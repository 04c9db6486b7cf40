//! Rule P2: a count above the length is indeterminate.

use std::io;

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, FlushEach, HeldWrite, Indeterminate};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::common::{
    destination::{Outcome, Scripted},
    operation::assert_poisoned,
    pool::Stepped,
    steps::{ask, close, drive, failed, in_flight, offload, over, poll_future, prior, refused, submit},
};

/// By how much it lies.
const EXCESSES: [usize; 3] = [1, 1 << 20, usize::MAX];

#[track_caller]
fn assert_lied(error: &io::Error) {
    assert!(Indeterminate::find(error).is_some(), "not indeterminate: {error:?}");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

fn reason(said: usize) -> String {
    format!("the destination answered {said} for 5 bytes")
}

#[test]
fn in_a_write() {
    for excess in EXCESSES {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Lie(excess)]));
        let ticket = in_flight(&mut writer, b"hello");
        let worker = pool.run_one_elsewhere();
        for _ in 0..3 {
            assert_lied(&failed(ask(&mut writer, ticket)));
        }
        assert_eq!((seen.writes(), seen.dropped_on()), (vec![5], Some(worker)));
        assert_poisoned(writer, &pool, &seen, &reason(excess.saturating_add(5)));
    }
}

#[test]
fn in_a_write_that_nobody_asks_for() {
    for excess in EXCESSES {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Lie(excess)]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        refused(submit(&mut writer, b"more"), ticket);
        assert_lied(&drive(&pool, writer.settle()).unwrap_err());
        assert_eq!(writer.outstanding(), None);
        assert_poisoned(writer, &pool, &seen, &reason(excess.saturating_add(5)));
    }
}

#[test]
fn in_a_write_that_is_closed() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Lie(1)]));
    in_flight(&mut writer, b"hello");
    assert!(close(&mut writer).is_pending());
    pool.run_all();
    for _ in 0..3 {
        assert_lied(&failed(close(&mut writer)));
    }
    assert_eq!((pool.executed(), seen.drops()), (1, 1));
}

#[test]
fn in_a_poll_write_that_another_follows() {
    for excess in EXCESSES {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Lie(excess)]));
        assert!(poll_future(&mut writer.write(b"hello")).is_pending());
        pool.run_all();
        assert_lied(&prior(poll_future(&mut writer.write(b"more")), 5, None));
        assert_poisoned(writer, &pool, &seen, &reason(excess.saturating_add(5)));
    }
}

#[test]
fn in_a_write_of_futures_io() {
    for excess in EXCESSES {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Lie(excess)]));
        assert_lied(&drive(&pool, writer.write(b"hello")).unwrap_err());
        assert_poisoned(writer, &pool, &seen, &reason(excess.saturating_add(5)));
    }
}

#[test]
fn in_the_middle_of_a_held_write() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(2), Outcome::Lie(1)]));
    let mut held = HeldWrite::new(b"hello");
    assert_lied(&drive(&pool, writer.resume_write_all(&mut held)).unwrap_err());
    assert_eq!((held.completed(), held.maybe_completed(), held.is_done()), (2, 5, false));
    assert_eq!(seen.writes(), [5, 3]);
}

#[test]
fn in_a_read() {
    for excess in EXCESSES {
        let (mut writer, pool, seen) = offload(Scripted::new().on_read([Outcome::Lie(excess)]));
        assert_lied(&drive(&pool, writer.read(&mut [0; 5])).unwrap_err());
        assert_poisoned(writer, &pool, &seen, &reason(excess.saturating_add(5)));
    }
}

#[test]
fn in_a_read_that_nobody_waits_for() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_read([Outcome::Lie(1)]));
    assert!(poll_future(&mut writer.read(&mut [0; 5])).is_pending());
    pool.run_all();
    assert_poisoned(writer, &pool, &seen, &reason(6));
}

#[test]
fn behind_a_flush_of_each_write() {
    let destination = Scripted::script([Outcome::Lie(1)]);
    let (pool, seen) = (Stepped::new(), destination.observer());
    let mut writer = over(FlushEach::new(destination), &pool);
    assert_lied(&drive(&pool, writer.write_complete(b"hello")).unwrap_err());
    failed(submit(&mut writer, b"more"));
    assert_eq!((seen.writes(), seen.drops()), (vec![5], 1));
}

#[test]
fn the_full_count_is_no_lie() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Lie(0)]));
    assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 5);
    assert_eq!(seen.drops(), 0);
}
