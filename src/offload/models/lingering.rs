//! Workers linger and polls wait: what comes while they do, or just do not any more.

use std::time::Duration;

use ::futures_io::AsyncRead;

use super::{checker::model, *};

/// A writer whose workers linger and whose polls wait.
fn lingering(log: &Log, fails: Fails, pool: &Threads) -> Offload<Destination, Threads> {
    // As many looks as there are nanoseconds.
    let twice = Duration::from_nanos(2);
    Offload::with_pool(Destination::failing(log, fails), pool.clone()).policy(Policy::off().linger(twice).wait(twice))
}

/// Two writes: the worker of the first one lingers for the second, or leaves while it arrives.
#[test]
fn leaving_while_a_submission_arrives() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, never, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        assert_eq!(block_on(writer.write_complete(b"2")).unwrap(), 1);
        drop(writer);
        pool.join();
        let seen = log.seen();
        assert_eq!((&*seen.bytes, seen.writes, seen.drops), (&b"12"[..], 2, 1));
    });
}

#[test]
fn an_orphan_then_a_new_write_for_a_worker_that_lingers() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, the_first, &pool);
        let orphan = submit(&mut writer, b"1");
        let error = block_on(writer.write_complete(b"2")).unwrap_err();
        assert_eq!(PriorWriteFailed::find(&error).expect("typed").ticket(), orphan);
        assert_eq!(block_on(writer.write_complete(b"3")).unwrap(), 1);
        assert_eq!(log.seen().bytes, b"3");
    });
}

#[test]
fn dropped_while_a_worker_lingers() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, never, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        drop(writer);
        assert_eq!(log.seen().drops, 1, "settled: a worker that lingers does not hold the destination");
        pool.join();
    });
}

#[test]
fn dropped_in_flight_with_a_worker_that_lingers() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, never, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        let _ = submit(&mut writer, b"2");
        drop(writer);
        pool.join();
        let seen = log.seen();
        assert_eq!((&*seen.bytes, seen.drops), (&b"12"[..], 1));
    });
}

#[test]
fn closed_while_a_worker_lingers() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, never, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        block_on(writer.close_complete()).unwrap();
        assert_eq!(log.seen().drops, 1, "released, then answered");
        drop(writer);
        pool.join();
    });
}

/// The first job is dropped; what comes after it calls a worker again.
#[test]
fn a_job_that_is_dropped_leaves_no_worker() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::dropping(1));
        let mut writer = lingering(&log, never, &pool);
        let ticket = submit(&mut writer, b"1");
        assert!(ask(&mut writer, ticket).is_err());
        assert_eq!(block_on(writer.write_complete(b"2")).unwrap(), 1);
        assert_eq!(block_on(writer.write_complete(b"3")).unwrap(), 1);
        assert_eq!(log.seen().bytes, b"23");
        drop(writer);
        pool.join();
    });
}

/// The close arrives while the worker that lingered has the second write, has not seen it yet, or has left.
#[test]
fn closed_in_flight_with_a_worker_that_lingers() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, never, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        let _ = submit(&mut writer, b"2");
        block_on(writer.close_complete()).unwrap();
        let seen = log.seen();
        assert_eq!((&*seen.bytes, seen.drops), (&b"12"[..], 1), "complete, then released, then answered");
        drop(seen);
        drop(writer);
        pool.join();
    });
}

/// Nobody asks for the release that was posted while the worker lingered or left, and the owner goes.
#[test]
fn a_close_that_is_abandoned_goes_on_with_a_worker_that_lingers() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, never, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        let _ = Pin::new(&mut writer).poll_close_complete(&mut Context::from_waker(Waker::noop()));
        drop(writer);
        pool.join();
        assert_eq!(log.seen().drops, 1);
    });
}

/// A poll that waits, and one with a waker that wakes nobody; only the second waker can end the wait.
#[test]
fn waker_replaced_after_a_poll_that_waited() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, never, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        let ticket = submit(&mut writer, b"2");
        let first = Pin::new(&mut writer).poll_write_complete(&mut Context::from_waker(Waker::noop()), ticket);
        assert!(!matches!(first, Poll::Ready(Err(_))));
        assert_eq!(ask(&mut writer, ticket).unwrap(), 1);
        drop(writer);
        pool.join();
    });
}

/// What has an unknown effect ends the worker that lingered, and whoever waits for it is told.
#[test]
fn poisoned_by_a_worker_that_lingered() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, the_second_is_unknown, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        let error = block_on(writer.write_complete(b"2")).unwrap_err();
        assert!(Indeterminate::find(&error).is_some());
        assert_eq!(log.seen().drops, 1, "dropped, then published");
        assert!(block_on(writer.close_complete()).is_err());
        drop(writer);
        pool.join();
    });
}

/// An errand of another kind for the worker that lingers.
#[test]
fn a_read_for_a_worker_that_lingers() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = lingering(&log, never, &pool);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        let mut buf = [0];
        let read = block_on(poll_fn(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf)));
        assert_eq!((read.unwrap(), buf), (1, *b"r"));
        drop(writer);
        pool.join();
        assert_eq!(log.seen().drops, 1);
    });
}

/// Both look out for as long as it takes: a signal that is lost, or seen late for ever, is a hang.
#[test]
fn what_is_looked_out_for_is_seen() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let patient = Policy::off().linger(Duration::MAX).wait(Duration::MAX);
        let mut writer = Offload::with_pool(Destination::new(&log), pool.clone()).policy(patient);
        assert_eq!(block_on(writer.write_complete(b"1")).unwrap(), 1);
        let ticket = submit(&mut writer, b"2");
        let answer = Pin::new(&mut writer).poll_write_complete(&mut Context::from_waker(Waker::noop()), ticket);
        assert!(matches!(answer, Poll::Ready(Ok(1))), "the poll that submitted has waited: {answer:?}");
        assert_eq!(pool.started.load(Ordering::Relaxed), 1, "for both writes");
        drop(writer);
        pool.join();
    });
}
