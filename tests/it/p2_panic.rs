//! Rule P2: a destination that panics harms nobody but its writer, and no poll panics.

use std::{
    any::Any,
    fmt,
    io::{self, SeekFrom, Write},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, FlushEach, HeldWrite, Indeterminate, Offload, PriorWriteFailed,
    WriteComplete,
};
use futures_lite::{AsyncReadExt, AsyncSeekExt, future::block_on};

use crate::common::{
    destination::{Outcome, Scripted},
    operation::{CLOSES, Operation, REFUSED, assert_poisoned},
    pool::{Stepped, Threads},
    steps::{ask, close, drive, failed, in_flight, offload, over, poll_future, prior, ready, refused, submit, unknown},
};

/// What the errors end with.
const REASON: &str = "panicked: scripted";

#[track_caller]
fn assert_panicked(error: &io::Error) {
    let indeterminate = Indeterminate::find(error).unwrap_or_else(|| panic!("not indeterminate: {error:?}"));
    assert_eq!(error.kind(), io::ErrorKind::Other);
    assert!(indeterminate.reason().to_string().ends_with(REASON), "{error}");
}

#[test]
fn in_a_write() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Panic]));
    let ticket = in_flight(&mut writer, b"hello");
    let worker = pool.run_one_elsewhere();
    for _ in 0..3 {
        assert_panicked(&failed(ask(&mut writer, ticket)));
    }
    assert_eq!((seen.writes(), seen.bytes(), seen.dropped_on()), (vec![5], vec![], Some(worker)));
    assert_poisoned(writer, &pool, &seen, REASON);
}

#[test]
fn in_a_write_that_nobody_asks_for() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Panic]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for operation in REFUSED {
        refused(operation.poll_once(&mut writer), ticket);
    }
    assert_panicked(&drive(&pool, writer.settle()).unwrap_err());
    assert_eq!(writer.outstanding(), None);
    assert_panicked(&failed(ask(&mut writer, ticket)));
    assert_poisoned(writer, &pool, &seen, REASON);
}

#[test]
fn in_a_poll_write_that_another_operation_follows() {
    for operation in [Operation::Flush, Operation::Seek] {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Panic]));
        assert!(Operation::PollWrite.poll_once(&mut writer).is_pending());
        pool.run_all();
        assert_panicked(&prior(operation.poll_once(&mut writer), 4, None));
        let later = failed(operation.poll_once(&mut writer));
        assert!(PriorWriteFailed::find(&later).is_none(), "reported once");
        assert_poisoned(writer, &pool, &seen, REASON);
    }
}

#[test]
fn in_a_write_that_is_closed() {
    for operation in CLOSES {
        // Before the write has ended, and after.
        for run_first in [false, true] {
            let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Panic]));
            in_flight(&mut writer, b"hello");
            if run_first {
                pool.run_all();
            } else {
                assert!(operation.poll_once(&mut writer).is_pending());
                pool.run_all();
            }
            for _ in 0..3 {
                assert_panicked(&failed(operation.poll_once(&mut writer)));
            }
            assert_eq!((pool.executed(), seen.drops()), (1, 1));
        }
    }
}

#[test]
fn in_a_write_that_is_held() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(2), Outcome::Panic]));
    let mut held = HeldWrite::new(b"hello");
    assert_panicked(&drive(&pool, writer.resume_write_all(&mut held)).unwrap_err());
    assert_eq!((held.completed(), held.maybe_completed(), seen.bytes()), (2, 5, b"he".to_vec()));
    for _ in 0..2 {
        assert_panicked(&drive(&pool, writer.resume_write_all(&mut held)).unwrap_err());
    }
    assert_eq!(seen.writes(), [5, 3], "nothing is submitted again");
}

#[test]
fn in_a_read() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_read([Outcome::Panic]));
    assert_panicked(&drive(&pool, writer.read(&mut [0])).unwrap_err());
    assert_poisoned(writer, &pool, &seen, REASON);
}

#[test]
fn in_a_seek() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_seek([Outcome::Panic]));
    assert_panicked(&drive(&pool, writer.seek(SeekFrom::Start(0))).unwrap_err());
    assert_poisoned(writer, &pool, &seen, REASON);
}

#[test]
fn in_a_sync() {
    for operation in [Operation::SyncData, Operation::SyncAll] {
        let (mut writer, pool, seen) = offload(Scripted::new().on_sync([Outcome::Panic]));
        assert_panicked(&operation.run(&mut writer, &pool).unwrap_err());
        assert_poisoned(writer, &pool, &seen, REASON);
    }
}

#[test]
fn in_what_with_mut_runs() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let result: io::Result<()> = drive(&pool, writer.with_mut(|_| panic!("scripted")));
    assert_panicked(&result.unwrap_err());
    assert_poisoned(writer, &pool, &seen, REASON);
}

#[test]
fn on_the_way_back_over_an_abandoned_read() {
    let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there").on_seek([Outcome::Panic]));
    assert!(poll_future(&mut writer.read(&mut [0; 3])).is_pending());
    pool.run_all();
    assert_panicked(&drive(&pool, writer.write_complete(b"hello")).unwrap_err());
    assert!(seen.writes().is_empty(), "the write that follows is not executed");
    assert_poisoned(writer, &pool, &seen, REASON);
}

#[test]
fn in_the_flush_of_each_write() {
    let destination = Scripted::new().on_flush([Outcome::Panic]);
    let (pool, seen) = (Stepped::new(), destination.observer());
    let mut writer = over(FlushEach::new(destination), &pool);
    assert_panicked(&drive(&pool, writer.write_complete(b"hello")).unwrap_err());
    for _ in 0..2 {
        failed(submit(&mut writer, b"more"));
        failed(close(&mut writer));
    }
    assert_eq!((seen.writes(), seen.flushes(), seen.drops()), (vec![5], 1, 1));
}

#[test]
fn of_which_nobody_waits_for_the_answer() {
    let reads = Scripted::new().on_read([Outcome::Panic]);
    let (mut writer, pool, seen) = offload(reads);
    assert!(poll_future(&mut writer.read(&mut [0])).is_pending());
    pool.run_all();
    assert_poisoned(writer, &pool, &seen, REASON);

    let (mut writer, pool, seen) = offload(Scripted::new().on_seek([Outcome::Panic]));
    assert!(Operation::Seek.poll_once(&mut writer).is_pending());
    pool.run_all();
    assert_poisoned(writer, &pool, &seen, REASON);

    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(poll_future(&mut Box::pin(writer.with_mut(|_| panic!("scripted")))).is_pending());
    pool.run_all();
    assert_poisoned(writer, &pool, &seen, REASON);
}

#[test]
fn while_a_close_waits() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_seek([Outcome::Panic]));
    assert!(Operation::Seek.poll_once(&mut writer).is_pending());
    assert!(close(&mut writer).is_pending());
    let worker = pool.run_one_elsewhere();
    for _ in 0..3 {
        assert_panicked(&failed(close(&mut writer)));
    }
    assert_eq!((pool.executed(), seen.dropped_on()), (1, Some(worker)));
}

#[test]
fn after_the_writer_is_dropped() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Panic]));
    in_flight(&mut writer, b"hello");
    drop(writer);
    let worker = pool.run_one_elsewhere();
    assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(worker)));
}

#[test]
fn the_pools_thread_survives() {
    let pool = Threads::new(1);
    for _ in 0..3 {
        let mut writer = Offload::with_pool(Scripted::script([Outcome::Panic]), pool.clone());
        assert_panicked(&block_on(writer.write_complete(b"hello")).unwrap_err());
        block_on(writer.write_complete(b"hello")).unwrap_err();
    }
    let other = Scripted::new();
    let seen = other.observer();
    block_on(Offload::with_pool(other, pool.clone()).write_all_complete(b"hello")).unwrap();
    assert_eq!((seen.bytes(), seen.write_threads()), (b"hello".to_vec(), pool.ids()));
}

#[test]
fn an_earlier_answer_stays() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    let panicked: io::Result<()> = drive(&pool, writer.with_mut(|_| panic!("scripted")));
    assert_panicked(&panicked.unwrap_err());
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5, "that write is complete");
}

/// A read does not ask for it, and its panic does not hide it.
#[test]
fn an_earlier_failure_is_still_outstanding() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(5)]).on_read([Outcome::Panic]));
    let ticket = in_flight(&mut writer, b"hello");
    assert_panicked(&drive(&pool, writer.read(&mut [0])).unwrap_err());
    assert_eq!(writer.outstanding(), Some(ticket));
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(5));
    assert_poisoned(writer, &pool, &seen, REASON);
}

#[test]
fn a_foreign_ticket_is_still_foreign() {
    let (mut other, other_pool, _) = offload(Scripted::new());
    let foreign = in_flight(&mut other, b"theirs");
    other_pool.run_all();
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Panic]));
    in_flight(&mut writer, b"hello");
    pool.run_all();
    unknown(ask(&mut writer, foreign), foreign);
}

/// Makes what a panic carries.
type Payload = fn() -> Box<dyn Any + Send>;

/// Panics in each write.
struct Panics(Payload);

impl Write for Panics {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        resume_unwind((self.0)())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Panics {}

#[test]
fn whatever_the_payload_is() {
    struct Worse;

    impl Drop for Worse {
        fn drop(&mut self) {
            assert!(thread::panicking(), "the payload panics too");
        }
    }

    let cases: [(Payload, &str); 4] = [
        (|| Box::new("a str"), "a str"),
        (|| Box::new(String::from("a string")), "a string"),
        (|| Box::new(17), "without a message"),
        (|| Box::new(Worse), "without a message"),
    ];
    for (payload, text) in cases {
        let pool = Stepped::new();
        let mut writer = over(Panics(payload), &pool);
        let error = drive(&pool, writer.write_complete(b"hello")).unwrap_err();
        let reason = Indeterminate::find(&error).unwrap().reason().to_string();
        assert!(reason.ends_with(&format!("panicked: {text}")), "{reason}");
    }
}

#[test]
fn in_the_destinations_drop_on_the_pool() {
    let (mut writer, pool, seen) = offload(Scripted::new().panics_in_drop());
    in_flight(&mut writer, b"hello");
    drop(writer);
    let worker = pool.run_one_elsewhere();
    assert_eq!((seen.drops(), seen.dropped_on(), seen.bytes()), (1, Some(worker), b"hello".to_vec()));

    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Panic]).panics_in_drop());
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_one_elsewhere();
    assert_panicked(&failed(ask(&mut writer, ticket)));
    assert_eq!(seen.drops(), 1);
}

#[test]
fn in_the_destinations_drop_inside_ours() {
    // As for the destination alone: it is the caller's own drop that panics.
    let (writer, pool, seen) = offload(Scripted::new().panics_in_drop());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(writer))).is_err());
    assert_eq!((pool.executed(), seen.drops()), (0, 1));
}

/// The release is the close's own operation: its panic is the close's outcome.
#[test]
fn in_the_destinations_drop_as_it_is_closed() {
    for operation in CLOSES {
        let (mut writer, pool, seen) = offload(Scripted::new().panics_in_drop());
        assert!(operation.poll_once(&mut writer).is_pending());
        let worker = pool.run_one_elsewhere();
        assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(worker)));
        for _ in 0..3 {
            let error = failed(operation.poll_once(&mut writer));
            assert!(Indeterminate::find(&error).is_some(), "{error:?}");
            assert!(error.to_string().contains("scripted drop"), "{error}");
        }
    }
}

/// Every later operation errs, those that would be served from what was read ahead included.
#[test]
fn no_read_is_served_from_what_was_fetched_before() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Panic]).stream(b"input"));
    assert!(poll_future(&mut writer.read(&mut [0; 5])).is_pending());
    pool.run_all();
    assert_eq!(drive(&pool, writer.read(&mut [0; 2])).unwrap(), 2);
    assert_panicked(&drive(&pool, writer.write_complete(b"hello")).unwrap_err());
    let error = drive(&pool, writer.read(&mut [0; 2])).unwrap_err();
    assert!(error.to_string().contains(REASON), "{error}");
}

/// An error of a foreign type that no answer has taken may panic when it is dropped.
#[test]
fn an_error_that_panics_in_its_drop_harms_nobody() {
    #[derive(Debug)]
    struct Bomb;

    impl fmt::Display for Bomb {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bomb")
        }
    }

    impl std::error::Error for Bomb {}

    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(thread::panicking(), "an error that panics in its drop");
        }
    }

    struct Fails;

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other(Bomb))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl WriteComplete for Fails {}

    // A panic there would be an abort, since it would come out of a future that the pool's thread drops.
    let pool = Stepped::new();
    let mut writer = over(Fails, &pool);
    in_flight(&mut writer, b"x");
    drop(writer);
    let job = pool.take().unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| job.run())).is_ok());
}
