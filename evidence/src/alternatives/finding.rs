//! [`Alternative`], and the [`Finding`] of its demonstration.

use std::{fmt, process::ExitCode};

use serde::Serialize;

/// Columns of the output.
const WIDTH: usize = 120;

/// A rejected design.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alternative {
    /// For the command line, and the name of its file.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What its advocate says.
    pub(super) claim: &'static str,
    /// What is true of it all the same.
    pub(super) in_favor: &'static str,
    /// What its code is made to do.
    pub(super) scenario: &'static str,
    /// Does it.
    pub(super) demonstrate: fn() -> anyhow::Result<Finding>,
}

/// As `--list` shows it.
impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.title)?;
        f.write_str(&paragraph("claim", self.claim))?;
        f.write_str(&paragraph("in favor", self.in_favor))?;
        f.write_str(&paragraph("scenario", self.scenario))
    }
}

/// One scenario, three times in the same words: told of what should be, and of two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What a caller may count on.
    pub(super) expected: String,
    /// What the alternative did.
    pub(super) happened: String,
    /// What this crate's writer did.
    pub(super) ours: String,
}

impl Finding {
    /// Whether the scenario kills the alternative.
    pub(super) fn is_killed(&self) -> bool {
        self.happened != self.expected
    }

    /// Whether this crate's writer passes the same scenario.
    pub(super) fn ours_pass(&self) -> bool {
        self.ours == self.expected
    }
}

/// One alternative, as it is printed and as it stands in the JSON.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    name: &'static str,
    title: &'static str,
    claim: &'static str,
    in_favor: &'static str,
    scenario: &'static str,
    expected: String,
    happened: String,
    ours: String,
    killed: bool,
    ours_pass: bool,
}

impl Row {
    pub(super) fn new(alternative: &Alternative, finding: Finding) -> Self {
        let Alternative { name, title, claim, in_favor, scenario, .. } = *alternative;
        let (killed, ours_pass) = (finding.is_killed(), finding.ours_pass());
        let Finding { expected, happened, ours } = finding;
        Self { name, title, claim, in_favor, scenario, expected, happened, ours, killed, ours_pass }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.title)?;
        let verdict = if self.killed { "killed" } else { "NOT KILLED" };
        let ours = if self.ours_pass { "" } else { " (NOT as expected)" };
        f.write_str(&paragraph("claim", self.claim))?;
        f.write_str(&paragraph("in favor", self.in_favor))?;
        f.write_str(&paragraph("scenario", self.scenario))?;
        f.write_str(&paragraph("expected", &self.expected))?;
        f.write_str(&paragraph("happened", &format!("{} ({verdict})", self.happened)))?;
        f.write_str(&paragraph("ours", &format!("{}{ours}", self.ours)))
    }
}

/// A text with a label, in lines.
fn paragraph(label: &str, text: &str) -> String {
    let (first, others) = (format!("  {:11}", format!("{label}:")), " ".repeat(13));
    let lines = textwrap::Options::new(WIDTH).break_words(false).initial_indent(&first).subsequent_indent(&others);
    textwrap::fill(text, lines) + "\n"
}

/// One sentence about all of them.
pub(super) fn last_line(rows: &[Row]) -> String {
    let killed = rows.iter().filter(|row| row.killed).count();
    let pass = rows.iter().filter(|row| row.ours_pass).count();
    format!("{killed} of {} alternatives are killed; async-write-complete passes {pass} of their scenarios", rows.len())
}

/// Success only if every alternative is killed, ours passes every scenario, and there is one.
pub(super) fn exit_code(rows: &[Row]) -> ExitCode {
    let is_as_said = !rows.is_empty() && rows.iter().all(|row| row.killed && row.ours_pass);
    if is_as_said { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// Asserts for a test that the demonstration kills as it is told in the RFC, and that ours passes.
#[cfg(test)]
#[track_caller]
pub(super) fn assert_killed(alternative: &Alternative, expected: &str, happened: &str) {
    let finding = (alternative.demonstrate)().expect("a finding");
    assert_eq!(finding.expected, expected, "what a caller may count on");
    assert_eq!(finding.happened, happened, "what the alternative did");
    assert_eq!(finding.ours, expected, "what ours did");
    assert!(finding.is_killed() && finding.ours_pass());
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALTERNATIVE: Alternative = Alternative {
        name: "a-name",
        title: "a title",
        claim: "a claim",
        in_favor: "a point",
        scenario: "a scenario",
        demonstrate: || Ok(finding("right", "wrong", "right")),
    };

    fn finding(expected: &str, happened: &str, ours: &str) -> Finding {
        Finding { expected: expected.to_owned(), happened: happened.to_owned(), ours: ours.to_owned() }
    }

    fn row(expected: &str, happened: &str, ours: &str) -> Row {
        Row::new(&ALTERNATIVE, finding(expected, happened, ours))
    }

    fn is_success(rows: &[Row]) -> bool {
        format!("{:?}", exit_code(rows)) == format!("{:?}", ExitCode::SUCCESS)
    }

    #[test]
    fn an_alternative_that_survives_fails_the_command() {
        let rows = [row("right", "wrong", "right"), row("right", "right", "right")];
        assert!(rows[1].to_string().contains("NOT KILLED"), "{}", rows[1]);
        assert!(last_line(&rows).starts_with("1 of 2 alternatives are killed"), "{}", last_line(&rows));
        assert!(is_success(&rows[..1]) && !is_success(&rows));
    }

    #[test]
    fn a_scenario_that_ours_does_not_pass_fails_the_command() {
        let rows = [row("right", "wrong", "wrong")];
        assert!(rows[0].to_string().contains("NOT as expected"), "{}", rows[0]);
        assert!(last_line(&rows).contains("passes 0 of their scenarios"), "{}", last_line(&rows));
        assert!(!is_success(&rows));
    }

    #[test]
    fn to_have_shown_nothing_is_no_success() {
        assert!(!is_success(&[]));
    }

    #[test]
    fn what_should_be_is_asserted() {
        assert_killed(&ALTERNATIVE, "right", "wrong");
    }
}
