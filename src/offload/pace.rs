//! When a worker lingers and a poll waits: all of the policy, and its numbers.
//!
//! A hand-over to a pool and back costs two wake-ups of a thread, some ten to fifty microseconds, where the write itself
//! takes one. Two things spare them, both only for a writer that is *hot*: one that submits again soon after its last
//! write has ended.
//!
//! * **Lingering.** A worker that has carried out an errand looks out for the next one before it gives its thread back
//!   to the pool.
//! * **Waiting.** A poll that has just posted an errand to a worker that lingers looks out for its end, before it
//!   answers `Pending`.
//!
//! Both look for a moment that is no longer than what they may spare, a wake-up: [`bound`] follows what wake-ups were
//! seen to cost in this process. Both look a few times in a row and then [yield](yield_now) between looks, so that on one
//! core, or on a loaded machine, the other side runs meanwhile. Both learn from failure, writer by writer: each one in
//! vain doubles how many chances are let pass before the next try ([`Backoff`]).
//!
//! What keeps the price down for everybody else:
//!
//! * At most as many workers linger in the process as there are cores but one ([`Seat`]), and each for at most
//!   [`RESIDENCE`] before it goes through the pool's queue again, which others wait in.
//! * No worker lingers while a job of ours is queued and not started ([`Queued`]): the pool may have a single thread.
//! * A poll waits only for a worker that lingers, and so for no more writers than there are seats; and a thread that has
//!   waited in vain for [`BUDGET`] waits no more for some time.
//! * A thread that finds itself off its core for long, when it yields, competes with others for it: nobody in the process
//!   looks out for a while then ([`Crowd`]). A thread that sleeps and is woken gets the core at once; one that spins and
//!   yields has to queue for it.
//! * A writer that writes now and then is never hot.
//! * A worker that lingers holds nothing: the destination is at home.

use std::{
    cell::Cell,
    hint::spin_loop,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    thread::available_parallelism,
    time::{Duration, Instant},
};

use crate::primitives::{COUNTED, MODELLED, process_wide, yield_now};

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests;

/// How many looks there are before the first yield and the first look at the clock: some microseconds, in which most
/// small writes end.
const LOOKS: u32 = 256;

/// How many looks there are between two yields.
const LOOKS_BETWEEN: u32 = 16;

/// What [`bound`] lies between, whatever was seen.
const LEAST: Duration = Duration::from_micros(10);
const MOST: Duration = Duration::from_micros(60);

/// A writer is hot if it submits so soon after the end of its last write, in times of [`bound`]: without lingering the
/// caller has to be woken first.
const HOT: u32 = 4;

/// How long a worker stays at most before it queues for its thread again.
const RESIDENCE: Duration = Duration::from_millis(5);

/// How long the polls of one thread may wait in vain before they wait no more, and for how long they do not then.
const BUDGET: Duration = Duration::from_micros(200);
const PAUSE: Duration = Duration::from_millis(2);

/// A look-out that ended so much later than it was to end has lost its core meanwhile.
const LOST: Duration = Duration::from_micros(500);

/// How long nobody looks out after that: at least, and at most, where it happens again and again.
const SHORTEST_RETREAT: Duration = Duration::from_millis(8);
const LONGEST_RETREAT: Duration = Duration::from_secs(1);

/// A thread that has looked out with success so often had its core for longer than a slice of the scheduler: the crowd had
/// gone.
const MANY_SEEN: u32 = 4_000;

/// How many chances are let pass at most after failures: so many writes share the price of one that fails.
const MOST_SKIPPED: u32 = 1 << 6;

/// How long threads may look out for one another before they sleep, and so what an [`Offload`](super::Offload) may
/// spend on being fast.
///
/// Looking out takes processor time that a sleeping thread would not. It pays for writers that write in quick
/// succession; the others, and those for whom it does not pay, hardly do it. While a job of any `Offload` of the process
/// waits for a thread no worker lingers, so a pool that holds jobs without starting them makes busy writers slower.
///
/// With [`off`](Self::off) every operation is a job of its own for the pool, no poll waits, and nothing is tried on the
/// caller's thread.
///
/// ```
/// use async_write_complete::{Offload, offload::Policy};
///
/// let file = Offload::new(tempfile::tempfile()?).policy(Policy::off());
/// # drop(file);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    linger: Duration,
    wait: Duration,
    tries: bool,
}

impl Policy {
    const USUAL: Self = Self { linger: MOST, wait: MOST, tries: true };

    /// No looking out, and no tries.
    pub const fn off() -> Self {
        Self { linger: Duration::ZERO, wait: Duration::ZERO, tries: false }
    }

    /// A worker lingers for so long at most after each operation.
    ///
    /// It takes up a thread of the pool, and a core unless others want it.
    pub const fn linger(self, at_most: Duration) -> Self {
        Self { linger: at_most, ..self }
    }

    /// A poll waits for so long at most.
    ///
    /// It keeps the executor's thread from other tasks for that time.
    pub const fn wait(self, at_most: Duration) -> Self {
        Self { wait: at_most, ..self }
    }

    /// Whether a write is first [tried](crate::WriteComplete::try_write) on the caller's thread.
    ///
    /// For a file that costs a system call where it is refused. It waits where the kernel does so before it asks the file
    /// system: while a duplicate of the descriptor (by `try_clone`, or in another process) is in a write, and while the
    /// file system is frozen. Turn it off for such files.
    pub const fn tries(self, tries: bool) -> Self {
        Self { tries, ..self }
    }

    pub(super) const fn has_tries(self) -> bool {
        self.tries
    }
}

/// As long as sleeping and waking would take, as far as this process has seen.
impl Default for Policy {
    fn default() -> Self {
        Self::USUAL
    }
}

/// What is known of one writer's pace.
#[derive(Debug)]
pub(super) struct Pace {
    policy: Policy,
    /// When its last operation ended.
    ended: Option<Instant>,
    is_hot: bool,
    linger: Backoff,
}

impl Pace {
    pub(super) const fn new() -> Self {
        // Models choose theirs, and are small without.
        let policy = if MODELLED { Policy::off() } else { Policy::USUAL };
        Self { policy, ended: None, is_hot: MODELLED, linger: Backoff::new() }
    }

    pub(super) fn set(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// An operation begins.
    pub(super) fn begins(&mut self, now: Instant) {
        self.is_hot = MODELLED || self.ended.is_some_and(|ended| now.saturating_duration_since(ended) < bound() * HOT);
    }

    /// An operation has ended: how long its worker is to linger, if at all.
    pub(super) fn ends(&mut self, now: Instant) -> Option<Duration> {
        self.ended = Some(now);
        let may_linger = self.is_hot && !self.policy.linger.is_zero() && no_job_waits() && !CROWD.is_there(now);
        let lingers = may_linger && self.linger.is_due();
        lingers.then(|| bound().min(self.policy.linger))
    }

    /// A worker has lingered.
    pub(super) fn lingered(&mut self, in_vain: bool) {
        self.linger.learn(in_vain);
    }

    /// How long a poll may wait for the worker that lingers.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        if CROWD.is_there(now) { Duration::ZERO } else { bound().min(self.policy.wait) }
    }
}

/// After each failure in a row twice as many chances are let pass; after a single one none.
#[derive(Debug)]
pub(super) struct Backoff {
    skips: u32,
    left: u32,
}

impl Backoff {
    pub(super) const fn new() -> Self {
        Self { skips: 0, left: 0 }
    }

    /// Whether this chance is to be taken.
    pub(super) fn is_due(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                false
            }
            None => true,
        }
    }

    /// What came of a chance that was taken.
    pub(super) fn learn(&mut self, in_vain: bool) {
        (self.left, self.skips) = if in_vain { (self.skips, (self.skips * 2).clamp(1, MOST_SKIPPED)) } else { (0, 0) };
    }
}

/// How a look-out ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looked {
    /// It was there, in time.
    Seen,
    /// It was there or not, but sleeping would have been as good.
    InVain,
}

/// Looks out until `is_there`, for `at_most`.
pub(super) fn look_out(at_most: Duration, is_there: impl FnMut() -> bool) -> Looked {
    look_out_among(&CROWD, at_most, is_there)
}

fn look_out_among(crowd: &Crowd, at_most: Duration, mut is_there: impl FnMut() -> bool) -> Looked {
    if at_most.is_zero() {
        return Looked::InVain;
    }
    if MODELLED {
        return if look_and_yield(at_most, is_there) { Looked::Seen } else { Looked::InVain };
    }
    if has_cores() && at_most >= LEAST && look(LOOKS, &mut is_there) {
        count_seen();
        return Looked::Seen;
    }
    let began = Instant::now();
    loop {
        yield_now();
        let seen = look(LOOKS_BETWEEN, &mut is_there);
        let elapsed = began.elapsed();
        if seen && elapsed < at_most {
            count_seen();
            return Looked::Seen;
        }
        if elapsed >= at_most {
            if elapsed >= at_most + LOST {
                crowd.met(began + elapsed, take_seen());
            }
            return Looked::InVain;
        }
    }
}

fn look(times: u32, is_there: &mut impl FnMut() -> bool) -> bool {
    (0..times).any(|_| {
        let seen = is_there();
        if !seen {
            spin_loop();
        }
        seen
    })
}

/// Models know no time: a nanosecond is a look, with all that others may do before the next one.
fn look_and_yield(looks: Duration, mut is_there: impl FnMut() -> bool) -> bool {
    (0..looks.as_nanos()).any(|look| {
        if look > 0 {
            yield_now();
        }
        is_there()
    })
}

/// Waits on an executor's thread; not at all if that has spent its budget.
pub(super) fn wait(at_most: Duration, is_over: impl FnMut() -> bool) -> Option<Looked> {
    if MODELLED {
        return Some(look_out(at_most, is_over));
    }
    let mut budget = BUDGETS.try_with(Cell::get).unwrap_or(Budget::FRESH);
    if budget.is_spent() {
        return None;
    }
    let looked = look_out(at_most, is_over);
    budget.count(looked, at_most);
    let _ = BUDGETS.try_with(|cell| cell.set(budget));
    Some(looked)
}

thread_local! {
    static BUDGETS: Cell<Budget> = const { Cell::new(Budget::FRESH) };
}

/// What a thread may still wait in vain.
#[derive(Clone, Copy)]
struct Budget {
    spent: Duration,
    paused_since: Option<Instant>,
}

impl Budget {
    const FRESH: Self = Self { spent: Duration::ZERO, paused_since: None };

    fn is_spent(&mut self) -> bool {
        match self.paused_since {
            Some(since) if since.elapsed() < PAUSE => true,
            Some(_) => {
                *self = Self::FRESH;
                false
            }
            None => false,
        }
    }

    fn count(&mut self, looked: Looked, waited: Duration) {
        if looked == Looked::Seen {
            self.spent = Duration::ZERO;
            return;
        }
        self.spent += waited;
        if self.spent >= BUDGET {
            self.paused_since = Some(Instant::now());
        }
    }
}

/// Whether others compete for the cores, as far as this process has met them.
struct Crowd {
    /// There may be a retreat: nobody takes the lock otherwise.
    is_met: AtomicBool,
    retreat: Mutex<Retreat>,
}

/// The last one.
struct Retreat {
    until: Option<Instant>,
    length: Duration,
}

static CROWD: Crowd = Crowd::new();

impl Crowd {
    const fn new() -> Self {
        let never = Retreat { until: None, length: Duration::ZERO };
        Self { is_met: AtomicBool::new(false), retreat: Mutex::new(never) }
    }

    fn retreat(&self) -> MutexGuard<'_, Retreat> {
        self.retreat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_there(&self, now: Instant) -> bool {
        if MODELLED || !self.is_met.load(Relaxed) {
            return false;
        }
        let last = self.retreat();
        let is_there = last.until.is_some_and(|until| now < until);
        if !is_there {
            self.is_met.store(false, Relaxed);
        }
        drop(last);
        is_there
    }

    /// A thread has lost its core, until `now`, after so many look-outs that it had `seen` end well. Where these are few
    /// the retreat is twice as long as the last one.
    fn met(&self, now: Instant, seen: u32) {
        let mut last = self.retreat();
        if last.until.is_some_and(|until| now < until) {
            return;
        }
        let next = if seen < MANY_SEEN { last.length * 2 } else { Duration::ZERO };
        last.length = next.clamp(SHORTEST_RETREAT, LONGEST_RETREAT);
        last.until = now.checked_add(last.length);
        self.is_met.store(true, Relaxed);
    }
}

thread_local! {
    /// The look-outs of this thread that have ended well since it last lost its core.
    static SEEN: Cell<u32> = const { Cell::new(0) };
}

fn count_seen() {
    let _ = SEEN.try_with(|seen| seen.set(seen.get().saturating_add(1)));
}

fn take_seen() -> u32 {
    SEEN.try_with(|seen| seen.replace(0)).unwrap_or(0)
}

process_wide! {
    /// The jobs of this process that were handed to a pool and have not started.
    static QUEUED = 0;

    /// The workers that may linger.
    static SEATED = 0;
}

/// What a wake-up costs, in nanoseconds: a sliding mean of what the jobs of this process have waited for their threads.
static WAKE_UP: AtomicU32 = AtomicU32::new(20_000);

/// How long it may take to spare a wake-up.
fn bound() -> Duration {
    if MODELLED {
        return Duration::MAX;
    }
    Duration::from_nanos(WAKE_UP.load(Relaxed).into()).clamp(LEAST, MOST)
}

fn no_job_waits() -> bool {
    !COUNTED || QUEUED.load(Relaxed) == 0
}

/// Whether a worker that lingers should leave at once.
pub(super) fn a_job_waits() -> bool {
    !no_job_waits()
}

/// A job between the hand-over to the pool and its start.
#[derive(Debug)]
pub(super) struct Queued(Instant);

impl Queued {
    pub(super) fn new(now: Instant) -> Self {
        QUEUED.fetch_add(1, Relaxed);
        Self(now)
    }

    /// The job runs: what it has waited is what a wake-up costs, about.
    pub(super) fn starts(self) {
        let waited = u32::try_from(self.0.elapsed().as_nanos()).unwrap_or(u32::MAX).min(1 << 20);
        let mean = WAKE_UP.load(Relaxed);
        WAKE_UP.store(mean - mean / 8 + waited / 8, Relaxed);
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        QUEUED.fetch_sub(1, Relaxed);
    }
}

/// The right to linger, held for as long as that lasts.
#[derive(Debug)]
pub(super) struct Seat(());

impl Seat {
    /// Takes one for a worker that came at `since`, if one is free, and it has not stayed for too long.
    pub(super) fn take(since: Instant, now: Instant) -> Option<Self> {
        if !MODELLED && now.saturating_duration_since(since) >= RESIDENCE {
            return None;
        }
        if SEATED.fetch_add(1, Relaxed) < seats() || !COUNTED {
            return Some(Self(()));
        }
        SEATED.fetch_sub(1, Relaxed);
        None
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        SEATED.fetch_sub(1, Relaxed);
    }
}

fn cores() -> usize {
    if MODELLED {
        return 3;
    }
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| available_parallelism().map_or(1, Into::into))
}

fn has_cores() -> bool {
    cores() > 1
}

fn seats() -> usize {
    cores().saturating_sub(1).max(1)
}
