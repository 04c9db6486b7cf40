//! Rule W5: until its ticket was answered, a write is outstanding, and nothing more is taken. So forgetting can neither
//! lose a failure nor double a record.

use std::{
    fs::File,
    future::ready as at_once,
    io::{self, IoSlice},
    pin::Pin,
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite, Offload, Submitted, Ticket,
    WriteOutstanding, error::raw_os_error,
};
use bytes::Bytes;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::common::{
    destination::{Gate, Observer, Outcome, Scripted},
    operation::{CLOSES, NEXT, NO_WRITES, Operation, REFUSED},
    pool::Stepped,
    steps::{
        ask, close, drive, failed, in_flight, offload, over, poll_future, prior, ready, refused, settle, submit,
        submit_nothing, submit_vectored, unknown, write_now,
    },
    waker::Task,
};

const LOST: &[u8] = b"lost";

/// The ways in which a write of [`LOST`] can end, and how many bytes are complete then.
fn ends() -> Vec<(Outcome, usize)> {
    vec![
        (Outcome::All, 4),
        (Outcome::Short(3), 3),
        (Outcome::Short(1), 1),
        (Outcome::Zero, 0),
        (Outcome::Error(io::ErrorKind::TimedOut), 0),
        (Outcome::Os(28), 0),
        (Outcome::Os(5), 0),
    ]
}

/// A writer whose write of [`LOST`] will end so, and its ticket.
fn outstanding(outcome: &Outcome) -> (Offload<Scripted, Stepped>, Stepped, Observer, Ticket) {
    let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone()]));
    let ticket = in_flight(&mut writer, LOST);
    (writer, pool, seen, ticket)
}

/// Asserts that each operation of the write side is refused, again and again, and that nothing happens.
#[track_caller]
fn assert_refuses(writer: &mut Offload<Scripted, Stepped>, pool: &Stepped, seen: &Observer, ticket: Ticket) {
    let jobs = (pool.executed(), pool.len());
    for operation in REFUSED.into_iter().chain(REFUSED) {
        let calls = operation.calls(seen);
        refused(operation.poll_once(writer), ticket);
        assert_eq!(operation.calls(seen), calls, "{operation:?}");
    }
    refused(poll_future(&mut writer.write_all_complete(NEXT)), ticket);
    refused(poll_future(&mut writer.write_all_vectored_complete(&mut [IoSlice::new(NEXT)])), ticket);
    refused(poll_future(&mut writer.submit(NEXT)), ticket);
    refused(poll_future(&mut writer.write_bytes_complete(&Bytes::from_static(NEXT))), ticket);
    let mut held = HeldWrite::new(NEXT);
    refused(poll_future(&mut writer.resume_write_all(&mut held)), ticket);
    assert_eq!((held.completed(), held.maybe_completed(), held.ticket()), (0, 0, None));
    assert_eq!((pool.executed(), pool.len()), jobs, "nothing is begun");
    assert_eq!(writer.outstanding(), Some(ticket));
}

#[test]
fn a_writer_names_it_from_its_submission_to_its_answer() {
    for (outcome, _) in ends() {
        let gate = Gate::new();
        let (mut writer, pool, _) = offload(Scripted::script([Outcome::Gate(gate.clone()), outcome]));
        assert_eq!(writer.outstanding(), None, "new");
        let ticket = in_flight(&mut writer, LOST);
        assert_eq!(writer.outstanding(), Some(ticket), "queued");
        assert!(ask(&mut writer, ticket).is_pending());
        assert_eq!(writer.outstanding(), Some(ticket), "polled while it is in flight");
        let job = pool.take().unwrap();
        let worker = thread::spawn(|| job.run());
        gate.wait_for_arrival();
        assert_eq!(writer.outstanding(), Some(ticket), "running");
        gate.open();
        worker.join().unwrap();
        assert_eq!(writer.outstanding(), Some(ticket), "ended");
        let _ = ready(ask(&mut writer, ticket));
        assert_eq!(writer.outstanding(), None, "answered");
        let _ = ready(ask(&mut writer, ticket));
        assert_eq!(writer.outstanding(), None, "and again");
    }
}

#[test]
fn whatever_carries_a_writer_names_it_too() {
    let (mut writer, pool, _, ticket) = outstanding(&Outcome::All);
    let lent = &mut writer;
    assert_eq!(AsyncWriteComplete::outstanding(&lent), Some(ticket));
    assert_eq!(AsyncWriteComplete::outstanding(&Pin::new(lent)), Some(ticket));
    let mut boxed: Box<dyn AsyncWriteComplete + Unpin> = Box::new(writer);
    assert_eq!(AsyncWriteComplete::outstanding(&boxed), Some(ticket));
    pool.run_all();
    assert_eq!(ready(ask(&mut boxed, ticket)).unwrap(), 4);
    assert_eq!(boxed.outstanding(), None);
}

#[test]
fn nothing_is_taken_while_it_is_queued() {
    let (mut writer, pool, seen, ticket) = outstanding(&Outcome::All);
    assert_refuses(&mut writer, &pool, &seen, ticket);
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 4);
    assert_eq!((seen.bytes(), seen.writes()), (LOST.to_vec(), vec![4]));
}

#[test]
fn nothing_is_taken_while_it_runs() {
    let gate = Gate::new();
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone())]));
    let ticket = in_flight(&mut writer, LOST);
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    assert_refuses(&mut writer, &pool, &seen, ticket);
    gate.open();
    worker.join().unwrap();
    assert_refuses(&mut writer, &pool, &seen, ticket);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 4);
}

#[test]
fn nothing_is_taken_after_its_end_until_somebody_asks() {
    for (outcome, complete) in ends() {
        let (mut writer, pool, seen, ticket) = outstanding(&outcome);
        pool.run_all();
        assert_refuses(&mut writer, &pool, &seen, ticket);
        assert!(ready(ask(&mut writer, ticket)).map_or(true, |n| n == complete), "{outcome:?}");
        for operation in REFUSED {
            let calls = operation.calls(&seen);
            operation.run(&mut writer, &pool).unwrap();
            assert_eq!(operation.calls(&seen), calls + 1, "{outcome:?}, {operation:?}: everything goes on");
        }
    }
}

#[test]
fn the_refusal_says_what_cures_it() {
    let (mut writer, pool, _, ticket) = outstanding(&Outcome::Os(28));
    for _ in 0..2 {
        let error = refused(submit(&mut writer, NEXT), ticket);
        assert_eq!(error.to_string(), "an earlier write of 4 bytes was not answered: call `settle().await` first");
        assert_eq!(raw_os_error(&error), None, "it says nothing of how the write ends");
        pool.run_all();
    }
}

/// The defect that the rule is there for: a future that lost a race is made anew, and writes twice.
#[test]
fn a_loop_that_forgets_writes_once_and_is_told() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut refusals = 0;
    for _ in 0..5 {
        let lost = futures_lite::future::or(async { Some(writer.write_all_complete(LOST).await) }, at_once(None));
        match drive(&pool, lost) {
            None => assert_eq!(pool.run_all(), 1),
            Some(answer) => {
                let error = answer.unwrap_err();
                assert!(WriteOutstanding::find(&error).is_some(), "{error:?}");
                refusals += 1;
            }
        }
    }
    assert_eq!((refusals, seen.bytes(), seen.writes()), (4, LOST.to_vec(), vec![4]));
    let settled = drive(&pool, writer.settle()).unwrap().unwrap();
    assert_eq!((settled.submitted(), settled.completed()), (4, 4));
    drive(&pool, writer.write_all_complete(NEXT)).unwrap();
    assert_eq!(seen.bytes(), b"lostnext");
}

#[test]
fn no_sync_succeeds_over_a_hole() {
    let (mut writer, pool, seen, ticket) = outstanding(&Outcome::Os(28));
    pool.run_all();
    for operation in [Operation::SyncData, Operation::SyncAll].repeat(2) {
        refused(operation.poll_once(&mut writer), ticket);
    }
    assert_eq!(seen.syncs(), 0);
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    Operation::SyncData.run(&mut writer, &pool).unwrap();
    assert_eq!(seen.syncs(), 1, "now it is known what was not written");
}

#[test]
fn only_its_own_ticket_answers_for_it() {
    let (mut other, other_pool, _) = offload(Scripted::new());
    let foreign = in_flight(&mut other, b"theirs");
    other_pool.run_all();
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::All, Outcome::Os(5)]));
    let before = in_flight(&mut writer, b"before");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, before)).unwrap(), 6);
    let ticket = in_flight(&mut writer, LOST);
    for _ in 0..2 {
        for stranger in [foreign, before] {
            unknown(ask(&mut writer, stranger), stranger);
            assert_refuses(&mut writer, &pool, &seen, ticket);
        }
        pool.run_all();
    }
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(5));
}

#[test]
fn a_pending_answer_is_none() {
    let (mut writer, pool, seen, ticket) = outstanding(&Outcome::All);
    assert!(ask(&mut writer, ticket).is_pending());
    assert!(settle(&mut writer).is_pending());
    assert_refuses(&mut writer, &pool, &seen, ticket);
    pool.run_all();
    assert_refuses(&mut writer, &pool, &seen, ticket);
}

#[test]
fn a_write_of_no_bytes_is_none() {
    for (outcome, _) in ends() {
        let (mut writer, pool, seen, ticket) = outstanding(&outcome);
        for _ in 0..2 {
            assert_eq!(ready(submit_nothing(&mut writer)).unwrap(), Submitted::Complete(0));
            assert_eq!(ready(submit_vectored(&mut writer, &[b"", b""])).unwrap(), Submitted::Complete(0));
            assert_refuses(&mut writer, &pool, &seen, ticket);
            pool.run_all();
        }
    }
}

#[test]
fn a_read_neither_asks_nor_answers_for_it() {
    for (outcome, _) in ends() {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome]).stream(b"input"));
        let ticket = in_flight(&mut writer, LOST);
        let mut buf = [0; 3];
        assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 3, "it waits for the write, and for no answer");
        assert_eq!((&buf, seen.writes()), (b"inp", vec![4]));
        assert_refuses(&mut writer, &pool, &seen, ticket);
        assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 2);
        assert_refuses(&mut writer, &pool, &seen, ticket);
    }
}

/// What is refused is refused at once, also while the handle is busy with something else.
#[test]
fn a_refusal_does_not_wait_for_a_read() {
    let (mut writer, pool, seen) = offload(Scripted::new().stream(b"input"));
    let ticket = in_flight(&mut writer, LOST);
    pool.run_all();
    assert!(Operation::Read.poll_once(&mut writer).is_pending());
    assert_refuses(&mut writer, &pool, &seen, ticket);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 4, "nor does the answer");
    assert_eq!(pool.run_all(), 1);
}

#[test]
fn a_refusal_takes_nobodys_wake() {
    let (mut writer, pool, seen, ticket) = outstanding(&Outcome::All);
    let task = Task::new();
    assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    assert_refuses(&mut writer, &pool, &seen, ticket);
    assert_eq!((task.wakes(), task.held()), (0, 1));
    pool.run_all();
    assert_eq!((task.wakes(), task.held()), (1, 0));
}

#[test]
fn an_operation_that_is_no_write_leaves_nothing_outstanding() {
    for operation in NO_WRITES {
        let (mut writer, pool, _) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        assert_eq!(writer.outstanding(), None, "{operation:?}");
        assert!(ready(settle(&mut writer)).unwrap().is_none(), "{operation:?}");
        pool.run_all();
        assert_eq!(writer.outstanding(), None, "{operation:?}");
    }
}

#[test]
fn a_close_goes_through() {
    for (outcome, complete) in ends() {
        for operation in CLOSES {
            for run_first in [true, false] {
                let case = format!("{outcome:?}, {operation:?}, {run_first}");
                let (mut writer, pool, seen, ticket) = outstanding(&outcome);
                if run_first {
                    pool.run_all();
                }
                assert!(operation.poll_once(&mut writer).is_pending(), "{case}");
                pool.run_all();
                assert_eq!((seen.drops(), writer.outstanding()), (1, None), "{case}: it counts as told");
                assert_eq!(ready(operation.poll_once(&mut writer)).is_ok(), complete == 4, "{case}");
                assert!(ready(ask(&mut writer, ticket)).map_or(true, |n| n == complete), "{case}");
                assert_eq!(failed(submit(&mut writer, NEXT)).kind(), io::ErrorKind::BrokenPipe, "{case}");
            }
        }
    }
}

#[test]
fn a_drop_ends_it() {
    let (writer, pool, seen, _) = outstanding(&Outcome::Os(5));
    pool.run_all();
    drop(writer);
    assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(thread::current().id())));
}

#[test]
fn into_inner_is_refused_and_loses_nothing() {
    for (outcome, complete) in ends() {
        for run_first in [true, false] {
            let (mut writer, pool, seen, ticket) = outstanding(&outcome);
            if run_first {
                pool.run_all();
            }
            for _ in 0..2 {
                let error = ready(poll_future(&mut Box::pin(writer.into_inner()))).unwrap_err();
                assert_eq!(WriteOutstanding::find(error.error()).unwrap().ticket(), ticket);
                writer = error.into_inner();
                assert_eq!(writer.outstanding(), Some(ticket));
            }
            pool.run_all();
            assert!(ready(ask(&mut writer, ticket)).map_or(true, |n| n == complete), "{outcome:?}");
            drop(ready(poll_future(&mut Box::pin(writer.into_inner()))).unwrap());
            assert_eq!((seen.drops(), seen.writes()), (1, vec![4]));
        }
    }
}

/// A flush of futures-io has no ticket in its hands: it settles, and tells what was not complete.
#[test]
fn a_flush_settles_it() {
    for (outcome, complete) in ends() {
        let (mut writer, pool, _, ticket) = outstanding(&outcome);
        assert!(Operation::Flush.poll_once(&mut writer).is_pending(), "{outcome:?}");
        pool.run_all();
        assert_eq!(writer.outstanding(), Some(ticket), "{outcome:?}: until it is polled");
        if complete == 4 {
            ready(Operation::Flush.poll_once(&mut writer)).unwrap();
        } else {
            prior(Operation::Flush.poll_once(&mut writer), 4, Some(complete));
        }
        assert_eq!(writer.outstanding(), None, "{outcome:?}");
        ready(Operation::Flush.poll_once(&mut writer)).unwrap();
        assert!(ready(ask(&mut writer, ticket)).map_or(true, |n| n == complete), "{outcome:?}");
    }
}

/// It is outstanding as any other; futures-io's own methods carry it on.
#[test]
fn the_write_of_a_poll_write_is_outstanding_too() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(Operation::PollWrite.poll_once(&mut writer).is_pending());
    let ticket = writer.outstanding().unwrap();
    assert_eq!(ticket.len(), NEXT.len());
    for _ in 0..2 {
        refused(submit(&mut writer, LOST), ticket);
        refused(Operation::WithMut.poll_once(&mut writer), ticket);
        pool.run_all();
    }
    assert_eq!(ready(poll_future(&mut writer.write(NEXT))).unwrap(), NEXT.len());
    assert_eq!(writer.outstanding(), None);
    assert_eq!(write_now(&mut writer, &pool, LOST).unwrap(), 4);
    assert_eq!(seen.bytes(), [NEXT, LOST].concat());
}

/// A file that cannot be written: its writes fail, all else works.
fn read_only() -> (Offload<File, Stepped>, Stepped) {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&path, b"there").unwrap();
    let pool = Stepped::new();
    (over(File::open(&path).unwrap(), &pool), pool)
}

#[test]
fn the_operations_of_a_file_are_refused() {
    let (mut writer, pool) = read_only();
    let ticket = in_flight(&mut writer, LOST);
    for _ in 0..2 {
        refused(poll_future(&mut Box::pin(writer.set_len(1))), ticket);
        refused(poll_future(&mut Box::pin(writer.sync_data())), ticket);
        refused(poll_future(&mut Box::pin(writer.sync_all())), ticket);
        pool.run_all();
    }
    assert_eq!(pool.executed(), 1);
    failed(ask(&mut writer, ticket));
    assert!(poll_future(&mut Box::pin(writer.set_len(1))).is_pending(), "and then they are not");
}

#[test]
fn metadata_neither_asks_nor_answers_for_it() {
    let (mut writer, pool) = read_only();
    let ticket = in_flight(&mut writer, LOST);
    for _ in 0..2 {
        assert_eq!(drive(&pool, writer.metadata()).unwrap().len(), 5);
        refused(submit(&mut writer, NEXT), ticket);
    }
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(9));
    drive(&pool, writer.close_complete()).unwrap();
    ready(close(&mut writer)).unwrap();
}
