//! How the kit checks a writer.

use std::sync::Arc;

use async_write_complete::{AsyncWriteComplete, contract::Rule};

use super::{Certify, Specimen};
use crate::{
    judge,
    kit::Kit,
    random,
    report::{Campaign, Outcome, Report, Verdict},
    subject::Erased,
};

impl<W: AsyncWriteComplete + 'static> Certify<W> {
    /// Checks every rule.
    pub fn run(&self) -> Report {
        let kit = self.kit();
        let verdicts = Rule::ALL.iter().map(|rule| Verdict { rule: *rule, outcome: judge::check(&kit, *rule) });
        Report { verdicts: verdicts.collect() }
    }

    /// Checks one rule.
    pub fn check(&self, rule: Rule) -> Outcome {
        judge::check(&self.kit(), rule)
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

    /// Plays random sequences of operations: submissions, answered, settled, forgotten or made anew; reads, seeks, syncs
    /// and closes as far as they are declared, dropped at any poll, while the destination is held, let go and made to go
    /// wrong. Each answer, each `outstanding` and each look at the destination is compared with a model.
    ///
    /// A sequence that breaks a rule is shrunk. What is reported is the short one, and the [seed](Self::seed) that found it.
    ///
    /// The destination has to be empty at first, and to take what no fault has it refuse.
    pub fn random(&self, cases: u32) -> Outcome {
        random::check(&self.kit(), cases)
    }

    /// Plays random sequences until they have had so many operations, or one breaks a rule: a long run of
    /// [`random`](Self::random). Each 1,000 of them have a seed of their own, from the [declared](Self::seed) one on.
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
        let (build, calls) = (self.build.clone(), self.calls.clone());
        let build = move || -> crate::kit::Built {
            let Specimen { writer, observer } = build();
            (Box::new(Erased::new(writer, calls.clone())), observer)
        };
        Kit { build: Arc::new(build), declared: self.declared.clone() }
    }
}
