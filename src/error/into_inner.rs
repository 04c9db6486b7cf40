use std::{error::Error, fmt, io};

/// The destination could not be taken out of its writer; both are in here.
///
/// As [`std::io::IntoInnerError`]: the writer is not lost, and a second try may succeed.
#[derive(Debug)]
pub struct IntoInnerError<W> {
    writer: W,
    error: io::Error,
}

impl<W> IntoInnerError<W> {
    pub(crate) fn new(writer: W, error: io::Error) -> Self {
        Self { writer, error }
    }

    /// Why it failed.
    pub fn error(&self) -> &io::Error {
        &self.error
    }

    /// The writer, to be used again.
    pub fn into_inner(self) -> W {
        self.writer
    }

    /// The error; the writer is dropped.
    pub fn into_error(self) -> io::Error {
        self.error
    }

    /// Both.
    pub fn into_parts(self) -> (io::Error, W) {
        (self.error, self.writer)
    }
}

impl<W> From<IntoInnerError<W>> for io::Error {
    fn from(error: IntoInnerError<W>) -> Self {
        error.error
    }
}

impl<W> fmt::Display for IntoInnerError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<W: Send + fmt::Debug> Error for IntoInnerError<W> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
