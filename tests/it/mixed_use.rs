//! A handle that is used by ticket and by `poll_write`, and other ways to use two faces of one writer.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Offload, Submitted, Ticket, WriteComplete, adapter::ToFuturesIo,
    offload::Policy,
};
use futures_io::AsyncWrite;

use crate::common::{
    destination::{Outcome, Scripted},
    pool::{Stepped, Threads},
    steps::{close, drive, failed, in_flight, offload, over, poll, poll_future, prior, ready, refused, settle},
    waker::Task,
};

fn write<W: AsyncWrite + Unpin>(writer: &mut W, buf: &[u8]) -> Poll<io::Result<usize>> {
    poll(|cx| Pin::new(&mut *writer).poll_write(cx, buf))
}

/// Settled by ticket, a dropped `poll_write` is told; the same bytes again are another record.
#[test]
fn the_same_bytes_after_a_settle_are_a_new_write() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(write(&mut writer, b"tick\n").is_pending());
    pool.run_all();
    assert_eq!(ready(settle(&mut writer)).unwrap().unwrap().completed(), 5);
    assert!(write(&mut writer, b"tick\n").is_pending());
    pool.run_all();
    assert_eq!(ready(write(&mut writer, b"tick\n")).unwrap(), 5);
    assert_eq!(seen.bytes(), b"tick\ntick\n");
}

#[test]
fn a_failure_that_a_settle_told_is_not_told_to_the_retry() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(28)]));
    assert!(write(&mut writer, b"tick\n").is_pending());
    pool.run_all();
    failed(settle(&mut writer));
    assert!(write(&mut writer, b"tick\n").is_pending());
    pool.run_all();
    assert_eq!(ready(write(&mut writer, b"tick\n")).unwrap(), 5);
    assert_eq!(seen.bytes(), b"tick\n");
}

/// Two bytes of a dropped `poll_write` are missing, and a flush did not mind.
#[test]
fn a_close_by_the_trait_tells_a_short_count_of_a_dropped_poll_write() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(3)]));
    assert!(write(&mut writer, b"12345").is_pending());
    pool.run_all();
    ready(poll(|cx| Pin::new(&mut writer).poll_flush(cx))).unwrap();
    assert!(close(&mut writer).is_pending());
    pool.run_all();
    for _ in 0..2 {
        prior(close(&mut writer), 5, Some(3));
    }
    assert_eq!((seen.bytes(), seen.drops()), (b"123".to_vec(), 1));
}

#[test]
fn a_policy_without_an_end_panics_in_no_poll() {
    let pool = Threads::new(1);
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut writer = Offload::with_pool(destination, pool).policy(Policy::spin_at_most(Duration::MAX));
    futures_lite::future::block_on(async {
        for _ in 0..20 {
            writer.write_all_complete(&[7; 8192]).await.unwrap();
        }
    });
    assert_eq!(seen.bytes().len(), 20 * 8192);
}

/// Its wait for room is interrupted, and then says that it would block.
struct Waits(Scripted, Vec<io::ErrorKind>);

impl io::Write for Waits {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Waits {
    fn wait_writable(&mut self) -> io::Result<bool> {
        self.1.pop().map_or(Ok(true), |kind| Err(kind.into()))
    }
}

#[test]
fn a_wait_for_room_leaks_no_kind() {
    let blocks = || Scripted::script([Outcome::Error(io::ErrorKind::WouldBlock)]);
    for (kinds, expected) in
        [(vec![io::ErrorKind::Interrupted], Ok(5)), (vec![io::ErrorKind::WouldBlock], Err(io::ErrorKind::Unsupported))]
    {
        let pool = Stepped::new();
        let mut writer = over(Waits(blocks(), kinds), &pool);
        let answer = drive(&pool, writer.write_complete(b"hello"));
        assert_eq!(answer.map_err(|error| error.kind()), expected);
    }
}

/// A sync whose future was dropped has succeeded. The next one covers what others have completed since.
#[test]
fn a_sync_after_a_dropped_one_is_made() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    {
        let mut dropped = Box::pin(writer.sync_data());
        assert!(poll_future(&mut dropped).is_pending());
    }
    pool.run_all();
    assert_eq!(seen.syncs(), 1);
    drive(&pool, writer.sync_data()).unwrap();
    assert_eq!(seen.syncs(), 2);
}

/// However often it is asked, and whatever turn is due.
#[test]
fn a_sync_over_an_outstanding_write_is_refused_at_once() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for _ in 0..1000 {
        let task = Task::new();
        let mut sync = Box::pin(writer.sync_data());
        refused(task.poll_future(&mut sync), ticket);
        assert_eq!(task.wakes(), 0);
    }
    assert_eq!(seen.syncs(), 0);
}

/// The bytes that were fetched are read out after all, so nothing has to go back.
#[test]
fn a_cursor_that_could_not_go_back_is_forgotten_when_the_bytes_are_read_out() {
    let destination = Scripted::new().holding(b"abc").on_seek([Outcome::Os(5)]);
    let (mut writer, pool, _) = offload(destination);
    let mut buf = [0; 3];
    {
        let mut read = Box::pin(futures_lite::AsyncReadExt::read(&mut writer, &mut buf));
        assert!(poll_future(&mut read).is_pending());
    }
    pool.run_all();
    // The write that waits for the cursor is dropped before it is told.
    assert!(poll(|cx| Pin::new(&mut writer).poll_write_submit(cx, b"x")).is_pending());
    pool.run_all();
    let n = drive(&pool, futures_lite::AsyncReadExt::read(&mut writer, &mut buf)).unwrap();
    assert_eq!(&buf[..n], b"abc");
    in_flight(&mut writer, b"d");
    pool.run_all();
}

/// A writer that completes later, and forgot to say what is outstanding.
struct Nameless<W>(W);

impl<W: AsyncWriteComplete + Unpin> AsyncWriteComplete for Nameless<W> {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.0).poll_write_submit(cx, buf)
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_complete(cx, ticket)
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close_complete(cx)
    }
}

#[test]
fn an_adapter_over_a_writer_that_names_nothing_submits_a_write_once() {
    let (writer, pool, seen) = offload(Scripted::new());
    let mut adapter = ToFuturesIo::new(Nameless(writer));
    assert_eq!(drive(&pool, futures_lite::AsyncWriteExt::write(&mut adapter, b"hello")).unwrap(), 5);
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn a_poll_write_that_goes_on_after_a_close_has_begun_gets_its_count() {
    let (mut writer, pool, _) = offload(Scripted::new());
    assert!(write(&mut writer, b"hello").is_pending());
    assert!(poll(|cx| Pin::new(&mut writer).poll_close(cx)).is_pending());
    pool.run_all();
    assert_eq!(ready(write(&mut writer, b"hello")).unwrap(), 5);
}
