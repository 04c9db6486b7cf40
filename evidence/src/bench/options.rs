//! The command line of the bench.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;

use super::{
    situations::{Effort, Situation},
    subjects::Subject,
};

/// What to measure, and where to leave it.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Measure only this situation; may be given several times
    #[arg(long = "situation", value_name = "NAME", value_parser = Situation::find)]
    pub(super) situations: Vec<Situation>,
    /// Measure only writes of so many bytes (64KiB and 1MiB are understood); may be given several times
    #[arg(long = "size", value_name = "BYTES", value_parser = parse_size)]
    pub(super) sizes: Vec<usize>,
    /// Measure only this subject, and std beside it; may be given several times
    #[arg(long = "subject", value_name = "LABEL", value_parser = Subject::find)]
    pub(super) subjects: Vec<&'static Subject>,
    /// Rounds over all subjects [default: 7, with --quick 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) rounds: Option<u16>,
    /// Run everything once and briefly: shows that it runs, and no figures worth having
    #[arg(long)]
    pub(super) quick: bool,
    /// Write the rows to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Write what the JSON has no place for to this file: latencies by percentile, threads, the ticker, heap, file systems
    #[arg(long, value_name = "FILE")]
    pub(super) details: Option<PathBuf>,
    /// Draw the pictures into this folder as SVG
    #[arg(long, value_name = "DIR")]
    pub(super) plots: Option<PathBuf>,
    /// List the situations and the subjects, without measuring anything
    #[arg(long)]
    pub(super) list: bool,
    /// Print how to profile one subject in one situation, without measuring anything
    #[arg(long)]
    pub(super) profile_hint: bool,
}

impl BenchArgs {
    /// Seven rounds are the least whose median means something.
    pub(super) fn rounds(&self) -> usize {
        self.rounds.map_or(if self.quick { 1 } else { 7 }, usize::from)
    }
}

/// One situation, in a process of its own.
#[derive(Debug, Args)]
pub(super) struct SituationArgs {
    #[arg(long, value_parser = Situation::find)]
    pub(super) situation: Situation,
    #[arg(long = "size", required = true, value_parser = parse_size)]
    pub(super) sizes: Vec<usize>,
    #[arg(long = "subject", required = true, value_parser = Subject::find)]
    pub(super) subjects: Vec<&'static Subject>,
    #[arg(long)]
    pub(super) rounds: usize,
    #[arg(long)]
    pub(super) quick: bool,
    /// Where the files go, or the loop device.
    #[arg(long)]
    pub(super) folder: PathBuf,
    /// What makes a file system on a loop device, if one is wanted.
    #[arg(long)]
    pub(super) mkfs: Option<String>,
}

impl SituationArgs {
    pub(super) fn effort(&self) -> Effort {
        if self.quick { Effort::Quick } else { Effort::Full }
    }
}

/// `100`, `4KiB`, `1MiB`.
fn parse_size(text: &str) -> anyhow::Result<usize> {
    let size = parse_size::parse_size(text).context("a size is a number, perhaps with KiB or MiB behind it")?;
    ensure!((1..=64 << 20).contains(&size), "a size is from 1 byte to 64 MiB");
    Ok(size as usize)
}

/// How a size is printed: in the greatest unit that divides it.
pub(super) fn size_text(size: usize) -> String {
    match size.trailing_zeros() {
        20.. => format!("{} MiB", size >> 20),
        10.. => format!("{} KiB", size >> 10),
        _ => format!("{size} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        for (text, size) in [("100", 100), ("4KiB", 4096), ("1MiB", 1 << 20), ("8 MiB", 8 << 20)] {
            assert_eq!(parse_size(text).expect("a size"), size);
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "KiB", "0", "-1", "1GiB", "65MiB", "99999999999999999999"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_size_is_printed_in_its_greatest_unit() {
        assert_eq!(
            [16, 100, 1024, 1500, 64 << 10, 8 << 20].map(size_text),
            ["16 B", "100 B", "1 KiB", "1500 B", "64 KiB", "8 MiB"]
        );
    }
}
