//! An end that a dropped read has found, on a whole handle. A test makes it old, and does not wait for that.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Write as _},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Waker},
};

use futures_io::AsyncRead;

use super::*;
use crate::offload::{Job, Offload, Pool};

/// Jobs wait until the test runs them.
#[derive(Clone, Default)]
struct Stepped(Arc<Mutex<VecDeque<Job>>>);

impl Pool for Stepped {
    fn execute(&self, job: Job) {
        self.0.lock().unwrap().push_back(job);
    }
}

impl Stepped {
    /// Runs what waits; returns how many jobs that were.
    fn run_all(&self) -> usize {
        let jobs = std::mem::take(&mut *self.0.lock().unwrap());
        let count = jobs.len();
        jobs.into_iter().for_each(Job::run);
        count
    }
}

type Reader<T> = Offload<T, Stepped>;

fn offload<T: io::Read + Send + 'static>(source: T) -> (Reader<T>, Stepped) {
    let pool = Stepped::default();
    (Offload::reader_with_pool(source, pool.clone()), pool)
}

fn poll_read<T: io::Read + Send + 'static>(reader: &mut Reader<T>, buf: &mut [u8]) -> Option<io::Result<usize>> {
    match Pin::new(reader).poll_read(&mut Context::from_waker(Waker::noop()), buf) {
        std::task::Poll::Ready(read) => Some(read),
        std::task::Poll::Pending => None,
    }
}

/// The end, or the error, was found long ago.
fn make_old<T>(reader: &Reader<T>) {
    let mut inner = reader.shared.lock();
    let (_, found) = inner.machine.cursor.end.as_mut().expect("an end was found");
    *found = found.checked_sub(2 * END_LASTS).expect("the machine has been up for as long");
}

#[test]
fn a_read_that_was_dropped_at_the_end_hides_nothing_of_a_file_that_grew() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let (mut reader, pool) = offload(File::open(&path).unwrap());
    let mut buf = [0; 10];
    assert!(poll_read(&mut reader, &mut buf).is_none());
    assert_eq!(pool.run_all(), 1);
    File::options().append(true).open(&path).unwrap().write_all(b"grown").unwrap();
    make_old(&reader);
    assert!(poll_read(&mut reader, &mut buf).is_none(), "it is looked for again");
    assert_eq!(pool.run_all(), 1);
    assert_eq!(poll_read(&mut reader, &mut buf).unwrap().unwrap(), 5);
    assert_eq!(&buf[..5], b"grown");
    // On a machine that is slow enough the end is old already, and looked for once more.
    let mut reads = std::iter::from_fn(|| Some((poll_read(&mut reader, &mut buf), pool.run_all()))).take(1_000);
    let end = reads.find_map(|(read, _)| read);
    assert_eq!(end.unwrap().unwrap(), 0);
}

#[test]
fn a_caller_who_always_comes_late_comes_to_the_end() {
    let (mut reader, pool) = offload(io::empty());
    for _ in 0..2 {
        assert!(poll_read(&mut reader, &mut [0; 10]).is_none());
        assert_eq!(pool.run_all(), 1);
        make_old(&reader);
    }
    assert_eq!(poll_read(&mut reader, &mut [0; 10]).unwrap().unwrap(), 0);
}

/// An error is no end: it happened, and is reported.
#[test]
fn a_failure_of_a_read_that_was_dropped_is_reported_however_late() {
    struct Fails;

    impl io::Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(5))
        }
    }

    let (mut reader, pool) = offload(Fails);
    assert!(poll_read(&mut reader, &mut [0; 10]).is_none());
    pool.run_all();
    make_old(&reader);
    let error = poll_read(&mut reader, &mut [0; 10]).unwrap().unwrap_err();
    assert_eq!(error.raw_os_error(), Some(5));
}
