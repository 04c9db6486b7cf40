//! What is said below the table, and the exit status.

use std::{fmt::Write as _, process::ExitCode};

use super::{
    cell::{Cell, Failure, Mark},
    row::Row,
};

/// The command of which every reproduction is a part.
pub(super) const COMMAND: &str = "cargo run --release -p evidence --features matrix -- matrix";

/// The marks, each broken and each unclear cell, and what became of ours.
pub(super) fn text(rows: &[Row]) -> String {
    let mut text = "✓ holds   ✗ broken   – does not apply   ? could not be judged\n".to_owned();
    let cells: usize = rows.iter().map(|row| row.cells.len()).sum();
    for row in rows {
        let told: Vec<&Cell> = row.cells.iter().filter(|cell| cells == 1 || !cell.is_conforming()).collect();
        if !told.is_empty() {
            let _ = write!(text, "\n{} ({})\n  {}\n", row.subject, row.version, row.note);
        }
        for cell in told {
            text.push_str(&one(row, cell, cells == 1));
        }
    }
    text + "\n" + &last_line(rows)
}

/// How to see the cell again.
pub(super) fn reproduction(row: &str, rule: &str) -> String {
    format!("{COMMAND} --subject {row} --rule {rule}")
}

fn one(row: &Row, cell: &Cell, at_length: bool) -> String {
    let mut text = format!("  {} {} {}", cell.verdict.symbol(), cell.rule, cell.name);
    if !cell.is_conforming() && row.documented.contains(&cell.rule.as_str()) {
        text += " (as its documentation says)";
    }
    if let Some(cases) = cell.cases {
        let _ = write!(text, ": holds in {cases} case{}", if cases == 1 { "" } else { "s" });
    }
    if let Some(left_out) = &cell.left_out {
        let _ = write!(text, "; {} left out: {}", left_out.cases, left_out.why);
    }
    if let Some(why) = &cell.why {
        let _ = write!(text, ": {why}");
    }
    text.push('\n');
    if let Some(failure) = &cell.failure {
        let Failure { case, expected, seen, poll, byte, .. } = failure;
        let again = reproduction(row.id, &cell.rule);
        let _ = write!(text, "      case:      {case}\n      expected:  {expected}\n      seen:      {seen}\n");
        let _ = writeln!(text, "      reproduce: {again}  # after poll {poll}, with {byte} bytes at the destination");
        if at_length {
            text.push_str(&story(failure));
        }
    }
    text
}

fn story(failure: &Failure) -> String {
    let mut text = "      the story:\n".to_owned();
    for (number, step) in failure.story.iter().enumerate() {
        let poll = step.poll.map_or_else(String::new, |poll| format!("poll {poll}: "));
        let saw = if step.saw.is_empty() { String::new() } else { format!(" -> {}", step.saw) };
        let _ = writeln!(text, "      {:>3}. {poll}{}{saw}", number + 1, step.did);
    }
    text
}

/// Success only if every row of ours conforms that was judged.
pub(super) fn exit_code(rows: &[Row]) -> ExitCode {
    if ours_conform(rows) { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn ours_conform(rows: &[Row]) -> bool {
    rows.iter().filter(|row| row.ours).all(|row| row.fallen().next().is_none())
}

fn last_line(rows: &[Row]) -> String {
    let ours: Vec<&Row> = rows.iter().filter(|row| row.ours).collect();
    if ours.is_empty() {
        return "no row of async-write-complete was asked for".to_owned();
    }
    let conforming = ours.iter().filter(|row| row.fallen().next().is_none()).count();
    let mut line = format!("async-write-complete: {conforming} of {} rows conform", ours.len());
    for row in ours {
        for cell in row.fallen() {
            let word = if cell.verdict == Mark::Broken { "broken" } else { "could not be judged" };
            let _ = write!(line, "\n  {}: {} is {word}", row.subject, cell.rule);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use async_write_complete::contract::Rule;

    use super::*;
    use crate::matrix::find_subject;

    fn row(id: &str, rules: &[Rule]) -> Row {
        let cells = rules.iter().map(|rule| Cell::trouble(*rule, "a reason".to_owned()));
        Row::new(find_subject(id).expect("a type"), cells.collect())
    }

    #[test]
    fn a_peer_does_not_matter() {
        assert!(ours_conform(&[row("tokio-file", &[Rule::W1]), row("offload-file", &[])]));
    }

    #[test]
    fn a_rule_of_ours_that_falls_matters_unless_documentation_names_it() {
        assert!(!ours_conform(&[row("offload-file", &[Rule::W3])]));
        let rows = [row("offload-lens", &[Rule::W3])];
        assert!(ours_conform(&rows));
        assert!(text(&rows).contains("its documentation says so"), "{}", text(&rows));
    }

    #[test]
    fn what_falls_is_named_with_its_reason() {
        let text = text(&[row("offload-file", &[Rule::W2, Rule::W7])]);
        assert!(text.contains("0 of 1 rows conform"), "{text}");
        assert!(text.contains("W7 order: a reason"), "{text}");
    }
}
