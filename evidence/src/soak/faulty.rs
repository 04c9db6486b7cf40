//! [`Faulty`]: a file whose writes go wrong now and then.

use std::{
    fs::File,
    io::{self, Write},
};

use async_write_complete::WriteComplete;

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

/// A file, and what decides which of its writes go wrong.
#[derive(Debug)]
pub(super) struct Faulty {
    file: File,
    random: fastrand::Rng,
}

impl Faulty {
    pub(super) fn new(file: File, seed: u64) -> Self {
        Self { file, random: fastrand::Rng::with_seed(seed) }
    }
}

impl Write for Faulty {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self.random.u8(0..100) {
            0..10 => Err(io::ErrorKind::Interrupted.into()),
            10..16 => Err(io::Error::from_raw_os_error(NO_SPACE)),
            16..30 => self.file.write(&buf[..buf.len().div_ceil(2)]),
            // It prints nothing, unlike one that begins here.
            30 => std::panic::resume_unwind(Box::new("a destination that panics")),
            _ => self.file.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Faulty {}
