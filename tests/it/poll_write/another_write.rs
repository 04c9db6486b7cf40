//! Another write: the earlier one is answered first.

use async_write_complete::Settled;
use futures_lite::AsyncSeekExt;

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
fn the_earlier_ones_failure_or_short_count_is_told_to_it_once() {
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
            let error = prior(write(writer, b"XY"), 3, complete);
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
        prior(write(writer, b"XY"), 3, None);
        for _ in 0..2 {
            let error = failed(write(writer, b"XY"));
            assert!(PriorWriteFailed::find(&error).is_none(), "once");
            assert!(Indeterminate::find(&error).is_some());
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
fn a_short_count_of_which_a_part_was_answered_is_told() {
    of_both(&[Outcome::Short(4)], |writer, pool, observer| {
        assert!(write(writer, b"abcdef").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
        prior(write(writer, b"XY"), 6, Some(4));
        assert_eq!(pool.len(), 0, "it is not executed");
        assert!(write(writer, b"XY").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"XY")).unwrap(), 2);
        assert_eq!(observer.bytes(), b"abcdXY");
    });
}

/// The report of a flush is the answer to that write: what comes then is a new one.
#[test]
fn a_flush_is_told_of_a_failure_and_that_is_its_answer() {
    of_both(&[Outcome::Os(NO_SPACE)], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(pool.run_one());
        assert_eq!(prior(flush(writer), 3, Some(0)).kind(), io::ErrorKind::StorageFull);
        ready(flush(writer)).unwrap();
        assert!(write(writer, b"abc").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
        assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3, 3]));
    });
}

/// A wrapper may flush between two polls of one write, as `LineWriter` does: a caller's own short count is no error.
#[test]
fn a_flush_is_not_told_of_a_short_count() {
    for offered in [&b"abc"[..], b"abcd"] {
        of_both(&[Outcome::Short(2)], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(flush(writer).is_pending());
            assert!(pool.run_one());
            for _ in 0..3 {
                ready(flush(writer)).unwrap();
            }
            assert_eq!(ready(write(writer, offered)).unwrap(), 2, "its own count");
            assert!(write(writer, &offered[2..]).is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, &offered[2..])).unwrap(), offered.len() - 2);
            assert_eq!(observer.bytes(), offered);
        });
    }
}

/// Its caller never came back, so the next one is told.
#[test]
fn a_short_count_that_a_flush_has_met_is_told_to_another_write() {
    of_both(&[Outcome::Short(2)], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(pool.run_one());
        ready(flush(writer)).unwrap();
        prior(write(writer, b"XY"), 3, Some(2));
        assert!(write(writer, b"XY").is_pending(), "once");
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"XY")).unwrap(), 2);
        assert_eq!(observer.bytes(), b"abXY");
    });
}

#[test]
fn a_close_is_told_of_a_short_count_that_a_flush_has_met() {
    of_both(&[Outcome::Short(2)], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(pool.run_one());
        ready(flush(writer)).unwrap();
        assert!(close(writer).is_pending());
        assert_eq!((pool.run_all(), observer.drops()), (1, 1));
        for _ in 0..3 {
            prior(close(writer), 3, Some(2));
        }
    });
}

#[test]
fn a_close_waits_for_it_releases_and_keeps_the_outcome() {
    of_both(&[Outcome::Short(2)], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(close(writer).is_pending());
        assert_eq!(pool.run_all(), 1, "released by the job that wrote");
        assert_eq!((observer.bytes(), observer.drops()), (b"ab".to_vec(), 1));
        for _ in 0..3 {
            prior(close(writer), 3, Some(2));
            assert_eq!(failed(write(writer, b"abc")).kind(), io::ErrorKind::BrokenPipe);
            prior(flush(writer), 3, Some(2));
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
        prior(close(writer), 6, Some(4));
        prior(close(writer), 6, Some(4));
    });
}

#[test]
fn a_close_after_a_complete_write_is_clean() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(close(writer).is_pending());
        pool.run_all();
        for _ in 0..3 {
            ready(close(writer)).unwrap();
            ready(flush(writer)).unwrap();
        }
        assert_eq!((observer.bytes(), observer.drops()), (b"abc".to_vec(), 1));
    });
}

/// It was answered by its ticket, so nobody else is told of it: neither a seek, nor a close (rule W9).
#[test]
fn one_that_was_settled_is_told_to_no_seek_and_no_close() {
    for outcome in [Outcome::Short(2), Outcome::Os(NO_SPACE)] {
        let writer = || offload(Scripted::script([outcome.clone()]));
        let is_settled = |settled: Poll<io::Result<Option<Settled>>>| drop(ready(settled));
        for is_closed in [false, true] {
            let (mut writer, pool, _) = writer();
            assert!(write(&mut writer, b"abc").is_pending());
            assert!(pool.run_one());
            is_settled(steps::settle(&mut writer));
            if is_closed {
                drive(&pool, writer.close()).unwrap();
            } else {
                drive(&pool, writer.seek(SeekFrom::Start(0))).unwrap();
            }
        }
        let (mut writer, pool) = {
            let (writer, pool, _) = writer();
            (ToFuturesIo::new(writer), pool)
        };
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(pool.run_one());
        is_settled(steps::settle(writer.inner_mut()));
        drive(&pool, writer.close()).unwrap();
    }
}

/// Sinks flush at every poll of their close.
#[test]
fn a_flush_waits_for_a_close_that_is_under_way() {
    for outcome in [Outcome::All, Outcome::Os(NO_SPACE)] {
        of_both(&[outcome], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            for _ in 0..3 {
                assert!(close(writer).is_pending());
                assert!(flush(writer).is_pending());
            }
            pool.run_all();
            assert_eq!(observer.drops(), 1);
            let (closed, flushed) = (ready(close(writer)), ready(flush(writer)));
            assert_eq!(closed.map_err(|error| error.to_string()), flushed.map_err(|error| error.to_string()));
        });
    }
}

/// A writer may not name what is outstanding. Then its write may be asked for, and another one made, by ticket, without
/// the adapter: nothing is left to be told.
#[test]
fn one_that_was_asked_for_elsewhere_is_not_told() {
    struct Nameless(Offload<Scripted, Stepped>);

    impl AsyncWriteComplete for Nameless {
        fn poll_write_submit(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<Submitted>> {
            Pin::new(&mut self.0).poll_write_submit(cx, buf)
        }

        fn poll_write_complete(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            ticket: Ticket,
        ) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.0).poll_write_complete(cx, ticket)
        }

        fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_close_complete(cx)
        }
    }

    let (writer, pool, observer) = offload(Scripted::script([]));
    let mut writer = ToFuturesIo::new(Nameless(writer));
    assert!(write(&mut writer, b"abc").is_pending());
    assert!(pool.run_one());
    ready(steps::settle(&mut writer.inner_mut().0)).unwrap();
    assert_eq!(steps::write_now(&mut writer.inner_mut().0, &pool, b"xyz").unwrap(), 3);
    ready(flush(&mut writer)).unwrap();
    assert_eq!(observer.bytes(), b"abcxyz");
}

/// A write that was answered by its ticket is pending for nobody, so a flush waits for the one that is outstanding.
#[test]
fn a_flush_waits_for_a_write_by_ticket_that_came_after_the_pending_one_was_answered() {
    let (writer, pool, observer) = offload(Scripted::new());
    let mut writer = ToFuturesIo::new(writer);
    assert!(write(&mut writer, b"abc").is_pending());
    assert!(pool.run_one());
    ready(steps::settle(writer.inner_mut())).unwrap();
    assert!(matches!(ready(steps::submit(writer.inner_mut(), b"xyz")).unwrap(), Submitted::InFlight(_)));
    assert!(flush(&mut writer).is_pending());
    pool.run_all();
    ready(flush(&mut writer)).unwrap();
    assert_eq!((writer.inner_mut().outstanding(), observer.bytes()), (None, b"abcxyz".to_vec()));
}
