//! Writes 10,000 bytes with `write_all` to a file that may not grow beyond 8,192, flushes, lifts the limit, and flushes
//! again. Where the writer can resume a held write, it resumes after the limit is lifted instead.
//!
//! Holds when no byte is in the file twice: the file is a prefix of the payload. After a resumed write, it is the whole
//! payload.

use async_write_complete::{AsyncWriteCompleteExt as _, HeldWrite, Offload};

use super::Case;
use crate::audit::{
    executors::Executor,
    limit::FileLimit,
    log::Log,
    scene::{Scene, payload, share},
    subjects::{By, Subject},
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "prefix-written-twice",
    source: include_str!("prefix_written_twice.rs"),
    share: 10,
    subjects,
    applies: |_| Ok(()),
    round: |scene| Box::pin(round(scene)),
};

const RESUMED: Subject = Subject::Ours(By::ResumeWriteAll, Executor::Smol);

fn subjects() -> Vec<Subject> {
    [Subject::peers_and_ours().as_slice(), &[RESUMED]].concat()
}

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    if scene.subject == RESUMED {
        return resumed_round(scene).await;
    }
    let payload = payload(10_000);
    let mut log = Log::default();
    let mut file = scene.adopt()?;
    let limit = FileLimit::set(8192)?;
    let _ = log.done("write_all", file.write_all(&payload).await);
    let _ = log.done("flush", file.flush().await);
    drop(limit);
    let _ = log.done("flush without the limit", file.flush().await);
    let content = scene.content()?;
    log.note(share(&content, &payload));
    Ok(log.conclude(payload.starts_with(&content)))
}

async fn resumed_round(scene: Scene) -> anyhow::Result<Observation> {
    let payload = payload(10_000);
    let mut log = Log::default();
    let mut file = Offload::new(scene.open()?);
    let mut held = HeldWrite::new(&payload);
    let limit = FileLimit::set(8192)?;
    let _ = log.done("resume_write_all", file.resume_write_all(&mut held).await);
    log.note(format!("{} bytes complete", held.completed()));
    drop(limit);
    let _ = log.done("resume_write_all without the limit", file.resume_write_all(&mut held).await);
    let content = scene.content()?;
    log.note(share(&content, &payload));
    Ok(log.conclude(content == payload))
}
