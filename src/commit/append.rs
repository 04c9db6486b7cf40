//! [`Append`]: one record on its way; and what its polls do with the writer.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Wake, Waker},
};

use super::{
    GroupCommit, Position,
    machine::{Ask, Ended, Level, Machine, Order, Waiter, Wakers},
};
use crate::{
    error::RepeatableError,
    guard::{catch_panics, drop_catching_panics, ignore_panics},
    primitives::{Mutex, MutexGuard},
    write::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite},
};

/// The machine behind its lock. It is apart from the writer, so that the writer can have a waker of it.
pub(super) struct Shared(Mutex<Machine<Waker>>);

impl Shared {
    pub(super) fn new(max_batch: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Machine::new(max_batch))))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Machine<Waker>> {
        // No foreign code runs under the lock, so nothing can have panicked half-way through a transition.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer has woken the log.
impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut wakers = Wakers::default();
        self.lock().ready(&mut wakers);
        settle_wakers(wakers);
    }
}

pub(super) type PollSync<W> = fn(Pin<&mut W>, &mut Context<'_>) -> Poll<io::Result<()>>;

/// What a leader has for the length of a poll.
#[derive(Debug)]
pub(super) struct Tools<W> {
    writer: W,
    /// The batch under way, with its ticket.
    held: Option<HeldWrite<Vec<u8>>>,
}

impl<W> Tools<W> {
    pub(super) const fn new(writer: W) -> Self {
        Self { writer, held: None }
    }

    pub(super) fn into_writer(self) -> W {
        self.writer
    }
}

impl<W: AsyncWriteComplete + Unpin> Tools<W> {
    /// Carries the order out, as far as it goes. A writer that panics has failed.
    fn carry_out(&mut self, order: Order, sync: Option<PollSync<W>>, cx: &mut Context<'_>) -> Poll<Ended> {
        match order {
            Order::Begin(bytes) => {
                self.held = Some(HeldWrite::new(bytes));
                self.carry_out(Order::Write, sync, cx)
            }
            Order::Write => self.poll_write(cx),
            Order::Sync => {
                let Some(sync) = sync else { unreachable!("nobody waits for a sync") };
                let synced = catch_panics(|| sync(Pin::new(&mut self.writer), cx));
                let synced = synced.unwrap_or_else(|panicked| Poll::Ready(Err(panicked)));
                synced.map(|synced| match synced {
                    Ok(()) => Ended::Sync,
                    Err(error) => Ended::SyncFailed(RepeatableError::new(error)),
                })
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        let Self { writer, held } = self;
        let Some(write) = held else { unreachable!("no batch is under way") };
        let written = catch_panics(|| Pin::new(&mut writer.resume_write_all(write)).poll(cx));
        let written = written.unwrap_or_else(|panicked| Poll::Ready(Err(panicked)));
        written.map(|written| match (written, held.take()) {
            (Err(error), batch) => {
                let completed = batch.map_or(0, |batch| batch.completed());
                Ended::WriteFailed(completed, RepeatableError::new(error))
            }
            (Ok(()), batch) => Ended::Write(batch.map_or_else(Vec::new, HeldWrite::into_inner)),
        })
    }
}

/// Wakes and drops what the machine has left, without the lock. A waker that panics harms nobody else.
fn settle_wakers(wakers: Wakers<Waker>) {
    for waker in wakers.wake {
        ignore_panics(|| waker.wake());
    }
    for waker in wakers.drop {
        drop_catching_panics(waker);
    }
    for error in wakers.errors {
        drop_catching_panics(error);
    }
}

/// The future of [`append`](GroupCommit::append) and [`append_durable`](GroupCommit::append_durable).
#[must_use = "futures do nothing unless polled"]
pub struct Append<'a, W> {
    log: &'a GroupCommit<W>,
    record: &'a [u8],
    /// What it waits for.
    level: Level,
    stage: Stage,
}

/// Where the record is.
#[derive(Clone, Copy, Debug)]
enum Stage {
    New,
    /// In the log's hands, or on its way there.
    Waiting(Waiter),
    Done {
        was_accepted: bool,
    },
}

impl<W> Append<'_, W> {
    /// Whether the log has accepted the record, so that it goes on without this future. It changes in a poll alone.
    ///
    /// If it is `false` when the future is dropped, the record is not in the log and never will be. If it is `true`,
    /// the record is not to be appended again, whatever becomes of the future: see
    /// [the table](GroupCommit#cancel-safety).
    ///
    /// ```
    /// use async_write_complete::commit::GroupCommit;
    /// use futures_lite::future::{block_on, poll_once};
    ///
    /// # block_on(async {
    /// let log = GroupCommit::new(Vec::new());
    /// let mut append = log.append(b"record");
    /// assert!(!append.is_accepted());
    /// poll_once(&mut append).await;
    /// assert!(append.is_accepted());
    /// # });
    /// ```
    pub const fn is_accepted(&self) -> bool {
        match self.stage {
            Stage::New => false,
            Stage::Waiting(waiter) => !waiter.is_for_room(),
            Stage::Done { was_accepted } => was_accepted,
        }
    }
}

impl<'a, W> Append<'a, W> {
    pub(super) fn new(log: &'a GroupCommit<W>, record: &'a [u8], level: Level) -> Self {
        Self { log, record, level, stage: Stage::New }
    }

    /// Whether there is an answer, or something to do, or to wait for with `waker`.
    fn ask(
        &mut self,
        machine: &mut Machine<Waker>,
        waker: &mut Option<Waker>,
        wakers: &mut Wakers<Waker>,
    ) -> io::Result<Ask> {
        let before = match self.stage {
            Stage::New => None,
            Stage::Waiting(waiter) => Some(waiter),
            Stage::Done { .. } => panic!("an append was polled after it was ready"),
        };
        let waiter = match before {
            Some(waiter) if !waiter.is_for_room() => waiter,
            _ => machine.accept(self.record, self.level, before, wakers)?,
        };
        self.stage = Stage::Waiting(waiter);
        let asked = machine.ask(waiter, wakers);
        match &asked {
            // Whoever takes the batch away has the room before anybody else: a large record would be passed by small
            // ones for ever, and write them all.
            Ask::Lead(Order::Begin(_)) if waiter.is_for_room() => {
                let waiter = machine.accept(self.record, self.level, Some(waiter), wakers)?;
                self.stage = Stage::Waiting(waiter);
            }
            Ask::Wait => machine.wait(waiter, waker.take(), wakers),
            Ask::Lead(_) | Ask::Answer(_) => {}
        }
        Ok(asked)
    }
}

impl<W: AsyncWriteComplete + Unpin> Append<'_, W> {
    /// Carries the order out with the writer, which gets the waker of the log. Nobody else leads meanwhile.
    fn lead(&self, order: Order) -> Poll<Ended> {
        let Some(mut tools) = self.log.tools().take() else { unreachable!("another one leads") };
        let polled = tools.carry_out(order, self.log.sync.get().copied(), &mut Context::from_waker(&self.log.waker));
        *self.log.tools() = Some(tools);
        polled
    }

    /// The writer is busy: this one waits like the others.
    fn wait(&self, waker: Option<Waker>) {
        let Stage::Waiting(waiter) = self.stage else { unreachable!("whoever leads waits") };
        let mut wakers = Wakers::default();
        self.log.shared.lock().pending(waiter, waker, &mut wakers);
        settle_wakers(wakers);
    }
}

impl<W: AsyncWriteComplete + Unpin> Future for Append<'_, W> {
    type Output = io::Result<Position>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Cloned before the lock is taken, and before the writer is, which a panic must not keep.
        let mut waker = Some(cx.waker().clone());
        let mut ended = None;
        loop {
            let mut wakers = Wakers::default();
            let mut machine = this.log.shared.lock();
            if let Some(ended) = ended.take() {
                machine.finish(ended, &mut wakers);
            }
            let asked = this.ask(&mut machine, &mut waker, &mut wakers);
            drop(machine);
            settle_wakers(wakers);
            match asked.unwrap_or_else(|failed| Ask::Answer(Err(failed))) {
                Ask::Answer(answer) => {
                    this.stage = Stage::Done { was_accepted: this.is_accepted() };
                    return Poll::Ready(answer);
                }
                Ask::Wait => return Poll::Pending,
                Ask::Lead(order) => match this.lead(order) {
                    Poll::Ready(done) => ended = Some(done),
                    Poll::Pending => {
                        this.wait(waker);
                        return Poll::Pending;
                    }
                },
            }
        }
    }
}

/// The record goes on, if it was accepted.
impl<W> Drop for Append<'_, W> {
    fn drop(&mut self) {
        let Stage::Waiting(waiter) = self.stage else { return };
        let mut wakers = Wakers::default();
        self.log.shared.lock().leave(waiter, &mut wakers);
        settle_wakers(wakers);
    }
}

/// Without the record.
impl<W> fmt::Debug for Append<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log: _, record, level, stage } = self;
        f.debug_struct("Append")
            .field("len", &record.len())
            .field("level", level)
            .field("stage", stage)
            .finish_non_exhaustive()
    }
}
