//! One process, from its start to its end by SIGKILL or by an exit of its own.

use std::{
    ffi::OsString,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::bail;

use super::{judge::Report, record::Id, report, way::Way};
use crate::child::Child;

/// How long a process may take to its next report.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a kill waits at most after the last report that it has read.
const MAX_DELAY: Duration = Duration::from_millis(2);

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is killed that long after so many reports have come: its writer is at work on a record, at any point of it.
    KillAfter(u32, Duration),
    /// It exits right after the answer to the record of that number.
    ExitAfter(u32),
}

impl End {
    /// A random one of either kind. Half of them come early, where files, pools and threads are new. The others come
    /// late, but where each record is a file that is synced, which takes long.
    pub(super) fn random(random: &mut fastrand::Rng, way: Way, is_exit: bool) -> Self {
        let late = if matches!(way, Way::Whole(_)) { 16 } else { 200 };
        let after = if random.bool() { random.u32(1..8) } else { random.u32(1..late) };
        if is_exit { End::ExitAfter(after) } else { End::KillAfter(after, random_delay(random)) }
    }

    /// Lets a process write to `path` until that end, and returns what it has reported.
    pub(super) fn of_writer(self, way: Way, path: &Path) -> anyhow::Result<Vec<Report>> {
        match self {
            End::KillAfter(after, delay) => {
                let mut child = start(way, path, Until::Killed, path)?;
                let mut reports = read(&mut child, after)?;
                pass(delay);
                child.kill_running()?;
                reports.extend(rest(&mut child)?);
                Ok(reports)
            }
            End::ExitAfter(number) => {
                let mut child = start(way, path, Until::Record(number), path)?;
                let mut reports = rest(&mut child)?;
                child.finish()?;
                reports.push(Report { id: Id { task: 0, number }, end: None });
                Ok(reports)
            }
        }
    }
}

/// How long to wait before a process is stopped, so that it is somewhere else each time.
pub(super) fn random_delay(random: &mut fastrand::Rng) -> Duration {
    Duration::from_micros(random.u64(..=MAX_DELAY.as_micros() as u64))
}

/// Waits so long by the clock: a sleep would end at a tick of the timer.
pub(super) fn pass(delay: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < delay {
        std::hint::spin_loop();
    }
}

/// How long a process writes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    Killed,
    /// It exits right after the answer to the record of that number.
    Record(u32),
    /// Its file system is shut down, and it exits with success if that is what it was told.
    ShutDown,
}

/// Starts a process that writes to `path`. Its standard error goes to a file beside `stderr`.
pub(super) fn start(way: Way, path: &Path, until: Until, stderr: &Path) -> anyhow::Result<Child> {
    let mut args = ["crash-writer", "--way", way.name(), "--path"].map(OsString::from).to_vec();
    args.push(path.into());
    match until {
        Until::Killed => {}
        Until::Record(number) => args.extend(["--exit-after".into(), number.to_string().into()]),
        Until::ShutDown => args.push("--until-shut-down".into()),
    }
    Child::start(&args, stderr.with_extension("stderr"), LIMIT)
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
