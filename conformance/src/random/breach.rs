//! [`Breach`]: a rule that does not hold; and what the rules say of one answer by itself.

use std::io;

use async_write_complete::{Indeterminate, contract::Rule, error::raw_os_error};

use super::fate::Fate;
use crate::describe::Describe;

/// A rule that an answer or the destination breaks.
#[derive(Debug)]
pub(super) struct Breach {
    pub(super) rule: Rule,
    pub(super) expected: String,
    pub(super) seen: String,
}

pub(super) type Held = Result<(), Breach>;

/// What a look at the destination was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Wrong bytes would have been noticed.
    Compared,
    /// Any bytes are right where nothing is known of them.
    Blind,
}

/// The rule holds only if `holds`.
pub(super) fn hold(holds: bool, rule: Rule, expected: &str, seen: impl Into<String>) -> Held {
    if holds { Ok(()) } else { Err(Breach { rule, expected: expected.to_owned(), seen: seen.into() }) }
}

/// The destination shows `there` after an outcome that nobody can know: whatever it shows at the first look, a writer
/// that takes no more leaves it like that.
pub(super) fn unchanged(frozen: &mut Option<Vec<u8>>, there: &[u8]) -> Result<Look, Breach> {
    let Some(frozen) = frozen else {
        *frozen = Some(there.to_vec());
        return Ok(Look::Blind);
    };
    let expected = format!("{} for good, since nothing is taken after an indeterminate outcome", frozen.describe());
    hold(frozen == there, Rule::W3, &expected, there.to_vec().describe())?;
    Ok(Look::Compared)
}

/// The destination answered no error to this operation.
pub(super) fn unfounded(error: &io::Error) -> Held {
    hold(false, Rule::W6, "no error, since the destination answered none to this operation", error.describe())
}

/// A write with this `fate` was answered with `error`.
pub(super) fn failed(fate: Fate, error: &io::Error) -> Held {
    match fate {
        Fate::Fails(Some(code)) => {
            let kind = io::Error::from_raw_os_error(code).kind();
            let whole = raw_os_error(error) == Some(code) && error.kind() == kind;
            let known = Indeterminate::find(error).is_none();
            hold(
                whole && known,
                Rule::W6,
                &format!("the destination's error: {kind:?}, OS code {code}"),
                error.describe(),
            )
        }
        Fate::Unknown => {
            let typed = Indeterminate::find(error).is_some();
            hold(typed, Rule::P2, "an indeterminate error", error.describe())
        }
        Fate::Fails(None) | Fate::Complete(_) | Fate::Undecided => Ok(()),
    }
}

/// No caller sees what would have it ask again.
pub(super) fn transparent<R: Describe>(result: &io::Result<R>) -> Held {
    let hidden = |kind| matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
    let leaks = matches!(result, Err(error) if hidden(error.kind()));
    hold(!leaks, Rule::P3, "neither `WouldBlock` nor `Interrupted`", result.describe())
}
