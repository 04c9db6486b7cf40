//! One run of the program, with a fault in the calls of its pool's thread.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, ensure};

use super::{NAME, Replaced, contents};
use crate::{
    child::{Child, ONE_THREAD},
    faults::program::Program,
};

/// How long a program may take to its next answer.
const LIMIT: Duration = Duration::from_secs(60);

/// The files of the runs.
#[derive(Debug)]
pub(in crate::faults) struct Place {
    directory: PathBuf,
    trace: PathBuf,
    stderr: [PathBuf; 2],
}

impl Place {
    /// Files in `folder`, which has no others.
    pub(in crate::faults) fn new(folder: &Path) -> Self {
        let [directory, trace, program, strace] =
            ["directory", "trace", "program", "strace"].map(|name| folder.join(name));
        Place { directory, trace, stderr: [program, strace] }
    }

    /// Runs the program to its end with these faults; what it told, and the trace.
    pub(in crate::faults) fn run(&self, injects: &[String]) -> anyhow::Result<(Vec<Replaced>, String)> {
        if self.directory.exists() {
            fs::remove_dir_all(&self.directory)?;
        }
        fs::create_dir(&self.directory)?;
        let path = self.directory.join(NAME);
        fs::write(&path, contents(0))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["faults-program", "--program", Program::Replace.name(), "--path"]).arg(&path);
        command.arg("--observer").arg(&path).env(ONE_THREAD.0, ONE_THREAD.1);
        let mut program = Child::spawn(command, self.stderr[0].clone(), LIMIT)?;
        let thread = program.next_line()?.context("the program names no thread")?;
        let mut strace = self.attach(&thread, injects)?;
        program.send_line()?;
        let mut told = Vec::new();
        while let Some(line) = program.next_line()? {
            told.push(serde_json::from_str(&line).with_context(|| format!("the program said {line:?}"))?);
        }
        program.finish()?;
        while strace.next_line()?.is_some() {}
        strace.finish()?;
        Ok((told, fs::read_to_string(&self.trace).context("there is no trace")?))
    }

    /// strace, attached to that thread alone. It traces whatever has to do with files.
    fn attach(&self, thread: &str, injects: &[String]) -> anyhow::Result<Child> {
        let mut command = Command::new("sh");
        // It says on its standard error when it is attached.
        command.args(["-c", "exec strace \"$@\" 2>&1", "strace", "-p", thread, "-y", "-e", "trace=%file,%desc", "-o"]);
        command.arg(&self.trace);
        for inject in injects {
            command.args(["-e", inject]);
        }
        let mut strace = Child::spawn(command, self.stderr[1].clone(), LIMIT)?;
        let line = strace.next_line()?.context("strace said nothing")?;
        ensure!(line.ends_with("attached"), "{line}");
        Ok(strace)
    }
}
