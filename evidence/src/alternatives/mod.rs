//! The rejected designs: each as its advocate would write it, and run against the example that decided against it.
//!
//! One scenario is run with the alternative and with this crate, and told in the same words as what a caller counts
//! on: the alternative is killed when it differs from that, and this crate must not. Nothing depends on time or luck:
//! the pools are stepped by hand, or held back. What a compiler refuses is shown by `evidence/tests/alternatives.rs`.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Args, Command};

use self::finding::{Alternative, Finding, Row};
use crate::{VERSIONS, cli::Entry, json_file::JsonFile};

mod async_fn;
mod docs_only;
mod finding;
mod flush_in_write_all;
mod flush_marker;
mod held_tokio;
mod inherent_method;
mod marker_trait;
mod no_ticket;
mod one_method;
mod operation_object;
mod owned_buffers;
mod sink;
mod stage;
mod ticket_without_submitted;
mod two_async_fns;
mod watermark;

/// In the order in which they cross one's mind: from changing nothing to changing everything.
static ALL: [&Alternative; 14] = [
    &docs_only::ALTERNATIVE,
    &flush_in_write_all::ALTERNATIVE,
    &marker_trait::ALTERNATIVE,
    &flush_marker::ALTERNATIVE,
    &inherent_method::ALTERNATIVE,
    &one_method::ALTERNATIVE,
    &ticket_without_submitted::ALTERNATIVE,
    &no_ticket::ALTERNATIVE,
    &async_fn::ALTERNATIVE,
    &two_async_fns::ALTERNATIVE,
    &owned_buffers::ALTERNATIVE,
    &sink::ALTERNATIVE,
    &watermark::ALTERNATIVE,
    &operation_object::ALTERNATIVE,
];

/// What to show, and where to leave it.
#[derive(Debug, Args)]
struct Options {
    /// Show only this alternative; may be given several times
    #[arg(long, value_name = "NAME", value_parser = find)]
    only: Vec<&'static Alternative>,
    /// List what each alternative claims, without running anything
    #[arg(long)]
    list: bool,
    /// Write the rows to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The command of the alternatives.
pub(crate) fn entry(command: Command) -> Entry {
    let command = command.after_help(
        "Exits with 0 if every example still decides so and this project's writer passes it, with 1 if one does not, and \
         with 2 if it could not be run.",
    );
    Entry::derived(command, |options: Options| if options.list { list(&options.only) } else { run(&options) })
}

/// The names of all.
fn names() -> Vec<&'static str> {
    ALL.iter().map(|alternative| alternative.name).collect()
}

/// The alternative of that name, for the command line.
fn find(name: &str) -> anyhow::Result<&'static Alternative> {
    let found = ALL.iter().copied().find(|alternative| alternative.name == name);
    found.with_context(|| format!("no alternative is called {name}; there are {}", names().join(", ")))
}

/// Prints what each alternative claims, without running anything.
fn list(only: &[&'static Alternative]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    for alternative in choice(only) {
        writeln!(out, "{alternative}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs them, prints what happened, and answers with the exit status.
fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let json = options.json.as_deref().map(JsonFile::begin).transpose()?;
    let rows = choice(&options.only).into_iter().map(row).collect::<anyhow::Result<Vec<Row>>>()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{VERSIONS}\n")?;
    for row in &rows {
        writeln!(out, "{row}")?;
    }
    writeln!(out, "{}", finding::last_line(&rows))?;
    if let Some(json) = json {
        json.finish(&rows)?;
    }
    Ok(finding::exit_code(&rows))
}

fn row(alternative: &'static Alternative) -> anyhow::Result<Row> {
    let finding: Finding = (alternative.demonstrate)().with_context(|| alternative.name)?;
    Ok(Row::new(alternative, finding))
}

fn choice(only: &[&'static Alternative]) -> Vec<&'static Alternative> {
    if only.is_empty() { ALL.to_vec() } else { only.to_vec() }
}
