//! `fs::replace` with faults in its calls: the file is the old one or the new one, and nothing else is left behind.
//!
//! | file | what is in it |
//! |---|---|
//! | `mod.rs` | the program: two replacements of one file |
//! | `run.rs` | the program under strace, which is attached to the thread of its pool |
//! | `judge.rs` | whether the answers are true |
//!
//! The temporary file has another name each time, so no path chooses the calls that may fail. The pool has one thread,
//! which makes no call that is not the replacement's: strace is attached to that thread alone, once it is there.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::Context as _;
use rustix::{
    fs::{Access, access},
    process::{PTracer, set_ptracer},
};
use serde::{Deserialize, Serialize};

use super::step::{Answer, Seen, Step};

mod judge;
mod run;

pub(super) use self::{judge::judge, run::Place};

/// The calls of a replacement, as x86-64 has them.
pub(super) const CALLS: [&str; 9] =
    ["openat", "write", "fsync", "close", "statx", "readlink", "fchmod", "rename", "unlink"];

/// How many replacements there are. The second one shows whether a failed first one has left anything.
const REPLACEMENTS: usize = 2;

/// The name of the file in its directory.
const NAME: &str = "file";

/// What a program tells of one replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Replaced {
    answer: Answer,
    /// What an open of the path finds then.
    seen: Seen,
    /// The names in the directory.
    names: Vec<String>,
}

/// What the file holds after so many replacements. Each is longer than the one before.
fn contents(number: usize) -> Vec<u8> {
    Step::Write(1000 + 2000 * number).bytes(number)
}

/// The program.
pub(super) fn carry_out(path: &Path) -> anyhow::Result<()> {
    // Some systems let a process be traced by its ancestors only, unless it says otherwise. Others know no such rule,
    // and refuse.
    let _ = set_ptracer(PTracer::Any);
    pollster::block_on(async {
        blocking::unblock(wait_for_strace).await?;
        for number in 1..=REPLACEMENTS {
            mark(path).await;
            let result = async_write_complete::fs::replace(path, contents(number)).await;
            tell(Answer::done(result), path)?;
        }
        mark(path).await;
        Ok(())
    })
}

/// Says which thread strace has to be attached to, and waits for the word that it is.
fn wait_for_strace() -> anyhow::Result<()> {
    let thread = fs::read_link("/proc/thread-self")?;
    println!("{}", thread.file_name().and_then(|name| name.to_str()).context("a thread has a number")?);
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// Makes a call that shows in the trace where a replacement begins or ends.
async fn mark(path: &Path) {
    let path = path.to_owned();
    let _ = blocking::unblock(move || access(&path, Access::EXISTS)).await;
}

fn tell(answer: Answer, path: &Path) -> anyhow::Result<()> {
    let entries = fs::read_dir(path.parent().context("the file is in a directory")?)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
    names.sort();
    let line = Replaced { answer, seen: Seen::of(&fs::read(path)?), names };
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &line)?;
    writeln!(out)?;
    Ok(())
}
