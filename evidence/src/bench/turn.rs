//! One turn of one subject: what it does, and what is measured of it.
//!
//! All turns of a situation work on the same files. Each operation is timed for itself, by two readings of the clock of
//! some 25 ns each, of which about one is in the figure, for every subject alike. What is before, between and after the
//! timed operations (opening, warming up, rewinding, the proof) is in no figure.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    crowd,
    handle::{Action, Handle},
    meter::Threads,
    runtime::Runtime,
    sample::{IdleWriters, Sample, Stretch},
    warm_file::WarmFile,
};
use crate::alloc;

/// The part of a turn's time that is spent before it, to warm up.
const WARM_UP: u32 = 32;

/// How often a write begins where it is one now and then.
pub(super) const PACE: Duration = Duration::from_millis(1);

/// Paced writes before the ones that are measured.
const PACED_WARM_UP: usize = 8;

/// How long idle writers are left alone before their threads are looked at: longer than any of them looks round.
const SETTLED: Duration = Duration::from_millis(100);

/// The work of one turn.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// One for each writer that there is at the same time.
    pub(super) files: Arc<[WarmFile]>,
    /// What is done.
    pub(super) kind: Kind,
}

/// What is done in a turn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// One operation after the other, for so long.
    BackToBack {
        /// The operation.
        action: Action,
        /// How long.
        budget: Duration,
    },
    /// A write each [`PACE`], for so long.
    Paced {
        /// How long.
        budget: Duration,
    },
    /// A writer for each file at once, each a task of its own, and a ticker on the same executor.
    Crowd {
        /// How long.
        budget: Duration,
    },
    /// Many writers that have written once.
    Idle {
        /// How many.
        writers: usize,
        /// How long they are left alone.
        rest: Duration,
    },
}

impl Turn {
    /// The work on one file.
    #[cfg(test)]
    pub(super) fn new(file: WarmFile, kind: Kind) -> Self {
        Turn { files: Arc::from([file]), kind }
    }

    fn file(&self) -> io::Result<&WarmFile> {
        self.files.first().ok_or_else(|| io::Error::other("there is no file"))
    }
}

/// Does the work of one turn with handles `H` on the runtime `R`.
pub(super) fn take<H: Handle, R: Runtime>(turn: &Turn) -> io::Result<Sample> {
    let turn = turn.clone();
    match turn.kind {
        Kind::BackToBack { action, budget } => R::run(back_to_back::<H>(turn, action, budget))?,
        Kind::Paced { budget } => R::run(paced::<H>(turn, budget))?,
        Kind::Crowd { budget } => R::run(crowd::run::<H, R>(turn, budget))?,
        Kind::Idle { writers, rest } => R::run(idle::<H>(turn, writers, rest))?,
    }
}

async fn back_to_back<H: Handle>(turn: Turn, action: Action, budget: Duration) -> io::Result<Sample> {
    let file = turn.file()?;
    let mut handle = H::open(&file.path, file.payload, file.is_pipe).await?;
    pass(&mut handle, action, file.operations, budget / WARM_UP, &mut Sample::new()).await?;
    let threads = Threads::now();
    let mut sample = Sample::new();
    while sample.wall < budget {
        handle.settle().await?;
        if !file.is_pipe {
            handle.rewind().await?;
        }
        let left = budget - sample.wall;
        pass(&mut handle, action, file.operations, left, &mut sample).await?;
    }
    sample.threads = 1 + threads.others_that_ran();
    if action != Action::Read && !file.is_pipe {
        sample.missing = prove(&mut handle, file).await?;
    }
    Ok(sample)
}

/// Operations until the file or the time is over.
async fn pass<H: Handle>(
    handle: &mut H,
    action: Action,
    operations: usize,
    budget: Duration,
    sample: &mut Sample,
) -> io::Result<()> {
    let stretch = Stretch::begin();
    let end = Instant::now() + budget;
    for _ in 0..operations {
        let begun = Instant::now();
        handle.act(action).await?;
        let now = Instant::now();
        sample.record(now - begun);
        if now >= end {
            break;
        }
    }
    sample.used(stretch.end());
    Ok(())
}

/// Between the writes this thread sleeps, and the executor with it: what wakes it costs every subject the same.
async fn paced<H: Handle>(turn: Turn, budget: Duration) -> io::Result<Sample> {
    let file = turn.file()?;
    let mut handle = H::open(&file.path, file.payload, file.is_pipe).await?;
    let writes = (budget.as_micros() / PACE.as_micros()).max(1) as usize;
    paced_writes(&mut handle, PACED_WARM_UP, &mut Sample::new()).await?;
    handle.rewind().await?;
    let threads = Threads::now();
    let mut sample = Sample::new();
    paced_writes(&mut handle, writes.min(file.operations), &mut sample).await?;
    sample.threads = 1 + threads.others_that_ran();
    sample.missing = prove(&mut handle, file).await?;
    Ok(sample)
}

async fn paced_writes<H: Handle>(handle: &mut H, writes: usize, sample: &mut Sample) -> io::Result<()> {
    let stretch = Stretch::begin();
    let mut next = Instant::now();
    for _ in 0..writes {
        next += PACE;
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let begun = Instant::now();
        handle.write().await?;
        sample.record(begun.elapsed());
    }
    sample.used(stretch.end());
    Ok(())
}

/// Writes once more where the bytes were cleared. Answers how many are not there when the write is answered.
///
/// # Errors
///
/// When bytes are missing for good: then the turn has measured something else.
pub(super) async fn prove<H: Handle>(handle: &mut H, file: &WarmFile) -> io::Result<usize> {
    handle.settle().await?;
    handle.rewind().await?;
    file.clear_first()?;
    handle.write().await?;
    let missing = file.missing_of_first()?;
    handle.settle().await?;
    match file.missing_of_first()? {
        0 => Ok(missing),
        lost => Err(io::Error::other(format!("{lost} of {} bytes never came to the file", file.payload.len()))),
    }
}

/// The struct of the writer counts as heap too, because whoever has ten thousand keeps them there.
async fn idle<H: Handle>(turn: Turn, writers: usize, rest: Duration) -> io::Result<Sample> {
    let file = turn.file()?;
    let path = |index: usize| file.path.with_extension(format!("idle-{index}"));
    for index in 0..writers {
        std::fs::File::create(path(index))?;
    }
    let before = alloc::live_bytes();
    let mut held = Vec::with_capacity(writers);
    for index in 0..writers {
        let mut handle = H::open(&path(index), file.payload, false).await?;
        handle.write().await?;
        held.push(handle);
    }
    thread::sleep(SETTLED.min(rest));
    let threads = Threads::now();
    thread::sleep(rest);
    let awake = threads.others_that_ran();
    let heap = (alloc::live_bytes() - before) as f64 / writers as f64;
    drop(held);
    for index in 0..writers {
        std::fs::remove_file(path(index))?;
    }
    let mut sample = Sample::new();
    sample.idle = Some(IdleWriters { heap, awake });
    Ok(sample)
}
