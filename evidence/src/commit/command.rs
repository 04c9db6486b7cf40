//! The command line of `evidence -- commit`.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Arg, ArgMatches, Command, value_parser};

use super::Options;
use crate::cli::Entry;

pub(crate) fn entry(command: Command) -> Entry {
    let folder = Arg::new("folder").long("folder").value_parser(value_parser!(PathBuf));
    let each = Arg::new("ms").long("ms").value_parser(value_parser!(u64)).default_value("500");
    let rounds = Arg::new("rounds").long("rounds").value_parser(value_parser!(usize)).default_value("3");
    let only = Arg::new("only").long("only");
    let tasks = Arg::new("tasks").long("tasks").value_parser(value_parser!(usize));
    let command = command
        .arg(folder.help("Where the logs are written; by default a temporary folder, which may be in memory"))
        .arg(each.help("How long a run lasts, in milliseconds"))
        .arg(rounds.help("How many runs there are of each row, of which the best is shown"))
        .arg(only.help("Only the subjects with this text in their name"))
        .arg(tasks.help("Only this number of tasks"));
    Entry::new(command, run)
}

fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let temporary = match matches.get_one::<PathBuf>("folder") {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    super::run(&Options {
        folder: temporary.path().to_owned(),
        each: Duration::from_millis(*matches.get_one("ms").unwrap_or(&500)),
        rounds: *matches.get_one("rounds").unwrap_or(&3),
        only: matches.get_one::<String>("only").cloned(),
        tasks: matches.get_one("tasks").copied(),
    })?;
    Ok(ExitCode::SUCCESS)
}
