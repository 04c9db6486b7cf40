//! What the audit has seen.

use serde::Deserialize;

use super::{
    data::{Data, Source, distinct},
    markdown::Table,
};
use crate::audit::{OURS, Verdict};

/// A row of the audit. The fields are those of the JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) subject: String,
    pub(super) case: String,
    rounds: u32,
    failures: u32,
    verdict: Verdict,
    #[serde(rename = "detail")]
    _detail: String,
}

impl Row {
    /// Ours have many rows in a case, by interface and executor.
    fn column(&self) -> &str {
        if self.subject.starts_with(OURS) { OURS } else { &self.subject }
    }
}

/// Rows of one case that share a column.
#[derive(Debug)]
struct Cell<'a>(Vec<&'a Row>);

impl Cell<'_> {
    fn rounds(&self) -> u32 {
        self.0.iter().map(|row| row.rounds).sum()
    }

    fn failures(&self) -> u32 {
        self.0.iter().map(|row| row.failures).sum()
    }

    /// The verdict of the one with the worst.
    fn text(&self) -> String {
        let any = |verdict| self.0.iter().any(|row| row.verdict == verdict);
        if any(Verdict::Broken) {
            format!("**broken** {} of {}", self.failures(), self.rounds())
        } else if any(Verdict::NotApplicable) {
            "–".to_owned()
        } else if any(Verdict::Holds) {
            "holds".to_owned()
        } else {
            String::new()
        }
    }
}

/// The rows of a case that have that column.
fn cell<'a>(rows: &'a [Row], case: &str, column: &str) -> Cell<'a> {
    Cell(rows.iter().filter(|row| row.case == case && row.column() == column).collect())
}

/// How often the seed program read back less than was answered.
pub(super) fn seed(data: &Data) -> anyhow::Result<String> {
    let rows: Vec<Row> = data.read(Source::Audit)?;
    let rows: Vec<Row> = rows.into_iter().filter(|row| row.case == "seed").collect();
    let mut table = Table::new(["writer", "read back too little"], 2);
    for column in distinct(rows.iter().map(Row::column)) {
        let cell = cell(&rows, "seed", column);
        let ways = match cell.0.len() {
            1 => String::new(),
            ways => format!(", {ways} ways to call and drive it"),
        };
        table.row([&format!("{column}{ways}"), &format!("{} of {}", cell.failures(), cell.rounds())]);
    }
    Ok(table.finish())
}

/// How often the loop round a `select!` that makes its write anew left a record twice, or not at all.
pub(super) fn select_loop(data: &Data) -> anyhow::Result<String> {
    let rows: Vec<Row> = data.read(Source::Audit)?;
    let rows: Vec<Row> = rows.into_iter().filter(|row| row.case == "select-loop").collect();
    let mut table = Table::new(["writer", "not every record exactly once"], 2);
    for column in distinct(rows.iter().map(Row::column)) {
        let cell = cell(&rows, "select-loop", column);
        table.row([column, &format!("{} of {}", cell.failures(), cell.rounds())]);
    }
    Ok(table.finish())
}

/// Cases down, writers across.
pub(super) fn table(data: &Data) -> anyhow::Result<String> {
    let rows: Vec<Row> = data.read(Source::Audit)?;
    let columns = distinct(rows.iter().map(Row::column));
    let mut table = Table::new([""].into_iter().chain(columns.iter().copied()), 1 + columns.len());
    for case in distinct(rows.iter().map(|row| row.case.as_str())) {
        let cells = columns.iter().map(|column| cell(&rows, case, column).text());
        table.row([format!("`{case}`")].into_iter().chain(cells));
    }
    let legend = "\nbroken N of M: in N of M rounds the case did not go as it has to; – the type has no such operation; an \
                  empty cell was not asked. A cell of ours sums up all interfaces and executors that the case runs.\n";
    Ok(table.finish() + legend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    fn row(subject: &str, case: &str, failures: u32, verdict: &str, detail: &str) -> String {
        format!(
            r#"{{"subject":"{subject}","case":"{case}","rounds":10,"failures":{failures},"verdict":"{verdict}",
            "detail":"{detail}"}}"#
        )
    }

    fn data(rows: &[String]) -> (tempfile::TempDir, Data) {
        let folder = repository(&[("rfcs/data/audit.json", &format!("[{}]", rows.join(",")))]);
        let data = Data::new(folder.path());
        (folder, data)
    }

    #[test]
    fn the_seed_program_has_a_line_for_each_library() {
        let (_folder, data) = data(&[
            row("tokio", "seed", 7, "broken", "length 0"),
            row("async-write-complete (a)", "seed", 0, "holds", "length 1024"),
            row("async-write-complete (b)", "seed", 1, "broken", "length 3"),
            row("tokio", "dev-full", 1, "broken", "no matter"),
        ]);
        let expected = "| writer | read back too little |\n|---|---|\n| tokio | 7 of 10 |\n\
                        | async-write-complete, 2 ways to call and drive it | 1 of 20 |\n";
        assert_eq!(seed(&data).expect("a table"), expected);
    }

    #[test]
    fn the_loop_has_a_line_for_each_writer() {
        let (_folder, data) = data(&[
            row("tokio", "select-loop", 0, "holds", ""),
            row("tokio write+flush", "select-loop", 9, "broken", ""),
            row("tokio", "seed", 7, "broken", "length 0"),
        ]);
        let expected = "| writer | not every record exactly once |\n|---|---|\n| tokio | 0 of 10 |\n\
                        | tokio write+flush | 9 of 10 |\n";
        assert_eq!(select_loop(&data).expect("a table"), expected);
    }

    #[test]
    fn a_case_has_a_cell_for_each_writer_and_ours_is_the_worst_of_ours() {
        let (_folder, data) = data(&[
            row("tokio", "seed", 7, "broken", ""),
            row("async-write-complete (a)", "seed", 0, "holds", ""),
            row("async-write-complete (b)", "seed", 1, "broken", ""),
            row("async-fs", "dev-full", 0, "not-applicable", ""),
            row("async-write-complete (a)", "dev-full", 0, "holds", ""),
        ]);
        let text = table(&data).expect("a table");
        assert!(text.starts_with("| | tokio | async-write-complete | async-fs |\n"), "{text}");
        assert!(text.contains("| `seed` | **broken** 7 of 10 | **broken** 1 of 20 | |\n"), "{text}");
        assert!(text.contains("| `dev-full` | | holds | – |\n"), "{text}");
    }
}
