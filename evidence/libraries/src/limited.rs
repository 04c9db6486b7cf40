//! [`Limited`]: a destination that fails at a known byte, and tells its test when.

use std::{
    fs::File,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use async_write_complete::WriteComplete;

/// Takes a number of bytes, and fails then as `/dev/full` does: with its `ENOSPC`.
#[derive(Debug)]
pub struct Limited<W> {
    inner: W,
    room: usize,
    full: File,
    has_failed: Arc<AtomicBool>,
}

/// Knows whether a write of its [`Limited`] has failed.
#[derive(Clone, Debug)]
pub struct Failure(Arc<AtomicBool>);

impl<W> Limited<W> {
    /// A destination that hands the first `room` bytes on to `inner`.
    ///
    /// # Panics
    ///
    /// Where there is no `/dev/full`.
    pub fn new(inner: W, room: usize) -> (Self, Failure) {
        let full = File::create("/dev/full").expect("Linux has it");
        let has_failed = Arc::<AtomicBool>::default();
        (Self { inner, room, full, has_failed: has_failed.clone() }, Failure(has_failed))
    }
}

impl Failure {
    /// Whether a write has failed.
    ///
    /// # Panics
    ///
    /// If `result`, which the user of a library got from a call, does not say the same.
    pub fn is_told_by<T, E: std::fmt::Debug>(&self, result: &Result<T, E>) -> bool {
        let has_failed = self.0.load(SeqCst);
        match result {
            Ok(_) => assert!(!has_failed, "a write has failed, and the call that made it answers Ok"),
            Err(error) => assert!(has_failed, "no write has failed, and the call answers {error:?}"),
        }
        has_failed
    }
}

impl<W: Write> Write for Limited<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.room == 0 && !buf.is_empty() {
            let failed = self.full.write(buf);
            self.has_failed.store(true, SeqCst);
            return failed;
        }
        let n = self.inner.write(&buf[..buf.len().min(self.room)])?;
        self.room -= n;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: WriteComplete> WriteComplete for Limited<W> {}
