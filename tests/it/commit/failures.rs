//! A write or a sync that fails ends the log: for every one of them, against what the destination says.

use std::{io, task::Poll};

use async_write_complete::{AsyncWriteComplete, Indeterminate, commit::GroupCommit};

use super::{AtOnce, finish, log, poll};
use crate::common::{
    destination::{Outcome, Scripted},
    steps::{failed, poll_future},
};

const RECORDS: usize = 8;

fn record(i: usize) -> Vec<u8> {
    vec![b'a' + i as u8; 1 + i % 3]
}

/// Appends eight records, one every second one durable, one after the other or at once, and checks every answer.
fn play(destination: Scripted, at_once: bool) -> Option<io::Error> {
    let (log, pool, seen) = log(destination);
    let records: Vec<_> = (0..RECORDS).map(record).collect();
    let append = |i: usize| if i.is_multiple_of(2) { log.append(&records[i]) } else { log.append_durable(&records[i]) };
    let answers = if at_once {
        finish(&pool, (0..RECORDS).map(append).collect())
    } else {
        (0..RECORDS).map(|i| finish(&pool, vec![append(i)]).remove(0)).collect()
    };
    let whole = records.concat();
    let (mut end, mut error) = (0, None);
    for (i, answer) in answers.into_iter().enumerate() {
        end += records[i].len();
        match answer {
            Ok(position) => {
                // `error` may be of a durable one before.
                assert_eq!(position as usize, end);
                assert_eq!(seen.bytes()[..end], whole[..end]);
                assert!(i % 2 == 0 || seen.durable().len() >= end, "record {i} is durable");
                assert!(position <= log.complete().offset());
            }
            Err(failed) => error = error.or(Some(failed)),
        }
    }
    assert!(whole.starts_with(&seen.bytes()), "nothing twice, nothing in between");
    assert!(seen.bytes().len() as u64 >= log.complete().offset());
    if error.is_some() {
        let (writes, syncs) = (seen.writes().len(), seen.syncs());
        for again in finish(&pool, vec![log.append(b"more"), log.append_durable(b"more"), log.append(b"")]) {
            let again = again.unwrap_err();
            assert_eq!(again.to_string(), error.as_ref().map(io::Error::to_string).unwrap_or_default());
        }
        assert_eq!((seen.writes().len(), seen.syncs()), (writes, syncs), "nothing is tried again");
    }
    let parts = log.into_inner();
    assert_eq!(parts.writer.outstanding(), None);
    assert_eq!(parts.error.map(|error| error.to_string()), error.as_ref().map(io::Error::to_string));
    assert!(seen.durable().len() as u64 >= parts.durable.offset());
    let ends: Vec<_> = records
        .iter()
        .scan(0, |end, r| {
            *end += r.len() as u64;
            Some(*end)
        })
        .collect();
    for position in [parts.complete, parts.durable] {
        assert!(position.offset() == 0 || ends.contains(&position.offset()), "it is the end of a record");
    }
    error
}

#[test]
fn the_nth_write_fails_for_every_n() {
    for at_once in [false, true] {
        for outcome in [Outcome::Os(28), Outcome::Zero, Outcome::Unknown(5), Outcome::Panic] {
            let mut failures = 0;
            for n in 0..RECORDS {
                let outcome = outcome.clone();
                let destination = Scripted::by_call(move |i| if i == n { outcome.clone() } else { Outcome::All });
                let Some(error) = play(destination, at_once) else { continue };
                failures += 1;
                match outcome_kind(&error) {
                    Some(28) | Some(5) | None => {}
                    Some(other) => panic!("{other}: {error:?}"),
                }
            }
            assert!(failures >= if at_once { 2 } else { RECORDS }, "{failures} failures");
        }
    }
}

fn outcome_kind(error: &io::Error) -> Option<i32> {
    error.raw_os_error().or_else(|| Indeterminate::find(error)?.reason().raw_os_error())
}

#[test]
fn the_nth_sync_fails_for_every_n() {
    for at_once in [false, true] {
        let mut failures = 0;
        for n in 0..RECORDS / 2 {
            let outcomes = std::iter::repeat_n(Outcome::All, n).chain([Outcome::Os(5)]);
            failures += usize::from(play(Scripted::new().on_sync(outcomes), at_once).is_some());
        }
        assert!(failures >= if at_once { 1 } else { RECORDS / 2 }, "{failures} failures");
    }
}

#[test]
fn short_counts_go_on() {
    for at_once in [false, true] {
        assert!(play(Scripted::by_call(|_| Outcome::Short(1)), at_once).is_none());
        assert!(play(Scripted::by_call(|i| Outcome::Short(1 + i % 2)), at_once).is_none());
    }
}

#[test]
fn a_short_count_before_a_failure_counts_whole_records_only() {
    let script = [Outcome::All, Outcome::Short(5), Outcome::Os(28)];
    let (log, pool, seen) = log(Scripted::script(script));
    let answers = finish(&pool, [b"123"; 4].map(|record| log.append(record)).into());
    let expected = [Some(3), Some(6), None, None];
    assert_eq!(answers.into_iter().map(Result::ok).collect::<Vec<_>>(), expected);
    assert_eq!((seen.bytes().len(), log.complete().offset()), (8, 6));
    assert_eq!(log.into_inner().complete.offset(), 6);
}

#[test]
fn an_indeterminate_outcome_is_told_as_such() {
    let (log, pool, _) = log(Scripted::script([Outcome::Unknown(5)]));
    for _ in 0..3 {
        let error = finish(&pool, vec![log.append(b"x")]).remove(0).unwrap_err();
        assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(5));
    }
}

/// A record that was complete stays so.
#[test]
fn a_failed_sync_takes_nothing_back() {
    let (log, pool, seen) = log(Scripted::new().on_sync([Outcome::Os(5)]));
    let answers = finish(&pool, vec![log.append(b"complete"), log.append_durable(b"durable")]);
    assert_eq!(answers[0].as_ref().unwrap(), &8);
    assert_eq!(answers[1].as_ref().unwrap_err().raw_os_error(), Some(5));
    assert_eq!((log.complete().offset(), log.durable().offset(), seen.syncs()), (15, 0, 1));
    assert_eq!(failed(poll(&mut log.append(b"x"))).raw_os_error(), Some(5));
}

/// Plays a durable record whose sync waits for one more write, which fails as `outcome` says. Gives both answers, the
/// number of syncs, and the two positions.
fn fail_before_a_sync(outcome: Outcome, sync: Outcome) -> ([io::Result<u64>; 2], usize, [u64; 2]) {
    let (log, pool, seen) = log(Scripted::script([Outcome::All, outcome]).on_sync([sync]));
    let answers = finish(&pool, vec![log.append_durable(b"complete"), log.append_durable(b"late")]);
    let again = finish(&pool, vec![log.append_durable(b"more")]).remove(0).unwrap_err();
    let parts = log.into_inner();
    assert_eq!(outcome_kind(&again), parts.error.as_ref().and_then(outcome_kind));
    let answers = answers.try_into().expect("two");
    (answers, seen.syncs(), [parts.complete.offset(), parts.durable.offset()])
}

#[test]
fn what_was_complete_is_synced_after_a_failed_write() {
    let ([first, second], syncs, positions) = fail_before_a_sync(Outcome::Os(28), Outcome::All);
    assert_eq!((first.unwrap(), second.unwrap_err().raw_os_error()), (8, Some(28)));
    assert_eq!((syncs, positions), (1, [8, 8]));
}

#[test]
fn a_sync_that_fails_after_a_failed_write_is_no_success_and_is_told() {
    let ([first, second], syncs, positions) = fail_before_a_sync(Outcome::Os(28), Outcome::Os(5));
    assert_eq!([first, second].map(|answer| answer.unwrap_err().raw_os_error()), [Some(5), Some(28)]);
    assert_eq!((syncs, positions), (1, [8, 0]));
}

/// The writer refuses the sync.
#[test]
fn nothing_is_synced_after_an_indeterminate_write() {
    let ([first, second], syncs, positions) = fail_before_a_sync(Outcome::Unknown(5), Outcome::All);
    assert_eq!([first, second].map(|answer| outcome_kind(&answer.unwrap_err())), [Some(5); 2]);
    assert_eq!((syncs, positions), (0, [8, 0]));
}

#[test]
fn those_who_wait_for_room_hear_of_it() {
    let (log, pool, _) = log(Scripted::script([Outcome::Os(28)]));
    let log = log.max_batch(4);
    let answers = finish(&pool, [b"123"; 6].map(|record| log.append(record)).into());
    assert!(answers.into_iter().all(|answer| answer.unwrap_err().raw_os_error() == Some(28)));
}

/// What was complete may be lost, so the position that is still right is told, with the reason.
#[test]
fn after_a_failed_sync_the_log_tells_what_is_durable_and_why_it_ended() {
    let (log, pool, seen) = log(Scripted::new().on_sync([Outcome::All, Outcome::Os(5)]));
    finish(&pool, vec![log.append_durable(b"durable")]);
    finish(&pool, vec![log.append(b"complete")]);
    finish(&pool, vec![log.append_durable(b"")]).remove(0).unwrap_err();
    let parts = log.into_inner();
    assert_eq!((parts.complete.offset(), parts.durable.offset()), (15, 7));
    assert_eq!(parts.error.as_ref().and_then(io::Error::raw_os_error), Some(5));
    assert_eq!(seen.durable(), b"durable");
    assert!(format!("{parts:?}").starts_with("Parts { complete: Position(15), durable: Position(7), error: Some("));
}

/// The pool refuses; the destination is kept, and the log has failed all the same.
#[test]
fn a_refused_job_is_a_failure() {
    let (log, pool, seen) = log(Scripted::new());
    let mut append = log.append(b"x");
    assert!(poll(&mut append).is_pending());
    pool.drop_one();
    assert!(matches!(poll(&mut append), Poll::Ready(Err(_))));
    drop(append);
    assert_eq!(log.into_inner().complete.offset(), 0);
    assert!(seen.bytes().is_empty());
}

/// A writer of somebody else's, without an `Offload` that would catch it.
#[test]
fn a_writer_that_panics_is_a_failure() {
    let panics_in_a_write = || GroupCommit::new(AtOnce::new(|_| panic!("scripted"), || Ok(())));
    let panics_in_a_sync = || GroupCommit::new(AtOnce::new(|_| Ok(()), || panic!("scripted")));
    for (log, complete) in [(panics_in_a_write(), 0), (panics_in_a_sync(), 5)] {
        let first = failed(poll_future(&mut log.append_durable(b"first")));
        assert!(Indeterminate::find(&first).is_some(), "{first:?}");
        assert!(first.to_string().contains("scripted"), "{first}");
        for mut later in [log.append(b"later"), log.append_durable(b"later"), log.append(b"")] {
            assert_eq!(failed(poll_future(&mut later)).to_string(), first.to_string());
        }
        let parts = log.into_inner();
        assert_eq!((parts.complete.offset(), parts.durable.offset()), (complete, 0));
    }
}
