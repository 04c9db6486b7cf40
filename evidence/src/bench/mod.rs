//! The bench: what a write costs, for this crate and for its peers, side by side.
//!
//! Figures of different runs, and the more of different machines, cannot be compared; ratios within one run can. So
//! every situation is measured in one process, in rounds over all subjects.

use std::{
    env,
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Command;

use self::{
    details::Details,
    measure::{Failure, Told},
    options::{BenchArgs, SituationArgs},
    place::Place,
    row::Row,
    situations::Situation,
    subjects::{STD, Subject},
};
use crate::{child::Child, cli::Entry, json_file::JsonFile, progress::Progress};

mod crowd;
mod details;
mod figures;
mod hint;
mod latch;
mod measure;
mod meter;
mod options;
mod place;
mod plots;
#[cfg(feature = "rfcs")]
pub(crate) mod record;
mod report;
mod row;
mod runtime;
mod situations;
mod subjects;
mod ticker;
mod work;

/// How long a turn may take. Ten thousand files on a slow disk take a while.
const TURN_LIMIT: Duration = Duration::from_secs(120);

/// All that a run has found.
#[derive(Debug, Default)]
struct Found {
    rows: Vec<Row>,
    failures: Vec<Failure>,
    /// Situations that this machine does not offer, and why.
    not_run: Vec<(Situation, String)>,
    /// Situations whose process failed, and how.
    broken: Vec<(Situation, String)>,
}

/// The command of the bench.
pub(crate) fn entry(command: Command) -> Entry {
    let command = command.after_help(
        "Every situation is measured by one process, in rounds over all subjects, so that drift hits all alike. Exits with 0 \
         if all was measured that this machine offers, with 1 if something of ours was not, and with 2 if the bench could \
         not run.",
    );
    Entry::derived(command, |args: BenchArgs| run(&args))
}

/// One situation, and two threads that spin until standard input ends; each in a process of its own.
pub(crate) fn hidden_entries() -> [Entry; 2] {
    let situation = Command::new("bench-situation").hide(true);
    [
        Entry::derived(situation, |args: SituationArgs| measure::run(&args).map(|()| ExitCode::SUCCESS)),
        Entry::new(Command::new("bench-busy").hide(true), |_| measure::spin()),
    ]
}

/// Measures, prints the tables, leaves the files, and answers with the exit status: 1 where something of ours, or a
/// whole situation, could not be measured.
fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    if args.list {
        return list().map(|()| ExitCode::SUCCESS);
    }
    if args.profile_hint {
        return hint::print().map(|()| ExitCode::SUCCESS);
    }
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let details = args.details.as_deref().map(JsonFile::begin).transpose()?;
    let begun = Instant::now();
    let found = measure_all(args)?;
    report::print(&found, begun.elapsed())?;
    if let Some(json) = json {
        let rows: Vec<_> = found.rows.iter().filter_map(Row::published).collect();
        json.finish(&rows)?;
    }
    if let Some(details) = details {
        let rows: Vec<_> = found.rows.iter().map(Details::of).collect();
        details.finish(&rows)?;
    }
    if let Some(folder) = &args.plots {
        plots::draw(&found.rows, folder)?;
    }
    let whole = found.broken.is_empty() && found.failures.iter().all(|failure| !subjects::is_ours(&failure.subject));
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn list() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "situations")?;
    for situation in Situation::ALL {
        let sizes: Vec<String> = situation.sizes().iter().map(|&size| options::size_text(size)).collect();
        writeln!(out, "  {:<12}{}; {}", situation.name(), situation.text(), sizes.join(", "))?;
    }
    writeln!(out, "subjects")?;
    for subject in subjects::ALL {
        let promise = if subject.completes { "complete when answered" } else { "weaker: accepted when answered" };
        writeln!(out, "  {:<46}{promise}", subject.label)?;
    }
    Ok(())
}

fn measure_all(args: &BenchArgs) -> anyhow::Result<Found> {
    let situations = if args.situations.is_empty() { Situation::ALL.to_vec() } else { args.situations.clone() };
    let progress = Progress::new(situations.iter().map(|&situation| turns(args, situation)).sum());
    let mut found = Found::default();
    for situation in situations {
        match Place::find(situation, &env::temp_dir()) {
            Err(reason) => {
                progress.advance(turns(args, situation), situation.name());
                found.not_run.push((situation, format!("{reason:#}")));
            }
            Ok(place) => {
                if let Err(error) = measure_one(args, situation, &place, &progress, &mut found) {
                    found.broken.push((situation, format!("{error:#}")));
                }
            }
        }
    }
    Ok(found)
}

/// Starts the process of a situation, and hears what it tells. What it told before it failed is kept.
fn measure_one(
    args: &BenchArgs,
    situation: Situation,
    place: &Place,
    progress: &Progress,
    found: &mut Found,
) -> anyhow::Result<()> {
    let folder =
        tempfile::Builder::new().prefix("bench-").tempdir_in(&place.folder).context("no folder for the files")?;
    let program = env::current_exe().context("our own program cannot be found")?;
    let mut command = place.command(program.as_os_str());
    command.args(arguments(args, situation, place, folder.path()));
    let stderr = tempfile::NamedTempFile::new().context("no file for standard error")?;
    let mut child = Child::spawn(command, stderr.path().to_owned(), TURN_LIMIT)?;
    while let Some(line) = child.next_line()? {
        let told = serde_json::from_str(&line);
        match told.with_context(|| format!("the process said {line:?}, which nobody understands"))? {
            Told::Turn => progress.advance(1, situation.name()),
            Told::Rows(rows) => found.rows.extend(rows),
            Told::Failed(failure) => found.failures.push(failure),
        }
    }
    child.finish()
}

/// The command line of the process of a situation.
fn arguments(args: &BenchArgs, situation: Situation, place: &Place, folder: &Path) -> Vec<PathBuf> {
    let text = |text: &str| PathBuf::from(OsStr::new(text));
    let mut all = vec![text("bench-situation"), text("--situation"), text(situation.name())];
    for size in sizes(args, situation) {
        all.extend([text("--size"), text(&size.to_string())]);
    }
    for subject in chosen_subjects(args, situation) {
        all.extend([text("--subject"), text(subject.label)]);
    }
    all.extend([text("--rounds"), text(&args.rounds().to_string()), text("--folder"), folder.to_owned()]);
    if let Some(mkfs) = place.mkfs {
        all.extend([text("--mkfs"), text(mkfs)]);
    }
    all.extend(args.quick.then(|| text("--quick")));
    all
}

/// The reference is always among them, because every row has a ratio to it.
fn chosen_subjects(args: &BenchArgs, situation: Situation) -> Vec<&'static Subject> {
    let named = |subject: &Subject| args.subjects.iter().any(|named| named.label == subject.label);
    let chosen = |subject: &Subject| args.subjects.is_empty() || subject.label == STD || named(subject);
    compared_subjects(situation).filter(|subject| chosen(subject)).collect()
}

/// Writers that are idle and have not written what they took are not compared: they may hold megabytes each.
fn compared_subjects(situation: Situation) -> impl Iterator<Item = &'static Subject> {
    subjects::ALL.iter().filter(move |subject| subject.completes || situation != Situation::Idle)
}

fn sizes(args: &BenchArgs, situation: Situation) -> Vec<usize> {
    if args.sizes.is_empty() { situation.sizes().to_vec() } else { args.sizes.clone() }
}

fn turns(args: &BenchArgs, situation: Situation) -> u64 {
    let turns = sizes(args, situation).len() * chosen_subjects(args, situation).len() * situation.rounds(args.rounds());
    turns as u64
}
