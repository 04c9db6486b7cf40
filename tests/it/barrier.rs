//! A submission of no bytes waits, reports, and calls nothing: rules W5, W7, W9 and W10.

use std::thread;

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite, Submitted};
use futures_lite::AsyncReadExt;

use crate::common::{
    destination::{Gate, Outcome, Scripted},
    operation::Operation,
    steps::{ask, barrier, drive, failed, in_flight, offload, poll_future, prior, ready, submit_vectored},
};

#[test]
fn settled_it_is_ready_at_once() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_try([Outcome::All]));
    for _ in 0..3 {
        assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
        assert_eq!(ready(submit_vectored(&mut writer, &[])).unwrap(), Submitted::Complete(0));
        assert_eq!(ready(submit_vectored(&mut writer, &[b"", b"", b""])).unwrap(), Submitted::Complete(0));
    }
    assert_eq!((pool.executed(), seen.writes(), seen.tries(), seen.flushes()), (0, vec![], vec![], 0));
}

#[test]
fn it_waits_for_what_is_outstanding() {
    let gate = Gate::new();
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone())]));
    in_flight(&mut writer, b"hello");
    assert!(barrier(&mut writer).is_pending(), "queued");
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    assert!(barrier(&mut writer).is_pending(), "running");
    assert!(submit_vectored(&mut writer, &[b"", b""]).is_pending(), "running");
    gate.open();
    worker.join().unwrap();
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
    assert_eq!((pool.executed(), seen.writes()), (1, vec![5]), "it has no job of its own");
}

#[test]
fn it_waits_for_any_other_operation() {
    for operation in [Operation::Read, Operation::Seek, Operation::WithMut] {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        assert!(barrier(&mut writer).is_pending(), "{operation:?}");
        pool.run_all();
        assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0), "{operation:?}");
        assert_eq!((pool.executed(), operation.calls(&seen)), (1, 1));
    }
}

#[test]
fn it_reports_an_orphan_once_and_never_swallows_it() {
    for (outcome, complete) in [(Outcome::Os(28), 0), (Outcome::Short(2), 2), (Outcome::Zero, 0)] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome]));
        let ticket = in_flight(&mut writer, b"hello");
        assert!(barrier(&mut writer).is_pending());
        pool.run_all();
        prior(barrier(&mut writer), ticket, Some(complete));
        assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
        assert_eq!(seen.writes(), [5]);
    }
}

#[test]
fn vectored_it_reports_as_well() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    prior(submit_vectored(&mut writer, &[b"", b""]), ticket, Some(0));
}

#[test]
fn it_supersedes_nothing() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::All, Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    assert!(barrier(&mut writer).is_pending());
    assert!(ask(&mut writer, ticket).is_pending());
    pool.run_all();
    for _ in 0..3 {
        assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    }
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    prior(barrier(&mut writer), ticket, Some(0));
    for _ in 0..3 {
        assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    }
}

#[test]
fn writes_of_no_bytes_are_barriers() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(28), Outcome::Os(28), Outcome::Os(28)]));
    let mut done = HeldWrite::new(b"");
    let mut tickets = Vec::new();
    for kind in 0..3 {
        let ticket = in_flight(&mut writer, b"hello");
        tickets.push(ticket);
        let mut poll = || match kind {
            0 => poll_future(&mut writer.write_complete(b"")).map_ok(|n| assert_eq!(n, 0)),
            1 => poll_future(&mut writer.write_all_complete(b"")),
            _ => poll_future(&mut writer.resume_write_all(&mut done)),
        };
        assert!(poll().is_pending());
        pool.run_all();
        prior(poll(), ticket, Some(0));
        ready(poll()).unwrap();
    }
    assert!(done.is_done());
    assert_eq!(seen.writes(), [5; 3]);
    drive(&pool, writer.write_all_complete(b"hello")).unwrap();
}

#[test]
fn it_does_not_move_the_cursor_back() {
    let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there"));
    assert!(poll_future(&mut writer.read(&mut [0; 3])).is_pending());
    assert!(barrier(&mut writer).is_pending());
    pool.run_all();
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
    assert_eq!((seen.position(), seen.unreads(), pool.executed()), (3, vec![], 1), "it makes no call at all");
    let mut buf = [0; 3];
    assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 3);
    assert_eq!((&buf, pool.executed()), (b"the", 1), "what was fetched waits for the next read");
}
