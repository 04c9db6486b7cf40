//! What a submission takes, and when it is answered: rules W1 to W4 and W7.

use std::{io, thread};

use async_write_complete::{AsyncWriteCompleteExt, Submitted, Superseded};

use crate::common::{
    destination::{Gate, Outcome, Scripted, interrupted},
    steps::{ask, barrier, close, drive, failed, in_flight, offload, poll_future, prior, ready, submit},
};

/// What one submission takes at most.
const MOST: usize = 2 << 20;

#[test]
fn queued_it_is_in_flight() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    assert_eq!((pool.len(), seen.writes()), (1, vec![]), "nothing runs inside the poll");
    for _ in 0..3 {
        assert!(ask(&mut writer, ticket).is_pending());
        assert!(barrier(&mut writer).is_pending());
    }
    assert_eq!((pool.len(), seen.writes()), (1, vec![]), "asking starts nothing");
}

#[test]
fn running_it_is_in_flight() {
    let gate = Gate::new();
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone())]));
    let ticket = in_flight(&mut writer, b"hello");
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    assert_eq!(seen.writes(), [5], "the call has begun");
    assert!(ask(&mut writer, ticket).is_pending());
    assert!(barrier(&mut writer).is_pending());
    gate.open();
    worker.join().unwrap();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
}

#[test]
fn after_the_call_it_is_complete() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let worker = pool.run_one_elsewhere();
    assert_eq!(seen.bytes(), b"hello");
    assert_eq!(seen.write_threads(), [worker], "on the pool");
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5, "and stays so");
    assert_eq!((pool.executed(), seen.writes()), (1, vec![5]));
}

#[test]
fn pending_takes_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    in_flight(&mut writer, b"first");
    for _ in 0..1000 {
        assert!(submit(&mut writer, b"never taken").is_pending());
    }
    assert_eq!(pool.executed(), 1);
    assert_eq!(pool.run_all(), 1);
    in_flight(&mut writer, b"second");
    assert_eq!(pool.run_all(), 1);
    assert_eq!(seen.bytes(), b"firstsecond");
    assert_eq!(seen.writes(), [5, 6]);
}

#[test]
fn bytes_are_taken_as_they_were() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut buf = *b"before";
    in_flight(&mut writer, &buf);
    buf.copy_from_slice(b"after!");
    pool.run_all();
    assert_eq!(seen.bytes(), b"before");
    in_flight(&mut writer, &buf);
    pool.run_all();
    assert_eq!(seen.bytes(), b"beforeafter!", "the buffer inside serves again");
}

#[test]
fn each_submission_is_one_call() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut expected = Vec::new();
    for i in 0..1000_usize {
        let bytes = vec![i as u8; i % 7 + 1];
        let ticket = in_flight(&mut writer, &bytes);
        assert_eq!(pool.run_all(), 1);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), bytes.len());
        expected.extend_from_slice(&bytes);
    }
    assert_eq!(seen.writes(), (0..1000).map(|i| i % 7 + 1).collect::<Vec<_>>(), "neither merged nor split");
    assert_eq!(seen.bytes(), expected);
    assert_eq!(seen.flushes(), 0);
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
    drop(writer.write_complete(b"never"));
    drop(writer.write_all_complete(b"never"));
    drop(writer.close_complete());
    assert_eq!(pool.executed(), 0);
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
    drop(writer);
    assert_eq!((seen.writes(), seen.drops()), (vec![], 1));
}

#[test]
fn a_future_that_waits_to_submit_takes_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    in_flight(&mut writer, b"first");
    assert!(poll_future(&mut writer.write_complete(b"never")).is_pending());
    assert_eq!(pool.run_all(), 1);
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
    assert_eq!(seen.bytes(), b"first");
}

#[test]
fn what_can_be_tried_is_complete_at_once() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_try([Outcome::All, Outcome::Short(2), Outcome::Zero]));
    assert_eq!(ready(submit(&mut writer, b"hello")).unwrap(), Submitted::Complete(5));
    assert_eq!(ready(submit(&mut writer, b"hello")).unwrap(), Submitted::Complete(2));
    assert_eq!(ready(submit(&mut writer, b"hello")).unwrap(), Submitted::Complete(0));
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0), "a short count was told at once");
    assert_eq!((pool.executed(), seen.writes(), seen.tries()), (0, vec![], vec![5, 5, 5]));
    assert_eq!(seen.bytes(), b"hellohe");
}

#[test]
fn what_cannot_be_tried_goes_to_the_pool() {
    let would_block = Outcome::Error(io::ErrorKind::WouldBlock);
    let (mut writer, pool, seen) = offload(Scripted::new().on_try([would_block]));
    let ticket = in_flight(&mut writer, b"hello");
    assert_eq!((pool.run_all(), seen.tries()), (1, vec![5]));
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5]));
}

#[test]
fn nothing_is_tried_over_an_outstanding_write() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(1)]));
    let ticket = in_flight(&mut writer, b"one");
    assert_eq!(seen.tries(), [3]);
    assert!(submit(&mut writer, b"four").is_pending());
    pool.run_all();
    assert_eq!(seen.tries(), [3], "not while one is outstanding");
    prior(submit(&mut writer, b"four"), ticket, Some(1));
    assert_eq!(seen.tries(), [3], "nor while one is unreported");
    in_flight(&mut writer, b"four");
    assert_eq!(seen.tries(), [3, 4]);
}

#[test]
fn a_try_that_fails_has_taken_nothing() {
    let tries = [Outcome::Error(io::ErrorKind::WouldBlock), Outcome::Os(28)];
    let (mut writer, pool, seen) = offload(Scripted::new().on_try(tries));
    let ticket = in_flight(&mut writer, b"before");
    pool.run_all();
    assert_eq!(failed(submit(&mut writer, b"hello")).raw_os_error(), Some(28));
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 6, "an error supersedes nothing");
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0), "it was told");
    assert_eq!((pool.executed(), seen.bytes()), (1, b"before".to_vec()));
    in_flight(&mut writer, b"after");
}

#[test]
fn a_try_that_is_interrupted_is_made_again() {
    let tries = interrupted(3).chain([Outcome::All]);
    let (mut writer, pool, seen) = offload(Scripted::new().on_try(tries));
    assert_eq!(ready(submit(&mut writer, b"hello")).unwrap(), Submitted::Complete(5));
    assert_eq!((pool.executed(), seen.tries(), seen.bytes()), (0, vec![5; 4], b"hello".to_vec()));
}

#[test]
fn a_write_that_is_complete_at_once_supersedes() {
    let tries = [Outcome::Error(io::ErrorKind::WouldBlock), Outcome::All];
    let (mut writer, pool, _) = offload(Scripted::new().on_try(tries));
    let ticket = in_flight(&mut writer, b"before");
    pool.run_all();
    assert_eq!(ready(submit(&mut writer, b"hello")).unwrap(), Submitted::Complete(5));
    let error = failed(ask(&mut writer, ticket));
    assert_eq!(Superseded::find(&error).unwrap().ticket(), ticket);
}

#[test]
fn writers_do_not_share_their_order() {
    let (mut one, pool_of_one, seen_by_one) = offload(Scripted::new());
    let (mut two, pool_of_two, seen_by_two) = offload(Scripted::new());
    let first = in_flight(&mut one, b"one");
    let second = in_flight(&mut two, b"two");
    pool_of_two.run_all();
    assert!(ask(&mut one, first).is_pending());
    assert_eq!(ready(ask(&mut two, second)).unwrap(), 3);
    pool_of_one.run_all();
    assert_eq!(ready(ask(&mut one, first)).unwrap(), 3);
    assert_eq!((seen_by_one.bytes(), seen_by_two.bytes()), (b"one".to_vec(), b"two".to_vec()));
}

#[test]
fn a_closed_writer_takes_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_try([Outcome::All]));
    assert!(close(&mut writer).is_pending());
    pool.run_all();
    assert_eq!(failed(submit(&mut writer, b"late")).kind(), io::ErrorKind::BrokenPipe);
    assert_eq!((seen.tries(), seen.writes(), seen.bytes()), (vec![], vec![], vec![]));
}
