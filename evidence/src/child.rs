//! Processes of our own program, and waits for them that end.
//!
//! A peer may hang, panic or be killed by a signal. It does so in a process of its own, and whoever started that
//! process waits for each of its lines no longer than a limit, then kills it and has an error that says so.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io::Read as _,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{self, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

#[cfg(all(feature = "faults", target_os = "linux"))]
use std::io::Write as _;

use anyhow::{Context as _, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Its number, on every Unix.
const SIGKILL: i32 = 9;

/// Characters at the end of a failed process's standard error that its error quotes.
const QUOTED: usize = 400;

/// How many threads the pool of `blocking` has in the process of a cell or of a sequence; it reads the variable at its
/// first use.
#[cfg(any(feature = "faults", feature = "matrix", feature = "sequence"))]
pub(crate) const ONE_THREAD: (&str, &str) = ("BLOCKING_MAX_THREADS", "1");

/// A process whose standard output is read line by line. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    /// Open as long as this value lives: a process that reads it to the end ends with us, however we end.
    #[cfg_attr(not(all(feature = "faults", target_os = "linux")), expect(dead_code, reason = "only its drop counts"))]
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// What was read of a line that is not whole.
    partial: Vec<u8>,
    /// Where its standard error goes: a file, because a full pipe would block it.
    stderr: PathBuf,
    limit: Duration,
}

impl Child {
    /// Starts our own program; each later wait is bounded by `limit`. `stderr` is made anew.
    pub(crate) fn start<A: AsRef<OsStr>>(args: &[A], stderr: PathBuf, limit: Duration) -> anyhow::Result<Self> {
        Child::start_with(args, &[], stderr, limit)
    }

    /// The same, with more in its environment.
    pub(crate) fn start_with<A: AsRef<OsStr>>(
        args: &[A],
        environment: &[(&str, &str)],
        stderr: PathBuf,
        limit: Duration,
    ) -> anyhow::Result<Self> {
        let program = env::current_exe().context("our own program cannot be found")?;
        let mut command = Command::new(program);
        command.args(args).envs(environment.iter().copied());
        Child::spawn(command, stderr, limit)
    }

    /// Starts any program, as [`start`](Self::start) does our own.
    pub(crate) fn spawn(mut command: Command, stderr: PathBuf, limit: Duration) -> anyhow::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(File::create(&stderr).context("no file for standard error")?);
        let mut process = command.spawn().context("the process cannot be started")?;
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().context("the process has no standard output")?;
        Ok(Child { process, stdin, stdout, partial: Vec::new(), stderr, limit })
    }

    /// The next line, without its end; `None` when the process has closed its output.
    ///
    /// # Errors
    ///
    /// When no line came within the limit; the process is then killed.
    pub(crate) fn next_line(&mut self) -> anyhow::Result<Option<String>> {
        let deadline = Instant::now() + self.limit;
        loop {
            if let Some(end) = self.partial.iter().position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.partial.drain(..=end).collect();
                line.pop();
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            self.wait_readable(deadline)?;
            let mut chunk = [0; 4096];
            let count = self.stdout.read(&mut chunk).context("the process's output cannot be read")?;
            if count == 0 {
                return Ok(None);
            }
            self.partial.extend_from_slice(&chunk[..count]);
        }
    }

    /// Gives the process a line to read.
    #[cfg(all(feature = "faults", target_os = "linux"))]
    pub(crate) fn send_line(&mut self) -> anyhow::Result<()> {
        let stdin = self.stdin.as_mut().context("the process has no standard input")?;
        stdin.write_all(b"\n").context("the process reads nothing")
    }

    /// Kills the process with SIGKILL, if it is still there, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        self.process.kill().context("the process cannot be killed")?;
        self.process.wait().context("the process cannot be waited for")
    }

    /// The same, for a process that would have gone on.
    ///
    /// # Errors
    ///
    /// When it had ended by itself, as by a panic.
    pub(crate) fn kill_running(&mut self) -> anyhow::Result<()> {
        let status = self.kill()?;
        if status.signal() != Some(SIGKILL) {
            bail!("the process ended by itself, with {}{}", how(status), quote(&self.stderr));
        }
        Ok(())
    }

    /// Waits for the end, which must be a success. To be called when the output is at its end.
    ///
    /// # Errors
    ///
    /// With the exit status or the signal, and the end of what it wrote to standard error.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let status = self.process.wait().context("the process cannot be waited for")?;
        if !status.success() {
            bail!("the process ended with {}{}", how(status), quote(&self.stderr));
        }
        Ok(())
    }

    fn wait_readable(&mut self, deadline: Instant) -> anyhow::Result<()> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).context("the limit is too long")?;
            let mut output = [PollFd::new(&self.stdout, PollFlags::IN)];
            match poll(&mut output, Some(&timeout)) {
                Ok(0) => break,
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error).context("the process's output cannot be polled"),
            }
        }
        self.kill()?;
        bail!("the process gave no answer within {:?} and was killed{}", self.limit, quote(&self.stderr))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only where the process is gone and waited for already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// The end of a standard error, as the tail of a sentence.
fn quote(stderr: &Path) -> String {
    let text = fs::read(stderr).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()).unwrap_or_default();
    if text.is_empty() {
        return String::new();
    }
    let skipped = text.chars().count().saturating_sub(QUOTED);
    let tail: String = text.chars().skip(skipped).collect();
    format!("; standard error: {}", tail.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than any of these processes needs, unless it waits for ever.
    const LONG: Duration = Duration::from_secs(20);

    fn shell(script: &str, limit: Duration) -> (tempfile::TempDir, Child) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let child = Child::spawn(command, folder.path().join("stderr"), limit).expect("a process");
        (folder, child)
    }

    #[test]
    fn lines_come_one_by_one_until_the_end() {
        let (_folder, mut child) = shell("printf 'one\\ntwo\\n'", LONG);
        assert_eq!(child.next_line().expect("a line").as_deref(), Some("one"));
        assert_eq!(child.next_line().expect("a line").as_deref(), Some("two"));
        assert_eq!(child.next_line().expect("the end"), None);
        child.finish().expect("a success");
    }

    #[test]
    fn a_process_that_hangs_is_killed_and_told_of() {
        let (_folder, mut child) = shell("echo stuck >&2; read never", Duration::from_millis(200));
        let error = child.next_line().expect_err("no line").to_string();
        assert!(error.contains("no answer within 200ms and was killed"), "{error}");
        assert!(child.process.try_wait().expect("a status").is_some(), "it is gone");
    }

    #[test]
    fn a_process_that_fails_is_told_of_with_its_last_words() {
        let (_folder, mut child) = shell("echo last words >&2; exit 3", LONG);
        assert_eq!(child.next_line().expect("the end"), None);
        let error = child.finish().expect_err("a failure").to_string();
        assert_eq!(error, "the process ended with exit status 3; standard error: last words");
    }

    #[test]
    fn a_process_that_a_signal_ends_is_told_of() {
        let (_folder, mut child) = shell("kill -9 $$", LONG);
        assert_eq!(child.next_line().expect("the end"), None);
        assert_eq!(child.finish().expect_err("a signal").to_string(), "the process ended with signal 9");
    }

    #[test]
    fn a_process_that_goes_on_is_killed() {
        let (_folder, mut child) = shell("echo on; read never", LONG);
        assert_eq!(child.next_line().expect("a line").as_deref(), Some("on"));
        child.kill_running().expect("a kill");
    }

    #[test]
    fn a_process_that_ends_by_itself_is_not_killed() {
        let (_folder, mut child) = shell("echo last words >&2; exit 101", LONG);
        assert_eq!(child.next_line().expect("the end"), None);
        child.process.wait().expect("a status");
        let error = child.kill_running().expect_err("no kill").to_string();
        assert_eq!(error, "the process ended by itself, with exit status 101; standard error: last words");
    }

    #[test]
    fn an_ending_is_named() {
        assert_eq!(how(ExitStatus::from_raw(0x0300)), "exit status 3");
        assert_eq!(how(ExitStatus::from_raw(25)), "signal 25");
    }

    #[test]
    fn only_the_end_of_a_long_standard_error_is_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("stderr");
        fs::write(&path, format!("{}\nthe last words\n", "x".repeat(10 * QUOTED))).expect("a file");
        let quoted = quote(&path);
        assert!(quoted.ends_with("the last words"), "{quoted}");
        assert!(quoted.len() < 2 * QUOTED, "{quoted}");
    }

    #[test]
    fn silence_is_not_quoted() {
        assert_eq!(quote(Path::new("/nonexistent/stderr")), "");
    }
}
