//! Writes 5,000 times A and 100 times B to a file that may not grow beyond 4,096 bytes, flushes, lifts the limit,
//! writes ten times C, and flushes again. The program goes on after errors, and counts what each write answers.
//!
//! Holds when the file is exactly the bytes that were answered for, in their order: no answered byte is missing before
//! a later one.

use crate::audit::{
    limit::FileLimit,
    log::Log,
    scene::{Scene, runs},
    subjects::{AnyFile, Subject},
    tally::Observation,
};

use super::Case;

/// The case.
pub(super) const CASE: Case = Case {
    name: "hole-after-partial-failure",
    source: include_str!("hole_after_partial_failure.rs"),
    share: 10,
    subjects: Subject::peers_and_ours,
    applies: |_| Ok(()),
    round: |scene| Box::pin(round(scene)),
};

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let mut log = Log::default();
    let mut file = scene.adopt()?;
    let mut answered = Vec::new();
    let limit = FileLimit::set(4096)?;
    write_counted(&mut file, &[b'A'; 5000], &mut answered, &mut log).await;
    write_counted(&mut file, &[b'B'; 100], &mut answered, &mut log).await;
    let _ = log.done("flush", file.flush().await);
    drop(limit);
    write_counted(&mut file, &[b'C'; 10], &mut answered, &mut log).await;
    let _ = log.done("flush", file.flush().await);
    let content = scene.content()?;
    log.note(format!("answered for {}", runs(&answered)));
    log.note(format!("file has {}", runs(&content)));
    Ok(log.conclude(content == answered))
}

/// Writes until all bytes are answered for, or an error or a zero comes.
async fn write_counted(file: &mut AnyFile, bytes: &[u8], answered: &mut Vec<u8>, log: &mut Log) {
    let mut rest = bytes;
    while !rest.is_empty() {
        match log.count("write", file.write(rest).await) {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                answered.extend_from_slice(&rest[..count]);
                rest = &rest[count..];
            }
        }
    }
}
