//! A write whose caller stopped asking still happens, and its failure is told once: rules W8 and W9.

use std::{
    fs::File,
    io::{self, SeekFrom},
    mem, thread,
};

use async_write_complete::{
    AsyncWriteCompleteExt, HeldWrite, Offload, PriorWriteFailed, Submitted, Ticket, error::raw_os_error,
};
use futures_lite::AsyncReadExt;

use crate::common::{
    destination::{Gate, Observer, Outcome, Scripted},
    operation::{CLOSES, NEXT, NOT_CLOSES, Operation, REFUSED},
    pool::Stepped,
    steps::{ask, barrier, drive, failed, in_flight, offload, poll_future, prior, ready},
};

/// The ways in which a write of [`LOST`] can go wrong, and how many bytes are complete then.
fn failures() -> Vec<(Outcome, usize)> {
    vec![
        (Outcome::Error(io::ErrorKind::TimedOut), 0),
        (Outcome::Os(5), 0),
        (Outcome::Os(28), 0),
        (Outcome::Zero, 0),
        (Outcome::Short(1), 1),
        (Outcome::Short(3), 3),
    ]
}

const LOST: &[u8] = b"lost";

/// A writer whose caller has stopped asking for a write that will end so.
fn orphan(outcome: &Outcome) -> (Offload<Scripted, Stepped>, Stepped, Observer) {
    let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone()]));
    assert!(poll_future(&mut writer.write_complete(LOST)).is_pending());
    assert_eq!(pool.len(), 1);
    (writer, pool, seen)
}

/// The same, and the ticket.
fn orphan_with_ticket(outcome: &Outcome) -> (Offload<Scripted, Stepped>, Stepped, Observer, Ticket) {
    let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone()]));
    let ticket = in_flight(&mut writer, LOST);
    (writer, pool, seen, ticket)
}

#[test]
fn a_dropped_future_cancels_nothing() {
    let (mut writer, pool, seen) = orphan(&Outcome::All);
    assert_eq!(pool.run_all(), 1);
    assert_eq!((seen.bytes(), seen.writes()), (LOST.to_vec(), vec![4]));
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0), "all of it is complete: nothing is owed");
    assert_eq!(drive(&pool, writer.write_complete(NEXT)).unwrap(), 4);
    assert_eq!((seen.bytes(), seen.writes()), (b"lostnext".to_vec(), vec![4, 4]), "and once only");
}

#[test]
fn a_forgotten_future_cancels_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(5)]));
    let mut write = Box::pin(writer.write_complete(LOST));
    assert!(poll_future(&mut write).is_pending());
    mem::forget(write);
    pool.run_all();
    let mut write = Box::pin(writer.write_all_complete(NEXT));
    let error = failed(poll_future(&mut write));
    assert_eq!(PriorWriteFailed::find(&error).unwrap().complete(), Some(0));
    mem::forget(write);
    assert_eq!(drive(&pool, writer.write_complete(NEXT)).unwrap(), 4);
    assert_eq!((seen.bytes(), seen.writes()), (NEXT.to_vec(), vec![4, 4]));
}

#[test]
fn the_next_operation_waits_while_it_is_queued() {
    for operation in NOT_CLOSES.into_iter().chain(CLOSES) {
        let (mut writer, pool, seen) = orphan(&Outcome::All);
        for _ in 0..2 {
            assert!(operation.poll_once(&mut writer).is_pending(), "{operation:?}");
            assert_eq!((pool.len(), pool.executed()), (1, 1), "{operation:?}");
        }
        operation.run(&mut writer, &pool).unwrap();
        assert_eq!(seen.writes()[0], 4, "{operation:?}");
        assert_eq!(&seen.bytes()[..4], LOST, "{operation:?}");
    }
}

#[test]
fn the_next_operation_waits_while_it_runs() {
    for operation in NOT_CLOSES.into_iter().chain(CLOSES) {
        let gate = Gate::new();
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone()), Outcome::All]));
        assert!(poll_future(&mut writer.write_complete(LOST)).is_pending());
        let job = pool.take().unwrap();
        let worker = thread::spawn(|| job.run());
        gate.wait_for_arrival();
        assert!(operation.poll_once(&mut writer).is_pending(), "{operation:?}");
        assert_eq!((pool.executed(), seen.drops()), (1, 0), "{operation:?}");
        gate.open();
        worker.join().unwrap();
        operation.run(&mut writer, &pool).unwrap();
        assert_eq!(&seen.bytes()[..4], LOST, "{operation:?}");
    }
}

#[test]
fn a_failure_is_told_once_to_the_next_operation() {
    for (outcome, complete) in failures() {
        for operation in REFUSED {
            let case = format!("{outcome:?}, {operation:?}");
            let (mut writer, pool, seen, ticket) = orphan_with_ticket(&outcome);
            assert!(operation.poll_once(&mut writer).is_pending(), "{case}");
            pool.run_all();
            let before = operation.calls(&seen);
            prior(operation.poll_once(&mut writer), ticket, Some(complete));
            assert_eq!((pool.executed(), pool.len()), (1, 0), "{case}: not executed");
            assert_eq!(operation.calls(&seen), before, "{case}: not executed");

            operation.run(&mut writer, &pool).unwrap();
            assert_eq!(operation.calls(&seen), before + operation.calls_each(), "{case}: everything goes on");
        }
    }
}

#[test]
fn it_is_told_to_one_operation_only() {
    for first in REFUSED {
        for second in NOT_CLOSES.into_iter().chain(CLOSES) {
            let (mut writer, pool, _, ticket) = orphan_with_ticket(&Outcome::Os(5));
            pool.run_all();
            prior(first.poll_once(&mut writer), ticket, Some(0));
            second.run(&mut writer, &pool).unwrap();
        }
    }
}

#[test]
fn the_report_says_why() {
    let (mut writer, pool, _, ticket) = orphan_with_ticket(&Outcome::Os(28));
    pool.run_all();
    let error = prior(barrier(&mut writer), ticket, Some(0));
    assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(28)));
    let original = io::Error::from_raw_os_error(28);
    let reason = PriorWriteFailed::find(&error).unwrap().reason();
    assert_eq!((reason.raw_os_error(), reason.to_string()), (Some(28), original.to_string()));
    assert_eq!(error.to_string(), format!("an earlier write failed after 0 of 4 bytes: {original}"));

    let (mut writer, pool, _, ticket) = orphan_with_ticket(&Outcome::Short(3));
    pool.run_all();
    let error = prior(barrier(&mut writer), ticket, Some(3));
    assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::WriteZero, None));
    assert_eq!(
        error.to_string(),
        "an earlier write failed after 3 of 4 bytes: the destination took 3 of 4 bytes",
        "a short count has no error of its own"
    );
}

#[test]
fn the_ticket_still_answers_after_the_report() {
    for (outcome, complete) in failures() {
        let (mut writer, pool, _, ticket) = orphan_with_ticket(&outcome);
        pool.run_all();
        prior(barrier(&mut writer), ticket, Some(complete));
        for _ in 0..3 {
            match ready(ask(&mut writer, ticket)) {
                Ok(n) => assert_eq!(n, complete, "{outcome:?}"),
                Err(error) => match outcome {
                    Outcome::Os(code) => assert_eq!(error.raw_os_error(), Some(code)),
                    Outcome::Error(kind) => assert_eq!((error.kind(), error.to_string()), (kind, "scripted".into())),
                    _ => panic!("{outcome:?}: {error:?}"),
                },
            }
        }
        assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0), "{outcome:?}: once");
    }
}

#[test]
fn asking_the_ticket_is_the_report() {
    for (outcome, complete) in failures() {
        for operation in REFUSED.into_iter().chain(CLOSES) {
            let (mut writer, pool, _, ticket) = orphan_with_ticket(&outcome);
            assert!(ask(&mut writer, ticket).is_pending(), "a pending answer tells nothing");
            pool.run_all();
            assert!(ready(ask(&mut writer, ticket)).map_or(true, |n| n == complete));
            operation.run(&mut writer, &pool).unwrap();
        }
    }
}

#[test]
fn asking_a_foreign_ticket_is_no_report() {
    let (mut other, other_pool, _) = offload(Scripted::new());
    let foreign = in_flight(&mut other, b"theirs");
    other_pool.run_all();
    let (mut writer, pool, _, ticket) = orphan_with_ticket(&Outcome::Os(5));
    failed(ask(&mut writer, foreign));
    pool.run_all();
    failed(ask(&mut writer, foreign));
    prior(barrier(&mut writer), ticket, Some(0));
}

#[test]
fn a_read_neither_reports_nor_consumes_it() {
    for (outcome, complete) in failures() {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome]).stream(b"input"));
        let ticket = in_flight(&mut writer, LOST);
        let mut buf = [0; 3];
        assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 3);
        assert_eq!(&buf, b"inp");
        assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 2);
        assert_eq!(seen.reads(), [3, 3]);
        prior(barrier(&mut writer), ticket, Some(complete));
        assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 0, "the end of the input");
        assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0), "once");
    }
}

#[test]
fn close_releases_all_the_same() {
    for (outcome, complete) in failures() {
        for operation in CLOSES {
            let (mut writer, pool, seen, ticket) = orphan_with_ticket(&outcome);
            pool.run_all();
            assert!(operation.poll_once(&mut writer).is_pending(), "it is releasing");
            let worker = pool.run_one_elsewhere();
            assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(worker)));
            for _ in 0..3 {
                prior(operation.poll_once(&mut writer), ticket, Some(complete));
            }
        }
    }
}

#[test]
fn nothing_succeeds_until_it_is_reported() {
    let (mut writer, pool, seen) = offload(Scripted::by_call(|_| Outcome::Os(5)));
    let mut executed = 0;
    for _ in 0..5 {
        let ticket = in_flight(&mut writer, LOST);
        executed += pool.run_all();
        prior(Operation::Submit.poll_once(&mut writer), ticket, Some(0));
        assert_eq!(seen.writes().len(), executed, "each orphan is reported before the next write");
    }
    assert_eq!((executed, seen.bytes()), (5, vec![]));
}

#[test]
fn it_ends_with_the_drop() {
    let (writer, pool, seen) = orphan(&Outcome::Os(5));
    pool.run_all();
    drop(writer);
    assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(thread::current().id())));
}

#[test]
fn into_inner_reports_it_and_loses_nothing() {
    for (outcome, complete) in failures() {
        let (writer, pool, seen, ticket) = orphan_with_ticket(&outcome);
        let error = drive(&pool, writer.into_inner()).unwrap_err();
        let report = PriorWriteFailed::find(error.error()).unwrap();
        assert_eq!((report.ticket(), report.complete()), (ticket, Some(complete)));
        let mut writer = error.into_inner();
        assert!(ready(ask(&mut writer, ticket)).map_or(true, |n| n == complete), "the ticket still answers");
        drive(&pool, writer.into_inner()).unwrap();
        assert_eq!((seen.drops(), seen.writes()), (1, vec![4]), "asked again it gives the destination");
    }
}

#[test]
fn every_future_reports_it() {
    fn check(error: &io::Error, ticket: Ticket) {
        assert_eq!(PriorWriteFailed::find(error).unwrap().ticket(), ticket);
    }

    let failing = || {
        let (writer, pool, _, ticket) = orphan_with_ticket(&Outcome::Os(5));
        (writer, pool, ticket)
    };

    let (mut writer, pool, ticket) = failing();
    check(&drive(&pool, writer.write_complete(NEXT)).unwrap_err(), ticket);
    let (mut writer, pool, ticket) = failing();
    check(&drive(&pool, writer.write_all_complete(NEXT)).unwrap_err(), ticket);
    let (mut writer, pool, ticket) = failing();
    let mut held = HeldWrite::new(NEXT);
    check(&drive(&pool, writer.resume_write_all(&mut held)).unwrap_err(), ticket);
    assert_eq!((held.completed(), held.maybe_completed()), (0, 0), "not executed");
    drive(&pool, writer.resume_write_all(&mut held)).unwrap();
    assert!(held.is_done());
    let (mut writer, pool, ticket) = failing();
    check(&drive(&pool, writer.close_complete()).unwrap_err(), ticket);
    let (mut writer, pool, ticket) = failing();
    check(&drive(&pool, writer.with_mut(Scripted::visit)).unwrap_err(), ticket);
}

/// A file that cannot be written: its writes fail, all else works.
fn read_only() -> (Offload<File, Stepped>, Stepped) {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&path, b"there").unwrap();
    let pool = Stepped::new();
    (Offload::with_pool(File::open(&path).unwrap(), pool.clone()), pool)
}

#[test]
fn the_operations_of_a_file_report_it() {
    for operation in 0..4 {
        let (mut writer, pool) = read_only();
        let ticket = in_flight(&mut writer, LOST);
        pool.run_all();
        let executed = pool.executed();
        let mut poll = || match operation {
            0 => poll_future(&mut Box::pin(writer.sync_data())),
            1 => poll_future(&mut Box::pin(writer.sync_all())),
            2 => poll_future(&mut Box::pin(writer.set_len(1))),
            _ => poll_future(&mut futures_lite::AsyncSeekExt::seek(&mut writer, SeekFrom::Start(2))).map_ok(drop),
        };
        prior(poll(), ticket, Some(0));
        assert_eq!(pool.executed(), executed, "not executed");
        assert!(poll().is_pending(), "and then it is");
        assert_eq!(pool.executed(), executed + 1);
    }
}

#[test]
fn metadata_neither_reports_nor_consumes_it() {
    let (mut writer, pool) = read_only();
    let ticket = in_flight(&mut writer, LOST);
    assert_eq!(drive(&pool, writer.metadata()).unwrap().len(), 5);
    assert_eq!(drive(&pool, writer.metadata()).unwrap().len(), 5);
    let error = prior(barrier(&mut writer), ticket, Some(0));
    assert_eq!(raw_os_error(&error), Some(9));
}
