//! A close at each moment. It waits for what is under way, releases the destination on the pool, and then answers.

use super::*;
use crate::checker::{model, model_of};

#[test]
fn of_an_idle_destination() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        for _ in 0..2 {
            block_on(writer.close_complete()).unwrap();
            log.assert(b"1", 1);
        }
        assert!(!log.is_dropped_here());
        assert_eq!(write(&mut writer, b"2").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        pool.end(writer);
        log.assert(b"1", 1);
    });
}

#[test]
fn over_a_write_that_was_not_answered() {
    model_of(&["posted", "running", "idle"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let ticket = submit(&mut writer, b"1");
        cases.met(place(&writer));
        block_on(writer.close_complete()).unwrap();
        log.assert(b"1", 1);
        assert_eq!(writer.outstanding(), None);
        assert_eq!(take_answer(&mut writer, ticket).unwrap(), 1);
        pool.end(writer);
    });
}

#[test]
fn over_a_write_that_fails() {
    model_of(&["posted", "running", "idle"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, the_first, &pool);
        let ticket = submit(&mut writer, b"1");
        cases.met(place(&writer));
        for _ in 0..2 {
            assert_eq!(block_on(writer.close_complete()).unwrap_err().kind(), io::ErrorKind::StorageFull);
            log.assert(b"", 1);
        }
        assert_eq!(take_answer(&mut writer, ticket).unwrap_err().kind(), io::ErrorKind::StorageFull);
        pool.end(writer);
    });
}

#[test]
fn over_a_write_of_unknown_effect() {
    model_of(&["posted", "running", "poisoned"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, the_first_is_unknown, &pool);
        let ticket = submit(&mut writer, b"1");
        cases.met(place(&writer));
        for _ in 0..2 {
            assert!(Indeterminate::find(&block_on(writer.close_complete()).unwrap_err()).is_some());
            log.assert(b"", 1);
        }
        assert!(Indeterminate::find(&take_answer(&mut writer, ticket).unwrap_err()).is_some());
        pool.end(writer);
    });
}

/// The close goes on without its caller, and its outcome is there for the next close.
#[test]
fn that_was_dropped() {
    model_of(&["closing", "closed"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let _ = submit(&mut writer, b"1");
        let _ = poll_once(|cx| Pin::new(&mut writer).poll_close_complete(cx));
        cases.met(place(&writer));
        pool.join();
        log.assert(b"1", 1);
        block_on(writer.close_complete()).unwrap();
        pool.end(writer);
    });
}

#[test]
fn that_was_dropped_with_its_writer() {
    model_of(&["closing", "closed"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        let _ = poll_once(|cx| Pin::new(&mut writer).poll_close_complete(cx));
        cases.met(place(&writer));
        let failed = pool.end_with(writer, |writer| {
            drop(writer);
            block_on(abandoned())
        });
        assert_eq!((failed, log.is_dropped_here()), (0, false));
        log.assert(b"1", 1);
    });
}
