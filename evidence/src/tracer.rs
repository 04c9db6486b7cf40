//! `strace`, as the commands that look at system calls run it.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

/// Our own program, whose command follows, traced with these options. The trace goes to `trace`; of all system calls it
/// has those on `path`.
pub(crate) fn traced(options: &[&str], trace: &Path, path: &Path) -> anyhow::Result<Command> {
    let program = env::current_exe().context("our own program cannot be found")?;
    let mut command = Command::new("strace");
    command.arg("-f").args(options).arg("-o").arg(trace).arg("-P").arg(path).arg(program);
    Ok(command)
}

/// Whether a process can be traced here.
///
/// # Errors
///
/// Why it cannot: there is no strace, or it may not.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    let status = strace.status().context("there is no strace")?;
    ensure!(status.success(), "strace may not trace here");
    Ok(())
}
