//! What foreign code (a destination, a pool, a waker) may do to us, and what a caller sees of it.

use std::{
    any::Any,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::error::{Indeterminate, PriorWriteFailed, final_kind};

/// Runs `f`; a panic becomes an [`Indeterminate`] error that carries its message (rule P2).
///
/// Whatever `f` has touched counts as unknown from then on: the caller poisons its writer.
pub(crate) fn catch_panics<R>(f: impl FnOnce() -> R) -> io::Result<R> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "without a message".to_owned());
        drop_payload(payload);
        Indeterminate::new(io::Error::other(format!("a call on the destination panicked: {text}"))).into()
    })
}

/// Runs `f` for its effect alone; a panic in it harms nothing else (rule P1).
pub(crate) fn ignore_panics(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        drop_payload(payload);
    }
}

/// A payload may panic in its own drop, with another payload. To leak that one is the lesser harm.
fn drop_payload(payload: Box<dyn Any + Send>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
}

/// Drops a value of a foreign type, whose drop may panic.
pub(crate) fn drop_catching_panics<T>(value: T) {
    ignore_panics(|| drop(value));
}

/// `n`, if a destination can have completed that many of `len` bytes (rule P2).
pub(crate) fn checked_count(n: usize, len: usize) -> io::Result<usize> {
    if n <= len {
        return Ok(n);
    }
    let text = format!("the destination answered {n} for {len} bytes");
    Err(Indeterminate::new(io::Error::new(io::ErrorKind::InvalidData, text)).into())
}

/// Calls `operation` until it is not interrupted, and never returns `WouldBlock` (rule P3).
pub(crate) fn retry_interrupted<R>(mut operation: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match operation() {
            Err(error) if is_final(&error) => return Err(with_final_kind(error)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(never_would_block(error)),
            ok => return ok,
        }
    }
}

/// Whether an operation that failed like this must not be tried again, whatever kind the error has.
pub(crate) fn is_final(error: &io::Error) -> bool {
    Indeterminate::find(error).is_some() || PriorWriteFailed::find(error).is_some()
}

/// `error`, unless its kind would have the caller try again what is over.
pub(crate) fn with_final_kind(error: io::Error) -> io::Error {
    let kind = final_kind(&error);
    if kind == error.kind() { error } else { io::Error::new(kind, error) }
}

/// The error in place of a `WouldBlock`, which a caller would take for a reason to wait for readiness that never comes.
pub(crate) fn never_would_block(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::WouldBlock {
        return error;
    }
    io::Error::new(io::ErrorKind::Unsupported, NonBlocking(error))
}

/// A destination answered `WouldBlock`, as this.
#[derive(Debug)]
struct NonBlocking(io::Error);

impl std::fmt::Display for NonBlocking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the destination would have blocked: it is in non-blocking mode, or a timeout has passed: {}", self.0)
    }
}

impl std::error::Error for NonBlocking {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// The answer of a writer that was closed.
pub(crate) fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the writer is closed")
}
