//! Writes 1,024 bytes with one call and drops the writer as soon as the answer is there. Then waits, by a lock on the
//! file, until the last descriptor of the writer is closed: from there on nothing can arrive any more.
//!
//! Holds when the file has all answered bytes then. How late they came is not asked here.

use std::fs::File;

use rustix::fs::{FlockOperation, flock};

use super::Case;
use crate::audit::{
    log::Log,
    scene::{Scene, payload, share},
    subjects::Subject,
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "drop-after-answer",
    source: include_str!("drop_after_answer.rs"),
    share: 4,
    subjects: Subject::peers_and_ours,
    applies: |_| Ok(()),
    round: |scene| Box::pin(round(scene)),
};

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let payload = payload(1024);
    let mut log = Log::default();
    let file = scene.open()?;
    // The lock belongs to the open file, not to us: it ends with the last descriptor.
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    let mut writer = scene.subject.adopt(file);
    let count = log.count("write", writer.write(&payload).await)?;
    drop(writer);
    flock(File::open(&scene.path)?, FlockOperation::LockShared)?;
    let content = scene.content()?;
    log.note("dropped");
    log.note(share(&content, &payload));
    Ok(log.conclude(content == payload[..count]))
}
