//! Each operation is a job of its own: no worker lingers, and no poll waits.

use ::futures_io::AsyncRead;

use super::{
    checker::{Arc, Mutex, model},
    *,
};

#[test]
fn submit_and_complete() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::default());
        assert_eq!(block_on(writer.write_complete(b"12345")).unwrap(), 5);
        assert_eq!(log.seen().bytes, b"12345");
        drop(writer);
        assert_eq!(log.seen().drops, 1, "settled: dropped before drop returns");
    });
}

#[test]
fn drop_in_flight() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = Offload::with_pool(Destination::new(&log), pool.clone());
        let _ = submit(&mut writer, b"12345");
        drop(writer);
        pool.join();
        let seen = log.seen();
        assert_eq!((&*seen.bytes, seen.writes, seen.drops), (&b"12345"[..], 1, 1));
    });
}

#[test]
fn orphan_then_new_write() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::default());
        let orphan = submit(&mut writer, b"1");
        assert_eq!(block_on(writer.write_complete(b"2")).unwrap(), 1);
        assert_eq!(log.seen().bytes, b"12");
        assert!(ask(&mut writer, orphan).is_err(), "superseded");
    });
}

#[test]
fn failed_orphan_is_reported_once() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::failing(&log, the_first), Threads::default());
        let orphan = submit(&mut writer, b"1");
        let error = block_on(writer.write_complete(b"2")).unwrap_err();
        assert_eq!(PriorWriteFailed::find(&error).expect("typed").ticket(), orphan);
        assert_eq!(log.seen().writes, 1, "the reporting operation is not executed");
        assert_eq!(ask(&mut writer, orphan).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(block_on(writer.write_complete(b"3")).unwrap(), 1);
        assert_eq!(log.seen().bytes, b"3");
    });
}

#[test]
fn waker_replaced() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::default());
        let ticket = submit(&mut writer, b"1");
        // The first waker wakes nobody; only the second one can end the wait below.
        let first = Pin::new(&mut writer).poll_write_complete(&mut Context::from_waker(Waker::noop()), ticket);
        assert!(!matches!(first, Poll::Ready(Err(_))));
        assert_eq!(ask(&mut writer, ticket).unwrap(), 1);
    });
}

#[test]
fn split_halves() {
    model(|| {
        let log = Log::default();
        let whole = Offload::with_pool(Destination::new(&log), Threads::default());
        let whole = Arc::new(Mutex::new(whole));
        let reader = thread::spawn({
            let whole = whole.clone();
            move || {
                let mut buf = [0];
                let n = block_on(poll_fn(|cx| Pin::new(&mut *whole.lock().unwrap()).poll_read(cx, &mut buf)));
                assert_eq!((n.unwrap(), buf), (1, *b"r"));
            }
        });
        let submitted = block_on(poll_fn(|cx| Pin::new(&mut *whole.lock().unwrap()).poll_write_submit(cx, b"w")));
        let Submitted::InFlight(ticket) = submitted.unwrap() else { panic!("not complete at once") };
        let n = block_on(poll_fn(|cx| Pin::new(&mut *whole.lock().unwrap()).poll_write_complete(cx, ticket)));
        assert_eq!(n.unwrap(), 1);
        reader.join().unwrap();
        assert_eq!(log.seen().bytes, b"w");
    });
}

#[test]
fn job_dropped() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::dropping(1));
        let ticket = submit(&mut writer, b"1");
        assert_eq!(ask(&mut writer, ticket).unwrap_err().kind(), io::ErrorKind::Other);
        assert_eq!(log.seen().writes, 0);
        assert_eq!(block_on(writer.write_complete(b"2")).unwrap(), 1, "the destination is kept");
    });
}

#[test]
fn job_dropped_after_the_owner() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::dropping(1));
        let mut writer = Offload::with_pool(Destination::new(&log), pool.clone());
        let _ = submit(&mut writer, b"1");
        drop(writer);
        pool.join();
        let seen = log.seen();
        assert_eq!((seen.writes, seen.drops), (0, 1));
    });
}

#[test]
fn close_in_flight() {
    model(|| {
        let log = Log::default();
        let mut writer = Offload::with_pool(Destination::new(&log), Threads::default());
        let _ = submit(&mut writer, b"1");
        block_on(writer.close_complete()).unwrap();
        let seen = log.seen();
        assert_eq!((&*seen.bytes, seen.drops), (&b"1"[..], 1), "complete, then released, then answered");
    });
}

#[test]
fn close_abandoned_goes_on() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::default());
        let mut writer = Offload::with_pool(Destination::failing(&log, the_first), pool.clone());
        let _ = submit(&mut writer, b"1");
        let _ = Pin::new(&mut writer).poll_close_complete(&mut Context::from_waker(Waker::noop()));
        pool.join();
        assert_eq!(log.seen().drops, 1, "nobody asks any more");
        let error = block_on(writer.close_complete()).unwrap_err();
        assert!(PriorWriteFailed::find(&error).is_some());
    });
}
