//! [`Runtime`]: what the writers of a round run on.

use std::{path::Path, sync::Arc, thread};

use anyhow::Context as _;
use async_write_complete::{BlockingPool, Pool, offload::abandoned, tokio::TokioPool};

use super::{
    counts::{Counts, Event},
    life::{Kind, Remains, live},
};

/// How many threads poll.
const THREADS: usize = 2;

/// What the tasks of a round run on, and what their destinations block.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Runtime {
    /// smol, with the threads of `blocking`.
    Smol,
    /// tokio, with the threads of `blocking`.
    Tokio,
    /// tokio, with its own.
    TokioPool,
}

impl Runtime {
    pub(super) const ALL: [Self; 3] = [Self::Smol, Self::Tokio, Self::TokioPool];

    /// What lives on it.
    fn kinds(self) -> &'static [Kind] {
        match self {
            // The file in the place of tokio's wants a runtime of tokio.
            Self::Smol => &[Kind::Offload, Kind::ToTokio],
            Self::Tokio | Self::TokioPool => &[Kind::Offload, Kind::ToTokio, Kind::TokioFile],
        }
    }

    /// What does not happen on any of these.
    pub(super) fn never(runtimes: &[Self]) -> &'static [Event] {
        if runtimes.iter().all(|runtime| matches!(runtime, Self::Smol)) { &[Event::TokioFile] } else { &[] }
    }

    /// So many lives at once, each in a task of its own; then looks at their files.
    pub(super) fn round(self, folder: &Path, writers: usize, seed: u64) -> anyhow::Result<Counts> {
        // Each life has a seed of its own, in this round and in all others.
        let kinds = self.kinds().iter().copied().cycle();
        let lives = kinds.zip((0..writers as u64).map(|writer| seed << 32 | writer));
        let remains = match self {
            Self::Smol => smol_round(folder, lives)?,
            Self::Tokio => tokio_round(folder, lives, BlockingPool::default)?,
            Self::TokioPool => tokio_round(folder, lives, TokioPool::default)?,
        };
        let mut counts = Counts::default();
        for remains in remains {
            counts.add_all(&remains.check()?);
        }
        Ok(counts)
    }
}

fn smol_round(folder: &Path, lives: impl Iterator<Item = (Kind, u64)>) -> anyhow::Result<Vec<Remains>> {
    let executor = smol::Executor::new();
    let folder: Arc<Path> = folder.into();
    let tasks: Vec<_> = lives
        .map(|(kind, seed)| {
            let folder = folder.clone();
            executor.spawn(async move { live(&folder, BlockingPool::default(), kind, seed).await })
        })
        .collect();
    let (stop, stopped) = smol::channel::bounded::<()>(1);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            // The channel is closed when the round is over, however it ends.
            scope.spawn(|| smol::block_on(executor.run(stopped.recv())));
        }
        let stop = stop;
        let remains = smol::block_on(async {
            let mut remains = Vec::new();
            for task in tasks {
                remains.push(task.await?);
            }
            abandoned().await;
            anyhow::Ok(remains)
        });
        drop(stop);
        remains
    })
}

fn tokio_round<P: Pool>(
    folder: &Path,
    lives: impl Iterator<Item = (Kind, u64)>,
    pool: fn() -> P,
) -> anyhow::Result<Vec<Remains>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).build()?;
    let folder: Arc<Path> = folder.into();
    runtime.block_on(async {
        let tasks: Vec<_> = lives
            .map(|(kind, seed)| {
                let (folder, pool) = (folder.clone(), pool());
                tokio::spawn(async move { live(&folder, pool, kind, seed).await })
            })
            .collect();
        let mut remains = Vec::new();
        for task in tasks {
            remains.push(task.await.context("a task panicked")??);
        }
        abandoned().await;
        Ok(remains)
    })
}
