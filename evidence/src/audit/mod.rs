//! The audit: which writers keep their answers, measured on real files.
//!
//! Every row is measured by a process of its own, so that a limit on file lengths, a panic or a hang stays in its row,
//! and so that no subject finds the pool of threads warmed up by another. The process tells each round's observation
//! as one line of JSON; this side counts them, and adds no knowledge of its own about any peer.

use std::{io::Write as _, process::ExitCode};

use self::{cases::Case, options::Options, row::Row};
use crate::{json_file::JsonFile, progress::Progress};

#[cfg(any(feature = "crash", feature = "strace"))]
pub(crate) use self::executors::Executor;
#[cfg(any(feature = "faults", feature = "matrix"))]
pub(crate) use self::limit::FileLimit;
pub(crate) use self::options::entries;
#[cfg(feature = "bench")]
pub(crate) use self::row::OURS;
#[cfg(feature = "rfcs")]
pub(crate) use self::row::Verdict;
#[cfg(feature = "crash")]
pub(crate) use self::subjects::{AnyFile, By, Subject};

mod arrival;
mod cases;
mod destinations;
mod ending;
mod executors;
mod limit;
mod log;
mod measure;
mod options;
mod report;
mod row;
mod scene;
mod single_poll;
mod subjects;
mod table;
mod tally;

/// The case and the subject of each row of a whole audit.
#[cfg(feature = "rfcs")]
pub(crate) fn all_rows() -> Vec<(&'static str, String)> {
    let rows = |case: &'static Case| case.subjects().into_iter().map(|subject| (case.name(), subject.label()));
    cases::ALL.iter().flat_map(rows).collect()
}

/// Prints what each case does, and when a row of it holds.
fn list(chosen: &[&'static Case]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    for case in choice(chosen) {
        writeln!(out, "{}\n{}\n", case.heading(), case.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Measures, prints the table, and answers with the exit status.
fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let json = options.json.as_deref().map(JsonFile::begin).transpose()?;
    let rows = measure_all(&choice(&options.cases), options.rounds)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}\n\n{}\n", table::HEADING, table::table(&rows))?;
    if options.verbose {
        writeln!(out, "{}", report::stories(&rows))?;
    }
    writeln!(out, "{}\n{}", report::versions(), report::found(&rows))?;
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
    let progress = Progress::new(cases.iter().map(|case| case.total_rounds(rounds)).sum());
    let mut rows = Vec::new();
    for &case in cases {
        for subject in case.subjects() {
            let now = format!("{}: {}", case.name(), subject.label());
            let place = folder.path().join(rows.len().to_string());
            rows.push(measure::measure_row(case, subject, case.rounds(rounds), &place, || progress.advance(1, &now))?);
        }
    }
    Ok(rows)
}
