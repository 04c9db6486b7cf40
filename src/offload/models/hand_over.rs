//! One operation after the other, each a job of its own: no worker spins for the next one, and no poll waits.

use std::{future::Future, pin::pin};

use ::futures_io::AsyncRead;

use super::*;
use crate::checker::{model, model_of};

#[test]
fn a_write_is_complete_when_it_is_answered() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"12345").unwrap(), 5);
        log.assert(b"12345", 0);
        pool.end(writer);
        assert_eq!(pool.count(), 1);
    });
}

/// The second operation finds the worker at rest, or about to rest.
#[test]
fn a_worker_is_woken_for_the_next_operation() {
    model_of(&["at rest", "while it runs"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        assert_eq!(write(&mut writer, b"2").unwrap(), 1);
        cases.met(if pool.jobs().rescheduled == 0 { "at rest" } else { "while it runs" });
        pool.end(writer);
        assert_eq!(pool.count(), 2);
        log.assert(b"12", 1);
    });
}

/// Whether the write is in flight or has ended, nothing else is taken before it was answered.
#[test]
fn a_write_is_outstanding_until_it_is_answered() {
    model_of(&["posted", "running", "idle"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let ticket = submit(&mut writer, b"1");
        cases.met(place(&writer));
        for _ in 0..2 {
            assert_eq!(writer.outstanding(), Some(ticket));
            let error = write(&mut writer, b"2").unwrap_err();
            assert_eq!(WriteOutstanding::find(&error).expect("typed").ticket(), ticket);
        }
        assert_eq!(take_answer(&mut writer, ticket).unwrap(), 1);
        assert_eq!(writer.outstanding(), None);
        assert_eq!(write(&mut writer, b"3").unwrap(), 1);
        log.assert(b"13", 0);
        pool.end(writer);
    });
}

#[test]
fn a_ticket_is_answered_with_its_own_result() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, the_first, &pool);
        let first = submit(&mut writer, b"1");
        for _ in 0..2 {
            assert_eq!(take_answer(&mut writer, first).unwrap_err().kind(), io::ErrorKind::StorageFull);
        }
        let second = submit(&mut writer, b"23");
        assert!(crate::UnknownTicket::find(&take_answer(&mut writer, first).unwrap_err()).is_some());
        assert_eq!(take_answer(&mut writer, second).unwrap(), 2);
        log.assert(b"23", 0);
        pool.end(writer);
    });
}

/// The future of the write was dropped after it had submitted, and so was the first one of `settle`.
#[test]
fn a_settle_takes_the_answer_of_what_is_outstanding() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let ticket = submit(&mut writer, b"1");
        let first = poll_once(|cx| pin!(writer.settle()).poll(cx));
        assert!(!matches!(first, Poll::Ready(Err(_) | Ok(None))));
        if first.is_pending() {
            let settled = block_on(writer.settle()).unwrap().expect("it was outstanding");
            assert_eq!((settled.ticket(), settled.completed()), (ticket, 1));
        }
        assert!(block_on(writer.settle()).unwrap().is_none());
        log.assert(b"1", 0);
        pool.end(writer);
    });
}

/// The first waker wakes no task; only the second one can end the wait.
#[test]
fn a_waker_that_was_replaced_is_not_missed() {
    model_of(&["replaced", "answered"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let ticket = submit(&mut writer, b"1");
        let first = poll_once(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket));
        cases.met(if first.is_pending() { "replaced" } else { "answered" });
        assert_eq!(take_answer(&mut writer, ticket).unwrap(), 1);
        pool.end(writer);
        log.assert(b"1", 1);
    });
}

/// The destination is dropped before the answer, and nothing is taken after it.
#[test]
fn an_unknown_effect_poisons() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, the_first_is_unknown, &pool);
        let error = write(&mut writer, b"1").unwrap_err();
        assert!(Indeterminate::find(&error).is_some());
        log.assert(b"", 1);
        assert!(Indeterminate::find(&write(&mut writer, b"2").unwrap_err()).is_some());
        assert!(Indeterminate::find(&block_on(writer.close_complete()).unwrap_err()).is_some());
        pool.end(writer);
        log.assert(b"", 1);
    });
}

/// A call's result is there when it has ended; the destination comes out, and no worker stays.
#[test]
fn a_call_and_the_destination_itself() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let writes = block_on(writer.with_mut(|destination| destination.log.seen().writes)).unwrap();
        assert_eq!(writes, 0);
        step_wakes(&mut writer);
        let Ok(destination) = pool.end_with(writer, |writer| block_on(writer.into_inner())) else {
            panic!("nothing is outstanding")
        };
        log.assert(b"", 0);
        drop(destination);
    });
}

/// A sync that was dropped goes on. The next one is made all the same, unless the first has failed: then none is made.
#[test]
fn a_sync_after_one_that_was_dropped() {
    for (fails, expected) in [(never as Fails, Ok(())), (a_sync, Err(io::ErrorKind::StorageFull))] {
        model_of(&["dropped", "answered"], move |cases| {
            let (log, pool) = (Log::default(), Threads::new());
            let mut writer = writer(&log, fails, &pool);
            let first = poll_once(|cx| pin!(writer.sync_data()).poll(cx));
            cases.met(if first.is_pending() { "dropped" } else { "answered" });
            for made in 2..4 {
                assert_eq!(block_on(writer.sync_data()).map_err(|error| error.kind()), expected);
                assert_eq!(log.seen().syncs, if expected.is_ok() { made } else { 1 });
            }
            pool.end(writer);
            log.assert(b"", 1);
        });
    }
}

/// A read that was dropped has fetched bytes. A write that was dropped before it was submitted has the cursor moved
/// back over them. The next read finds them, once.
#[test]
fn bytes_of_an_abandoned_read_come_once_and_in_order() {
    model_of(&["moving back", "moved back", "fetching", "fetched"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let mut buf = [0; 2];
        let read = poll_once(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf));
        if read.is_ready() {
            return pool.end(writer);
        }
        let mut submit = || poll_once(|cx| Pin::new(&mut writer).poll_write_submit(cx, b"1"));
        // The first poll may yield to the reader.
        let written = if let Poll::Ready(written) = submit() { Poll::Ready(written) } else { submit() };
        match written {
            Poll::Ready(Ok(_)) => cases.met("moved back"),
            Poll::Ready(Err(error)) => panic!("a write after a read: {error}"),
            Poll::Pending if pool.count() == 2 => cases.met("moving back"),
            Poll::Pending => cases.met(if place(&writer) == "idle" { "fetched" } else { "fetching" }),
        }
        let n = block_on(poll_fn(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf))).unwrap();
        assert_eq!((n, &buf), (2, b"ab"));
        pool.end(writer);
    });
}
