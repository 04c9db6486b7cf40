//! Another write.

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
