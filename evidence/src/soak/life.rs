//! The life of one writer, from its file's creation to its drop, and what has to be in the file then.

use std::{
    fs::File,
    future::poll_fn,
    io::SeekFrom,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, ensure};
use async_write_complete::{
    AsyncSyncCompleteExt as _, AsyncWriteCompleteExt as _, Offload, adapter::ToTokio, offload::Pool,
};
use futures_lite::future::poll_once;

use super::{
    counts::{Counts, Event},
    faulty::{Fault, Faults, Faulty},
    model::{By, Call, Model},
    subject::{OverTokio, Subject},
};

mod end;

/// How many operations a life has at most, and how many bytes a write. Each write begins with another byte, so that
/// none is taken for the one before.
const LONGEST: u8 = 32;
const LARGEST: usize = 6_000;

/// Which writer lives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Offload,
    ToTokio,
    /// Its file makes no fault, and so no operation may fail.
    TokioFile,
}

/// What the file of a life has to have when all of it has ended.
#[derive(Debug)]
pub(super) struct Remains {
    path: PathBuf,
    /// The bytes that were answered for.
    complete: Vec<u8>,
    /// Of these, which nobody asked for, any first part may follow.
    maybe: Vec<u8>,
    faults: Arc<Faults>,
    counts: Counts,
    story: String,
}

impl Remains {
    /// Looks at the file, removes it, and returns what has happened to it.
    pub(super) fn check(mut self) -> anyhow::Result<Counts> {
        let there = std::fs::read(&self.path).context("a file is gone")?;
        let tail = there.strip_prefix(&self.complete[..]);
        let fits = tail.is_some_and(|tail| self.maybe.starts_with(tail));
        let path = self.path.display();
        let (complete, maybe) = (self.complete.len(), self.maybe.len());
        ensure!(
            fits,
            "{path}: {} bytes, not the {complete} that were answered, and {maybe} at most{}",
            there.len(),
            self.story
        );
        ensure!(self.faults.made(Fault::LateSync) == 0, "{path}: a sync was made after one had failed");
        std::fs::remove_file(&self.path).context("a file cannot be removed")?;
        self.counts.add(Event::Short, self.faults.made(Fault::Short));
        self.counts.add(Event::Interrupted, self.faults.made(Fault::Interrupted));
        Ok(self.counts)
    }
}

pub(super) struct Life<S> {
    writer: S,
    random: fastrand::Rng,
    model: Model,
}

/// Lives the life that `seed` chooses, in a file of `folder`.
pub(super) async fn live<P: Pool>(folder: &Path, pool: P, kind: Kind, seed: u64) -> anyhow::Result<Remains> {
    let mut random = fastrand::Rng::with_seed(seed);
    let path = folder.join(format!("{seed:x}"));
    let file = File::options().read(true).append(true).create_new(true).open(&path).context("no file can be made")?;
    let faults = Arc::new(Faults::default());
    let faulty = |file, random: &mut fastrand::Rng| Faulty::new(file, random.u64(..), faults.clone());
    match kind {
        Kind::Offload => {
            let writer = Offload::with_pool(faulty(file, &mut random), pool);
            Life::new(writer, random, &faults).live(path, Event::Offload).await
        }
        Kind::ToTokio => {
            let writer = ToTokio::new(Offload::with_pool(faulty(file, &mut random), pool));
            Life::new(OverTokio(writer), random, &faults).live(path, Event::ToTokio).await
        }
        Kind::TokioFile => {
            let writer = async_write_complete::tokio::fs::File::from_std(file);
            Life::new(OverTokio(writer), random, &faults).live(path, Event::TokioFile).await
        }
    }
}

impl<S: Subject> Life<S> {
    pub(super) fn new(writer: S, random: fastrand::Rng, faults: &Arc<Faults>) -> Self {
        Self { writer, random, model: Model::new(faults.clone()) }
    }

    pub(super) async fn live(mut self, path: PathBuf, event: Event) -> anyhow::Result<Remains> {
        self.model.counts.count(event);
        for first in 0..self.random.u8(1..=LONGEST) {
            let operation = self.operation(first).await;
            operation.with_context(|| format!("{event:?}, {}{}", path.display(), self.model.story))?;
            self.model.assert_outstanding(self.writer.outstanding())?;
            if self.model.over.is_some() {
                break;
            }
        }
        self.end(path).await
    }

    async fn operation(&mut self, first: u8) -> anyhow::Result<()> {
        let bytes: Vec<u8> = (0..self.random.usize(1..LARGEST)).map(|at| first.wrapping_add(at as u8)).collect();
        match self.random.u8(0..24) {
            0..4 => {
                let answer = self.writer.write_complete(&bytes).await;
                self.wrote(Call::Submit, &bytes, answer)
            }
            4..7 => self.drop_submit(bytes).await,
            7..9 => {
                let answer = poll_fn(|cx| self.writer.write(cx, &bytes)).await;
                self.wrote(Call::PollWrite, &bytes, answer)
            }
            9..11 => self.drop_poll_write(bytes).await,
            11 => self.resume().await,
            12..15 => self.settle().await,
            15 => self.flush().await,
            16..18 => self.read().await,
            18 => self.drop_read().await,
            19 => self.seek().await,
            20 => self.drop_seek().await,
            21 => self.sync().await,
            22 => self.drop_sync().await,
            // A read goes on where one that was dropped has ended.
            _ => {
                self.drop_read().await?;
                if self.model.over.is_some() { Ok(()) } else { self.read().await }
            }
        }
    }

    fn wrote(&mut self, call: Call, bytes: &[u8], answer: std::io::Result<usize>) -> anyhow::Result<()> {
        if let Some(n) = self.model.answered(call, bytes, answer)? {
            ensure!(self.model.pending.is_none(), "a write went over an outstanding one");
            self.model.is_seek_dropped = false;
            self.model.completed(bytes, n)?;
        }
        Ok(())
    }

    async fn drop_submit(&mut self, bytes: Vec<u8>) -> anyhow::Result<()> {
        match poll_once(self.writer.write_complete(&bytes)).await {
            Some(answer) => self.wrote(Call::Submit, &bytes, answer),
            None => {
                self.model.counts.count(Event::Dropped);
                self.model.dropped(Call::Submit, bytes, self.writer.outstanding())
            }
        }
    }

    async fn drop_poll_write(&mut self, bytes: Vec<u8>) -> anyhow::Result<()> {
        match poll_once(poll_fn(|cx| self.writer.write(cx, &bytes))).await {
            Some(answer) => self.wrote(Call::PollWrite, &bytes, answer),
            None => {
                self.model.counts.count(Event::PollDropped);
                self.model.dropped(Call::PollWrite, bytes, self.writer.outstanding())
            }
        }
    }

    /// The same bytes again, which go on with a `poll_write` that was dropped.
    async fn resume(&mut self) -> anyhow::Result<()> {
        // A seek in between makes another write of them.
        if self.model.is_seek_dropped {
            return Ok(());
        }
        let Some(pending) = self.model.pending.take_if(|pending| pending.by == By::Poll) else { return Ok(()) };
        let answer = poll_fn(|cx| self.writer.write(cx, &pending.bytes)).await;
        self.model.counts.count(Event::Resumed);
        self.model.at = None;
        match self.model.answered(Call::PollWrite, &pending.bytes, answer)? {
            Some(n) => self.model.completed(&pending.bytes, n),
            None => Ok(()),
        }
    }

    async fn settle(&mut self) -> anyhow::Result<()> {
        let answer = self.writer.settle().await;
        let Some(settled) = self.model.answered(Call::Settle, &[], answer)? else { return Ok(()) };
        let pending = self.model.pending.take_if(|pending| pending.by != By::Flush);
        match (settled, pending) {
            (None, None) => Ok(()),
            (Some(settled), Some(pending)) => {
                ensure!(settled.submitted() == pending.bytes.len(), "another write was settled");
                self.model.counts.count(Event::Settled);
                self.model.completed(&pending.bytes, settled.completed())
            }
            (settled, pending) => anyhow::bail!("{settled:?} was settled, and not {pending:?}"),
        }
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let answer = poll_fn(|cx| self.writer.flush(cx)).await;
        self.model.counts.count(Event::Flushed);
        if self.model.answered(Call::Flush, &[], answer)?.is_some() {
            match &mut self.model.pending {
                Some(pending) if pending.by == By::Ticket => self.model.complete_pending()?,
                Some(pending) => {
                    pending.by = By::Flush;
                    self.model.at = None;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Reads where the last one ended, or anywhere. While a write is pending, that is unknown.
    async fn read(&mut self) -> anyhow::Result<()> {
        if self.model.at.is_none() {
            self.seek().await?;
        }
        if self.model.over.is_some() {
            return Ok(());
        }
        let mut buf = vec![0; self.random.usize(1..LARGEST)];
        let answer = poll_fn(|cx| self.writer.read(cx, &mut buf)).await;
        let Some(n) = self.read_has_answered(answer)? else { return Ok(()) };
        self.model.counts.count(Event::Read);
        if let (Some(at), None) = (self.model.at, &self.model.pending) {
            let rest = &self.model.complete[at..];
            let is_end = n == 0 && rest.is_empty();
            ensure!(is_end || n > 0 && rest.starts_with(&buf[..n]), "a read at {at} gave {n} other bytes");
            self.model.at = Some(at + n);
        } else {
            self.model.at = None;
        }
        Ok(())
    }

    async fn drop_read(&mut self) -> anyhow::Result<()> {
        let mut buf = vec![0; self.random.usize(1..LARGEST)];
        match poll_once(poll_fn(|cx| self.writer.read(cx, &mut buf))).await {
            Some(answer) => {
                self.model.at = None;
                self.read_has_answered(answer).map(drop)
            }
            None => {
                self.model.counts.count(Event::ReadDropped);
                self.model.dropped(Call::Read, Vec::new(), self.writer.outstanding())
            }
        }
    }

    fn read_has_answered(&mut self, answer: std::io::Result<usize>) -> anyhow::Result<Option<usize>> {
        let answer = self.model.answered(Call::Read, &[], answer)?;
        if self.model.over.is_none() {
            self.model.dropped(Call::Read, Vec::new(), self.writer.outstanding())?;
        }
        Ok(answer)
    }

    /// Anywhere in what is known to be there, by one of the three ways to say so.
    fn place(&mut self) -> (SeekFrom, u64) {
        let len = self.model.complete.len();
        let place = self.random.usize(0..=len);
        let to = match (self.random.u8(0..3), self.model.at, &self.model.pending) {
            (0, Some(at), None) => SeekFrom::Current(place as i64 - at as i64),
            (1, _, None) => SeekFrom::End(place as i64 - len as i64),
            _ => SeekFrom::Start(place as u64),
        };
        (to, place as u64)
    }

    async fn seek(&mut self) -> anyhow::Result<()> {
        let (to, place) = self.place();
        let mut is_started = false;
        let answer = poll_fn(|cx| self.writer.seek(cx, to, &mut is_started)).await;
        if let Some(found) = self.model.answered(Call::Seek, &[], answer)? {
            ensure!(found == place, "{to:?} led to {found}, and not to {place}");
            self.model.at = usize::try_from(found).ok();
            self.model.is_seek_dropped = false;
            self.model.counts.count(Event::Sought);
        }
        Ok(())
    }

    async fn drop_seek(&mut self) -> anyhow::Result<()> {
        let to = SeekFrom::Start(self.place().1);
        let mut is_started = false;
        let answer = poll_once(poll_fn(|cx| self.writer.seek(cx, to, &mut is_started))).await;
        match answer {
            Some(answer) => drop(self.model.answered(Call::Seek, &[], answer)?),
            None => {
                self.model.counts.count(Event::SeekDropped);
                self.model.is_seek_dropped = true;
                self.model.dropped(Call::Seek, Vec::new(), self.writer.outstanding())?;
            }
        }
        self.model.at = None;
        Ok(())
    }

    async fn sync(&mut self) -> anyhow::Result<()> {
        let answer = if self.random.bool() {
            self.writer.sync_data_complete().await
        } else {
            self.writer.sync_all_complete().await
        };
        self.synced(answer)
    }

    fn synced(&mut self, answer: std::io::Result<()>) -> anyhow::Result<()> {
        if self.model.answered(Call::Sync, &[], answer)?.is_some() {
            ensure!(self.model.faults.made(Fault::Sync) == 0, "a sync was Ok after one that had failed");
            ensure!(self.model.pending.is_none(), "a sync went over an outstanding write");
            self.model.counts.count(Event::Synced);
        }
        Ok(())
    }

    async fn drop_sync(&mut self) -> anyhow::Result<()> {
        match poll_once(self.writer.sync_data_complete()).await {
            Some(answer) => self.synced(answer),
            None => {
                self.model.counts.count(Event::SyncDropped);
                self.model.dropped(Call::Sync, Vec::new(), self.writer.outstanding())
            }
        }
    }
}
