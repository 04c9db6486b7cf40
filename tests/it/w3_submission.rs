//! Rule W3: `Pending` and `Err` take nothing; what is taken is taken as it was, and attempted once.

use std::io;

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Submitted};

use crate::common::{
    destination::{Outcome, Scripted},
    operation::NO_WRITES,
    steps::{
        ask, close, drive, failed, in_flight, offload, poll_future, ready, refused, settle, submit, submit_vectored,
        write_now,
    },
};

/// What one submission takes at most.
const MOST: usize = 2 << 20;

#[test]
fn a_refused_submission_takes_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"first");
    for _ in 0..1000 {
        refused(submit(&mut writer, b"never taken"), ticket);
    }
    assert_eq!((pool.executed(), pool.run_all()), (1, 1));
    refused(submit(&mut writer, b"never taken"), ticket);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    assert_eq!(write_now(&mut writer, &pool, b"second").unwrap(), 6);
    assert_eq!((seen.bytes(), seen.writes()), (b"firstsecond".to_vec(), vec![5, 6]));
}

/// Over an operation that is no write, a submission waits for its place.
#[test]
fn pending_takes_nothing() {
    for operation in NO_WRITES {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        for _ in 0..100 {
            assert!(submit(&mut writer, b"never taken").is_pending(), "{operation:?}");
            assert!(submit_vectored(&mut writer, &[b"never", b"taken"]).is_pending(), "{operation:?}");
            assert_eq!(writer.outstanding(), None, "{operation:?}");
        }
        assert_eq!((pool.executed(), pool.run_all()), (1, 1), "{operation:?}");
        assert_eq!(write_now(&mut writer, &pool, b"taken").unwrap(), 5);
        assert_eq!((seen.bytes(), seen.writes()), (b"taken".to_vec(), vec![5]), "{operation:?}");
    }
}

#[test]
fn a_future_that_waits_to_submit_takes_nothing() {
    for operation in NO_WRITES {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        assert!(poll_future(&mut writer.write_complete(b"never")).is_pending());
        assert!(poll_future(&mut writer.submit(b"never")).is_pending());
        assert_eq!(pool.run_all(), 1);
        assert!(ready(settle(&mut writer)).unwrap().is_none());
        assert_eq!((seen.writes(), pool.executed()), (vec![], 1), "{operation:?}");
    }
}

#[test]
fn bytes_are_taken_as_they_were() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut buf = *b"before";
    let ticket = in_flight(&mut writer, &buf);
    buf.copy_from_slice(b"after!");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 6);
    assert_eq!(seen.bytes(), b"before");
    assert_eq!(write_now(&mut writer, &pool, &buf).unwrap(), 6);
    assert_eq!(seen.bytes(), b"beforeafter!", "the buffer inside serves again");
}

#[test]
fn a_failed_write_is_not_attempted_again() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for _ in 0..3 {
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    }
    assert_eq!(pool.run_all(), 0);
    drive(&pool, writer.close_complete()).unwrap();
    assert_eq!((seen.writes(), seen.bytes()), (vec![5], vec![]));
}

#[test]
fn a_large_buffer_is_taken_in_part() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let bytes: Vec<u8> = (0..MOST + 10).map(|i| (i % 251) as u8).collect();
    let Submitted::InFlight(ticket) = ready(submit(&mut writer, &bytes)).unwrap() else { panic!("complete") };
    assert_eq!(ticket.len(), MOST);
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), MOST);
    drive(&pool, writer.write_all_complete(&bytes[MOST..])).unwrap();
    assert_eq!(seen.writes(), [MOST, 10]);
    assert!(seen.bytes() == bytes);
}

#[test]
fn write_all_goes_on_after_a_part() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let bytes: Vec<u8> = (0..2 * MOST + 1).map(|i| (i % 251) as u8).collect();
    drive(&pool, writer.write_all_complete(&bytes)).unwrap();
    assert_eq!(seen.writes(), [MOST, MOST, 1]);
    assert!(seen.bytes() == bytes);
}

#[test]
fn a_future_that_is_never_polled_submits_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drop(writer.submit(b"never"));
    drop(writer.write_complete(b"never"));
    drop(writer.write_all_complete(b"never"));
    drop(writer.settle());
    drop(writer.close_complete());
    assert_eq!((pool.executed(), writer.outstanding()), (0, None));
    drop(writer);
    assert_eq!((seen.writes(), seen.drops()), (vec![], 1));
}

#[test]
fn a_closed_writer_takes_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(close(&mut writer).is_pending());
    assert_eq!(failed(submit(&mut writer, b"late")).kind(), io::ErrorKind::BrokenPipe);
    pool.run_all();
    assert_eq!(failed(submit(&mut writer, b"late")).kind(), io::ErrorKind::BrokenPipe);
    assert_eq!((seen.writes(), seen.bytes(), writer.outstanding()), (vec![], vec![], None));
}

/// A loop that polls one future again must not have its bytes twice.
#[test]
#[should_panic(expected = "polled after it was answered")]
fn the_future_of_a_submission_submits_once() {
    let mut memory = Vec::new();
    let mut submission = memory.submit(b"abc");
    let _ = ready(poll_future(&mut submission)).unwrap();
    let _ = poll_future(&mut submission);
}
