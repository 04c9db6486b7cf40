//! Rule O2: an end that nobody was told of.

use std::{io::Write, thread, time::Duration};

use async_write_complete::fs::File;
use futures_lite::AsyncReadExt;

use crate::common::{
    destination::{Outcome, Scripted},
    pool::Stepped,
    steps::{drive, offload, poll_future, ready},
};

/// Longer than an end lasts.
fn pass_the_time() {
    thread::sleep(Duration::from_millis(150));
}

#[test]
fn a_read_that_was_dropped_at_the_end_hides_nothing_of_a_file_that_grew() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let pool = Stepped::new();
    let mut file = drive(&pool, File::options().read(true).open_with_pool(&path, pool.clone())).unwrap();
    let mut buf = [0; 10];
    assert!(poll_future(&mut file.read(&mut buf)).is_pending());
    pool.run_all();
    std::fs::File::options().append(true).open(&path).unwrap().write_all(b"grown").unwrap();
    pass_the_time();
    assert_eq!(drive(&pool, file.read(&mut buf)).unwrap(), 5);
    assert_eq!(&buf[..5], b"grown");
    assert_eq!(drive(&pool, file.read(&mut buf)).unwrap(), 0);
}

#[test]
fn a_caller_who_always_comes_late_comes_to_the_end() {
    let (mut reader, pool, seen) = offload(Scripted::new());
    let mut buf = [0; 10];
    for reads in [1, 2] {
        assert!(poll_future(&mut reader.read(&mut buf)).is_pending());
        assert_eq!((pool.run_all(), seen.reads().len()), (1, reads));
        pass_the_time();
    }
    assert_eq!(ready(poll_future(&mut reader.read(&mut buf))).unwrap(), 0);
}

/// An error is no end: it happened, and is told.
#[test]
fn a_failure_of_a_read_that_was_dropped_is_told_however_late() {
    let (mut reader, pool, _) = offload(Scripted::new().on_read([Outcome::Os(5)]));
    let mut buf = [0; 10];
    assert!(poll_future(&mut reader.read(&mut buf)).is_pending());
    pool.run_all();
    pass_the_time();
    assert_eq!(ready(poll_future(&mut reader.read(&mut buf))).unwrap_err().raw_os_error(), Some(5));
}
