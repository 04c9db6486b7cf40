//! A cell: the process that judges it, and the side that asks for it.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use anyhow::Context as _;
use async_write_complete::contract::Rule;

use super::{cell::Cell, subjects::Subject};
use crate::child::{Child, ONE_THREAD};

/// How long this side waits for a cell: longer than the kit waits for one step, so that it can tell what hangs.
const LIMIT: Duration = Duration::from_secs(600);

/// Judges one rule of one subject in a process of its own, whose files live in `folder`.
///
/// # Errors
///
/// When the folder cannot be made. What goes wrong in the process is told by the cell.
pub(super) fn ask(subject: &Subject, rule: Rule, folder: &Path) -> anyhow::Result<Cell> {
    fs::create_dir(folder).context("no folder for the files of a cell")?;
    let cell = answer_of(subject, rule, folder);
    // Files that a killed process left are of no use; the folder above removes them if this fails.
    let _ = fs::remove_dir_all(folder);
    Ok(cell.unwrap_or_else(|trouble| Cell::trouble(rule, format!("{trouble:#}"))))
}

fn answer_of(subject: &Subject, rule: Rule, folder: &Path) -> anyhow::Result<Cell> {
    let args = ["judge", "--subject", subject.id, "--rule", rule.id(), "--folder"];
    let args: Vec<&OsStr> = args.iter().map(OsStr::new).chain([folder.as_os_str()]).collect();
    let mut child = Child::start_with(&args, &[ONE_THREAD], folder.join("stderr"), LIMIT)?;
    let line = child.next_line()?;
    let Some(line) = line else {
        child.finish()?;
        anyhow::bail!("the process said nothing");
    };
    // What hangs in it would keep the process from its end, and the pool's threads too.
    child.kill()?;
    serde_json::from_str(&line).with_context(|| format!("the process said {line:?}, which is no cell"))
}

/// The other side: judges, and tells the cell on standard output.
pub(super) fn judge(subject: &Subject, rule: Rule, folder: &Path) -> anyhow::Result<()> {
    // A panic of a peer is caught and told by its cell, and standard error is a file, whose length may be limited.
    std::panic::set_hook(Box::new(|_| {}));
    let cell = subject.speaks.retell(Cell::new(rule, (subject.check)(folder, rule)?));
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &cell)?;
    out.write_all(b"\n")?;
    out.flush().context("the cell cannot be told")
}
