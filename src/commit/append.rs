//! [`Append`]: one record on its way; and what its polls do with the writer.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{
    GroupCommit, Position,
    machine::{Ask, Ended, Level, Machine, Order, Waiter, Wakers},
};
use crate::{
    error::RepeatableError,
    guard::{catch_panics, drop_catching_panics, ignore_panics},
    write::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite},
};

/// What is behind the lock.
pub(super) struct Inner<W> {
    pub(super) machine: Machine<Tools<W>, Waker>,
    /// How `W` syncs, once somebody has waited for that.
    pub(super) sync: Option<Sync<W>>,
}

type Sync<W> = fn(Pin<&mut W>, &mut Context<'_>) -> Poll<io::Result<()>>;

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
    fn carry_out(&mut self, order: Order, sync: Option<Sync<W>>, cx: &mut Context<'_>) -> Poll<Ended> {
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
}

/// The future of [`append`](GroupCommit::append) and [`append_durable`](GroupCommit::append_durable).
#[must_use = "futures do nothing unless polled"]
pub struct Append<'a, W> {
    log: &'a GroupCommit<W>,
    record: &'a [u8],
    /// If it waits until the record is durable.
    sync: Option<Sync<W>>,
    stage: Stage,
}

/// Where the record is.
#[derive(Clone, Copy, Debug)]
enum Stage {
    New,
    /// In the log's hands, or on its way there.
    Waiting(Waiter),
    Done,
}

impl<'a, W> Append<'a, W> {
    pub(super) fn new(log: &'a GroupCommit<W>, record: &'a [u8], sync: Option<Sync<W>>) -> Self {
        Self { log, record, sync, stage: Stage::New }
    }

    /// Whether there is an answer, or something to do, or to wait for with `waker`.
    fn ask(
        &mut self,
        inner: &mut Inner<W>,
        waker: &mut Option<Waker>,
        wakers: &mut Wakers<Waker>,
    ) -> io::Result<Ask<Tools<W>>> {
        let before = match self.stage {
            Stage::New => None,
            Stage::Waiting(waiter) => Some(waiter),
            Stage::Done => panic!("an append was polled after it was ready"),
        };
        let waiter = match before {
            Some(waiter) if !waiter.is_for_room() => waiter,
            _ => {
                let level = if self.sync.is_some() { Level::Durable } else { Level::Complete };
                inner.machine.accept(self.record, level, before, wakers)?
            }
        };
        self.stage = Stage::Waiting(waiter);
        inner.sync = inner.sync.or(self.sync);
        let asked = inner.machine.ask(waiter, waker.as_ref(), wakers);
        if matches!(asked, Ask::Wait) {
            inner.machine.wait(waiter, waker.take(), wakers);
        }
        Ok(asked)
    }
}

impl<W: AsyncWriteComplete + Unpin> Append<'_, W> {
    /// Puts the writer back, which has this task's waker.
    fn put_back(&self, tools: Tools<W>, waker: Option<Waker>) {
        let Stage::Waiting(waiter) = self.stage else { unreachable!("whoever leads waits") };
        let mut wakers = Wakers::default();
        self.log.lock().machine.pending(tools, waiter, waker, &mut wakers);
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
            let mut inner = this.log.lock();
            if let Some((tools, ended)) = ended.take() {
                inner.machine.finish(tools, ended, &mut wakers);
            }
            let asked = this.ask(&mut inner, &mut waker, &mut wakers).unwrap_or_else(|failed| Ask::Answer(Err(failed)));
            let sync = inner.sync;
            drop(inner);
            settle_wakers(wakers);
            match asked {
                Ask::Answer(answer) => {
                    this.stage = Stage::Done;
                    return Poll::Ready(answer);
                }
                Ask::Wait => return Poll::Pending,
                Ask::Lead(mut tools, order) => match tools.carry_out(order, sync, cx) {
                    Poll::Ready(done) => ended = Some((tools, done)),
                    Poll::Pending => {
                        this.put_back(tools, waker);
                        return Poll::Pending;
                    }
                },
            }
        }
    }
}

/// The record goes on, if it was accepted; somebody else is woken if this was the leader.
impl<W> Drop for Append<'_, W> {
    fn drop(&mut self) {
        let Stage::Waiting(waiter) = self.stage else { return };
        let mut wakers = Wakers::default();
        let mut inner = self.log.lock();
        inner.machine.leave(waiter, &mut wakers);
        drop(inner);
        settle_wakers(wakers);
    }
}

/// Without the record.
impl<W> fmt::Debug for Append<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log: _, record, sync, stage } = self;
        f.debug_struct("Append")
            .field("len", &record.len())
            .field("durable", &sync.is_some())
            .field("stage", stage)
            .finish_non_exhaustive()
    }
}
