//! Rule O2, reads: an abandoned one loses no byte, and a write after it lands where the handed-out reads ended.

mod after_a_close;
mod beside_writes;
mod errors;
mod readers;
mod then_a_write;

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, Write},
    pin::Pin,
    task::Poll,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, Offload, Submitted, offload::Policy,
};
use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::{AsyncReadExt, AsyncSeekExt, future::block_on};

use crate::common::{
    destination::{Outcome, Scripted, interrupted},
    pool::{Stepped, Threads},
    steps::{self, failed, offload, ready},
    waker::Task,
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;
/// EIO, the same on every Unix.
const IO_ERROR: i32 = 5;

/// One poll of a read of up to `len` bytes.
fn read<R: AsyncRead + Unpin>(reader: &mut R, len: usize) -> Poll<io::Result<Vec<u8>>> {
    let mut buf = vec![b'?'; len];
    steps::poll(|cx| Pin::new(&mut *reader).poll_read(cx, &mut buf)).map_ok(|n| buf[..n].to_vec())
}

/// A read that takes one job.
#[track_caller]
fn read_now<R: AsyncRead + Unpin>(reader: &mut R, pool: &Stepped, len: usize) -> Vec<u8> {
    assert!(read(reader, len).is_pending());
    assert!(pool.run_one());
    ready(read(reader, len)).unwrap()
}

/// A read that is begun and abandoned; its bytes are fetched.
#[track_caller]
fn abandon<R: AsyncRead + Unpin>(reader: &mut R, pool: &Stepped, len: usize) {
    assert!(read(reader, len).is_pending());
    assert!(pool.run_one());
}

/// A submission, and the jobs that it takes.
#[track_caller]
fn write_now(writer: &mut Offload<Scripted, Stepped>, pool: &Stepped, buf: &[u8]) {
    loop {
        match steps::submit(writer, buf) {
            Poll::Ready(submitted) => {
                let Submitted::InFlight(ticket) = submitted.unwrap() else { panic!("not in flight") };
                assert!(pool.run_one());
                assert_eq!(ready(steps::ask(writer, ticket)).unwrap(), buf.len());
                return;
            }
            Poll::Pending => assert!(pool.run_one(), "it waits for nothing"),
        }
    }
}

#[test]
fn a_read_is_one_call_on_the_pool() {
    let (mut reader, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
    assert_eq!(read_now(&mut reader, &pool, 4), b"abcd");
    assert_eq!(observer.reads(), [4]);
    assert_eq!(read_now(&mut reader, &pool, 4), b"ef", "a short read is a short read");
    assert_eq!(read_now(&mut reader, &pool, 4), b"", "the end");
    assert_eq!((observer.reads(), pool.executed()), (vec![4, 4, 4], 3));
}

#[test]
fn polled_again_it_is_the_same_read() {
    let (mut reader, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
    for _ in 0..100 {
        assert!(read(&mut reader, 3).is_pending());
    }
    assert!(pool.run_one());
    assert_eq!(ready(read(&mut reader, 3)).unwrap(), b"abc");
    assert_eq!((observer.reads(), pool.executed()), (vec![3], 1));
}

#[test]
fn no_room_takes_no_job() {
    let (mut reader, pool, _) = offload(Scripted::new().holding(b"abc"));
    assert_eq!(ready(read(&mut reader, 0)).unwrap(), b"");
    assert!(read(&mut reader, 3).is_pending());
    assert_eq!(ready(read(&mut reader, 0)).unwrap(), b"", "also while another read is out");
    assert_eq!(pool.executed(), 1);
}

#[test]
fn an_abandoned_read_goes_to_the_next_ones() {
    let (mut reader, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
    abandon(&mut reader, &pool, 6);
    assert_eq!(ready(read(&mut reader, 2)).unwrap(), b"ab");
    assert_eq!(ready(read(&mut reader, 1)).unwrap(), b"c");
    assert_eq!(ready(read(&mut reader, 100)).unwrap(), b"def", "what was fetched, and no more");
    assert_eq!(observer.reads(), [6]);
    assert_eq!(read_now(&mut reader, &pool, 5), b"gh");
}

#[test]
fn reads_dropped_at_random_lose_no_byte() {
    for seed in 1..100_u64 {
        let mut random = seed;
        let mut below = |n: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % n
        };
        let bytes: Vec<u8> = (0..3000).map(|_| below(256) as u8).collect();
        let outcomes: Vec<_> = (0..200)
            .map(|_| match below(4) {
                0 => Outcome::Error(io::ErrorKind::Interrupted),
                _ => Outcome::Short(1 + below(60) as usize),
            })
            .collect();
        let (mut reader, pool, _) = offload(Scripted::new().holding(&bytes).on_read(outcomes));
        let mut got = Vec::new();
        loop {
            match below(4) {
                0 => drop(pool.run_one()),
                _ => match read(&mut reader, 1 + below(100) as usize) {
                    Poll::Ready(part) if part.as_ref().unwrap().is_empty() => break,
                    Poll::Ready(part) => got.extend(part.unwrap()),
                    Poll::Pending => {}
                },
            }
        }
        assert!(got == bytes, "seed {seed}: other bytes");
    }
}

#[test]
fn a_huge_buffer_is_read_in_parts() {
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let (mut reader, pool, observer) = offload(Scripted::new().holding(&bytes));
    let first = read_now(&mut reader, &pool, bytes.len());
    assert!(first.len() < bytes.len() && first == bytes[..first.len()]);
    assert_eq!(observer.reads(), [first.len()]);
}
