//! Sequences: who asks, who answers, and when the bytes are there, recorded from runs of real writers.
//!
//! Each run has a pool of one thread, which another job occupies until it is told to end. So the order of events is
//! certain, and it is the order that a busy pool gives everybody. A run is recorded as it goes: nothing in it says what
//! a writer answers, so a writer that changes gets another picture.
//!
//! What nobody can record is *concluded* from what was seen before and after it, and marked so.

use std::{
    ffi::OsStr,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, Command, ValueEnum};

use self::log::Sequence;
use crate::{
    child::{Child, ONE_THREAD},
    cli::Entry,
    json_file::JsonFile,
};

#[cfg(feature = "rfcs")]
pub(crate) use self::draw::draw;

mod caller;
mod destination;
#[cfg(feature = "rfcs")]
mod draw;
pub(crate) mod log;
mod ours;
mod pool;
mod stage;
mod tokio;
mod unblock;

/// How long a run may take: it waits for nothing but what it has set off itself.
const LIMIT: Duration = Duration::from_secs(60);

/// Where the record goes.
#[derive(Debug, Args)]
struct SequenceArgs {
    /// Write the events to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// One run, in a process of its own.
#[derive(Debug, Args)]
struct RecordArgs {
    #[arg(long)]
    run: Run,
    #[arg(long)]
    folder: PathBuf,
}

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Run {
    /// A write of `tokio::fs::File`.
    Tokio,
    /// A write of `blocking::Unblock`.
    Smol,
    /// A write of `Offload`, by both methods of the trait.
    Complete,
    /// A write of `Offload` whose future is dropped, and the next one.
    Dropped,
}

impl Run {
    /// All, in the order of the record.
    pub(crate) const ALL: [Run; 4] = [Run::Tokio, Run::Smol, Run::Complete, Run::Dropped];

    /// What the command line, the record and the picture call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Run::Tokio => "tokio",
            Run::Smol => "smol",
            Run::Complete => "complete",
            Run::Dropped => "dropped",
        }
    }

    fn record(self, folder: &Path) -> anyhow::Result<Sequence> {
        match self {
            Run::Tokio => tokio::record(self.name(), folder),
            Run::Smol => unblock::record(self.name(), folder),
            Run::Complete => ours::record_complete(self.name(), folder),
            Run::Dropped => ours::record_dropped(self.name(), folder),
        }
    }
}

/// The command of the sequences.
pub(crate) fn entry(command: Command) -> Entry {
    Entry::derived(command, |args: SequenceArgs| run(&args))
}

/// One run, in a process of its own.
pub(crate) fn record_entry() -> Entry {
    Entry::derived(Command::new("sequence-record").hide(true), |args: RecordArgs| record(&args))
}

/// Records all runs, prints them, and leaves the file.
fn run(args: &SequenceArgs) -> anyhow::Result<ExitCode> {
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let folder = tempfile::Builder::new().prefix("sequence-").tempdir()?;
    let mut sequences = Vec::new();
    for run in Run::ALL {
        sequences.push(ask(run, folder.path()).with_context(|| format!("{} could not be recorded", run.name()))?);
    }
    let mut out = io::stdout().lock();
    for sequence in &sequences {
        writeln!(out, "{}: {}\n{}", sequence.name, sequence.title, sequence.lines().join("\n"))?;
    }
    if let Some(json) = json {
        json.finish(&sequences)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Records one run, in the process that is this run's, and tells it on standard output.
fn record(args: &RecordArgs) -> anyhow::Result<ExitCode> {
    let sequence = args.run.record(&args.folder)?;
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &sequence)?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}

/// Has a process record one run: the pool of `blocking` reads its number of threads when it is first used.
fn ask(run: Run, folder: &Path) -> anyhow::Result<Sequence> {
    let args = ["sequence-record", "--run", run.name(), "--folder"].map(OsStr::new);
    let args: Vec<&OsStr> = args.into_iter().chain([folder.as_os_str()]).collect();
    let stderr = folder.join(format!("{}.stderr", run.name()));
    let mut child = Child::start_with(&args, &[ONE_THREAD], stderr, LIMIT)?;
    let line = child.next_line()?;
    child.finish()?;
    let line = line.context("the process said nothing")?;
    serde_json::from_str(&line).with_context(|| format!("the process said {line:?}, which is no sequence"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_knows_each_run_by_its_name() {
        for run in Run::ALL {
            assert_eq!(Run::from_str(run.name(), false), Ok(run));
        }
    }
}
