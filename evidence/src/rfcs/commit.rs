//! What an append to one log costs.

use super::{
    data::{Data, Source},
    markdown::Table,
};
use crate::{
    bench::record::{size_text, time_text},
    commit::{Row, targets, waits},
};

/// All rows, and what is asked for.
pub(super) fn table(data: &Data) -> anyhow::Result<String> {
    let rows: Vec<Row> = data.read(Source::Commit)?;
    let mut table = Table::new(["waits for", "record", "subject", "tasks", "records/s", "CPU", "p50", "p99"], 3);
    for row in &rows {
        let times = [row.cpu_ns, row.p50_ns, row.p99_ns].map(time_text);
        let words = [waits(row.durable).to_owned(), size_text(row.len), row.subject.clone(), row.tasks.to_string()];
        table.row(words.into_iter().chain([format!("{:.0}", row.per_second)]).chain(times));
    }
    let mut judged = Table::new(["target", "measured", "at least", ""], 1);
    for target in targets(&rows) {
        let verdict = if target.is_reached() { "reached" } else { "**not reached**" };
        let number = |value: f64| if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
        judged.row([target.what.as_str(), &number(target.value), &number(target.asked), verdict]);
    }
    Ok(format!("{}\n{}", table.finish(), judged.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    #[test]
    fn a_row_has_its_line_and_a_target_its_verdict() {
        let json = r#"[{"durable":false,"len":100,"tasks":64,"subject":"group commit","per_second":1200000.4,
            "cpu_ns":900.0,"p50_ns":50000.0,"p99_ns":90000.0}]"#;
        let folder = repository(&[("rfcs/data/commit.json", json)]);
        let text = table(&Data::new(folder.path())).expect("a table");
        assert!(
            text.contains("| complete | 100 B | group commit | 64 | 1200000 | 0.90 µs | 50.0 µs | 90.0 µs |\n"),
            "{text}"
        );
        assert!(
            text.contains("| complete, 100 B, 64 tasks: records a second | 1200000 | 1000000 | reached |\n"),
            "{text}"
        );
    }
}
