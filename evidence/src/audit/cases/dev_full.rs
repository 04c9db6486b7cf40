//! Writes 1,024 bytes with `write_all` to `/dev/full`, whose every write fails with ENOSPC, and flushes twice.
//!
//! Holds when the error comes from the write itself, with its OS code.

use std::{fs::File, path::Path};

use async_write_complete::error::raw_os_error;
use rustix::io::Errno;

use super::Case;
use crate::audit::{
    log::Log,
    scene::{Scene, payload},
    subjects::Subject,
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "dev-full",
    source: include_str!("dev_full.rs"),
    share: 10,
    subjects: Subject::peers_and_ours,
    applies: |_| if Path::new(FULL).exists() { Ok(()) } else { Err("this system has no /dev/full") },
    round: |scene| Box::pin(round(scene)),
};

const FULL: &str = "/dev/full";

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let mut log = Log::default();
    let mut file = scene.subject.adopt(File::options().read(true).write(true).open(FULL)?);
    let wrote = log.done("write_all", file.write_all(&payload(1024)).await);
    let _ = log.done("flush", file.flush().await);
    let _ = log.done("flush", file.flush().await);
    let code = wrote.err().and_then(|error| raw_os_error(&error));
    Ok(log.conclude(code == Some(Errno::NOSPC.raw_os_error())))
}
