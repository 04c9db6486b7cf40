//! What is written at once, what is synced at once, and who waits for room.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, mpsc},
    task::Poll,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Inline,
    commit::{GroupCommit, Parts, Position},
};
use futures_lite::future::block_on;

use super::{AtOnce, finish, log, poll};
use crate::common::{
    destination::Scripted,
    steps::{poll_future, ready, write_now},
    waker::Task,
};

fn at(position: Position) -> u64 {
    position.offset()
}

#[test]
fn a_lone_append_is_written_at_once() {
    let (log, pool, seen) = log(Scripted::new());
    for round in 1..4 {
        let mut append = log.append(b"hello");
        assert!(poll(&mut append).is_pending());
        pool.run_all();
        assert_eq!(at(ready(poll(&mut append)).unwrap()), 5 * round);
    }
    assert_eq!((seen.writes(), at(log.complete()), at(log.durable())), (vec![5; 3], 15, 0));
}

#[test]
fn what_gathers_during_a_write_is_the_next_one() {
    let (log, pool, seen) = log(Scripted::new());
    let mut first = log.append(b"1");
    assert!(poll(&mut first).is_pending());
    let (mut second, mut third) = (log.append(b"22"), log.append(b"333"));
    assert!(poll(&mut third).is_pending());
    assert!(poll(&mut second).is_pending());
    let answers = finish(&pool, vec![first, second, third]);
    assert_eq!(answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [1, 6, 4]);
    assert_eq!((seen.bytes(), seen.writes()), (b"133322".to_vec(), vec![1, 5]));
}

#[test]
fn one_sync_serves_all_that_were_complete_before() {
    let (log, pool, seen) = log(Scripted::new());
    let records: Vec<_> = (0..10).map(|_| log.append_durable(b"12345")).collect();
    let answers = finish(&pool, records);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((seen.writes(), seen.syncs(), seen.durable().len()), (vec![5, 45], 1, 50));
    assert_eq!((at(log.complete()), at(log.durable())), (50, 50));
}

#[test]
fn nothing_is_synced_that_nobody_waits_for() {
    let (log, pool, seen) = log(Scripted::new());
    finish(&pool, (0..5).map(|_| log.append(b"12345")).collect());
    assert_eq!(seen.syncs(), 0);
    let synced = finish(&pool, vec![log.append_durable(b"")]);
    assert_eq!((synced[0].as_ref().unwrap(), seen.syncs()), (&25, 1));
    finish(&pool, vec![log.append_durable(b"")]);
    assert_eq!(seen.syncs(), 1, "there is nothing new");
}

/// An `append` that is ready does not wait for the sync of another one.
#[test]
fn a_sync_holds_nobody_up_who_does_not_want_it() {
    let (log, pool, seen) = log(Scripted::new());
    let mut durable = log.append_durable(b"durable");
    assert!(poll(&mut durable).is_pending());
    let mut other = log.append(b"other");
    assert!(poll(&mut other).is_pending());
    for _ in 0..2 {
        pool.run_all();
        assert!(poll(&mut durable).is_pending());
    }
    assert_eq!((seen.writes(), seen.syncs(), pool.len()), (vec![7, 5], 0, 1), "the sync waits for one more write");
    assert_eq!(at(ready(poll(&mut other)).unwrap()), 12);
    pool.run_all();
    assert_eq!((at(ready(poll(&mut durable)).unwrap()), at(log.durable())), (7, 12));
}

/// Nobody can know which of them are still polled, so all are woken when the writer is ready, and none before.
#[test]
fn all_who_wait_are_woken_when_the_writer_is_ready() {
    let (log, pool, _) = log(Scripted::new());
    let tasks: Vec<_> = (0..6).map(|_| Task::new()).collect();
    let mut appends: Vec<_> = tasks.iter().map(|_| log.append(b"x")).collect();
    let mut poll = |i: usize| tasks[i].poll(|cx| Pin::new(&mut appends[i]).poll(cx));
    for i in 0..6 {
        assert!(poll(i).is_pending());
    }
    let wakes = || tasks.iter().map(Task::wakes).collect::<Vec<_>>();
    assert_eq!(wakes(), [0; 6]);
    pool.run_all();
    assert_eq!(wakes(), [1; 6]);
    assert!(poll(0).is_ready());
    assert_eq!(wakes(), [1; 6], "they were woken");
    assert!(poll(1).is_pending(), "it leads the next batch");
    assert!(poll(2).is_pending());
    pool.run_all();
    assert_eq!(wakes(), [1, 2, 2, 1, 1, 1], "the others were not polled since");
    assert!((1..6).all(|i| poll(i).is_ready()));
}

#[test]
fn no_batch_is_larger_than_it_may_be_and_room_comes_in_turn() {
    let (log, pool, seen) = log(Scripted::new());
    let log = log.max_batch(10);
    let answers = finish(&pool, (0..20).map(|_| log.append(b"1234")).collect());
    assert_eq!(answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(), (1..21).map(|n| 4 * n).collect::<Vec<_>>());
    assert!(seen.writes().iter().all(|n| *n <= 10), "{:?}", seen.writes());
    assert_eq!(seen.bytes().len(), 80);
}

#[test]
fn a_record_that_is_larger_than_a_batch_is_one() {
    let (log, pool, seen) = log(Scripted::new());
    let log = log.max_batch(4);
    let large = [7; 100];
    let records: [&[u8]; 4] = [b"123", &large, b"456", &large];
    let answers = finish(&pool, records.iter().map(|record| log.append(record)).collect());
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((seen.writes(), seen.bytes()), (vec![3, 100, 3, 100], records.concat()));
}

/// A log with batches of 4 bytes, whose writer says how long each write was, and `None` for a sync. While each of its
/// first writes is made, another task appends a small record.
fn busy() -> (Arc<GroupCommit<AtOnce>>, mpsc::Receiver<Option<usize>>) {
    let (calls, seen) = mpsc::channel();
    let syncs = calls.clone();
    let log = AtOnce::log(4, |log| {
        let mut others = 0..100;
        let write = move |len| {
            calls.send(Some(len)).unwrap();
            if others.next().is_some() {
                let log = log.upgrade().unwrap();
                assert!(poll_future(&mut log.append(b"x")).is_pending(), "another one leads");
            }
            Ok(())
        };
        let sync = move || {
            syncs.send(None).unwrap();
            Ok(())
        };
        AtOnce::new(write, sync)
    });
    (log, seen)
}

/// Small ones come without end, and always fit. The large one leads their writes, and has its own.
#[test]
fn a_large_record_that_leads_is_passed_no_more() {
    let (log, seen) = busy();
    block_on(log.append(b"a")).unwrap();
    let end = block_on(log.append(&[b'L'; 100])).unwrap();
    assert_eq!(at(end), 102, "one small record was before it");
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), [Some(1), Some(1), Some(100)]);
}

/// A write that goes before it serves more records by the same sync, but they come without end.
#[test]
fn a_sync_waits_for_one_more_write_alone() {
    let (log, seen) = busy();
    block_on(log.append_durable(b"durable")).unwrap();
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), [Some(7), Some(1), None]);
}

/// When all others are gone, whoever waits for room carries on.
#[test]
fn whoever_waits_for_room_leads_if_nobody_else_does() {
    let (log, pool, seen) = log(Scripted::new());
    let log = log.max_batch(4);
    let (mut a, mut b, mut c) = (log.append(b"123"), log.append(b"456"), log.append(b"789"));
    assert!(poll(&mut a).is_pending() && poll(&mut b).is_pending());
    let task = Task::new();
    assert!(task.poll(|cx| Future::poll(Pin::new(&mut c), cx)).is_pending());
    drop((a, b));
    pool.run_all();
    assert!(task.wakes() > 0);
    assert_eq!(finish(&pool, vec![c]).remove(0).unwrap(), 9);
    assert_eq!(seen.bytes(), b"123456789");
}

#[test]
fn an_empty_record_waits_for_all_before_it() {
    let (log, pool, seen) = log(Scripted::new());
    assert_eq!(at(ready(poll(&mut log.append(b""))).unwrap()), 0);
    drop({
        let mut append = log.append(b"hello");
        assert!(poll(&mut append).is_pending());
        append
    });
    let mut settled = log.append(b"");
    assert!(poll(&mut settled).is_pending());
    pool.run_all();
    assert_eq!(at(ready(poll(&mut settled)).unwrap()), 5);
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn the_writer_comes_out_with_its_position() {
    let (log, pool, seen) = log(Scripted::new());
    finish(&pool, vec![log.append(b"hello")]);
    finish(&pool, vec![log.append_durable(b"")]);
    finish(&pool, vec![log.append(b" new")]);
    let Parts { mut writer, complete, durable, error, .. } = log.into_inner();
    assert_eq!((at(complete), at(durable), writer.outstanding()), (9, 5, None));
    assert!(error.is_none(), "{error:?}");
    write_now(&mut writer, &pool, b" world").unwrap();
    assert_eq!(seen.bytes(), b"hello new world");
}

/// The writer has taken them, and says so.
#[test]
fn a_write_that_is_under_way_comes_out_with_the_writer() {
    let (log, pool, seen) = log(Scripted::new());
    let mut append = log.append(b"hello");
    assert!(poll(&mut append).is_pending());
    drop(append);
    let Parts { mut writer, complete, .. } = log.into_inner();
    assert_eq!((complete, writer.outstanding().map(|ticket| ticket.len())), (Position::START, Some(5)));
    pool.run_all();
    assert_eq!(block_on(writer.settle()).unwrap().unwrap().completed(), 5);
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn a_writer_that_completes_at_once_needs_no_other() {
    let destination = Scripted::new();
    let seen = destination.observer();
    let log = GroupCommit::new(Inline::new(destination));
    block_on(async {
        for n in 1..=100 {
            assert_eq!(at(log.append(b"x").await.unwrap()), 2 * n - 1);
            assert_eq!(at(log.append_durable(b"y").await.unwrap()), 2 * n);
        }
    });
    assert_eq!((seen.syncs(), seen.durable().len()), (100, 200));
}

/// Memory has no sync; `append` needs none.
#[test]
fn memory_is_a_log_too() {
    let log = GroupCommit::new(Vec::new());
    block_on(log.append(b"hello")).unwrap();
    let parts = log.into_inner();
    assert_eq!((parts.writer, at(parts.complete)), (b"hello".to_vec(), 5));
}

#[test]
fn it_shows_its_positions() {
    let (log, pool, _) = log(Scripted::new());
    finish(&pool, vec![log.append(b"hello")]);
    assert_eq!(format!("{log:?}"), "GroupCommit { complete: Position(5), durable: Position(0), .. }");
    assert!(format!("{:?}", log.append(b"x")).starts_with("Append { len: 1, level: Complete"));
    assert_eq!(log.complete().to_string(), "5");
    assert!(matches!(poll(&mut log.append(b"x")), Poll::Pending));
}
