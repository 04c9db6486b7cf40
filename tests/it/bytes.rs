//! Writes of `Bytes`: an `Offload` takes them by reference count, and lets go of them before it answers.

use std::{
    io::{self, Write},
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteBytes, AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite, Inline,
    Offload, Submitted, Ticket, WriteComplete,
};
use bytes::Bytes;
use futures_lite::future::block_on;

use crate::common::{
    destination::{Gate, Observer, Outcome, Scripted},
    operation::{CLOSES, NO_WRITES, Operation},
    pool::Stepped,
    steps::{ask, drive, failed, in_flight, offload, over, poll, poll_future, ready, refused, submit},
};

/// More than one submission takes of a slice.
const LARGE: usize = (2 << 20) + 1;

/// Bytes of which can be told whether somebody else has them.
fn counted(bytes: &[u8]) -> Bytes {
    let bytes = Bytes::from(bytes.to_vec());
    assert!(bytes.is_unique());
    bytes
}

fn submit_bytes<W: AsyncWriteCompleteBytes + Unpin + ?Sized>(
    writer: &mut W,
    bytes: &Bytes,
) -> Poll<io::Result<Submitted>> {
    poll(|cx| Pin::new(&mut *writer).poll_write_submit_bytes(cx, bytes))
}

#[track_caller]
fn bytes_in_flight<W: AsyncWriteCompleteBytes + Unpin + ?Sized>(writer: &mut W, bytes: &Bytes) -> Ticket {
    match submit_bytes(writer, bytes) {
        Poll::Ready(Ok(Submitted::InFlight(ticket))) => {
            assert_eq!(ticket.len(), bytes.len(), "how many bytes were taken");
            ticket
        }
        other => panic!("not in flight: {other:?}"),
    }
}

/// Notes where the bytes of each call are, and how many.
struct Watched(Scripted, Calls);

type Calls = Arc<Mutex<Vec<(usize, usize)>>>;

impl Write for Watched {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.1.lock().unwrap().push((buf.as_ptr().addr(), buf.len()));
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl WriteComplete for Watched {}

fn watched(outcomes: impl IntoIterator<Item = Outcome>) -> (Offload<Watched, Stepped>, Stepped, Observer, Calls) {
    let (pool, destination, calls) = (Stepped::new(), Scripted::script(outcomes), Calls::default());
    let seen = destination.observer();
    (over(Watched(destination, calls.clone()), &pool), pool, seen, calls)
}

/// The address of `bytes` from the `n`th on, and how many there are.
fn part(bytes: &Bytes, n: usize) -> (usize, usize) {
    (bytes.as_ptr().addr() + n, bytes.len() - n)
}

/// Memory that does something when nobody has it any more.
struct Owner<F: FnMut()>(&'static [u8], F);

impl<F: FnMut()> AsRef<[u8]> for Owner<F> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl<F: FnMut()> Drop for Owner<F> {
    fn drop(&mut self) {
        (self.1)();
    }
}

/// Bytes whose memory panics when it is let go.
fn panicking() -> Bytes {
    Bytes::from_owner(Owner(b"hello", || panic!("the owner's drop")))
}

#[test]
fn nothing_is_copied() {
    for len in [1, 64 << 10, LARGE] {
        let (mut writer, pool, seen, calls) = watched([]);
        let bytes = counted(&vec![7; len]);
        assert_eq!(drive(&pool, writer.write_bytes_complete(&bytes)).unwrap(), len, "all of them, by one call");
        assert_eq!(*calls.lock().unwrap(), [part(&bytes, 0)]);
        assert_eq!((seen.bytes(), pool.executed()), (bytes.to_vec(), 1));
        assert!(bytes.is_unique());
    }
}

#[test]
fn whoever_carries_the_writer_copies_nothing() {
    let (mut writer, pool, _, calls) = watched([]);
    let bytes = counted(b"hello");
    let mut lent = &mut writer;
    drive(&pool, AsyncWriteCompleteBytesExt::write_bytes_complete(&mut lent, &bytes)).unwrap();
    let mut boxed: Box<dyn AsyncWriteCompleteBytes + Unpin> = Box::new(writer);
    drive(&pool, boxed.write_bytes_complete(&bytes)).unwrap();
    drive(&pool, Pin::new(&mut boxed).write_all_bytes_complete(bytes.clone())).unwrap();
    assert_eq!(*calls.lock().unwrap(), [part(&bytes, 0); 3]);
}

#[test]
fn a_short_count_leaves_the_rest_of_the_same_memory() {
    let (mut writer, pool, seen, calls) = watched([Outcome::Short(2), Outcome::Short(1)]);
    let bytes = counted(b"hello");
    drive(&pool, writer.write_all_bytes_complete(bytes.clone())).unwrap();
    assert_eq!(*calls.lock().unwrap(), [part(&bytes, 0), part(&bytes, 2), part(&bytes, 3)]);
    assert_eq!(seen.bytes(), b"hello");
    assert!(bytes.is_unique());
}

#[test]
fn a_part_of_something_larger_is_written_alone() {
    let (mut writer, pool, seen, calls) = watched([]);
    let bytes = counted(b"not this, hello");
    let hello = bytes.slice(10..);
    drive(&pool, writer.write_all_bytes_complete(hello.clone())).unwrap();
    assert_eq!((seen.bytes(), calls.lock().unwrap()[0]), (b"hello".to_vec(), part(&bytes, 10)));
}

#[test]
fn a_destination_that_takes_no_more() {
    let (mut writer, pool, _, _) = watched([Outcome::Short(2), Outcome::Zero]);
    let mut write = Box::pin(writer.write_all_bytes_complete(counted(b"hello")));
    assert_eq!(drive(&pool, &mut write).unwrap_err().kind(), io::ErrorKind::WriteZero);
    assert_eq!((write.held().completed(), write.held().remaining()), (2, &b"llo"[..]));
}

#[test]
fn held_bytes_survive_a_dropped_future_without_a_copy() {
    let (mut writer, pool, seen, calls) = watched([Outcome::Short(2)]);
    let bytes = counted(b"hello");
    let mut held = HeldWrite::new(bytes.clone());
    let mut polls = 0;
    while poll_future(&mut writer.resume_write_all_bytes(&mut held)).is_pending() {
        polls += 1;
        assert!(pool.run_one());
    }
    assert_eq!((polls, held.completed(), held.is_done(), held.remaining()), (2, 5, true, &b""[..]));
    assert_eq!(*calls.lock().unwrap(), [part(&bytes, 0), part(&bytes, 2)]);
    assert_eq!(seen.bytes(), b"hello");
    drop(held);
    assert!(bytes.is_unique());
}

#[test]
fn the_memory_is_released_however_the_write_ends() {
    let outcomes = [
        Outcome::All,
        Outcome::Short(2),
        Outcome::Zero,
        Outcome::Error(io::ErrorKind::TimedOut),
        Outcome::Os(5),
        Outcome::Unknown(5),
        Outcome::Panic,
        Outcome::Lie(1),
    ];
    for outcome in outcomes {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone()]));
        let bytes = counted(b"hello");
        let ticket = bytes_in_flight(&mut writer, &bytes);
        assert!(!bytes.is_unique(), "{outcome:?}");
        assert!(ask(&mut writer, ticket).is_pending(), "{outcome:?}");
        pool.run_all();
        assert!(ask(&mut writer, ticket).is_ready() && bytes.is_unique(), "{outcome:?}");
        assert_eq!(seen.writes(), [5], "{outcome:?}");
    }
}

#[test]
fn the_memory_is_released_before_the_answer() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let gate = Gate::new();
    let at_the_end = gate.clone();
    let bytes = Bytes::from_owner(Owner(b"hello", move || at_the_end.pass()));
    let ticket = bytes_in_flight(&mut writer, &bytes);
    // What remains is the writer's.
    drop(bytes);
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    assert_eq!(seen.bytes(), b"hello");
    assert!(ask(&mut writer, ticket).is_pending());
    refused(submit(&mut writer, b"more"), ticket);
    assert_eq!(writer.outstanding(), Some(ticket), "no lock is held");
    gate.open();
    worker.join().unwrap();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
}

#[test]
fn an_owner_that_panics_harms_nobody() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = bytes_in_flight(&mut writer, &panicking());
    pool.run_one_elsewhere();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    assert_eq!(drive(&pool, writer.write_complete(b", there")).unwrap(), 7);
    assert_eq!(seen.bytes(), b"hello, there");
}

#[test]
fn the_memory_is_released_when_the_pool_does_not_run_the_job() {
    let begin: [fn(&Stepped); 3] = [|pool| pool.refuse(true), |pool| pool.panic(true), |_| {}];
    for begin in begin {
        let (mut writer, pool, seen) = offload(Scripted::new());
        begin(&pool);
        let bytes = counted(b"hello");
        let ticket = bytes_in_flight(&mut writer, &bytes);
        pool.drop_one();
        failed(ask(&mut writer, ticket));
        assert!(bytes.is_unique());
        pool.refuse(false);
        pool.panic(false);
        assert_eq!(drive(&pool, writer.write_bytes_complete(&bytes)).unwrap(), 5);
        assert_eq!(seen.bytes(), b"hello");
    }
}

#[test]
fn an_owner_that_panics_in_a_dropped_job_harms_nobody() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = bytes_in_flight(&mut writer, &panicking());
    assert!(pool.drop_one());
    assert_eq!(failed(ask(&mut writer, ticket)).kind(), io::ErrorKind::Other, "refused");
    assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 5);
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn a_dropped_future_cancels_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let bytes = counted(b"hello");
    assert!(poll_future(&mut writer.write_all_bytes_complete(bytes.clone())).is_pending());
    assert!(!bytes.is_unique(), "the writer has them");
    pool.run_all();
    assert!(bytes.is_unique());
    assert_eq!(drive(&pool, writer.settle()).unwrap().unwrap().completed(), 5);
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn refused_or_pending_takes_nothing() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"first");
    let bytes = counted(b"never taken");
    for _ in 0..3 {
        refused(submit_bytes(&mut writer, &bytes), ticket);
        refused(poll_future(&mut writer.write_bytes_complete(&bytes)), ticket);
        refused(poll_future(&mut writer.write_all_bytes_complete(bytes.clone())), ticket);
    }
    assert!(bytes.is_unique());
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    for operation in NO_WRITES {
        assert!(operation.poll_once(&mut writer).is_pending());
        assert!(submit_bytes(&mut writer, &bytes).is_pending(), "{operation:?}");
        assert!(bytes.is_unique());
        pool.run_all();
    }
    assert_eq!(seen.writes(), [5]);
}

#[test]
fn the_memory_is_released_though_nobody_asks() {
    for outcome in [Outcome::Os(28), Outcome::Short(2), Outcome::Panic] {
        let (mut writer, pool, _) = offload(Scripted::script([outcome.clone()]));
        let lost = counted(b"hello");
        let ticket = bytes_in_flight(&mut writer, &lost);
        pool.run_all();
        let next = counted(b"next");
        refused(submit_bytes(&mut writer, &next), ticket);
        assert!(lost.is_unique() && next.is_unique() && pool.is_empty(), "{outcome:?}: not executed");
    }
}

#[test]
fn a_close_waits_for_them() {
    for operation in CLOSES {
        let (mut writer, pool, seen) = offload(Scripted::new());
        let bytes = counted(b"hello");
        bytes_in_flight(&mut writer, &bytes);
        operation.run(&mut writer, &pool).unwrap();
        assert!(bytes.is_unique());
        assert_eq!((seen.bytes(), seen.drops()), (b"hello".to_vec(), 1));
        assert_eq!(failed(submit_bytes(&mut writer, &bytes)).kind(), io::ErrorKind::BrokenPipe);
    }
}

#[test]
fn a_dropped_writer_writes_and_releases_them() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let bytes = counted(b"hello");
    bytes_in_flight(&mut writer, &bytes);
    drop(writer);
    assert!(!bytes.is_unique() && seen.drops() == 0);
    pool.run_all();
    assert!(bytes.is_unique());
    assert_eq!((seen.bytes(), seen.drops()), (b"hello".to_vec(), 1));
}

#[test]
fn they_are_another_write_than_those_of_poll_write() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let bytes = counted(b"next");
    assert!(Operation::PollWrite.poll_once(&mut writer).is_pending());
    let first = writer.outstanding().unwrap();
    refused(submit_bytes(&mut writer, &bytes), first);
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, first)).unwrap(), 4);
    bytes_in_flight(&mut writer, &bytes);
    pool.run_all();
    assert_eq!(seen.bytes(), b"nextnext", "though they are equal");
}

#[test]
fn other_writers_take_them_as_a_slice() {
    let bytes = counted(b"hello");
    let mut memory = Vec::new();
    assert_eq!(block_on(memory.write_bytes_complete(&bytes)).unwrap(), 5);
    block_on(memory.write_all_bytes_complete(bytes.clone())).unwrap();
    assert_eq!(memory, b"hellohello");

    let destination = Scripted::script([Outcome::Short(2)]);
    let seen = destination.observer();
    let mut inline = Inline::new(destination);
    assert_eq!(block_on(inline.write_bytes_complete(&bytes)).unwrap(), 2);
    block_on(inline.write_all_bytes_complete(bytes.slice(2..))).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5, 3]));
    assert!(bytes.is_unique());
}

/// A held write of `Bytes` is a held write: one that knows nothing of them carries it on by slices.
#[test]
fn held_bytes_go_on_as_slices_too() {
    let (mut writer, pool, seen, calls) = watched([Outcome::Short(2)]);
    let bytes = counted(b"hello");
    let mut held = HeldWrite::new(bytes.clone());
    assert!(poll_future(&mut writer.resume_write_all_bytes(&mut held)).is_pending());
    pool.run_all();
    drive(&pool, writer.resume_write_all(&mut held)).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5, 3]));
    assert_eq!(calls.lock().unwrap()[0], part(&bytes, 0), "the first part is not copied");
    assert_eq!(held.into_inner(), bytes);
}
