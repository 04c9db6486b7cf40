//! Rule W9: a close waits, releases, tells what was not answered, keeps its outcome, and ends everything else.

use std::{
    fs::File,
    io::{self, Read},
    net::{TcpListener, TcpStream},
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Indeterminate, Offload, WriteComplete, error::raw_os_error,
};
use futures_lite::AsyncReadExt;

use crate::common::{
    destination::{Gate, Observer, Outcome, Scripted},
    operation::{CLOSES, NO_WRITES, NOT_CLOSES, Operation},
    pool::Stepped,
    steps::{ask, close, drive, failed, in_flight, offload, over, poll_future, ready, unknown, write_now},
};

/// Asserts that every operation errs and calls nothing, twice. A flush is part of a close: see the faces.
#[track_caller]
fn assert_closed(writer: &mut Offload<Scripted, Stepped>, pool: &Stepped, seen: &Observer) {
    let executed = pool.executed();
    for operation in NOT_CLOSES.into_iter().chain(NOT_CLOSES).filter(|operation| *operation != Operation::Flush) {
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

/// The ways in which a write of `hello` is not answered, how many bytes are complete, and what a close tells of it.
fn unanswered() -> [(Outcome, usize, io::ErrorKind); 4] {
    [
        (Outcome::Os(28), 0, io::ErrorKind::StorageFull),
        (Outcome::Error(io::ErrorKind::TimedOut), 0, io::ErrorKind::TimedOut),
        (Outcome::Short(2), 2, io::ErrorKind::WriteZero),
        (Outcome::Zero, 0, io::ErrorKind::WriteZero),
    ]
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
        assert_eq!((ready(ask(&mut writer, ticket)).unwrap(), writer.outstanding()), (5, None));
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
    for operation in NO_WRITES {
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
fn tells_what_was_not_answered_and_keeps_it() {
    for (outcome, complete, kind) in unanswered() {
        // Closed before the write has ended, and after.
        for run_first in [false, true] {
            let case = format!("{outcome:?}, {run_first}");
            let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone()]));
            let ticket = in_flight(&mut writer, b"hello");
            if run_first {
                pool.run_all();
            }
            assert!(close(&mut writer).is_pending(), "{case}");
            pool.run_all();
            assert_eq!((seen.drops(), writer.outstanding()), (1, None), "{case}: released, and told");
            let error = failed(close(&mut writer));
            assert_eq!(error.kind(), kind, "{case}");
            for operation in [Operation::Close; 3] {
                let again = failed(operation.poll_once(&mut writer));
                assert_eq!((again.kind(), again.to_string()), (kind, error.to_string()), "{case}");
            }
            assert!(
                ready(ask(&mut writer, ticket)).map_or(true, |n| n == complete),
                "{case}: the ticket still answers"
            );
            assert_eq!(failed(close(&mut writer)).to_string(), error.to_string(), "{case}");
            assert_closed(&mut writer, &pool, &seen);
        }
    }
}

#[test]
fn a_short_count_is_told_in_words() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(2)]));
    in_flight(&mut writer, b"hello");
    let error = drive(&pool, writer.close_complete()).unwrap_err();
    assert_eq!(error.to_string(), "only 2 of the 5 bytes of an earlier write are complete");
}

#[test]
fn the_systems_code_is_kept() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    in_flight(&mut writer, b"hello");
    assert_eq!(raw_os_error(&drive(&pool, writer.close_complete()).unwrap_err()), Some(28));
    for _ in 0..3 {
        assert_eq!(raw_os_error(&failed(close(&mut writer))), Some(28));
    }
}

#[test]
fn has_nothing_to_tell_that_was_answered() {
    // Asked for before the close, and between its polls.
    for asked_before in [true, false] {
        for (outcome, complete, _) in unanswered() {
            let (mut writer, pool, _) = offload(Scripted::script([outcome]));
            let ticket = in_flight(&mut writer, b"hello");
            let ask_now = |writer: &mut _| {
                pool.run_all();
                assert!(ready(ask(writer, ticket)).map_or(true, |n| n == complete));
            };
            if asked_before {
                ask_now(&mut writer);
                assert!(close(&mut writer).is_pending());
                pool.run_all();
                for _ in 0..3 {
                    ready(close(&mut writer)).unwrap();
                }
            } else {
                // The close was begun before an answer: its outcome stands.
                assert!(close(&mut writer).is_pending());
                ask_now(&mut writer);
                let told = ready(close(&mut writer)).is_err();
                for _ in 0..3 {
                    assert_eq!(ready(close(&mut writer)).is_err(), told);
                }
            }
        }
    }
}

/// The destination's own release has the last word, unless a write comes first.
#[test]
fn tells_what_the_release_says() {
    /// Its release fails.
    struct Fails(Scripted);

    impl io::Write for Fails {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.write(buf)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    impl WriteComplete for Fails {
        fn release(self) -> io::Result<()> {
            Err(io::ErrorKind::QuotaExceeded.into())
        }
    }

    let pool = Stepped::new();
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut writer = over(Fails(destination), &pool);
    assert_eq!(write_now(&mut writer, &pool, b"hello").unwrap(), 5);
    assert!(close(&mut writer).is_pending());
    let worker = pool.run_one_elsewhere();
    assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(worker)));
    for _ in 0..3 {
        assert_eq!(failed(close(&mut writer)).kind(), io::ErrorKind::QuotaExceeded);
    }

    let mut writer = over(Fails(Scripted::script([Outcome::Os(28)])), &pool);
    in_flight(&mut writer, b"hello");
    assert_eq!(drive(&pool, writer.close_complete()).unwrap_err().kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_release_that_panics_is_its_outcome() {
    let (mut writer, pool, seen) = offload(Scripted::new().panics_in_drop());
    assert!(close(&mut writer).is_pending());
    pool.run_one_elsewhere();
    for _ in 0..3 {
        assert!(Indeterminate::find(&failed(close(&mut writer))).is_some());
    }
    assert_eq!(seen.drops(), 1);
}

#[test]
fn everything_else_errs_afterwards() {
    for operation in CLOSES {
        let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there"));
        operation.run(&mut writer, &pool).unwrap();
        assert_closed(&mut writer, &pool, &seen);
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
    assert!(ask(&mut writer, ticket).is_pending(), "a ticket can be polled");
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
    let mut writer = over(File::create(&path).unwrap(), &pool);
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
    assert_eq!(ready(ask(&mut writer, superseded)).unwrap(), 3);
    let ticket = in_flight(&mut writer, b"three");
    drive(&pool, writer.close_complete()).unwrap();
    for _ in 0..3 {
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
        unknown(ask(&mut writer, superseded), superseded);
        unknown(ask(&mut writer, foreign), foreign);
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
fn a_write_that_never_ran_is_told() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    assert!(close(&mut writer).is_pending());
    assert!(pool.drop_one());
    for _ in 0..3 {
        assert_eq!(failed(close(&mut writer)).kind(), io::ErrorKind::Other);
    }
    assert_eq!(failed(ask(&mut writer, ticket)).kind(), io::ErrorKind::Other);
    assert_eq!((seen.drops(), seen.writes()), (1, vec![]));
}

/// A flush that comes with a close is part of it: sinks flush at every poll of their close.
#[test]
fn a_flush_waits_for_it_and_then_says_the_same() {
    for (outcome, is_ok) in [(Outcome::All, true), (Outcome::Os(28), false)] {
        let (mut writer, pool, _) = offload(Scripted::script([outcome]));
        in_flight(&mut writer, b"hello");
        for _ in 0..2 {
            assert!(Operation::PollClose.poll_once(&mut writer).is_pending());
            assert!(Operation::Flush.poll_once(&mut writer).is_pending(), "not before the close");
        }
        pool.run_all();
        for _ in 0..3 {
            assert_eq!(ready(Operation::Flush.poll_once(&mut writer)).is_ok(), is_ok);
            assert_eq!(ready(Operation::PollClose.poll_once(&mut writer)).is_ok(), is_ok);
        }
    }
}

#[test]
fn a_socket_shuts_its_writing_side_down() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut theirs, _) = listener.accept().unwrap();
    let alive = ours.try_clone().unwrap();
    let pool = Stepped::new();
    let mut writer = over(ours, &pool);
    drive(&pool, writer.write_all_complete(b"bye")).unwrap();
    drive(&pool, writer.close_complete()).unwrap();
    let mut all = Vec::new();
    theirs.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"bye", "the peer sees the end, though a clone is alive");
    drop(alive);
}
