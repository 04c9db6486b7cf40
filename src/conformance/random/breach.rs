//! [`Breach`]: a rule that does not hold; and what the rules say of one answer by itself.

use std::io;

use super::fate::Fate;
use crate::{
    conformance::tell::Tell,
    contract::Rule,
    error::{Indeterminate, PriorWriteFailed, raw_os_error},
};

/// A rule that an answer or the destination breaks.
#[derive(Debug)]
pub(super) struct Breach {
    pub(super) rule: Rule,
    pub(super) expected: String,
    pub(super) seen: String,
}

pub(super) type Held = Result<(), Breach>;

/// The rule holds only if `holds`.
pub(super) fn hold(holds: bool, rule: Rule, expected: &str, seen: impl Into<String>) -> Held {
    if holds { Ok(()) } else { Err(Breach { rule, expected: expected.to_owned(), seen: seen.into() }) }
}

/// An error that the destination did not answer to this operation.
pub(super) fn unfounded(error: &io::Error) -> Held {
    hold(false, Rule::W6, "no error, since the destination answered none to this operation", error.tell())
}

/// A write with this `fate` was answered with `error`.
pub(super) fn failed(fate: Fate, error: &io::Error) -> Held {
    let prior = PriorWriteFailed::find(error).is_some();
    hold(!prior, Rule::W6, "the error of this write", error.tell())?;
    match fate {
        Fate::Fails(Some(code)) => {
            let kind = io::Error::from_raw_os_error(code).kind();
            let whole = raw_os_error(error) == Some(code) && error.kind() == kind;
            let known = Indeterminate::find(error).is_none();
            hold(whole && known, Rule::W6, &format!("the destination's error: {kind:?}, OS code {code}"), error.tell())
        }
        Fate::Unknown => {
            let typed = Indeterminate::find(error).is_some();
            hold(typed, Rule::W13, "an indeterminate error", error.tell())
        }
        Fate::Fails(None) | Fate::Complete(_) | Fate::Undecided => Ok(()),
    }
}

/// No caller sees what would have it ask again.
pub(super) fn transparent<R: Tell>(result: &io::Result<R>) -> Held {
    let hidden = |kind| matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
    let leaks = matches!(result, Err(error) if hidden(error.kind()));
    hold(!leaks, Rule::W15, "neither `WouldBlock` nor `Interrupted`", result.tell())
}
