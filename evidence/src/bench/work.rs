//! One turn of one subject: what it does, and what is measured of it.
//!
//! A turn has a new file and appends to it, as a user would; at its end the file is removed, so that neither the page
//! cache nor the disk fills up. Time, processor, allocations and threads come from one batch that reads no clock
//! between its writes, latencies from a second one that does: a reading costs some 25 ns, which is a tenth of the
//! fastest writes here.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use super::{
    alloc, crowd,
    meter::{Meter, Used},
    runtime::Runtime,
    subjects::{Payload, Writer},
};

/// Bytes that one batch writes at most, unless a few writes need more.
const BATCH_BYTES: usize = 32 << 20;

/// Writes that a batch has at least.
const BATCH_WRITES: usize = 4;

/// The part of a batch's time that is spent before it, to warm up and to see how many writes fit.
const WARM_UP: u32 = 4;

/// How often a write begins where it is one now and then.
pub(super) const PACE: Duration = Duration::from_millis(1);

/// The work of one turn.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// Where the files go.
    pub(super) folder: PathBuf,
    /// What each write writes.
    pub(super) payload: Payload,
    /// What is done.
    pub(super) kind: Kind,
}

/// What is done in a turn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// One write after the other, for about this long.
    BackToBack {
        /// How long.
        batch: Duration,
    },
    /// A write each [`PACE`].
    Paced {
        /// How many.
        writes: usize,
    },
    /// Many writers at once, and a ticker on the same executor.
    Crowd {
        /// How many writers.
        writers: usize,
        /// How many writes each of them makes.
        each: usize,
    },
    /// Many writers that have written once.
    Idle {
        /// How many writers.
        writers: usize,
        /// How long they are left alone before what they hold is counted.
        rest: Duration,
    },
}

/// What was measured in a turn; for each write where it can be said for one.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Nanoseconds for a write: the mean of a batch, or the median where writes are paced.
    pub(super) nanos: f64,
    /// Nanoseconds of processor time for a write, of all threads.
    pub(super) cpu_nanos: f64,
    /// Calls of the allocator for a write, of all threads.
    pub(super) allocations: f64,
    /// Threads that ran in the batch.
    pub(super) threads: usize,
    /// Nanoseconds from the call to the answer.
    pub(super) latencies: Histogram<u64>,
    /// Nanoseconds by which the ticker was late.
    pub(super) lateness: Histogram<u64>,
    /// Bytes of heap that each idle writer holds.
    pub(super) heap: f64,
    /// Bytes that were answered for and not in the file right after the last answer.
    pub(super) missing: u64,
}

impl Outcome {
    /// From a batch of `writes`.
    pub(super) fn of(used: Used, writes: usize) -> Self {
        let each = |total: f64| total / writes as f64;
        Outcome {
            nanos: each(nanos(used.wall)),
            cpu_nanos: each(nanos(used.cpu)),
            allocations: each(used.allocations as f64),
            threads: used.threads,
            latencies: histogram(),
            lateness: histogram(),
            heap: 0.0,
            missing: 0,
        }
    }
}

/// The bytes of a write of that size, for as long as the process lives.
pub(super) fn payload(size: usize) -> Payload {
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(size).collect();
    Box::leak(bytes.into_boxed_slice())
}

/// An empty histogram with room for up to a minute, so that recording never allocates.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds and precision that the type can have")
}

/// Adds one duration; one above a minute counts as a minute.
pub(super) fn record(histogram: &mut Histogram<u64>, duration: Duration) {
    histogram.saturating_record(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(1));
}

fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// Does the work of one turn with writers `W` on the runtime `R`.
pub(super) fn do_work<W: Writer, R: Runtime>(work: Work) -> io::Result<Outcome> {
    match work.kind {
        Kind::BackToBack { batch } => R::run(back_to_back::<W>(work, batch))?,
        Kind::Paced { writes } => R::run(paced::<W>(work, writes))?,
        Kind::Crowd { writers, each } => R::run_spawning(crowd::run::<W, R>(work, writers, each))?,
        Kind::Idle { writers, rest } => R::run(idle::<W>(work, writers, rest))?,
    }
}

async fn back_to_back<W: Writer>(work: Work, batch: Duration) -> io::Result<Outcome> {
    let mut file = Counted::<W>::open(&work).await?;
    let writes = file.warm_up(batch).await?;
    let meter = Meter::start();
    for _ in 0..writes {
        file.write().await?;
    }
    let mut outcome = Outcome::of(meter.stop(), writes);
    file.writer.settle().await?;
    let mut last = Instant::now();
    for _ in 0..writes {
        file.write().await?;
        let now = Instant::now();
        record(&mut outcome.latencies, now - last);
        last = now;
    }
    outcome.missing = file.end().await?;
    Ok(outcome)
}

/// Between the writes this thread sleeps, and the executor with it: what wakes it costs every subject the same.
async fn paced<W: Writer>(work: Work, writes: usize) -> io::Result<Outcome> {
    let mut file = Counted::<W>::open(&work).await?;
    for _ in 0..BATCH_WRITES {
        file.write().await?;
    }
    let mut latencies = histogram();
    let meter = Meter::start();
    let mut next = Instant::now();
    for _ in 0..writes {
        next += PACE;
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let begun = Instant::now();
        file.write().await?;
        record(&mut latencies, begun.elapsed());
    }
    let mut outcome = Outcome::of(meter.stop(), writes);
    outcome.nanos = latencies.value_at_quantile(0.5) as f64;
    outcome.latencies = latencies;
    outcome.missing = file.end().await?;
    Ok(outcome)
}

/// The struct of the writer counts as heap too, because whoever has ten thousand keeps them there.
async fn idle<W: Writer>(work: Work, writers: usize, rest: Duration) -> io::Result<Outcome> {
    let before = alloc::live_bytes();
    let meter = Meter::start();
    let mut held = Vec::with_capacity(writers);
    for index in 0..writers {
        let mut writer = W::open(&work.folder.join(format!("idle-{index}")), work.payload).await?;
        writer.write().await?;
        held.push(writer);
    }
    let used = meter.stop();
    thread::sleep(rest);
    let heap = (alloc::live_bytes() - before) as f64 / writers as f64;
    drop(held);
    for index in 0..writers {
        fs::remove_file(work.folder.join(format!("idle-{index}")))?;
    }
    Ok(Outcome { heap, ..Outcome::of(used, writers) })
}

/// A writer, and how many bytes it has answered for.
#[derive(Debug)]
pub(super) struct Counted<W> {
    writer: W,
    path: PathBuf,
    size: usize,
    answered: u64,
}

impl<W: Writer> Counted<W> {
    /// A new file of the folder.
    async fn open(work: &Work) -> io::Result<Self> {
        Self::open_at(work.folder.join("file"), work.payload).await
    }

    /// A new file at that path.
    pub(super) async fn open_at(path: PathBuf, payload: Payload) -> io::Result<Self> {
        let writer = W::open(&path, payload).await?;
        Ok(Counted { writer, path, size: payload.len(), answered: 0 })
    }

    /// One write.
    pub(super) async fn write(&mut self) -> io::Result<()> {
        self.writer.write().await?;
        self.answered += self.size as u64;
        Ok(())
    }

    /// Writes for a while; says how many writes fill a batch.
    async fn warm_up(&mut self, batch: Duration) -> io::Result<usize> {
        let begun = Instant::now();
        let mut writes = 0;
        let most = (BATCH_BYTES / self.size).max(BATCH_WRITES);
        while writes < most && (writes == 0 || begun.elapsed() < batch / WARM_UP) {
            self.write().await?;
            writes += 1;
        }
        let fit = batch.as_secs_f64() / begun.elapsed().as_secs_f64() * writes as f64;
        Ok((fit as usize).clamp(BATCH_WRITES, most))
    }

    /// Ends the turn: settles the writer and removes the file. Answers how many bytes were missing before that.
    ///
    /// # Errors
    ///
    /// When bytes are missing after it, too: then the turn has measured something else.
    pub(super) async fn end(mut self) -> io::Result<u64> {
        let missing = missing(&self.path, self.answered)?;
        self.writer.settle().await?;
        let lost = self::missing(&self.path, self.answered)?;
        drop(self.writer);
        fs::remove_file(&self.path)?;
        if lost > 0 {
            return Err(io::Error::other(format!("{lost} of {} bytes are not in the file", self.answered)));
        }
        Ok(missing)
    }
}

fn missing(path: &Path, answered: u64) -> io::Result<u64> {
    Ok(answered.saturating_sub(fs::metadata(path)?.len()))
}
