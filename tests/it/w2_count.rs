//! Rule W2: a count is exact, and a short one is passed on as it is.

use std::{
    io::{self, IoSlice},
    task::Poll,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite};

use crate::common::{
    destination::{Outcome, Scripted},
    steps::{ask, close, drive, in_flight, offload, poll_future, ready, write_now},
};

#[test]
fn every_count_is_passed_on() {
    let bytes = b"hello, there";
    for n in 0..bytes.len() {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(n)]));
        let ticket = in_flight(&mut writer, bytes);
        pool.run_all();
        for _ in 0..3 {
            assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), n);
        }
        assert_eq!((seen.bytes(), seen.writes()), (bytes[..n].to_vec(), vec![bytes.len()]), "one call");
        assert_eq!(write_now(&mut writer, &pool, &bytes[n..]).unwrap(), bytes.len() - n);
        assert_eq!(seen.bytes(), bytes);
    }
}

#[test]
fn write_complete_answers_the_count() {
    for n in [0, 1, 4, 5] {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(n)]));
        assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), n);
        assert_eq!(seen.writes(), [5]);
    }
}

#[test]
fn write_all_goes_on_at_the_count() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(2), Outcome::Short(1), Outcome::Short(4)]));
    drive(&pool, writer.write_all_complete(b"hello, there")).unwrap();
    assert_eq!(seen.bytes(), b"hello, there");
    assert_eq!(seen.writes(), [12, 10, 9, 5]);
}

#[test]
fn zero_is_not_an_end_and_not_an_error() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Zero, Outcome::Zero]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 0);
    assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 0);
    assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 5, "the destination was asked again");
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5, 5, 5]));
    drive(&pool, writer.close_complete()).unwrap();
}

#[test]
fn write_all_turns_zero_into_an_error() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(3), Outcome::Zero]));
    let mut write = Box::pin(writer.write_all_complete(b"hello"));
    let error = loop {
        match poll_future(&mut write) {
            Poll::Ready(result) => break result.unwrap_err(),
            Poll::Pending => assert!(pool.run_one()),
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    assert_eq!((write.held().completed(), write.held().maybe_completed()), (3, 3));
    drop(write);
    assert_eq!((seen.bytes(), seen.writes()), (b"hel".to_vec(), vec![5, 2]));
    assert_eq!(writer.outstanding(), None, "it was answered");
}

#[test]
fn the_error_behind_a_short_count_meets_the_next_submission() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(3), Outcome::Os(28)]));
    assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 3);
    let error = drive(&pool, writer.write_complete(b"lo")).unwrap_err();
    assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::StorageFull, Some(28)));
    assert_eq!(seen.bytes(), b"hel");
    assert_eq!(drive(&pool, writer.write_complete(b"lo")).unwrap(), 2, "there is space again");
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5, 2, 2]));
}

#[test]
fn a_held_write_is_resumed_where_it_stands() {
    let outcomes = [Outcome::Short(3), Outcome::Os(28), Outcome::Short(1), Outcome::Os(28)];
    let (mut writer, pool, seen) = offload(Scripted::script(outcomes));
    let mut held = HeldWrite::new(b"hello");
    for completed in [3, 4] {
        let error = drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(28));
        assert_eq!((held.completed(), held.maybe_completed(), held.is_done()), (completed, completed, false));
        assert_eq!(held.remaining(), &b"hello"[completed..]);
    }
    drive(&pool, writer.resume_write_all(&mut held)).unwrap();
    assert!(held.is_done());
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5, 2, 2, 1, 1]));
}

#[test]
fn a_short_count_that_was_answered_is_no_outcome_of_a_close() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(1)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1);
    assert!(close(&mut writer).is_pending());
    pool.run_all();
    ready(close(&mut writer)).unwrap();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1);
}

#[test]
fn a_count_of_a_list_ends_within_any_slice() {
    for n in 0..=6 {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(n)]));
        let slices = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cdef")];
        assert_eq!(drive(&pool, writer.write_vectored_complete(&slices)).unwrap(), n);
        assert_eq!((seen.bytes(), seen.writes()), (b"abcdef"[..n].to_vec(), vec![6]));
    }
}
