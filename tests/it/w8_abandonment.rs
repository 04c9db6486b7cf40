//! Rule W8: a write that was submitted happens, whoever drops or forgets what.

use std::{mem, thread};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite};

use crate::common::{
    destination::{Gate, Outcome, Scripted},
    operation::NEXT,
    steps::{ask, drive, in_flight, offload, poll_future, ready, refused, submit},
};

const LOST: &[u8] = b"lost";

#[test]
fn a_dropped_future_cancels_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(poll_future(&mut writer.write_complete(LOST)).is_pending());
    assert_eq!(pool.run_all(), 1);
    assert_eq!((seen.bytes(), seen.writes()), (LOST.to_vec(), vec![4]));
    let settled = drive(&pool, writer.settle()).unwrap().unwrap();
    assert_eq!((settled.submitted(), settled.completed(), settled.is_short()), (4, 4, false));
    assert_eq!(drive(&pool, writer.write_complete(NEXT)).unwrap(), 4);
    assert_eq!((seen.bytes(), seen.writes()), (b"lostnext".to_vec(), vec![4, 4]), "and once only");
}

#[test]
fn a_future_that_is_dropped_while_the_call_runs_cancels_nothing() {
    let gate = Gate::new();
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone())]));
    let mut write = writer.write_complete(LOST);
    assert!(poll_future(&mut write).is_pending());
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    assert!(poll_future(&mut write).is_pending());
    drop(write);
    assert!(poll_future(&mut writer.settle()).is_pending());
    gate.open();
    worker.join().unwrap();
    assert_eq!(ready(poll_future(&mut writer.settle())).unwrap().unwrap().completed(), 4);
    assert_eq!((seen.bytes(), seen.writes()), (LOST.to_vec(), vec![4]));
}

#[test]
fn a_forgotten_future_cancels_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(5)]));
    let mut write = Box::pin(writer.write_complete(LOST));
    assert!(poll_future(&mut write).is_pending());
    mem::forget(write);
    let ticket = writer.outstanding().unwrap();
    pool.run_all();
    let mut write = Box::pin(writer.write_all_complete(NEXT));
    refused(poll_future(&mut write), ticket);
    mem::forget(write);
    assert_eq!(drive(&pool, writer.settle()).unwrap_err().raw_os_error(), Some(5));
    assert_eq!(drive(&pool, writer.write_complete(NEXT)).unwrap(), 4);
    assert_eq!((seen.bytes(), seen.writes()), (NEXT.to_vec(), vec![4, 4]));
}

#[test]
fn a_dropped_held_write_cancels_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(1)]));
    let mut held = HeldWrite::new(LOST);
    assert!(poll_future(&mut writer.resume_write_all(&mut held)).is_pending());
    drop(held);
    pool.run_all();
    let settled = drive(&pool, writer.settle()).unwrap().unwrap();
    assert_eq!((settled.submitted(), settled.completed(), settled.is_short()), (4, 1, true));
    assert_eq!((seen.bytes(), seen.writes()), (b"l".to_vec(), vec![4]), "the rest is not submitted");
}

#[test]
fn a_lost_ticket_is_found_again() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let _ = ready(submit(&mut writer, LOST)).unwrap();
    let ticket = writer.outstanding().unwrap();
    assert!(ask(&mut writer, ticket).is_pending());
    pool.run_all();
    assert_eq!((ready(ask(&mut writer, ticket)).unwrap(), writer.outstanding()), (4, None));
    assert_eq!(seen.bytes(), LOST);
}

/// Submitted and never answered again: dropped and forgotten futures of every kind leave the write alone.
#[test]
fn no_future_changes_a_write_by_its_drop() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, LOST);
    for _ in 0..3 {
        assert!(poll_future(&mut writer.complete(ticket)).is_pending());
        assert!(poll_future(&mut writer.settle()).is_pending());
        refused(poll_future(&mut writer.submit(NEXT)), ticket);
        refused(poll_future(&mut writer.write_all_complete(NEXT)), ticket);
        refused(poll_future(&mut writer.resume_write_all(&mut HeldWrite::new(NEXT))), ticket);
    }
    assert_eq!((pool.executed(), pool.run_all()), (1, 1));
    assert_eq!((seen.bytes(), seen.writes()), (LOST.to_vec(), vec![4]));
}
