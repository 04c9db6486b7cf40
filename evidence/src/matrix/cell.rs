//! One cell of the matrix: what became of one rule for one type.

use async_write_complete::contract::Rule;
use async_write_complete_conformance::{Outcome, Step, Violation};
use serde::{Deserialize, Serialize};

/// What a cell says in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mark {
    /// The rule held in every case.
    Holds,
    /// A case broke it.
    Broken,
    /// It does not apply, or nothing lets it be judged; the reason stands in `why`.
    DoesNotApply,
    /// Something else went wrong, so that the rule says nothing; `why` tells it.
    Unclear,
}

impl Mark {
    /// In the table.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Mark::Holds => "✓",
            Mark::Broken => "✗",
            Mark::DoesNotApply => "–",
            Mark::Unclear => "?",
        }
    }
}

/// One cell. The fields are those of the JSON; those that have nothing to say are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cell {
    /// The id of the rule.
    pub(crate) rule: String,
    /// Its short name.
    pub(crate) name: String,
    /// What became of it.
    pub(crate) verdict: Mark,
    /// How many cases held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cases: Option<usize>,
    /// How many cases were left out beside them, and why the first of them was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_out: Option<Skipped>,
    /// Why it does not apply or could not be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// How it was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
}

/// Cases that were not judged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skipped {
    /// How many.
    pub(crate) cases: usize,
    /// Why the first of them was not.
    pub(crate) why: String,
}

/// How a rule was broken.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    /// The case of the check.
    pub(crate) case: String,
    /// What the rule demands there.
    pub(crate) expected: String,
    /// What happened.
    pub(crate) seen: String,
    /// The poll that showed it.
    pub(crate) poll: usize,
    /// How many bytes the destination had then.
    pub(crate) byte: u64,
    /// What was done, and what came of it.
    pub(crate) story: Vec<Told>,
}

/// One step of a story.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    /// The number of the poll, if it was one.
    pub(crate) poll: Option<usize>,
    /// What the kit did.
    pub(crate) did: String,
    /// What came of it.
    pub(crate) saw: String,
    /// How many bytes the destination had afterwards.
    pub(crate) offset: Option<u64>,
}

impl Cell {
    /// The cell of an outcome.
    pub(crate) fn new(rule: Rule, outcome: Outcome) -> Self {
        let blank = |verdict| Self::blank(rule, verdict);
        match outcome {
            Outcome::Holds { cases, left_out } => {
                let left_out = left_out.map(|left_out| Skipped { cases: left_out.cases, why: left_out.why });
                Self { cases: Some(cases), left_out, ..blank(Mark::Holds) }
            }
            Outcome::Broken(violation) => Self { failure: Some((*violation).into()), ..blank(Mark::Broken) },
            Outcome::DoesNotApply(why) | Outcome::NotJudged(why) => {
                Self { why: Some(why), ..blank(Mark::DoesNotApply) }
            }
            Outcome::Unclear(why) => Self { why: Some(why), ..blank(Mark::Unclear) },
            other => Self { why: Some(format!("{other:?}")), ..blank(Mark::Unclear) },
        }
    }

    /// The cell of a process that told nothing.
    pub(crate) fn trouble(rule: Rule, why: String) -> Self {
        Self { why: Some(why), ..Self::blank(rule, Mark::Unclear) }
    }

    /// Whether the rule holds or does not apply.
    pub(crate) fn is_conforming(&self) -> bool {
        matches!(self.verdict, Mark::Holds | Mark::DoesNotApply)
    }

    fn blank(rule: Rule, verdict: Mark) -> Self {
        let (rule, name) = (rule.id().to_owned(), rule.name().to_owned());
        Self { rule, name, verdict, cases: None, left_out: None, why: None, failure: None }
    }
}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        let Violation { case, expected, seen, story, .. } = violation;
        let (poll, byte) = (story.polls(), story.offset());
        Self { case, expected, seen, poll, byte, story: story.steps().iter().map(Told::from).collect() }
    }
}

impl From<&Step> for Told {
    fn from(step: &Step) -> Self {
        let Step { poll, did, saw, offset } = step;
        Self { poll: *poll, did: did.clone(), saw: saw.clone(), offset: *offset }
    }
}
