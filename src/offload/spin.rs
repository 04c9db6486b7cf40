//! Spinning: all that decides about it, and its numbers.
//!
//! A hand-over to a pool and back costs two wake-ups of threads, some ten to fifty microseconds, where a small write takes
//! one microsecond. So a
//! worker that has ended an operation looks a moment for the next one before it gives its thread back, and a caller who
//! has posted to a worker that is looking waits a moment for the answer before it is `Pending`. Everything is correct
//! without: [`Policy::never_spin`] is the reference behaviour.
//!
//! Both spin **without yielding, and briefly**: on a busy machine each yield gives a slice of the scheduler away, while a
//! thread that sleeps and is woken goes ahead. With one core they yield a few times instead.

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

/// How long one spin lasts at most: about what waking a thread costs. Twice as much gains nothing.
const BOUND: Duration = Duration::from_micros(20);

/// How many bytes a wait is prolonged by a microsecond for, and for how many at most: without it 64 KiB, which are copied
/// meanwhile, would always outlast the wait. A larger write outlasts the price of a wake-up anyway.
const BYTES_PER_MICROSECOND: usize = 4 << 10;
const PROLONGED_UP_TO: usize = 128 << 10;

/// How many looks there are between two looks at the clock; and how many yields where there is one core.
const LOOKS: u32 = 32;
const YIELDS: u32 = 3;

/// How many chances are skipped at most after failures: so many writes share the price of one spin that fails.
const MOST_SKIPPED: u32 = 16;

/// How long a worker may keep its thread by looking. After that it goes through the pool's queue, where others may wait
/// that are not ours.
const STAY: Duration = Duration::from_millis(5);

/// How many waits in a row may be in vain on one thread, however many writers it polls, before it waits no more for a time.
const MOST_IN_VAIN: u32 = 5;
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

    /// A caller spins for so long at most, and up to 32 µs longer while a large write is copied; a worker two and a half
    /// times as long. With one core a few yields stand for it.
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

/// One side of one handle: skips twice as many chances after each failure in a row, so 0, 1, 2, 4 and up to 16.
#[derive(Debug)]
pub(super) struct Spinner {
    policy: Policy,
    skips: u32,
    left: u32,
}

impl Spinner {
    pub(super) const fn new(policy: Policy) -> Self {
        Self { policy, skips: 0, left: 0 }
    }

    fn is_due(&mut self) -> bool {
        let is_due = self.left == 0;
        self.left = self.left.saturating_sub(1);
        is_due && self.policy != Policy::never_spin()
    }

    /// A spin has ended.
    pub(super) fn learn(&mut self, in_time: bool) {
        (self.left, self.skips) = if in_time { (0, 0) } else { (self.skips, (self.skips * 2).clamp(1, MOST_SKIPPED)) };
    }

    /// The caller waits until `is_over`, for an operation on `bytes` bytes that a worker takes at once.
    pub(super) fn wait(&mut self, bytes: usize, is_over: impl Fn() -> bool) {
        if pauses() || !self.is_due() {
            return;
        }
        let longer = bytes.min(PROLONGED_UP_TO) / BYTES_PER_MICROSECOND;
        let bound = self.policy.0.saturating_add(Duration::from_micros(longer as u64));
        let in_time = spin(bound, is_over);
        self.learn(in_time);
        count_wait(in_time);
    }

    /// Whether the worker, which has its thread since `stay`, looks for the next operation.
    pub(super) fn look(&mut self, stay: &Stay) -> Option<Look> {
        let most = cores().saturating_sub(1).max(1);
        if QUEUED.load(Relaxed) > 0 || stay.0.elapsed() >= STAY || !self.is_due() || LOOKING.load(Relaxed) >= most {
            return None;
        }
        // A caller that was not spinning has to be woken before it posts again, so a shorter look would mostly be in vain.
        let bound = self.policy.0.saturating_mul(5) / 2;
        Some(Look { bound, _counted: Counted::in_(&LOOKING) })
    }
}

/// A look for the next operation, which may be taken.
#[derive(Debug)]
pub(super) struct Look {
    bound: Duration,
    _counted: Counted,
}

impl Look {
    /// Spins until something is posted, a job waits for a thread, or the time is over.
    pub(super) fn until(self, is_posted: impl Fn() -> bool) {
        let _ = spin(self.bound, || is_posted() || QUEUED.load(Relaxed) > 0);
    }
}

/// Since when a worker has its thread.
#[derive(Debug)]
pub(super) struct Stay(Instant);

impl Stay {
    pub(super) fn begins() -> Self {
        Self(Instant::now())
    }
}

fn spin(bound: Duration, is_there: impl Fn() -> bool) -> bool {
    let look = |between: fn()| {
        let there = is_there();
        if !there {
            between();
        }
        there
    };
    if cores() == 1 {
        return (0..YIELDS).any(|_| look(yield_now)) || is_there();
    }
    let began = Instant::now();
    while !(0..LOOKS).any(|_| look(spin_loop)) {
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

/// The workers of the process that are looking: about one fewer than there are cores.
static LOOKING: AtomicUsize = AtomicUsize::new(0);

/// The jobs of the process that were handed to a pool and have not started. Its threads may be what they wait for.
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
    /// How many waits in a row were in vain, and since when the thread pauses.
    static IN_VAIN: Cell<(u32, Option<Instant>)> = const { Cell::new((0, None)) };
}

fn pauses() -> bool {
    IN_VAIN.try_with(Cell::get).is_ok_and(|(_, paused)| paused.is_some_and(|since| since.elapsed() < PAUSE))
}

fn count_wait(in_time: bool) {
    let _ = IN_VAIN.try_with(|cell| {
        let (waits, paused) = cell.get();
        let waits = if in_time || paused.is_some() { 0 } else { waits } + u32::from(!in_time);
        cell.set((waits, (waits == MOST_IN_VAIN).then(Instant::now)));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_skip_more_and_more_chances() {
        let mut side = Spinner::new(Policy::default());
        let mut skipped = Vec::new();
        for _ in 0..10 {
            skipped.push((0..).take_while(|_| !side.is_due()).count());
            side.learn(false);
        }
        assert_eq!(skipped, [0, 0, 1, 2, 4, 8, 16, 16, 16, 16]);
    }

    #[test]
    fn a_thread_pauses_after_a_few_waits_in_vain_whatever_it_waited_for() {
        let pauses_after = |in_time| {
            count_wait(in_time);
            IN_VAIN.get().1.is_some()
        };
        assert!((1..MOST_IN_VAIN).all(|_| !pauses_after(false)));
        assert!(pauses_after(false));
        assert!((1..MOST_IN_VAIN).all(|_| !pauses_after(false)), "the pause is over, and the count begins anew");
        assert!(!pauses_after(true));
        assert!((1..MOST_IN_VAIN).all(|_| !pauses_after(false)), "a wait in time has ended the row");
        assert!(pauses_after(false));
    }

    #[test]
    fn who_never_spins_does_not_look() {
        assert!(Spinner::new(Policy::never_spin()).look(&Stay::begins()).is_none());
    }
}
