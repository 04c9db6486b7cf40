//! What group commit is to reach, judged by one run.

use super::{Row, subjects::Subject};

/// One number that is to be reached.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) value: f64,
    /// This or more.
    pub(crate) asked: f64,
}

impl Target {
    pub(crate) fn is_reached(&self) -> bool {
        self.value >= self.asked
    }

    /// On one line.
    pub(crate) fn text(&self) -> String {
        let verdict = if self.is_reached() { "reached" } else { "NOT REACHED" };
        let digits = if self.asked >= 100.0 { 0 } else { 2 };
        format!("{}: {:.digits$}, at least {:.digits$}: {verdict}", self.what, self.value, self.asked)
    }
}

/// All for which there are rows.
pub(crate) fn targets(rows: &[Row]) -> Vec<Target> {
    let per_second = |subject: Subject, durable: bool, len: usize| {
        let is_it =
            |row: &&Row| (row.durable, row.len, row.tasks) == (durable, len, 64) && row.subject == subject.name();
        rows.iter().find(is_it).map(|row| row.per_second)
    };
    let ours = |durable, len| per_second(Subject::GroupCommit, durable, len);
    let ratio = |len, subject| Some(ours(true, len)? / per_second(subject, true, len)?);
    let target = |what: String, value: Option<f64>, asked| Some(Target { what, value: value?, asked });
    let mut all = Vec::new();
    for len in super::LENGTHS {
        let what = |than: &str| format!("durable, {len} B, 64 tasks: records a second, in those of {than}");
        all.push(target(what("one sync for 64"), ratio(len, Subject::AllAtOnce), 0.9));
        all.push(target(what("a thread with a channel"), ratio(len, Subject::Thread), 1.0));
    }
    all.push(target("complete, 100 B, 64 tasks: records a second".to_owned(), ours(false, 100), 1e6));
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(durable: bool, subject: Subject, per_second: f64) -> Row {
        let subject = subject.name().to_owned();
        Row { durable, len: 100, tasks: 64, subject, per_second, cpu_ns: 1.0, p50_ns: 1.0, p99_ns: 1.0 }
    }

    #[test]
    fn what_was_measured_is_judged() {
        let rows = [
            row(true, Subject::GroupCommit, 80.0),
            row(true, Subject::AllAtOnce, 100.0),
            row(true, Subject::Thread, 50.0),
            row(false, Subject::GroupCommit, 999_999.0),
        ];
        let told: Vec<_> = targets(&rows).iter().map(|target| (target.value, target.is_reached())).collect();
        assert_eq!(told, [(0.8, false), (1.6, true), (999_999.0, false)]);
        assert!(targets(&rows)[2].text().ends_with("999999, at least 1000000: NOT REACHED"));
        assert_eq!(targets(&rows[..1]), []);
    }
}
