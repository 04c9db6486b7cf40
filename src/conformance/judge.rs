//! [`Judge`]: runs the cases of a check, and comes to a verdict.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{
    certify::Certify,
    checks,
    need::Need,
    report::{LeftOut, Outcome, Violation},
    story::Log,
    trial::Trial,
};
use crate::{contract::Rule, guard::quietly, write::AsyncWriteComplete};

/// What a case or a step of it comes to, if it does not simply go on.
pub(super) type Judged<T = ()> = Result<T, Stop>;

/// Why a case ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The rule is broken.
    Broken(Box<Violation>),
    /// Something else is wrong, so that the case says nothing of the rule.
    Unclear(String),
    /// What the case needs is not there.
    Skip(String),
}

/// Runs the cases of one check.
pub(super) struct Judge<'k, W> {
    pub(super) kit: &'k Certify<W>,
    rule: Rule,
    log: Log,
    cases: usize,
    left_out: Option<LeftOut>,
    unclear: Option<String>,
}

impl<W: AsyncWriteComplete + 'static> Judge<'_, W> {
    /// Runs one case with a fresh writer, if its needs are met.
    pub(super) fn case(
        &mut self,
        name: impl Into<String>,
        needs: &[Need],
        body: impl FnOnce(&mut Trial<'_, W>) -> Judged,
    ) -> Judged {
        let name = name.into();
        let unmet = needs.iter().find_map(|need| self.kit.unmet(*need));
        let ended = match unmet {
            Some(why) => Err(Stop::Skip(why)),
            None => self.run(&name, body),
        };
        match ended {
            Ok(()) => self.cases += 1,
            Err(Stop::Broken(violation)) => return Err(Stop::Broken(violation)),
            Err(Stop::Unclear(why)) => drop(self.unclear.get_or_insert(format!("{name}: {why}"))),
            Err(Stop::Skip(why)) => self.left_out.get_or_insert(LeftOut { cases: 0, why }).cases += 1,
        }
        Ok(())
    }

    fn run(&self, name: &str, body: impl FnOnce(&mut Trial<'_, W>) -> Judged) -> Judged {
        self.log.clear(name);
        let mut trial = Trial::new(self.kit, self.rule, name, self.log.clone());
        match body(&mut trial) {
            Ok(()) => trial.end(),
            ended => {
                // A writer whose drop waits for a held destination would wait for ever; and the trial may hold a waker
                // that panics when it is dropped.
                quietly(|| drop(trial.end()));
                ended
            }
        }
    }

    fn outcome(self, ended: Judged) -> Outcome {
        match (ended, self.unclear, self.cases) {
            (Err(Stop::Broken(violation)), ..) => Outcome::Broken(violation),
            (Err(Stop::Unclear(why)), ..) | (_, Some(why), _) => Outcome::Unclear(why),
            (Err(Stop::Skip(why)), _, 0) => Outcome::DoesNotApply(why),
            (_, None, 0) => {
                let why = self.left_out.map(|left_out| left_out.why);
                Outcome::DoesNotApply(why.unwrap_or_else(|| "there is no case for it".to_owned()))
            }
            (_, None, cases) => Outcome::Holds { cases, left_out: self.left_out },
        }
    }
}

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);

/// Checks one rule.
pub(super) fn check<W: AsyncWriteComplete + 'static>(kit: &Certify<W>, rule: Rule) -> Outcome {
    if let Some(why) = (kit.exempt)(rule) {
        return Outcome::DoesNotApply(why.to_owned());
    }
    on_a_thread(kit, rule, None, move |kit, log| judge(kit, rule, log))
}

/// How many times as long as one step all steps of a check may take.
const STEPS: u32 = 10;

/// Runs `judge` on a thread of its own, so that what hangs is told: as if `rule` had been judged, by random sequences if
/// they have a `seed`.
pub(super) fn on_a_thread<W: AsyncWriteComplete + 'static>(
    kit: &Certify<W>,
    rule: Rule,
    seed: Option<u64>,
    judge: impl Fn(&Certify<W>, &Log) -> Outcome + Send + 'static,
) -> Outcome {
    let (log, limit, in_all) = (Log::default(), kit.limit, kit.limit.saturating_mul(STEPS));
    let (send, receive) = mpsc::channel();
    let (kit, theirs) = (kit.clone(), log.clone());
    let worker = thread::Builder::new().name(format!("check {}", rule.id())).spawn(move || {
        let mut outcome = None;
        (kit.within)(&mut || outcome = Some(judge(&kit, &theirs)));
        let _ = send.send(outcome);
    });
    if worker.is_err() {
        return Outcome::Unclear("no thread for the check".to_owned());
    }
    let began = Instant::now();
    loop {
        match receive.recv_timeout(TICK) {
            Ok(Some(outcome)) => return outcome,
            Ok(None) => return Outcome::Unclear("`within` did not call the check".to_owned()),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Outcome::Unclear("`within` panicked".to_owned()),
            Err(mpsc::RecvTimeoutError::Timeout) if log.is_overdue(limit) => return hung(rule, seed, &log),
            Err(mpsc::RecvTimeoutError::Timeout) if began.elapsed() >= in_all => {
                return Outcome::Unclear(format!("not finished after {in_all:?}, in the case: {}", log.case()));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}

fn judge<W: AsyncWriteComplete + 'static>(kit: &Certify<W>, rule: Rule, log: &Log) -> Outcome {
    let mut judge = Judge { kit, rule, log: log.clone(), cases: 0, left_out: None, unclear: None };
    let ended = catch_unwind(AssertUnwindSafe(|| checks::of(rule)(&mut judge)));
    match ended {
        Ok(ended) => judge.outcome(ended),
        // Of the builder or the observer: what the writer does is caught where it is called.
        Err(payload) => {
            std::mem::forget(payload);
            Outcome::Unclear("the builder or the observer panicked".to_owned())
        }
    }
}

/// What a check that does not come back says: of the rules about hanging that one is broken, of the others nothing.
fn hung(rule: Rule, seed: Option<u64>, log: &Log) -> Outcome {
    let (story, case) = (log.told(), log.case());
    let last = story.steps().last().map_or("the builder", |step| step.did.as_str()).to_owned();
    let seen = format!("`{last}` did not come back");
    if !matches!(rule, Rule::W11 | Rule::W13 | Rule::W14) {
        return Outcome::Unclear(format!("{case}: {seen}"));
    }
    let expected = "every poll and every drop comes back".to_owned();
    Outcome::Broken(Box::new(Violation { rule, case, expected, seen, story, seed }))
}
