//! A process that writes once and ends right after the answer, and the side that looks at the file then.

use std::{
    ffi::OsStr,
    io::{self, Read as _, Write as _},
    path::PathBuf,
    process::{self, ExitCode},
    str::FromStr,
    time::Duration,
};

use super::{
    log::Log,
    scene::{Scene, payload, share},
    subjects::Subject,
    tally::Observation,
};
use crate::child::Child;
use anyhow::{Context as _, bail};

/// How much the process writes.
const LENGTH: usize = 1024;

/// How long a round waits for its process.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What the process does once it has its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It calls `std::process::exit`.
    Exit,
    /// It announces the answer on standard output and blocks until it is killed.
    Wait,
}

impl Ending {
    fn name(self) -> &'static str {
        match self {
            Ending::Exit => "exit",
            Ending::Wait => "wait",
        }
    }
}

impl FromStr for Ending {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = [Ending::Exit, Ending::Wait].into_iter().find(|ending| ending.name() == name);
        found.with_context(|| format!("no process ends by {name}"))
    }
}

/// Runs such a process, and compares the file with the answer when the process is gone.
pub(super) fn round(scene: &Scene, then: Ending) -> anyhow::Result<Observation> {
    let label = scene.subject.label();
    let args = ["answer", "--subject", &label, "--then", then.name(), "--path"];
    let args: Vec<&OsStr> = args.iter().map(OsStr::new).chain([scene.path.as_os_str()]).collect();
    let mut child = Child::start(&args, scene.path.with_extension("stderr"), ANSWER_LIMIT)?;
    // Nothing stands between the announcement and the signal: each microsecond is one for the pool to save itself in.
    let announced = child.next_line()?;
    match (then, announced) {
        (Ending::Wait, Some(_)) => child.kill_running()?,
        (Ending::Exit, None) => child.finish()?,
        (Ending::Wait, None) => {
            child.finish()?;
            bail!("the process ended without an answer");
        }
        (Ending::Exit, Some(line)) => bail!("the process said {line:?} where nothing was to be said"),
    }
    let (content, payload) = (scene.content()?, payload(LENGTH));
    let mut log = Log::default();
    log.note(format!("write Ok({LENGTH})"));
    log.note(share(&content, &payload));
    Ok(log.conclude(content == payload))
}

/// The process itself. It returns only where the write did not take everything.
pub(super) fn answer_and_end(subject: Subject, path: PathBuf, then: Ending) -> anyhow::Result<ExitCode> {
    subject.executor().run(async move {
        let mut file = subject.create(&path).await.context("the file cannot be created")?;
        let count = file.write(&payload(LENGTH)).await.context("the write failed")?;
        if count < LENGTH {
            bail!("the write took {count} of {LENGTH} bytes");
        }
        match then {
            Ending::Exit => process::exit(0),
            Ending::Wait => announce_and_wait(),
        }
    })?
}

fn announce_and_wait() -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    out.write_all(b"answered\n").and_then(|()| out.flush()).context("the answer cannot be announced")?;
    // The end of standard input means that whoever was to kill us is gone.
    io::stdin().read_to_end(&mut Vec::new()).context("standard input cannot be read")?;
    process::exit(0)
}
