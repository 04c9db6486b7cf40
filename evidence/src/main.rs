//! What this project claims about writers, shown on real files: the command line.

#![forbid(unsafe_code)]

use std::{path::PathBuf, process::ExitCode};

use async_write_complete::contract::Rule;
use clap::{Args, Parser, Subcommand};

mod alternatives;
mod audit;
#[cfg(target_os = "linux")]
mod bench;
#[cfg(target_os = "linux")]
mod machine;
mod matrix;
#[cfg(target_os = "linux")]
mod rfcs;
mod sequence;

#[cfg(not(unix))]
compile_error!("the audit limits file lengths, locks files and kills processes as only a Unix can");

/// Shows on real files what the writers of today answer, and what this project's writer answers.
#[derive(Debug, Parser)]
#[command(name = "evidence")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures when each writer's answer is true: the seed program and the failure cases
    ///
    /// Exits with 0 if every row of `async-write-complete` holds, with 1 if one of them does not, and with 2 if the
    /// audit could not run.
    Audit(AuditArgs),
    /// Judges real types by the rules of the contract: rules across, types down
    ///
    /// Exits with 0 if every row of `async-write-complete` conforms, as far as its documentation does not say otherwise,
    /// with 1 if one of them does not, and with 2 if the matrix could not be made.
    Matrix(MatrixArgs),
    /// Shows why each rejected design was rejected: its code, run against the example that decided against it
    ///
    /// Exits with 0 if every example still decides so and this project's writer passes it, with 1 if one does not, and
    /// with 2 if it could not be run.
    Alternatives(AlternativesArgs),
    /// Records who asks, who answers and when the bytes are there, in writes of peers and of this crate
    Sequence(sequence::SequenceArgs),
    /// Measures what a write costs: time, latencies, CPU, allocations and threads, of each writer and of this project's
    ///
    /// Every situation is measured by one process, in rounds over all subjects, so that drift hits all alike. Exits
    /// with 0 if all was measured that this machine offers, with 1 if something of ours was not, and with 2 if the
    /// bench could not run.
    #[cfg(target_os = "linux")]
    Bench(bench::BenchArgs),
    /// Describes this machine, as figures that were measured on it need it
    #[cfg(target_os = "linux")]
    Machine(machine::MachineArgs),
    /// Renders the generated parts and the pictures of the RFCs and of the book from the data in rfcs/data
    ///
    /// Exits with 0 if all is up to date, with 1 if something is not or cannot be rendered, and with 2 if the command could
    /// not run.
    #[cfg(target_os = "linux")]
    Rfcs(rfcs::RfcsArgs),
    /// One situation of the bench, in a process of its own
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    BenchSituation(bench::SituationArgs),
    /// Two threads that spin, until standard input ends
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    BenchBusy,
    /// One row of the audit, in a process of its own
    #[command(hide = true)]
    Measure(MeasureArgs),
    /// One write whose process ends right after the answer
    #[command(hide = true)]
    Answer(AnswerArgs),
    /// One cell of the matrix, in a process of its own
    #[command(hide = true)]
    Judge(JudgeArgs),
    /// One sequence, in a process of its own
    #[command(hide = true)]
    SequenceRecord(sequence::RecordArgs),
}

#[derive(Debug, Args)]
struct AuditArgs {
    /// Measure only this case; may be given several times
    #[arg(long = "case", value_name = "NAME", value_parser = audit::find_case)]
    cases: Vec<&'static audit::Case>,
    /// Rounds of the seed program; a costlier case runs the share that `--list` names, but at least five
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// List the cases, and when a row of each holds, without measuring anything
    #[arg(long)]
    list: bool,
    /// Write the rows to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct MeasureArgs {
    #[arg(long, value_parser = audit::find_case)]
    case: &'static audit::Case,
    #[arg(long, value_parser = audit::find_subject)]
    subject: audit::Subject,
    #[arg(long)]
    rounds: u32,
    #[arg(long)]
    folder: PathBuf,
}

#[derive(Debug, Args)]
struct AnswerArgs {
    #[arg(long, value_parser = audit::find_subject)]
    subject: audit::Subject,
    #[arg(long)]
    path: PathBuf,
    #[arg(long)]
    then: audit::Ending,
}

#[derive(Debug, Args)]
struct MatrixArgs {
    /// Judge only this type; may be given several times
    #[arg(long = "subject", value_name = "NAME", value_parser = matrix::find_subject)]
    subjects: Vec<&'static matrix::Subject>,
    /// Judge only by this rule; may be given several times
    #[arg(long = "rule", value_name = "ID", value_parser = matrix::find_rule)]
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

#[derive(Debug, Args)]
struct AlternativesArgs {
    /// Show only this alternative; may be given several times
    #[arg(long, value_name = "NAME", value_parser = alternatives::find)]
    only: Vec<&'static alternatives::Alternative>,
    /// List what each alternative claims, without running anything
    #[arg(long)]
    list: bool,
    /// Write the rows to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct JudgeArgs {
    #[arg(long, value_parser = matrix::find_subject)]
    subject: &'static matrix::Subject,
    #[arg(long, value_parser = matrix::find_rule)]
    rule: Rule,
    #[arg(long)]
    folder: PathBuf,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Audit(args) => run_audit(args),
        #[cfg(target_os = "linux")]
        Command::Bench(args) => bench::run(&args),
        #[cfg(target_os = "linux")]
        Command::BenchSituation(args) => bench::run_situation(&args),
        #[cfg(target_os = "linux")]
        Command::BenchBusy => bench::spin(),
        #[cfg(target_os = "linux")]
        Command::Machine(args) => machine::run(&args),
        #[cfg(target_os = "linux")]
        Command::Rfcs(args) => rfcs::run(&args),
        Command::Measure(args) => {
            audit::measure_rounds(args.case, args.subject, args.rounds, &args.folder).map(|()| ExitCode::SUCCESS)
        }
        Command::Answer(args) => audit::answer_and_end(args.subject, args.path, args.then).map(|()| ExitCode::SUCCESS),
        Command::Matrix(args) => run_matrix(args),
        Command::Alternatives(args) => run_alternatives(args),
        Command::Judge(args) => matrix::judge(args.subject, args.rule, &args.folder).map(|()| ExitCode::SUCCESS),
        Command::Sequence(args) => sequence::run(&args),
        Command::SequenceRecord(args) => sequence::record(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn run_audit(args: AuditArgs) -> anyhow::Result<ExitCode> {
    if args.list {
        return audit::list(&args.cases).map(|()| ExitCode::SUCCESS);
    }
    audit::run(&audit::Options { cases: args.cases, rounds: args.rounds, json: args.json })
}

fn run_matrix(args: MatrixArgs) -> anyhow::Result<ExitCode> {
    let MatrixArgs { subjects, rules, list, json, html } = args;
    let options = matrix::Options { subjects, rules, json, html };
    if list { matrix::list(&options).map(|()| ExitCode::SUCCESS) } else { matrix::run(&options) }
}

fn run_alternatives(args: AlternativesArgs) -> anyhow::Result<ExitCode> {
    if args.list {
        return alternatives::list(&args.only).map(|()| ExitCode::SUCCESS);
    }
    alternatives::run(&alternatives::Options { only: args.only, json: args.json })
}
