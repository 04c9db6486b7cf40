//! The command line of the audit: its own, and that of the processes that it starts.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{
    cases::Case,
    ending::{Ending, answer_and_end},
    list,
    measure::measure_rounds,
    run,
    subjects::Subject,
};
use crate::cli::Entry;

/// What to measure, and where to leave it.
#[derive(Debug)]
pub(super) struct Options {
    /// The cases; all of them if none is named.
    pub(super) cases: Vec<&'static Case>,
    /// Rounds of the seed program, from which those of the other cases follow.
    pub(super) rounds: u32,
    /// Whether each row's story is told.
    pub(super) verbose: bool,
    /// Where the rows go as JSON.
    pub(super) json: Option<PathBuf>,
}

/// The audit, and the commands of its processes.
pub(crate) fn entries() -> Vec<Entry> {
    vec![audit(), measure(), answer()]
}

fn audit() -> Entry {
    let command = Command::new("audit")
        .about("Measures when each writer's answer is true: the seed program and the failure cases")
        .after_help(
            "Exits with 0 if every row of `async-write-complete` holds, with 1 if one of them does not, and with 2 if \
             the audit could not run.",
        )
        .args([
            option("case")
                .value_name("NAME")
                .value_parser(Case::find)
                .action(ArgAction::Append)
                .help("Measure only this case; may be given several times"),
            option("rounds").value_name("N").value_parser(value_parser!(u32).range(1..)).default_value("2000").help(
                "Rounds of the seed program; a costlier case runs the share that `--list` names, but at least five",
            ),
            flag("list").help("List the cases, and when a row of each holds, without measuring anything"),
            flag("verbose").short('v').help("Tell what was seen of each writer in each case"),
            option("json")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write the rows to this file as JSON"),
        ]);
    Entry::new(command, |matches| {
        let options = Options {
            cases: matches.get_many("case").into_iter().flatten().copied().collect(),
            rounds: required(matches, "rounds"),
            verbose: matches.get_flag("verbose"),
            json: matches.get_one("json").cloned(),
        };
        if matches.get_flag("list") { list(&options.cases) } else { run(&options) }
    })
}

/// One row of the audit, in a process of its own.
fn measure() -> Entry {
    let command = Command::new("measure").hide(true).args([
        option("case").value_parser(Case::find).required(true),
        option("subject").value_parser(str::parse::<Subject>).required(true),
        option("rounds").value_parser(value_parser!(u32)).required(true),
        option("folder").value_parser(value_parser!(PathBuf)).required(true),
    ]);
    Entry::new(command, |matches| {
        let folder: PathBuf = required(matches, "folder");
        measure_rounds(required(matches, "case"), required(matches, "subject"), required(matches, "rounds"), &folder)
    })
}

/// One write whose process ends right after the answer.
fn answer() -> Entry {
    let command = Command::new("answer").hide(true).args([
        option("subject").value_parser(str::parse::<Subject>).required(true),
        option("path").value_parser(value_parser!(PathBuf)).required(true),
        option("then").value_parser(str::parse::<Ending>).required(true),
    ]);
    Entry::new(command, |matches| {
        answer_and_end(required(matches, "subject"), required(matches, "path"), required(matches, "then"))
    })
}

fn option(name: &'static str) -> Arg {
    Arg::new(name).long(name)
}

fn flag(name: &'static str) -> Arg {
    option(name).action(ArgAction::SetTrue)
}

/// An argument that is required or has a default.
fn required<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> T {
    matches.get_one::<T>(name).cloned().unwrap_or_else(|| panic!("clap asks for --{name}"))
}
