//! The life of one writer, from its file's creation to its drop, and what has to be in the file then.

use std::{
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, Offload, PriorWriteFailed, WriteOutstanding,
    offload::Pool,
};
use futures_lite::{AsyncWriteExt as _, future};

use super::faulty::Faulty;

/// How many operations a life has at most, and how many bytes a write.
const LONGEST: usize = 24;
const LARGEST: usize = 6_000;

/// What happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) lives: u64,
    complete: u64,
    bytes: u64,
    failed: u64,
    dropped: u64,
    refused: u64,
    settled: u64,
    closed: u64,
    abandoned: u64,
    panicked: u64,
}

impl Counts {
    pub(super) fn add(&mut self, more: &Self) {
        self.lives += more.lives;
        self.complete += more.complete;
        self.bytes += more.bytes;
        self.failed += more.failed;
        self.dropped += more.dropped;
        self.refused += more.refused;
        self.settled += more.settled;
        self.closed += more.closed;
        self.abandoned += more.abandoned;
        self.panicked += more.panicked;
    }

    /// A soak in which something never happened says nothing of that.
    pub(super) fn assert_that_all_happened(&self) -> anyhow::Result<()> {
        let Self { lives, complete, bytes, failed, dropped, refused, settled, closed, abandoned, panicked } = *self;
        let all = [lives, complete, bytes, failed, dropped, refused, settled, closed, abandoned, panicked];
        ensure!(!all.contains(&0), "something never happened: {self}");
        Ok(())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lives, complete, bytes, failed, dropped, refused, settled, closed, abandoned, panicked } = self;
        write!(
            f,
            "{lives} writers; writes: {complete} complete ({bytes} bytes), {failed} failed, {dropped} dropped, "
        )?;
        write!(f, "{settled} of these settled, {refused} refused; {closed} closed, ")?;
        write!(f, "{abandoned} dropped with a write under way, {panicked} after a panic of their destination")
    }
}

/// What the file of a life has to have when all of it has ended.
#[derive(Debug)]
pub(super) struct Remains {
    path: PathBuf,
    /// The bytes that were answered for.
    complete: Vec<u8>,
    /// Of these, which nobody asked for, any first part may follow.
    maybe: Vec<u8>,
    pub(super) counts: Counts,
}

impl Remains {
    /// Looks at the file, and removes it.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let there = std::fs::read(&self.path).context("a file is gone")?;
        let tail = there.strip_prefix(&self.complete[..]);
        let fits = tail.is_some_and(|tail| self.maybe.starts_with(tail));
        let path = self.path.display();
        let (complete, maybe) = (self.complete.len(), self.maybe.len());
        ensure!(fits, "{path}: {} bytes, not the {complete} that were answered, and {maybe} at most", there.len());
        std::fs::remove_file(&self.path).context("a file cannot be removed")
    }
}

struct Life<P> {
    writer: Offload<Faulty, P>,
    random: fastrand::Rng,
    remains: Remains,
    /// Nobody knows how many bytes are complete.
    is_over: bool,
}

/// Lives the life that `seed` chooses, in a file of `folder`.
pub(super) async fn live<P: Pool>(folder: &Path, pool: P, seed: u64) -> anyhow::Result<Remains> {
    let mut random = fastrand::Rng::with_seed(seed);
    let path = folder.join(format!("{seed:x}"));
    let file = File::options().append(true).create_new(true).open(&path).context("a file cannot be made")?;
    let writer = Offload::with_pool(Faulty::new(file, random.u64(..)), pool);
    let counts = Counts { lives: 1, ..Counts::default() };
    let remains = Remains { path, complete: Vec::new(), maybe: Vec::new(), counts };
    let mut life = Life { writer, random, remains, is_over: false };
    for _ in 0..life.random.usize(1..=LONGEST) {
        life.operation().await?;
        if life.is_over {
            break;
        }
    }
    life.end().await
}

impl<P: Pool> Life<P> {
    async fn operation(&mut self) -> anyhow::Result<()> {
        let first = self.random.u8(..);
        let bytes: Vec<u8> = (0..self.random.usize(1..LARGEST)).map(|at| first.wrapping_add(at as u8)).collect();
        match self.random.u8(0..10) {
            0..4 => {
                let answer = self.writer.write_complete(&bytes).await;
                self.answered(&bytes, answer)
            }
            4..7 => {
                let before = self.writer.outstanding();
                let polled = future::poll_once(self.writer.write_complete(&bytes)).await;
                match polled {
                    Some(answer) => self.answered(&bytes, answer),
                    None => {
                        self.remains.counts.dropped += 1;
                        if self.writer.outstanding() != before {
                            self.remains.maybe = bytes;
                        }
                        Ok(())
                    }
                }
            }
            7..9 => self.settle().await,
            _ => {
                let answer = self.writer.write(&bytes).await;
                self.answered(&bytes, answer)
            }
        }
    }

    fn answered(&mut self, bytes: &[u8], answer: io::Result<usize>) -> anyhow::Result<()> {
        match answer {
            Ok(n) => {
                ensure!(self.remains.maybe.is_empty(), "a write went over an outstanding one");
                self.complete(&bytes[..n]);
            }
            Err(error) if WriteOutstanding::find(&error).is_some() => {
                ensure!(!self.remains.maybe.is_empty(), "nothing was outstanding: {error}");
                self.remains.counts.refused += 1;
            }
            Err(error) => self.failed(&error, bytes)?,
        }
        Ok(())
    }

    fn complete(&mut self, bytes: &[u8]) {
        self.remains.complete.extend_from_slice(bytes);
        self.remains.counts.complete += 1;
        self.remains.counts.bytes += bytes.len() as u64;
    }

    /// The write of `bytes` failed.
    fn failed(&mut self, error: &io::Error, bytes: &[u8]) -> anyhow::Result<()> {
        self.remains.counts.failed += 1;
        if Indeterminate::find(error).is_some() {
            self.remains.counts.panicked += 1;
            self.remains.maybe = bytes.to_vec();
            self.is_over = true;
        } else if error.raw_os_error().is_none() && PriorWriteFailed::find(error).is_none() {
            bail!("an error that no destination made: {error:?}");
        }
        Ok(())
    }

    async fn settle(&mut self) -> anyhow::Result<()> {
        let bytes = std::mem::take(&mut self.remains.maybe);
        match self.writer.settle().await {
            Ok(None) => ensure!(bytes.is_empty(), "a write was forgotten"),
            Ok(Some(settled)) => {
                ensure!(settled.submitted() == bytes.len(), "another write was settled");
                self.remains.counts.settled += 1;
                self.complete(&bytes[..settled.completed()]);
            }
            Err(error) => self.failed(&error, &bytes)?,
        }
        Ok(())
    }

    /// A close, a drop of what is settled, or one with a write under way.
    async fn end(mut self) -> anyhow::Result<Remains> {
        match self.random.u8(0..3) {
            0 => {
                let closed = self.writer.close_complete().await;
                self.remains.counts.closed += 1;
                if closed.is_ok() {
                    let bytes = std::mem::take(&mut self.remains.maybe);
                    self.remains.complete.extend(bytes);
                }
            }
            1 if !self.is_over => self.settle().await?,
            _ => self.remains.counts.abandoned += u64::from(!self.remains.maybe.is_empty()),
        }
        drop(self.writer);
        Ok(self.remains)
    }
}
