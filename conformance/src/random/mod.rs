//! Random sequences of operations, each compared with a model, and shrunk to a short one where they differ.
//!
//! | file | what is in it |
//! |---|---|
//! | `sequence.rs` | the operations, as far as a writer declared them |
//! | `play.rs`, `play/`, `drive.rs` | a sequence on a fresh writer, and how far each operation is carried |
//! | `model/`, `image.rs` | what the writer may answer, and what its destination may have |
//! | `fate.rs` | what was injected, and what comes of each write by it |
//! | `breach.rs` | what is reported of an answer that is not allowed |
//! | `by_content/` | the same four for `poll_write`, where the bytes say which write is meant |

use std::{
    cell::RefCell,
    env, fmt,
    time::{Duration, Instant},
};

use async_write_complete::contract::Rule;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

mod breach;
mod by_content;
mod drive;
mod fate;
mod image;
mod model;
mod play;
mod sequence;

use self::sequence::{Menu, Sequence};
use crate::{
    describe::counted,
    judge::{self, Judged, Stop},
    kit::Kit,
    report::{Campaign, Outcome},
    story::Log,
    tally::{Counts, Tally},
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

/// How many sequences of a campaign have one seed: few enough that they end long before what a check may take.
const CHUNK: u32 = 1_000;

/// Plays random sequences on the writer that `kit` builds.
pub(crate) fn check(kit: &Kit, cases: u32) -> Outcome {
    match seed_in_force(kit.declared.seed) {
        Ok(seed) => check_with(kit, seed, cases),
        Err(why) => Outcome::Unclear(why),
    }
}

/// Plays the one sequence that these bytes choose.
pub(crate) fn check_choices(kit: &Kit, choices: &[u8]) -> Outcome {
    let choices = choices.to_vec();
    on_a_thread(kit, None, move |kit, log| {
        let menu = Menu::of(kit);
        let played = match kit.declared.tickets {
            true => play::play(kit, &sequence::chosen(menu.operations(), &choices), log),
            false => by_content::play(kit, &sequence::chosen(by_content::operations(&menu), &choices), log),
        };
        played.map_or_else(Outcome::from, |()| Outcome::Holds { cases: 1, left_out: None })
    })
}

/// Plays sequences, of one seed after the other, until so many operations were performed or one breaks a rule.
pub(crate) fn campaign(kit: &Kit, operations: u64) -> Campaign {
    let outcome = Outcome::Holds { cases: 0, left_out: None };
    let mut campaign = Campaign { sequences: 0, counts: Counts::default(), outcome };
    let first = match seed_in_force(kit.declared.seed) {
        Ok(seed) => seed,
        Err(why) => return Campaign { outcome: Outcome::Unclear(why), ..campaign },
    };
    for seed in first.. {
        let before = campaign.counts.operations;
        campaign.outcome = check_with(kit, seed, CHUNK);
        campaign.counts = kit.tally.counts();
        let Outcome::Holds { cases, .. } = campaign.outcome else { break };
        campaign.sequences += cases as u64;
        if campaign.counts.operations >= operations {
            campaign.outcome = Outcome::Holds { cases: campaign.sequences as usize, left_out: None };
            break;
        }
        if campaign.counts.operations == before {
            campaign.outcome = Outcome::Unclear(format!("seed {seed}: no operation could be performed"));
            break;
        }
    }
    campaign
}

fn check_with(kit: &Kit, seed: u64, cases: u32) -> Outcome {
    on_a_thread(kit, Some(seed), move |kit, log| {
        let (menu, runner) = (Menu::of(kit), runner(cases, seed));
        if kit.declared.tickets {
            let sequences = sequence::sequences(menu.operations());
            return search(&sequences, runner, seed, &kit.tally, |sequence| play::play(kit, sequence, log));
        }
        let sequences = sequence::sequences(by_content::operations(&menu));
        search(&sequences, runner, seed, &kit.tally, |sequence| by_content::play(kit, sequence, log))
    })
}

fn on_a_thread(kit: &Kit, seed: Option<u64>, body: impl Fn(&Kit, &Log) -> Outcome + Send + 'static) -> Outcome {
    if !kit.declared.tickets && !kit.declared.is_identified_by_content {
        return Outcome::DoesNotApply("no sense here: the trait has no tickets".to_owned());
    }
    judge::on_a_thread(kit, Rule::P1, seed, body)
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

fn search<O: Clone + fmt::Debug>(
    sequences: &impl Strategy<Value = Sequence<O>>,
    mut runner: TestRunner,
    seed: u64,
    tally: &Tally,
    play: impl Fn(&Sequence<O>) -> Judged,
) -> Outcome {
    // That of the last play that stopped, which is the shortest one that did.
    let stopped = RefCell::new(None);
    let play = |sequence: &Sequence<O>| {
        play(sequence).map_err(|stop| {
            tally.close();
            *stopped.borrow_mut() = Some(stop);
            TestCaseError::fail("a rule is broken")
        })
    };
    match runner.run(sequences, |sequence| play(&sequence)) {
        Ok(()) => return Outcome::Holds { cases: runner.config().cases as usize, left_out: None },
        Err(TestError::Fail(_, sequence)) => shorten(sequence, |shorter| play(shorter).is_err()),
        Err(TestError::Abort(reason)) => return Outcome::Unclear(format!("seed {seed}: {reason}")),
    }
    match stopped.into_inner() {
        Some(Stop::Broken(mut violation)) => {
            violation.seed = Some(seed);
            Outcome::Broken(violation)
        }
        Some(stop) => stop.into(),
        None => Outcome::Unclear(format!("seed {seed}: the builder or the observer panicked")),
    }
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Broken(violation) => Self::Broken(violation),
            Stop::Unclear(why) | Stop::Blind(why) => Self::Unclear(why),
            Stop::Skip(why) => Self::Unclear(why.to_string()),
        }
    }
}

/// Leaves out two operations at once for as long as that `breaks` a rule: one of them alone may be what the other
/// needs.
fn shorten<O: Clone>(mut sequence: Sequence<O>, breaks: impl Fn(&Sequence<O>) -> bool) {
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
    // The default generator takes most of the time of an unoptimized test.
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::XorShift, &spread(seed)))
}

/// Neither half is zero, which the generator does not take; and similar seeds differ in many bits.
fn spread(seed: u64) -> Vec<u8> {
    let halves =
        [seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, seed.rotate_left(32) ^ 0xD1B5_4A32_D192_ED03];
    halves.map(u64::to_le_bytes).concat()
}
