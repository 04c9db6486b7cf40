//! The matrix: which type keeps which rule of the contract, found out by the crate's own conformance kit.
//!
//! Types of today's traits are seen through the kit's lens, as they stand. Every cell is judged in a process of its
//! own, so that a hang, a panic or a limit on file lengths stays in its cell.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use async_write_complete::contract::Rule;
use clap::{Args, Command};

use self::{row::Row, subjects::Subject};
use crate::{VERSIONS, cli::Entry, json_file::JsonFile, progress::Progress};

#[cfg(feature = "rfcs")]
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
pub(crate) mod subjects;
mod table;
mod wording;

/// What to judge, and where to leave it.
#[derive(Debug, Args)]
struct Options {
    /// Judge only this type; may be given several times
    #[arg(long = "subject", value_name = "NAME", value_parser = find_subject)]
    subjects: Vec<&'static Subject>,
    /// Judge only by this rule; may be given several times
    #[arg(long = "rule", value_name = "ID", value_parser = find_rule)]
    rules: Vec<Rule>,
    /// List the types and the rules, without judging anything
    #[arg(long)]
    list: bool,
    /// Write the rows to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the matrix to this file as a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// One cell of the matrix.
#[derive(Debug, Args)]
struct JudgeOptions {
    #[arg(long, value_parser = find_subject)]
    subject: &'static Subject,
    #[arg(long, value_parser = find_rule)]
    rule: Rule,
    #[arg(long)]
    folder: PathBuf,
}

/// The command of the matrix.
pub(crate) fn entry(command: Command) -> Entry {
    let command = command.after_help(
        "Exits with 0 if every row of `async-write-complete` conforms, as far as its documentation does not say otherwise, \
         with 1 if one of them does not, and with 2 if the matrix could not be made.",
    );
    Entry::derived(command, |options: Options| if options.list { list(&options) } else { run(&options) })
}

/// One cell, in a process of its own.
pub(crate) fn judge_entry() -> Entry {
    Entry::derived(Command::new("judge").hide(true), |options: JudgeOptions| {
        judge::judge(options.subject, options.rule, &options.folder).map(|()| ExitCode::SUCCESS)
    })
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
fn find_rule(id: &str) -> anyhow::Result<Rule> {
    let found = Rule::ALL.iter().find(|rule| rule.id().eq_ignore_ascii_case(id)).copied();
    found
        .with_context(|| format!("no rule is called {id}; there are {}", names(Rule::ALL.iter().map(|rule| rule.id()))))
}

/// The subject of that name, for the command line.
fn find_subject(id: &str) -> anyhow::Result<&'static Subject> {
    let all = subjects::all();
    let found = all.iter().copied().find(|subject| subject.id == id);
    found.with_context(|| format!("no type is called {id}; there are {}", names(all.iter().map(|subject| subject.id))))
}

/// Prints what is judged, and by which rules.
fn list(options: &Options) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    for subject in choice(&options.subjects, subjects::all()) {
        writeln!(out, "{}: {} ({})\n  {}\n", subject.id, subject.name, subject.version(), subject.note)?;
    }
    for rule in choice(&options.rules, Rule::ALL.to_vec()) {
        writeln!(out, "{rule}\n  {}\n", rule.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Judges, prints the matrix, and answers with the exit status.
fn run(options: &Options) -> anyhow::Result<ExitCode> {
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
    let progress = Progress::new((subjects.len() * rules.len()) as u64);
    subjects.iter().map(|subject| judge_row(subject, rules, folder.path(), &progress)).collect()
}

fn judge_row(subject: &'static Subject, rules: &[Rule], folder: &Path, progress: &Progress) -> anyhow::Result<Row> {
    let mut cells = Vec::new();
    for &rule in rules {
        cells.push(judge::ask(subject, rule, &folder.join(format!("{}-{}", subject.id, rule.id())))?);
        progress.advance(1, subject.name);
    }
    Ok(Row::new(subject, cells))
}

fn choice<T: Clone>(named: &[T], all: Vec<T>) -> Vec<T> {
    if named.is_empty() { all } else { named.to_vec() }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
