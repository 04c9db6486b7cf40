//! The proof of the conformance kit: each rule has a check, and each check catches what it is for, and nothing else.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use async_write_complete::contract::Rule;
use async_write_complete_conformance::{
    Outcome, certify,
    faulty::{self, Flaw},
};

#[test]
fn every_rule_has_a_test_in_the_macro_and_two_faulty_writers() {
    let listed = certify!(@each rules {});
    let rules = listed.map(|(rule, _)| rule);
    assert_eq!(rules, Rule::ALL, "add the rule to the list in src/macros.rs, in the order of the contract");
    for (rule, name) in listed {
        let expected = format!("{}_{}", rule.id(), rule.name().replace(' ', "_")).to_lowercase();
        assert_eq!(name, expected, "the test of {rule} is named after it in src/macros.rs");
        let flaws = Flaw::ALL.iter().filter(|flaw| flaw.rule() == rule).count();
        assert!(flaws >= 2, "{rule} has {flaws} flaws: add some to src/faulty/mod.rs that break it alone");
    }
}

#[test]
fn a_writer_without_a_flaw_keeps_every_rule() {
    for (certify, at_once) in [(faulty::certify(None), false), (faulty::certify_at_once(), true)] {
        for verdict in certify.run().verdicts() {
            match &verdict.outcome {
                Outcome::Holds { .. } => {}
                Outcome::DoesNotApply(_) if at_once => {}
                _ => panic!("at once: {at_once}\n{verdict}"),
            }
        }
    }
}

#[test]
fn each_flaw_is_reported_under_its_rule_and_no_other() {
    // Some flaws are deadlocks, which are waited for.
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut wrong = String::new();
        while let Some(flaw) = Flaw::ALL.get(next.fetch_add(1, Relaxed)) {
            let report = faulty::certify(Some(*flaw)).run();
            wrong += &match report.broken()[..] {
                [rule] if rule == flaw.rule() => continue,
                [] => format!("no check noticed {flaw:?}: its rule is {}\n{report}\n", flaw.rule()),
                ref broken => {
                    let only = "make the flaw narrower, or the other checks leave it to this rule";
                    format!("{flaw:?} breaks {}, and is reported under {broken:?}: {only}\n{report}\n", flaw.rule())
                }
            };
        }
        wrong
    };
    let wrong: String = thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().expect("the kit does not panic")).collect()
    });
    assert!(wrong.is_empty(), "{wrong}");
}
