//! A test that runs in a process of its own: an ignored one, started by another test.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Held while a process is started, and while none may be.
static STARTS: Mutex<()> = Mutex::new(());

pub(crate) fn starts() -> MutexGuard<'static, ()> {
    STARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the ignored test of that name in a process of its own, with `path` for it to write to.
pub(crate) fn child(name: &str, path: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture"]).env(PATH, path).stdout(Stdio::piped());
    command
}

/// The variable that names the file of a child.
pub(crate) const PATH: &str = "AWC_CHILD_PATH";

pub(crate) fn path_of_a_child() -> PathBuf {
    env::var_os(PATH).expect("only a parent runs it").into()
}
