//! The destination is taken out of a settled writer, and the writer is not lost where it cannot be.

use std::{
    error::Error,
    io::{self, SeekFrom, Write},
    pin::Pin,
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, IntoInnerError, Offload, WriteOutstanding,
    adapter::ToTokio,
};
use futures_lite::AsyncReadExt;
use tokio::io::AsyncSeek;

use crate::common::{
    destination::{Gate, Outcome, Scripted},
    operation::Operation,
    pool::Stepped,
    steps::{self, ask, close, drive, failed, in_flight, offload, poll_future, ready},
};

type Writer = Offload<Scripted, Stepped>;

#[test]
fn settled_it_is_ready_at_once() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drive(&pool, writer.write_all_complete(b"hello")).unwrap();
    let mut destination = ready(poll_future(&mut Box::pin(writer.into_inner()))).unwrap();
    assert_eq!((pool.executed(), seen.drops()), (1, 0), "neither released nor dropped");
    destination.write_all(b" there").unwrap();
    assert_eq!(seen.bytes(), b"hello there");
    drop(destination);
    assert_eq!((seen.drops(), seen.dropped_on()), (1, Some(thread::current().id())));
}

#[test]
fn it_is_refused_while_a_write_is_outstanding() {
    let gate = Gate::new();
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Gate(gate.clone())]));
    let ticket = in_flight(&mut writer, b"hello");
    let is_refused = |writer: Writer, when: &str| {
        let refusal = ready(poll_future(&mut Box::pin(writer.into_inner()))).unwrap_err();
        assert_eq!(WriteOutstanding::find(refusal.error()).unwrap().ticket(), ticket, "{when}");
        refusal.into_inner()
    };
    let writer = is_refused(writer, "queued");
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    let writer = is_refused(writer, "running");
    gate.open();
    worker.join().unwrap();
    let mut writer = is_refused(writer, "ended");
    assert_eq!(drive(&pool, writer.settle()).unwrap().unwrap().completed(), 5);
    let destination = ready(poll_future(&mut Box::pin(writer.into_inner()))).unwrap();
    assert_eq!((seen.bytes(), seen.drops()), (b"hello".to_vec(), 0));
    drop(destination);
}

#[test]
fn it_waits_for_any_other_operation() {
    for operation in [Operation::Seek, Operation::WithMut, Operation::SyncAll] {
        let (mut writer, pool, seen) = offload(Scripted::new());
        assert!(operation.poll_once(&mut writer).is_pending());
        let mut taken = Box::pin(writer.into_inner());
        assert!(poll_future(&mut taken).is_pending());
        assert_eq!(operation.calls(&seen), 0);
        pool.run_all();
        ready(poll_future(&mut taken)).unwrap();
        assert_eq!(operation.calls(&seen), 1, "{operation:?}");
    }
}

#[test]
fn a_failure_that_was_answered_does_not_stop_it() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    ready(poll_future(&mut Box::pin(writer.into_inner()))).unwrap();
}

#[test]
fn the_writer_that_was_refused_goes_on() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(28)]));
    in_flight(&mut writer, b"hello");
    let (error, mut writer) = drive(&pool, writer.into_inner()).unwrap_err().into_parts();
    assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
    assert_eq!(drive(&pool, writer.settle()).unwrap_err().kind(), io::ErrorKind::StorageFull);
    drive(&pool, writer.write_all_complete(b"hello")).unwrap();
    drive(&pool, writer.close_complete()).unwrap();
    assert_eq!((seen.bytes(), seen.drops()), (b"hello".to_vec(), 1));
}

#[test]
fn the_error_says_why() {
    let fails = || -> (IntoInnerError<Writer>, Stepped) {
        let (mut writer, pool, _) = offload(Scripted::new());
        in_flight(&mut writer, b"hello");
        (drive(&pool, writer.into_inner()).unwrap_err(), pool)
    };
    let (refusal, _) = fails();
    let text = refusal.error().to_string();
    assert_eq!(refusal.to_string(), text);
    assert_eq!(refusal.source().unwrap().to_string(), text);
    assert_eq!(refusal.into_error().to_string(), text);
    let (refusal, _) = fails();
    let error = io::Error::from(refusal);
    assert!(WriteOutstanding::find(&error).is_some());
}

#[test]
fn dropping_its_future_drops_the_writer() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(Operation::WithMut.poll_once(&mut writer).is_pending());
    let mut taken = Box::pin(writer.into_inner());
    assert!(poll_future(&mut taken).is_pending());
    drop(taken);
    assert_eq!(seen.drops(), 0);
    let worker = pool.run_one_elsewhere();
    assert_eq!((seen.visits(), seen.drops(), seen.dropped_on()), (1, 1, Some(worker)));

    let (writer, _pool, seen) = offload(Scripted::new());
    drop(writer.into_inner());
    assert_eq!(seen.drops(), 1, "never polled");
}

#[test]
fn a_poisoned_writer_has_none_to_give() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Panic]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    failed(ask(&mut writer, ticket));
    for _ in 0..2 {
        let refusal = ready(poll_future(&mut Box::pin(writer.into_inner()))).unwrap_err();
        assert!(Indeterminate::find(refusal.error()).is_some());
        writer = refusal.into_inner();
    }
    failed(close(&mut writer));
    assert_eq!((seen.drops(), writer.outstanding()), (1, None));
}

#[test]
fn a_writer_that_is_being_closed_has_none_to_give() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(close(&mut writer).is_pending());
    let refused = ready(poll_future(&mut Box::pin(writer.into_inner()))).unwrap_err();
    assert_eq!(refused.error().kind(), io::ErrorKind::BrokenPipe);
    let mut writer = refused.into_inner();
    pool.run_all();
    ready(close(&mut writer)).unwrap();
    assert_eq!(seen.drops(), 1);
}

#[test]
fn its_cursor_is_where_the_reads_ended() {
    let (mut writer, pool, seen) = offload(Scripted::new().holding(b"hello, there"));
    assert!(poll_future(&mut writer.read(&mut [0; 8])).is_pending());
    pool.run_all();
    assert_eq!(drive(&pool, writer.read(&mut [0; 3])).unwrap(), 3);
    assert_eq!(seen.position(), 8, "where the fetched ones ended");
    let mut destination = drive(&pool, writer.into_inner()).unwrap();
    assert_eq!((seen.position(), seen.seek_backs()), (3, vec![5]));
    destination.write_all(b"LO").unwrap();
    assert_eq!(seen.bytes(), b"helLO, there");
}

#[test]
fn a_pool_that_refuses_loses_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new().holding(b"hello, there"));
    assert!(poll_future(&mut writer.read(&mut [0; 8])).is_pending());
    pool.run_all();
    pool.refuse(true);
    let refused = drive(&pool, writer.into_inner()).unwrap_err();
    assert_eq!(refused.error().kind(), io::ErrorKind::Other);
    pool.refuse(false);
    drop(drive(&pool, refused.into_inner().into_inner()).unwrap());
    assert_eq!((seen.seek_backs(), seen.drops()), (vec![8], 1));
}

#[test]
fn bytes_that_were_fetched_are_read_out_first() {
    let (mut writer, pool, seen) = offload(Scripted::new().stream(b"input"));
    assert!(poll_future(&mut writer.read(&mut [0; 5])).is_pending());
    pool.run_all();
    let mut buf = [0; 3];
    assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 3);
    let refused = drive(&pool, writer.into_inner()).unwrap_err();
    assert_eq!(refused.error().kind(), io::ErrorKind::ResourceBusy);
    let mut writer = refused.into_inner();
    assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 2);
    assert_eq!(&buf[..2], b"ut");
    drop(drive(&pool, writer.into_inner()).unwrap());
    assert_eq!(seen.drops(), 1);
}

/// A write to the writer inside would land before it.
#[test]
fn a_seek_of_tokios_that_was_started_is_made_first() {
    let (writer, pool, seen) = offload(Scripted::new());
    let mut adapter = ToTokio::new(writer);
    Pin::new(&mut adapter).start_seek(SeekFrom::Start(7)).unwrap();
    for _ in 0..2 {
        let refused = adapter.into_inner().unwrap_err();
        assert_eq!(refused.error().kind(), io::ErrorKind::ResourceBusy);
        assert!(refused.error().to_string().contains("a seek is under way"), "{refused}");
        adapter = refused.into_inner();
    }
    let sought = drive(&pool, std::future::poll_fn(|cx| Pin::new(&mut adapter).poll_complete(cx)));
    assert_eq!(sought.unwrap(), 7);
    let mut writer = adapter.into_inner().unwrap();
    steps::write_now(&mut writer, &pool, b"there").unwrap();
    assert_eq!(seen.bytes(), b"\0\0\0\0\0\0\0there");
}
