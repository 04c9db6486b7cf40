//! One process, from its start to its end by SIGKILL or by an exit of its own.

use std::{ffi::OsString, path::Path, time::Duration};

use anyhow::bail;

use super::{judge::Report, record::Id, report, way::Way};
use crate::child::Child;

/// How long a process may take to its next report.
const LIMIT: Duration = Duration::from_secs(60);

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is killed when so many reports have come: its writer is at work on the next record, at any point of it.
    KillAfter(u32),
    /// It exits right after the answer to the record of that number.
    ExitAfter(u32),
}

impl End {
    /// A random one of either kind. Half of them come early, where files, pools and threads are new.
    pub(super) fn random(random: &mut fastrand::Rng, is_exit: bool) -> Self {
        let after = if random.bool() { random.u32(1..8) } else { random.u32(1..200) };
        if is_exit { End::ExitAfter(after) } else { End::KillAfter(after) }
    }

    /// Lets a process write to `path` until that end, and returns what it has reported.
    pub(super) fn of_writer(self, way: Way, path: &Path) -> anyhow::Result<Vec<Report>> {
        match self {
            End::KillAfter(after) => {
                let mut child = start(way, path, None)?;
                let mut reports = read(&mut child, after)?;
                child.kill()?;
                reports.extend(rest(&mut child)?);
                Ok(reports)
            }
            End::ExitAfter(number) => {
                let mut child = start(way, path, Some(number))?;
                let mut reports = rest(&mut child)?;
                child.finish()?;
                reports.push(Report { id: Id { task: 0, number }, end: None });
                Ok(reports)
            }
        }
    }
}

/// Starts a process that writes to `path`.
pub(super) fn start(way: Way, path: &Path, exit_after: Option<u32>) -> anyhow::Result<Child> {
    let mut args = ["crash-writer", "--way", way.name(), "--path"].map(OsString::from).to_vec();
    args.push(path.into());
    args.extend(
        exit_after.iter().flat_map(|number| ["--exit-after".to_owned(), number.to_string()].map(OsString::from)),
    );
    Child::start(&args, path.with_extension("stderr"), LIMIT)
}

/// The next `count` reports, from a process that goes on.
pub(super) fn read(child: &mut Child, count: u32) -> anyhow::Result<Vec<Report>> {
    let mut next = || match child.next_line()? {
        Some(line) => report::parse(&line),
        None => bail!("the process ended by itself"),
    };
    (0..count).map(|_| next()).collect()
}

/// All reports that are left. A line that the end has cut off is none.
pub(super) fn rest(child: &mut Child) -> anyhow::Result<Vec<Report>> {
    let mut reports = Vec::new();
    while let Some(line) = child.next_line()? {
        reports.push(report::parse(&line)?);
    }
    Ok(reports)
}
