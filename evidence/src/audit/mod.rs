//! The audit: which writers keep their answers, measured on real files.
//!
//! Every row is measured by a process of its own, so that a limit on file lengths, a panic or a hang stays in its row,
//! and so that no subject finds the pool of threads warmed up by another. The process tells each round's observation
//! as one line of JSON; this side counts them, and adds no knowledge of its own about any peer.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use indicatif::{ProgressBar, ProgressStyle};

use self::row::Row;

pub(crate) use self::{
    cases::Case,
    child::Child,
    ending::{Ending, answer_and_end},
    limit::FileLimit,
    measure::measure_rounds,
    report::JsonFile,
    subjects::Subject,
};
// For the bench and the RFCs, which need Linux.
#[cfg(target_os = "linux")]
pub(crate) use self::row::{OURS, Verdict};

mod cases;
mod child;
mod destinations;
mod ending;
mod executors;
mod limit;
mod log;
mod measure;
mod report;
mod row;
mod scene;
mod single_poll;
mod subjects;
mod table;
mod tally;

/// The versions that the subjects were built from; the build script reads them from the lock file.
pub(crate) const VERSIONS: &str = env!("EVIDENCE_VERSIONS");

/// What to measure, and where to leave it.
#[derive(Debug)]
pub(crate) struct Options {
    /// The cases; all of them if none is named.
    pub(crate) cases: Vec<&'static Case>,
    /// Rounds of the seed program, from which those of the other cases follow.
    pub(crate) rounds: u32,
    /// Where the rows go as JSON.
    pub(crate) json: Option<PathBuf>,
}

/// The case of that name, for the command line.
pub(crate) fn find_case(name: &str) -> anyhow::Result<&'static Case> {
    Case::find(name)
}

/// The subject of that label, for the command line.
pub(crate) fn find_subject(label: &str) -> anyhow::Result<Subject> {
    label.parse()
}

/// The case and the subject of each row of a whole audit.
#[cfg(target_os = "linux")]
pub(crate) fn all_rows() -> Vec<(&'static str, String)> {
    let rows = |case: &'static Case| case.subjects().into_iter().map(|subject| (case.name(), subject.label()));
    cases::ALL.iter().flat_map(rows).collect()
}

/// Prints what each case does, and when a row of it holds.
pub(crate) fn list(chosen: &[&'static Case]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for case in choice(chosen) {
        writeln!(out, "{}\n{}\n", case.heading(), case.text())?;
    }
    Ok(())
}

/// Measures, prints the table, and answers with the exit status.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let json = options.json.as_deref().map(JsonFile::begin).transpose()?;
    let rows = measure_all(&choice(&options.cases), options.rounds)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{VERSIONS}\n{}\n{}", table::table(&rows), report::last_line(&rows))?;
    if let Some(json) = json {
        json.finish(&rows)?;
    }
    Ok(report::exit_code(&rows))
}

fn choice(named: &[&'static Case]) -> Vec<&'static Case> {
    if named.is_empty() { cases::ALL.iter().collect() } else { named.to_vec() }
}

fn measure_all(cases: &[&'static Case], rounds: u32) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::Builder::new().prefix("audit-").tempdir()?;
    let bar = progress_bar(cases.iter().map(|case| case.total_rounds(rounds)).sum())?;
    let mut rows = Vec::new();
    for &case in cases {
        for subject in case.subjects() {
            bar.set_message(format!("{}: {}", case.name(), subject.label()));
            let place = folder.path().join(rows.len().to_string());
            rows.push(measure::measure_row(case, subject, case.rounds(rounds), &place, || bar.inc(1))?);
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

/// A bar on standard error; indicatif hides it where that is no terminal.
fn progress_bar(rounds: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} rounds, {elapsed} {wide_msg}")?;
    Ok(ProgressBar::new(rounds).with_style(style))
}
