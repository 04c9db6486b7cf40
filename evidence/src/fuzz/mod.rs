//! A differential fuzzer: random operations, faults and drops on writers of real files, compared with the byte model of
//! the kit.
//!
//! It needs no toolchain but this one. Where cargo-fuzz is at hand, `fuzz/` plays the same subjects by what their code
//! covers; what it found worth keeping is in `fuzz/corpus`, and is played again as a test.

use std::{io::Write as _, process::ExitCode, time::Instant};

use anyhow::bail;
use async_write_complete_conformance::{Counts, Outcome};
use clap::{Args, Command};

use self::subjects::Subject;
use crate::cli::Entry;

#[cfg(test)]
mod corpus;
mod disturbed;
#[cfg(test)]
mod faulty;
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

/// How many operations were performed, and whether every rule held and the campaign had all that shows it.
fn play(subject: &Subject, seed: u64, operations: u64) -> anyhow::Result<(u64, bool)> {
    let began = Instant::now();
    let campaign = subject.campaign(seed, operations);
    let mut out = std::io::stdout().lock();
    let Counts { operations, faults, drops, comparisons, syncs, .. } = campaign.counts;
    let (rate, sequences) = (operations as f64 / began.elapsed().as_secs_f64(), campaign.sequences);
    writeln!(
        out,
        "{:<20} {operations:>9} operations in {sequences:>8} sequences, {rate:>7.0}/s: {}",
        subject.name, subject.about
    )?;
    writeln!(out, "{:20} {faults:>9} faults, {drops} drops, {comparisons} comparisons, {syncs} of durable bytes", "")?;
    let lacking = subject.lacks(&campaign.counts);
    if !lacking.is_empty() {
        writeln!(out, "\nit shows nothing: no {}", lacking.join(", no "))?;
    }
    let held = match campaign.outcome {
        Outcome::Holds { .. } => sequences > 0 && lacking.is_empty(),
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
    use async_write_complete::contract::Rule;

    use super::*;

    /// A fuzzer that notices nothing would be worth nothing.
    #[test]
    fn a_file_that_answers_before_its_bytes_are_there_is_noticed() {
        let campaign = faulty::buffered().campaign(1, 10_000);
        assert!(matches!(campaign.outcome, Outcome::Broken(_)), "{campaign:?}");
    }

    #[test]
    fn a_sync_that_calls_nothing_or_comes_too_early_is_noticed() {
        for subject in [faulty::syncs_nothing(), faulty::syncs_early()] {
            let Outcome::Broken(violation) = subject.campaign(1, 10_000).outcome else {
                panic!("{} is not noticed", subject.name);
            };
            assert_eq!(violation.rule, Rule::D1, "{violation}");
            assert!(violation.expected.contains("durable"), "{violation}");
        }
    }

    /// It holds, and shows nothing of faults.
    #[test]
    fn a_campaign_without_faults_is_noticed() {
        let subject = faulty::never_disturbed();
        let campaign = subject.campaign(1, 2_000);
        assert!(matches!(campaign.outcome, Outcome::Holds { .. }), "{campaign:?}");
        assert_eq!(subject.lacks(&campaign.counts), ["fault"], "{campaign:?}");
        assert!(!play(&subject, 1, 2_000).expect("it is played").1);
    }

    #[test]
    fn every_subject_plays_what_it_is_asked_for() {
        for subject in subjects::all() {
            let campaign = subject.campaign(2, 500);
            assert!(matches!(campaign.outcome, Outcome::Holds { .. }), "{}: {:?}", subject.name, campaign.outcome);
            assert!(campaign.counts.operations >= 500 && campaign.sequences > 0, "{}: {campaign:?}", subject.name);
            assert_eq!(subject.lacks(&campaign.counts), [""; 0], "{}: {campaign:?}", subject.name);
        }
    }
}
