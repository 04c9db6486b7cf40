//! Crashes: processes write records and are killed, or exit, or lose their power; then each record that they reported
//! is looked for.
//!
//! | file | what is in it |
//! |---|---|
//! | `record.rs` | a record, which is known by its bytes |
//! | `way.rs` | the rows: who writes, and how |
//! | `writer.rs`, `many.rs` | the process that writes, alone or with several threads |
//! | `whole.rs` | files that are a record each: who makes them, and what is left of them |
//! | `report.rs` | how it tells which records were answered |
//! | `kill.rs` | its start and its end |
//! | `judge.rs`, `order.rs` | what a file has of the reports, and in which order |
//! | `row.rs`, `table.rs` | the counts |
//! | `power/` | file systems whose device stops |
//!
//! SIGKILL ends a process and not the system, so it shows whether answers are *complete*. Whether they are *durable* is
//! shown by `--power-loss`.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use clap::{Args, Command};

use self::{
    kill::End,
    row::Row,
    way::{Stopped, Way},
};
use crate::{cli::Entry, json_file::JsonFile, progress::Progress};

mod judge;
mod kill;
mod many;
mod order;
mod power;
mod record;
mod report;
mod row;
mod table;
mod way;
mod whole;
mod writer;

/// So many kills of each row meet some writer of ours within a record, and show that this can be seen.
const FULL_RUN: u32 = 1000;

/// What is done, how often, and where it is left.
#[derive(Debug, Args)]
struct CrashArgs {
    /// How many processes of each row are killed; as many more exit right after an answer
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,
    /// What the random numbers begin with
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Only the rows with this in their name; `commit` is group commit, `ours` all rows of ours
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Stop the device of ext4, XFS and btrfs instead, as the loss of power does (as root)
    #[arg(long)]
    power_loss: bool,
    /// Shut ext4 and XFS down under the writers instead, so that every call answers EIO (as root)
    #[arg(long, conflicts_with = "power_loss")]
    shutdown: bool,
    /// How many copies of a stopped device are looked at in each row of `--power-loss`, or how many are shut down
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    copies: u32,
    /// Where the files are written; by default a temporary folder
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Write the rows to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The command of the crashes.
pub(crate) fn entry(command: Command) -> Entry {
    let after = "Exits with 1 if a record of ours is not as it was reported, if a row reported nothing, or if a \
                 control lost nothing; with 2 if it could not run.";
    Entry::derived(command.after_help(after), |args: CrashArgs| run(&args))
}

/// The processes that it starts.
pub(crate) fn hidden_entries() -> [Entry; 2] {
    let writer = Command::new("crash-writer").hide(true);
    [Entry::derived(writer, writer::write_for_ever), power::inside_entry()]
}

fn run(args: &CrashArgs) -> anyhow::Result<ExitCode> {
    if args.power_loss || args.shutdown {
        return power::run(args);
    }
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let chosen = chosen(&way::KILLED, args.subject.as_deref())?;
    let builder = tempfile::Builder::new().prefix("crash-").to_owned();
    let folder = args.folder.as_ref().map_or_else(|| builder.tempdir(), |folder| builder.tempdir_in(folder))?;
    let progress = Progress::new(chosen.len() as u64 * u64::from(args.kills));
    let mut rows = Vec::new();
    for (name, way) in chosen {
        let advance = || progress.advance(1, name);
        rows.push(kill_row(name, way, args, folder.path(), advance).with_context(|| format!("in the row {name}"))?);
    }
    drop(progress);
    let code = conclude(&rows, "kills", json)?;
    if args.kills >= FULL_RUN && !row::shows_a_cut(&rows) {
        writeln!(io::stdout().lock(), "NOT AS PROMISED: no kill has met a writer of ours within a record")?;
        return Ok(ExitCode::from(1));
    }
    Ok(code)
}

/// The rows with that in their name.
fn chosen(rows: &[(&'static str, Way)], subject: Option<&str>) -> anyhow::Result<Vec<(&'static str, Way)>> {
    let is_chosen = |name: &str, way: Way| match subject {
        None => true,
        Some("commit") => way.is_commit(),
        Some("ours") => way.is_ours(),
        Some(text) => name.contains(text),
    };
    let chosen: Vec<_> = rows.iter().copied().filter(|(name, way)| is_chosen(name, *way)).collect();
    ensure!(!chosen.is_empty(), "no row has {:?} in its name", subject.unwrap_or_default());
    Ok(chosen)
}

fn kill_row(
    name: &'static str,
    way: Way,
    args: &CrashArgs,
    folder: &Path,
    after_kill: impl Fn(),
) -> anyhow::Result<Row> {
    let mut random = fastrand::Rng::with_seed(args.seed);
    let mut row = Row::new(name, way.is_ours());
    for _ in 0..args.kills {
        for is_exit in [false, true] {
            end_one(way, folder, End::random(&mut random, way, is_exit), &mut row)?;
        }
        after_kill();
    }
    Ok(row)
}

/// Lets one process write and end, and counts what it has left.
fn end_one(way: Way, folder: &Path, end: End, row: &mut Row) -> anyhow::Result<()> {
    // A folder of its own, since a file that is replaced leaves others beside it.
    let folder = folder.join("process");
    fs::create_dir(&folder)?;
    let path = folder.join("records");
    let reports = end.of_writer(way, &path)?;
    row.add(&reports, way.look(&path, &reports, Stopped::Process)?, matches!(end, End::ExitAfter(_)));
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Prints the rows and what is wrong with them, and leaves the file.
fn conclude(rows: &[Row], stopped: &str, json: Option<JsonFile>) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}\n\n{}", table::table(rows, stopped), table::LEGEND)?;
    let mut code = ExitCode::SUCCESS;
    for row in rows {
        if let Some(trouble) = row.trouble() {
            let file_system = row.file_system.map(|name| format!("{name}, ")).unwrap_or_default();
            writeln!(out, "NOT AS PROMISED: {file_system}{}: {trouble}", row.writer)?;
            code = ExitCode::from(1);
        }
    }
    if let Some(json) = json {
        json.finish(rows)?;
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_chosen_by_name_and_by_kind() {
        let count = |subject| chosen(&way::KILLED, subject).map(|rows| rows.len()).ok();
        assert_eq!(count(None), Some(15));
        assert_eq!(count(Some("commit")), Some(2));
        assert_eq!(count(Some("ours")), Some(10));
        assert_eq!(count(Some("async-")), Some(2));
        assert_eq!(count(Some("nobody")), None);
    }
}
