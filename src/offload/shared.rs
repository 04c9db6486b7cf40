//! The shell around the [state machine](super::state): a mutex, two wakers, and the order in which things happen.
//!
//! One lock guards the state and the [errand](super::staff) that waits for its worker. It is never held while foreign code runs: no waker is cloned, woken or dropped under it,
//! no destination is dropped, no job handed over. A result is published before its wake.

use std::{
    io,
    sync::{
        PoisonError,
        atomic::Ordering::{Acquire, Relaxed, Release},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use super::{
    errand::{Errand, Work},
    pace::{self, Looked, Pace, Policy, Seat},
    staff::{Posting, Staff},
    state::{Check, Close, Report, Return, Side, State},
};
use crate::{
    guard::{catch, quietly},
    primitives::{AtomicBool, Mutex, MutexGuard},
    write::{Ticket, end_run, kept::Kept, slot::Asked},
};

/// What an [`Offload`](super::Offload) and its jobs share.
pub(super) struct Shared<T> {
    inner: Mutex<Inner<T>>,
    signals: Signals,
}

/// What the two sides look out for without the lock. They are hints: whoever sees one takes the lock and looks there.
///
/// On cache lines of their own, so that whoever looks does not slow down whoever holds the lock.
#[repr(align(128))]
struct Signals {
    /// There may be something for the worker that lingers.
    called: AtomicBool,
    /// An errand is under way.
    away: AtomicBool,
}

struct Inner<T> {
    state: State<T>,
    staff: Staff<Errand<T>>,
    pace: Pace,
    /// The buffer of the last write, for the next one. A worker that leaves frees it.
    spare: Vec<u8>,
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
        Self {
            inner: Mutex::new(Inner {
                state: State::new(destination),
                staff: Staff::Absent,
                pace: Pace::new(),
                spare: Vec::new(),
                reader: None,
                writer: None,
                last: Side::Write,
                yields: None,
            }),
            signals: Signals { called: AtomicBool::new(false), away: AtomicBool::new(false) },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // No foreign code runs under the lock, so nothing can have panicked half-way through a transition.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Closes. Where the destination is at home its release is an errand, for which `call` hands a job to the pool, if
    /// that has to be.
    pub(super) fn poll_close(&self, cx: &mut Context<'_>, call: impl FnOnce()) -> Poll<io::Result<()>> {
        let mut inner = self.lock();
        match inner.state.close() {
            Close::Release(destination) => {
                let posting = self.post_errand(&mut inner, Errand { destination, work: Work::Release });
                drop(inner);
                if posting == Posting::Call {
                    call();
                }
            }
            Close::Answer(outcome) => return Poll::Ready(outcome),
            Close::Wait => drop(inner),
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

    pub(super) fn set_policy(&self, policy: Policy) {
        self.lock().pace.set(policy);
    }

    /// A buffer to fill for the next write.
    pub(super) fn spare_buffer(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().spare)
    }

    /// Posts `work` with the destination, if it is at home, as an operation of `side`; as the write of `ticket`, if there
    /// is one.
    pub(super) fn post(&self, side: Side, ticket: Option<Ticket>, work: Work<T>) -> Option<Posted> {
        let now = Instant::now();
        let mut inner = self.lock();
        inner.last = side;
        inner.yields = None;
        let Some(destination) = inner.state.take() else {
            drop(inner);
            quietly(|| drop(work));
            return None;
        };
        if let Some(ticket) = ticket {
            inner.state.submit(ticket);
        }
        inner.pace.begins(now);
        let wait = inner.pace.wait(now);
        Some(match self.post_errand(&mut inner, Errand { destination, work }) {
            Posting::Call => Posted::Call,
            Posting::Seen => Posted::Seen { wait },
        })
    }

    fn post_errand(&self, inner: &mut Inner<T>, errand: Errand<T>) -> Posting {
        let posting = inner.staff.post(errand);
        self.signals.away.store(true, Relaxed);
        if posting == Posting::Seen {
            self.signals.called.store(true, Release);
        }
        posting
    }

    /// Waits a moment for the end of the errand that was just posted, if this thread may.
    pub(super) fn wait(&self, at_most: Duration) -> Option<Looked> {
        pace::wait(at_most, || !self.signals.away.load(Acquire))
    }

    pub(super) fn abandon(&self) -> Option<T> {
        let mut inner = self.lock();
        // A worker that lingers has nothing to look out for any more.
        self.signals.called.store(true, Release);
        inner.state.abandon()
    }

    pub(super) fn why_lost(&self) -> io::Error {
        self.lock().state.why_lost()
    }

    pub(super) fn durable_so_far(&self) -> io::Result<()> {
        self.lock().state.durable_so_far()
    }

    /// An operation that needed no worker has ended and brings the destination back.
    pub(super) fn come_home(&self, destination: T, report: Report) {
        let mut inner = self.lock();
        match inner.state.come_home(destination, report) {
            Return::Home => {
                self.signals.away.store(false, Release);
                wake(inner.take_wakers(), inner);
            }
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
        self.ended(inner);
    }

    /// Drops a destination that is being closed, then publishes that.
    pub(super) fn release(&self, destination: T) {
        let outcome = catch(|| drop(destination)).map_err(Kept::new);
        let mut inner = self.lock();
        inner.state.released(outcome);
        self.ended(inner);
    }

    /// The destination is gone: nothing will be posted any more, whatever the worker's state.
    fn ended(&self, mut inner: MutexGuard<'_, Inner<T>>) {
        let spare = std::mem::take(&mut inner.spare);
        self.signals.away.store(false, Release);
        wake(inner.take_wakers(), inner);
        drop(spare);
    }
}

/// What was posted is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an errand for which nobody is called is never carried out"]
pub(super) enum Posted {
    /// Once a job has been handed to the pool.
    Call,
    /// A worker that lingers sees it; it is worth waiting so long for its end.
    Seen { wait: Duration },
}

/// A worker may linger.
#[derive(Debug)]
pub(super) struct Lingering {
    at_most: Duration,
    _seat: Seat,
}

/// The worker's side.
impl<T> Shared<T> {
    /// What the worker has to do now; nothing if it is to leave.
    pub(super) fn next(&self) -> Option<Errand<T>> {
        let mut inner = self.lock();
        self.signals.called.store(false, Relaxed);
        let lingered = inner.staff.is_lingering();
        let errand = inner.staff.next();
        if lingered {
            inner.pace.lingered(errand.is_none());
        }
        let spare = if errand.is_none() { std::mem::take(&mut inner.spare) } else { Vec::new() };
        drop(inner);
        drop(spare);
        errand
    }

    /// The worker has carried out an operation and brings the destination back, and the buffer, if it had one. Says
    /// whether it may linger.
    pub(super) fn come_back(
        &self,
        destination: T,
        report: Report,
        buffer: Vec<u8>,
        came: Instant,
    ) -> Option<Lingering> {
        let now = Instant::now();
        let mut inner = self.lock();
        match inner.state.come_home(destination, report) {
            Return::Home => {
                let lingers = inner.pace.ends(now).and_then(|at_most| {
                    let seat = Seat::take(came, now)?;
                    Some(Lingering { at_most, _seat: seat })
                });
                inner.staff.done(lingers.is_some());
                let unused = match lingers {
                    // An operation without a buffer leaves the one that is there.
                    Some(_) if buffer.capacity() == 0 => buffer,
                    Some(_) => std::mem::replace(&mut inner.spare, buffer),
                    None => std::mem::take(&mut inner.spare),
                };
                self.signals.away.store(false, Release);
                wake(inner.take_wakers(), inner);
                drop(unused);
                lingers
            }
            Return::Release(destination) => {
                drop(inner);
                self.release(destination);
                None
            }
        }
    }

    /// Looks out for the next errand, for a moment.
    pub(super) fn linger(&self, lingering: Lingering) {
        let _ = pace::look_out(lingering.at_most, || self.signals.called.load(Acquire) || pace::a_job_waits());
    }

    /// The pool dropped the job that was to carry this out.
    pub(super) fn give_back(&self) -> Option<Errand<T>> {
        self.lock().staff.give_back()
    }
}

/// Wakes, after the lock is given back. A panicking waker harms neither the other one nor the pool's thread.
fn wake<T>(wakers: Wakers, inner: MutexGuard<'_, Inner<T>>) {
    drop(inner);
    for waker in wakers.into_iter().flatten() {
        quietly(|| waker.wake());
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests {
    use super::*;
    use crate::{offload::errand::Payload, write::TicketSource};

    /// Of a writer whose worker does not linger, or leaves.
    #[test]
    fn an_idle_writer_keeps_no_buffer() {
        let shared = Shared::new(());
        shared.set_policy(Policy::off());
        let ticket = TicketSource::new().mint(1);
        let work = Work::Write(|(), bytes| Ok(Report::Write(Ok(bytes.len()))), Payload::Copied(vec![0]));
        assert_eq!(shared.post(Side::Write, Some(ticket), work), Some(Posted::Call));
        let errand = shared.next().expect("it was posted");
        assert!(errand.run(&shared, Instant::now()).is_none());
        assert_eq!(shared.lock().spare.capacity(), 0);
    }
}
