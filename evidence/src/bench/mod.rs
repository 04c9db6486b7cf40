//! The bench: what a write costs, for this crate and for its peers, side by side.
//!
//! Figures of different runs, and the more of different machines, cannot be compared; ratios within one run can. So
//! every situation is measured in one process, in rounds over all subjects.

use std::{
    env,
    ffi::OsStr,
    io::{IsTerminal as _, Write as _, stderr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Command;

use self::{
    measure::Told,
    options::{BenchArgs, SituationArgs},
    place::Place,
    quiet::Quiet,
    quota::Quota,
    run::Run,
    situations::{Effort, Situation},
    subjects::Role,
};
use crate::{child::Child, cli::Entry, json_file::JsonFile, progress::Progress};

mod compare;
mod constants;
mod crowd;
mod handle;
mod hint;
mod latch;
mod losses;
mod measure;
mod meter;
mod options;
mod page;
mod place;
mod plots;
mod quiet;
mod quota;
#[cfg(feature = "rfcs")]
pub(crate) mod record;
mod report;
mod row;
mod run;
mod runtime;
mod sample;
mod situations;
mod slow_reader;
mod subjects;
mod targets;
mod ticker;
mod turn;
mod warm_file;

/// How long a turn may take. Ten thousand files on a slow disk take a while.
const TURN_LIMIT: Duration = Duration::from_secs(120);

/// The command of the bench.
pub(crate) fn entry(command: Command) -> Entry {
    let command = command.after_help(
        "Every situation is measured by one process, in rounds over all subjects, so that drift hits all alike. Exits \
         with 0 if all was measured that this machine offers, with 1 if something of ours was not, and with 2 if the \
         bench could not run.",
    );
    Entry::derived(command, |args: BenchArgs| run(&args))
}

/// One situation, and two threads that spin until standard input ends; each in a process of its own.
pub(crate) fn hidden_entries() -> [Entry; 2] {
    let situation = Command::new("bench-situation").hide(true);
    [
        Entry::derived(situation, |args: SituationArgs| measure::run(&args).map(|()| ExitCode::SUCCESS)),
        Entry::derived(Command::new("bench-busy").hide(true), |args: measure::BusyArgs| measure::spin(&args)),
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
    if args.constants {
        return constants::run(args).map(|()| ExitCode::SUCCESS);
    }
    check_rows(args)?;
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let html = args.html.as_deref().map(JsonFile::begin).transpose()?;
    let (run, broken) = match &args.from {
        Some(path) => (Run::read(path)?, Vec::new()),
        None => measure_all(args)?,
    };
    report::print(&run, &broken)?;
    if let Some(json) = json {
        json.finish_with(run.text()?.as_bytes())?;
    }
    if let Some(html) = html {
        html.finish_with(page::page(&run)?.as_bytes())?;
    }
    if let Some(folder) = &args.plots {
        plots::draw(&run.rows, folder)?;
    }
    let whole = broken.is_empty() && !run.failures.iter().any(|failure| failure.is_ours);
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A text that no row has was mistyped.
fn check_rows(args: &BenchArgs) -> anyhow::Result<()> {
    let situations = args.situations();
    let places: Vec<_> =
        situations.iter().flat_map(|&s| args.sizes(s).into_iter().map(move |size| (s, size))).collect();
    for text in &args.rows {
        let is_there = |&(situation, size)| !measure::chosen(situation, size, std::slice::from_ref(text)).is_empty();
        ensure!(places.iter().any(is_there), "no row has the text `{text}` in its name; `--list` has the names");
    }
    Ok(())
}

fn list() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "situations")?;
    for situation in Situation::ALL {
        let sizes: Vec<String> = situation.sizes().iter().map(|&size| options::size_text(size)).collect();
        let more = if situation.is_main() { "" } else { "; with --all" };
        writeln!(out, "  {:<14}{}; {}{more}", situation.name(), situation.text(), sizes.join(", "))?;
    }
    for situation in Situation::ALL {
        let size = situation.sizes()[0];
        writeln!(out, "rows of {}, {}", situation.name(), options::size_text(size))?;
        for subject in subjects::of(situation, size) {
            let promise = if subject.role == Role::Weaker { "  weaker: accepted when answered" } else { "" };
            writeln!(out, "  {:<46}{promise}", subject.name())?;
        }
    }
    Ok(())
}

/// The run, and the situations whose process failed, and how.
fn measure_all(args: &BenchArgs) -> anyhow::Result<(Run, Vec<String>)> {
    let begun = Instant::now();
    let situations = args.situations();
    let progress = Progress::new(situations.iter().map(|&situation| turns(args, situation)).sum());
    let look = Duration::from_millis(if args.effort() == Effort::Quick { 100 } else { 1000 });
    let mut run = Run::new(args.quick, Quiet::before(look));
    let mut broken = Vec::new();
    for situation in situations {
        let quota = (situation == Situation::Quota).then(Quota::make).transpose();
        let place = || situation.ensure_descriptors().and_then(|()| Place::find(situation, &env::temp_dir()));
        match quota.and_then(|quota| Ok((place()?, quota))) {
            Err(reason) => {
                progress.advance(turns(args, situation), situation.name());
                run.not_run.push((situation.name().to_owned(), format!("{reason:#}")));
            }
            Ok((place, quota)) => {
                if let Err(error) = measure_one(args, situation, &place, quota.as_ref(), &progress, &mut run) {
                    broken.push(format!("{}: {error:#}", situation.name()));
                }
            }
        }
        tell_progress(situation, begun);
    }
    run.seconds = begun.elapsed().as_secs();
    Ok((run, broken))
}

/// A terminal has a line of progress that is written over; a file has a line for each situation.
fn tell_progress(situation: Situation, begun: Instant) {
    if !stderr().is_terminal() {
        eprintln!("{} is over, after {} s", situation.name(), begun.elapsed().as_secs());
    }
}

/// Starts the process of a situation, and hears what it tells. What it told before it failed is kept.
fn measure_one(
    args: &BenchArgs,
    situation: Situation,
    place: &Place,
    quota: Option<&Quota>,
    progress: &Progress,
    run: &mut Run,
) -> anyhow::Result<()> {
    let folder =
        tempfile::Builder::new().prefix("bench-").tempdir_in(&place.folder).context("no folder for the files")?;
    let program = env::current_exe().context("our own program cannot be found")?;
    let mut command = place.command(program.as_os_str());
    command.args(arguments(args, situation, place, folder.path()));
    if let Some(quota) = quota {
        command.arg("--group").arg(quota.folder());
    }
    let stderr = tempfile::NamedTempFile::new().context("no file for standard error")?;
    let mut child = Child::spawn(command, stderr.path().to_owned(), TURN_LIMIT)?;
    while let Some(line) = child.next_line()? {
        let told = serde_json::from_str(&line);
        match told.with_context(|| format!("the process said {line:?}, which nobody understands"))? {
            Told::Turn => progress.advance(1, situation.name()),
            Told::Rows(rows) => run.rows.extend(rows),
            Told::Failed(failure) => run.failures.push(failure),
            Told::Noise(noise) => run.quiet.noise.push(noise),
        }
    }
    child.finish()
}

/// The command line of the process of a situation.
fn arguments(args: &BenchArgs, situation: Situation, place: &Place, folder: &Path) -> Vec<PathBuf> {
    let text = |text: &str| PathBuf::from(OsStr::new(text));
    let mut all = vec![text("bench-situation"), text("--situation"), text(situation.name())];
    for size in args.sizes(situation) {
        all.extend([text("--size"), text(&size.to_string())]);
    }
    for row in args.row_texts() {
        all.extend([text("--rows"), text(&row)]);
    }
    all.extend([text("--rounds"), text(&args.rounds().to_string()), text("--folder"), folder.to_owned()]);
    if let Some(mkfs) = place.mkfs {
        all.extend([text("--mkfs"), text(mkfs)]);
    }
    all.extend(args.quick.then(|| text("--quick")));
    all
}

fn turns(args: &BenchArgs, situation: Situation) -> u64 {
    let rounds = situation.rounds(args.rounds());
    let texts = args.row_texts();
    let of_size = |size| measure::chosen(situation, size, &texts).len() * rounds;
    args.sizes(situation).into_iter().map(of_size).sum::<usize>() as u64
}
