//! An error that is given more than once.

use std::{error::Error, fmt, io};

use crate::error::{Indeterminate, PriorWriteFailed, Superseded, raw_os_error};

/// An error to be answered any number of times (rules W5 and W12).
///
/// An [`io::Error`] cannot be cloned. The first answer is the original; the later ones have its kind, its OS code, its text,
/// and its type where that is one of ours.
#[derive(Debug)]
pub(crate) struct Kept(io::Error);

impl Kept {
    pub(crate) fn new(error: io::Error) -> Self {
        Self(error)
    }

    /// The error, while a copy of it stays here.
    pub(crate) fn give(&mut self) -> io::Error {
        let copy = copy(&self.0);
        std::mem::replace(&mut self.0, copy)
    }

    pub(crate) fn error(&self) -> &io::Error {
        &self.0
    }

    pub(crate) fn is_indeterminate(&self) -> bool {
        Indeterminate::find(&self.0).is_some()
    }
}

/// A result to be answered any number of times.
pub(crate) fn give<T: Copy>(result: &mut Result<T, Kept>) -> io::Result<T> {
    match result {
        Ok(value) => Ok(*value),
        Err(kept) => Err(kept.give()),
    }
}

/// The same kind, OS code and text, and the same type where it is one of ours.
pub(crate) fn copy(error: &io::Error) -> io::Error {
    if let Some(code) = error.raw_os_error() {
        return io::Error::from_raw_os_error(code);
    }
    let payload = error.get_ref();
    if let Some(prior) = payload.and_then(|e| e.downcast_ref::<PriorWriteFailed>()) {
        return PriorWriteFailed::new(prior.ticket(), prior.complete(), copy(prior.reason())).into();
    }
    if let Some(superseded) = payload.and_then(|e| e.downcast_ref::<Superseded>()) {
        return (*superseded).into();
    }
    if let Some(indeterminate) = payload.and_then(|e| e.downcast_ref::<Indeterminate>()) {
        return Indeterminate::new(copy(indeterminate.reason())).into();
    }
    let source = match Indeterminate::find(error) {
        Some(found) => Some(Indeterminate::new(copy(found.reason())).into()),
        None => raw_os_error(error).map(io::Error::from_raw_os_error),
    };
    io::Error::new(error.kind(), Copied { text: error.to_string(), source })
}

/// Stands for an error of a type that we do not know.
#[derive(Debug)]
struct Copied {
    text: String,
    /// What in the original's chain must be found again: an `Indeterminate`, or the OS code.
    source: Option<io::Error>,
}

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Copied {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}
