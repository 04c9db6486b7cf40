//! The command line: what a command is, and what one answers whose feature is off.

use std::{ffi::OsString, fmt, process::ExitCode};

use anyhow::bail;
use clap::{Arg, ArgMatches, Command};

type Run = dyn Fn(&ArgMatches) -> anyhow::Result<ExitCode>;

/// A subcommand, and what runs it.
pub(crate) struct Entry {
    command: Command,
    run: Box<Run>,
}

impl Entry {
    pub(crate) fn new(command: Command, run: impl Fn(&ArgMatches) -> anyhow::Result<ExitCode> + 'static) -> Self {
        Entry { command, run: Box::new(run) }
    }

    /// The arguments are those of a type that derives them. (Without features nothing does: the derive takes long to
    /// build.)
    #[cfg(any(
        feature = "alternatives",
        feature = "bench",
        feature = "crash",
        feature = "faults",
        feature = "fuzz",
        feature = "matrix",
        feature = "sequence",
        feature = "soak",
        feature = "strace"
    ))]
    pub(crate) fn derived<A: clap::Args + 'static>(command: Command, run: fn(A) -> anyhow::Result<ExitCode>) -> Self {
        Entry::new(A::augment_args(command), move |matches| run(A::from_arg_matches(matches)?))
    }

    /// A command whose feature is off: it takes any arguments, and says what to run instead.
    pub(crate) fn absent(command: Command, feature: &'static str) -> Self {
        let name = command.get_name().to_owned();
        let about = command.get_about().cloned().unwrap_or_default();
        let rest = Arg::new("rest").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true).hide(true);
        let command = command.about(format!("{about} [--features {feature}]")).disable_help_flag(true).arg(rest);
        Entry::new(command, move |matches| {
            let rest = matches.get_many::<String>("rest").into_iter().flatten();
            let line: Vec<&str> = [name.as_str()].into_iter().chain(rest.map(String::as_str)).collect();
            bail!("the command `{name}` is not in this build; run\n  {} {}", invocation(feature), line.join(" "))
        })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("command", &self.command.get_name()).finish_non_exhaustive()
    }
}

/// How a person runs a command that needs that feature.
pub(crate) fn invocation(feature: &str) -> String {
    format!("cargo run --release -p evidence --features {feature} --")
}

/// Runs the command that the arguments name; the first of them is the program.
pub(crate) fn run<A>(cli: Command, entries: &[Entry], arguments: A) -> anyhow::Result<ExitCode>
where
    A: IntoIterator<Item: Into<OsString> + Clone>,
{
    let cli = cli.subcommand_required(true).arg_required_else_help(true);
    let matches = cli.subcommands(entries.iter().map(|entry| entry.command.clone())).get_matches_from(arguments);
    let named = |entry: &&Entry| matches.subcommand_name() == Some(entry.command.get_name());
    match (entries.iter().find(named), matches.subcommand()) {
        (Some(entry), Some((_, matches))) => (entry.run)(matches),
        _ => bail!("no command was named"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_whose_feature_is_off_names_the_feature_and_the_whole_line() {
        let entry = Entry::absent(Command::new("matrix").about("Judges"), "matrix");
        assert_eq!(entry.command.get_about().map(ToString::to_string).as_deref(), Some("Judges [--features matrix]"));
        for arguments in [&["--help"][..], &["--html", "page.html"], &[]] {
            let line = [&["evidence", "matrix"], arguments].concat();
            let error = run(Command::new("evidence"), &[Entry::absent(Command::new("matrix"), "matrix")], &line);
            let expected = format!(
                "the command `matrix` is not in this build; run\n  cargo run --release -p evidence --features matrix -- {}",
                line[1..].join(" ")
            );
            assert_eq!(error.expect_err("no such command").to_string(), expected);
        }
    }
}
