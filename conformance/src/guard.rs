//! What foreign code (a writer, a destination, a waker) may do to the kit, and what a plain writer makes of it.

use std::{
    any::Any,
    io,
    ops::{Deref, DerefMut},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use async_write_complete::Indeterminate;

/// Runs `f` for its effect alone; a panic in it harms nobody else.
pub(crate) fn ignore_panics(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        // A payload may panic in its own drop. A leak is the lesser harm.
        std::mem::forget(payload);
    }
}

/// Drops a value of a foreign type, whose drop may panic.
pub(crate) fn drop_catching_panics<T>(value: T) {
    ignore_panics(|| drop(value));
}

/// What a panic says.
pub(crate) fn text_of(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
    // A payload may panic in its own drop.
    std::mem::forget(payload);
    text
}

/// A value of a foreign type. Where it is dropped while a panic unwinds, a panic of its own drop is caught, because
/// that would end the process.
#[derive(Debug)]
pub(crate) struct Foreign<T>(Option<T>);

impl<T> Foreign<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn into_inner(mut self) -> T {
        match self.0.take() {
            Some(value) => value,
            None => unreachable!("only the drop takes it"),
        }
    }
}

impl<T> Deref for Foreign<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => unreachable!("only the drop takes it"),
        }
    }
}

impl<T> DerefMut for Foreign<T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Some(value) => value,
            None => unreachable!("only the drop takes it"),
        }
    }
}

impl<T> Drop for Foreign<T> {
    fn drop(&mut self) {
        let value = self.0.take();
        if thread::panicking() {
            drop_catching_panics(value);
        }
    }
}

/// Runs `f`; a panic becomes an [`Indeterminate`] error (rule P2).
pub(crate) fn catch_panics<R>(f: impl FnOnce() -> R) -> io::Result<R> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        std::mem::forget(payload);
        Indeterminate::new(io::Error::other("the destination panicked")).into()
    })
}

/// `n`, if a destination can have completed that many of `len` bytes (rule P2).
pub(crate) fn checked_count(n: usize, len: usize) -> io::Result<usize> {
    if n <= len {
        return Ok(n);
    }
    let text = format!("the destination answered {n} for {len} bytes");
    Err(Indeterminate::new(io::Error::new(io::ErrorKind::InvalidData, text)).into())
}

/// Calls `operation` until it is not interrupted, and never answers `WouldBlock` (rule P3).
pub(crate) fn retry_interrupted<R>(mut operation: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map_err(never_would_block),
        }
    }
}

/// The error in place of a `WouldBlock`, which a caller would take for a reason to wait for readiness that never comes.
pub(crate) fn never_would_block(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => {
            io::Error::new(io::ErrorKind::Unsupported, "the destination is in non-blocking mode")
        }
        _ => error,
    }
}

/// The answer of a writer that was closed.
pub(crate) fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the writer is closed")
}
