//! After a close.

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

/// Rule W9: an error, also where bytes were fetched before.
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
