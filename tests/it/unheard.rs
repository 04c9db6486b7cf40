//! An error of which nobody has heard is foreign code to the end: a panic in its drop harms neither the job nor the pool.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use async_write_complete::{Offload, WriteComplete};

use crate::common::{pool::Stepped, steps::in_flight};

/// Panics in its drop.
#[derive(Debug)]
struct Bomb;

impl fmt::Display for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bomb")
    }
}

impl Error for Bomb {}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(thread::panicking(), "an error that panics in its drop");
    }
}

struct Fails;

impl Write for Fails {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other(Bomb))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Fails {}

/// A panic there would be an abort, since it would come out of a future that the pool's thread drops.
#[test]
fn a_job_does_not_panic_with_the_error_that_it_leaves() {
    let pool = Stepped::new();
    let mut writer = Offload::with_pool(Fails, pool.clone());
    in_flight(&mut writer, b"x");
    drop(writer);
    let job = pool.take().unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| job.run())).is_ok());
}
