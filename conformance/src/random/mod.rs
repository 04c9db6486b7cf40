//! Random sequences of operations, each compared with a model, and shrunk to a short one where they differ.

use std::{
    cell::RefCell,
    env,
    time::{Duration, Instant},
};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

mod breach;
mod fate;
mod image;
mod model;
mod play;
mod sequence;

use async_write_complete::contract::Rule;

use self::sequence::{Menu, Sequence};
use crate::{
    describe::counted,
    judge::{self, Stop},
    kit::Kit,
    report::Outcome,
    story::Log,
};

/// Which sequences are played, unless another seed is given.
const SEED: u64 = 1;

/// Says so otherwise, for a whole run of tests.
pub(crate) const VARIABLE: &str = "AWC_SEED";

/// How many plays, and how many milliseconds, the search for a shorter sequence may take.
const MAX_SHRINKS: u32 = 4_000;
const MAX_SHRINK_TIME: u32 = 10_000;

/// How long the search for two operations to be left out may take.
const MAX_SHORTENING: Duration = Duration::from_secs(5);

/// Plays random sequences on the writer that `kit` builds.
pub(crate) fn check(kit: &Kit, cases: u32) -> Outcome {
    if !kit.declared.tickets {
        return Outcome::DoesNotApply("no sense here: the trait has no tickets".to_owned());
    }
    let seed = match seed_in_force(kit.declared.seed) {
        Ok(seed) => seed,
        Err(why) => return Outcome::Unclear(why),
    };
    judge::on_a_thread(kit, Rule::P1, Some(seed), move |kit, log| search(kit, cases, seed, log))
}

/// For a test.
#[track_caller]
pub(crate) fn assert(outcome: &Outcome) {
    match outcome {
        Outcome::Broken(violation) => panic!("\n{violation}"),
        Outcome::Unclear(why) => {
            panic!("\nrandom sequences could not be judged, because something else went wrong first: {why}")
        }
        Outcome::DoesNotApply(why) | Outcome::NotJudged(why) => println!("random sequences do not apply: {why}"),
        Outcome::Holds { cases, .. } => println!("every rule holds in {}", counted(*cases, "random sequence")),
    }
}

fn seed_in_force(declared: Option<u64>) -> Result<u64, String> {
    let Some(given) = env::var_os(VARIABLE) else { return Ok(declared.unwrap_or(SEED)) };
    let seed = given.to_str().and_then(|seed| seed.parse().ok());
    seed.ok_or_else(|| format!("the environment variable {VARIABLE} is {given:?}, which is no number"))
}

fn search(kit: &Kit, cases: u32, seed: u64, log: &Log) -> Outcome {
    let mut runner = runner(cases, seed);
    // That of the last play that stopped, which is the shortest one that did.
    let stopped = RefCell::new(None);
    let play = |sequence: &Sequence| {
        play::play(kit, sequence, log).map_err(|stop| {
            *stopped.borrow_mut() = Some(stop);
            TestCaseError::fail("a rule is broken")
        })
    };
    match runner.run(&Menu::of(kit).sequences(), |sequence| play(&sequence)) {
        Ok(()) => return Outcome::Holds { cases: cases as usize, left_out: None },
        Err(TestError::Fail(_, sequence)) => shorten(sequence, |shorter| play(shorter).is_err()),
        Err(TestError::Abort(reason)) => return Outcome::Unclear(format!("seed {seed}: {reason}")),
    }
    match stopped.into_inner() {
        Some(Stop::Broken(mut violation)) => {
            violation.seed = Some(seed);
            Outcome::Broken(violation)
        }
        Some(Stop::Unclear(why)) => Outcome::Unclear(why),
        Some(Stop::Skip(why)) => Outcome::Unclear(why.to_string()),
        None => Outcome::Unclear(format!("seed {seed}: the builder or the observer panicked")),
    }
}

/// Leaves out two operations at once for as long as that `breaks` a rule: one of them alone may be what the other needs.
fn shorten(mut sequence: Sequence, breaks: impl Fn(&Sequence) -> bool) {
    let end = Instant::now() + MAX_SHORTENING;
    while let Some(shorter) = sequence.shorter().find(|shorter| Instant::now() < end && breaks(shorter)) {
        sequence = shorter;
    }
}

/// Plays the same sequences for the same seed. It writes nothing to disk, and reads nothing from there.
fn runner(cases: u32, seed: u64) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: MAX_SHRINKS,
        max_shrink_time: MAX_SHRINK_TIME,
        ..Config::default()
    };
    // Neither half is zero, which this generator does not take; and similar seeds differ in many bits.
    let halves =
        [seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, seed.rotate_left(32) ^ 0xD1B5_4A32_D192_ED03];
    let bytes = halves.map(u64::to_le_bytes).concat();
    // The default generator takes most of the time of an unoptimized test.
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::XorShift, &bytes))
}
