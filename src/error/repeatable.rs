//! [`RepeatableError`]: an error that is answered more than once.

use std::{error::Error, fmt, io};

use super::{
    Indeterminate, PriorWriteFailed, UnknownTicket, WriteOutstanding, chain, final_kind, indeterminate::Poisoned,
};
use crate::{
    Ticket,
    guard::{catch_panics, drop_catching_panics},
};

/// An error to be answered any number of times (rules W4 and W9).
///
/// An [`io::Error`] cannot be cloned. The first answer is the original; the later ones have its kind, its OS code, its
/// text, and whichever of our types it wraps.
#[derive(Debug)]
pub(crate) struct RepeatableError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// Until it is answered for the first time.
    original: Option<io::Error>,
    copy: Copied,
}

/// An error is foreign code, which may panic in its drop.
impl Drop for Inner {
    fn drop(&mut self) {
        let unused = self.original.take();
        drop_catching_panics(unused);
    }
}

/// A result that can be answered any number of times.
pub(crate) fn repeat<T: Copy>(result: &mut Result<T, RepeatableError>) -> io::Result<T> {
    match result {
        Ok(value) => Ok(*value),
        Err(error) => Err(error.give()),
    }
}

impl RepeatableError {
    /// Keeps `error`. Runs foreign code (its `Display` and `source`), so never under a lock; the other methods do not.
    pub(crate) fn new(error: io::Error) -> Self {
        let copy = catch_panics(|| Copied::of(&error)).unwrap_or_else(|_| Copied::Foreign {
            kind: error.kind(),
            text: "an error that panics when it is shown".to_owned(),
            source: None,
        });
        Self(Box::new(Inner { original: Some(error), copy }))
    }

    /// The error; a copy of it stays here.
    pub(crate) fn give(&mut self) -> io::Error {
        self.0.original.take().unwrap_or_else(|| self.0.copy.make())
    }

    /// Moves the original, if it is still here, into a second one.
    pub(crate) fn split(&mut self) -> Self {
        Self(Box::new(Inner { original: self.0.original.take(), copy: self.0.copy.clone() }))
    }

    /// The answer of a writer that takes no more since this [`Indeterminate`] outcome.
    pub(crate) fn poisoned(&self) -> io::Error {
        let reason = self.0.copy.indeterminate().unwrap_or(&self.0.copy).make();
        let kind = final_kind(&reason);
        io::Error::new(kind, Poisoned::new(Indeterminate::new(reason)))
    }
}

/// What is remembered of an error, in types of ours alone.
#[derive(Clone, Debug)]
enum Copied {
    Os(i32),
    Outstanding(WriteOutstanding),
    Unknown(UnknownTicket),
    Prior { kind: io::ErrorKind, ticket: Ticket, complete: Option<usize>, reason: Box<Copied> },
    Indeterminate { kind: io::ErrorKind, reason: Box<Copied> },
    Foreign { kind: io::ErrorKind, text: String, source: Option<Box<Copied>> },
}

impl Copied {
    fn of(error: &io::Error) -> Self {
        let kind = error.kind();
        if let Some(code) = error.raw_os_error() {
            return Self::Os(code);
        }
        let payload: Option<&(dyn Error + 'static)> = error.get_ref().map(|e| e as _);
        payload.and_then(|e| Self::of_ours(kind, e)).unwrap_or_else(|| Self::Foreign {
            kind,
            text: error.to_string(),
            source: chain(error).find_map(Self::of_source).map(Box::new),
        })
    }

    /// If `error` is of one of our types.
    fn of_ours(kind: io::ErrorKind, error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(outstanding) = error.downcast_ref() {
            return Some(Self::Outstanding(*outstanding));
        }
        if let Some(unknown) = error.downcast_ref() {
            return Some(Self::Unknown(*unknown));
        }
        if let Some(prior) = error.downcast_ref::<PriorWriteFailed>() {
            let reason = Box::new(Self::of(prior.reason()));
            return Some(Self::Prior { kind, ticket: prior.ticket(), complete: prior.complete(), reason });
        }
        let indeterminate = error.downcast_ref::<Indeterminate>()?;
        Some(Self::Indeterminate { kind, reason: Box::new(Self::of(indeterminate.reason())) })
    }

    /// If `error`, which another one wraps, is to be found again: one of ours, or an OS code.
    fn of_source(error: &(dyn Error + 'static)) -> Option<Self> {
        let code = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        code.map(Self::Os).or_else(|| Self::of_ours(io::ErrorKind::Other, error))
    }

    /// The reason of the innermost [`Indeterminate`] in here, if there is one.
    fn indeterminate(&self) -> Option<&Self> {
        match self {
            Self::Indeterminate { reason, .. } => Some(reason.indeterminate().unwrap_or(reason)),
            Self::Prior { reason: within, .. } | Self::Foreign { source: Some(within), .. } => within.indeterminate(),
            Self::Os(_) | Self::Outstanding(_) | Self::Unknown(_) | Self::Foreign { source: None, .. } => None,
        }
    }

    fn make(&self) -> io::Error {
        match self {
            Self::Os(code) => io::Error::from_raw_os_error(*code),
            Self::Outstanding(outstanding) => (*outstanding).into(),
            Self::Unknown(unknown) => (*unknown).into(),
            Self::Prior { kind, ticket, complete, reason } => {
                io::Error::new(*kind, PriorWriteFailed::new(*ticket, *complete, reason.make()))
            }
            Self::Indeterminate { kind, reason } => io::Error::new(*kind, Indeterminate::new(reason.make())),
            Self::Foreign { kind, text, source } => {
                io::Error::new(*kind, Shown { text: text.clone(), source: source.as_ref().map(|e| e.make()) })
            }
        }
    }
}

/// Stands for an error of a foreign type.
#[derive(Debug)]
struct Shown {
    text: String,
    source: Option<io::Error>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Shown {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}
