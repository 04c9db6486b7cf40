//! `settle`, `submit` and `complete`: what a caller does after a timeout, and the two moments one by one.

use std::{io, pin::Pin, task::Poll, time::Duration};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Inline, Offload, Settled, Submitted, WriteOutstanding,
    adapter::FromFuturesIo,
};
use futures_lite::future::block_on;

use crate::common::{
    destination::{Outcome, Scripted},
    pool::{Stepped, Threads},
    steps::{ask, drive, failed, in_flight, offload, poll_future, ready, refused, settle, submit, unknown, write_now},
    waker::Task,
};

/// What a settle has answered: how many bytes were taken, how many are complete, and whether that is short.
fn told(settled: Option<Settled>) -> Option<(usize, usize, bool)> {
    settled.map(|settled| (settled.submitted(), settled.completed(), settled.is_short()))
}

#[test]
fn settled_there_is_nothing_to_tell() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    assert!(ready(settle(&mut writer)).unwrap().is_none(), "new");
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    failed(ask(&mut writer, ticket));
    for _ in 0..3 {
        assert!(ready(settle(&mut writer)).unwrap().is_none(), "answered");
    }
    assert_eq!(pool.executed(), 1);
}

#[test]
fn it_tells_how_much_was_taken_and_how_much_is_complete() {
    for (outcome, complete) in [(Outcome::All, 5), (Outcome::Short(3), 3), (Outcome::Zero, 0)] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome]));
        let ticket = in_flight(&mut writer, b"hello");
        assert!(settle(&mut writer).is_pending());
        pool.run_all();
        let settled = ready(settle(&mut writer)).unwrap().unwrap();
        assert_eq!(settled.ticket(), ticket);
        assert_eq!(told(Some(settled)), Some((5, complete, complete < 5)));
        assert_eq!(seen.bytes().len(), complete);
        assert!(ready(settle(&mut writer)).unwrap().is_none(), "once");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), complete, "the ticket still answers");
    }
}

#[test]
fn it_tells_the_writes_own_error_once() {
    for (outcome, code) in [(Outcome::Os(28), Some(28)), (Outcome::Error(io::ErrorKind::TimedOut), None)] {
        let (mut writer, pool, _) = offload(Scripted::script([outcome]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        assert_eq!(failed(settle(&mut writer)).raw_os_error(), code);
        assert!(ready(settle(&mut writer)).unwrap().is_none(), "it is settled all the same");
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), code);
        assert_eq!(write_now(&mut writer, &pool, b"more").unwrap(), 4, "and goes on");
    }
}

/// Of a future that was dropped at any of its polls, at any moment of the write.
#[test]
fn dropped_it_loses_nothing() {
    for polls in 0..4 {
        for run_after in 0..4 {
            let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(2)]));
            in_flight(&mut writer, b"hello");
            let mut answered = None;
            for poll in 0..polls {
                if poll == run_after {
                    pool.run_all();
                }
                if let Poll::Ready(settled) = settle(&mut writer) {
                    answered = answered.or(told(settled.unwrap()));
                }
            }
            if answered.is_none() {
                answered = told(drive(&pool, writer.settle()).unwrap());
            }
            assert_eq!(answered, Some((5, 2, true)), "{polls} polls, the job after {run_after}");
            assert_eq!((seen.writes(), pool.executed()), (vec![5], 1));
        }
    }
}

#[test]
fn one_that_was_pending_goes_on_with_another_task() {
    let (mut writer, pool, _) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    let (first, second) = (Task::new(), Task::new());
    let mut settling = writer.settle();
    assert!(first.poll_future(&mut settling).is_pending());
    assert!(second.poll_future(&mut settling).is_pending());
    pool.run_all();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert_eq!(told(ready(second.poll_future(&mut settling)).unwrap()), Some((5, 5, false)));
}

#[test]
fn it_finds_what_a_dropped_write_all_has_left() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(2), Outcome::Short(1)]));
    {
        let mut write = writer.write_all_complete(b"hello");
        assert!(poll_future(&mut write).is_pending());
        pool.run_all();
        assert!(poll_future(&mut write).is_pending(), "the rest is submitted");
        assert_eq!(write.held().completed(), 2);
    }
    assert_eq!(told(drive(&pool, writer.settle()).unwrap()), Some((3, 1, true)));
    drive(&pool, writer.write_all_complete(b"lo")).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5, 3, 2]));
}

/// The page's own case: a timeout strikes, the write is settled, and goes on where it ended.
#[tokio::test]
async fn after_a_timeout() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(2)]));
    let elapsed = tokio::time::timeout(Duration::ZERO, writer.write_complete(b"hello")).await;
    assert!(elapsed.is_err());
    let error = writer.write_complete(b"hello").await.unwrap_err();
    assert!(WriteOutstanding::find(&error).is_some(), "{error:?}");
    pool.run_all();
    let settled = writer.settle().await.unwrap().unwrap();
    assert_eq!(settled.completed(), 2);
    drive(&pool, writer.write_all_complete(&b"hello"[settled.completed()..])).unwrap();
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn of_a_writer_that_is_complete_at_once() {
    let mut memory = Vec::new();
    assert_eq!(block_on(memory.write_complete(b"abc")).unwrap(), 3);
    assert!(block_on(memory.settle()).unwrap().is_none());
    let mut inline = Inline::new(Scripted::script([Outcome::Os(28)]));
    block_on(inline.write_complete(b"abc")).unwrap_err();
    assert!(block_on(inline.settle()).unwrap().is_none());
}

#[test]
fn through_a_box_and_a_reference() {
    let (mut writer, pool, _) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    pool.run_all();
    let mut boxed: Box<dyn AsyncWriteComplete + Unpin> = Box::new(&mut writer);
    assert_eq!(told(ready(settle(&mut boxed)).unwrap()), Some((5, 5, false)));
    drop(boxed);
    assert_eq!(writer.outstanding(), None);
}

#[test]
fn the_two_moments_are_two_futures() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(3)]));
    let Submitted::InFlight(ticket) = ready(poll_future(&mut writer.submit(b"hello"))).unwrap() else {
        panic!("complete at once")
    };
    assert_eq!((ticket.len(), seen.writes(), pool.len()), (5, vec![], 1));
    let mut complete = writer.complete(ticket);
    assert!(poll_future(&mut complete).is_pending());
    pool.run_all();
    assert_eq!(ready(poll_future(&mut complete)).unwrap(), 3);
    assert_eq!(ready(poll_future(&mut writer.complete(ticket))).unwrap(), 3);
}

#[test]
fn a_submit_that_waits_has_taken_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut called = Box::pin(writer.with_mut(Scripted::visit));
    assert!(poll_future(&mut called).is_pending());
    drop(called);
    assert!(poll_future(&mut writer.submit(b"never")).is_pending());
    pool.run_all();
    assert_eq!((writer.outstanding(), seen.writes()), (None, vec![]));
    let mut submitting = writer.submit(b"hello");
    let submitted = ready(poll_future(&mut submitting)).unwrap();
    assert_eq!(submitted.len(), 5);
    let ticket = writer.outstanding();
    assert_eq!(submitted.ticket(), ticket);
}

#[test]
fn both_are_refused_and_unknown_as_the_polls_are() {
    let (mut other, _pool, _) = offload(Scripted::new());
    let foreign = in_flight(&mut other, b"theirs");
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    refused(poll_future(&mut writer.submit(b"more")), ticket);
    unknown(poll_future(&mut writer.complete(foreign)), foreign);
    pool.run_all();
    refused(poll_future(&mut writer.submit(b"more")), ticket);
    assert_eq!(ready(poll_future(&mut writer.complete(ticket))).unwrap(), 5);
}

/// Eight megabytes by way of `submit` and `complete`, with other work between them.
#[test]
fn a_pipeline_of_one() {
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut writer = Offload::with_pool(destination, Threads::new(1));
    let bytes: Vec<u8> = (0..8_u32 << 20).map(|n| (n % 251) as u8).collect();
    block_on(async {
        let mut rest = &bytes[..];
        let mut digest = 0_u64;
        while !rest.is_empty() {
            let submitted = writer.submit(rest).await.unwrap();
            digest = rest[..submitted.len()].iter().fold(digest, |sum, byte| sum + u64::from(*byte));
            let n = match submitted {
                Submitted::Complete(n) => n,
                Submitted::InFlight(ticket) => writer.complete(ticket).await.unwrap(),
            };
            rest = &rest[n..];
        }
        assert_eq!(digest, bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    });
    assert!(seen.bytes() == bytes, "other bytes");
}

/// A settle of a driven writer carries its write on.
#[test]
fn of_a_driven_writer() {
    let (inner, pool, seen): (_, Stepped, _) = offload(Scripted::new());
    let mut writer = FromFuturesIo::new(inner);
    assert!(submit(&mut writer, b"hello").is_pending(), "the inner write waits");
    pool.run_all();
    let Submitted::InFlight(ticket) = ready(submit(&mut writer, b"hello")).unwrap() else { panic!("complete") };
    assert_eq!(writer.outstanding(), Some(ticket));
    assert_eq!(told(ready(settle(&mut writer)).unwrap()), Some((5, 5, false)));
    assert_eq!((seen.bytes(), Pin::new(&mut writer).outstanding()), (b"hello".to_vec(), None));
}
