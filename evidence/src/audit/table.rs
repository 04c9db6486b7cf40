//! The rows as a table for a person: cases down, writers across.

use comfy_table::{CellAlignment, Table, presets};

use super::row::{OURS, Row, Verdict};

/// What the table shows.
pub(super) const HEADING: &str =
    "Writers on real files: in how many rounds of each case a writer did not keep what it had answered.";

/// What stands in the cells.
const LEGEND: &str = "N/M: broken, in N of M rounds; –: it has no such operation; empty: not asked.
Ours is async-write-complete: all its ways to write and all executors of a case together.";

/// The writers, as rows call them, and how they are called where there is little room.
const COLUMNS: [(&str, &str); 6] = [
    ("tokio", "tokio"),
    ("tokio write+flush", "tokio+flush"),
    ("async-fs", "async-fs"),
    ("async-std", "async-std"),
    ("blocking::Unblock", "Unblock"),
    (OURS, "ours"),
];

/// The table, and its legend.
pub(super) fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["case"].into_iter().chain(COLUMNS.map(|(_, short)| short)));
    for rows in rows.chunk_by(|one, next| one.case == next.case) {
        let cells = COLUMNS.map(|(writer, _)| cell(rows.iter().filter(|row| row.writer() == writer)));
        table.add_row([rows[0].case.to_owned()].into_iter().chain(cells));
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    format!("{}\n\n{LEGEND}", table.trim_fmt())
}

/// One writer in one case: of several rows the worst counts.
fn cell<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> String {
    let any = |verdict| rows.clone().any(|row| row.verdict == verdict);
    let sum = |number: fn(&Row) -> u32| rows.clone().map(number).sum::<u32>();
    if any(Verdict::Broken) {
        format!("{}/{}", sum(|row| row.failures), sum(|row| row.rounds))
    } else if any(Verdict::NotApplicable) {
        "–".to_owned()
    } else if any(Verdict::Holds) {
        "holds".to_owned()
    } else {
        String::new()
    }
}

/// How many columns and rows a table of a whole audit takes is asserted in `evidence/tests/audit.rs`.
#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, verdict: Verdict, failures: u32) -> Row {
        Row { subject: subject.to_owned(), case: "seed", rounds: 5, failures, verdict, detail: "a story".to_owned() }
    }

    #[test]
    fn a_case_is_one_line_with_a_cell_for_each_writer() {
        let text = table(&[
            row("tokio", Verdict::Broken, 2),
            row("async-fs", Verdict::NotApplicable, 0),
            row("async-write-complete (a)", Verdict::Holds, 0),
            row("async-write-complete (b)", Verdict::Holds, 0),
        ]);
        let line = text.lines().nth(1).expect("a line");
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["seed", "2/5", "–", "holds"], "{text}");
        assert!(!text.contains("a story"), "{text}");
    }

    #[test]
    fn one_broken_row_of_ours_breaks_the_cell_of_all() {
        let text = table(&[
            row("async-write-complete (a)", Verdict::Holds, 0),
            row("async-write-complete (b)", Verdict::Broken, 1),
        ]);
        assert!(text.contains("1/10"), "{text}");
    }

    #[test]
    fn every_row_of_an_audit_has_its_column() {
        for subject in crate::audit::cases::ALL.iter().flat_map(|case| case.subjects()) {
            let row = row(&subject.label(), Verdict::Holds, 0);
            assert!(COLUMNS.iter().any(|(writer, _)| *writer == row.writer()), "{}", row.subject);
        }
    }
}
