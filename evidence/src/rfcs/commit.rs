//! What an append to one log costs.

use super::{
    data::{Data, Source, distinct},
    markdown::Table,
};
use crate::{
    bench::record::{size_text, time_text},
    commit::{Row, Subject, targets, waits},
};

/// Who is fastest, all rows, and what is asked for.
pub(super) fn table(data: &Data) -> anyhow::Result<String> {
    let rows: Vec<Row> = data.read(Source::Commit)?;
    let legend = "Records a second, processor time for one, p50 and p99 of an append.\n";
    Ok([fastest(&rows), figures(&rows) + "\n" + legend, judged(&rows)].join("\n"))
}

/// How many tasks there are, as headings behind `first`.
fn headings<'a>(rows: &[Row], first: impl IntoIterator<Item = &'a str>) -> (Vec<usize>, Vec<String>) {
    let tasks = distinct(rows.iter().map(|row| row.tasks));
    let names = tasks.iter().map(|tasks| if *tasks == 1 { "1 task".to_owned() } else { format!("{tasks} tasks") });
    let names = first.into_iter().map(str::to_owned).chain(names).collect();
    (tasks, names)
}

/// The log with the most records a second in each place.
fn fastest(rows: &[Row]) -> String {
    let (tasks, headings) = headings(rows, ["most records a second"]);
    let mut table = Table::new(headings, 1 + tasks.len());
    for (durable, len) in distinct(rows.iter().map(|row| (row.durable, row.len))) {
        let winner = |&tasks: &usize| {
            let here = rows.iter().filter(|row| (row.durable, row.len, row.tasks) == (durable, len, tasks));
            let logs = here.filter(|row| row.subject != Subject::AllAtOnce.name());
            let winner = logs.max_by(|one, other| one.per_second.total_cmp(&other.per_second));
            winner.map_or_else(String::new, |row| row.subject.clone())
        };
        let place = format!("{}, {}", waits(durable), size_text(len));
        table.row([place].into_iter().chain(tasks.iter().map(winner)));
    }
    table.finish()
}

/// Subjects down, tasks across.
fn figures(rows: &[Row]) -> String {
    let (tasks, headings) = headings(rows, ["waits for", "record", "subject"]);
    let mut table = Table::new(headings, 3);
    for (durable, len, subject) in distinct(rows.iter().map(|row| (row.durable, row.len, row.subject.as_str()))) {
        let cell = |&tasks: &usize| {
            let is_it =
                |row: &&Row| (row.durable, row.len, row.tasks) == (durable, len, tasks) && row.subject == subject;
            rows.iter().find(is_it).map_or_else(String::new, |row| {
                let [cpu, p50, p99] = [row.cpu_ns, row.p50_ns, row.p99_ns].map(time_text);
                format!("{:.0}, {cpu}, {p50}, {p99}", row.per_second)
            })
        };
        let names = [waits(durable).to_owned(), size_text(len), subject.to_owned()];
        table.row(names.into_iter().chain(tasks.iter().map(cell)));
    }
    table.finish()
}

/// What is asked for.
fn judged(rows: &[Row]) -> String {
    let mut table = Table::new(["target", "measured", "at least", ""], 1);
    for target in targets(rows) {
        let verdict = if target.is_reached() { "reached" } else { "**not reached**" };
        let number = |value: f64| if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
        table.row([target.what.as_str(), &number(target.value), &number(target.asked), verdict]);
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    fn row(durable: bool, tasks: usize, subject: &str, per_second: f64) -> String {
        format!(
            r#"{{"durable":{durable},"len":100,"tasks":{tasks},"subject":"{subject}","per_second":{per_second},
            "cpu_ns":900.0,"p50_ns":50000.0,"p99_ns":90000.0}}"#
        )
    }

    fn rendered(rows: &[String]) -> String {
        let folder = repository(&[("rfcs/data/commit.json", &format!("[{}]", rows.join(",")))]);
        table(&Data::new(folder.path())).expect("a table")
    }

    #[test]
    fn a_subject_has_its_line_and_a_target_its_verdict() {
        let text = rendered(&[row(false, 1, "group commit", 9e5), row(false, 64, "group commit", 1_200_000.4)]);
        let cells = "900000, 0.90 µs, 50.0 µs, 90.0 µs | 1200000, 0.90 µs, 50.0 µs, 90.0 µs";
        assert!(text.contains(&format!("| complete | 100 B | group commit | {cells} |\n")), "{text}");
        assert!(
            text.contains("| complete, 100 B, 64 tasks: records a second | 1200000 | 1000000 | reached |\n"),
            "{text}"
        );
    }

    #[test]
    fn the_fastest_log_is_named_for_each_place() {
        let text = rendered(&[
            row(true, 1, "group commit", 10.0),
            row(true, 1, "a thread with a channel", 9.0),
            row(true, 8, "group commit", 10.0),
            row(true, 8, "a thread with a channel", 11.0),
            row(true, 8, Subject::AllAtOnce.name(), 99.0),
        ]);
        let table = "| most records a second | 1 task | 8 tasks |\n|---|---|---|\n\
                     | durable, 100 B | group commit | a thread with a channel |\n";
        assert!(text.starts_with(table), "one write for all is no log: {text}");
    }
}
