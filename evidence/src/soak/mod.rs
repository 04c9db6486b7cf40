//! A soak: thousands of writers of real files at once, on smol and on tokio, whose operations are dropped, fail and are
//! disturbed at random, round after round. Each answer has to be one that the file has made, and each file has to have
//! the bytes that were answered for; at the end threads, descriptors, files and memory have to be what they were in the
//! beginning.
//!
//! | file | what is in it |
//! |---|---|
//! | `life.rs`, `life/` | what one writer does, and how it ends |
//! | `subject.rs` | the traits of this crate, of futures-io and of tokio by one set of names |
//! | `model.rs` | what the writer may answer, and what its file may have |
//! | `faulty.rs` | the file whose calls fail |
//! | `flawed.rs` | writers that have to be refused |
//! | `counts.rs`, `left.rs` | what happened, and what is left behind |
//! | `runtimes.rs` | the executors of a round |

use std::{
    io::Write as _,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::{Args, Command};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::{
    counts::Counts,
    left::{Left, POOL},
    runtimes::Runtime,
};
use crate::cli::Entry;

mod counts;
mod faulty;
#[cfg(test)]
mod flawed;
mod left;
mod life;
mod model;
mod runtimes;
mod subject;

/// Descriptors that something else than a writer may need.
const SPARE: u64 = 128;

/// So many writers have everything made that is made once.
const FEW: usize = 64;

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
    assert_room_for(options.writers)?;
    blocking::set_max_blocking_threads(POOL);
    let folder = tempfile::Builder::new().prefix("soak-").tempdir()?;
    let end = Instant::now() + Duration::from_secs_f64(options.minutes * 60.0);
    let runtimes = options.runtime.map_or(Runtime::ALL.to_vec(), |runtime| vec![runtime]);
    // What is made once, such as the threads of the pools, is made for a few writers.
    for &runtime in &runtimes {
        runtime.round(folder.path(), FEW, u64::from(u32::MAX))?;
    }
    let began = Left::at_rest(folder.path(), None);
    let (mut counts, mut rounds, mut seed) = (Counts::default(), 0_u64, options.seed);
    while rounds == 0 || Instant::now() < end {
        for &runtime in &runtimes {
            let round = runtime.round(folder.path(), options.writers, seed);
            counts.add_all(&round.with_context(|| format!("{runtime:?}, seed {seed}"))?);
            rounds += 1;
            seed = seed.wrapping_add(1);
        }
    }
    let after = Left::at_rest(folder.path(), Some(began));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{rounds} rounds of {} writers\n{counts}", options.writers)?;
    writeln!(out, "after {FEW} writers {began};\nat the end {after}")?;
    counts.assert_that_all_happened(Runtime::never(&runtimes))?;
    after.assert_no_more_than(began)?;
    Ok(ExitCode::SUCCESS)
}

/// A descriptor for each writer: the limit is raised as far as the process may. With fewer this would be no such soak.
fn assert_room_for(writers: usize) -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })
            .context("the limit cannot be raised")?;
    }
    let room = limit.maximum.map_or(u64::MAX, |maximum| maximum.saturating_sub(SPARE));
    let is_enough = writers as u64 <= room;
    ensure!(
        is_enough,
        "there are descriptors for {room} writers, and not for {writers}: raise the limit, or say --writers {room}"
    );
    Ok(())
}
