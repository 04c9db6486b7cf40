//! [`Report`]: what the kit found out about a writer, rule by rule.

use std::fmt;

use async_write_complete::contract::Rule;

use crate::{describe::counted, random::VARIABLE, story::Story, tally::Counts};

/// One verdict for each rule.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) verdicts: Vec<Verdict>,
}

impl Report {
    /// The verdicts, in the order of the rules.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// What was found out about `rule`.
    pub fn outcome(&self, rule: Rule) -> Option<&Outcome> {
        self.verdicts.iter().find(|verdict| verdict.rule == rule).map(|verdict| &verdict.outcome)
    }

    /// The rules that are broken.
    pub fn broken(&self) -> Vec<Rule> {
        let broken = self.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Broken(_)));
        broken.map(|verdict| verdict.rule).collect()
    }

    /// Whether every rule was judged and holds, or does not apply to what was declared.
    pub fn is_conforming(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.outcome.is_conforming())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verdicts.iter().try_for_each(|verdict| writeln!(f, "{verdict}"))
    }
}

/// What was found out about one rule.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// What became of its check.
    pub outcome: Outcome,
}

impl Verdict {
    /// For a test.
    #[track_caller]
    pub(crate) fn assert(&self) {
        assert!(self.outcome.is_conforming(), "\n{self}");
        println!("{self}");
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Holds { cases, left_out } => {
                write!(f, "{}: holds in {}", self.rule, counted(*cases, "case"))?;
                left_out.iter().try_for_each(|left_out| write!(f, "; {left_out}"))
            }
            Outcome::Broken(violation) => write!(f, "{violation}"),
            Outcome::DoesNotApply(why) => write!(f, "{}: does not apply: {why}", self.rule),
            Outcome::NotJudged(why) => {
                writeln!(f, "{}: no case could be judged: {why}", self.rule)?;
                write!(f, "  declare more of the writer, let its observer do more, or leave the rule to yourself: ")?;
                write!(f, "`.exempt(&[Rule::{}], \"the reason\")`", self.rule.id())
            }
            Outcome::Unclear(why) => {
                write!(f, "{}: could not be judged, because something else went wrong first: {why}", self.rule)
            }
        }
    }
}

/// What a long run of random sequences came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Campaign {
    /// How many sequences held.
    pub sequences: u64,
    /// What was done in them, and in the beginning of the one that broke a rule.
    pub counts: Counts,
    /// Whether one of them broke a rule.
    pub outcome: Outcome,
}

/// What became of the check of a rule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The rule held in N cases.
    Holds {
        /// How many.
        cases: usize,
        /// Those that need what was not declared, or cannot be observed.
        left_out: Option<LeftOut>,
    },
    /// The rule was broken.
    Broken(Box<Violation>),
    /// The rule says nothing of what was declared, or its author [exempts](crate::Certify::exempt) it; says which.
    DoesNotApply(String),
    /// No case could be judged, because something was not declared or cannot be observed; says what. The test of the
    /// rule fails until that changes, or the author [exempts](crate::Certify::exempt) the rule.
    NotJudged(String),
    /// Something else went wrong first, in the writer, its declaration, its builder or its observer, so that this rule
    /// could not be judged; says what.
    Unclear(String),
}

/// Cases that were not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// How many.
    pub cases: usize,
    /// Why they were not: each reason with its number of cases, those that an observer could cure first, optional
    /// features that were not declared last.
    pub why: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} left out: {}", self.cases, self.why)
    }
}

impl Outcome {
    /// What went wrong went wrong over this destination.
    pub(crate) fn over(mut self, destination: &str) -> Self {
        match &mut self {
            Self::Broken(violation) => violation.case = format!("{}, {destination}", violation.case),
            Self::Unclear(why) => *why = format!("{destination}: {why}"),
            _ => {}
        }
        self
    }

    /// Whether the rule holds or does not apply.
    pub fn is_conforming(&self) -> bool {
        matches!(self, Self::Holds { .. } | Self::DoesNotApply(_))
    }
}

/// A rule that was broken: what was expected, what was seen, and how it came to that.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The case of its check.
    pub case: String,
    /// What the rule demands here.
    pub expected: String,
    /// What happened instead.
    pub seen: String,
    /// Every step up to it.
    pub story: Story,
    /// What the random sequences were made from that found it; `None` for a case of a check.
    pub seed: Option<u64>,
}

impl fmt::Display for Violation {
    /// Several lines: rule, case, expected, seen, where, and the story.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: broken", self.rule)?;
        writeln!(f, "  the rule:  {}", self.rule.text())?;
        writeln!(f, "  case:      {}", self.case)?;
        writeln!(f, "  expected:  {}", self.expected)?;
        writeln!(f, "  seen:      {}", self.seen)?;
        match self.seed {
            Some(seed) => writeln!(f, "  reproduce: `{VARIABLE}={seed}`, or `.seed({seed}).random(256)`")?,
            None => writeln!(f, "  reproduce: `check(Rule::{})`, case as above, {}", self.rule.id(), self.place())?,
        }
        write!(f, "  the story:\n{}", self.story)
    }
}

impl Violation {
    /// The place of the violation in its story.
    fn place(&self) -> String {
        let at = counted(self.story.offset() as usize, "byte");
        format!("after poll {}, with {at} at the destination", self.story.polls())
    }
}
