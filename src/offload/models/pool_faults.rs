//! A pool that drops the worker at each moment, on another thread or within the call, and a worker that is woken for
//! nothing.

use ::futures_io::AsyncRead;

use super::*;
use crate::checker::{model, model_of};

fn the_first_dropped(job: usize) -> Fate {
    if job == 0 { Fate::Dropped } else { Fate::Runs }
}

fn the_first_refused(job: usize) -> Fate {
    if job == 0 { Fate::Refused } else { Fate::Runs }
}

fn the_second_dropped(job: usize) -> Fate {
    if job == 1 { Fate::Dropped } else { Fate::Runs }
}

fn the_second_refused(job: usize) -> Fate {
    if job == 1 { Fate::Refused } else { Fate::Runs }
}

fn assert_not_run<R>(result: io::Result<R>) {
    assert_eq!(result.err().expect("its job did not run").kind(), io::ErrorKind::Other);
}

#[test]
fn a_write_whose_job_is_dropped_is_not_made_and_the_next_one_has_a_new_worker() {
    for fates in [the_first_dropped, the_first_refused] {
        model(move || {
            let (log, pool) = (Log::default(), Threads::with_fates(fates));
            let mut writer = writer(&log, never, &pool);
            let ticket = submit(&mut writer, b"1");
            assert_not_run(take_answer(&mut writer, ticket));
            assert_eq!(log.seen().writes, 0);
            assert_eq!(write(&mut writer, b"2").unwrap(), 1);
            assert_not_run(take_answer(&mut writer, ticket).map_err(|error| {
                assert!(crate::UnknownTicket::find(&error).is_some());
                io::ErrorKind::Other.into()
            }));
            pool.end(writer);
            log.assert(b"2", 1);
            assert_eq!(pool.count(), 2);
        });
    }
}

/// The worker was at rest, or about to rest, when it was woken for the write.
#[test]
fn a_worker_that_has_run_is_dropped() {
    model_of(&["at rest", "while it runs"], |cases| {
        let (log, pool) = (Log::default(), Threads::with_fates(the_second_dropped));
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        assert_not_run(write(&mut writer, b"2"));
        cases.met(if pool.jobs().rescheduled == 0 { "at rest" } else { "while it runs" });
        assert_eq!(write(&mut writer, b"3").unwrap(), 1);
        pool.end(writer);
        log.assert(b"13", 1);
        assert_eq!(pool.count(), 3);
    });
}

/// The job is refused within the wake that brings it, or at the end of the run in which the worker was woken.
#[test]
fn a_worker_that_has_run_is_refused() {
    model_of(&["at rest", "while it runs"], |cases| {
        let (log, pool) = (Log::default(), Threads::with_fates(the_second_refused));
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        assert_not_run(write(&mut writer, b"2"));
        cases.met(if pool.jobs().rescheduled == 0 { "at rest" } else { "while it runs" });
        assert_eq!(write(&mut writer, b"3").unwrap(), 1);
        pool.end(writer);
        log.assert(b"13", 1);
    });
}

/// The job of a wake for nothing serves the write, or another job does.
#[test]
fn a_wake_for_nothing_does_no_harm() {
    model_of(&["2 jobs", "3 jobs"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        wake_for_nothing(&writer);
        assert_eq!(write(&mut writer, b"2").unwrap(), 1);
        pool.end(writer);
        log.assert(b"12", 1);
        cases.met(if pool.count() == 2 { "2 jobs" } else { "3 jobs" });
    });
}

/// A write that is posted before the worker is gone is refused with it; one that is posted after has a new worker.
#[test]
fn a_write_while_the_worker_is_dropped() {
    model_of(&["refused", "a new worker"], |cases| {
        let (log, pool) = (Log::default(), Threads::with_fates(the_second_dropped));
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        wake_for_nothing(&writer);
        match write(&mut writer, b"2") {
            Ok(1) => {
                cases.met("a new worker");
                log.assert(b"12", 0);
            }
            other => {
                cases.met("refused");
                assert_not_run(other);
                log.assert(b"1", 0);
            }
        }
        pool.end(writer);
        assert_eq!(log.seen().drops, 1);
    });
}

/// What the pool does not run is reported by the close, which releases all the same.
#[test]
fn a_close_over_a_write_whose_job_is_dropped() {
    for fates in [the_first_dropped, the_first_refused] {
        model(move || {
            let (log, pool) = (Log::default(), Threads::with_fates(fates));
            let mut writer = writer(&log, never, &pool);
            let ticket = submit(&mut writer, b"1");
            for _ in 0..2 {
                assert_not_run(block_on(writer.close_complete()));
                log.assert(b"", 1);
            }
            assert_not_run(take_answer(&mut writer, ticket));
            pool.end(writer);
        });
    }
}

#[test]
fn a_close_whose_own_job_is_dropped() {
    for fates in [the_second_dropped, the_second_refused] {
        model(move || {
            let (log, pool) = (Log::default(), Threads::with_fates(fates));
            let mut writer = writer(&log, never, &pool);
            assert_eq!(write(&mut writer, b"1").unwrap(), 1);
            step_wakes(&mut writer);
            block_on(writer.close_complete()).unwrap();
            log.assert(b"1", 1);
            pool.end(writer);
            assert_eq!(pool.count(), 2);
        });
    }
}

/// The drop of the writer finds the release posted, or made.
#[test]
fn a_close_whose_own_job_is_dropped_while_its_writer_goes() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::with_fates(the_first_dropped));
        let mut writer = writer(&log, never, &pool);
        let _ = poll_once(|cx| Pin::new(&mut writer).poll_close_complete(cx));
        let failed = pool.end_with(writer, |writer| {
            drop(writer);
            block_on(abandoned())
        });
        assert_eq!(failed, 0);
        log.assert(b"", 1);
    });
}

#[test]
fn a_call_and_a_read_whose_jobs_are_dropped() {
    model(|| {
        let fates = |job| if job < 2 { Fate::Dropped } else { Fate::Runs };
        let (log, pool) = (Log::default(), Threads::with_fates(fates));
        let mut writer = writer(&log, never, &pool);
        assert_not_run(block_on(writer.with_mut(|_| ())));
        let mut buf = [0];
        assert_not_run(block_on(poll_fn(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf))));
        let n = block_on(poll_fn(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf))).unwrap();
        assert_eq!((n, &buf), (1, b"a"));
        pool.end(writer);
        log.assert(b"", 1);
    });
}
