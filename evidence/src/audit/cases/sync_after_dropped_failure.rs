//! Polls the write of 1,024 bytes once, to a file that may not grow at all, and drops its future if it is pending: so
//! nobody hears of its failure. Then calls `sync_data`, and `sync_all`.
//!
//! Holds when the failure is told by the write's one poll, or by the first sync: success would mean that every byte
//! that was taken is durable. Of ours, both syncs have to answer `WriteOutstanding` after a write that was dropped
//! while pending, until somebody asks what became of it, by `settle` or by a flush of futures-io, and is told that it
//! failed; then the syncs succeed.

use std::io::ErrorKind;

use async_write_complete::WriteOutstanding;

use super::Case;
use crate::audit::{
    limit::FileLimit,
    log::Log,
    scene::{Scene, payload, share},
    single_poll::poll_once,
    subjects::{AnyFile, By, Subject},
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "sync-after-dropped-failure",
    source: include_str!("sync_after_dropped_failure.rs"),
    share: 10,
    subjects,
    applies: |_| Ok(()),
    round: |scene| Box::pin(round(scene)),
};

fn subjects() -> Vec<Subject> {
    [Subject::peers_and_ours().as_slice(), &[Subject::TokioFlush]].concat()
}

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let payload = payload(1024);
    let mut log = Log::default();
    let mut file = scene.adopt()?;
    let _limit = FileLimit::set(0)?;
    let polled = poll_once(file.write(&payload)).map(|answer| log.count("one poll", answer));
    if polled.is_none() {
        log.note("dropped while pending");
    }
    let mut holds = match polled {
        Some(Err(_)) => true,
        None if matches!(scene.subject, Subject::Ours(..)) => {
            is_outstanding_until_asked(scene.subject, &mut file, &mut log).await
        }
        Some(Ok(_)) | None => {
            let synced = log.done(&file.sync_name("sync_data"), file.sync_data().await);
            let _ = log.done(&file.sync_name("sync_all"), file.sync_all().await);
            synced.is_err()
        }
    };
    let content = scene.content()?;
    holds |= content == payload;
    log.note(share(&content, &payload));
    Ok(log.conclude(holds))
}

/// What ours has to answer.
async fn is_outstanding_until_asked(subject: Subject, file: &mut AnyFile, log: &mut Log) -> bool {
    let mut refused = true;
    for _ in 0..2 {
        for synced in [log.done("sync_data", file.sync_data().await), log.done("sync_all", file.sync_all().await)] {
            refused &= synced.is_err_and(|error| WriteOutstanding::find(&error).is_some());
        }
    }
    let asked = match subject {
        Subject::Ours(By::FuturesIo, _) => log.done("flush", file.flush().await),
        _ => log.done("settle", file.settle().await.map(drop)),
    };
    let told = asked.is_err_and(|error| error.kind() == ErrorKind::FileTooLarge);
    let synced = log.done("sync_data", file.sync_data().await).and(log.done("sync_all", file.sync_all().await));
    refused && told && synced.is_ok()
}
