//! `tokio::fs::File`. It takes nothing but a file, so what its thread does to that is concluded.

use std::path::Path;

use anyhow::Context as _;
use tokio::{
    fs::File,
    io::AsyncWriteExt as _,
    runtime::{Builder, Handle},
};

use super::{
    log::{Kind, Lifeline, Log, Sequence},
    stage::Stage,
};

pub(super) fn record(name: &str, folder: &Path) -> anyhow::Result<Sequence> {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).max_blocking_threads(1).build().context("no runtime")?;
    let _here = runtime.enter();
    let (stage, file) = Stage::new(name, folder, |job| drop(Handle::current().spawn_blocking(job)))?;
    let mut file = File::from_std(file);
    stage.write("write_all(\"hello\")", 5, file.write_all(b"hello"), |occupied| {
        let next = stage.queue();
        occupied.end(&stage.log);
        next.wait()?;
        conclude(&stage.log);
        Ok(())
    })?;
    Ok(stage.sequence(name, "a write of tokio::fs::File", "tokio::fs::File"))
}

/// The thread has come from one job, before which the bytes were not there, to the next, before which they are. So it
/// has had a job between them, which wrote them.
fn conclude(log: &Log) {
    if log.length() == 5 {
        log.concluded(Lifeline::Pool, Lifeline::File, Kind::Call, "write(2)");
    }
    log.look(5);
}
