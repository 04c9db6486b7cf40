//! What is said below the table: stories, a last line, and an exit status.

use std::{collections::BTreeSet, process::ExitCode};

use textwrap::Options as Wrap;

use super::row::{OURS, Row, Verdict};
use crate::VERSIONS;

/// Columns of a story.
const WIDTH: usize = 100;

/// Success only if every row of ours holds, and there is one.
pub(crate) fn exit_code(rows: &[Row]) -> ExitCode {
    if ours_hold(rows) { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// What was seen of each row, in words.
pub(super) fn stories(rows: &[Row]) -> String {
    let mut text = String::new();
    for rows in rows.chunk_by(|one, next| one.case == next.case) {
        text += &format!("{}\n{}\n", rows[0].case, rows.iter().map(story).collect::<String>());
    }
    text
}

fn story(row: &Row) -> String {
    let share = match row.verdict {
        Verdict::NotApplicable => String::new(),
        Verdict::Holds | Verdict::Broken => format!(", {} of {}", row.failures, row.rounds),
    };
    let lines = Wrap::new(WIDTH).initial_indent("    ").subsequent_indent("    ");
    format!("  {}: {}{share}\n{}\n", row.subject, row.verdict.word(), textwrap::fill(&row.detail, lines))
}

/// The crates whose writers the table compares, each with its version.
pub(super) fn versions() -> String {
    let is_compared = |crate_and_version: &&str| {
        let name = crate_and_version.split(' ').next().unwrap_or_default();
        [OURS, "tokio", "async-fs", "async-std", "blocking"].contains(&name)
    };
    VERSIONS.split(", ").filter(is_compared).collect::<Vec<_>>().join(", ")
}

/// The rows of ours that do not hold, each with its story; and the last line, which counts.
pub(super) fn found(rows: &[Row]) -> String {
    let ours: Vec<&Row> = rows.iter().filter(|row| row.is_ours()).collect();
    let fallen: Vec<&Row> = ours.iter().copied().filter(|row| row.verdict != Verdict::Holds).collect();
    let told: String = fallen.iter().map(|row| format!("NOT AS PROMISED: {}\n{}", row.case, story(row))).collect();
    let mut broken: Vec<(&str, BTreeSet<&str>)> = Vec::new();
    for row in rows.iter().filter(|row| !row.is_ours() && row.verdict == Verdict::Broken) {
        match broken.iter_mut().find(|(name, _)| *name == peer(row)) {
            Some((_, cases)) => _ = cases.insert(row.case),
            None => broken.push((peer(row), BTreeSet::from([row.case]))),
        }
    }
    let broken: Vec<String> = broken.iter().map(|(peer, cases)| format!("{peer} {}", cases.len())).collect();
    let broken = if broken.is_empty() { "none".to_owned() } else { broken.join(", ") };
    let held = ours.len() - fallen.len();
    format!("{told}Found: {held} of {} rows of ours hold; broken cases: {broken}", ours.len())
}

/// Whose writer a row is about, whether it is flushed or not.
fn peer(row: &Row) -> &str {
    let writer = row.writer();
    let name = writer.rsplit("::").next().unwrap_or(writer);
    name.split(' ').next().unwrap_or(name)
}

fn ours_hold(rows: &[Row]) -> bool {
    let mut ours = rows.iter().filter(|row| row.is_ours()).peekable();
    ours.peek().is_some() && ours.all(|row| row.verdict == Verdict::Holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, verdict: Verdict) -> Row {
        Row { subject: subject.to_owned(), case: "seed", rounds: 1, failures: 0, verdict, detail: String::new() }
    }

    #[test]
    fn a_broken_peer_does_not_matter() {
        assert!(ours_hold(&[row("tokio", Verdict::Broken), row("async-write-complete (a)", Verdict::Holds)]));
    }

    #[test]
    fn each_row_of_ours_matters() {
        let holds = row("async-write-complete (a)", Verdict::Holds);
        for verdict in [Verdict::Broken, Verdict::NotApplicable] {
            let rows = [holds.clone(), row("async-write-complete (b)", verdict)];
            assert!(!ours_hold(&rows));
            assert!(found(&rows).contains("1 of 2 rows of ours hold"));
            assert!(
                found(&rows).starts_with("NOT AS PROMISED: seed\n  async-write-complete (b): "),
                "{}",
                found(&rows)
            );
        }
    }

    #[test]
    fn an_audit_without_our_rows_proves_nothing() {
        assert!(!ours_hold(&[row("tokio", Verdict::Holds)]));
    }

    #[test]
    fn the_last_line_counts_the_cases_that_a_peer_breaks() {
        let again = Row { case: "dev-full", ..row("tokio", Verdict::Broken) };
        let flushed = row("tokio write+flush", Verdict::Broken);
        let unblock = row("blocking::Unblock", Verdict::Broken);
        let rows = [row("async-fs", Verdict::Holds), row(OURS, Verdict::Holds), flushed, again, unblock];
        assert_eq!(found(&rows), "Found: 1 of 1 rows of ours hold; broken cases: tokio 2, Unblock 1");
    }

    #[test]
    fn a_story_fits_the_width() {
        let long = Row { detail: "word ".repeat(100), ..row("tokio", Verdict::Broken) };
        let text = stories(&[long]);
        assert!(text.starts_with("seed\n  tokio: broken, 0 of 1\n    word word"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }
}
