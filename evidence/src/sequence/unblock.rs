//! `blocking::Unblock`, which async-fs, and so smol, writes through.

use std::path::Path;

use anyhow::Context as _;
use blocking::Unblock;
use futures_lite::AsyncWriteExt as _;

use super::{
    destination::Told,
    log::Sequence,
    pool::{PATIENCE, on_blocking},
    stage::Stage,
};

pub(super) fn record(name: &str, folder: &Path) -> anyhow::Result<Sequence> {
    let (stage, file) = Stage::new(name, folder, on_blocking)?;
    let (destination, answered) = Told::new(file, stage.log.clone());
    let mut writer = Unblock::new(destination);
    stage.write("write_all(\"hello\")", 5, writer.write_all(b"hello"), |occupied| {
        occupied.end(&stage.log);
        // A job that comes next would not do: now and then the writer's own goes to the end of the queue.
        answered.recv_timeout(PATIENCE).context("the bytes did not come")
    })?;
    Ok(stage.sequence(name, "a write of blocking::Unblock, as smol::fs::File has it", "blocking::Unblock"))
}
