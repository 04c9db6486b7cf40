//! A differential fuzzer: random operations, faults and drops on writers of real files, compared with the byte model of
//! the kit.
//!
//! It needs no toolchain but this one. Where cargo-fuzz is at hand, `fuzz/` plays the same subjects by what their code
//! covers; what it found worth keeping is in `fuzz/corpus`, and is played again as a test.

use std::{io::Write as _, process::ExitCode, time::Instant};

use anyhow::bail;
use async_write_complete_conformance::Outcome;
use clap::{Args, Command};

use self::subjects::Subject;
use crate::cli::Entry;

#[cfg(test)]
mod corpus;
mod disturbed;
mod subjects;

/// How much is played.
#[derive(Debug, Args)]
struct Options {
    /// How many operations there are in all; each subject has an equal share
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    operations: u64,
    /// The first of the seeds; each 1,000 sequences have one of their own
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Only the subjects with this text in their name
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

pub(crate) fn entry(command: Command) -> Entry {
    Entry::derived(command, run)
}

fn run(options: Options) -> anyhow::Result<ExitCode> {
    let only = options.only.as_deref().unwrap_or_default();
    let subjects: Vec<_> = subjects::all().into_iter().filter(|subject| subject.name.contains(only)).collect();
    if subjects.is_empty() {
        bail!("no subject has {only:?} in its name");
    }
    let share = (options.operations / subjects.len() as u64).max(1);
    let (mut operations, mut broken) = (0, false);
    for subject in &subjects {
        let (count, held) = play(subject, options.seed, share)?;
        operations += count;
        broken |= !held;
    }
    writeln!(std::io::stdout(), "{operations} operations in all, from seed {} on", options.seed)?;
    // A run that played nothing shows nothing.
    Ok(if broken || operations < options.operations / 2 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// How many operations were played, and whether every rule held.
fn play(subject: &Subject, seed: u64, operations: u64) -> anyhow::Result<(u64, bool)> {
    let began = Instant::now();
    let campaign = subject.campaign(seed, operations);
    let mut out = std::io::stdout().lock();
    let rate = campaign.operations as f64 / began.elapsed().as_secs_f64();
    let (sequences, operations) = (campaign.sequences, campaign.operations);
    let name = subject.name;
    writeln!(
        out,
        "{name:<20} {operations:>9} operations in {sequences:>8} sequences, {rate:>7.0}/s: {}",
        subject.about
    )?;
    let held = match campaign.outcome {
        Outcome::Holds { .. } => sequences > 0,
        Outcome::Broken(violation) => {
            writeln!(out, "\n{violation}")?;
            false
        }
        outcome => {
            writeln!(out, "\nnot judged: {outcome:?}")?;
            false
        }
    };
    Ok((operations, held))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fuzzer that notices nothing would be worth nothing.
    #[test]
    fn a_file_that_answers_before_its_bytes_are_there_is_noticed() {
        let campaign = subjects::buffered().campaign(1, 10_000);
        assert!(matches!(campaign.outcome, Outcome::Broken(_)), "{campaign:?}");
    }

    #[test]
    fn every_subject_plays_what_it_is_asked_for() {
        for subject in subjects::all() {
            let campaign = subject.campaign(2, 500);
            assert!(matches!(campaign.outcome, Outcome::Holds { .. }), "{}: {:?}", subject.name, campaign.outcome);
            assert!(campaign.operations >= 500 && campaign.sequences > 0, "{}: {campaign:?}", subject.name);
        }
    }
}
