//! Then a write.

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
        let seek_backs: &[u64] = if handed_out == 6 { &[] } else { &[6 - handed_out as u64] };
        assert_eq!(observer.seek_backs(), seek_backs);
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
    assert_eq!((observer.bytes(), observer.seek_backs()), (b"XYcdefgh".to_vec(), vec![6]));
}

/// Bytes that were handed out meanwhile would be read twice.
#[test]
fn a_read_waits_while_the_cursor_goes_back() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
    abandon(&mut file, &pool, 6);
    assert!(steps::submit(&mut file, b"XY").is_pending());
    assert!(read(&mut file, 2).is_pending(), "though six bytes are here");
    assert!(pool.run_one());
    assert_eq!(observer.position(), 0);
    write_now(&mut file, &pool, b"XY");
    assert_eq!(read_now(&mut file, &pool, 2), b"cd");
    assert_eq!(observer.bytes(), b"XYcdefgh");
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
    assert_eq!((observer.bytes(), observer.seek_backs()), (b"XYZ".to_vec(), vec![3]), "one call");
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
    let mut file = steps::over(File::from(OwnedFd::from(ours)), &pool);
    theirs.write_all(b"abc").unwrap();
    abandon(&mut file, &pool, 3);
    steps::drive(&pool, file.write_all_complete(b"XY")).unwrap();
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
    assert!(observer.writes().is_empty());
    write_now(&mut file, &pool, b"XY");
    assert_eq!((observer.bytes(), observer.seek_backs()), (b"XYcdef".to_vec(), vec![4, 4]), "tried again");
}

/// The failure was that of a write which was dropped. Reads have handed out the bytes since, so the next move is tried.
#[test]
fn does_not_get_the_failure_of_an_earlier_move() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh").on_seek([Outcome::Os(IO_ERROR)]));
    abandon(&mut file, &pool, 4);
    assert!(steps::submit(&mut file, b"XY").is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(read(&mut file, 4)).unwrap(), b"abcd");
    abandon(&mut file, &pool, 2);
    write_now(&mut file, &pool, b"XY");
    assert_eq!((observer.bytes(), observer.seek_backs()), (b"abcdXYgh".to_vec(), vec![4, 2]));
}

#[test]
fn is_not_executed_when_the_pool_drops_the_move() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
    abandon(&mut file, &pool, 4);
    assert!(steps::submit(&mut file, b"XY").is_pending());
    assert!(pool.drop_one());
    failed(steps::submit(&mut file, b"XY"));
    assert_eq!((observer.writes(), observer.seek_backs()), (vec![], vec![]));
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

/// Of the write it is known that nothing was submitted, also to a caller that holds it.
#[test]
fn panics_of_the_move_poison() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef").on_seek([Outcome::Panic]));
    abandon(&mut file, &pool, 4);
    assert!(steps::submit(&mut file, b"XY").is_pending());
    assert!(pool.run_one());
    for _ in 0..2 {
        let error = failed(steps::submit(&mut file, b"XY"));
        assert!(Indeterminate::find(&error).is_some() && error.to_string().contains("panicked: scripted"), "{error}");
        assert_eq!(file.outstanding(), None);
    }
    assert_eq!((observer.writes(), observer.drops()), (vec![], 1));
}

/// `with_mut` sees the destination as its caller believes it to be.
#[test]
fn is_not_the_only_one_to_find_the_cursor_right() {
    let (mut file, pool, _) = offload(Scripted::new().holding(b"abcdef"));
    abandon(&mut file, &pool, 4);
    assert_eq!(ready(read(&mut file, 1)).unwrap(), b"a");
    let position = steps::drive(&pool, file.with_mut(|file| file.stream_position().unwrap())).unwrap();
    assert_eq!(position, 1);
}

#[test]
fn and_the_destination_comes_out_with_its_cursor_right() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
    abandon(&mut file, &pool, 4);
    assert_eq!(ready(read(&mut file, 1)).unwrap(), b"a");
    let mut file = steps::drive(&pool, file.into_inner()).unwrap();
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
        let mut file = steps::over(destination, &pool);
        assert_eq!(read_now(&mut file, &pool, 2), b"ab");
        abandon(&mut file, &pool, 3);
        assert_eq!(ready(read(&mut file, 1)).unwrap(), b"c");
        let mut submitted = steps::submit(&mut file, b"XY");
        while submitted.is_pending() {
            assert!(pool.run_one());
            submitted = steps::submit(&mut file, b"XY");
        }
        let Submitted::InFlight(ticket) = ready(submitted).unwrap() else { panic!("not in flight") };
        assert!(pool.run_one());
        assert_eq!(ready(steps::ask(&mut file, ticket)).unwrap(), 2);
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
