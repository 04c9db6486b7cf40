//! Workers that spin for the next operation, and polls that wait for the end: what comes while they do, or just do not
//! any more.

use std::time::Duration;

use ::futures_io::AsyncRead;

use super::*;
use crate::checker::{model, model_of};

/// A writer that has written `1`, with a worker that spins for the next operation, for so many iterations.
fn spinning(log: &Log, fails: Fails, pool: &Threads, iterations: Duration) -> Writer {
    let mut writer = writer(log, fails, pool).policy(Policy::spin_at_most(iterations));
    assert_eq!(write(&mut writer, b"1").unwrap(), 1);
    step_wakes(&mut writer);
    writer
}

const ONCE: Duration = Duration::from_nanos(1);
const TWICE: Duration = Duration::from_nanos(2);
const FOR_EVER: Duration = Duration::MAX;

/// The second operation is posted while the worker spins, stops spinning, or is at rest.
#[test]
fn the_next_operation_is_seen_or_the_worker_woken() {
    for iterations in [ONCE, TWICE] {
        model_of(&["seen", "woken", "woken while it runs"], move |cases| {
            let (log, pool) = (Log::default(), Threads::new());
            let mut writer = spinning(&log, never, &pool, iterations);
            assert_eq!(write(&mut writer, b"2").unwrap(), 1);
            cases.met(match (pool.count(), pool.jobs().rescheduled) {
                (1, _) => "seen",
                (_, 0) => "woken",
                _ => "woken while it runs",
            });
            pool.end(writer);
            log.assert(b"12", 1);
        });
    }
}

/// Both sides spin for as long as it takes: a flag that is never set is a hang, and one that is set too early is a poll
/// without an answer.
#[test]
fn what_is_spun_for_is_seen() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, never, &pool, FOR_EVER);
        for byte in [b"2", b"3"] {
            let ticket = submit(&mut writer, byte);
            let answer = poll_once(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket));
            assert!(matches!(answer, Poll::Ready(Ok(1))), "the poll that submitted has waited: {answer:?}");
        }
        assert_eq!(pool.count(), 1);
        pool.end(writer);
        log.assert(b"123", 1);
    });
}

/// A poison and a close end the wait of the poll that posted.
#[test]
fn an_end_of_another_kind_is_seen() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, the_second_is_unknown, &pool, FOR_EVER);
        let ticket = submit(&mut writer, b"2");
        let Poll::Ready(answer) = poll_once(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)) else {
            panic!("the poll that submitted has waited");
        };
        assert!(Indeterminate::find(&answer.unwrap_err()).is_some());
        log.assert(b"1", 1);
        pool.end(writer);
    });
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, never, &pool, FOR_EVER);
        assert!(matches!(poll_once(|cx| Pin::new(&mut writer).poll_close_complete(cx)), Poll::Ready(Ok(()))));
        log.assert(b"1", 1);
        pool.end(writer);
    });
}

/// The worker holds nothing while it spins, and sees that the writer has gone.
#[test]
fn a_drop_while_the_worker_spins() {
    for iterations in [ONCE, FOR_EVER] {
        model(move || {
            let (log, pool) = (Log::default(), Threads::new());
            let writer = spinning(&log, never, &pool, iterations);
            pool.end_with(writer, |writer| {
                drop(writer);
                log.assert(b"1", 1);
                assert!(log.is_dropped_here());
            });
            assert_eq!(pool.count(), 1);
        });
    }
}

#[test]
fn a_drop_over_a_write_that_the_worker_has_seen() {
    model_of(&["posted", "running", "idle", "dropped here", "dropped on the pool"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, never, &pool, ONCE);
        let _ = submit(&mut writer, b"2");
        let before = place(&writer);
        cases.met(before);
        let failed = pool.end_with(writer, |writer| {
            drop(writer);
            block_on(abandoned())
        });
        log.assert(b"12", 1);
        assert_eq!(failed, 0);
        cases.met(if log.is_dropped_here() { "dropped here" } else { "dropped on the pool" });
        assert!(before != "idle" || log.is_dropped_here());
    });
}

#[test]
fn a_close_while_the_worker_spins() {
    model_of(&["seen", "woken"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, never, &pool, ONCE);
        block_on(writer.close_complete()).unwrap();
        log.assert(b"1", 1);
        assert!(!log.is_dropped_here());
        cases.met(if pool.count() == 1 { "seen" } else { "woken" });
        pool.end(writer);
    });
}

#[test]
fn a_close_over_a_write_that_the_worker_has_seen() {
    model_of(&["posted", "running", "idle"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, never, &pool, ONCE);
        let _ = submit(&mut writer, b"2");
        cases.met(place(&writer));
        block_on(writer.close_complete()).unwrap();
        log.assert(b"12", 1);
        pool.end(writer);
    });
}

/// No task waits for the release, and the owner goes.
#[test]
fn a_close_that_was_dropped_with_its_writer() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, never, &pool, ONCE);
        let _ = poll_once(|cx| Pin::new(&mut writer).poll_close_complete(cx));
        pool.end(writer);
        log.assert(b"1", 1);
        assert!(!log.is_dropped_here());
    });
}

/// After a spin that failed, only the second waker can end the wait.
#[test]
fn a_waker_that_was_replaced_is_not_missed() {
    model_of(&["replaced", "answered"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, never, &pool, ONCE);
        let ticket = submit(&mut writer, b"2");
        let first = poll_once(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket));
        cases.met(if first.is_pending() { "replaced" } else { "answered" });
        assert_eq!(take_answer(&mut writer, ticket).unwrap(), 1);
        pool.end(writer);
    });
}

/// An operation of another kind for the same worker.
#[test]
fn a_read_is_seen_too() {
    model_of(&["seen", "woken"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = spinning(&log, never, &pool, ONCE);
        let mut buf = [0];
        let n = block_on(poll_fn(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf))).unwrap();
        assert_eq!((n, &buf), (1, b"a"));
        cases.met(if pool.count() == 1 { "seen" } else { "woken" });
        pool.end(writer);
        log.assert(b"1", 1);
    });
}

/// The wake comes while the worker spins, and brings a job for nothing.
#[test]
fn a_worker_that_spins_is_woken_for_nothing() {
    for fate in [Fate::Runs, Fate::Dropped] {
        model_of(&["written", "refused"][..if fate == Fate::Runs { 1 } else { 2 }], move |cases| {
            let fates = match fate {
                Fate::Runs => |_| Fate::Runs,
                _ => |job| if job == 1 { Fate::Dropped } else { Fate::Runs },
            };
            let (log, pool) = (Log::default(), Threads::with_fates(fates));
            let mut writer = spinning(&log, never, &pool, ONCE);
            wake_for_nothing(&writer);
            let written = write(&mut writer, b"2").is_ok();
            cases.met(if written { "written" } else { "refused" });
            log.assert(if written { b"12" } else { b"1" }, 0);
            pool.end(writer);
            assert_eq!(log.seen().drops, 1);
        });
    }
}

/// The worker that is gone was not spinning, and the new one spins as the first one did.
#[test]
fn a_worker_after_one_that_the_pool_has_dropped() {
    model_of(&["2 jobs", "3 jobs"], |cases| {
        let fates = |job| if job == 0 { Fate::Dropped } else { Fate::Runs };
        let (log, pool) = (Log::default(), Threads::with_fates(fates));
        let mut writer = writer(&log, never, &pool).policy(Policy::spin_at_most(ONCE));
        assert!(write(&mut writer, b"1").is_err());
        assert_eq!(write(&mut writer, b"2").unwrap(), 1);
        assert_eq!(write(&mut writer, b"3").unwrap(), 1);
        cases.met(if pool.count() == 2 { "2 jobs" } else { "3 jobs" });
        pool.end(writer);
        log.assert(b"23", 1);
    });
}
