//! Writes 20 bytes with `write_all` to a destination that answers its first write with EINTR and then takes everything;
//! flushes, and closes.
//!
//! Holds when all 20 bytes arrive and every call succeeds: an interruption is to be retried, not to be told.

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
    name: "destination-interrupted",
    source: include_str!("destination_interrupted.rs"),
    share: 10,
    subjects: Subject::peers_and_ours,
    applies: |subject| subject.over(Scripted::interrupted_once()).map(drop),
    round: |scene| Box::pin(round(scene)),
};

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let payload = payload(20);
    let destination = Scripted::interrupted_once();
    let arrived = destination.arrived();
    let mut log = Log::default();
    let mut writer = scene.subject.over(destination).map_err(anyhow::Error::msg)?;
    let wrote = log.done("write_all", writer.write_all(&payload).await);
    let flushed = log.done("flush", writer.flush().await);
    let closed = log.done("close", writer.close().await);
    let arrived = arrived.bytes();
    log.note(format!("{} of {} bytes arrived", arrived.len(), payload.len()));
    Ok(log.conclude(wrote.is_ok() && flushed.is_ok() && closed.is_ok() && arrived == payload))
}
