//! `poll_write` of futures-io has no ticket: which write a buffer belongs to is told by its content.
#![cfg(all(feature = "offload", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    cmp::min,
    fs::File,
    future::Future,
    io::{self, IoSlice, Read, SeekFrom},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Offload, PriorWriteFailed, Submitted, adapter::ToFuturesIo,
};
use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};
use futures_lite::{AsyncWriteExt, future::block_on};

use self::common::{
    destination::{Observer, Outcome, Scripted, interrupted},
    pool::{Stepped, Threads},
    steps::{self, failed, offload, ready},
    waker::Task,
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

type Writer<'a> = dyn AsyncWrite + Unpin + 'a;

fn write(writer: &mut (impl AsyncWrite + Unpin + ?Sized), buf: &[u8]) -> Poll<io::Result<usize>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_write(cx, buf))
}

fn write_list(writer: &mut (impl AsyncWrite + Unpin + ?Sized), bufs: &[&[u8]]) -> Poll<io::Result<usize>> {
    let bufs: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
    steps::poll(|cx| Pin::new(&mut *writer).poll_write_vectored(cx, &bufs))
}

fn flush(writer: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_flush(cx))
}

fn close(writer: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_close(cx))
}

/// Runs `test` with an `Offload`, and with one behind the adapter, which must behave alike.
fn of_both(script: &[Outcome], test: impl Fn(&mut Writer<'_>, &Stepped, &Observer)) {
    let (mut writer, pool, observer) = offload(Scripted::script(script.to_vec()));
    test(&mut writer, &pool, &observer);
    let (writer, pool, observer) = offload(Scripted::script(script.to_vec()));
    test(&mut ToFuturesIo::new(writer), &pool, &observer);
}

/// Asserts the report of an orphan of `len` bytes.
#[track_caller]
fn prior(error: &io::Error, len: usize, complete: Option<usize>) {
    let prior = PriorWriteFailed::find(error).unwrap_or_else(|| panic!("not the report of an orphan: {error:?}"));
    assert_eq!((prior.ticket().len(), prior.complete()), (len, complete));
}

mod one_write {
    use super::*;

    #[test]
    fn the_same_buffer_is_the_same_write() {
        of_both(&[], |writer, pool, observer| {
            for _ in 0..1000 {
                assert!(write(writer, b"abc").is_pending());
            }
            assert_eq!((pool.len(), pool.executed()), (1, 1));
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
            assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3]));
        });
    }

    /// It is told by what it says, not by where it is.
    #[test]
    fn the_same_bytes_elsewhere_are_the_same_write() {
        of_both(&[], |writer, pool, observer| {
            let (first, second) = (b"abc".to_vec(), b"abc".to_vec());
            assert!(write(writer, &first).is_pending());
            drop(first);
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, &second)).unwrap(), 3);
            assert_eq!(observer.writes(), [3]);
        });
    }

    #[test]
    fn a_longer_buffer_is_answered_for_what_was_submitted() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(write(writer, b"abcd").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"abcdef")).unwrap(), 3);
            assert!(write(writer, b"def").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"def")).unwrap(), 3);
            assert_eq!((observer.bytes(), observer.writes()), (b"abcdef".to_vec(), vec![3, 3]));
        });
    }

    #[test]
    fn a_shorter_buffer_leaves_a_credit() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abcdef").is_pending());
            assert!(write(writer, b"a").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
            assert_eq!(ready(write(writer, b"c")).unwrap(), 1);
            assert_eq!(ready(write(writer, b"defgh")).unwrap(), 3, "the credit ends");
            assert_eq!((observer.writes(), pool.executed()), (vec![6], 1));
            assert!(write(writer, b"gh").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"gh")).unwrap(), 2);
            assert_eq!((observer.bytes(), observer.writes()), (b"abcdefgh".to_vec(), vec![6, 2]));
        });
    }

    #[test]
    fn the_credit_of_a_short_write_is_what_is_complete() {
        of_both(&[Outcome::Short(4)], |writer, pool, observer| {
            assert!(write(writer, b"abcdef").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
            assert_eq!(ready(write(writer, b"def")).unwrap(), 1);
            assert!(write(writer, b"ef").is_pending(), "no later byte of that submission is or will be complete");
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ef")).unwrap(), 2);
            assert_eq!((observer.bytes(), observer.writes()), (b"abcdef".to_vec(), vec![6, 2]));
        });
    }

    /// What is not complete was taken back by the short count, so it is nothing to agree with.
    #[test]
    fn the_credit_of_a_short_write_is_compared_as_far_as_it_goes() {
        of_both(&[Outcome::Short(4)], |writer, pool, observer| {
            assert!(write(writer, b"abcdef").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
            assert_eq!(ready(write(writer, b"cdXY")).unwrap(), 2);
            assert!(write(writer, b"XY").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"XY")).unwrap(), 2);
            assert_eq!(observer.bytes(), b"abcdXY");
        });
    }

    #[test]
    fn lists_and_flat_buffers_are_compared_by_their_bytes() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abcdef").is_pending());
            assert!(write_list(writer, &[b"ab", b"", b"cd", b"efg"]).is_pending());
            assert!(write_list(writer, &[b"", b"abc"]).is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write_list(writer, &[b"a", b"bc"])).unwrap(), 3);
            assert_eq!(ready(write_list(writer, &[b"d", b"", b"efg"])).unwrap(), 3);
            assert_eq!(observer.writes(), [6]);

            assert!(write_list(writer, &[b"g", b"", b"hi"]).is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ghijk")).unwrap(), 3, "one submission of the whole list");
            assert_eq!((observer.bytes(), observer.writes()), (b"abcdefghi".to_vec(), vec![6, 3]));
        });
    }

    #[test]
    fn a_list_that_differs_in_a_later_slice_is_another_write() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abcdef").is_pending());
            assert!(write_list(writer, &[b"abc", b"dX"]).is_pending());
            assert_eq!(pool.run_all(), 1);
            assert!(write_list(writer, &[b"abc", b"dX"]).is_pending(), "its own submission");
            assert_eq!(pool.run_all(), 1);
            assert_eq!(ready(write_list(writer, &[b"abc", b"dX"])).unwrap(), 5);
            assert_eq!(observer.bytes(), b"abcdefabcdX");
        });
    }

    #[test]
    fn no_bytes_leave_it_alone() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert_eq!(ready(write(writer, b"")).unwrap(), 0);
            assert_eq!(ready(write_list(writer, &[])).unwrap(), 0);
            assert_eq!(ready(write_list(writer, &[b"", b""])).unwrap(), 0);
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"")).unwrap(), 0);
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
            assert_eq!(ready(write(writer, b"")).unwrap(), 0);
            assert_eq!(ready(write(writer, b"c")).unwrap(), 1);
            assert_eq!((observer.writes(), pool.executed()), (vec![3], 1));
        });
    }

    #[test]
    fn a_flush_leaves_it_alone() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(flush(writer).is_pending());
            assert!(pool.run_one());
            ready(flush(writer)).unwrap();
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
            ready(flush(writer)).unwrap();
            assert_eq!(ready(write(writer, b"c")).unwrap(), 1);
            assert_eq!((observer.writes(), pool.executed()), (vec![3], 1));
            assert_eq!(observer.flushes(), 0, "nothing is held back, so nothing is flushed");
        });
    }

    #[test]
    fn reads_leave_it_alone() {
        let (mut writer, pool, observer) = offload(Scripted::new().stream(b"input"));
        let mut buf = [0; 5];
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(steps::poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf)).is_pending());
        assert!(pool.run_one());
        assert!(steps::poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf)).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(steps::poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf))).unwrap(), 5);
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
        assert_eq!((observer.writes(), &buf), (vec![3], b"input"));
    }

    /// What was answered for is over: the same bytes are asked for again because they are to be written again.
    #[test]
    fn the_same_bytes_after_the_answer_are_a_new_write() {
        of_both(&[], |writer, pool, observer| {
            for _ in 0..3 {
                assert!(write(writer, b"ab").is_pending());
                assert!(pool.run_one());
                assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
            }
            assert_eq!((observer.bytes(), observer.writes()), (b"ababab".to_vec(), vec![2, 2, 2]));
        });
    }

    /// Documented: the destination is then as if the dropped one had never been asked for.
    #[test]
    fn two_equal_writes_of_which_the_first_was_dropped_become_one() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"ab").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2, "of the second");
            assert_eq!(observer.bytes(), b"ab");
        });
    }

    #[test]
    fn its_error_is_answered_once_and_then_it_is_over() {
        of_both(&[Outcome::Os(NO_SPACE)], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(pool.run_one());
            let error = failed(write(writer, b"abcd"));
            assert_eq!(error.raw_os_error(), Some(NO_SPACE), "its own error, not the report of an orphan");
            assert!(write(writer, b"abc").is_pending(), "a new write");
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
            assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3, 3]));
        });
    }

    #[test]
    fn a_destination_that_takes_no_more_answers_zero_and_then_it_is_over() {
        of_both(&[Outcome::Zero], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"abc")).unwrap(), 0);
            assert!(write(writer, b"abc").is_pending(), "a new write");
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
            assert_eq!(observer.bytes(), b"abc");
        });
    }

    /// A submission is bounded; a buffer beyond the bound is a lengthened one.
    #[test]
    fn a_huge_buffer_is_written_in_parts() {
        let huge: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        of_both(&[], |writer, pool, observer| {
            let mut rest = &huge[..];
            while !rest.is_empty() {
                match write(writer, rest) {
                    Poll::Ready(n) => rest = &rest[n.unwrap()..],
                    Poll::Pending => assert!(pool.run_one()),
                }
            }
            assert!(observer.bytes() == huge && observer.writes().len() > 1);
        });
    }

    #[test]
    fn the_task_that_asked_last_is_woken() {
        let (mut writer, pool, _) = offload(Scripted::new());
        let (first, second) = (Task::new(), Task::new());
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(first.poll(|cx| Pin::new(&mut writer).poll_write(cx, b"abc")).is_pending());
        assert!(second.poll(|cx| Pin::new(&mut writer).poll_write(cx, b"ab")).is_pending());
        assert!(pool.run_one());
        assert_eq!((first.wakes(), second.wakes()), (0, 1));
    }
}

mod another_write {
    use super::*;

    #[test]
    fn it_waits_for_the_earlier_one_and_has_a_count_of_its_own() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(write(writer, b"abX..").is_pending());
            assert_eq!(pool.len(), 1, "one write is outstanding");
            assert!(pool.run_one());
            assert!(write(writer, b"abX..").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"abX..")).unwrap(), 5);
            assert_eq!((observer.bytes(), observer.writes()), (b"abcabX..".to_vec(), vec![3, 5]));
        });
    }

    /// How it ended, what is reported, and how many bytes are there.
    #[test]
    fn the_earlier_ones_failure_is_reported_to_it_once() {
        let cases = [
            (Outcome::Os(NO_SPACE), Some(0), io::ErrorKind::StorageFull, &b""[..]),
            (Outcome::Short(2), Some(2), io::ErrorKind::WriteZero, b"ab"),
            (Outcome::Zero, Some(0), io::ErrorKind::WriteZero, b""),
        ];
        for (outcome, complete, kind, there) in cases {
            of_both(&[outcome], |writer, pool, observer| {
                assert!(write(writer, b"abc").is_pending());
                assert!(write(writer, b"XY").is_pending());
                assert!(pool.run_one());
                let error = failed(write(writer, b"XY"));
                prior(&error, 3, complete);
                assert_eq!(error.kind(), kind);
                assert_eq!((observer.bytes(), pool.len()), (there.to_vec(), 0), "it is not executed");

                assert!(write(writer, b"XY").is_pending());
                assert!(pool.run_one());
                assert_eq!(ready(write(writer, b"XY")).unwrap(), 2);
                assert_eq!(observer.bytes(), [there, b"XY"].concat());
            });
        }
    }

    #[test]
    fn an_earlier_one_that_panicked_poisons() {
        of_both(&[Outcome::Panic], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(pool.run_one());
            prior(&failed(write(writer, b"XY")), 3, None);
            for _ in 0..2 {
                assert!(PriorWriteFailed::find(&failed(write(writer, b"XY"))).is_none());
                failed(flush(writer));
            }
            assert_eq!((observer.writes(), pool.len()), (vec![3], 0));
        });
    }

    #[test]
    fn a_credit_of_complete_bytes_is_forgotten_without_a_word() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abcdef").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
            assert!(write(writer, b"XY").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"XY")).unwrap(), 2);
            assert_eq!(observer.bytes(), b"abcdefXY", "the whole of the earlier one has happened");
        });
    }

    #[test]
    fn a_short_count_of_which_a_part_was_answered_is_reported() {
        of_both(&[Outcome::Short(4)], |writer, pool, observer| {
            assert!(write(writer, b"abcdef").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
            prior(&failed(write(writer, b"XY")), 6, Some(4));
            assert_eq!(pool.len(), 0, "it is not executed");
            assert!(write(writer, b"XY").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"XY")).unwrap(), 2);
            assert_eq!(observer.bytes(), b"abcdXY");
        });
    }

    /// The report of a flush is the answer to that write: what comes then is a new one.
    #[test]
    fn a_flush_is_told_of_it_and_that_is_its_answer() {
        for (outcome, complete, there) in [(Outcome::Os(NO_SPACE), 0, &b""[..]), (Outcome::Short(2), 2, b"ab")] {
            of_both(&[outcome], |writer, pool, observer| {
                assert!(write(writer, b"abc").is_pending());
                assert!(pool.run_one());
                prior(&failed(flush(writer)), 3, Some(complete));
                ready(flush(writer)).unwrap();
                assert!(write(writer, b"abc").is_pending());
                assert!(pool.run_one());
                assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
                assert_eq!(observer.bytes(), [there, b"abc"].concat());
            });
        }
    }

    #[test]
    fn a_close_waits_for_it_releases_and_keeps_the_outcome() {
        of_both(&[Outcome::Short(2)], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(close(writer).is_pending());
            assert_eq!(pool.run_all(), 1, "released by the job that wrote");
            assert_eq!((observer.bytes(), observer.drops()), (b"ab".to_vec(), 1));
            for _ in 0..2 {
                prior(&failed(close(writer)), 3, Some(2));
                assert_eq!(failed(write(writer, b"abc")).kind(), io::ErrorKind::BrokenPipe);
                assert_eq!(failed(flush(writer)).kind(), io::ErrorKind::BrokenPipe);
            }
        });
    }

    #[test]
    fn a_close_is_told_of_a_short_count_of_which_a_part_was_answered() {
        of_both(&[Outcome::Short(4)], |writer, pool, observer| {
            assert!(write(writer, b"abcdef").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
            assert!(close(writer).is_pending());
            assert_eq!((pool.run_all(), observer.drops()), (1, 1), "released all the same");
            prior(&failed(close(writer)), 6, Some(4));
            prior(&failed(close(writer)), 6, Some(4));
        });
    }

    #[test]
    fn a_close_after_a_complete_write_is_clean() {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(close(writer).is_pending());
            pool.run_all();
            ready(close(writer)).unwrap();
            ready(close(writer)).unwrap();
            assert_eq!((observer.bytes(), observer.drops()), (b"abc".to_vec(), 1));
        });
    }
}

/// The operations after which the same bytes are a new write.
mod what_ends_it {
    use super::*;

    /// An operation of an `Offload`, as a caller makes it.
    type Operation<T> = for<'a> fn(&'a mut Offload<T, Stepped>) -> Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;

    /// Polls to the end, and steps the pool when there is nothing else to do.
    fn run<T>(pool: &Stepped, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            match steps::poll(|cx| future.as_mut().poll(cx)) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => assert!(pool.run_one(), "it waits for nothing"),
            }
        }
    }

    fn operations() -> Vec<(&'static str, Operation<Scripted>)> {
        vec![
            ("seek", |w| Box::pin(async { futures_lite::AsyncSeekExt::seek(w, SeekFrom::Current(0)).await.map(drop) })),
            ("with_mut", |w| Box::pin(w.with_mut(|_| ()))),
        ]
    }

    fn operations_on_files() -> Vec<(&'static str, Operation<File>)> {
        vec![
            ("sync_data", |w| Box::pin(w.sync_data())),
            ("sync_all", |w| Box::pin(w.sync_all())),
            ("set_len", |w| Box::pin(w.set_len(3))),
        ]
    }

    #[test]
    fn the_same_bytes_after_it_are_a_new_write() {
        for (name, operation) in operations() {
            let (mut writer, pool, observer) = offload(Scripted::new());
            assert!(write(&mut writer, b"abc").is_pending(), "{name}");
            run(&pool, operation(&mut writer)).unwrap();
            assert!(write(&mut writer, b"abc").is_pending(), "{name}");
            assert!(pool.run_one());
            assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3, "{name}");
            assert_eq!(observer.bytes(), b"abcabc", "{name}");
        }
        for (name, operation) in operations_on_files() {
            let mut file = tempfile::tempfile().unwrap();
            let pool = Stepped::new();
            let mut writer = Offload::with_pool(file.try_clone().unwrap(), pool.clone());
            assert!(write(&mut writer, b"abc").is_pending(), "{name}");
            run(&pool, operation(&mut writer)).unwrap();
            assert!(write(&mut writer, b"abc").is_pending(), "{name}");
            assert!(pool.run_one());
            assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3, "{name}");
            let mut there = Vec::new();
            io::Seek::rewind(&mut file).unwrap();
            file.read_to_end(&mut there).unwrap();
            assert_eq!(there, b"abcabc", "{name}");
        }
    }

    #[test]
    fn a_credit_ends_with_it() {
        for (name, operation) in operations() {
            let (mut writer, pool, observer) = offload(Scripted::new());
            assert!(write(&mut writer, b"abcd").is_pending(), "{name}");
            assert!(pool.run_one());
            assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2, "{name}");
            run(&pool, operation(&mut writer)).unwrap();
            assert!(write(&mut writer, b"cd").is_pending(), "{name}");
            assert!(pool.run_one());
            assert_eq!(observer.bytes(), b"abcdcd", "{name}");
        }
    }

    /// A barrier is no other operation, also not through the other trait.
    #[test]
    fn a_barrier_does_not() {
        let (mut writer, pool, observer) = offload(Scripted::new());
        assert!(write(&mut writer, b"abc").is_pending());
        run(&pool, writer.write_complete(b"")).unwrap();
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
        assert_eq!(observer.bytes(), b"abc");
    }

    #[test]
    fn a_submission_with_a_ticket_ends_it() {
        let (mut writer, pool, observer) = offload(Scripted::new());
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(steps::submit(&mut writer, b"abc").is_pending(), "it waits, and is another write");
        assert!(pool.run_one());
        let ticket = steps::in_flight(&mut writer, b"abc");
        assert!(write(&mut writer, b"abc").is_pending(), "a third one");
        assert!(pool.run_one());
        assert_eq!(ready(steps::ask(&mut writer, ticket)).unwrap(), 3);
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
        assert_eq!(observer.bytes(), b"abcabcabc");
    }

    #[test]
    fn a_short_count_of_which_a_part_was_answered_is_reported_to_it_once() {
        let (mut writer, pool, observer) = offload(Scripted::script(std::iter::repeat_n(Outcome::Short(4), 3)));
        for (name, operation) in operations() {
            assert!(write(&mut writer, b"abcdef").is_pending(), "{name}");
            assert!(pool.run_one());
            assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2, "{name}");
            let (calls, jobs) = (observer.seeks().len(), pool.executed());
            prior(&run(&pool, operation(&mut writer)).unwrap_err(), 6, Some(4));
            assert_eq!((observer.seeks().len(), pool.executed()), (calls, jobs), "{name}: it is not executed");
            run(&pool, operation(&mut writer)).unwrap();
        }
    }

    #[test]
    fn a_submission_is_told_of_such_a_short_count() {
        let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(4)]));
        assert!(write(&mut writer, b"abcdef").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2);
        prior(&failed(steps::submit(&mut writer, b"XY")), 6, Some(4));
        steps::in_flight(&mut writer, b"XY");
        assert!(pool.run_one());
        assert_eq!(observer.bytes(), b"abcdXY");
    }

    #[test]
    fn into_inner_is_told_of_such_a_short_count_and_the_writer_comes_back() {
        let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(4)]));
        assert!(write(&mut writer, b"abcdef").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2);
        let (error, writer) = block_on(writer.into_inner()).unwrap_err().into_parts();
        prior(&error, 6, Some(4));
        assert!(block_on(writer.into_inner()).is_ok());
        assert_eq!(observer.bytes(), b"abcd");
    }

    #[test]
    fn looking_at_the_metadata_does_not_end_it() {
        let file = tempfile::tempfile().unwrap();
        let pool = Stepped::new();
        let mut writer = Offload::with_pool(file, pool.clone());
        assert!(write(&mut writer, b"abc").is_pending());
        assert_eq!(run(&pool, writer.metadata()).unwrap().len(), 3);
        let jobs = pool.executed();
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
        assert_eq!(pool.executed(), jobs);
    }
}

/// Callers as they are.
mod real_callers {
    use super::*;

    /// Writes of all sizes, some interrupted.
    fn capricious(seed: u64) -> Scripted {
        let mut random = XorShift(seed);
        Scripted::by_call(move |_| match random.below(6) {
            0 => Outcome::Error(io::ErrorKind::Interrupted),
            1 => Outcome::All,
            _ => Outcome::Short(1 + random.below(5000)),
        })
    }

    fn some_bytes(len: u32) -> Vec<u8> {
        (0..len).map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn copy_of_futures_lite() {
        let bytes = some_bytes(200_000);
        let (destination, pool) = (capricious(1), Threads::new(2));
        let observer = destination.observer();
        let mut writer = Offload::with_pool(destination, pool);
        let copied = block_on(futures_lite::io::copy(&bytes[..], &mut writer)).unwrap();
        assert_eq!(copied, bytes.len() as u64);
        assert!(observer.bytes() == bytes, "other bytes");
    }

    #[test]
    fn copy_of_futures_util() {
        let bytes = some_bytes(200_000);
        let destination = capricious(2);
        let observer = destination.observer();
        let mut writer = Offload::with_pool(destination, Threads::new(2));
        let copied = block_on(futures_util::io::copy(&bytes[..], &mut writer)).unwrap();
        assert_eq!(copied, bytes.len() as u64);
        assert!(observer.bytes() == bytes, "other bytes");
    }

    #[test]
    fn the_buffered_writers() {
        let bytes = some_bytes(100_000);
        let destination = capricious(3);
        let observer = destination.observer();
        block_on(async {
            let writer = Offload::with_pool(destination, Threads::new(2));
            let mut buffered = futures_lite::io::BufWriter::with_capacity(1000, writer);
            for chunk in bytes.chunks(777) {
                buffered.write_all(chunk).await.unwrap();
            }
            buffered.close().await.unwrap();
        });
        assert!(observer.bytes() == bytes, "other bytes");
        assert_eq!((observer.flushes(), observer.drops()), (0, 1));

        let destination = capricious(4);
        let observer = destination.observer();
        block_on(async {
            let writer = Offload::with_pool(destination, Threads::new(2));
            let mut buffered = futures_util::io::BufWriter::with_capacity(1000, writer);
            for chunk in bytes.chunks(777) {
                futures_util::AsyncWriteExt::write_all(&mut buffered, chunk).await.unwrap();
            }
            futures_util::AsyncWriteExt::close(&mut buffered).await.unwrap();
        });
        assert!(observer.bytes() == bytes, "other bytes");
    }

    /// Fills its buffer further while the write is `Pending`, as `tokio::io::copy` does, and so comes back with more.
    struct Lengthening<'a> {
        source: &'a [u8],
        buffer: Vec<u8>,
        written: usize,
    }

    impl Lengthening<'_> {
        fn poll<W: AsyncWrite + Unpin>(&mut self, writer: &mut W, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            loop {
                let (more, rest) = self.source.split_at(min(100, self.source.len()));
                self.buffer.extend_from_slice(more);
                self.source = rest;
                if self.written == self.buffer.len() {
                    return Poll::Ready(Ok(()));
                }
                self.written += ready!(Pin::new(&mut *writer).poll_write(cx, &self.buffer[self.written..]))?;
            }
        }
    }

    #[test]
    fn a_caller_that_lengthens() {
        let bytes = some_bytes(50_000);
        let (mut writer, pool, observer) = offload(capricious(5));
        let mut copy = Lengthening { source: &bytes, buffer: Vec::new(), written: 0 };
        while steps::poll(|cx| copy.poll(&mut writer, cx)).map(Result::unwrap).is_pending() {
            // Once in between for nothing.
            assert!(steps::poll(|cx| copy.poll(&mut writer, cx)).is_pending());
            assert!(pool.run_one());
        }
        assert!(observer.bytes() == bytes, "other bytes");
    }

    /// Offers as much as its allowance permits, which is another number each time.
    struct RateLimited<W> {
        inner: W,
        random: XorShift,
    }

    impl<W: AsyncWrite + Unpin> AsyncWrite for RateLimited<W> {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            let allowance = 1 + self.random.below(64);
            Pin::new(&mut self.inner).poll_write(cx, &buf[..min(buf.len(), allowance)])
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_flush(cx)
        }

        fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_close(cx)
        }
    }

    #[test]
    fn a_caller_that_shortens() {
        let bytes = some_bytes(20_000);
        let destination = capricious(6);
        let observer = destination.observer();
        let writer = Offload::with_pool(destination, Threads::new(2));
        let mut limited = RateLimited { inner: writer, random: XorShift(7) };
        block_on(async {
            limited.write_all(&bytes).await.unwrap();
            limited.close().await.unwrap();
        });
        assert!(observer.bytes() == bytes, "other bytes");
    }

    /// Any caller that always offers some beginning of what it has not yet an answer for.
    #[test]
    fn a_caller_that_lengthens_and_shortens_at_random() {
        for seed in 1..200 {
            let mut random = XorShift(seed);
            let bytes: Vec<u8> = (0..2000).map(|_| random.next() as u8).collect();
            let mut fates = XorShift(seed + 1_000_000);
            let destination = Scripted::by_call(move |_| match fates.below(4) {
                0 => Outcome::Error(io::ErrorKind::Interrupted),
                1 => Outcome::All,
                _ => Outcome::Short(1 + fates.below(100)),
            });
            let (mut writer, pool, observer) = offload(destination);
            let mut answered = 0;
            while answered < bytes.len() {
                let rest = &bytes[answered..];
                let offer = &rest[..random.below(min(rest.len(), 150) + 1)];
                let (left, right) = offer.split_at(random.below(offer.len() + 1));
                let polled = match random.below(8) {
                    0..=3 => write(&mut writer, offer),
                    4 | 5 => write_list(&mut writer, &[left, b"", right]),
                    6 => flush(&mut writer).map_ok(|()| 0),
                    _ => {
                        pool.run_one();
                        continue;
                    }
                };
                match polled {
                    Poll::Ready(Ok(n)) => answered += n,
                    // A flush may meet a short count first. It says how many bytes are complete.
                    Poll::Ready(Err(error)) => {
                        let prior = PriorWriteFailed::find(&error).unwrap_or_else(|| panic!("seed {seed}: {error}"));
                        answered += prior.complete().unwrap();
                    }
                    Poll::Pending => {}
                }
                let there = observer.bytes();
                assert!(answered <= there.len(), "seed {seed}: answered for {answered}, {} are there", there.len());
                assert!(bytes.starts_with(&there), "seed {seed}: other bytes");
            }
        }
    }

    /// Writes of different bytes, dropped at random: each happens at most once, in order, and what was answered for did.
    #[test]
    fn dropped_writes_happen_at_most_once_and_in_order() {
        for seed in 1..200 {
            let mut random = XorShift(seed);
            let (mut writer, pool, observer) = offload(Scripted::script(interrupted(3)));
            let mut answered = Vec::new();
            for id in 0..100_u8 {
                let record = [id; 5];
                loop {
                    match write(&mut writer, &record) {
                        Poll::Ready(n) => {
                            assert_eq!(n.unwrap(), 5, "seed {seed}");
                            answered.push(id);
                            break;
                        }
                        Poll::Pending if random.below(3) == 0 => break,
                        Poll::Pending => drop(pool.run_one()),
                    }
                }
            }
            while close(&mut writer).map(Result::unwrap).is_pending() {
                assert!(pool.run_one());
            }
            let there = observer.bytes();
            let happened: Vec<u8> = there.chunks(5).map(|record| record[0]).collect();
            assert!(there.chunks(5).all(|record| record == [record[0]; 5]), "seed {seed}: torn");
            assert!(happened.is_sorted_by(|a, b| a < b), "seed {seed}: twice, or out of order: {happened:?}");
            assert!(answered.iter().all(|id| happened.contains(id)), "seed {seed}: answered for, and not there");
        }
    }
}

/// A small deterministic generator; any seed but 0.
struct XorShift(u64);

impl XorShift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// The traits that `Offload` has, so that it can take the place of others.
#[test]
fn it_has_the_traits_of_today() {
    fn is<T: AsyncRead + AsyncWrite + AsyncSeek + AsyncWriteComplete + Unpin + Send + Sync>() {}
    is::<Offload<File>>();
    let (mut writer, _, _) = offload(Scripted::new());
    assert_eq!(ready(steps::barrier(&mut writer)).unwrap(), Submitted::Complete(0));
}
