//! [`Judge`]: runs the cases of a check, and comes to a verdict.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use async_write_complete::contract::Rule;

use crate::{
    checks,
    guard::ignore_panics,
    kit::Kit,
    need::{Need, Why},
    report::{LeftOut, Outcome, Violation},
    story::Log,
    trial::Trial,
};

/// What a case or a step of it comes to, if it does not simply go on.
pub(crate) type Judged<T = ()> = Result<T, Stop>;

/// Why a case ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The rule is broken.
    Broken(Box<Violation>),
    /// Something else is wrong, so that the case says nothing of the rule.
    Unclear(String),
    /// What the case needs is not there.
    Skip(Why),
}

/// Runs the cases of one check.
pub(crate) struct Judge<'k> {
    pub(crate) kit: &'k Kit,
    rule: Rule,
    log: Log,
    cases: usize,
    left_out: Option<LeftOut>,
    /// Why the first case was left out that the author did not declare impossible.
    missed: Option<String>,
    unclear: Option<String>,
}

impl Judge<'_> {
    /// Runs one case with a fresh writer, if its needs are met.
    pub(crate) fn case(
        &mut self,
        name: impl Into<String>,
        needs: &[Need],
        body: impl FnOnce(&mut Trial<'_>) -> Judged,
    ) -> Judged {
        let name = name.into();
        // A case that makes no sense lacks nothing.
        let mut unmet: Vec<_> = needs.iter().filter_map(|need| self.kit.declared.unmet(*need)).collect();
        unmet.sort_by_key(|why| !why.is_declared());
        let ended = match unmet.into_iter().next() {
            Some(why) => Err(Stop::Skip(why)),
            None => self.run(&name, body),
        };
        match ended {
            Ok(()) => self.cases += 1,
            Err(Stop::Broken(violation)) => return Err(Stop::Broken(violation)),
            Err(Stop::Unclear(why)) => drop(self.unclear.get_or_insert(format!("{name}: {why}"))),
            Err(Stop::Skip(why)) => self.leave_out(&why),
        }
        Ok(())
    }

    fn leave_out(&mut self, why: &Why) {
        if !why.is_declared() {
            self.missed.get_or_insert(why.to_string());
        }
        self.left_out.get_or_insert(LeftOut { cases: 0, why: why.to_string() }).cases += 1;
    }

    fn run(&self, name: &str, body: impl FnOnce(&mut Trial<'_>) -> Judged) -> Judged {
        self.log.clear(name);
        let mut trial = Trial::new(self.kit, self.rule, name, self.log.clone());
        match body(&mut trial) {
            Ok(()) => trial.end(),
            ended => {
                // A writer whose drop waits for a held destination would wait for ever; and the trial may hold a waker
                // that panics when it is dropped.
                ignore_panics(|| drop(trial.end()));
                ended
            }
        }
    }

    fn outcome(self, ended: Judged) -> Outcome {
        match (ended, self.unclear) {
            (Err(Stop::Broken(violation)), _) => Outcome::Broken(violation),
            (Err(Stop::Unclear(why)), _) | (_, Some(why)) => Outcome::Unclear(why),
            (Err(Stop::Skip(why)), None) => Outcome::NotJudged(why.to_string()),
            (Ok(()), None) if self.cases > 0 => Outcome::Holds { cases: self.cases, left_out: self.left_out },
            (Ok(()), None) => not_judged(self.kit.declared.exemption(self.rule), self.missed, self.left_out),
        }
    }
}

/// No case was judged. The author may have declared that there is none, or give a reason.
fn not_judged(exemption: Option<&str>, missed: Option<String>, left_out: Option<LeftOut>) -> Outcome {
    match (exemption, missed, left_out) {
        (Some(why), ..) => Outcome::DoesNotApply(format!("its author says: {why}")),
        (None, Some(why), _) => Outcome::NotJudged(why),
        (None, None, Some(left_out)) => Outcome::DoesNotApply(left_out.why),
        (None, None, None) => Outcome::DoesNotApply("there is no case for it".to_owned()),
    }
}

/// How often the watchdog looks at the clock.
const TICK: Duration = Duration::from_millis(50);

/// How many times as long as one step all steps of a check may take; and of a writer of which a step hung before.
const STEPS: u32 = 150;
const FEW_STEPS: u32 = 10;

/// Checks one rule.
pub(crate) fn check(kit: &Kit, rule: Rule) -> Outcome {
    if let Some(why) = kit.declared.does_not_concern(rule) {
        return Outcome::DoesNotApply(why);
    }
    on_a_thread(kit, rule, None, move |kit, log| judge(kit, rule, log))
}

/// Runs `judge` on a thread of its own, so that a hang can be reported: as if `rule` had been judged, by random sequences
/// if they have a `seed`.
pub(crate) fn on_a_thread(
    kit: &Kit,
    rule: Rule,
    seed: Option<u64>,
    judge: impl Fn(&Kit, &Log) -> Outcome + Send + 'static,
) -> Outcome {
    let log = Log::default();
    let (send, receive) = mpsc::channel();
    let (theirs, their_log) = (kit.clone(), log.clone());
    let worker = thread::Builder::new().name(format!("check {}", rule.id())).spawn(move || {
        let mut outcome = None;
        (theirs.declared.within)(&mut || outcome = Some(judge(&theirs, &their_log)));
        let _ = send.send(outcome);
    });
    if worker.is_err() {
        return Outcome::Unclear("no thread for the check".to_owned());
    }
    let began = Instant::now();
    loop {
        let in_all =
            kit.declared.step_limit().saturating_mul(if kit.declared.has_waited_in_vain() { FEW_STEPS } else { STEPS });
        match receive.recv_timeout(TICK) {
            Ok(Some(outcome)) => return outcome,
            Ok(None) => return Outcome::Unclear("`within` did not call the check".to_owned()),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Outcome::Unclear("`within` panicked".to_owned()),
            Err(mpsc::RecvTimeoutError::Timeout) if log.is_overdue(kit.declared.step_limit()) => {
                kit.declared.waited_in_vain();
                return hung(rule, seed, &log);
            }
            Err(mpsc::RecvTimeoutError::Timeout) if began.elapsed() >= in_all => {
                kit.declared.waited_in_vain();
                return Outcome::Unclear(format!("not finished after {in_all:?}, in the case: {}", log.case()));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}

fn judge(kit: &Kit, rule: Rule, log: &Log) -> Outcome {
    let mut judge = Judge { kit, rule, log: log.clone(), cases: 0, left_out: None, missed: None, unclear: None };
    let ended = catch_unwind(AssertUnwindSafe(|| checks::of(rule)(&mut judge)));
    match ended {
        Ok(ended) => judge.outcome(ended),
        // A panic of the writer is caught where the kit calls it.
        Err(payload) => {
            std::mem::forget(payload);
            Outcome::Unclear("the builder or the observer panicked".to_owned())
        }
    }
}

/// What a check says that does not come back: P1 and O3 speak of hanging, and are broken; the others cannot be judged.
fn hung(rule: Rule, seed: Option<u64>, log: &Log) -> Outcome {
    let (story, case) = (log.so_far(), log.case());
    let last = story.steps().last().map_or("the builder", |step| step.did.as_str()).to_owned();
    let seen = format!("`{last}` did not come back");
    if !matches!(rule, Rule::P1 | Rule::O3) {
        return Outcome::Unclear(format!("{case}: {seen}"));
    }
    let expected = "every poll and every drop comes back".to_owned();
    Outcome::Broken(Box::new(Violation { rule, case, expected, seen, story, seed }))
}
