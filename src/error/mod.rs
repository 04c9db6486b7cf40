//! What a failure says beyond its [`io::ErrorKind`].
//!
//! | error | kind | what it says | what cures it |
//! |---|---|---|---|
//! | [`WriteOutstanding`] | `ResourceBusy` | the last write was not answered; nothing was taken | [`settle`](crate::AsyncWriteCompleteExt::settle), or poll its ticket |
//! | [`UnknownTicket`] | `InvalidInput` | the ticket is not of this writer's last submission | nothing: it says nothing of the bytes |
//! | [`Indeterminate`] | that of its reason | nobody can know how many bytes are complete; the writer takes no more | a new writer, after a look at the destination |
//! | [`PriorWriteFailed`] | that of its reason | an earlier `poll_write` failed after its future was dropped; this operation was not executed | the caller's own judgement, then the operation again |
//! | [`IntoInnerError`] | that of its reason | the destination could not be taken out; the writer is in the error | another try |
//!
//! The `find` of each of the first four finds it, however deep another error wraps it; [`raw_os_error`] finds the
//! operating system's code in the same way.

use std::{error::Error, io};

mod indeterminate;
mod into_inner;
mod not_run;
mod prior_write_failed;
mod repeatable;
mod unknown_ticket;
mod write_outstanding;

use crate::guard::catch_panics;
pub(crate) use indeterminate::Poisoned;
pub(crate) use not_run::NotRun;
pub(crate) use prior_write_failed::short_count;
pub(crate) use repeatable::{RepeatableError, repeat};

pub use self::{
    indeterminate::Indeterminate, into_inner::IntoInnerError, prior_write_failed::PriorWriteFailed,
    unknown_ticket::UnknownTicket, write_outstanding::WriteOutstanding,
};

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
    error.raw_os_error().or_else(|| catch_panics(search).unwrap_or(None))
}

/// The kind for an error around `source`. A caller who sees `Interrupted` or `WouldBlock` tries again, which is no cure
/// for a failure that is over ([P3](crate::contract::Rule::P3)).
pub(crate) fn final_kind(source: &io::Error) -> io::ErrorKind {
    match source.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => io::ErrorKind::Other,
        kind => kind,
    }
}

/// Whether `error` says of the operation that got it that its effect is unknown: not if it repeats what was
/// [`Indeterminate`] of an earlier one.
pub(crate) fn leaves_doubt(error: &io::Error) -> bool {
    let first =
        |e: &(dyn Error + 'static)| match (e.is::<PriorWriteFailed>() || e.is::<Poisoned>(), e.is::<Indeterminate>()) {
            (false, false) => None,
            (of_an_earlier_one, _) => Some(!of_an_earlier_one),
        };
    catch_panics(|| chain(error).find_map(first)).unwrap_or(None).unwrap_or(false)
}

/// A `source` of a foreign type that panics ends the search.
fn find<E: Error + 'static>(error: &io::Error) -> Option<&E> {
    catch_panics(|| chain(error).find_map(|e| e.downcast_ref())).unwrap_or(None)
}

/// The payload of `error` and everything behind it.
fn chain(error: &io::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
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
