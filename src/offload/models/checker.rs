//! What the models are made of, and what runs them: Loom or Shuttle.

#[cfg(awc_loom)]
pub(super) use loom::{
    future::block_on,
    sync::{Arc, Mutex},
    thread,
};
#[cfg(awc_shuttle)]
pub(super) use shuttle::{
    future::block_on,
    sync::{Arc, Condvar, Mutex},
    thread,
};

/// Checks `f` in every order of events, and says how many there were.
#[cfg(awc_loom)]
pub(super) fn model(f: impl Fn() + Sync + Send + 'static) {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let executions = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    loom::model(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        f();
    });
    println!("{} executions", executions.load(Ordering::Relaxed));
}

/// Checks `f` in random orders of events: in as many where each thread is as likely to go on as any other, as in ones
/// where few preemptions at random moments are what happens (PCT).
///
/// They are the same ones each time, unless `SHUTTLE_RANDOM_SEED` chooses others. A failure prints the schedule that
/// [`shuttle::replay`] plays again.
#[cfg(awc_shuttle)]
pub(super) fn model(f: impl Fn() + Sync + Send + 'static) {
    use shuttle::{
        Config, MaxSteps, Runner,
        scheduler::{PctScheduler, RandomScheduler},
    };

    const SEED: u64 = 0x5eed;
    const PREEMPTIONS: usize = 3;
    let each = std::env::var("AWC_EXECUTIONS").map_or(2000, |each| each.parse().expect("a number"));
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    // Some hundred steps are usual; whoever takes so many waits for what never comes.
    config.max_steps = MaxSteps::FailAfter(50_000);
    config.silence_warnings = true;
    let f = Arc::new(f);
    let again = f.clone();
    let random = Runner::new(RandomScheduler::new_from_seed(SEED, each), config.clone()).run(move || f());
    let pct = Runner::new(PctScheduler::new_from_seed(SEED, PREEMPTIONS, each), config).run(move || again());
    println!("{} executions", random + pct);
}
