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

use self::sequence::{Menu, Sequence};
use super::{
    certify::Certify,
    judge::{self, Stop},
    report::Outcome,
    story::Log,
    tell::counted,
};
use crate::{contract::Rule, write::AsyncWriteComplete};

/// Which sequences are played, unless another seed is given.
const SEED: u64 = 1;

/// Says so otherwise, for a whole run of tests.
pub(super) const VARIABLE: &str = "AWC_SEED";

/// How many plays, and how many milliseconds, the search for a shorter sequence may take.
const MAX_SHRINKS: u32 = 4_000;
const MAX_SHRINK_TIME: u32 = 20_000;

/// How long the search for two operations to be left out may take.
const MAX_SHORTENING: Duration = Duration::from_secs(5);

impl<W: AsyncWriteComplete + 'static> Certify<W> {
    /// Plays random sequences of operations: submissions, plain and vectored, barriers, asked for or dropped at any poll,
    /// reads, seeks, syncs and closes as far as they are declared, while the destination is held, let go and made to do
    /// wrong. Each answer and each look at the destination is compared with a model.
    ///
    /// A sequence that breaks a rule is shrunk. What is reported is the short one, and the [seed](Self::seed) that found it.
    ///
    /// The destination has to be empty at first, and to take what it is not told to refuse.
    pub fn random(&self, cases: u32) -> Outcome {
        if !self.tickets {
            return Outcome::DoesNotApply("no sense here: the trait has no tickets".to_owned());
        }
        let seed = match self.seed_in_force() {
            Ok(seed) => seed,
            Err(why) => return Outcome::Unclear(why),
        };
        judge::on_a_thread(self, Rule::W13, Some(seed), move |kit, log| search(kit, cases, seed, log))
    }

    /// Plays random sequences, for a test.
    ///
    /// # Panics
    ///
    /// If one breaks a rule or cannot be judged; the message tells the sequence and the seed.
    #[track_caller]
    pub fn assert_random(&self, cases: u32) {
        match self.random(cases) {
            Outcome::Broken(violation) => panic!("\n{violation}"),
            Outcome::Unclear(why) => {
                panic!("\nrandom sequences could not be judged, because something else went wrong first: {why}")
            }
            Outcome::DoesNotApply(why) => println!("random sequences do not apply: {why}"),
            Outcome::Holds { cases, .. } => println!("every rule holds in {}", counted(cases, "random sequence")),
        }
    }

    fn seed_in_force(&self) -> Result<u64, String> {
        let Some(given) = env::var_os(VARIABLE) else { return Ok(self.seed.unwrap_or(SEED)) };
        let seed = given.to_str().and_then(|seed| seed.parse().ok());
        seed.ok_or_else(|| format!("the environment variable {VARIABLE} is {given:?}, which is no number"))
    }
}

fn search<W: AsyncWriteComplete + 'static>(kit: &Certify<W>, cases: u32, seed: u64, log: &Log) -> Outcome {
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
        Some(Stop::Unclear(why) | Stop::Skip(why)) => Outcome::Unclear(why),
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

/// The same sequences for the same seed. Nothing is written to disk, and nothing is read from there.
fn runner(cases: u32, seed: u64) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: MAX_SHRINKS,
        max_shrink_time: MAX_SHRINK_TIME,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}
