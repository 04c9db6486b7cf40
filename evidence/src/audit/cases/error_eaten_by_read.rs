//! Writes 10,000 bytes with `write_all` to a file that may not grow beyond 8,192, reads once, flushes, and calls
//! `sync_all`.
//!
//! Holds when one of these calls reports the failure: a read between the write and the flush must not consume it.

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
    name: "error-eaten-by-read",
    source: include_str!("error_eaten_by_read.rs"),
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
    let read = log.count("read", file.read(&mut [0; 16]).await);
    let flushed = log.done("flush", file.flush().await);
    let synced = log.done(&file.sync_name("sync_all"), file.sync_all().await);
    let content = scene.content()?;
    log.note(share(&content, &payload));
    let reported = wrote.is_err() || read.is_err() || flushed.is_err() || synced.is_err();
    Ok(log.conclude(reported || content == payload))
}
