//! A soak: thousands of writers of real files at once, on smol and on tokio, dropped, closed and disturbed at random,
//! round after round. Each file has to have the bytes that were answered for; and at the end threads, descriptors and
//! memory have to be what they were after the first round.

use std::{
    io::Write as _,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use clap::{Args, Command};

use self::{
    left::{Left, POOL},
    life::Counts,
    runtimes::Runtime,
};
use crate::cli::Entry;

mod faulty;
mod left;
mod life;
mod runtimes;

/// Descriptors that something else than a writer may need.
const SPARE: u64 = 128;

/// How long and how many.
#[derive(Debug, Args)]
struct Options {
    /// How many minutes it lasts; fractions are fine
    #[arg(long, value_name = "N", default_value_t = 10.0)]
    minutes: f64,
    /// How many writers there are at once
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    writers: usize,
    /// Only on this; otherwise on one after the other
    #[arg(long, value_enum)]
    runtime: Option<Runtime>,
    /// What happens to which writer
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

pub(crate) fn entry(command: Command) -> Entry {
    Entry::derived(command, run)
}

fn run(options: Options) -> anyhow::Result<ExitCode> {
    let room = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let writers = options.writers.min(usize::try_from(room.saturating_sub(SPARE)).unwrap_or(usize::MAX));
    if writers < options.writers {
        println!("{writers} writers at once, since the process may have {room} descriptors");
    }
    blocking::set_max_blocking_threads(POOL);
    let folder = tempfile::Builder::new().prefix("soak-").tempdir()?;
    let end = Instant::now() + Duration::from_secs_f64(options.minutes * 60.0);
    // What is made once, such as the queues of the pools, is made in the first rounds.
    let mut counts = Counts::default();
    let runtimes = options.runtime.map_or(Runtime::ALL.to_vec(), |runtime| vec![runtime]);
    let (mut rounds, mut seed) = (0_u64, options.seed);
    // What is left after the first time round is what the last is compared with, so there are always two.
    let (mut before, mut compared) = (None, false);
    while !compared || Instant::now() < end {
        for &runtime in &runtimes {
            let round =
                runtime.round(folder.path(), writers, seed).with_context(|| format!("{runtime:?}, seed {seed}"))?;
            counts.add(&round);
            rounds += 1;
            seed = seed.wrapping_add(1);
        }
        compared = before.is_some();
        before.get_or_insert_with(|| Left::at_rest(None));
    }
    let Some(before) = before else { bail!("there was no round") };
    let after = Left::at_rest(Some(before));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{rounds} rounds of {writers} writers: {counts}")?;
    writeln!(out, "after the first rounds {before}; after the last {after}")?;
    counts.assert_that_all_happened()?;
    after.assert_no_more_than(before)?;
    Ok(ExitCode::SUCCESS)
}
