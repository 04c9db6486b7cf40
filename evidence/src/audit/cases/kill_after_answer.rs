//! A process creates a file, writes 1,024 bytes with one call, and announces the answer over a pipe. Whoever reads the
//! announcement ends it with SIGKILL at once, waits until it is gone, and looks at the file.
//!
//! Holds when the file has all answered bytes. The way of the announcement takes some microseconds, in which a writer
//! that answers early may still save itself: what fails here fails in spite of them.

use super::Case;
use crate::audit::{
    ending::{self, Ending},
    subjects::Subject,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "kill-after-answer",
    source: include_str!("kill_after_answer.rs"),
    share: 20,
    subjects: Subject::peers_and_ours,
    applies: |_| Ok(()),
    round: |scene| Box::pin(async move { ending::round(&scene, Ending::Wait) }),
};
