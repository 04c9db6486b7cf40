//! Wrappers that flush before each poll of a write, as `LineWriter` does: the flush settles the write that they are
//! about to poll again, whose count may be short, and which is no failure.

use std::{
    io::{self, IoSlice, Write},
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{
    Offload, PriorWriteFailed,
    adapter::{ToFuturesIo, ToTokio},
    error::raw_os_error,
    offload::Policy,
};
use futures_lite::future::block_on;
use futures_util::io::{AllowStdIo, AsyncWrite, AsyncWriteExt, LineWriter};

use crate::common::{
    destination::{Outcome, Scripted},
    pool::Threads,
    steps::{drive, offload},
};

/// Flushes before each poll of a write, on either family of traits.
struct FlushesFirst<W>(W);

impl<W: AsyncWrite + Unpin> AsyncWrite for FlushesFirst<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.0).poll_flush(cx))?;
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.0).poll_flush(cx))?;
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

impl<W: tokio::io::AsyncWrite + Unpin> tokio::io::AsyncWrite for FlushesFirst<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.0).poll_flush(cx))?;
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Takes at most five bytes a call, as a device, an encoder or a socket with a timeout may.
fn short() -> Scripted {
    Scripted::by_call(|_| Outcome::Short(5))
}

/// The policies under which a write may be answered at once, or in a later poll.
fn policies() -> [Policy; 2] {
    [Policy::default(), Policy::never_spin()]
}

/// What std's `LineWriter` has the same destination hold.
fn by_std(texts: &[&[u8]]) -> Vec<u8> {
    let destination = short();
    let seen = destination.observer();
    let mut writer = io::LineWriter::new(destination);
    for text in texts {
        writer.write_all(text).unwrap();
    }
    writer.flush().unwrap();
    seen.bytes()
}

/// Has futures' `LineWriter` over `writer` write these.
fn write_lines(writer: impl AsyncWrite + Unpin, texts: &[&[u8]]) {
    let mut writer = LineWriter::new(writer);
    block_on(async {
        for text in texts {
            writer.write_all(text).await.unwrap();
        }
        writer.flush().await.unwrap();
    });
}

/// The bytes are those of std's `LineWriter`, and the calls are those of futures' own over the destination itself.
#[track_caller]
fn assert_as_others<W: AsyncWrite + Unpin>(mut wrap: impl FnMut(Offload<Scripted, Threads>) -> W, texts: &[&[u8]]) {
    let destination = short();
    let directly = destination.observer();
    write_lines(AllowStdIo::new(destination), texts);
    for policy in policies() {
        let destination = short();
        let seen = destination.observer();
        write_lines(wrap(Offload::with_pool(destination, Threads::new(1)).policy(policy)), texts);
        assert_eq!((seen.bytes(), seen.writes()), (by_std(texts), directly.writes()), "{policy:?}");
    }
}

const LINES: &[&[u8]] = &[b"hello\n", b"world, and all that is in it\n", b"a\nb\nand c", b"", b"onst\n", b"no end"];

#[test]
fn a_line_writer_over_an_offload_writes_what_any_other_does() {
    assert_as_others(|offload| offload, &[b"hello\n"]);
    assert_as_others(|offload| offload, LINES);
}

#[test]
fn a_line_writer_over_an_adapter_writes_what_any_other_does() {
    assert_as_others(ToFuturesIo::new, &[b"hello\n"]);
    assert_as_others(ToFuturesIo::new, LINES);
}

/// Deterministically: each poll finds the write of the one before it in flight.
#[test]
fn each_flush_finds_a_write_in_flight() {
    let (writer, pool, seen) = offload(short());
    let mut writer = FlushesFirst(writer);
    drive(&pool, writer.write_all(b"hello, world")).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"hello, world".to_vec(), vec![12, 7, 2]));

    let (writer, pool, seen) = offload(short());
    let mut writer = FlushesFirst(ToFuturesIo::new(writer));
    drive(&pool, writer.write_all(b"hello, world")).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"hello, world".to_vec(), vec![12, 7, 2]));

    let (writer, pool, seen) = offload(short());
    let mut writer = FlushesFirst(ToTokio::new(writer));
    drive(&pool, tokio::io::AsyncWriteExt::write_all(&mut writer, b"hello, world")).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"hello, world".to_vec(), vec![12, 7, 2]));
}

/// The same bytes again are the same write only once: what was answered is forgotten.
#[test]
fn equal_writes_in_a_row_are_all_made() {
    let (writer, pool, seen) = offload(Scripted::by_call(|call| Outcome::Short(1 + call % 3)));
    let mut writer = FlushesFirst(writer);
    for _ in 0..20 {
        drive(&pool, writer.write_all(b"again")).unwrap();
    }
    assert_eq!(seen.bytes(), b"again".repeat(20));
}

/// Vectored, with slices that are cut anywhere.
#[test]
fn a_short_count_of_a_list_is_no_failure() {
    let (writer, pool, seen) = offload(short());
    let mut writer = FlushesFirst(writer);
    let bytes = b"hello, world";
    let mut complete = 0;
    while complete < bytes.len() {
        let rest = &bytes[complete..];
        let (a, b) = rest.split_at(rest.len() / 2);
        let slices = [IoSlice::new(a), IoSlice::new(b""), IoSlice::new(b)];
        complete += drive(&pool, writer.write_vectored(&slices)).unwrap();
    }
    assert_eq!((seen.bytes(), seen.writes()), (bytes.to_vec(), vec![12, 7, 2]));
}

/// A failure is still told: by the flush, as that of an earlier write, and once.
#[test]
fn a_failure_is_told_once() {
    let (writer, pool, seen) = offload(Scripted::script([Outcome::Short(5), Outcome::Os(28)]));
    let mut writer = FlushesFirst(writer);
    assert_eq!(drive(&pool, writer.write(b"hello, world")).unwrap(), 5);
    let error = drive(&pool, writer.write(b", world")).unwrap_err();
    let prior = PriorWriteFailed::find(&error).expect("the flush tells it");
    assert_eq!((prior.complete(), raw_os_error(&error)), (Some(0), Some(28)));
    assert_eq!(drive(&pool, writer.write(b", world")).unwrap(), 7);
    drive(&pool, writer.close()).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"hello, world".to_vec(), vec![12, 7, 7]));
}

/// A destination that takes no more: the caller hears `Ok(0)`, as from any writer.
#[test]
fn a_destination_that_takes_no_more_is_told_as_such() {
    let (writer, pool, seen) = offload(Scripted::script([Outcome::Short(5), Outcome::Zero]));
    let mut writer = FlushesFirst(writer);
    let error = drive(&pool, writer.write_all(b"hello, world")).unwrap_err();
    assert_eq!((error.kind(), PriorWriteFailed::find(&error).is_none()), (io::ErrorKind::WriteZero, true), "{error:?}");
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![12, 7]));
}
