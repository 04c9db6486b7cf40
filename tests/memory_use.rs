//! A binary of its own, with one test: it counts the memory of the whole process.
#![cfg(all(feature = "offload", feature = "tokio", feature = "bytes", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "it/common/mod.rs"]
#[allow(dead_code, reason = "this test uses a part")]
mod common;

use std::{
    alloc::System,
    io::{self, IoSlice, Read, Seek, SeekFrom, Write},
    pin::Pin,
    thread,
};

use async_write_complete::{
    AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite, Indeterminate, Offload, WriteComplete,
    adapter::{ToFuturesIo, ToTokio},
    fs::PositionedFile,
    offload::Policy,
};
use bytes::Bytes;
use common::{
    pool::{Stepped, Threads},
    steps::{drive, poll, poll_future, ready, settle, submit},
};
use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, future::block_on};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many bytes are allocated.
fn live() -> isize {
    let stats = ALLOCATOR.stats();
    // What a reallocation adds or takes is in both already.
    stats.bytes_allocated as isize - stats.bytes_deallocated as isize
}

/// Takes and gives without end, and holds nothing. Its cursor goes anywhere.
#[derive(Default)]
struct Endless {
    /// Nobody knows what becomes of its writes.
    is_indeterminate: bool,
    /// Its writes panic, with a payload of so many bytes.
    panics_with: usize,
    /// It is at its end, or fails, in the next read.
    ends: Option<io::Result<usize>>,
}

impl Write for Endless {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.is_indeterminate {
            return Err(Indeterminate::new(io::Error::from_raw_os_error(5)).into());
        }
        if self.panics_with > 0 {
            // It prints nothing, unlike one that begins here.
            std::panic::resume_unwind(Box::new(vec![0_u8; self.panics_with]));
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.ends.take().unwrap_or(Ok(buf.len()))
    }
}

impl Seek for Endless {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

impl WriteComplete for Endless {
    fn seek_back(&mut self, _: u64) -> io::Result<bool> {
        Ok(true)
    }
}

/// As much as one submission takes, and a read fetches.
const LARGE: usize = 2 << 20;
const FETCHED: usize = 1 << 20;

/// What an idle handle may have beyond its own size: its worker, and what it shares with that.
const A_LITTLE: isize = 4 << 10;

type Writer = Offload<Endless, Stepped>;

/// How many bytes more a writer has that has done `work`, and is idle; the rest of them are gone with it.
#[track_caller]
fn kept_by(policy: Policy, what: &str, work: impl FnOnce(&mut Writer, &Stepped)) -> isize {
    let pool = Stepped::new();
    let before = live();
    let mut writer = Offload::with_pool(Endless::default(), pool.clone()).policy(policy);
    work(&mut writer, &pool);
    let kept = live() - before;
    drop(writer);
    pool.run_all();
    let left = live() - before;
    assert!(left < 1 << 10, "{what}, dropped: {left} bytes");
    kept
}

/// Asserts that a writer that has done `work` keeps but a little, as long as it is idle.
#[track_caller]
fn keeps_a_little(what: &str, work: impl Fn(&mut Writer, &Stepped)) {
    for policy in [Policy::never_spin(), Policy::default()] {
        let kept = kept_by(policy, what, &work);
        assert!(kept < A_LITTLE, "{what}: {kept} bytes, with {policy:?}");
    }
}

/// Polls a read once, and drops it.
fn read_once(writer: &mut Writer, room: &mut [u8]) {
    assert!(poll(|cx| Pin::new(&mut *writer).poll_read(cx, room)).is_pending());
}

/// Polls a `poll_write` of futures-io once.
fn poll_write_once(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    assert!(poll(|cx| Pin::new(&mut *writer).poll_write(cx, bytes)).is_pending());
}

/// One test, so that nobody else allocates meanwhile.
#[test]
fn an_idle_handle_keeps_no_buffer() {
    let large = vec![7; LARGE];
    // The first use of anything may allocate for good.
    kept_by(Policy::default(), "nothing", |_, _| {});
    after_writes(&large);
    after_reads();
    after_poll_writes(&large);
    after_poll_writes_of_adapters(&large);
    after_reads_of_tokio();
    after_ends(&large);
    one_copy_of_a_poll_write_that_was_dropped(&large);
    // What a thread has had is freed at any time after its end, so those that have some come last.
    after_stalls(&large);
    after_positions(&large);
    with_real_threads(&large);
}

fn after_writes(large: &[u8]) {
    keeps_a_little("a write", |writer, pool| drive(pool, writer.write_all_complete(large)).unwrap());
    keeps_a_little("a write that was not answered", |writer, pool| {
        assert_eq!(ready(submit(writer, large)).unwrap().len(), LARGE);
        pool.run_all();
    });
    keeps_a_little("a dropped write", |writer, pool| {
        assert!(poll_future(&mut writer.write_complete(large)).is_pending());
        pool.run_all();
        assert_eq!(ready(settle(writer)).unwrap().unwrap().completed(), LARGE);
    });
    keeps_a_little("a job that never ran", |writer, pool| {
        assert_eq!(ready(submit(writer, large)).unwrap().len(), LARGE);
        pool.drop_one();
    });
    keeps_a_little("a vectored write", |writer, pool| {
        let slices: Vec<_> = large.chunks(LARGE / 7).map(IoSlice::new).collect();
        assert_eq!(drive(pool, writer.write_vectored_complete(&slices)).unwrap(), LARGE);
    });
    keeps_a_little("a held write", |writer, pool| {
        drive(pool, writer.resume_write_all(&mut HeldWrite::new(large))).unwrap();
    });
    keeps_a_little("shared bytes", |writer, pool| {
        drive(pool, writer.write_all_bytes_complete(Bytes::copy_from_slice(large))).unwrap();
    });
    keeps_a_little("shared bytes that were not answered", |writer, pool| {
        let shared = Bytes::copy_from_slice(large);
        assert!(poll_future(&mut writer.write_bytes_complete(&shared)).is_pending());
        drop(shared);
        pool.run_all();
    });
    keeps_a_little("writes of all sizes", |writer, pool| {
        for len in [LARGE, 1, 4096, LARGE, 100, 1 << 16] {
            drive(pool, writer.write_all_complete(&large[..len])).unwrap();
        }
    });
}

fn after_reads() {
    keeps_a_little("a read", |writer, pool| {
        assert_eq!(drive(pool, writer.read(&mut vec![0; LARGE])).unwrap(), FETCHED);
    });
    keeps_a_little("a read that was handed out in parts", |writer, pool| {
        let mut room = vec![0; FETCHED];
        read_once(writer, &mut room);
        pool.run_all();
        for part in room.chunks_mut(FETCHED / 4) {
            let read = ready(poll(|cx| Pin::new(&mut *writer).poll_read(cx, part)));
            assert_eq!(read.unwrap(), FETCHED / 4);
        }
    });
    keeps_a_little("a read at the end", |writer, pool| {
        drive(pool, writer.with_mut(|endless| endless.ends = Some(Ok(0)))).unwrap();
        assert_eq!(drive(pool, writer.read(&mut vec![0; LARGE])).unwrap(), 0);
    });
    keeps_a_little("a read that failed", |writer, pool| {
        drive(pool, writer.with_mut(|endless| endless.ends = Some(Err(io::Error::from_raw_os_error(5))))).unwrap();
        drive(pool, writer.read(&mut vec![0; LARGE])).unwrap_err();
    });
    for (what, end) in [("at the end", Ok(0)), ("that failed", Err(5)), ("of a few bytes", Ok(5))] {
        keeps_a_little(&format!("a dropped read {what}"), |writer, pool| {
            let end = end.map_err(io::Error::from_raw_os_error);
            drive(pool, writer.with_mut(|endless| endless.ends = Some(end))).unwrap();
            read_once(writer, &mut vec![0; LARGE]);
            pool.run_all();
        });
    }
    keeps_a_little("a dropped read, and a write", |writer, pool| {
        read_once(writer, &mut vec![0; LARGE]);
        drive(pool, writer.write_all_complete(b"over it")).unwrap();
    });
    keeps_a_little("a dropped read, and a seek", |writer, pool| {
        read_once(writer, &mut vec![0; LARGE]);
        drive(pool, writer.seek(SeekFrom::Start(7))).unwrap();
    });
    keeps_a_little("a dropped read, and a visit", |writer, pool| {
        read_once(writer, &mut vec![0; LARGE]);
        drive(pool, writer.with_mut(|_| ())).unwrap();
    });
    keeps_a_little("a dropped read, and one that takes all of it", |writer, pool| {
        read_once(writer, &mut vec![0; LARGE]);
        assert_eq!(drive(pool, writer.read(&mut vec![0; LARGE])).unwrap(), FETCHED);
    });
}

fn after_poll_writes(large: &[u8]) {
    keeps_a_little("a poll_write", |writer, pool| drive(pool, AsyncWriteExt::write_all(writer, large)).unwrap());
    keeps_a_little("a poll_write that was dropped, and a flush", |writer, pool| {
        poll_write_once(writer, large);
        drive(pool, writer.flush()).unwrap();
    });
    keeps_a_little("a poll_write that was dropped, and a settle", |writer, pool| {
        poll_write_once(writer, large);
        drive(pool, writer.settle()).unwrap();
        drive(pool, writer.flush()).unwrap();
    });
    keeps_a_little("a poll_write that was dropped, and another one", |writer, pool| {
        poll_write_once(writer, large);
        drive(pool, AsyncWriteExt::write_all(writer, b"another")).unwrap();
    });
    keeps_a_little("a poll_write that was dropped, and a seek", |writer, pool| {
        poll_write_once(writer, large);
        drive(pool, writer.seek(SeekFrom::Start(7))).unwrap();
    });
    keeps_a_little("a poll_write that was answered in parts", |writer, pool| {
        poll_write_once(writer, large);
        pool.run_all();
        for part in large.chunks(LARGE / 4) {
            assert_eq!(ready(poll(|cx| Pin::new(&mut *writer).poll_write(cx, part))).unwrap(), LARGE / 4);
        }
    });
}

fn after_poll_writes_of_adapters(large: &[u8]) {
    keeps_a_little("a poll_write of an adapter", |writer, pool| {
        drive(pool, ToFuturesIo::new(writer).write_all(large)).unwrap();
    });
    keeps_a_little("one that was dropped, and a flush", |writer, pool| {
        let mut adapter = ToFuturesIo::new(writer);
        poll_write_once(&mut adapter, large);
        drive(pool, adapter.flush()).unwrap();
    });
    keeps_a_little("a poll_write of tokio", |writer, pool| {
        drive(pool, tokio::io::AsyncWriteExt::write_all(&mut ToTokio::new(writer), large)).unwrap();
    });
    keeps_a_little("one of tokio that was dropped, and a flush", |writer, pool| {
        let mut adapter = ToTokio::new(writer);
        assert!(poll_future(&mut Box::pin(tokio::io::AsyncWriteExt::write(&mut adapter, large))).is_pending());
        drive(pool, tokio::io::AsyncWriteExt::flush(&mut adapter)).unwrap();
    });
}

fn after_reads_of_tokio() {
    keeps_a_little("a read of tokio", |writer, pool| {
        let mut room = vec![0; LARGE];
        let mut adapter = ToTokio::new(writer);
        assert_eq!(drive(pool, tokio::io::AsyncReadExt::read(&mut adapter, &mut room)).unwrap(), FETCHED);
    });
    keeps_a_little("one of tokio that was dropped, and a seek", |writer, pool| {
        let mut room = vec![0; LARGE];
        let mut adapter = ToTokio::new(writer);
        assert!(poll_future(&mut Box::pin(tokio::io::AsyncReadExt::read(&mut adapter, &mut room))).is_pending());
        drive(pool, tokio::io::AsyncSeekExt::seek(&mut adapter, SeekFrom::Start(7))).unwrap();
    });
}

/// Of files at positions there is one buffer for each operation in flight, and none otherwise.
fn after_positions(large: &[u8]) {
    let pool = Threads::new(2);
    let file = PositionedFile::with_pool(tempfile::tempfile().unwrap(), pool.clone()).unwrap();
    let (mut room, mut before) = (vec![0; LARGE], 0);
    // The first round makes what stays.
    for round in 0..3 {
        if round == 1 {
            before = live();
        }
        block_on(file.write_all_at(large, 0)).unwrap();
        drop(poll_future(&mut Box::pin(file.write_all_at(large, 0))));
        drop(poll_future(&mut Box::pin(file.read_at(&mut room, 0))));
        assert_eq!(block_on(file.read_at(&mut room, 0)).unwrap(), FETCHED);
        block_on(file.settle()).unwrap();
        pool.wait_until_idle();
    }
    let kept = live() - before;
    assert!(kept < A_LITTLE, "positions: {kept} bytes");
}

fn after_ends(large: &[u8]) {
    keeps_a_little("a write, and a close", |writer, pool| {
        assert_eq!(ready(submit(writer, large)).unwrap().len(), LARGE);
        drive(pool, writer.close_complete()).unwrap();
    });
    keeps_a_little("a dropped read, and a close", |writer, pool| {
        read_once(writer, &mut vec![0; LARGE]);
        drive(pool, writer.close_complete()).unwrap();
    });
    keeps_a_little("a dropped poll_write, and a close", |writer, pool| {
        poll_write_once(writer, large);
        drive(pool, AsyncWriteExt::close(writer)).unwrap();
    });
    keeps_a_little("an indeterminate write", |writer, pool| {
        drive(pool, writer.with_mut(|endless| endless.is_indeterminate = true)).unwrap();
        drive(pool, writer.write_complete(large)).unwrap_err();
    });
    keeps_a_little("a write that panics", |writer, pool| {
        drive(pool, writer.with_mut(|endless| endless.panics_with = LARGE)).unwrap();
        drive(pool, writer.write_complete(large)).unwrap_err();
    });
    keeps_a_little("a dropped read, and an indeterminate call", |writer, pool| {
        drive(pool, writer.with_mut(|endless| endless.is_indeterminate = true)).unwrap();
        read_once(writer, &mut vec![0; LARGE]);
        drive(pool, writer.write_complete(large)).unwrap_err();
    });
}

/// A write that waits for the reader of a full pipe needs its bytes; when it is let go it needs them no more.
fn after_stalls(large: &[u8]) {
    const WRITERS: usize = 8;
    let pool = Threads::new(WRITERS);
    let pipes: Vec<_> = (0..WRITERS).map(|_| io::pipe().unwrap()).collect();
    let before = live();
    let (readers, mut writers): (Vec<_>, Vec<_>) =
        pipes.into_iter().map(|(reader, writer)| (reader, Offload::with_pool(writer, pool.clone()))).unzip();
    for writer in &mut writers {
        assert_eq!(ready(submit(writer, large)).unwrap().len(), LARGE);
        assert!(settle(writer).is_pending(), "a pipe takes less");
    }
    let kept = live() - before;
    assert!(kept >= (WRITERS * LARGE) as isize, "stalled: {kept} bytes");
    for mut reader in readers {
        thread::scope(|scope| {
            scope.spawn(move || reader.read_exact(&mut [0; 1 << 12].repeat(LARGE >> 12)).map(|()| reader));
        });
    }
    for writer in &mut writers {
        assert_eq!(block_on(writer.settle()).unwrap().unwrap().completed(), LARGE);
    }
    pool.wait_until_idle();
    let kept = live() - before;
    assert!(kept < WRITERS as isize * A_LITTLE, "let go: {kept} bytes");
}

/// It could be polled again, so its bytes are needed to tell; a flush, or any other call, ends that.
fn one_copy_of_a_poll_write_that_was_dropped(large: &[u8]) {
    for policy in [Policy::never_spin(), Policy::default()] {
        let what = "a dropped poll_write";
        let kept = kept_by(policy, what, |writer, pool| {
            poll_write_once(writer, large);
            pool.run_all();
        });
        let copies = LARGE as isize..LARGE as isize + A_LITTLE;
        assert!(copies.contains(&kept), "{what}: {kept} bytes");
        let kept = kept_by(policy, what, |writer, pool| {
            poll_write_once(writer, large);
            pool.run_all();
            assert_eq!(drive(pool, writer.settle()).unwrap().unwrap().completed(), LARGE);
            drive(pool, writer.with_mut(|_| ())).unwrap();
        });
        assert!(kept < A_LITTLE, "{what}, and another call: {kept} bytes");
    }
}

fn with_real_threads(large: &[u8]) {
    // A worker that looks keeps the buffer for the next write, and lets go of it when it rests.
    let pool = Threads::new(1);
    let before = live();
    let mut writer = Offload::with_pool(Endless::default(), pool.clone());
    for _ in 0..100 {
        block_on(writer.write_all_complete(large)).unwrap();
        assert_eq!(block_on(writer.read(&mut vec![0; LARGE])).unwrap(), FETCHED);
    }
    pool.wait_until_idle();
    assert!(live() - before < A_LITTLE, "after a hundred writes: {} bytes", live() - before);

    // So that a thousand of them cost little.
    let pool = Stepped::new();
    let before = live();
    let mut writers: Vec<Writer> =
        (0..1000).map(|_| Offload::with_pool(Endless::default(), pool.clone()).policy(Policy::never_spin())).collect();
    for writer in &mut writers {
        drive(&pool, writer.write_all_complete(&large[..100_000])).unwrap();
    }
    assert!(live() - before < 1000 * 2 * (1 << 10), "a thousand idle writers: {} bytes", live() - before);
}
