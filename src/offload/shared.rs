//! The lock round the [machine](super::place): two wakers, a spare buffer, and the order in which things happen.
//!
//! No foreign code runs under the lock: no waker is cloned, woken or dropped there, no operation is run or dropped, no
//! job submitted. What is discarded there is dropped by its guard, [`Locked`], after the unlocking. A result is
//! published before its wake. While the worker spins a write takes the lock twice on either side: to post and to take
//! the answer, to take and to finish.

use std::{
    io,
    ops::{Deref, DerefMut},
    sync::atomic::Ordering::{Acquire, Relaxed, Release},
    task::{Poll, Waker},
};

use super::{
    abandoned::{UnderWay, count_failures},
    buffer::Buffer,
    cursor::Cursor,
    discarded::Discarded,
    operation::Operation,
    place::{Close, Machine, Next, ReleaseFn, Side},
    spin::{Policy, PolledSince, WorkerSpins},
};
use crate::{
    error::RepeatableError,
    guard::{catch_panics, drop_catching_panics, ignore_panics, with_final_kind},
    primitives::{AtomicBool, Mutex, MutexGuard, lock},
    ticket::Ticket,
};

mod work;

/// What an [`Offload`](super::Offload) and its worker share.
pub(super) struct Shared<T> {
    inner: Mutex<Inner<T>>,
    posted: Flag,
    ended: Flag,
}

/// What the other side spins on without the lock. It is a hint: the state is read under the lock.
///
/// Each on a cache line of its own: both on one cost a tenth of a small write.
#[repr(align(64))]
struct Flag(AtomicBool);

pub(super) struct Inner<T> {
    pub(super) machine: Machine<T>,
    /// There is a worker: a wake has it look for what is posted.
    has_worker: bool,
    /// The worker spins for what is posted, and needs no wake.
    is_spinning: bool,
    spins: WorkerSpins,
    /// The buffer of the last operation, for the next one, as long as the worker spins.
    spare: Buffer,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// The side whose operation is under way, or was the last. A seek back counts as one of the reading side.
    last_side: Side,
    /// This side had the last operation while the other one waited, or the other one has just yielded to it: it lets
    /// the other one go first, once.
    yields: Option<Side>,
    /// An operation of the reading side has ended, and the reader that it woke has not been answered. The next write
    /// that would seek back yields once before that, so that the reader can take what was fetched.
    read_is_due: bool,
    /// The `Offload` was dropped with an operation under way.
    abandoned: Option<UnderWay>,
}

/// The lock, held. What is discarded under it is dropped when it is not held any more.
pub(super) struct Locked<'a, T> {
    inner: MutexGuard<'a, Inner<T>>,
    /// Fields are dropped in their order, so this comes after the unlocking.
    _discarded: Discarded,
}

impl<T> Locked<'_, T> {
    /// Unlocks, and returns what is to be dropped.
    fn unlock(mut self) -> Discarded {
        std::mem::take(&mut self.inner.machine.discarded)
    }
}

impl<T> Drop for Locked<'_, T> {
    fn drop(&mut self) {
        self._discarded = std::mem::take(&mut self.inner.machine.discarded);
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = Inner<T>;

    fn deref(&self) -> &Inner<T> {
        &self.inner
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut Inner<T> {
        &mut self.inner
    }
}

/// What a step of an operation comes to, under the lock.
pub(super) enum Step<R> {
    /// This is the answer.
    Answer(R),
    /// Take the step again when an operation has ended.
    Wait,
    /// Let the other side go first.
    Yield,
    /// Something was posted first: notify the worker, and take the step again.
    Posted(Notify),
}

/// How the worker learns of what was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what was posted is taken by a worker only"]
pub(super) enum Notify {
    /// It has to be spawned.
    Spawn,
    /// It has to be woken.
    Wake,
    /// It spins and sees it: spinning for the end is worth while.
    Spinning,
}

/// [`WriteComplete::seek_back`](crate::WriteComplete::seek_back) of `T`.
pub(super) type SeekBackFn<T> = fn(&mut T, u64) -> io::Result<bool>;

impl<T> Inner<T> {
    /// Whether an operation of `side` has its `answer`, which does not wait for the other side, or may begin: `None`
    /// for now.
    pub(super) fn answer_or_begin<R>(
        &mut self,
        side: Side,
        answer: impl FnOnce(&mut Self) -> Option<io::Result<R>>,
    ) -> Option<Step<io::Result<R>>> {
        match self.machine.poll_begin(side) {
            Poll::Ready(Ok(())) => match answer(self) {
                Some(answer) => Some(Step::Answer(answer)),
                None => self.yields.take_if(|yields| *yields == side).map(|_| Step::Yield),
            },
            Poll::Pending => Some(Step::Wait),
            Poll::Ready(Err(refused)) => Some(Step::Answer(Err(refused))),
        }
    }

    /// Forgets what the operation that begins makes void; `moves` the cursor, if it does.
    pub(super) fn forget(&mut self, moves: bool) {
        self.machine.cursor.forget(moves, &mut self.machine.discarded);
        self.machine.syncs.forget();
    }

    /// Answers a read from what was fetched, and lets go of the buffer when nothing is left in it.
    pub(super) fn answer_read(&mut self, buf: &mut [u8]) -> Option<io::Result<usize>> {
        let answer = self.machine.cursor.answer_read(buf)?;
        self.read_is_due = false;
        self.machine.cursor.forget_seek(&mut self.machine.discarded);
        let used = self.machine.cursor.take_buffer();
        self.keep(used);
        Some(answer)
    }

    /// A buffer to fill for the next operation.
    pub(super) fn spare_buffer(&mut self) -> Buffer {
        std::mem::take(&mut self.spare)
    }

    /// Keeps `buffer` for the next operation if the worker spins for that.
    fn keep(&mut self, mut buffer: Buffer) {
        if self.is_spinning && buffer.is_allocated() {
            std::mem::swap(&mut self.spare, &mut buffer);
        }
        self.free(buffer);
    }

    /// Keeps no more memory than there are bytes, since the handle is idle.
    fn shrink(&mut self) {
        let (spare, used) = (self.spare_buffer(), self.machine.cursor.shrink());
        self.free(spare);
        self.free(used);
    }

    fn free(&mut self, buffer: Buffer) {
        self.machine.discarded.add(buffer.is_allocated().then_some(buffer));
    }

    fn waker(&mut self, side: Side) -> &mut Option<Waker> {
        match side {
            Side::Read => &mut self.reader,
            Side::Write => &mut self.writer,
        }
    }

    /// Both sides: the one that finds the destination idle first may go on, unless it has to yield to the other.
    fn take_wakers(&mut self) -> [Option<Waker>; 2] {
        let last = self.last_side;
        self.read_is_due = last == Side::Read && self.reader.is_some();
        if self.waker(last.other()).is_some() {
            self.yields = Some(last);
        }
        [self.reader.take(), self.writer.take()]
    }
}

/// Called by the `Offload`.
impl<T> Shared<T> {
    pub(super) fn new(destination: T, policy: Policy) -> Self {
        Self {
            inner: Mutex::new(Inner {
                machine: Machine::new(destination),
                has_worker: false,
                is_spinning: false,
                spins: WorkerSpins::new(policy),
                spare: Buffer::new(),
                reader: None,
                writer: None,
                last_side: Side::Write,
                yields: None,
                read_is_due: false,
                abandoned: None,
            }),
            posted: Flag(AtomicBool::new(false)),
            ended: Flag(AtomicBool::new(true)),
        }
    }

    pub(super) fn lock(&self) -> Locked<'_, T> {
        Locked { inner: lock(&self.inner), _discarded: Discarded::default() }
    }

    pub(super) fn set_policy(&self, policy: Policy) {
        self.lock().spins = WorkerSpins::new(policy);
    }

    /// Takes `step` under the lock. If it has to wait, `waker`, if there is one, will be woken when an operation ends;
    /// it is exchanged for the one that was here.
    pub(super) fn step<R>(
        &self,
        side: Side,
        waker: &mut Option<Waker>,
        step: &mut impl FnMut(&Self, &mut Inner<T>) -> Step<R>,
    ) -> Step<R> {
        let mut inner = self.lock();
        let stepped = step(self, &mut inner);
        if matches!(stepped, Step::Wait) && waker.is_some() {
            std::mem::swap(waker, inner.waker(side));
        }
        stepped
    }

    /// Posts an operation of `side`; as the write of `ticket`, if there is one.
    pub(super) fn post(
        &self,
        inner: &mut Inner<T>,
        side: Side,
        operation: Operation<T>,
        ticket: Option<Ticket>,
    ) -> Notify {
        inner.machine.post(operation, ticket);
        self.mark_posted(inner, side)
    }

    fn mark_posted(&self, inner: &mut Inner<T>, side: Side) -> Notify {
        inner.last_side = side;
        inner.yields = None;
        inner.read_is_due = false;
        self.ended.0.store(false, Relaxed);
        if !inner.is_spinning {
            inner.spins.posted();
        }
        if !std::mem::replace(&mut inner.has_worker, true) {
            Notify::Spawn
        } else if inner.is_spinning {
            self.posted.0.store(true, Release);
            Notify::Spinning
        } else {
            Notify::Wake
        }
    }

    /// Closes: posts the release, waits for it, or answers.
    pub(super) fn close(&self, inner: &mut Inner<T>, release: ReleaseFn<T>) -> Step<io::Result<()>> {
        match inner.machine.close(release) {
            Close::Posted => Step::Posted(self.mark_posted(inner, Side::Write)),
            Close::Wait => Step::Wait,
            Close::Answer(outcome) => Step::Answer(outcome),
        }
    }

    /// Whether an operation of the writing side has its `answer` or may begin: `None` for now. First a
    /// reader that was woken may take its bytes; then the cursor goes back over those that no read returned, where
    /// possible; then what the operation invalidates is forgotten.
    pub(super) fn begin_write<R>(
        &self,
        inner: &mut Inner<T>,
        seek_back: Option<SeekBackFn<T>>,
        answer: impl FnOnce(&mut Inner<T>) -> Option<io::Result<R>>,
    ) -> Option<Step<io::Result<R>>> {
        if let Some(step) = inner.answer_or_begin(Side::Write, answer) {
            return Some(step);
        }
        let n = inner.machine.cursor.back_by();
        if let Some(seek_back) = seek_back.filter(|_| n > 0) {
            if std::mem::take(&mut inner.read_is_due) {
                inner.yields = Some(Side::Read);
                return Some(Step::Yield);
            }
            // It counts as one of the reading side, so that a read yields next, and not the write that asks for it.
            return Some(Step::Posted(self.post(inner, Side::Read, Operation::SeekBack(seek_back, n), None)));
        }
        inner.forget(false);
        None
    }

    /// Whether the last operation has ended, as far as can be seen without the lock.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.0.load(Acquire)
    }

    /// The `Offload` goes. Returns what is idle; an operation under way goes on.
    pub(super) fn abandon(&self, release: ReleaseFn<T>) -> Option<T> {
        let mut inner = self.lock();
        let destination = inner.machine.abandon(release);
        let failures = if inner.machine.is_closed() {
            inner.machine.take_unreported_failures()
        } else {
            inner.abandoned = Some(UnderWay::begin());
            0
        };
        // A worker that spins has nothing to spin for any more.
        self.posted.0.store(true, Release);
        let wakers = inner.take_wakers();
        drop(inner);
        wakers.into_iter().for_each(drop_catching_panics);
        count_failures(failures);
        destination
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().machine.is_closed()
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests;
