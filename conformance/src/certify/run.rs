//! How the kit checks a writer.

use std::sync::Arc;

use async_write_complete::{
    AsyncWriteComplete,
    contract::{Group, Rule},
};

use super::{Build, Certify, Specimen};
use crate::{
    judge,
    kit::{BuildFn, Kit},
    random,
    report::{Campaign, Outcome, Report, Verdict},
    subject::Erased,
};

impl<W: AsyncWriteComplete + 'static> Certify<W> {
    /// Checks every rule.
    pub fn run(&self) -> Report {
        let kit = self.kit();
        let verdicts = Rule::ALL.iter().map(|rule| Verdict { rule: *rule, outcome: judged(&kit, *rule) });
        Report { verdicts: verdicts.collect() }
    }

    /// Checks one rule.
    pub fn check(&self, rule: Rule) -> Outcome {
        judged(&self.kit(), rule)
    }

    /// Checks one rule, for a test.
    ///
    /// # Panics
    ///
    /// If the rule is broken or could not be judged; the message says how it came to that.
    #[track_caller]
    pub fn assert(&self, rule: Rule) {
        Verdict { rule, outcome: self.check(rule) }.assert();
    }

    /// Plays random sequences of operations: submissions, answered, settled, forgotten, held or made anew; reads,
    /// seeks, syncs and closes as far as they are declared, dropped at any poll, while the destination is held, let go
    /// and made to go wrong in each of its calls. Each answer, each `outstanding` and each look at the destination is
    /// compared with a model.
    ///
    /// A sequence that breaks a rule is shrunk. What is reported is the short one, and the [seed](Self::seed) that
    /// found it.
    ///
    /// The destination has to be empty at first, and to take what no fault has it refuse.
    pub fn random(&self, cases: u32) -> Outcome {
        let kit = self.kit();
        let over = |kit: &Kit, cases| random::check(kit, cases);
        let outcome = over(&kit, cases);
        and_over_the_others(&kit, outcome, |kit| over(kit, cases.div_ceil(4)))
    }

    /// Plays random sequences until so many operations were performed, or one breaks a rule: a long run of
    /// [`random`](Self::random). Each 1,000 of them have a seed of their own, from the [declared](Self::seed) one on.
    /// Look at its [`Counts`](crate::Counts) too: an observer that takes no fault makes none.
    pub fn campaign(&self, operations: u64) -> Campaign {
        random::campaign(&self.kit(), operations)
    }

    /// Plays the one sequence that these bytes choose: for a fuzzer, and to play again what it found.
    pub fn play(&self, choices: &[u8]) -> Outcome {
        random::check_choices(&self.kit(), choices)
    }

    /// Plays random sequences, for a test.
    ///
    /// # Panics
    ///
    /// If one breaks a rule or cannot be judged; the message has the sequence and the seed.
    #[track_caller]
    pub fn assert_random(&self, cases: u32) {
        random::assert(&self.random(cases));
    }

    fn kit(&self) -> Kit {
        let calls = &self.calls;
        let erased = |build: &Build<W>| -> BuildFn {
            let (build, calls) = (build.clone(), calls.clone());
            Arc::new(move || {
                let Specimen { writer, observer } = build();
                (Box::new(Erased::new(writer, calls.clone())), observer)
            })
        };
        let others = self.others.iter().map(|(name, build)| (*name, erased(build))).collect();
        Kit { build: erased(&self.build), others, declared: self.declared.clone(), tally: Arc::default() }
    }
}

/// Checks `rule`, over each destination that it speaks of.
fn judged(kit: &Kit, rule: Rule) -> Outcome {
    let outcome = judge::check(kit, rule);
    // How often an answer is ready at once depends on what is below.
    if !matches!(rule.group(), Group::Trait | Group::Polls) || rule == Rule::P4 {
        return outcome;
    }
    and_over_the_others(kit, outcome, |kit| judge::check(kit, rule))
}

/// The first outcome that is no good; or that over the first destination, with the cases of all.
fn and_over_the_others(kit: &Kit, first: Outcome, judge: impl Fn(&Kit) -> Outcome) -> Outcome {
    let Outcome::Holds { mut cases, left_out } = first else { return first };
    for (name, build) in &kit.others {
        let kit = Kit { build: build.clone(), others: Vec::new(), ..kit.clone() };
        match judge(&kit) {
            Outcome::Holds { cases: more, .. } => cases += more,
            // There may be nothing to judge over this one.
            Outcome::DoesNotApply(_) | Outcome::NotJudged(_) => {}
            outcome => return outcome.over(name),
        }
    }
    Outcome::Holds { cases, left_out }
}
