//! The command line of `evidence -- commit`.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::Options;
use crate::{cli::Entry, json_file::JsonFile};

pub(crate) fn entry(command: Command) -> Entry {
    let folder = Arg::new("folder").long("folder").value_parser(value_parser!(PathBuf));
    let each = Arg::new("ms").long("ms").value_parser(value_parser!(u64)).default_value("500");
    let rounds = Arg::new("rounds").long("rounds").value_parser(value_parser!(usize)).default_value("5");
    let only = Arg::new("only").long("only");
    let quick = Arg::new("quick").long("quick").action(ArgAction::SetTrue);
    let json = Arg::new("json").long("json").value_parser(value_parser!(PathBuf));
    let tasks = Arg::new("tasks").long("tasks").value_parser(value_parser!(usize));
    let command = command
        .arg(folder.help("Where the logs are written; by default a temporary folder, which may be in memory"))
        .arg(each.help("How long a run lasts, in milliseconds"))
        .arg(rounds.help("How many runs there are of each row, all of which count"))
        .arg(quick.help("Run everything once and briefly: shows that it runs, and no figures worth having"))
        .arg(json.help("Write the rows to this file as JSON"))
        .arg(only.help("Only the subjects with this text in their name"))
        .arg(tasks.help("Only this number of tasks"));
    Entry::new(command, run)
}

fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let json = matches.get_one::<PathBuf>("json").map(|path| JsonFile::begin(path)).transpose()?;
    let temporary = match matches.get_one::<PathBuf>("folder") {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let quick = matches.get_flag("quick");
    let millis = if quick { 5 } else { *matches.get_one("ms").unwrap_or(&500) };
    let rows = super::run(&Options {
        folder: temporary.path().to_owned(),
        each: Duration::from_millis(millis),
        rounds: if quick { 1 } else { *matches.get_one("rounds").unwrap_or(&5) },
        only: matches.get_one::<String>("only").cloned(),
        tasks: matches.get_one("tasks").copied(),
    })?;
    json.map_or(Ok(()), |json| json.finish(&rows))?;
    Ok(ExitCode::SUCCESS)
}
