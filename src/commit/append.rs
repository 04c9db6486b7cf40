//! [`Append`]: one record on its way; and what its polls do with the writer.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Wake, Waker, ready},
};

use super::{
    GroupCommit, Position,
    machine::{Action, Decision, Deferred, Ended, Level, Machine, Waiter},
};
use crate::{
    error::RepeatableError,
    guard::{catch_panics, drop_catching_panics, ignore_panics},
    primitives::{Mutex, MutexGuard},
    write::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, poll_budget},
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

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut deferred = Deferred::default();
        self.lock().ready(&mut deferred);
        run_deferred(deferred);
    }
}

pub(super) type PollSync<W> = fn(Pin<&mut W>, &mut Context<'_>) -> Poll<io::Result<()>>;

/// What a leader has for the length of a poll.
#[derive(Debug)]
pub(super) struct BatchWriter<W> {
    writer: W,
    /// The batch under way, with its ticket.
    held: Option<HeldWrite<Vec<u8>>>,
}

impl<W> BatchWriter<W> {
    pub(super) const fn new(writer: W) -> Self {
        Self { writer, held: None }
    }

    pub(super) fn into_writer(self) -> W {
        self.writer
    }
}

impl<W: AsyncWriteComplete + Unpin> BatchWriter<W> {
    /// Carries the action out, as far as it goes. A writer that panics has failed.
    fn carry_out(&mut self, action: Action, sync: Option<PollSync<W>>, cx: &mut Context<'_>) -> Poll<Ended> {
        match action {
            Action::Begin(bytes) => {
                self.held = Some(HeldWrite::new(bytes));
                self.carry_out(Action::Write, sync, cx)
            }
            Action::Write => self.poll_write(cx),
            Action::Sync => {
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
fn run_deferred(deferred: Deferred<Waker>) {
    for waker in deferred.wake {
        ignore_panics(|| waker.wake());
    }
    for waker in deferred.drop {
        drop_catching_panics(waker);
    }
    // These catch the panics of their own drop.
    drop(deferred.errors);
}

/// The future of [`append`](GroupCommit::append) and [`append_durable`](GroupCommit::append_durable).
#[must_use = "futures do nothing unless polled"]
pub struct Append<'a, W> {
    log: &'a GroupCommit<W>,
    record: &'a [u8],
    /// What it waits for.
    level: Level,
    state: State,
}

/// Where the record is.
#[derive(Clone, Copy, Debug)]
enum State {
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
        match self.state {
            State::New => false,
            State::Waiting(waiter) => !waiter.is_for_room(),
            State::Done { was_accepted } => was_accepted,
        }
    }
}

impl<'a, W> Append<'a, W> {
    pub(super) fn new(log: &'a GroupCommit<W>, record: &'a [u8], level: Level) -> Self {
        Self { log, record, level, state: State::New }
    }

    /// Whether this poll, the first or the one after a turn, has its answer without the writer.
    fn is_ready_at_once(&self, machine: &Machine<Waker>) -> bool {
        matches!(self.state, State::New) && machine.answers_at_once(self.record, self.level)
    }

    /// Whether there is an answer, or something to do, or to wait for with `waker`.
    fn ask(
        &mut self,
        machine: &mut Machine<Waker>,
        waker: &mut Option<Waker>,
        deferred: &mut Deferred<Waker>,
    ) -> io::Result<Decision> {
        let before = match self.state {
            State::New => None,
            State::Waiting(waiter) => Some(waiter),
            State::Done { .. } => panic!("an append was polled after it was ready"),
        };
        let waiter = match before {
            Some(waiter) if !waiter.is_for_room() => waiter,
            _ => machine.accept(self.record, self.level, before, deferred)?,
        };
        self.state = State::Waiting(waiter);
        let decision = machine.ask(waiter, deferred);
        match &decision {
            // The leader takes the batch, and has its room before all others: a large record would be passed by small
            // ones for ever, and write them all.
            Decision::Lead(Action::Begin(_)) if waiter.is_for_room() => {
                let waiter = machine.accept(self.record, self.level, Some(waiter), deferred)?;
                self.state = State::Waiting(waiter);
            }
            Decision::Wait => machine.wait(waiter, waker.take(), deferred),
            Decision::Lead(_) | Decision::Answer(_) => {}
        }
        Ok(decision)
    }
}

impl<W: AsyncWriteComplete + Unpin> Append<'_, W> {
    /// Carries the action out with the writer, which gets the waker of the log. Nobody else leads meanwhile.
    fn lead(&self, action: Action) -> Poll<Ended> {
        let Some(mut batch_writer) = self.log.batch_writer().take() else { unreachable!("another one leads") };
        let mut cx = Context::from_waker(&self.log.waker);
        let polled = batch_writer.carry_out(action, self.log.sync.get().copied(), &mut cx);
        *self.log.batch_writer() = Some(batch_writer);
        polled
    }

    /// The writer is busy: this one waits like the others.
    fn wait(&self, waker: Option<Waker>) {
        let State::Waiting(waiter) = self.state else { unreachable!("a leader waits") };
        let mut deferred = Deferred::default();
        self.log.shared.lock().pending(waiter, waker, &mut deferred);
        run_deferred(deferred);
    }
}

impl<W: AsyncWriteComplete + Unpin> Future for Append<'_, W> {
    type Output = io::Result<Position>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Cloned before the lock is taken, and before the writer is, which a panic must not keep.
        let mut waker = Some(cx.waker().clone());
        let mut deferred = Deferred::default();
        let mut machine = this.log.shared.lock();
        if this.is_ready_at_once(&machine) {
            drop(machine);
            // This answer is the log's alone, so it counts here (rule P4). Others come after a `Pending`, or from the
            // writer, which counts them. Nothing is accepted before the turn.
            ready!(poll_budget(cx));
            machine = this.log.shared.lock();
        }
        loop {
            let decision = this.ask(&mut machine, &mut waker, &mut deferred);
            drop(machine);
            run_deferred(std::mem::take(&mut deferred));
            match decision.unwrap_or_else(|failed| Decision::Answer(Err(failed))) {
                Decision::Answer(answer) => {
                    this.state = State::Done { was_accepted: this.is_accepted() };
                    return Poll::Ready(answer);
                }
                Decision::Wait => return Poll::Pending,
                Decision::Lead(action) => match this.lead(action) {
                    Poll::Ready(ended) => {
                        machine = this.log.shared.lock();
                        machine.finish(ended, &mut deferred);
                    }
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
        let State::Waiting(waiter) = self.state else { return };
        let mut deferred = Deferred::default();
        self.log.shared.lock().leave(waiter, &mut deferred);
        run_deferred(deferred);
    }
}

/// Without the record.
impl<W> fmt::Debug for Append<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log: _, record, level, state } = self;
        f.debug_struct("Append")
            .field("len", &record.len())
            .field("level", level)
            .field("state", state)
            .finish_non_exhaustive()
    }
}
