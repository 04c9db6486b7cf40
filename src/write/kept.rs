//! An error that is given more than once.

use std::{error::Error, fmt, io};

use super::Ticket;
use crate::{
    error::{Indeterminate, PriorWriteFailed, Superseded, chain, told_kind},
    guard::{catch, quietly},
};

/// An error to be answered any number of times (rules W5 and W12).
///
/// An [`io::Error`] cannot be cloned. The first answer is the original; the later ones have its kind, its OS code, its
/// text, and of what it wraps whatever is one of our types.
#[derive(Debug)]
pub(crate) struct Kept(Box<Keeping>);

#[derive(Debug)]
struct Keeping {
    /// Until it is given.
    original: Option<io::Error>,
    copy: Copied,
}

/// An error that nobody has asked for is foreign code, which may panic in its drop.
impl Drop for Keeping {
    fn drop(&mut self) {
        let unheard = self.original.take();
        quietly(|| drop(unheard));
    }
}

impl Kept {
    /// Keeps `error`. Runs foreign code (its `Display` and `source`), so never under a lock; the other methods do not.
    pub(crate) fn new(error: io::Error) -> Self {
        let copy = catch(|| Copied::of(&error)).unwrap_or_else(|_| Copied::Foreign {
            kind: error.kind(),
            text: "an error that panics when it is shown".to_owned(),
            source: None,
        });
        Self::both(Some(error), copy)
    }

    fn both(original: Option<io::Error>, copy: Copied) -> Self {
        Self(Box::new(Keeping { original, copy }))
    }

    /// The error, while a copy of it stays here.
    pub(crate) fn give(&mut self) -> io::Error {
        self.0.original.take().unwrap_or_else(|| self.0.copy.make())
    }

    /// Parts with the original, and goes on with copies.
    #[cfg(feature = "offload")]
    pub(crate) fn split(&mut self) -> Self {
        Self::both(self.0.original.take(), self.0.copy.clone())
    }

    /// The report that the write of `ticket`, which ended with this error, had `complete` bytes complete.
    pub(crate) fn prior(&mut self, ticket: Ticket, complete: Option<usize>) -> Self {
        let original = io::Error::from(PriorWriteFailed::new(ticket, complete, self.give()));
        let copy = Copied::Prior { kind: original.kind(), ticket, complete, reason: Box::new(self.0.copy.clone()) };
        Self::both(Some(original), copy)
    }

    pub(crate) fn is_indeterminate(&self) -> bool {
        self.0.copy.indeterminate().is_some()
    }

    /// The answer of a writer that takes no more since this outcome. It wraps the reason and not the [`Indeterminate`]
    /// itself, which would speak of the bytes that are refused.
    pub(crate) fn poisoned(&self) -> io::Error {
        let mut reason = &self.0.copy;
        while let Some(within) = reason.indeterminate() {
            reason = within;
        }
        let reason = reason.make();
        io::Error::new(told_kind(&reason), Poisoned(reason))
    }
}

/// A result to be answered any number of times.
pub(crate) fn give<T: Copy>(result: &mut Result<T, Kept>) -> io::Result<T> {
    match result {
        Ok(value) => Ok(*value),
        Err(kept) => Err(kept.give()),
    }
}

/// What is remembered of an error, in types of ours alone.
#[derive(Clone, Debug)]
enum Copied {
    Os(i32),
    Prior { kind: io::ErrorKind, ticket: Ticket, complete: Option<usize>, reason: Box<Copied> },
    Superseded { kind: io::ErrorKind, superseded: Superseded },
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
        if let Some(prior) = error.downcast_ref::<PriorWriteFailed>() {
            let reason = Box::new(Self::of(prior.reason()));
            return Some(Self::Prior { kind, ticket: prior.ticket(), complete: prior.complete(), reason });
        }
        if let Some(superseded) = error.downcast_ref::<Superseded>() {
            return Some(Self::Superseded { kind, superseded: *superseded });
        }
        let indeterminate = error.downcast_ref::<Indeterminate>()?;
        Some(Self::Indeterminate { kind, reason: Box::new(Self::of(indeterminate.reason())) })
    }

    /// If `error`, which another one wraps, is to be found again: one of ours, or an OS code.
    fn of_source(error: &(dyn Error + 'static)) -> Option<Self> {
        let code = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        code.map(Self::Os).or_else(|| Self::of_ours(io::ErrorKind::Other, error))
    }

    /// The reason of the [`Indeterminate`] in here, if there is one.
    fn indeterminate(&self) -> Option<&Self> {
        match self {
            Self::Indeterminate { reason, .. } => Some(reason),
            Self::Prior { reason: within, .. } | Self::Foreign { source: Some(within), .. } => within.indeterminate(),
            Self::Os(_) | Self::Superseded { .. } | Self::Foreign { source: None, .. } => None,
        }
    }

    fn make(&self) -> io::Error {
        match self {
            Self::Os(code) => io::Error::from_raw_os_error(*code),
            Self::Prior { kind, ticket, complete, reason } => {
                io::Error::new(*kind, PriorWriteFailed::new(*ticket, *complete, reason.make()))
            }
            Self::Superseded { kind, superseded } => io::Error::new(*kind, *superseded),
            Self::Indeterminate { kind, reason } => io::Error::new(*kind, Indeterminate::new(reason.make())),
            Self::Foreign { kind, text, source } => {
                io::Error::new(*kind, Shown { text: text.clone(), source: source.as_ref().map(|e| e.make()) })
            }
        }
    }
}

/// Stands for an error of a type that we do not know.
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

/// An operation ended with an unknown effect, for this reason; what comes after it is refused.
#[derive(Debug)]
struct Poisoned(io::Error);

impl fmt::Display for Poisoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the writer takes no more, since it is not known what an earlier operation did: {}", self.0)
    }
}

impl Error for Poisoned {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
