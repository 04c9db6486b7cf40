use std::{error::Error, fmt, io};

/// Nobody can know how many bytes of the operation are complete; the writer takes no more.
///
/// See rules [W6](crate::contract::Rule::W6) and [P2](crate::contract::Rule::P2). Every error of such a writer has one
/// inside, so a loop that tries again sees its end by [`find`](Self::find).
#[derive(Debug)]
pub struct Indeterminate {
    source: io::Error,
}

impl Indeterminate {
    /// The statement that `source` ended an operation whose effect is unknown.
    pub fn new(source: io::Error) -> Self {
        Self { source }
    }

    /// The one inside `error`, if there is one.
    pub fn find(error: &io::Error) -> Option<&Self> {
        super::find(error)
    }

    /// Why the effect is unknown.
    pub fn reason(&self) -> &io::Error {
        &self.source
    }
}

impl fmt::Display for Indeterminate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is not known how many bytes are complete: {}", self.source)
    }
}

impl Error for Indeterminate {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

impl From<Indeterminate> for io::Error {
    fn from(error: Indeterminate) -> Self {
        Self::new(super::final_kind(&error.source), error)
    }
}

/// An operation was refused, because an earlier one was [`Indeterminate`]. Unlike that one it has taken nothing.
#[derive(Debug)]
pub(crate) struct Poisoned(Indeterminate);

impl Poisoned {
    pub(super) fn new(earlier: Indeterminate) -> Self {
        Self(earlier)
    }
}

impl fmt::Display for Poisoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the writer takes no more, because of an earlier operation: {}", self.0)
    }
}

impl Error for Poisoned {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
