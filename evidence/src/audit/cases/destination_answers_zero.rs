//! Writes 20 bytes with `write_all` to a destination that takes five and then answers `Ok(0)` for ever; flushes, and
//! closes.
//!
//! Holds when one of these calls reports that bytes are missing.

use super::Case;
use crate::audit::{
    destinations::Scripted,
    log::Log,
    scene::{Scene, payload},
    subjects::Subject,
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "destination-answers-zero",
    source: include_str!("destination_answers_zero.rs"),
    share: 10,
    subjects: Subject::peers_and_ours,
    applies: |subject| subject.over(destination()).map(drop),
    round: |scene| Box::pin(round(scene)),
};

fn destination() -> Scripted {
    Scripted::full_after(5)
}

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let payload = payload(20);
    let destination = destination();
    let arrived = destination.arrived();
    let mut log = Log::default();
    let mut writer = scene.subject.over(destination).map_err(anyhow::Error::msg)?;
    let wrote = log.done("write_all", writer.write_all(&payload).await);
    let flushed = log.done("flush", writer.flush().await);
    let closed = log.done("close", writer.close().await);
    let arrived = arrived.bytes();
    log.note(format!("{} of {} bytes arrived", arrived.len(), payload.len()));
    let reported = wrote.is_err() || flushed.is_err() || closed.is_err();
    Ok(log.conclude(reported || arrived == payload))
}
