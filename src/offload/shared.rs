//! The shell round the [machine](super::place): a lock, two wakers, a spare buffer, and the order in which things happen.
//!
//! No foreign code runs under the lock: no waker is cloned, woken or dropped there, no operation is run or dropped, no job
//! handed over. A result is published before its wake. While the worker spins a write takes the lock twice on either side: to
//! post and to ask, to take and to finish.

use std::{
    io,
    sync::{
        PoisonError,
        atomic::Ordering::{Acquire, Relaxed, Release as ReleaseOrdering},
    },
    task::{Context, Poll, Waker},
};

use super::{
    abandoned::UnderWay,
    buffer::Buffer,
    cursor::{Cursor, Stale},
    operation::Operation,
    place::{Begin, Close, Machine, Next, Release, Side},
    spin::{Look, Policy, Spinner, Stay},
};
use crate::{
    error::RepeatableError,
    guard::{catch_panics, drop_catching_panics, ignore_panics, with_final_kind},
    primitives::{AtomicBool, Mutex, MutexGuard},
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
/// On a cache line of its own, so that whoever spins does not slow down whoever holds the lock.
#[repr(align(128))]
struct Flag(AtomicBool);

pub(super) struct Inner<T> {
    pub(super) machine: Machine<T>,
    /// There is a worker, which a wake has look for what is posted.
    has_worker: bool,
    /// The worker is spinning for what is posted, and needs no wake.
    is_looking: bool,
    spinner: Spinner,
    /// The buffer of the last operation, for the next one, as long as the worker is looking.
    spare: Buffer,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Whose operation is under way, or was the last.
    last: Side,
    /// This side had the last operation while the other one waited: it lets the other one go first, once.
    yields: Option<Side>,
    /// To be dropped as soon as the lock is not held.
    pub(super) stale: (Stale, Buffer),
    /// The `Offload` was dropped with an operation under way.
    abandoned: Option<UnderWay>,
}

/// What a step of an operation comes to, under the lock.
pub(super) enum Step<R> {
    /// This is the answer.
    Answer(R),
    /// Ask again when an operation has ended.
    Wait,
    /// Let the other side go first.
    Yield,
    /// Something was posted first. See that it is taken, and ask again.
    Posted(Posted),
}

/// How a worker gets to what was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what was posted is taken by a worker only"]
pub(super) enum Posted {
    /// Once it was spawned.
    Spawn,
    /// Once it was woken.
    Wake,
    /// It is looking: it is worth waiting for the end.
    Seen,
}

/// [`WriteComplete::unread`](crate::WriteComplete::unread) of `T`.
pub(super) type Unread<T> = fn(&mut T, u64) -> io::Result<bool>;

/// What the worker does after an operation.
pub(super) enum After {
    /// Look for the next one.
    Look(Look),
    /// Wait for a wake.
    Rest,
    /// End.
    Over,
}

impl<T> Inner<T> {
    /// Whether an operation of `side` may begin: `None` for now.
    pub(super) fn begin<R>(&mut self, side: Side) -> Option<Step<io::Result<R>>> {
        self.answer_or_begin(side, |_| None)
    }

    /// The same, unless the operation has its `answer` already: that waits for no turn of the other side.
    pub(super) fn answer_or_begin<R>(
        &mut self,
        side: Side,
        answer: impl FnOnce(&mut Self) -> Option<io::Result<R>>,
    ) -> Option<Step<io::Result<R>>> {
        match self.machine.begin(side) {
            Begin::Now => match answer(self) {
                Some(answer) => Some(Step::Answer(answer)),
                None => self.yields.take_if(|yields| *yields == side).map(|_| Step::Yield),
            },
            Begin::Wait => Some(Step::Wait),
            Begin::Refused(error) => Some(Step::Answer(Err(error))),
        }
    }

    /// Forgets what the operation that begins makes void; `moves` the cursor, if it does.
    pub(super) fn forget(&mut self, moves: bool) {
        self.stale.0 = self.machine.cursor.forget(moves);
        self.machine.syncs.forget();
    }

    /// Answers a read from what was fetched, and lets go of the buffer when nothing is left in it.
    pub(super) fn answer_read(&mut self, buf: &mut [u8]) -> Option<io::Result<usize>> {
        let answer = self.machine.cursor.answer_read(buf)?;
        self.stale.0 = self.machine.cursor.forget_seek();
        let used = self.machine.cursor.take_buffer();
        self.stale.1 = self.keep(used);
        Some(answer)
    }

    /// A buffer to fill for the next operation.
    pub(super) fn spare_buffer(&mut self) -> Buffer {
        std::mem::take(&mut self.spare)
    }

    /// Keeps `buffer` for the next operation if the worker is looking for that; answers what is to be freed.
    fn keep(&mut self, buffer: Buffer) -> Buffer {
        if self.is_looking && buffer.is_allocated() { std::mem::replace(&mut self.spare, buffer) } else { buffer }
    }

    /// Both sides: whoever finds the destination idle may go on.
    fn take_wakers(&mut self) -> [Option<Waker>; 2] {
        let other = match self.last {
            Side::Read => &self.writer,
            Side::Write => &self.reader,
        };
        if other.is_some() {
            self.yields = Some(self.last);
        }
        [self.reader.take(), self.writer.take()]
    }
}

/// The side of the `Offload`.
impl<T> Shared<T> {
    pub(super) fn new(destination: T, policy: Policy) -> Self {
        Self {
            inner: Mutex::new(Inner {
                machine: Machine::new(destination),
                has_worker: false,
                is_looking: false,
                spinner: Spinner::new(policy),
                spare: Buffer::new(),
                reader: None,
                writer: None,
                last: Side::Write,
                yields: None,
                stale: Default::default(),
                abandoned: None,
            }),
            posted: Flag(AtomicBool::new(false)),
            ended: Flag(AtomicBool::new(true)),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // No foreign code runs under the lock, so nothing can have panicked half-way through a transition.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_policy(&self, policy: Policy) {
        self.lock().spinner = Spinner::new(policy);
    }

    /// Polls `step`. While it has to wait, the task is woken when an operation ends.
    pub(super) fn poll<R>(
        &self,
        side: Side,
        cx: &mut Context<'_>,
        mut step: impl FnMut(&mut Inner<T>) -> Step<R>,
    ) -> Poll<Result<R, Posted>> {
        // A waker is cloned before the lock is taken. Where an operation has ended there is most likely an answer.
        let mut waker = if self.has_ended() { None } else { Some(cx.waker().clone()) };
        loop {
            let mut inner = self.lock();
            let stepped = step(&mut inner);
            let stale = (std::mem::take(&mut inner.stale), inner.machine.unused.take());
            let unused = match (&stepped, waker.take()) {
                (Step::Wait, Some(waker)) => {
                    let place = if side == Side::Read { &mut inner.reader } else { &mut inner.writer };
                    let replaced = place.replace(waker);
                    drop(inner);
                    drop(stale);
                    drop_catching_panics(replaced);
                    return Poll::Pending;
                }
                (_, unused) => unused,
            };
            drop(inner);
            drop(stale);
            drop_catching_panics(unused);
            match stepped {
                Step::Answer(answer) => return Poll::Ready(Ok(answer)),
                Step::Posted(posted) => return Poll::Ready(Err(posted)),
                Step::Yield => {
                    // The other side was woken before, so it is mostly polled before. Only fairness rests on it.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Step::Wait => waker = Some(cx.waker().clone()),
            }
        }
    }

    /// Posts an operation of `side`; as the write of `ticket`, if there is one.
    pub(super) fn post(
        &self,
        inner: &mut Inner<T>,
        side: Side,
        operation: Operation<T>,
        ticket: Option<Ticket>,
    ) -> Posted {
        inner.machine.post(operation, ticket);
        self.announce(inner, side)
    }

    /// Something was posted.
    fn announce(&self, inner: &mut Inner<T>, side: Side) -> Posted {
        inner.last = side;
        inner.yields = None;
        self.ended.0.store(false, Relaxed);
        match (inner.has_worker, inner.is_looking) {
            (false, _) => {
                inner.has_worker = true;
                Posted::Spawn
            }
            (true, false) => Posted::Wake,
            (true, true) => {
                self.posted.0.store(true, ReleaseOrdering);
                Posted::Seen
            }
        }
    }

    /// Closes: posts the release, waits for it, or answers.
    pub(super) fn close(&self, inner: &mut Inner<T>, release: Release<T>) -> Step<io::Result<()>> {
        match inner.machine.close(release) {
            Close::Posted => Step::Posted(self.announce(inner, Side::Write)),
            Close::Wait => Step::Wait,
            Close::Answer(outcome) => Step::Answer(outcome),
        }
    }

    /// Posts that the cursor goes back over what no read was given, where it has to and can.
    pub(super) fn unread_first<R>(&self, inner: &mut Inner<T>, unread: Option<Unread<T>>) -> Option<Step<R>> {
        let n = inner.machine.cursor.to_unread();
        let unread = unread.filter(|_| n > 0)?;
        Some(Step::Posted(self.post(inner, Side::Write, Operation::Unread(unread, n), None)))
    }

    /// Whether the last operation has ended, as far as can be told without the lock.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.0.load(Acquire)
    }

    /// The `Offload` goes. What is idle is in the answer; an operation under way goes on.
    pub(super) fn abandon(&self, release: Release<T>) -> Option<T> {
        let mut inner = self.lock();
        let destination = inner.machine.abandon(release);
        let is_over = inner.machine.is_over();
        if !is_over {
            inner.abandoned = Some(UnderWay::new());
        }
        let failed = if is_over { inner.machine.tell_nobody() } else { None };
        // A worker that is looking has nothing to look for any more.
        self.posted.0.store(true, ReleaseOrdering);
        let wakers = [inner.reader.take(), inner.writer.take()];
        drop(inner);
        wakers.into_iter().for_each(drop_catching_panics);
        if failed.is_some() {
            UnderWay::new().end(true);
        }
        destination
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().machine.is_over()
    }
}
