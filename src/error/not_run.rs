use std::{error::Error, fmt, io};

/// The pool refused or dropped the job of an operation, so nothing of it was done (rule O4).
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotRun;

impl NotRun {
    pub(crate) fn is_in(error: &io::Error) -> bool {
        super::find::<Self>(error).is_some()
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pool dropped the job before it ran: it has shut down, or has no thread; nothing was done")
    }
}

impl Error for NotRun {}
