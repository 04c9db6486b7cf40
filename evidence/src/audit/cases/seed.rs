//! Creates a file, writes 1,024 bytes with one call, and looks at the file's length as soon as the answer is there.
//!
//! Holds when the length is the answered count, in every round.

use std::fs;

use anyhow::Context as _;

use super::Case;
use crate::audit::{
    executors::Executor,
    log::Log,
    scene::{Scene, payload},
    subjects::{By, Subject},
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "seed",
    source: include_str!("seed.rs"),
    share: 1,
    subjects,
    applies: |_| Ok(()),
    round: |scene| Box::pin(round(scene)),
};

/// Bytes of the one write.
const LENGTH: usize = 1024;

/// tokio also with the flush that its documentation asks for; ours on every executor.
fn subjects() -> Vec<Subject> {
    let peers = [Subject::Tokio, Subject::TokioFlush, Subject::AsyncFs, Subject::AsyncStd, Subject::Unblock];
    let ours = [By::WriteComplete, By::FuturesIo].into_iter();
    let ours = ours.flat_map(|call| Executor::ALL.map(|executor| Subject::Ours(call, executor)));
    peers.into_iter().chain(ours).collect()
}

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let mut log = Log::default();
    let mut file = scene.subject.create(&scene.path).await.context("the file cannot be created")?;
    let count = log.count("write", file.write(&payload(LENGTH)).await)?;
    let length = fs::metadata(&scene.path)?.len();
    log.note(format!("length {length} right after"));
    // What is still on its way is no part of this round, and must not slow down the next one.
    file.flush().await.context("the flush failed")?;
    Ok(log.conclude(usize::try_from(length) == Ok(count)))
}
