//! [`Repeatable`]: an error that is answered more than once.

use std::io;

use async_write_complete::{Indeterminate, error::raw_os_error};

/// What stays of an error whenever it is answered: kind, OS code, text, and whether it is `Indeterminate`.
#[derive(Clone, Debug)]
pub(super) struct Repeatable {
    kind: io::ErrorKind,
    code: Option<i32>,
    text: String,
    pub(super) is_indeterminate: bool,
}

impl Repeatable {
    pub(super) fn new(error: &io::Error) -> Self {
        let indeterminate = Indeterminate::find(error);
        let reason = indeterminate.map_or(error, Indeterminate::reason);
        Self {
            kind: reason.kind(),
            code: raw_os_error(error),
            text: reason.to_string(),
            is_indeterminate: indeterminate.is_some(),
        }
    }

    pub(super) fn other(text: &str) -> Self {
        Self::new(&io::Error::other(text))
    }

    /// The error, once more.
    pub(super) fn error(&self) -> io::Error {
        let reason = self.code.map_or_else(|| io::Error::new(self.kind, &*self.text), io::Error::from_raw_os_error);
        if self.is_indeterminate { Indeterminate::new(reason).into() } else { reason }
    }
}
