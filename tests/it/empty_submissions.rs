//! A submission of no bytes is complete, does nothing, and ends nothing: rule W3.

use std::{io::IoSlice, pin::Pin, thread};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteBytes, AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite, Offload,
    Submitted,
};
use bytes::Bytes;
use futures_lite::AsyncReadExt;

use crate::common::{
    destination::{Gate, Observer, Outcome, Scripted},
    operation::NO_WRITES,
    pool::Stepped,
    steps::{ask, drive, failed, in_flight, offload, poll, poll_future, ready, submit_nothing, submit_vectored},
};

/// Asserts that no bytes in any form are `Complete(0)` at once, and nothing more.
#[track_caller]
fn assert_does_nothing(writer: &mut Offload<Scripted, Stepped>, pool: &Stepped, seen: &Observer) {
    let before = (pool.executed(), pool.len(), seen.writes(), seen.seek_backs(), writer.outstanding());
    for _ in 0..3 {
        assert_eq!(ready(submit_nothing(writer)).unwrap(), Submitted::Complete(0));
        for bufs in [&[][..], &[&b""[..]], &[b"", b"", b""]] {
            assert_eq!(ready(submit_vectored(writer, bufs)).unwrap(), Submitted::Complete(0));
        }
        let bytes = poll(|cx| Pin::new(&mut *writer).poll_write_submit_bytes(cx, &Bytes::new()));
        assert_eq!(ready(bytes).unwrap(), Submitted::Complete(0));
        assert_eq!(ready(poll_future(&mut writer.submit(b""))).unwrap(), Submitted::Complete(0));
        assert_eq!(ready(poll_future(&mut writer.write_complete(b""))).unwrap(), 0);
        assert_eq!(ready(poll_future(&mut writer.write_vectored_complete(&[IoSlice::new(b"")]))).unwrap(), 0);
        ready(poll_future(&mut writer.write_all_complete(b""))).unwrap();
        ready(poll_future(&mut writer.write_all_vectored_complete(&mut [IoSlice::new(b"")]))).unwrap();
        ready(poll_future(&mut writer.write_all_bytes_complete(Bytes::new()))).unwrap();
        ready(poll_future(&mut writer.resume_write_all(&mut HeldWrite::new(b"")))).unwrap();
    }
    assert_eq!((pool.executed(), pool.len(), seen.writes(), seen.seek_backs(), writer.outstanding()), before);
}

#[test]
fn of_a_settled_writer() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert_does_nothing(&mut writer, &pool, &seen);
    assert_eq!((pool.executed(), seen.writes(), seen.flushes()), (0, vec![], 0));
}

#[test]
fn over_a_write_that_is_in_flight_or_not_answered() {
    for outcome in [Outcome::All, Outcome::Short(2), Outcome::Zero, Outcome::Os(28)] {
        let gate = Gate::new();
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone()), outcome]));
        let ticket = in_flight(&mut writer, b"hello");
        assert_does_nothing(&mut writer, &pool, &seen);
        let job = pool.take().unwrap();
        let worker = thread::spawn(|| job.run());
        gate.wait_for_arrival();
        assert_does_nothing(&mut writer, &pool, &seen);
        gate.open();
        worker.join().unwrap();
        assert_does_nothing(&mut writer, &pool, &seen);
        assert!(ask(&mut writer, ticket).is_ready());
    }
}

#[test]
fn over_any_other_operation() {
    for operation in NO_WRITES {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        assert_does_nothing(&mut writer, &pool, &seen);
        assert_eq!((pool.run_all(), operation.calls(&seen)), (1, 1), "{operation:?}");
        assert_does_nothing(&mut writer, &pool, &seen);
    }
}

#[test]
fn the_last_ticket_is_answered_all_the_same() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(3), Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for _ in 0..3 {
        assert_does_nothing(&mut writer, &pool, &seen);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    }
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for _ in 0..3 {
        assert_does_nothing(&mut writer, &pool, &seen);
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    }
}

#[test]
fn the_cursor_stays_where_an_abandoned_read_left_it() {
    let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there"));
    assert!(poll_future(&mut writer.read(&mut [0; 3])).is_pending());
    assert_does_nothing(&mut writer, &pool, &seen);
    pool.run_all();
    assert_does_nothing(&mut writer, &pool, &seen);
    assert_eq!((seen.position(), seen.seek_backs(), pool.executed()), (3, vec![], 1), "it makes no call at all");
    let mut buf = [0; 3];
    assert_eq!(ready(poll_future(&mut writer.read(&mut buf))).unwrap(), 3);
    assert_eq!((&buf, pool.executed()), (b"the", 1), "what was fetched waits for the next read");
}

/// An error of a closed writer, or still nothing: but never a job.
#[test]
fn after_a_close() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drive(&pool, writer.close_complete()).unwrap();
    let executed = pool.executed();
    if let Ok(submitted) = ready(submit_nothing(&mut writer)) {
        assert_eq!(submitted, Submitted::Complete(0));
    }
    assert_eq!((pool.executed(), seen.writes()), (executed, vec![]));
}
