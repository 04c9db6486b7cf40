//! What the models are made of, and what runs them: Loom or Shuttle.

use std::{
    collections::BTreeSet,
    sync::{Arc as StdArc, Mutex as StdMutex, PoisonError},
};

#[cfg(awc_loom)]
use loom::sync::atomic::AtomicUsize;
#[cfg(awc_loom)]
pub(crate) use loom::{
    future::block_on,
    sync::{Arc, Mutex},
    thread,
};
#[cfg(awc_shuttle)]
use shuttle::sync::atomic::AtomicUsize;
#[cfg(awc_shuttle)]
pub(crate) use shuttle::{
    future::block_on,
    sync::{Arc, Condvar, Mutex},
    thread,
};

use crate::primitives::process_wide;

process_wide! {
    /// How many transitions of async-task there were.
    static STEPS: AtomicUsize = AtomicUsize::new(0);
}

/// A transition of async-task comes next, or was last. Any other thread may run first, and the checker sees that the
/// transitions depend on one another. The counter is relaxed, so that it orders nothing else.
pub(crate) fn step() {
    STEPS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
}

/// Checks `f` in every order of events that `LOOM_MAX_PREEMPTIONS` allows, and says how many there were.
///
/// A deadlock may abort the process, where the drop of what hangs meets Loom again; its first panic names the model.
#[cfg(awc_loom)]
pub(crate) fn model(f: impl Fn() + Sync + Send + 'static) {
    check(&loom::model::Builder::new(), f);
}

/// As [`model`], with at most two preemptions: one more would take minutes.
#[cfg(awc_loom)]
pub(crate) fn large_model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(builder.preemption_bound.map_or(2, |bound| bound.min(2)));
    check(&builder, f);
}

#[cfg(awc_loom)]
fn check(builder: &loom::model::Builder, f: impl Fn() + Sync + Send + 'static) {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let executions = StdArc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        f();
    });
    println!("{} executions", executions.load(Ordering::Relaxed));
}

/// Checks `f` in random orders of events: in as many where each thread is as likely to go on as any other, as in ones
/// where a few preemptions come at random moments (PCT).
///
/// `AWC_EXECUTIONS` says how many, `AWC_SCHEDULER` (`random` or `pct`) chooses one of the two kinds, and
/// `AWC_PREEMPTIONS` how many preemptions. They are the same ones each time, unless `SHUTTLE_RANDOM_SEED` chooses
/// others. A failure prints the schedule that [`shuttle::replay`] plays again.
#[cfg(awc_shuttle)]
pub(crate) fn model(f: impl Fn() + Sync + Send + 'static) {
    use shuttle::{
        Config, MaxSteps, Runner,
        scheduler::{PctScheduler, RandomScheduler},
    };

    const SEED: u64 = 0x5eed;
    let number = |name, default| std::env::var(name).map_or(default, |number| number.parse().expect("a number"));
    let (each, preemptions) = (number("AWC_EXECUTIONS", 2000), number("AWC_PREEMPTIONS", 3));
    let only = std::env::var("AWC_SCHEDULER").unwrap_or_default();
    let is_chosen = |scheduler| only.is_empty() || only == scheduler;
    assert!(is_chosen("random") || is_chosen("pct"), "AWC_SCHEDULER is {only:?}, neither `random` nor `pct`");
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    // Some hundred steps are usual; a thread that takes so many waits for what never comes.
    config.max_steps = MaxSteps::FailAfter(50_000);
    config.silence_warnings = true;
    let f = Arc::new(f);
    let mut executions = 0;
    if is_chosen("random") {
        let f = f.clone();
        executions += Runner::new(RandomScheduler::new_from_seed(SEED, each), config.clone()).run(move || f());
    }
    if is_chosen("pct") {
        executions += Runner::new(PctScheduler::new_from_seed(SEED, preemptions, each), config).run(move || f());
    }
    println!("{executions} executions");
}

#[cfg(awc_shuttle)]
pub(crate) use self::model as large_model;

/// Checks `f`, which notes in which case it finds itself, and asserts that the executions have met exactly these cases.
pub(crate) fn model_of(cases: &[&'static str], f: impl Fn(&Cases) + Sync + Send + 'static) {
    let (met, noted) = Cases::new();
    model(move || f(&noted));
    met.assert(cases);
}

/// As [`model_of`], for a [`large_model`].
pub(crate) fn large_model_of(cases: &[&'static str], f: impl Fn(&Cases) + Sync + Send + 'static) {
    let (met, noted) = Cases::new();
    large_model(move || f(&noted));
    met.assert(cases);
}

/// The cases that the executions of a model have met. The mutex is std's, since it belongs to no execution.
#[derive(Clone)]
pub(crate) struct Cases(StdArc<StdMutex<BTreeSet<&'static str>>>);

impl Cases {
    fn new() -> (Self, Self) {
        let cases = Self(StdArc::default());
        (cases.clone(), cases)
    }

    pub(crate) fn met(&self, case: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(case);
    }

    fn assert(&self, cases: &[&'static str]) {
        let met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*met, cases.iter().copied().collect(), "the cases that some execution has met");
    }
}
