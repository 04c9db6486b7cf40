//! A row: the process that runs its rounds, and the side that counts them.

use std::{
    ffi::OsStr,
    fs,
    io::{self, ErrorKind, Write as _},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;

use super::{
    cases::Case,
    limit::FileLimit,
    row::Row,
    scene::Scene,
    subjects::Subject,
    tally::{Observation, Tally},
};
use crate::child::Child;

/// How long the audit waits for one round. Longer than a round waits for a process of its own, which thereby is
/// never left behind.
const ROUND_LIMIT: Duration = Duration::from_secs(30);

/// Measures a row in a process of its own, whose files live in `folder`. `after_round` is called after each round.
///
/// # Errors
///
/// When the folder cannot be made. What goes wrong in the process is told by the row.
pub(super) fn measure_row(
    case: &'static Case,
    subject: Subject,
    rounds: u32,
    folder: &Path,
    after_round: impl Fn(),
) -> anyhow::Result<Row> {
    if let Err(reason) = case.applies(subject) {
        return Ok(Row::not_applicable(subject.label(), case.name(), reason));
    }
    fs::create_dir(folder).context("no folder for the files of a row")?;
    let mut tally = Tally::default();
    if let Err(trouble) = count_rounds(case, subject, rounds, folder, &mut tally, after_round) {
        tally.trouble(format!("{trouble:#}"));
    }
    // Files that a killed process left are of no use; the folder above removes them if this fails.
    let _ = fs::remove_dir_all(folder);
    Ok(Row::measured(subject.label(), case.name(), &tally))
}

fn count_rounds(
    case: &Case,
    subject: Subject,
    rounds: u32,
    folder: &Path,
    tally: &mut Tally,
    after_round: impl Fn(),
) -> anyhow::Result<()> {
    let (label, rounds) = (subject.label(), rounds.to_string());
    let args = ["measure", "--case", case.name(), "--subject", &label, "--rounds", &rounds, "--folder"];
    let args: Vec<&OsStr> = args.iter().map(OsStr::new).chain([folder.as_os_str()]).collect();
    let mut child = Child::start(&args, folder.join("stderr"), ROUND_LIMIT)?;
    while let Some(line) = child.next_line()? {
        let (failed, seen) = serde_json::from_str(&line)
            .with_context(|| format!("the process said {line:?}, which is no observation"))?;
        tally.add(Observation { failed, seen });
        after_round();
    }
    child.finish()
}

/// The other side: runs the rounds, and tells each one's observation on standard output.
pub(super) fn measure_rounds(
    case: &'static Case,
    subject: Subject,
    rounds: u32,
    folder: &Path,
) -> anyhow::Result<ExitCode> {
    FileLimit::survive_signal().context("SIGXFSZ cannot be handled")?;
    let folder = folder.to_owned();
    subject.executor().run(async move {
        for round in 0..rounds {
            let path = folder.join(format!("round-{round}"));
            let seen = case.round(Scene { subject, round, path: path.clone() }).await?;
            remove_if_there(&path)?;
            tell(&seen)?;
        }
        Ok(ExitCode::SUCCESS)
    })?
}

fn tell(seen: &Observation) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &(seen.failed, &seen.seen))?;
    out.write_all(b"\n")?;
    out.flush().context("the observation cannot be told")
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
