//! The matrix: which type keeps which rule of the contract, found out by the crate's own conformance kit.
//!
//! Types of today's traits are seen through the kit's lens, as they stand. Every cell is judged in a process of its own,
//! so that a hang, a panic or a limit on file lengths stays in its cell.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use async_write_complete::contract::Rule;
use indicatif::{ProgressBar, ProgressStyle};

use self::row::Row;
use crate::audit::{JsonFile, VERSIONS};

pub(crate) use self::{hold::ONE_THREAD, judge::judge, subjects::Subject};
// For the RFCs, which need Linux.
#[cfg(target_os = "linux")]
pub(crate) use self::{
    cell::{Cell, Mark},
    subjects::all as all_subjects,
};

mod cell;
mod file;
mod hold;
mod judge;
mod owned;
mod page;
mod peer;
mod report;
mod row;
mod subjects;
mod table;
mod wording;

/// What to judge, and where to leave it.
#[derive(Debug)]
pub(crate) struct Options {
    /// The types; all of them if none is named.
    pub(crate) subjects: Vec<&'static Subject>,
    /// The rules; all of them if none is named.
    pub(crate) rules: Vec<Rule>,
    /// Where the rows go as JSON.
    pub(crate) json: Option<PathBuf>,
    /// Where the page goes.
    pub(crate) html: Option<PathBuf>,
}

impl Options {
    /// The command that judges the same.
    fn command(&self) -> String {
        let subjects = self.subjects.iter().map(|subject| format!(" --subject {}", subject.id));
        let rules = self.rules.iter().map(|rule| format!(" --rule {}", rule.id()));
        let options: String = subjects.chain(rules).collect();
        format!("{}{options}", report::COMMAND)
    }
}

/// The rule of that id, for the command line.
pub(crate) fn find_rule(id: &str) -> anyhow::Result<Rule> {
    let found = Rule::ALL.iter().find(|rule| rule.id().eq_ignore_ascii_case(id)).copied();
    found
        .with_context(|| format!("no rule is called {id}; there are {}", names(Rule::ALL.iter().map(|rule| rule.id()))))
}

/// The subject of that name, for the command line.
pub(crate) fn find_subject(id: &str) -> anyhow::Result<&'static Subject> {
    let all = subjects::all();
    let found = all.iter().copied().find(|subject| subject.id == id);
    found.with_context(|| format!("no type is called {id}; there are {}", names(all.iter().map(|subject| subject.id))))
}

/// Prints what is judged, and by which rules.
pub(crate) fn list(options: &Options) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for subject in choice(&options.subjects, subjects::all()) {
        writeln!(out, "{}: {} ({})\n  {}\n", subject.id, subject.name, subject.version(), subject.note)?;
    }
    for rule in choice(&options.rules, Rule::ALL.to_vec()) {
        writeln!(out, "{rule}\n  {}\n", rule.text())?;
    }
    Ok(())
}

/// Judges, prints the matrix, and answers with the exit status.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let json = options.json.as_deref().map(JsonFile::begin).transpose()?;
    let html = options.html.as_deref().map(JsonFile::begin).transpose()?;
    let rules = choice(&options.rules, Rule::ALL.to_vec());
    let rows = judge_all(&choice(&options.subjects, subjects::all()), &rules)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{VERSIONS}\n{}\n{}", table::table(&rows, &rules), report::text(&rows))?;
    if let Some(json) = json {
        json.finish(&rows)?;
    }
    if let Some(html) = html {
        html.finish_with(page::page(&rows, &rules, &options.command())?.as_bytes())?;
    }
    Ok(report::exit_code(&rows))
}

fn judge_all(subjects: &[&'static Subject], rules: &[Rule]) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::Builder::new().prefix("matrix-").tempdir()?;
    let bar = progress_bar(subjects.len() * rules.len())?;
    let mut rows = Vec::new();
    for &subject in subjects {
        bar.set_message(subject.name);
        rows.push(judge_row(subject, rules, folder.path(), &bar)?);
    }
    bar.finish_and_clear();
    Ok(rows)
}

fn judge_row(subject: &'static Subject, rules: &[Rule], folder: &Path, bar: &ProgressBar) -> anyhow::Result<Row> {
    let mut cells = Vec::new();
    for &rule in rules {
        cells.push(judge::ask(subject, rule, &folder.join(format!("{}-{}", subject.id, rule.id())))?);
        bar.inc(1);
    }
    Ok(Row::new(subject, cells))
}

/// A bar on standard error; indicatif hides it where that is no terminal.
fn progress_bar(cells: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} cells, {elapsed} {wide_msg}")?;
    Ok(ProgressBar::new(cells as u64).with_style(style))
}

fn choice<T: Clone>(named: &[T], all: Vec<T>) -> Vec<T> {
    if named.is_empty() { all } else { named.to_vec() }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
