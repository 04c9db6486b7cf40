//! The shell around the [state machine](super::state): a mutex, two wakers, and the order in which things happen.
//!
//! One lock guards the state. It is never held while foreign code runs: no waker is cloned, woken or dropped under it,
//! no destination is dropped, no job handed over. A result is published before its wake.

use std::{
    io,
    sync::PoisonError,
    task::{Context, Poll, Waker},
};

use super::state::{Check, Close, Report, Return, Side, State};
use crate::{
    guard::{catch, quietly},
    primitives::{Mutex, MutexGuard},
    write::{Ticket, end_run, kept::Kept, slot::Asked},
};

/// What an [`Offload`](super::Offload) and its jobs share.
pub(super) struct Shared<T>(Mutex<Inner<T>>);

struct Inner<T> {
    state: State<T>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Whose operation is under way, or was the last.
    last: Side,
    /// This side had the last operation while the other one waited: it lets the other one go first, once.
    yields: Option<Side>,
}

/// Wakers taken out of the lock, to be woken.
type Wakers = [Option<Waker>; 2];

impl<T> Inner<T> {
    fn waker(&mut self, side: Side) -> &mut Option<Waker> {
        match side {
            Side::Read => &mut self.reader,
            Side::Write => &mut self.writer,
        }
    }

    /// Whether an operation of `side` that could begin now is put off, once.
    fn lets_the_other_go_first(&mut self, side: Side) -> bool {
        self.yields.take_if(|yields| *yields == side).is_some() && self.state.is_home()
    }

    /// Both sides: whoever finds the destination at home may go on.
    fn take_wakers(&mut self) -> Wakers {
        if self.waker(self.last.other()).is_some() {
            self.yields = Some(self.last);
        }
        [self.reader.take(), self.writer.take()]
    }
}

impl<T> Shared<T> {
    pub(super) fn new(destination: T) -> Self {
        Self(Mutex::new(Inner {
            state: State::new(destination),
            reader: None,
            writer: None,
            last: Side::Write,
            yields: None,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // No foreign code runs under the lock, so nothing can have panicked half-way through a transition.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls `step`; while it is `Pending` the task is woken when an operation ends.
    fn poll<R>(&self, side: Side, cx: &mut Context<'_>, mut step: impl FnMut(&mut State<T>) -> Poll<R>) -> Poll<R> {
        let first = step(&mut self.lock().state);
        if first.is_ready() {
            return first;
        }
        let waker = cx.waker().clone();
        let mut inner = self.lock();
        let second = step(&mut inner.state);
        let unused = if second.is_ready() { Some(waker) } else { inner.waker(side).replace(waker) };
        drop(inner);
        quietly(|| drop(unused));
        if second.is_pending() {
            end_run();
        }
        second
    }

    /// Waits until an operation of `side` may begin.
    pub(super) fn poll_check(&self, side: Side, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lock().lets_the_other_go_first(side) {
            // It was woken before, so it is polled before.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.poll(side, cx, |state| match state.check(side) {
            Check::Free => Poll::Ready(Ok(())),
            Check::Wait => Poll::Pending,
            Check::Never(error) => Poll::Ready(Err(error)),
        })
    }

    /// Waits until the operation under way, if any, has ended.
    pub(super) fn poll_back(&self, side: Side, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(side, cx, |state| if state.is_back() { Poll::Ready(()) } else { Poll::Pending })
    }

    /// Waits for the answer of `ticket`.
    pub(super) fn poll_answer(&self, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.poll(Side::Write, cx, |state| match state.ask(ticket) {
            Asked::Wait => Poll::Pending,
            Asked::Answer(result) => Poll::Ready(result),
        })
    }

    /// Closes. A destination that is at home goes to `release`, outside the lock.
    pub(super) fn poll_close(&self, cx: &mut Context<'_>, release: impl FnOnce(T)) -> Poll<io::Result<()>> {
        let step = self.lock().state.close();
        match step {
            Close::Release(destination) => release(destination),
            Close::Answer(outcome) => return Poll::Ready(outcome),
            Close::Wait => {}
        }
        self.poll(Side::Write, cx, |state| match state.close() {
            Close::Answer(outcome) => Poll::Ready(outcome),
            Close::Wait => Poll::Pending,
            Close::Release(_) => unreachable!("a destination that is being closed is not at home"),
        })
    }

    /// Why an operation of `side` may not begin, apart from having to wait.
    pub(super) fn refusal(&self, side: Side) -> io::Result<()> {
        match self.lock().state.check(side) {
            Check::Never(error) => Err(error),
            Check::Free | Check::Wait => Ok(()),
        }
    }

    /// Lends the destination, if it is at home, for an operation of `side`.
    pub(super) fn take(&self, side: Side) -> Option<T> {
        let mut inner = self.lock();
        inner.last = side;
        inner.yields = None;
        inner.state.take()
    }

    pub(super) fn place_and_ticket(&self) -> (&'static str, Option<Ticket>) {
        self.lock().state.place_and_ticket()
    }

    pub(super) fn submit(&self, ticket: Ticket) {
        self.lock().state.submit(ticket);
    }

    pub(super) fn abandon(&self) -> Option<T> {
        self.lock().state.abandon()
    }

    pub(super) fn why_lost(&self) -> io::Error {
        self.lock().state.why_lost()
    }

    pub(super) fn durable_so_far(&self) -> io::Result<()> {
        self.lock().state.durable_so_far()
    }

    /// An operation has ended and brings the destination back.
    pub(super) fn come_home(&self, destination: T, report: Report) {
        let mut inner = self.lock();
        match inner.state.come_home(destination, report) {
            Return::Home => wake(inner.take_wakers(), inner),
            Return::Release(destination) => {
                drop(inner);
                self.release(destination);
            }
        }
    }

    /// An operation has ended with an unknown effect: the destination is dropped, then that is published.
    pub(super) fn poison(&self, destination: T, reason: io::Error) {
        quietly(|| drop(destination));
        let reason = Kept::new(reason);
        let mut inner = self.lock();
        inner.state.poison(reason);
        wake(inner.take_wakers(), inner);
    }

    /// Drops a destination that is being closed, then publishes that.
    pub(super) fn release(&self, destination: T) {
        let outcome = catch(|| drop(destination)).map_err(Kept::new);
        let mut inner = self.lock();
        inner.state.released(outcome);
        wake(inner.take_wakers(), inner);
    }
}

/// Wakes, after the lock is given back. A panicking waker harms neither the other one nor the pool's thread.
fn wake<T>(wakers: Wakers, inner: MutexGuard<'_, Inner<T>>) {
    drop(inner);
    for waker in wakers.into_iter().flatten() {
        quietly(|| waker.wake());
    }
}
