//! The command line of the bench.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;

use super::{
    situations::{Effort, Situation},
    subjects,
};

/// What to measure, and where to leave it.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Measure only these situations, separated by commas [default: all but those of file systems]
    #[arg(long, value_name = "SITUATION,...", value_delimiter = ',', value_parser = Situation::find)]
    pub(super) only: Vec<Situation>,
    /// Measure the situations of file systems too, which need loop devices
    #[arg(long, conflicts_with = "only")]
    pub(super) all: bool,
    /// Measure only operations of so many bytes (64KiB and 1MiB are understood), separated by commas
    #[arg(long = "size", value_name = "BYTES,...", value_delimiter = ',', value_parser = parse_size)]
    pub(super) sizes: Vec<usize>,
    /// Measure only rows with one of these texts in their name, and std beside them, separated by semicolons
    #[arg(long, value_name = "TEXT;...", value_delimiter = ';')]
    pub(super) rows: Vec<String>,
    /// Rounds over all subjects, in which the same time is divided [default: 8, with --quick 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) rounds: Option<u16>,
    /// Run everything once and briefly: shows that it runs, and no figures worth having
    #[arg(long)]
    pub(super) quick: bool,
    /// Write the run to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Write the run to this file as one page, with pictures and tables
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Draw the pictures into this folder as SVG
    #[arg(long, value_name = "DIR")]
    pub(super) plots: Option<PathBuf>,
    /// Measure nothing, and take the run from this JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "all", "sizes", "rows", "rounds", "quick", "json"])]
    pub(super) from: Option<PathBuf>,
    /// Measure instead what gets worse when a constant of spinning is taken away, halved or doubled; builds a program
    #[arg(long, conflicts_with_all = ["only", "all", "sizes", "rows", "html", "plots", "from"])]
    pub(super) constants: bool,
    /// List the situations and their rows, without measuring anything
    #[arg(long)]
    pub(super) list: bool,
    /// Print how to profile one subject in one situation, without measuring anything
    #[arg(long)]
    pub(super) profile_hint: bool,
}

impl BenchArgs {
    pub(super) fn effort(&self) -> Effort {
        effort(self.quick)
    }

    /// Of few rounds one that is disturbed weighs too much.
    pub(super) fn rounds(&self) -> usize {
        self.rounds.map_or(if self.quick { 1 } else { 8 }, usize::from)
    }

    /// The texts of the rows. The reference is always among them, because every row is set against it.
    pub(super) fn row_texts(&self) -> Vec<String> {
        let reference = (!self.rows.is_empty()).then(|| subjects::name(subjects::STD, ""));
        self.rows.iter().cloned().chain(reference).collect()
    }

    pub(super) fn situations(&self) -> Vec<Situation> {
        if !self.only.is_empty() {
            return self.only.clone();
        }
        Situation::ALL.into_iter().filter(|situation| self.all || situation.is_main()).collect()
    }

    pub(super) fn sizes(&self, situation: Situation) -> Vec<usize> {
        if self.sizes.is_empty() { situation.sizes().to_vec() } else { self.sizes.clone() }
    }
}

/// One situation, in a process of its own.
#[derive(Debug, Args)]
pub(super) struct SituationArgs {
    #[arg(long, value_parser = Situation::find)]
    pub(super) situation: Situation,
    #[arg(long = "size", required = true, value_parser = parse_size)]
    pub(super) sizes: Vec<usize>,
    #[arg(long)]
    pub(super) rows: Vec<String>,
    #[arg(long, default_value_t = 8)]
    pub(super) rounds: usize,
    #[arg(long)]
    pub(super) quick: bool,
    /// Where the files go, or the loop device.
    #[arg(long)]
    pub(super) folder: PathBuf,
    /// What makes a file system on a loop device, if one is wanted.
    #[arg(long)]
    pub(super) mkfs: Option<String>,
    /// The group with the quota, if one is wanted.
    #[arg(long)]
    pub(super) group: Option<PathBuf>,
}

impl SituationArgs {
    pub(super) fn effort(&self) -> Effort {
        effort(self.quick)
    }
}

fn effort(quick: bool) -> Effort {
    if quick { Effort::Quick } else { Effort::Full }
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
