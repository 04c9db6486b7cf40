//! One row of the result: what one subject showed in one case.

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::tally::Tally;

/// How every one of our subjects' labels begins.
pub(crate) const OURS: &str = "async-write-complete";

/// What the rounds of a row say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "rfcs", derive(serde::Deserialize), serde(rename_all = "kebab-case"))]
pub(crate) enum Verdict {
    /// Every round did what the case asks for.
    Holds,
    /// A round did not, or could not be measured.
    Broken,
    /// The subject has no such operation; the detail says why.
    NotApplicable,
}

impl Verdict {
    /// The word that the table and the JSON use.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Broken => "broken",
            Verdict::NotApplicable => "not-applicable",
        }
    }
}

/// What one subject showed in one case. The fields are those of the JSON.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The label of the subject.
    pub(crate) subject: String,
    /// The name of the case.
    pub(crate) case: &'static str,
    /// Rounds that were run.
    pub(crate) rounds: u32,
    /// Rounds that did not do what the case asks for.
    pub(crate) failures: u32,
    /// What follows from them.
    pub(crate) verdict: Verdict,
    /// What was seen, in words.
    pub(crate) detail: String,
}

impl Row {
    /// The row of rounds that were run: it holds only if at least one was, and none of them failed.
    pub(crate) fn measured(subject: String, case: &'static str, tally: &Tally) -> Self {
        let verdict = if tally.failures() == 0 && tally.rounds() > 0 { Verdict::Holds } else { Verdict::Broken };
        Row { subject, case, rounds: tally.rounds(), failures: tally.failures(), verdict, detail: tally.words() }
    }

    /// The row of a subject that has no such operation.
    pub(crate) fn not_applicable(subject: String, case: &'static str, reason: &str) -> Self {
        Row { subject, case, rounds: 0, failures: 0, verdict: Verdict::NotApplicable, detail: reason.to_owned() }
    }

    /// Whether this row is about our own writer.
    pub(crate) fn is_ours(&self) -> bool {
        self.subject.starts_with(OURS)
    }

    /// The writer, however it is called and driven: ours have many rows in a case.
    pub(super) fn writer(&self) -> &str {
        if self.is_ours() { OURS } else { &self.subject }
    }
}

/// By hand, because a derive takes longer to build than all of the audit.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Row", 6)?;
        row.serialize_field("subject", &self.subject)?;
        row.serialize_field("case", self.case)?;
        row.serialize_field("rounds", &self.rounds)?;
        row.serialize_field("failures", &self.failures)?;
        row.serialize_field("verdict", self.verdict.word())?;
        row.serialize_field("detail", &self.detail)?;
        row.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::Observation;
    use super::*;

    fn tally(failed: &[bool]) -> Tally {
        let mut tally = Tally::default();
        for &failed in failed {
            tally.add(Observation { failed, seen: "seen".to_owned() });
        }
        tally
    }

    #[test]
    fn rounds_without_a_failure_hold() {
        let row = Row::measured("tokio".to_owned(), "seed", &tally(&[false, false]));
        assert_eq!((row.verdict, row.rounds, row.failures), (Verdict::Holds, 2, 0));
    }

    #[test]
    fn one_failure_breaks_the_row() {
        let row = Row::measured("tokio".to_owned(), "seed", &tally(&[false, true, false]));
        assert_eq!((row.verdict, row.rounds, row.failures), (Verdict::Broken, 3, 1));
    }

    #[test]
    fn no_round_at_all_does_not_hold() {
        assert_eq!(Row::measured("tokio".to_owned(), "seed", &tally(&[])).verdict, Verdict::Broken);
    }

    #[test]
    fn a_round_that_could_not_be_measured_breaks_the_row() {
        let mut tally = tally(&[false]);
        tally.trouble("the process hung".to_owned());
        let row = Row::measured("tokio".to_owned(), "seed", &tally);
        assert_eq!((row.verdict, row.rounds, row.failures), (Verdict::Broken, 2, 1));
        assert!(row.detail.contains("the process hung"), "{}", row.detail);
    }

    #[test]
    fn json_has_exactly_the_six_fields() {
        let row = Row::not_applicable("async-write-complete".to_owned(), "seed", "no such thing");
        let json = serde_json::to_value(&row).expect("a row is JSON");
        let expected = serde_json::json!({
            "subject": "async-write-complete", "case": "seed", "rounds": 0, "failures": 0,
            "verdict": "not-applicable", "detail": "no such thing",
        });
        assert_eq!(json, expected);
    }

    #[cfg(feature = "rfcs")]
    #[test]
    fn a_verdict_is_read_from_its_word() {
        for verdict in [Verdict::Holds, Verdict::Broken, Verdict::NotApplicable] {
            assert_eq!(serde_json::from_value::<Verdict>(verdict.word().into()).expect("a verdict"), verdict);
        }
    }
}
