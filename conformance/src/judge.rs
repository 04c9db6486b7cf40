//! [`Judge`]: runs the cases of a check, and comes to a verdict.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};

use async_write_complete::contract::Rule;

use crate::{
    checks,
    clock::{Clock, TICK},
    guard::{ignore_panics, text_of},
    kit::Kit,
    need::{Need, Why},
    reasons::Reasons,
    report::{LeftOut, Outcome, Violation},
    story::Log,
    trial::{BUILDING, Trial},
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
    /// The rule cannot be judged, whatever other cases say.
    Blind(String),
}

/// Runs the cases of one check.
pub(crate) struct Judge<'k> {
    pub(crate) kit: &'k Kit,
    rule: Rule,
    log: Log,
    cases: usize,
    left_out: Reasons,
    unclear: Option<String>,
    /// How many cases were unclear.
    unclear_cases: usize,
    blind: Option<String>,
}

/// How many unclear cases are enough, where waiting has come to nothing: what hangs in one hangs in most of them.
const ENOUGH_UNCLEAR: usize = 3;

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
            Err(Stop::Unclear(why)) => return self.is_unclear(format!("in the case \"{name}\": {why}")),
            Err(Stop::Skip(why)) => self.left_out.add(why),
            Err(Stop::Blind(why)) => drop(self.blind.get_or_insert(why)),
        }
        Ok(())
    }

    fn is_unclear(&mut self, why: String) -> Judged {
        self.unclear_cases += 1;
        let first = self.unclear.get_or_insert(why);
        let enough = self.kit.declared.has_waited_in_vain() && self.unclear_cases >= ENOUGH_UNCLEAR;
        if enough { Err(Stop::Unclear(first.clone())) } else { Ok(()) }
    }

    fn run(&self, name: &str, body: impl FnOnce(&mut Trial<'_>) -> Judged) -> Judged {
        self.log.clear(name);
        let built = catch_unwind(AssertUnwindSafe(|| Trial::new(self.kit, self.rule, name, self.log.clone())));
        let mut trial = built.map_err(|payload| Stop::Unclear(panicked(payload, &self.log)))?;
        // Caught before the writer is dropped, whose drop may panic as well.
        let ended = catch_unwind(AssertUnwindSafe(|| body(&mut trial)));
        match ended.unwrap_or_else(|payload| Err(Stop::Unclear(panicked(payload, &self.log)))) {
            Ok(()) => {
                let ended = catch_unwind(AssertUnwindSafe(|| trial.end()));
                ended.unwrap_or_else(|payload| Err(Stop::Unclear(panicked(payload, &self.log))))
            }
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
            (Err(Stop::Broken(violation)), _) => match self.kit.declared.waiver(self.rule) {
                Some(why) => {
                    Outcome::DoesNotApply(format!("it is broken, is a SHOULD here, and its author says: {why}"))
                }
                None => Outcome::Broken(violation),
            },
            (Err(Stop::Unclear(why)), _) | (_, Some(why)) => Outcome::Unclear(why),
            (Err(Stop::Skip(why)), None) => Outcome::NotJudged(why.to_string()),
            (Err(Stop::Blind(why)), None) => Outcome::NotJudged(why),
            (Ok(()), None) if self.cases > 0 && self.blind.is_none() => {
                Outcome::Holds { cases: self.cases, left_out: self.left_out.all() }
            }
            (Ok(()), None) => {
                let missed = self.blind.or_else(|| self.left_out.missed());
                not_judged(self.kit.declared.exemption(self.rule), missed, self.left_out.all())
            }
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

/// Runs `judge` on a thread of its own, so that a hang can be reported: as if `rule` had been judged, by random
/// sequences if they have a `seed`.
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
        let mut check = || {
            let judged = catch_unwind(AssertUnwindSafe(|| judge(&theirs, &their_log)));
            outcome = Some(judged.unwrap_or_else(|payload| Outcome::Unclear(panicked(payload, &their_log))));
        };
        match theirs.declared.within {
            Some(within) => within(&mut check),
            None => check(),
        }
        let _ = send.send(outcome);
    });
    if worker.is_err() {
        return Outcome::Unclear("no thread for the check".to_owned());
    }
    let (mut clock, mut elapsed) = (Clock::start(), Duration::ZERO);
    loop {
        let in_all =
            kit.declared.step_limit().saturating_mul(if kit.declared.has_waited_in_vain() { FEW_STEPS } else { STEPS });
        let received = receive.recv_timeout(TICK);
        let lap = clock.lap();
        elapsed += lap;
        let is_overdue = log.advance(lap, kit.declared.step_limit());
        match received {
            Ok(Some(outcome)) => return outcome,
            Ok(None) => return Outcome::Unclear("`within` did not call the check".to_owned()),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Outcome::Unclear("`within` panicked".to_owned()),
            Err(mpsc::RecvTimeoutError::Timeout) if is_overdue => {
                kit.declared.waited_in_vain();
                return hung(rule, seed, &log);
            }
            Err(mpsc::RecvTimeoutError::Timeout) if elapsed >= in_all => {
                kit.declared.waited_in_vain();
                return Outcome::Unclear(unfinished(in_all, &log));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}

fn judge(kit: &Kit, rule: Rule, log: &Log) -> Outcome {
    let mut judge = Judge {
        kit,
        rule,
        log: log.clone(),
        cases: 0,
        left_out: Reasons::default(),
        unclear: None,
        unclear_cases: 0,
        blind: None,
    };
    let ended = checks::of(rule)(&mut judge);
    judge.outcome(ended)
}

/// What is said of a panic that is not the writer's: the builder's or the observer's.
pub(crate) fn panicked(payload: Box<dyn Any + Send>, log: &Log) -> String {
    let text = text_of(payload);
    match log.unended() {
        Some(step) if step == BUILDING => {
            format!("the builder panicked: {text}; if the writer needs a runtime, enter it by `Certify::within`")
        }
        Some(step) => format!("the observer panicked while {step}: {text}{}", asks_for_a_runtime(&text)),
        None => format!("the builder or the observer panicked: {text}{}", asks_for_a_runtime(&text)),
    }
}

/// What to ask where a panic speaks of a runtime.
pub(crate) fn asks_for_a_runtime(text: &str) -> &'static str {
    let speaks_of_it = ["runtime", "reactor", "executor"].iter().any(|word| text.contains(word));
    if speaks_of_it { "; does the writer need a runtime? `Certify::within` enters it" } else { "" }
}

/// What is said of a check that takes too long.
fn unfinished(in_all: Duration, log: &Log) -> String {
    let step = log.so_far().steps().last().map_or_else(|| "the builder".to_owned(), |step| step.did.clone());
    let awaited = log.awaited().map_or_else(String::new, |what| format!(", waiting for {what}"));
    format!("not finished after {in_all:?}, in the case \"{}\", after `{step}`{awaited}", log.case())
}

/// What a check says that does not come back: P1 and O3 speak of hanging, and are broken, and so is W2 where the
/// destination takes no more; the others cannot be judged.
fn hung(rule: Rule, seed: Option<u64>, log: &Log) -> Outcome {
    let (story, case) = (log.so_far(), log.case());
    let last = story.steps().last().map_or("the builder", |step| step.did.as_str()).to_owned();
    let endless = rule == Rule::W2 && log.is_refusing();
    let why = match rule {
        _ if endless => "does it call for ever a destination that answers `Ok(0)`?",
        _ if case.contains("waker") => "is a lock held while a waker is woken or dropped?",
        Rule::O3 => "does the drop wait?",
        _ => {
            "does it loop or block, where a writer is `Pending`? One that may block its caller declares `Certify::room`"
        }
    };
    let seen = format!("`{last}` did not come back; {why}");
    if !endless && !matches!(rule, Rule::P1 | Rule::O3) {
        return Outcome::Unclear(format!("in the case \"{case}\": {seen}"));
    }
    let expected = "every poll and every drop comes back".to_owned();
    Outcome::Broken(Box::new(Violation { rule, case, expected, seen, story, seed }))
}
