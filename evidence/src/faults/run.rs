//! One run of a program, with a fault of the kernel or a limit on the length of files.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Context as _;

use super::{
    program::Program,
    step::Line,
    trace::{Made, calls},
};
use crate::{
    child::{Child, ONE_THREAD},
    tracer,
};

/// How long a program may take to its next answer.
const LIMIT: Duration = Duration::from_secs(60);

/// The files of the runs of one program.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    observer: PathBuf,
    trace: PathBuf,
    stderr: PathBuf,
}

/// What a program has told, and the calls that may have failed.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) lines: Vec<Line>,
    pub(super) made: Vec<Made>,
}

impl Place {
    /// Files in `folder`, which has no others.
    pub(super) fn new(folder: &Path) -> anyhow::Result<Self> {
        // strace compares paths as the kernel has them.
        let folder = folder.canonicalize()?;
        let [path, observer, trace, stderr] = ["file", "observer", "trace", "stderr"].map(|name| folder.join(name));
        Ok(Place { path, observer, trace, stderr })
    }

    /// Runs a program to its end, with one fault put into its calls on the file.
    pub(super) fn run_with_fault(&self, program: Program, call: &str, inject: &str) -> anyhow::Result<Outcome> {
        self.begin()?;
        // The second shows where a line was told.
        let trace = format!("trace={call},?readlink,?readlinkat");
        let mut command = tracer::traced(&["--seccomp-bpf", "-e", &trace, "-e", inject], &self.trace, &self.path)?;
        self.add_args(&mut command, program);
        let lines = self.lines(command)?;
        let trace = fs::read_to_string(&self.trace).context("there is no trace")?;
        Ok(Outcome { lines, made: calls(&trace, call) })
    }

    /// Runs a program to its end, no file of which may become longer than that.
    pub(super) fn run_with_limit(&self, program: Program, limit: u64) -> anyhow::Result<Vec<Line>> {
        self.begin()?;
        let mut command = Command::new(std::env::current_exe()?);
        self.add_args(&mut command, program);
        command.args(["--limit", &limit.to_string()]);
        self.lines(command)
    }

    /// A new empty file, with another name for those who only look.
    fn begin(&self) -> anyhow::Result<()> {
        for path in [&self.path, &self.observer].into_iter().filter(|path| path.exists()) {
            fs::remove_file(path)?;
        }
        File::create_new(&self.path)?;
        fs::hard_link(&self.path, &self.observer).context("the file has no second name")
    }

    fn add_args(&self, command: &mut Command, program: Program) {
        let (path, observer) = (self.path.as_os_str(), self.observer.as_os_str());
        let [program_, path_, observer_] = ["--program", "--path", "--observer"].map(OsStr::new);
        command.arg("faults-program").args([program_, OsStr::new(program.name()), path_, path, observer_, observer]);
        // The calls of one thread are counted, and so those of one operation after the other.
        command.env(ONE_THREAD.0, ONE_THREAD.1);
    }

    fn lines(&self, command: Command) -> anyhow::Result<Vec<Line>> {
        let mut child = Child::spawn(command, self.stderr.clone(), LIMIT)?;
        let mut lines = Vec::new();
        while let Some(line) = child.next_line()? {
            lines.push(serde_json::from_str(&line).with_context(|| format!("the program said {line:?}"))?);
        }
        child.finish()?;
        Ok(lines)
    }
}
