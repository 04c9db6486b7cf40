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

/// How many bytes prolong a caller's spin by a microsecond, and how many do so at most: without it 64 KiB, which are
/// copied meanwhile, would always outlast the spin. A larger write outlasts the price of a wake-up anyway.
const BYTES_PER_MICROSECOND: usize = 4 << 10;
const PROLONGED_UP_TO: usize = 128 << 10;

/// How many iterations there are between two readings of the clock; and how many yields where there is one core.
const ITERATIONS: u32 = 32;
const YIELDS: u32 = 3;

/// How many opportunities are skipped at most after failures: so many writes share the price of one spin that fails.
const MAX_BACKOFF: u32 = 16;

/// How many spins of callers may fail in a row on one thread, however many writers it polls, before it pauses.
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

    /// A caller spins for so long at most, and up to 32 µs longer while a large write is copied; a worker two and a
    /// half times as long. With one core a few yields stand for it.
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

/// One side of one handle, with exponential backoff: failures in a row skip 0, 1, 2, 4 and up to 16 opportunities.
#[derive(Debug)]
pub(super) struct Spinner {
    policy: Policy,
    backoff: u32,
    /// How many opportunities are still to be skipped.
    to_skip: u32,
}

impl Spinner {
    pub(super) const fn new(policy: Policy) -> Self {
        Self { policy, backoff: 0, to_skip: 0 }
    }

    /// Uses an opportunity to spin, or skips it.
    fn take_opportunity(&mut self) -> bool {
        let is_skipped = self.to_skip > 0;
        self.to_skip = self.to_skip.saturating_sub(1);
        !is_skipped && self.policy != Policy::never_spin()
    }

    /// A spin has succeeded, or failed.
    pub(super) fn record(&mut self, success: bool) {
        self.to_skip = if success { 0 } else { self.backoff };
        self.backoff = if success { 0 } else { (self.backoff * 2).clamp(1, MAX_BACKOFF) };
    }

    /// The caller spins until `has_ended`, for an operation on `bytes` bytes that a worker takes at once.
    pub(super) fn spin_for_end(&mut self, bytes: usize, has_ended: impl Fn() -> bool) {
        if thread_pauses() || !self.take_opportunity() {
            return;
        }
        let longer = bytes.min(PROLONGED_UP_TO) / BYTES_PER_MICROSECOND;
        let bound = self.policy.0.saturating_add(Duration::from_micros(longer as u64));
        let success = spin(bound, has_ended);
        self.record(success);
        record_on_thread(success);
    }

    /// Whether the worker, which is polled `since` then, may spin for the next operation.
    pub(super) fn permit(&mut self, since: &PolledSince) -> Option<SpinPermit> {
        let most = cores().saturating_sub(1).max(1);
        let is_over = QUEUED.load(Relaxed) > 0 || since.0.elapsed() >= TIME_SLICE;
        if is_over || !self.take_opportunity() || SPINNING.load(Relaxed) >= most {
            return None;
        }
        // A caller that was not spinning has to be woken before it posts again, so a shorter spin would mostly fail.
        let bound = self.policy.0.saturating_mul(5) / 2;
        Some(SpinPermit { bound, _counted: Counted::in_(&SPINNING) })
    }
}

/// One worker may spin once.
#[derive(Debug)]
pub(super) struct SpinPermit {
    bound: Duration,
    _counted: Counted,
}

impl SpinPermit {
    /// Spins until something is posted, a job waits for a thread, or the time is over.
    pub(super) fn spin_until(self, is_posted: impl Fn() -> bool) {
        let _ = spin(self.bound, || is_posted() || QUEUED.load(Relaxed) > 0);
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
    let check = |pause: fn()| {
        let holds = condition();
        if !holds {
            pause();
        }
        holds
    };
    if cores() == 1 {
        return (0..YIELDS).any(|_| check(yield_now)) || condition();
    }
    let began = Instant::now();
    while !(0..ITERATIONS).any(|_| check(spin_loop)) {
        if began.elapsed() >= bound {
            return false;
        }
    }
    true
}

fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| available_parallelism().map_or(1, usize::from))
}

/// The workers of the process that spin: about one fewer than there are cores.
static SPINNING: AtomicUsize = AtomicUsize::new(0);

/// The jobs of the process that were handed to a pool and have not started. They may wait for the threads that spin.
static QUEUED: AtomicUsize = AtomicUsize::new(0);

/// One of many, counted while it is here.
#[derive(Debug)]
pub(super) struct Counted(&'static AtomicUsize);

impl Counted {
    fn in_(counter: &'static AtomicUsize) -> Self {
        counter.fetch_add(1, Relaxed);
        Self(counter)
    }

    /// A job that was handed to a pool.
    pub(super) fn queued() -> Self {
        Self::in_(&QUEUED)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
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
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_skip_more_and_more_opportunities() {
        let mut side = Spinner::new(Policy::default());
        let mut skipped = Vec::new();
        for _ in 0..10 {
            skipped.push((0..).take_while(|_| !side.take_opportunity()).count());
            side.record(false);
        }
        assert_eq!(skipped, [0, 0, 1, 2, 4, 8, 16, 16, 16, 16]);
    }

    #[test]
    fn a_thread_pauses_after_a_few_failed_spins_whatever_they_were_for() {
        let pauses_after = |success| {
            record_on_thread(success);
            FAILED.get().1.is_some()
        };
        assert!((1..MAX_FAILED).all(|_| !pauses_after(false)));
        assert!(pauses_after(false));
        assert!((1..MAX_FAILED).all(|_| !pauses_after(false)), "the pause is over, and the count begins anew");
        assert!(!pauses_after(true));
        assert!((1..MAX_FAILED).all(|_| !pauses_after(false)), "a success has ended the row");
        assert!(pauses_after(false));
    }

    #[test]
    fn a_policy_that_never_spins_gives_no_permit() {
        assert!(Spinner::new(Policy::never_spin()).permit(&PolledSince::now()).is_none());
    }
}
