//! Faults: every call of a small program fails, or is late, one after the other; then each answer is compared with the
//! file.
//!
//! | file | what is in it |
//! |---|---|
//! | `step.rs` | what a program does, and what it tells |
//! | `program.rs` | the programs: the same steps by each of our writers |
//! | `fault.rs` | the faults, and what a caller has to be told of each |
//! | `run.rs` | a program with one fault, under strace |
//! | `trace.rs` | which calls were made before each answer, as strace says |
//! | `judge.rs` | whether the answers are true |
//! | `model.rs` | the file as they say that it is |
//! | `told.rs` | who has to tell an error, and who must not |
//! | `replace/` | a program of its own, that replaces a file |
//! | `sweep.rs` | every fault at every call |
//!
//! strace puts an error in the place of a call, or makes it late. It cannot make a call short, for it would have to
//! write the first part itself: a limit on the length of files does that. What the programs tell is compared with the
//! file as another descriptor sees it right after each answer.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
};

use anyhow::ensure;
use clap::{Args, Command};
use comfy_table::{CellAlignment, Table, presets};

use self::{
    fault::CALLS,
    program::Program,
    sweep::{Sweep, sweep},
};
use crate::{cli::Entry, tracer};

mod fault;
mod judge;
mod model;
mod program;
mod replace;
mod run;
mod step;
mod sweep;
mod told;
mod trace;

/// Which of the programs are run.
#[derive(Debug, Args)]
struct FaultsArgs {
    /// Only this program; may be given several times
    #[arg(long, value_name = "NAME")]
    program: Vec<Program>,
    /// How many programs run at once
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

/// The command of the faults.
pub(crate) fn entry(command: Command) -> Entry {
    let after = "Exits with 1 if an answer is not true, or if a call was never reached; with 2 if it could not run.";
    Entry::derived(command.after_help(after), |args: FaultsArgs| run(&args))
}

/// The processes that it starts.
pub(crate) fn hidden_entry() -> Entry {
    Entry::derived(Command::new("faults-program").hide(true), program::run)
}

fn run(args: &FaultsArgs) -> anyhow::Result<ExitCode> {
    tracer::check()?;
    let programs = if args.program.is_empty() { Program::ALL.to_vec() } else { args.program.clone() };
    let sweeps = sweep_all(&programs, args.jobs)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", table(&sweeps))?;
    let sum = |count: fn(&Sweep) -> usize| sweeps.iter().map(count).sum::<usize>();
    writeln!(
        out,
        "{} runs with a fault, {} with a limit ({} short writes); {} answers, {} of them errors; {} are not true",
        sum(|sweep| sweep.happened.iter().sum()),
        sum(|sweep| sweep.limits),
        sum(|sweep| sweep.shown.short_writes),
        sum(|sweep| sweep.shown.answers),
        sum(|sweep| sweep.shown.errors),
        sum(|sweep| sweep.untrue.len()),
    )?;
    for untrue in sweeps.iter().flat_map(|sweep| &sweep.untrue) {
        writeln!(out, "NOT AS PROMISED: {untrue}")?;
    }
    let unreached = unreached(&sweeps);
    if args.program.is_empty() && !unreached.is_empty() {
        writeln!(out, "NOT AS PROMISED: no program reaches {unreached:?}, or no write was short")?;
    }
    let is_complete = !args.program.is_empty() || unreached.is_empty();
    ensure!(sum(|sweep| sweep.happened.iter().sum()) > 0, "no fault has happened");
    Ok(if is_complete && sum(|sweep| sweep.untrue.len()) == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Runs the programs, `jobs` at a time.
fn sweep_all(programs: &[Program], jobs: usize) -> anyhow::Result<Vec<Sweep>> {
    let (waiting, done) = (Mutex::new(programs.iter()), Mutex::new(Vec::new()));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some(&program) = next() {
                    let result = sweep(program);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((program, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(program, _)| *program);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The calls that no fault has reached; `short` if no write was short.
fn unreached(sweeps: &[Sweep]) -> Vec<&'static str> {
    let calls = CALLS.into_iter().enumerate();
    let never = calls.filter(|(call, _)| sweeps.iter().all(|sweep| sweep.happened[*call] == 0)).map(|(_, name)| name);
    let short = sweeps.iter().all(|sweep| sweep.shown.short_writes == 0).then_some("short");
    never.chain(short).collect()
}

/// How many runs had a fault in each call.
fn table(sweeps: &[Sweep]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["program"].into_iter().chain(CALLS).chain(["limits", "short", "answers", "errors", "untrue"]));
    for sweep in sweeps {
        let shown = sweep.shown;
        let more = [sweep.limits, shown.short_writes, shown.answers, shown.errors, sweep.untrue.len()];
        let counts = sweep.happened.into_iter().chain(more).map(|count| count.to_string());
        table.add_row([sweep.program.name().to_owned()].into_iter().chain(counts));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_nobody_reaches_is_named() {
        let mut sweep = Sweep::new(Program::Offload);
        assert_eq!(unreached(&[sweep.clone()]).len(), CALLS.len() + 1);
        sweep.happened = [1; CALLS.len()];
        sweep.happened[3] = 0;
        assert_eq!(unreached(&[sweep.clone()]), ["writev", "short"]);
        sweep.happened[3] = 1;
        sweep.shown.short_writes = 1;
        assert!(unreached(&[sweep]).is_empty());
    }
}
