//! What a failure says beyond its [`io::ErrorKind`]: [`PriorWriteFailed`], [`Superseded`], [`Indeterminate`], and
//! [`IntoInnerError`].
//!
//! The first three travel inside an [`io::Error`] that has the kind of their source (`Superseded`: `InvalidInput`).
//! Each is found again with its `find`, however deep another error wraps it; [`raw_os_error`] finds the operating
//! system's code in the same way.

use std::{error::Error, fmt, io};

use crate::{guard::catch, write::Ticket};

/// An earlier write, whose caller stopped asking for it, failed or came out short; the operation that got this error
/// was not executed. See rule [W9](crate::contract::Rule::W9).
///
/// ```
/// use std::io;
/// use async_write_complete::{PriorWriteFailed, TicketSource};
///
/// let ticket = TicketSource::new().mint(5);
/// let full = io::Error::from(io::ErrorKind::StorageFull);
/// let error = io::Error::from(PriorWriteFailed::new(ticket, Some(0), full));
/// assert_eq!(error.kind(), io::ErrorKind::StorageFull);
/// assert_eq!(PriorWriteFailed::find(&error).unwrap().complete(), Some(0));
/// ```
#[derive(Debug)]
pub struct PriorWriteFailed {
    ticket: Ticket,
    complete: Option<usize>,
    source: io::Error,
}

impl PriorWriteFailed {
    /// The report that the write of `ticket` ended with `source`, after `complete` bytes (`None`: nobody can know).
    pub fn new(ticket: Ticket, complete: Option<usize>, source: io::Error) -> Self {
        Self { ticket, complete, source }
    }

    /// The report that the write of `ticket` completed only `complete` bytes, without an error of its own.
    ///
    /// Its source has the kind [`WriteZero`](io::ErrorKind::WriteZero).
    pub fn short(ticket: Ticket, complete: usize) -> Self {
        let text = format!("the destination took {complete} of {} bytes", ticket.len());
        Self::new(ticket, Some(complete), io::Error::new(io::ErrorKind::WriteZero, text))
    }

    /// The one inside `error`, if there is one.
    pub fn find(error: &io::Error) -> Option<&Self> {
        find(error)
    }

    /// The write that failed.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// How many of its bytes are complete; `None` where nobody can know.
    pub fn complete(&self) -> Option<usize> {
        self.complete
    }

    /// Why it failed.
    pub fn reason(&self) -> &io::Error {
        &self.source
    }
}

impl fmt::Display for PriorWriteFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.ticket.len();
        match self.complete {
            Some(complete) => write!(f, "an earlier write failed after {complete} of {len} bytes: {}", self.source),
            None => write!(f, "an earlier write of {len} bytes failed somewhere within them: {}", self.source),
        }
    }
}

/// The ticket is not of the writer's last submission: a later submission took its place, or another writer minted it.
/// See rule [W5](crate::contract::Rule::W5).
///
/// The kind is [`InvalidInput`](io::ErrorKind::InvalidInput). It says nothing of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Superseded {
    ticket: Ticket,
}

impl Superseded {
    /// The answer for a `ticket` that is not the writer's last.
    pub fn new(ticket: Ticket) -> Self {
        Self { ticket }
    }

    /// The one inside `error`, if there is one.
    pub fn find(error: &io::Error) -> Option<&Self> {
        find(error)
    }

    /// The ticket that was asked for.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }
}

impl fmt::Display for Superseded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ticket is not of this writer's last submission")
    }
}

/// Nobody can know how many bytes of the operation are complete; the writer takes no more. See rules
/// [W6](crate::contract::Rule::W6) and [W13](crate::contract::Rule::W13).
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
        find(error)
    }

    /// Why the effect is unknown.
    pub fn reason(&self) -> &io::Error {
        &self.source
    }
}

impl fmt::Display for Indeterminate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is not known how much of the operation took effect: {}", self.source)
    }
}

impl Error for PriorWriteFailed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

impl Error for Superseded {}

impl Error for Indeterminate {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

impl From<PriorWriteFailed> for io::Error {
    fn from(error: PriorWriteFailed) -> Self {
        Self::new(told_kind(&error.source), error)
    }
}

impl From<Superseded> for io::Error {
    fn from(error: Superseded) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

impl From<Indeterminate> for io::Error {
    fn from(error: Indeterminate) -> Self {
        Self::new(told_kind(&error.source), error)
    }
}

/// The kind under which `source` is told. Whoever sees `Interrupted` or `WouldBlock` asks again, which is no answer to
/// a failure that is over (rule W15).
pub(crate) fn told_kind(source: &io::Error) -> io::ErrorKind {
    match source.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => io::ErrorKind::Other,
        kind => kind,
    }
}

/// The operating system's code in `error`, also where one of our errors, or another that names its source, wraps it.
///
/// [`io::Error::raw_os_error`] alone sees only an unwrapped one.
///
/// ```
/// use std::io;
/// use async_write_complete::{Indeterminate, error::raw_os_error};
///
/// let error = io::Error::from(Indeterminate::new(io::Error::from_raw_os_error(28)));
/// assert_eq!(error.raw_os_error(), None);
/// assert_eq!(raw_os_error(&error), Some(28));
/// ```
pub fn raw_os_error(error: &io::Error) -> Option<i32> {
    let search = || chain(error).find_map(|e| e.downcast_ref::<io::Error>()?.raw_os_error());
    let wrapped = || catch(search).unwrap_or(None);
    error.raw_os_error().or_else(wrapped)
}

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

    /// The writer, to be used again or asked again.
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

/// Whether `error` says of the operation that got it that its effect is unknown. What it reports of an earlier write,
/// and what that left unknown, is another matter.
pub(crate) fn leaves_doubt(error: &io::Error) -> bool {
    let first = |e: &(dyn Error + 'static)| match (e.is::<PriorWriteFailed>(), e.is::<Indeterminate>()) {
        (false, false) => None,
        (prior, _) => Some(!prior),
    };
    catch(|| chain(error).find_map(first)).unwrap_or(None).unwrap_or(false)
}

/// A `source` of a foreign type that panics ends the search.
fn find<E: Error + 'static>(error: &io::Error) -> Option<&E> {
    catch(|| chain(error).find_map(|e| e.downcast_ref())).unwrap_or(None)
}

/// `error`'s payload and everything behind it.
pub(crate) fn chain(error: &io::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(payload(error), next)
}

fn payload(error: &io::Error) -> Option<&(dyn Error + 'static)> {
    error.get_ref().map(|e| e as _)
}

/// An inner `io::Error` is followed by its payload, which its own `source` would skip.
fn next<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let error: &'a (dyn Error + 'static) = *error;
    match error.downcast_ref::<io::Error>() {
        Some(inner) => payload(inner),
        None => error.source(),
    }
}
