//! Errors.

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
    steps::drive(&pool, file.with_mut(|file| file.rewind().unwrap())).unwrap();
    assert_eq!(read_now(&mut file, &pool, 3), b"abc");

    let pool = Stepped::new();
    let mut file = steps::over(tempfile::tempfile().unwrap(), &pool);
    abandon(&mut file, &pool, 3);
    steps::drive(&pool, file.set_len(2)).unwrap();
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
        }
        assert_eq!((observer.reads(), observer.writes(), pool.len()), (vec![3], vec![], 0));
        assert_eq!(observer.drops(), 1, "what it would do next, nobody knows");
    }
}

/// Rule W6: every later operation errs, also a read of bytes that were fetched before.
#[test]
fn a_poisoned_destination_gives_no_more_of_what_was_fetched() {
    let (mut socket, pool, observer) = offload(Scripted::script([Outcome::Panic]).stream(b"abcdef"));
    abandon(&mut socket, &pool, 4);
    assert_eq!(ready(read(&mut socket, 1)).unwrap(), b"a");
    while steps::submit(&mut socket, b"XY").map(Result::unwrap).is_pending() {
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
