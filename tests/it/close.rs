//! Close settles, releases, keeps its outcome, and ends everything else: rules W5, W9 and W12.

use std::{fs::File, io, thread};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite, Offload, Superseded};
use futures_lite::AsyncReadExt;

use crate::common::{
    destination::{Gate, Observer, Outcome, Scripted},
    operation::{CLOSES, NOT_CLOSES, Operation},
    pool::Stepped,
    steps::{ask, close, drive, failed, in_flight, offload, poll_future, prior, ready},
};

/// Asserts that every operation errs and calls nothing, twice.
#[track_caller]
fn assert_closed(writer: &mut Offload<Scripted, Stepped>, pool: &Stepped, seen: &Observer) {
    let executed = pool.executed();
    for operation in NOT_CLOSES.into_iter().chain(NOT_CLOSES) {
        let calls = operation.calls(seen);
        let error = failed(operation.poll_once(writer));
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{operation:?}: {error:?}");
        assert_eq!(operation.calls(seen), calls, "{operation:?}");
    }
    let mut held = HeldWrite::new(b"late");
    failed(poll_future(&mut writer.resume_write_all(&mut held)));
    assert_eq!((held.completed(), held.maybe_completed()), (0, 0));
    assert_eq!(pool.executed(), executed);
}

#[test]
fn releases_on_the_pool() {
    for operation in CLOSES {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        assert_eq!((pool.len(), seen.drops()), (1, 0), "a release may block");
        let worker = pool.run_one_elsewhere();
        assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(worker)));
        for again in CLOSES.into_iter().chain(CLOSES) {
            ready(again.poll_once(&mut writer)).unwrap();
        }
        assert_eq!((pool.executed(), seen.writes(), seen.flushes()), (1, vec![], 0));
    }
}

#[test]
fn waits_for_what_is_queued() {
    for operation in CLOSES {
        let (mut writer, pool, seen) = offload(Scripted::new());
        let ticket = in_flight(&mut writer, b"hello");
        for _ in 0..3 {
            assert!(operation.poll_once(&mut writer).is_pending());
        }
        assert_eq!((pool.len(), seen.drops()), (1, 0));
        let worker = pool.run_one_elsewhere();
        assert_eq!((seen.bytes(), seen.dropped_on()), (b"hello".to_vec(), Some(worker)));
        assert_eq!(pool.executed(), 1, "the write's own job releases it");
        ready(operation.poll_once(&mut writer)).unwrap();
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    }
}

#[test]
fn waits_for_what_runs() {
    let gate = Gate::new();
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone())]));
    let ticket = in_flight(&mut writer, b"hello");
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    assert!(close(&mut writer).is_pending());
    assert!(ask(&mut writer, ticket).is_pending());
    gate.open();
    worker.join().unwrap();
    ready(close(&mut writer)).unwrap();
    assert_eq!((seen.drops(), seen.bytes()), (1, b"hello".to_vec()));
}

#[test]
fn waits_for_any_other_operation() {
    for operation in [Operation::Read, Operation::Seek, Operation::WithMut] {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        assert!(close(&mut writer).is_pending());
        assert_eq!((pool.len(), operation.calls(&seen)), (1, 0));
        pool.run_all();
        assert_eq!((pool.executed(), operation.calls(&seen), seen.drops()), (1, 1, 1), "{operation:?}");
        ready(close(&mut writer)).unwrap();
    }
}

#[test]
fn goes_on_by_itself_once_it_is_polled() {
    for operation in CLOSES {
        let (mut writer, pool, seen) = offload(Scripted::new());
        in_flight(&mut writer, b"hello");
        assert!(operation.poll_once(&mut writer).is_pending());
        assert_eq!(pool.run_all(), 1);
        assert_eq!((seen.bytes(), seen.drops()), (b"hello".to_vec(), 1), "nobody polls");

        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        assert_eq!(pool.run_all(), 1);
        assert_eq!(seen.drops(), 1, "nobody polls");
        ready(operation.poll_once(&mut writer)).unwrap();
    }
}

#[test]
fn does_nothing_until_it_is_polled() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drop(writer.close_complete());
    assert_eq!((pool.executed(), seen.drops()), (0, 0));
    drive(&pool, writer.write_all_complete(b"hello")).unwrap();
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn keeps_the_failure_that_it_reported() {
    for (outcome, complete) in [(Outcome::Os(28), 0), (Outcome::Short(2), 2), (Outcome::Zero, 0)] {
        // Asked for before the write has ended, and after.
        for asked_before in [true, false] {
            let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone()]));
            let ticket = in_flight(&mut writer, b"hello");
            if asked_before {
                assert!(close(&mut writer).is_pending());
                pool.run_all();
            } else {
                pool.run_all();
                assert!(close(&mut writer).is_pending());
                pool.run_all();
            }
            assert_eq!(seen.drops(), 1, "released all the same");
            let text = prior(close(&mut writer), ticket, Some(complete)).to_string();
            for operation in CLOSES.into_iter().chain(CLOSES) {
                assert_eq!(prior(operation.poll_once(&mut writer), ticket, Some(complete)).to_string(), text);
            }
            assert!(ready(ask(&mut writer, ticket)).map_or(true, |n| n == complete), "the ticket still answers");
            prior(close(&mut writer), ticket, Some(complete));
            assert_closed(&mut writer, &pool, &seen);
        }
    }
}

#[test]
fn has_nothing_to_report_that_was_told() {
    // Told before the close, and between its polls.
    for told_before in [true, false] {
        let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
        let ticket = in_flight(&mut writer, b"hello");
        if told_before {
            pool.run_all();
            assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
            assert!(close(&mut writer).is_pending());
        } else {
            assert!(close(&mut writer).is_pending());
            pool.run_all();
            assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
        }
        pool.run_all();
        for _ in 0..3 {
            ready(close(&mut writer)).unwrap();
        }
    }
}

#[test]
fn the_first_outcome_stays_whatever_is_asked_later() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    assert!(close(&mut writer).is_pending());
    pool.run_all();
    prior(close(&mut writer), ticket, Some(0));
    for _ in 0..3 {
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
        prior(close(&mut writer), ticket, Some(0));
    }
}

#[test]
fn everything_else_errs_afterwards() {
    for operation in CLOSES {
        let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there").on_try([Outcome::All]));
        operation.run(&mut writer, &pool).unwrap();
        assert_closed(&mut writer, &pool, &seen);
        assert!(seen.tries().is_empty());
        ready(operation.poll_once(&mut writer)).unwrap();
    }
}

#[test]
fn everything_else_errs_meanwhile() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(close(&mut writer).is_pending());
    assert_closed(&mut writer, &pool, &seen);
    pool.run_all();
    ready(close(&mut writer)).unwrap();

    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    assert!(close(&mut writer).is_pending());
    assert_closed(&mut writer, &pool, &seen);
    assert!(ask(&mut writer, ticket).is_pending(), "a ticket can be asked");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    ready(close(&mut writer)).unwrap();
}

#[test]
fn no_read_is_served_from_what_was_fetched_before() {
    let (mut writer, pool, _) = offload(Scripted::new().stream(b"input"));
    assert!(poll_future(&mut writer.read(&mut [0; 5])).is_pending());
    pool.run_all();
    assert_eq!(drive(&pool, writer.read(&mut [0; 2])).unwrap(), 2);
    drive(&pool, writer.close_complete()).unwrap();
    let error = failed(poll_future(&mut writer.read(&mut [0; 2])));
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn no_read_is_served_that_was_abandoned_before() {
    let (mut writer, pool, _) = offload(Scripted::new().stream(b"input"));
    assert!(poll_future(&mut writer.read(&mut [0; 5])).is_pending());
    drive(&pool, writer.close_complete()).unwrap();
    let error = failed(poll_future(&mut writer.read(&mut [0; 5])));
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn the_operations_of_a_file_err_afterwards() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let pool = Stepped::new();
    let mut writer = Offload::with_pool(File::create(&path).unwrap(), pool.clone());
    drive(&pool, writer.close_complete()).unwrap();
    for _ in 0..2 {
        for error in [
            drive(&pool, writer.sync_data()).unwrap_err(),
            drive(&pool, writer.sync_all()).unwrap_err(),
            drive(&pool, writer.set_len(1)).unwrap_err(),
            drive(&pool, writer.metadata()).unwrap_err(),
        ] {
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        }
    }
}

#[test]
fn there_is_nothing_to_take_out_afterwards() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drive(&pool, writer.close_complete()).unwrap();
    let mut writer = writer;
    for _ in 0..2 {
        let refused = drive(&pool, writer.into_inner()).unwrap_err();
        assert_eq!(refused.error().kind(), io::ErrorKind::BrokenPipe);
        writer = refused.into_inner();
    }
    ready(close(&mut writer)).unwrap();
    assert_eq!(seen.drops(), 1);
}

#[test]
fn a_ticket_answers_afterwards_and_a_foreign_one_does_not() {
    let (mut other, other_pool, _) = offload(Scripted::new());
    let foreign = in_flight(&mut other, b"theirs");
    other_pool.run_all();
    let (mut writer, pool, _) = offload(Scripted::new());
    let superseded = in_flight(&mut writer, b"one");
    pool.run_all();
    let ticket = in_flight(&mut writer, b"three");
    drive(&pool, writer.close_complete()).unwrap();
    for _ in 0..3 {
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
        assert!(Superseded::find(&failed(ask(&mut writer, superseded))).is_some());
        assert!(Superseded::find(&failed(ask(&mut writer, foreign))).is_some());
    }
}

#[test]
fn a_pool_that_will_not_release_is_done_without() {
    // Refused: released inside the poll.
    let (mut writer, pool, seen) = offload(Scripted::new());
    pool.refuse(true);
    ready(close(&mut writer)).unwrap();
    assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(thread::current().id())));
    ready(close(&mut writer)).unwrap();

    // Panicking: the same.
    let (mut writer, pool, seen) = offload(Scripted::new());
    pool.panic(true);
    ready(close(&mut writer)).unwrap();
    assert_eq!(seen.drops(), 1);

    // Dropped later: released then.
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(close(&mut writer).is_pending());
    assert_eq!(seen.drops(), 0);
    assert!(pool.drop_one());
    assert_eq!(seen.drops(), 1);
    ready(close(&mut writer)).unwrap();
}

#[test]
fn a_write_that_never_ran_is_reported() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    assert!(close(&mut writer).is_pending());
    assert!(pool.drop_one());
    for _ in 0..3 {
        prior(close(&mut writer), ticket, Some(0));
    }
    assert_eq!((seen.drops(), seen.writes()), (1, vec![]));
}
