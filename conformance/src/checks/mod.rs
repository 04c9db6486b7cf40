//! The checks: one for each rule, each in a file of its own.
//!
//! A check judges its own rule and no other. Where a writer does something that another rule forbids, the case ends as
//! unclear, so that one fault is reported under one rule.

use async_write_complete::contract::Rule;

use crate::judge::{Judge, Judged, Stop};

// The list of the macro `certify!`: a check without a rule does not compile.
crate::certify! { @each checks {} }

/// The rule is younger than this version of the kit.
fn no_check(_: &mut Judge<'_>) -> Judged {
    Err(Stop::Unclear("this version of the kit has no check for it".to_owned()))
}

/// Whether two contents have the same bytes in different orders, which only W7 judges.
fn is_reordered(seen: &[u8], expected: &[u8]) -> bool {
    let sorted = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes.sort_unstable();
        bytes
    };
    seen != expected && sorted(seen) == sorted(expected)
}
