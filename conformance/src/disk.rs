//! [`Disk`]: a destination in memory with two images, and [`check_syncs`], which judges D1 of a writer over it.

use std::{
    future::Future,
    io::{self, Write},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use async_write_complete::{
    AsyncSyncComplete, AsyncSyncCompleteExt, AsyncWriteCompleteExt, SyncComplete, WriteComplete, WriteOutstanding,
};

use crate::task::{MAX_TURNS, Task};

/// A destination in memory that has a *live* image, which every observer sees, and a *durable* one, which a crash
/// leaves.
///
/// A sync copies the one to the other, or fails if it is the one that was chosen. A sync after that succeeds and copies
/// nothing of what the failed one should have, as a kernel does that has dropped the pages.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Images>>);

#[derive(Debug, Default)]
struct Images {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Lost for good, although they are live: these first bytes of the live image.
    lost: usize,
    syncs: usize,
    fails: Option<usize>,
}

impl Disk {
    /// An empty one whose syncs succeed.
    pub fn new() -> Self {
        Self::default()
    }

    /// The sync of that number fails, counted from 0, with EIO.
    pub fn failing(sync: usize) -> Self {
        let disk = Self::new();
        disk.images().fails = Some(sync);
        disk
    }

    /// What an observer sees.
    pub fn live(&self) -> Vec<u8> {
        self.images().live.clone()
    }

    /// What is left when the power goes.
    pub fn durable(&self) -> Vec<u8> {
        self.images().durable.clone()
    }

    /// How many syncs were made, failed ones included.
    pub fn syncs(&self) -> usize {
        self.images().syncs
    }

    /// The power goes: what was not synced is dropped.
    pub fn crash(&self) {
        let mut images = self.images();
        images.live = images.durable.clone();
    }

    fn images(&self) -> MutexGuard<'_, Images> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Disk {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.images().live.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Disk {}

impl SyncComplete for Disk {
    fn sync_data(&self) -> io::Result<()> {
        let mut images = self.images();
        let number = images.syncs;
        images.syncs += 1;
        if images.fails == Some(number) {
            images.lost = images.live.len();
            return Err(io::Error::from_raw_os_error(5));
        }
        // Zeros where pages were dropped.
        let (lost, kept) = (images.lost, images.durable.len());
        let mut durable = images.live.clone();
        durable[kept..lost.max(kept)].fill(0);
        images.durable = durable;
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// How many writes a run makes, each with a sync.
const ROUNDS: usize = 6;

/// Judges rule D1 of a writer over a [`Disk`], whose syncs are polls: for every sync that may fail, waited for or not,
/// and over a write that is outstanding.
///
/// `step` carries on what is behind the writer, if polls do not: it runs the jobs of a pool, for instance.
///
/// # Errors
///
/// What was expected, and what was seen, of the first case in which the rule is broken.
pub fn check_syncs<W: AsyncSyncComplete + Unpin>(
    build: impl Fn(Disk) -> W,
    mut step: impl FnMut(),
) -> Result<(), String> {
    for fails in (0..ROUNDS).map(Some).chain([None]) {
        for waits in [true, false] {
            let disk = fails.map_or_else(Disk::new, Disk::failing);
            let mut run = Run::new(build(disk.clone()), disk, &mut step);
            for round in 0..ROUNDS {
                run.write(round)?;
                run.sync(waits || Some(round) != fails, round % 2 == 0)?;
            }
            // Nor does one more succeed, whether or not the one that failed was waited for.
            run.sync(true, true)?;
        }
    }
    let disk = Disk::new();
    let run = Run::new(build(disk.clone()), disk, &mut step);
    run.over_an_outstanding_write()
}

struct Run<'a, W> {
    writer: W,
    disk: Disk,
    step: &'a mut dyn FnMut(),
    has_failed: bool,
}

impl<'a, W: AsyncSyncComplete + Unpin> Run<'a, W> {
    fn new(writer: W, disk: Disk, step: &'a mut dyn FnMut()) -> Self {
        Self { writer, disk, step, has_failed: false }
    }

    fn write(&mut self, round: usize) -> Result<(), String> {
        let bytes = vec![b'a' + round as u8; 1 + round];
        let written = drive(self.step, self.writer.write_all_complete(&bytes));
        written.map_err(|error| format!("a write after {} syncs: {error}", self.disk.syncs()))
    }

    /// One sync, to its end or dropped once it was begun; what it answers is judged.
    fn sync(&mut self, waits: bool, data: bool) -> Result<(), String> {
        let before = self.disk.live();
        let answer = if waits {
            let writer = &mut self.writer;
            let step = &mut *self.step;
            Some(if data { drive(step, writer.sync_data_complete()) } else { drive(step, writer.sync_all_complete()) })
        } else {
            let polled = self.begin_sync();
            (self.step)();
            match polled {
                Poll::Ready(answer) => Some(answer),
                Poll::Pending => None,
            }
        };
        let syncs = self.disk.syncs();
        let failed_before = std::mem::replace(&mut self.has_failed, self.disk.images().lost > 0);
        match answer {
            Some(Ok(())) if failed_before || self.has_failed => {
                Err(format!("a failed sync is never followed by a successful one; sync {syncs} answered Ok"))
            }
            Some(Ok(())) if !self.disk.durable().starts_with(&before) => {
                let (durable, before) = (self.disk.durable().len(), before.len());
                Err(format!("a success makes durable what was complete; {durable} of {before} bytes are"))
            }
            Some(Err(error)) if !self.has_failed => Err(format!("no sync has failed; sync {syncs} answered {error}")),
            _ => Ok(()),
        }
    }

    /// Polls a sync until it is begun, as [`Task::poll_past_turns`] does. A poll in which the disk has synced is no
    /// turn (rule P4), even if it wakes its own task.
    fn begin_sync(&mut self) -> Poll<io::Result<()>> {
        let (task, syncs) = (Task::new(), self.disk.syncs());
        for _ in 0..MAX_TURNS {
            let wakes = task.own_wakes();
            let polled = task.poll(|cx| Pin::new(&mut self.writer).poll_sync_data(cx));
            let is_turn = task.own_wakes() > wakes && self.disk.syncs() == syncs;
            if polled.is_ready() || !is_turn {
                return polled;
            }
        }
        Poll::Pending
    }

    fn over_an_outstanding_write(mut self) -> Result<(), String> {
        let submitted = drive(self.step, self.writer.submit(b"outstanding")).map_err(|error| error.to_string())?;
        let Some(ticket) = submitted.ticket() else { return Ok(()) };
        for _ in 0..2 {
            let answer = drive(self.step, self.writer.sync_data_complete());
            let refusal = answer.as_ref().err().and_then(WriteOutstanding::find);
            if refusal.map(WriteOutstanding::ticket) != Some(ticket) || self.disk.syncs() > 0 {
                return Err(format!(
                    "a sync over an outstanding write is refused, and not made; it answered {answer:?}"
                ));
            }
        }
        drive(self.step, self.writer.settle()).map_err(|error| error.to_string())?;
        drive(self.step, self.writer.sync_data_complete()).map_err(|error| error.to_string())
    }
}

/// Polls to the end, with a step whenever it waits.
fn drive<F: Future>(step: &mut dyn FnMut(), future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        step();
    }
}
