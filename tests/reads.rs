//! Reads of an `Offload`: an abandoned one loses no byte, and a write after it lands where the handed-out reads ended.
#![cfg(all(feature = "offload", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    fs::File,
    future::Future,
    io::{self, Cursor, Read, Seek, Write},
    pin::{Pin, pin},
    task::Poll,
};

use async_write_complete::{AsyncWriteCompleteExt, Indeterminate, Offload, PriorWriteFailed, Submitted};
use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::{AsyncReadExt, AsyncSeekExt, future::block_on};

use self::common::{
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

/// Polls to the end, and steps the pool when there is nothing else to do.
#[track_caller]
fn run<T>(pool: &Stepped, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match steps::poll(|cx| future.as_mut().poll(cx)) {
            Poll::Ready(answer) => return answer,
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

mod then_a_write {
    use super::*;

    #[test]
    fn lands_where_the_handed_out_reads_ended() {
        // How many of six fetched bytes were handed out, and what is there after a write of two.
        for (handed_out, there) in [(0, b"XYcdefgh"), (2, b"abXYefgh"), (5, b"abcdeXYh"), (6, b"abcdefXY")] {
            let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
            abandon(&mut file, &pool, 6);
            if handed_out > 0 {
                assert_eq!(ready(read(&mut file, handed_out)).unwrap(), b"abcdef"[..handed_out]);
            }
            write_now(&mut file, &pool, b"XY");
            assert_eq!(observer.bytes(), there);
            let unread: &[u64] = if handed_out == 6 { &[] } else { &[6 - handed_out as u64] };
            assert_eq!(observer.unreads(), unread);
            assert_eq!(read_now(&mut file, &pool, 10), there[handed_out + 2..], "and reads go on behind it");
        }
    }

    #[test]
    fn waits_for_a_read_that_is_still_out() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
        assert!(read(&mut file, 6).is_pending());
        assert!(steps::submit(&mut file, b"XY").is_pending());
        assert_eq!(pool.len(), 1, "the write is not out yet");
        write_now(&mut file, &pool, b"XY");
        assert_eq!((observer.bytes(), observer.unreads()), (b"XYcdefgh".to_vec(), vec![6]));
    }

    #[test]
    fn is_right_by_poll_write_too() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
        abandon(&mut file, &pool, 6);
        assert_eq!(ready(read(&mut file, 1)).unwrap(), b"a");
        let mut polls = 0;
        while steps::poll(|cx| Pin::new(&mut file).poll_write(cx, b"XY")).map(Result::unwrap).is_pending() {
            assert!(pool.run_one());
            polls += 1;
        }
        assert_eq!((observer.bytes(), polls), (b"aXYdefgh".to_vec(), 2), "one job moves back, one writes");
    }

    #[test]
    fn to_a_stream_leaves_the_fetched_bytes_waiting() {
        let (mut socket, pool, observer) = offload(Scripted::new().stream(b"abcdef"));
        abandon(&mut socket, &pool, 4);
        assert_eq!(ready(read(&mut socket, 1)).unwrap(), b"a");
        write_now(&mut socket, &pool, b"XY");
        write_now(&mut socket, &pool, b"Z");
        assert_eq!((observer.bytes(), observer.unreads()), (b"XYZ".to_vec(), vec![3]), "asked once");
        assert_eq!(ready(read(&mut socket, 10)).unwrap(), b"bcd");
        assert_eq!(read_now(&mut socket, &pool, 10), b"ef");
    }

    /// A terminal, a FIFO or a socket may be a `File`. It cannot seek, so there is nothing to move back.
    #[cfg(unix)]
    #[test]
    fn to_a_file_that_cannot_seek_leaves_the_fetched_bytes_waiting() {
        use std::os::{fd::OwnedFd, unix::net::UnixStream};

        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let pool = Stepped::new();
        let mut file = Offload::with_pool(File::from(OwnedFd::from(ours)), pool.clone());
        theirs.write_all(b"abc").unwrap();
        abandon(&mut file, &pool, 3);
        run(&pool, file.write_all_complete(b"XY")).unwrap();
        let mut two = [0; 2];
        theirs.read_exact(&mut two).unwrap();
        assert_eq!((&two, ready(read(&mut file, 3)).unwrap()), (b"XY", b"abc".to_vec()));
    }

    #[test]
    fn is_not_executed_when_the_cursor_cannot_be_moved() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef").on_seek([Outcome::Os(IO_ERROR)]));
        abandon(&mut file, &pool, 4);
        assert!(steps::submit(&mut file, b"XY").is_pending());
        assert!(pool.run_one());
        assert_eq!(failed(steps::submit(&mut file, b"XY")).raw_os_error(), Some(IO_ERROR));
        assert_eq!(observer.writes(), []);
        write_now(&mut file, &pool, b"XY");
        assert_eq!((observer.bytes(), observer.unreads()), (b"XYcdef".to_vec(), vec![4, 4]), "tried again");
    }

    #[test]
    fn is_not_executed_when_the_pool_drops_the_move() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
        abandon(&mut file, &pool, 4);
        assert!(steps::submit(&mut file, b"XY").is_pending());
        assert!(pool.drop_one());
        failed(steps::submit(&mut file, b"XY"));
        assert_eq!((observer.writes(), observer.unreads()), (vec![], vec![]));
        write_now(&mut file, &pool, b"XY");
        assert_eq!(observer.bytes(), b"XYcdef");
    }

    /// Walking away from the write while the cursor is on its way back loses nothing either.
    #[test]
    fn abandoned_in_turn_leaves_the_reads_right() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
        abandon(&mut file, &pool, 6);
        assert_eq!(ready(read(&mut file, 2)).unwrap(), b"ab");
        assert!(steps::submit(&mut file, b"XY").is_pending());
        assert!(pool.run_one());
        assert_eq!((observer.position(), observer.writes()), (2, vec![]));
        assert_eq!(read_now(&mut file, &pool, 3), b"cde");
        assert_eq!(observer.bytes(), b"abcdefgh");
    }

    /// Of the write it is known that nothing was submitted, so its own error is a definite one.
    #[test]
    fn panics_of_the_move_poison() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef").on_seek([Outcome::Panic]));
        abandon(&mut file, &pool, 4);
        assert!(steps::submit(&mut file, b"XY").is_pending());
        assert!(pool.run_one());
        for _ in 0..2 {
            let error = failed(steps::submit(&mut file, b"XY"));
            assert!(error.to_string().contains("panicked: scripted"), "{error}");
        }
        assert_eq!((observer.writes(), observer.drops()), (vec![], 1));
    }

    /// `with_mut` sees the destination as its caller believes it to be.
    #[test]
    fn is_not_the_only_one_to_find_the_cursor_right() {
        let (mut file, pool, _) = offload(Scripted::new().holding(b"abcdef"));
        abandon(&mut file, &pool, 4);
        assert_eq!(ready(read(&mut file, 1)).unwrap(), b"a");
        let position = run(&pool, file.with_mut(|file| file.stream_position().unwrap())).unwrap();
        assert_eq!(position, 1);
    }

    #[test]
    fn and_the_destination_comes_out_with_its_cursor_right() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
        abandon(&mut file, &pool, 4);
        assert_eq!(ready(read(&mut file, 1)).unwrap(), b"a");
        let mut file = run(&pool, file.into_inner()).unwrap();
        assert_eq!(observer.position(), 1);
        let mut rest = String::new();
        file.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "bcdef");
    }

    /// The real ones: each is read, abandoned, and written over its pool.
    #[test]
    fn on_real_destinations() {
        fn abandoned_and_overwritten<T>(destination: T) -> T
        where
            T: async_write_complete::WriteComplete + Read + Seek + Send + std::fmt::Debug + 'static,
        {
            let pool = Stepped::new();
            let mut file = Offload::with_pool(destination, pool.clone());
            assert_eq!(read_now(&mut file, &pool, 2), b"ab");
            abandon(&mut file, &pool, 3);
            assert_eq!(ready(read(&mut file, 1)).unwrap(), b"c");
            let mut submitted = steps::submit(&mut file, b"XY");
            while submitted.is_pending() {
                assert!(pool.run_one());
                submitted = steps::submit(&mut file, b"XY");
            }
            match ready(submitted).unwrap() {
                Submitted::InFlight(_) => assert!(pool.run_one()),
                other => assert_eq!(other, Submitted::Complete(2)),
            }
            block_on(file.into_inner()).unwrap()
        }

        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abcdefgh").unwrap();
        file.rewind().unwrap();
        let mut file: File = abandoned_and_overwritten(file);
        file.rewind().unwrap();
        let mut there = String::new();
        file.read_to_string(&mut there).unwrap();
        assert_eq!(there, "abcXYfgh");

        assert_eq!(abandoned_and_overwritten(Cursor::new(b"abcdefgh".to_vec())).into_inner(), b"abcXYfgh");
    }
}

mod errors {
    use super::*;

    #[test]
    fn an_error_is_the_reads_own_and_passes() {
        let (mut reader, pool, observer) = offload(Scripted::new().holding(b"abc").on_read([Outcome::Os(IO_ERROR)]));
        assert!(read(&mut reader, 3).is_pending());
        assert!(pool.run_one());
        assert_eq!(failed(read(&mut reader, 3)).raw_os_error(), Some(IO_ERROR));
        assert_eq!(read_now(&mut reader, &pool, 3), b"abc");
        assert_eq!(observer.reads(), [3, 3]);
    }

    #[test]
    fn interrupts_are_tried_again_and_blocking_is_told_as_something_else() {
        let script = interrupted(2).chain([Outcome::Short(1), Outcome::Error(io::ErrorKind::WouldBlock)]);
        let (mut reader, pool, observer) = offload(Scripted::new().holding(b"abc").on_read(script));
        assert_eq!(read_now(&mut reader, &pool, 3), b"a");
        assert_eq!(observer.reads(), [3, 3, 3]);
        assert!(read(&mut reader, 3).is_pending());
        assert!(pool.run_one());
        let error = failed(read(&mut reader, 3));
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert!(error.to_string().contains("non-blocking"), "{error}");
    }

    /// A write is not a read; and whether the reader walked away, or is the other half of a split, cannot be known.
    #[test]
    fn an_abandoned_reads_error_meets_the_next_read_and_no_write() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abc").on_read([Outcome::Os(IO_ERROR)]));
        abandon(&mut file, &pool, 3);
        write_now(&mut file, &pool, b"XY");
        assert_eq!(observer.bytes(), b"XYc");
        assert_eq!(failed(read(&mut file, 3)).raw_os_error(), Some(IO_ERROR));
        assert_eq!(read_now(&mut file, &pool, 3), b"c", "once");
    }

    /// An end that nobody was told of is none any more when the caller has moved the cursor, or the end.
    #[test]
    fn an_abandoned_reads_end_is_not_told_of_a_destination_that_has_changed() {
        let (mut file, pool, _) = offload(Scripted::new().holding(b"abc"));
        assert_eq!(read_now(&mut file, &pool, 3), b"abc");
        abandon(&mut file, &pool, 3);
        run(&pool, file.with_mut(|file| file.rewind().unwrap())).unwrap();
        assert_eq!(read_now(&mut file, &pool, 3), b"abc");

        let pool = Stepped::new();
        let mut file = Offload::with_pool(tempfile::tempfile().unwrap(), pool.clone());
        abandon(&mut file, &pool, 3);
        run(&pool, file.set_len(2)).unwrap();
        assert_eq!(read_now(&mut file, &pool, 3), b"\0\0");
    }

    #[test]
    fn a_read_that_breaks_the_contract_poisons() {
        for outcome in [Outcome::Panic, Outcome::Lie(1), Outcome::Lie(usize::MAX)] {
            let (mut reader, pool, observer) = offload(Scripted::new().holding(b"abc").on_read([outcome]));
            assert!(read(&mut reader, 3).is_pending());
            assert!(pool.run_one());
            let error = failed(read(&mut reader, 3));
            assert!(Indeterminate::find(&error).is_some(), "{error:?}");
            for _ in 0..2 {
                failed(read(&mut reader, 3));
                failed(steps::submit(&mut reader, b"XY"));
                failed(steps::barrier(&mut reader));
            }
            assert_eq!((observer.reads(), observer.writes(), pool.len()), (vec![3], vec![], 0));
            assert_eq!(observer.drops(), 1, "what it would do next, nobody knows");
        }
    }

    /// Rule W13: every later operation errs, also a read of bytes that were fetched before.
    #[test]
    fn a_poisoned_destination_gives_no_more_of_what_was_fetched() {
        let (mut socket, pool, observer) = offload(Scripted::script([Outcome::Panic]).stream(b"abcdef"));
        abandon(&mut socket, &pool, 4);
        assert_eq!(ready(read(&mut socket, 1)).unwrap(), b"a");
        while steps::submit(&mut socket, b"XY").map(|submitted| submitted.map(|s| s.ticket()).unwrap()).is_pending() {
            assert!(pool.run_one());
        }
        assert!(pool.run_one());
        assert_eq!(observer.writes(), [2]);
        for _ in 0..2 {
            let error = failed(read(&mut socket, 1));
            assert!(error.to_string().contains("panicked: scripted"), "{error}");
        }
    }

    #[test]
    fn a_job_that_never_ran_is_an_error_and_the_bytes_are_still_there() {
        let (mut reader, pool, _) = offload(Scripted::new().holding(b"abc"));
        for _ in 0..2 {
            assert!(read(&mut reader, 3).is_pending());
            assert!(pool.drop_one());
            assert_eq!(failed(read(&mut reader, 3)).kind(), io::ErrorKind::Other);
        }
        pool.refuse(true);
        for _ in 0..2 {
            assert_eq!(failed(read(&mut reader, 3)).kind(), io::ErrorKind::Other, "refused");
        }
        pool.refuse(false);
        assert_eq!(read_now(&mut reader, &pool, 3), b"abc");
    }
}

mod beside_writes {
    use super::*;

    #[test]
    fn a_read_waits_for_the_outstanding_write() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
        let ticket = steps::in_flight(&mut file, b"XY");
        let reader = Task::new();
        let mut buf = [0; 4];
        assert!(reader.poll(|cx| Pin::new(&mut file).poll_read(cx, &mut buf)).is_pending());
        assert_eq!((pool.len(), observer.reads()), (1, vec![]));
        assert!(pool.run_one());
        assert_eq!(reader.wakes(), 1);
        assert_eq!(read_now(&mut file, &pool, 4), b"cdef", "behind the write");
        assert_eq!(ready(steps::ask(&mut file, ticket)).unwrap(), 2, "and the answer is still there");
    }

    /// Rule W9: reads neither report an orphan's failure nor consume it.
    #[test]
    fn a_read_does_not_hear_of_an_orphan() {
        for (outcome, complete) in [(Outcome::Os(NO_SPACE), 0), (Outcome::Short(1), 1)] {
            let (mut file, pool, observer) = offload(Scripted::script([outcome]).holding(b"abcdef"));
            let orphan = steps::in_flight(&mut file, b"XY");
            assert!(read(&mut file, 3).is_pending());
            assert!(pool.run_one());
            assert_eq!(read_now(&mut file, &pool, 2), b"abcdef"[complete..complete + 2]);
            abandon(&mut file, &pool, 2);
            assert_eq!(ready(read(&mut file, 1)).unwrap().len(), 1);
            let error = steps::prior(steps::submit(&mut file, b"Z"), orphan, Some(complete));
            assert_eq!(PriorWriteFailed::find(&error).unwrap().ticket(), orphan);
            assert_eq!(observer.writes(), [2], "it is not executed");
            assert_eq!(ready(read(&mut file, 1)).unwrap().len(), 1, "and the fetched bytes are where they were");
        }
    }

    /// Rule W10: it makes no call on the destination, not even to move the cursor back.
    #[test]
    fn a_barrier_leaves_fetched_bytes_alone() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
        abandon(&mut file, &pool, 4);
        let jobs = pool.executed();
        assert_eq!(ready(steps::barrier(&mut file)).unwrap(), Submitted::Complete(0));
        ready(steps::poll(|cx| Pin::new(&mut file).poll_flush(cx))).unwrap();
        assert_eq!((pool.executed(), observer.unreads()), (jobs, vec![]));
        assert_eq!(ready(read(&mut file, 4)).unwrap(), b"abcd");
    }

    #[test]
    fn a_read_does_not_supersede_a_ticket() {
        let (mut file, pool, _) = offload(Scripted::new().holding(b"abcdef"));
        let ticket = steps::in_flight(&mut file, b"XY");
        assert!(pool.run_one());
        assert_eq!(read_now(&mut file, &pool, 1), b"c");
        assert_eq!(ready(steps::ask(&mut file, ticket)).unwrap(), 2);
        assert_eq!(ready(steps::ask(&mut file, ticket)).unwrap(), 2);
    }
}

mod after_a_close {
    use super::*;

    #[test]
    fn a_read_is_an_error() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
        assert!(steps::close(&mut file).is_pending());
        assert_eq!(failed(read(&mut file, 3)).kind(), io::ErrorKind::BrokenPipe, "while it is under way");
        assert_eq!(pool.run_all(), 1);
        ready(steps::close(&mut file)).unwrap();
        for _ in 0..2 {
            assert_eq!(failed(read(&mut file, 3)).kind(), io::ErrorKind::BrokenPipe);
        }
        assert_eq!((observer.reads(), observer.drops()), (vec![], 1));
    }

    /// Rule W12: an error, also where bytes were fetched before.
    #[test]
    fn fetched_bytes_are_gone() {
        let (mut file, pool, _) = offload(Scripted::new().holding(b"abcdef"));
        abandon(&mut file, &pool, 6);
        assert_eq!(ready(read(&mut file, 2)).unwrap(), b"ab");
        assert!(steps::close(&mut file).is_pending());
        pool.run_all();
        ready(steps::close(&mut file)).unwrap();
        assert_eq!(failed(read(&mut file, 2)).kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn bytes_that_nobody_has_taken_in_are_gone_too() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
        assert!(read(&mut file, 3).is_pending());
        assert!(steps::close(&mut file).is_pending());
        pool.run_all();
        ready(steps::close(&mut file)).unwrap();
        assert_eq!((observer.reads(), observer.drops()), (vec![3], 1), "a dispatched read finishes");
        assert_eq!(failed(read(&mut file, 3)).kind(), io::ErrorKind::BrokenPipe);
    }
}

mod readers {
    use super::*;

    /// What cannot be written to at all.
    #[derive(Debug)]
    struct Source(Cursor<&'static [u8]>);

    impl Read for Source {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.0.read(buf)
        }
    }

    impl Seek for Source {
        fn seek(&mut self, pos: io::SeekFrom) -> io::Result<u64> {
            self.0.seek(pos)
        }
    }

    #[test]
    fn a_source_needs_no_promise_to_be_read() {
        let pool = Stepped::new();
        let mut reader = Offload::reader_with_pool(Source(Cursor::new(b"abcdef")), pool.clone());
        assert_eq!(read_now(&mut reader, &pool, 2), b"ab");
        abandon(&mut reader, &pool, 3);
        assert_eq!(ready(read(&mut reader, 10)).unwrap(), b"cde");
        assert_eq!(read_now(&mut reader, &pool, 10), b"f");
        assert_eq!(read_now(&mut reader, &pool, 10), b"");
    }

    #[test]
    fn over_the_pool_that_callers_get_by_default() {
        let mut reader = Offload::reader(Source(Cursor::new(b"abcdef")));
        block_on(async {
            let (mut all, mut rest) = (String::new(), String::new());
            reader.read_to_string(&mut all).await.unwrap();
            assert_eq!(all, "abcdef");
            assert_eq!(reader.seek(io::SeekFrom::Start(4)).await.unwrap(), 4);
            reader.read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, "ef");
            assert_eq!(reader.with_mut(|source| source.0.position()).await.unwrap(), 6);
            assert_eq!(reader.into_inner().await.unwrap().0.position(), 6);
        });
    }

    /// An `Offload<File>` is one type, whichever way it was made, and so it can be written to.
    #[test]
    fn a_write_lands_where_the_reads_ended_here_too() {
        let (destination, pool) = (Scripted::new().holding(b"abcdef"), Stepped::new());
        let observer = destination.observer();
        let mut file = Offload::reader_with_pool(destination, pool.clone());
        abandon(&mut file, &pool, 4);
        assert_eq!(ready(read(&mut file, 1)).unwrap(), b"a");
        write_now(&mut file, &pool, b"XY");
        assert_eq!(observer.bytes(), b"aXYdef");
    }

    /// Somebody else would go on reading behind them.
    #[test]
    fn a_source_does_not_come_out_over_fetched_bytes() {
        let pool = Stepped::new();
        let mut reader = Offload::reader_with_pool(Source(Cursor::new(b"abcdef")), pool.clone());
        abandon(&mut reader, &pool, 4);
        assert_eq!(ready(read(&mut reader, 1)).unwrap(), b"a");
        let (error, mut reader) = run(&pool, reader.into_inner()).unwrap_err().into_parts();
        assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
        assert_eq!(ready(read(&mut reader, 4)).unwrap(), b"bcd");
        assert_eq!(run(&pool, reader.into_inner()).unwrap().0.position(), 4);
    }

    #[test]
    fn lines_of_a_real_file() {
        let mut file = tempfile::tempfile().unwrap();
        for n in 0..1000 {
            writeln!(file, "line {n}").unwrap();
        }
        file.rewind().unwrap();
        block_on(async {
            let reader = Offload::reader_with_pool(file, Threads::new(1));
            let mut lines = futures_lite::AsyncBufReadExt::lines(futures_lite::io::BufReader::new(reader));
            let mut count = 0;
            while let Some(line) = futures_lite::StreamExt::next(&mut lines).await {
                assert_eq!(line.unwrap(), format!("line {count}"));
                count += 1;
            }
            assert_eq!(count, 1000);
        });
    }

    #[test]
    fn open_reads_what_create_wrote() {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        block_on(async {
            let mut writer = Offload::create(&path).await.unwrap();
            writer.write_all_complete(b"there").await.unwrap();
            let mut reader = Offload::open(&path).await.unwrap();
            let mut there = String::new();
            reader.read_to_string(&mut there).await.unwrap();
            assert_eq!(there, "there");
            assert!(reader.write_complete(b"x").await.is_err(), "opened for reading");
        });
    }
}
