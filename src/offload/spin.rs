//! Spinning: all that decides about it, and its numbers.
//!
//! A hand-over to a pool and back costs two wake-ups of threads, some ten to fifty microseconds, where a small write
//! takes one. So a worker that has ended an operation spins for the next one before it gives its thread back, and a
//! caller who has posted to a spinning worker spins for the end before it is `Pending`. Everything is correct without:
//! [`Policy::never_spin`] is the reference behaviour.
//!
//! Both spin **without yielding, and briefly**: on a busy machine each yield gives a slice of the scheduler away, while
//! a thread that sleeps and is woken goes ahead. With one core they yield a few times instead.

use std::{
    cell::Cell,
    hint::spin_loop,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread::{available_parallelism, yield_now},
    time::{Duration, Instant},
};

use super::pool::TIME_SLICE;

/// How long one spin lasts at most: about what waking a thread costs. Twice as much gains nothing.
const BOUND: Duration = Duration::from_micros(20);

/// How many yields there are where there is one core.
const YIELDS: u32 = 3;

/// How many opportunities failures cost at most. With less a machine that is short of cores spins too often in vain.
const MAX_BACKOFF: u32 = 64;

/// How many spins of callers may fail in a row on one thread, however many writers it polls, before it pauses: one turn
/// of an executor may poll a thousand.
const MAX_FAILED: u32 = 5;
const PAUSE: Duration = Duration::from_millis(1);

/// How long the threads of an [`Offload`](super::Offload) may spin for one another before they sleep.
/// It takes processor time, and pays for writers that write in quick succession; others hardly do it.
///
/// ```
/// use async_write_complete::{Offload, offload::Policy};
///
/// let file = Offload::new(tempfile::tempfile()?).policy(Policy::never_spin());
/// # drop(file);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy(Duration);

impl Policy {
    /// No spinning: each operation wakes a thread of the pool, and that one wakes the caller's task.
    pub const fn never_spin() -> Self {
        Self(Duration::ZERO)
    }

    /// A caller spins for so long at most, a worker two and a half times as long. With one core a few yields stand for
    /// it.
    pub const fn spin_at_most(at_most: Duration) -> Self {
        Self(at_most)
    }
}

/// About as long as it takes to wake a thread.
impl Default for Policy {
    fn default() -> Self {
        Self(BOUND)
    }
}

/// Exponential backoff, of one side of one handle: after failures in a row so many opportunities have to be passed over
/// before the next spin as 0, 1, 2, 4 and up to 64. The first failure may be chance, and costs none.
#[derive(Debug)]
struct Backoff {
    failed: u32,
    passed_over: u32,
}

impl Backoff {
    /// As after so many failures.
    const fn after(failed: u32) -> Self {
        Self { failed, passed_over: 0 }
    }

    /// Whether a spin may be tried.
    fn is_over(&self) -> bool {
        self.passed_over >= (1_u32.checked_shl(self.failed).unwrap_or(u32::MAX) / 4).min(MAX_BACKOFF)
    }

    fn pass_over(&mut self) {
        self.passed_over = self.passed_over.saturating_add(1);
    }

    /// A spin has succeeded, or failed.
    fn record(&mut self, success: bool) {
        *self = Self::after(if success { 0 } else { self.failed.saturating_add(1) });
    }
}

/// When the caller of one handle spins.
#[derive(Debug)]
pub(super) struct CallerSpins {
    policy: Policy,
    backoff: Backoff,
}

impl CallerSpins {
    pub(super) const fn new(policy: Policy) -> Self {
        Self { policy, backoff: Backoff::after(0) }
    }

    pub(super) fn policy(&self) -> Policy {
        self.policy
    }

    /// Spins until `has_ended`, for an operation that a spinning worker takes at once.
    pub(super) fn spin_until(&mut self, has_ended: impl Fn() -> bool) {
        if self.policy == Policy::never_spin() || thread_pauses() {
            return;
        }
        if !self.backoff.is_over() {
            return self.backoff.pass_over();
        }
        let success = spin(self.policy.0, has_ended);
        self.backoff.record(success);
        record_on_thread(success);
    }
}

/// When the worker of one handle spins: where the operations before were posted so soon that a spin would have seen
/// them. So a writer that writes now and then costs no spin, and neither do many of them.
///
/// Spins in vain cost more than their time: the scheduler may put the woken caller on the core of a worker that spins.
#[derive(Debug)]
pub(super) struct WorkerSpins {
    policy: Policy,
    backoff: Backoff,
    /// When the last operation ended, if no spin followed.
    ended: Option<Instant>,
}

impl WorkerSpins {
    pub(super) const fn new(policy: Policy) -> Self {
        // One operation has to be posted soon before the first spin.
        Self { policy, backoff: Backoff::after(2), ended: None }
    }

    /// How long a worker spins. A caller that was not spinning has to be woken before it posts again, so a shorter spin
    /// would mostly fail.
    fn bound(&self) -> Duration {
        self.policy.0.saturating_mul(5) / 2
    }

    /// An operation is posted, to a worker that does not spin.
    pub(super) fn posted(&mut self) {
        if self.ended.take().is_some_and(|ended| ended.elapsed() < self.bound()) {
            self.backoff.pass_over();
        } else {
            self.backoff.passed_over = 0;
        }
    }

    /// A spin has seen an operation, or failed.
    pub(super) fn record(&mut self, success: bool) {
        self.backoff.record(success);
    }

    /// An operation has ended. Whether the worker, polled since `since`, may spin for the next one.
    pub(super) fn permit(&mut self, since: &PolledSince) -> Option<SpinPermit> {
        let is_needed = QUEUED.load(Relaxed) > 0 || since.0.elapsed() >= TIME_SLICE;
        self.may_spin(!is_needed).then(|| SpinPermit(self.bound()))
    }

    /// The same, where its thread is free for it or not.
    fn may_spin(&mut self, is_free: bool) -> bool {
        let may_spin = is_free && self.backoff.is_over() && self.policy != Policy::never_spin();
        if !may_spin {
            self.ended = Some(Instant::now());
        }
        may_spin
    }
}

/// One worker may spin once.
#[derive(Debug)]
pub(super) struct SpinPermit(Duration);

impl SpinPermit {
    /// Spins until something is posted, a job waits for a thread, or the time is over.
    pub(super) fn spin_until(self, is_posted: impl Fn() -> bool) {
        let _ = spin(self.0, || is_posted() || QUEUED.load(Relaxed) > 0);
    }
}

/// Since when a worker is polled, and so keeps a thread of the pool.
#[derive(Debug)]
pub(super) struct PolledSince(Instant);

impl PolledSince {
    pub(super) fn now() -> Self {
        Self(Instant::now())
    }
}

fn spin(bound: Duration, condition: impl Fn() -> bool) -> bool {
    if cores() == 1 {
        let holds_or_yields = |_| {
            condition() || {
                yield_now();
                false
            }
        };
        return (0..YIELDS).any(holds_or_yields) || condition();
    }
    let began = Instant::now();
    while !condition() {
        if began.elapsed() >= bound {
            return false;
        }
        spin_loop();
    }
    true
}

fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| available_parallelism().map_or(1, usize::from))
}

/// The jobs of the process that were handed to a pool and have not started. They may wait for the threads that spin.
static QUEUED: AtomicUsize = AtomicUsize::new(0);

/// Counts a job that was handed to a pool while it lives.
#[derive(Debug)]
pub(super) struct Queued(());

impl Queued {
    pub(super) fn count() -> Self {
        QUEUED.fetch_add(1, Relaxed);
        Self(())
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        QUEUED.fetch_sub(1, Relaxed);
    }
}

thread_local! {
    /// How many spins in a row have failed, and since when the thread pauses.
    static FAILED: Cell<(u32, Option<Instant>)> = const { Cell::new((0, None)) };
}

fn thread_pauses() -> bool {
    FAILED.try_with(Cell::get).is_ok_and(|(_, paused)| paused.is_some_and(|since| since.elapsed() < PAUSE))
}

fn record_on_thread(success: bool) {
    let _ = FAILED.try_with(|cell| {
        let (failed, paused) = cell.get();
        let failed = if success || paused.is_some() { 0 } else { failed } + u32::from(!success);
        cell.set((failed, (failed == MAX_FAILED).then(Instant::now)));
    });
}

#[cfg(test)]
mod tests;
