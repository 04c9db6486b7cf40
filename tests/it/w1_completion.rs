//! Rule W1: a count is answered when an observer of the destination sees the bytes, and no sooner.

use std::thread;

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Submitted};

use crate::common::{
    destination::{Gate, Outcome, Scripted},
    steps::{ask, drive, in_flight, offload, ready, settle, submit},
};

#[test]
fn queued_a_write_is_in_flight() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    assert_eq!((pool.len(), seen.writes()), (1, vec![]), "nothing runs inside the poll");
    for _ in 0..3 {
        assert!(ask(&mut writer, ticket).is_pending());
        assert!(settle(&mut writer).is_pending());
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
    assert_eq!((seen.writes(), seen.bytes()), (vec![5], vec![]), "the call has begun");
    assert!(ask(&mut writer, ticket).is_pending());
    assert!(settle(&mut writer).is_pending());
    gate.open();
    worker.join().unwrap();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
}

#[test]
fn after_the_call_it_is_complete_before_anybody_asks() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let worker = pool.run_one_elsewhere();
    assert_eq!((seen.bytes(), seen.write_threads()), (b"hello".to_vec(), vec![worker]), "on the pool");
    for _ in 0..3 {
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    }
    assert_eq!((pool.executed(), seen.writes(), seen.flushes()), (1, vec![5], 0));
}

#[test]
fn nothing_is_held_back_for_a_close_or_a_drop() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drive(&pool, writer.write_all_complete(b"hello")).unwrap();
    let calls = (seen.writes(), seen.flushes());
    drive(&pool, writer.close_complete()).unwrap();
    drop(writer);
    assert_eq!((seen.bytes(), (seen.writes(), seen.flushes())), (b"hello".to_vec(), calls));
}

#[test]
fn complete_at_once_nothing_is_outstanding() {
    let mut memory = Vec::new();
    assert_eq!(ready(submit(&mut memory, b"hello")).unwrap(), Submitted::Complete(5));
    assert_eq!((memory.outstanding(), &memory[..]), (None, &b"hello"[..]));
}
