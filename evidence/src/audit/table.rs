//! The rows as a table for a person.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use super::row::{Row, Verdict};

/// Columns of the output where it is not a terminal.
const WIDTH: u16 = 150;

/// From so many columns on, only what was seen is wrapped.
const WIDE: u16 = 130;

/// The table: a line with the name of each case, and its rows below it.
pub(crate) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    table.set_header(["case and subject", "verdict", "failures", "what was seen"]);
    for rows in rows.chunk_by(|one, next| one.case == next.case) {
        table.add_row([rows[0].case]);
        for row in rows {
            let subject = format!("  {}", row.subject);
            table.add_row([subject.as_str(), row.verdict.word(), &share(row), &row.detail]);
        }
    }
    if table.width() >= Some(WIDE) {
        for column in table.column_iter_mut().take(3) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

fn share(row: &Row) -> String {
    match row.verdict {
        Verdict::NotApplicable => String::new(),
        Verdict::Holds | Verdict::Broken => format!("{} of {}", row.failures, row.rounds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, verdict: Verdict) -> Row {
        let detail = "file has 0 of 1024 bytes".to_owned();
        Row { subject: subject.to_owned(), case: "seed", rounds: 5, failures: 2, verdict, detail }
    }

    #[test]
    fn a_row_has_all_its_cells_and_the_case_stands_once() {
        let text = table(&[row("tokio", Verdict::Broken), row("blocking::Unblock", Verdict::Broken)]).to_string();
        assert_eq!(text.matches("seed").count(), 1, "{text}");
        for cell in ["tokio", "blocking::Unblock", "broken", "2 of 5", "file has 0 of 1024 bytes"] {
            assert!(text.contains(cell), "{cell} in\n{text}");
        }
    }

    #[test]
    fn a_row_that_does_not_apply_counts_nothing() {
        let text = table(&[row("tokio", Verdict::NotApplicable)]).to_string();
        assert!(!text.contains("2 of 5"), "{text}");
    }
}
