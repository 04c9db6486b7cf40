//! A process creates a file, writes 1,024 bytes with one call, and calls `std::process::exit` as soon as the answer is
//! there. When it is gone, another process looks at the file.
//!
//! Holds when the file has all answered bytes.

use super::Case;
use crate::audit::{
    ending::{self, Ending},
    subjects::Subject,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "exit-after-answer",
    source: include_str!("exit_after_answer.rs"),
    share: 20,
    subjects: Subject::peers_and_ours,
    applies: |_| Ok(()),
    round: |scene| Box::pin(async move { ending::round(&scene, Ending::Exit) }),
};
