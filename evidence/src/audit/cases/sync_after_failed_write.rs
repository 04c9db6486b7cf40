//! Writes 10,000 bytes with `write_all` to a file that may not grow beyond 8,192, and calls `sync_all`.
//!
//! Holds when the failure is reported by the write itself, or by `sync_all` at the latest. A subject without a
//! `sync_all` is asked in the way that it offers to call the file's own.

use super::Case;
use crate::audit::{
    limit::FileLimit,
    log::Log,
    scene::{Scene, payload, share},
    subjects::Subject,
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "sync-after-failed-write",
    source: include_str!("sync_after_failed_write.rs"),
    share: 10,
    subjects: Subject::peers_and_ours,
    applies: |_| Ok(()),
    round: |scene| Box::pin(round(scene)),
};

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let payload = payload(10_000);
    let mut log = Log::default();
    let mut file = scene.adopt()?;
    let _limit = FileLimit::set(8192)?;
    let wrote = log.done("write_all", file.write_all(&payload).await);
    let synced = log.done(&file.sync_name("sync_all"), file.sync_all().await);
    let content = scene.content()?;
    log.note(share(&content, &payload));
    // Where the failure comes out in the end, if anywhere.
    let _ = log.done("flush", file.flush().await);
    Ok(log.conclude(wrote.is_err() || synced.is_err() || content == payload))
}
