//! The generated parts of the RFCs and of the book: tables, texts and pictures, rendered from data that were measured.
//!
//! The data lie in `rfcs/data`, and say how they were made: each file has its command. A generated part stands between
//! two comments in a Markdown file, and a picture is made if a Markdown file shows it. Nothing here measures; the same
//! data give the same text everywhere.
//!
//! The check asks two things. Does each part stand there as the data render it? And are the data such as the commands
//! would leave today, with the same cases, subjects, rules, sizes and columns? What the figures are is not asked.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, ensure};
use clap::{Args, Command as Cli};

use self::data::{Data, Source};
use crate::cli::Entry;

mod audit;
mod bench;
mod blocks;
mod commit;
mod constants;
mod contract;
mod data;
mod form;
mod machine;
mod markdown;
mod matrix;
mod pages;
mod pictures;

/// The command that every marker names.
const COMMAND: &str = "cargo run --release -p evidence --features rfcs -- rfcs";

/// What to do, and where.
#[derive(Debug, Args)]
struct RfcsArgs {
    /// Measure anew first, everything; takes half an hour on a quiet machine
    #[arg(long, conflicts_with = "check")]
    measure: bool,
    /// Write nothing; tell what is not up to date
    #[arg(long)]
    check: bool,
    /// The folder of the repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

/// What rendering has found.
#[derive(Debug, Default)]
struct Found {
    /// Files that are to be written, or removed.
    changes: Vec<(PathBuf, Option<String>)>,
    /// What is not as the data render it.
    stale: Vec<String>,
    /// What cannot be rendered, or was not made by the commands of today.
    problems: Vec<String>,
    /// Files of data that are missing.
    absent: Vec<&'static str>,
    /// How many parts and pictures there are.
    parts: usize,
    pictures: usize,
}

/// The command of the RFCs.
pub(crate) fn entry(command: Cli) -> Entry {
    let command = command.after_help(
        "Exits with 0 if all is up to date, with 1 if something is not or cannot be rendered, and with 2 if the command could \
         not run.",
    );
    Entry::derived(command, |args: RfcsArgs| run(&args))
}

/// Measures, renders, or checks.
fn run(args: &RfcsArgs) -> anyhow::Result<ExitCode> {
    let root = args.root.as_path();
    ensure!(root.join("rfcs").is_dir(), "{} has no folder rfcs; run this at the top of the repository", root.display());
    if args.measure {
        measure(root)?;
    }
    let mut found = render(root)?;
    if args.check {
        found.problems.append(&mut found.stale);
        if found.parts == 0 {
            found.problems.push("there is no generated part in any file: nothing was checked".to_owned());
        }
    } else {
        apply(&found.changes)?;
    }
    Ok(conclude(&found, args.check))
}

/// Has each command make its file, in a process of its own.
fn measure(root: &Path) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("our own program cannot be found")?;
    fs::create_dir_all(root.join("rfcs/data")).context("no folder for the data")?;
    let mut done: Vec<&[&str]> = Vec::new();
    for source in Source::ALL {
        if done.contains(&source.arguments()) {
            continue;
        }
        done.push(source.arguments());
        println!("{}", source.command());
        let status = Command::new(&program).args(source.arguments()).current_dir(root).status();
        let status = status.context("a command cannot be started")?;
        ensure!(status.success(), "`{}` ended with {status}", source.command());
    }
    Ok(())
}

fn render(root: &Path) -> anyhow::Result<Found> {
    let data = Data::new(root);
    let mut found = Found::default();
    let pages = pages::render(&data, &mut found)?;
    pictures::render(&data, &pages, &mut found)?;
    form::check(&data, &mut found);
    Ok(found)
}

fn apply(changes: &[(PathBuf, Option<String>)]) -> anyhow::Result<()> {
    for (path, text) in changes {
        let done = match text {
            Some(text) => path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text)),
            None => fs::remove_file(path),
        };
        done.with_context(|| format!("{} cannot be changed", path.display()))?;
        println!("{} {}", if text.is_some() { "wrote" } else { "removed" }, path.display());
    }
    Ok(())
}

fn conclude(found: &Found, check: bool) -> ExitCode {
    for problem in &found.problems {
        eprintln!("{problem}");
    }
    if !found.problems.is_empty() {
        eprintln!("rfcs: {} not as it has to be", found.problems.len());
        return ExitCode::from(1);
    }
    for path in &found.absent {
        println!("{path} is missing, and nothing is made of it");
    }
    let state = if check { "are up to date" } else { "are rendered" };
    println!("rfcs: {} generated parts and {} pictures {state}", found.parts, found.pictures);
    ExitCode::SUCCESS
}
