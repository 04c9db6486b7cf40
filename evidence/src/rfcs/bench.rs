//! What an operation costs.

use anyhow::bail;

use super::{
    data::{Data, Source},
    markdown::Table,
};
use crate::bench::record::{Losses, OURS, Role, Row, Run, STD, ratio_text, situations, size_text, targets, time_text};

/// What stands where a machine did not offer something.
const NOT_MEASURED: &str = "not measured here";

/// The rows of the README: the situation, the size, and what they are called there.
const SPEED: [(&str, usize, &str); 4] = [
    ("alone", 100, "100 B, nothing else runs"),
    ("alone", 4 << 10, "4 KiB"),
    ("busy-loops", 100, "100 B, two busy loops beside it"),
    ("one-per-ms", 100, "100 B, one write each millisecond"),
];

/// Its columns: the subject, its executor, and what they are called there.
const COLUMNS: [(&str, &str, &str); 5] = [
    (OURS, "bare", "**ours**"),
    (STD, "bare", "std, blocking"),
    ("async-fs write+flush", "bare", "async-fs"),
    (OURS, "tokio-spawned", "**ours**, on tokio"),
    ("tokio write+flush", "tokio-spawned", "tokio"),
];

/// The lines of the questions: each of these beside tokio, and what it is called there.
const SHORT: [(&str, &str); 2] = [("alone", "one after the other"), ("one-per-ms", "one each millisecond")];
const SHORT_SIZE: usize = 100;

/// In which situations and sizes the latencies stand side by side.
const LATENCIES: [(&str, usize); 6] = [
    ("alone", 100),
    ("alone", 4 << 10),
    ("alone", 64 << 10),
    ("busy-loops", 100),
    ("one-core", 100),
    ("one-per-ms", 100),
];

/// In which situations and sizes the costs stand beside the time.
const COSTS: [(&str, usize); 4] = [("alone", 100), ("alone", 4 << 10), ("alone", 64 << 10), ("one-per-ms", 100)];

/// A run.
#[derive(Debug)]
pub(super) struct Bench(Run);

impl Bench {
    pub(super) fn read(data: &Data) -> anyhow::Result<Self> {
        data.read(Source::Bench).map(Self)
    }

    pub(super) fn run(&self) -> &Run {
        &self.0
    }

    fn row(&self, situation: &str, size: usize, (subject, runtime): (&str, &str)) -> Option<&Row> {
        let is_it = |row: &&Row| {
            (row.situation.as_str(), row.size) == (situation, size)
                && (row.subject.as_str(), row.runtime.as_str()) == (subject, runtime)
        };
        self.0.rows.iter().find(is_it)
    }

    /// What the README shows.
    pub(super) fn speed(&self) -> String {
        let mut table = Table::new(["median of one write"].into_iter().chain(COLUMNS.map(|column| column.2)), 1);
        for (situation, size, name) in SPEED {
            let cell = |(subject, runtime, _)| {
                let row = self.row(situation, size, (subject, runtime));
                row.map_or_else(|| NOT_MEASURED.to_owned(), |row| time_text(row.p50_ns))
            };
            table.row([name.to_owned()].into_iter().chain(COLUMNS.map(cell)));
        }
        let accepted = |subject, runtime| {
            let row = self.row("alone", 100, (subject, runtime));
            row.map_or_else(|| NOT_MEASURED.to_owned(), |row| time_text(row.p50_ns))
        };
        let (tokio, async_fs) = (accepted("tokio write", "tokio"), accepted("async-fs write", "bare"));
        let quiet = if self.0.quiet.is_quiet() { "" } else { " **The machine was not quiet.**" };
        let quick = if self.0.quick { " **A quick run, whose figures say little.**" } else { "" };
        format!(
            "{}\nBy `evidence -- bench`. Peers write and flush (100 B accepted only: tokio {tokio}, async-fs {async_fs}). The first three columns share a bare executor, the last two \
             tokio's. {}, {}.{quiet}{quick} {}\n",
            table.finish(),
            self.0.machine,
            self.file_system(),
            Losses::of(&self.0.rows).text()
        )
    }

    fn file_system(&self) -> &str {
        self.0.rows.first().map_or("nothing", |row| row.file_system.as_str())
    }

    /// Whether the machine was quiet.
    pub(super) fn quiet(&self) -> String {
        let quick = if self.0.quick { "quick " } else { "" };
        format!("{}. A {quick}run of {} s. {}\n", self.0.machine, self.0.seconds, self.0.quiet.text())
    }

    /// T1 to T8.
    pub(super) fn targets(&self) -> String {
        let mut table = Table::new(["", "what", "worst executor", "measured", "target", ""], 3);
        for target in targets(&self.0.rows) {
            let verdict = if target.is_reached() { "reached" } else { "**not reached**" };
            let (measured, asked) = (ratio_text(target.value), target.asked());
            table.row([target.id, &target.what, &target.runtime, &measured, &asked, verdict]);
        }
        table.finish()
    }

    /// Everything in which a peer is faster.
    pub(super) fn losses(&self) -> String {
        let losses = Losses::of(&self.0.rows);
        let mut text = format!("{}\n", losses.text());
        if !losses.lost.is_empty() {
            let mut table = Table::new(["situation", "executor", "", "than", "theirs", "ours", "in theirs"], 4);
            for loss in &losses.lost {
                let [theirs, ours] = [loss.theirs_ns, loss.ours_ns].map(time_text);
                let factor = format!("{}×", ratio_text(loss.factor()));
                table.row([&loss.place, &loss.runtime, loss.measure.name(), &loss.than, &theirs, &ours, &factor]);
            }
            text = format!("{text}\n{}", table.finish());
        }
        if !self.0.not_run.is_empty() {
            let absent: Vec<String> = self.0.not_run.iter().map(|(name, why)| format!("{name} ({why})")).collect();
            text = format!("{text}\nNot measured here: {}.\n", absent.join(", "));
        }
        text
    }

    /// The answer to who asks whether it is slower.
    pub(super) fn short(&self) -> String {
        let [.., ours, tokio] = COLUMNS;
        let heading = format!("p50, p99 of a write of {}", size_text(SHORT_SIZE));
        let mut table = Table::new([heading.as_str(), ours.2, "`tokio::fs::File`, write and flush"], 1);
        for (situation, name) in SHORT {
            let cell = |(subject, runtime, _)| {
                let row = self.row(situation, SHORT_SIZE, (subject, runtime));
                row.map_or_else(|| NOT_MEASURED.to_owned(), latency)
            };
            table.row([name.to_owned()].into_iter().chain([ours, tokio].map(cell)));
        }
        table.finish()
    }

    /// The latencies of the main situations.
    pub(super) fn latencies(&self) -> String {
        let table = self.table(&LATENCIES, place, latency);
        format!("{table}\np50 and p99 of one write.\n")
    }

    /// Processor time and allocations.
    pub(super) fn costs(&self) -> String {
        let cell = |row: &Row| format!("{}, {:.2}", time_text(row.cpu_ns), row.allocations);
        let table = self.table(&COSTS, place, cell);
        format!("{table}\nProcessor time for one write, of all threads of the process, and calls of the allocator.\n")
    }

    /// The table of a situation.
    pub(super) fn situation(&self, name: &str) -> anyhow::Result<String> {
        let Some((_, text)) = situations().into_iter().find(|(situation, _)| *situation == name) else {
            bail!("the bench has no situation `{name}`; its `--list` has them");
        };
        let mut places: Vec<(&str, usize)> = Vec::new();
        for row in self.0.rows.iter().filter(|row| row.situation == name) {
            if !places.contains(&(name, row.size)) {
                places.push((name, row.size));
            }
        }
        if places.is_empty() {
            return Ok(format!("{name}: {NOT_MEASURED}.\n"));
        }
        let cell = |row: &Row| match row.idle {
            Some(idle) => format!("{:.0} bytes of heap each, {} threads awake", idle.heap, idle.awake),
            None => latency(row),
        };
        let table = self.table(&places, |_, size| size_text(size), cell);
        Ok(format!("{name}: {text}.\n\n{table}\np50 and p99 of one operation.\n"))
    }

    /// Rows down, situations and sizes across.
    fn table(
        &self,
        places: &[(&str, usize)],
        heading: impl Fn(&str, usize) -> String,
        cell: impl Fn(&Row) -> String,
    ) -> String {
        let headings = places.iter().map(|&(situation, size)| heading(situation, size));
        let mut table = Table::new(["".to_owned(), "executor".to_owned()].into_iter().chain(headings), 2);
        let mut names: Vec<(Role, &str, &str)> = Vec::new();
        for row in self.0.rows.iter().filter(|row| places.contains(&(row.situation.as_str(), row.size))) {
            let name = (row.role, row.subject.as_str(), row.runtime.as_str());
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for (role, subject, runtime) in names {
            let cells = places.iter().map(|&(situation, size)| {
                self.row(situation, size, (subject, runtime)).map_or_else(String::new, &cell)
            });
            table.row([label(role, subject), runtime.to_owned()].into_iter().chain(cells));
        }
        table.finish()
    }
}

fn place(situation: &str, size: usize) -> String {
    format!("{situation}, {}", size_text(size))
}

fn latency(row: &Row) -> String {
    format!("{}, {}", time_text(row.p50_ns), time_text(row.p99_ns))
}

fn label(role: Role, subject: &str) -> String {
    match role {
        Role::Ours => format!("**{subject}**"),
        Role::Reference => format!("{subject}, on the same thread"),
        Role::Weaker => format!("*weaker:* {subject}"),
        Role::Variant | Role::Peer => subject.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    /// A row as the JSON has it.
    pub(crate) fn row(
        situation: &str,
        size: usize,
        (subject, runtime): (&str, &str),
        role: &str,
        nanos: u32,
    ) -> String {
        format!(
            r#"{{"situation":"{situation}","size":{size},"subject":"{subject}","runtime":"{runtime}","role":"{role}",
            "operations":1000,"mean_ns":{nanos}.0,"p50_ns":{nanos}.0,"p99_ns":9000.0,"p999_ns":9000.0,"max_ns":9000.0,
            "rounds_p50_ns":[1.0,2.0],"wall_ns":{nanos}.0,"cpu_ns":{nanos}.0,"allocations":0.5,"threads":2,
            "late_p99_ns":null,"idle":null,"file_system":"ext4","latencies":[]}}"#
        )
    }

    /// A run with these rows.
    pub(crate) fn run(rows: &[String]) -> String {
        format!(
            r#"{{"machine":"2 cores","versions":"tokio 1","quick":false,"seconds":1,"not_run":[["quota","no root"]],
            "quiet":{{"load":0.1,"noise":[{{"during":"before","others":0.0,"stolen":0.0}}]}},"failures":[],
            "rows":[{}]}}"#,
            rows.join(",")
        )
    }

    fn bench(rows: &[String]) -> Bench {
        let folder = repository(&[("rfcs/data/bench.json", &run(rows))]);
        Bench::read(&Data::new(folder.path())).expect("a run")
    }

    fn some() -> Bench {
        bench(&[
            row("alone", 100, (STD, "bare"), "reference", 1000),
            row("alone", 100, (OURS, "bare"), "ours", 3000),
            row("alone", 100, ("async-fs write+flush", "bare"), "peer", 2000),
            row("alone", 4096, (OURS, "bare"), "ours", 5000),
        ])
    }

    #[test]
    fn the_readme_has_a_line_for_each_situation_and_says_how_much_is_lost() {
        let text = some().speed();
        assert!(
            text.contains("| 100 B, nothing else runs | 3.00 µs | 1.00 µs | 2.00 µs | not measured here |"),
            "{text}"
        );
        assert!(text.contains("2 cores, ext4. Ours is slower in 1 of 2 comparisons"), "{text}");
    }

    #[test]
    fn a_situation_has_its_rows_down_and_its_sizes_across() {
        let text = some().situation("alone").expect("a table");
        assert!(text.contains("| | executor | 100 B | 4 KiB |\n"), "{text}");
        assert!(text.contains("| **async-write-complete** | bare | 3.00 µs, 9.00 µs | 5.00 µs, 9.00 µs |\n"), "{text}");
        assert!(text.contains("| std, on the same thread | bare | 1.00 µs, 9.00 µs | |\n"), "{text}");
    }

    #[test]
    fn a_situation_that_a_machine_does_not_offer_is_told() {
        assert_eq!(some().situation("xfs").expect("a text"), "xfs: not measured here.\n");
        let error = some().situation("moon").expect_err("none").to_string();
        assert!(error.contains("no situation `moon`"), "{error}");
    }

    #[test]
    fn every_loss_is_told_with_its_factor_and_so_is_what_did_not_run() {
        let text = some().losses();
        let line = "| alone, 100 B | bare | p50 | async-fs write+flush | 2.00 µs | 3.00 µs | 1.50× |\n";
        assert!(text.contains(line), "{text}");
        assert!(text.ends_with("\nNot measured here: quota (no root).\n"), "{text}");
    }

    #[test]
    fn that_there_is_no_loss_is_said() {
        let text = bench(&[
            row("alone", 100, (OURS, "bare"), "ours", 3000),
            row("alone", 100, ("Unblock", "bare"), "peer", 3000),
        ])
        .losses();
        assert!(text.starts_with("Ours is slower in 0 of 2 comparisons"), "{text}");
    }

    #[test]
    fn the_questions_have_a_line_for_steady_use_and_one_for_seldom_use() {
        let text = bench(&[
            row("alone", 100, (OURS, "tokio-spawned"), "ours", 3000),
            row("alone", 100, ("tokio write+flush", "tokio-spawned"), "peer", 20_000),
            row("one-per-ms", 100, (OURS, "tokio-spawned"), "ours", 15_000),
        ])
        .short();
        assert!(text.starts_with("| p50, p99 of a write of 100 B | **ours**, on tokio | `tokio::fs::File`"), "{text}");
        assert!(text.contains("| one after the other | 3.00 µs, 9.00 µs | 20.0 µs, 9.00 µs |\n"), "{text}");
        assert!(text.contains("| one each millisecond | 15.0 µs, 9.00 µs | not measured here |\n"), "{text}");
    }

    #[test]
    fn latencies_stand_side_by_side() {
        let text = some().latencies();
        assert!(
            text.starts_with("| | executor | alone, 100 B | alone, 4 KiB | alone, 64 KiB | busy-loops, 100 B |"),
            "{text}"
        );
        assert!(
            text.contains("| **async-write-complete** | bare | 3.00 µs, 9.00 µs | 5.00 µs, 9.00 µs | | | | |\n"),
            "{text}"
        );
    }

    #[test]
    fn targets_and_costs_are_told() {
        let bench = some();
        assert!(
            bench.targets().contains("| T1 | alone, 100 B: p50, in that of std on the same thread | bare | 3.00 |")
        );
        assert!(bench.costs().contains("| std, on the same thread | bare | 1.00 µs, 0.50 | |"));
        let quiet = bench.quiet();
        assert!(quiet.starts_with("2 cores. A run of 1 s. The machine was quiet"), "{quiet}");
    }
}
