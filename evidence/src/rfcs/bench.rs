//! What a write costs.

use std::fmt::Write as _;

use anyhow::Context as _;

use super::{
    data::{Data, Source},
    markdown::Table,
};
use crate::bench::record::{
    Details, Measurand, Measured, Plan, Rows, is_ours, is_std, is_this_crate, plan, ratio_text, size_text, time_text,
};

/// What stands where a machine did not offer something.
const NOT_MEASURED: &str = "not measured here";

/// In which situations and sizes the costs of a write are told beside its time.
const CPU: [(&str, usize); 4] = [("alone", 100), ("alone", 4 << 10), ("one-per-ms", 100), ("one-per-ms", 4 << 10)];
const LATENCY: [(&str, usize); 5] =
    [("alone", 100), ("one-core", 100), ("busy-loops", 100), ("one-per-ms", 100), ("crowd", 4 << 10)];

/// The figures that the project set itself.
const FIGURES: [&str; 10] = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10"];

/// The rows of the JSON.
#[derive(Debug)]
pub(super) struct Bench(Vec<Measured>);

/// Both parts of the rows.
pub(super) fn joined(data: &Data) -> anyhow::Result<Rows> {
    let measured = Bench::read(data)?.0;
    let details: Vec<Details> = data.read(Source::BenchDetails)?;
    Rows::join(&measured, details).with_context(|| {
        let (one, other) = (Source::Bench.path(), Source::BenchDetails.path());
        format!("{one} and {other} are not of one run of `{}`", Source::Bench.command())
    })
}

/// The table of a situation.
pub(super) fn situation(data: &Data, name: &str) -> anyhow::Result<String> {
    let plan = plan().into_iter().find(|plan| plan.situation == name);
    let plan = plan.with_context(|| format!("the bench has no situation `{name}`; its `--list` has them"))?;
    if plan.is_timed { Ok(Bench::read(data)?.times(&plan)) } else { heap(data, &plan) }
}

/// S1 to S10.
pub(super) fn figures(data: &Data) -> anyhow::Result<String> {
    let figures = joined(data)?.figures();
    let mut table = Table::new(["", "what", "measured", "asked for", ""], 5);
    for id in FIGURES {
        let mut of_id = figures.iter().filter(|figure| figure.id == id).peekable();
        if of_id.peek().is_none() {
            table.row([id, NOT_MEASURED, "", "", ""]);
        }
        for figure in of_id {
            let verdict = if figure.is_reached { "reached" } else { "**not reached**" };
            table.row([figure.id, &figure.what, &figure.measured, &figure.asked, verdict]);
        }
    }
    Ok(table.finish())
}

/// The heap of idle writers.
fn heap(data: &Data, plan: &Plan) -> anyhow::Result<String> {
    let details: Vec<Details> = data.read(Source::BenchDetails)?;
    let mut table = Table::new(["", "bytes of heap each"], 1);
    for subject in ordered(&plan.subjects) {
        let of = |row: &&Details| row.situation == plan.situation && row.subject == subject.label;
        let heap = details.iter().find(of).map_or(NOT_MEASURED.to_owned(), |row| format!("{:.0}", row.heap));
        table.row([label(subject), heap]);
    }
    Ok(format!("{}: {}.\n\n{}", plan.situation, plan.text, table.finish()))
}

impl Bench {
    pub(super) fn read(data: &Data) -> anyhow::Result<Self> {
        data.read(Source::Bench).map(Self)
    }

    pub(super) fn rows(&self) -> &[Measured] {
        &self.0
    }

    fn of<'a>(&'a self, situation: &'a str, size: usize) -> impl Iterator<Item = &'a Measured> {
        self.0.iter().filter(move |row| row.situation == situation && row.size == size)
    }

    fn row(&self, situation: &str, size: usize, subject: &str) -> Option<&Measured> {
        self.0.iter().find(|row| row.situation == situation && row.size == size && row.subject == subject)
    }

    pub(super) fn has(&self, situation: &str) -> bool {
        self.0.iter().any(|row| row.situation == situation)
    }

    /// Subjects down, sizes across: the time, and that in times of std.
    fn times(&self, plan: &Plan) -> String {
        if !self.has(plan.situation) {
            return format!("{}: {NOT_MEASURED}.\n", plan.situation);
        }
        let columns: Vec<(&str, usize)> = plan.sizes.iter().map(|&size| (plan.situation, size)).collect();
        let headings = plan.sizes.iter().map(|&size| size_text(size));
        let cell = |row: &Measured| format!("{} ({}×)", time_text(row.median_ns), ratio_text(row.ratio_to_std));
        let table = self.table(&plan.subjects, headings, &columns, cell);
        format!("{table}\nTime for one write, the median of the rounds; in brackets in that of std.{}\n", weaker())
    }

    /// Processor time and allocations.
    pub(super) fn cpu(&self) -> String {
        let cell = |row: &Measured| format!("{}, {:.2}", time_text(row.cpu_ns), row.allocations);
        let table = self.chosen(&CPU, cell);
        format!(
            "{table}\nProcessor time for one write, of all threads of the process, and calls of the allocator.{}\n",
            weaker()
        )
    }

    /// The median and the 99th percentile.
    pub(super) fn latency(&self) -> String {
        let cell = |row: &Measured| format!("{}, {}", time_text(row.median_ns), time_text(row.p99_ns));
        let table = self.chosen(&LATENCY, cell);
        let legend =
            "Time for one write, the median of the rounds, and the 99th percentile from the call to its answer.";
        format!("{table}\n{legend}{}\n", weaker())
    }

    /// Subjects down, some situations and sizes across.
    fn chosen(&self, columns: &[(&str, usize)], cell: impl Fn(&Measured) -> String) -> String {
        let headings = columns.iter().map(|(situation, size)| format!("{situation}, {}", size_text(*size)));
        let plan = plan();
        let subjects = plan.first().map_or(&[][..], |plan| &plan.subjects);
        self.table(subjects, headings, columns, cell)
    }

    fn table(
        &self,
        subjects: &[Measurand],
        headings: impl Iterator<Item = String>,
        columns: &[(&str, usize)],
        cell: impl Fn(&Measured) -> String,
    ) -> String {
        let mut table = Table::new([String::new()].into_iter().chain(headings), 1);
        for subject in ordered(subjects) {
            let cells = columns.iter().map(|&(situation, size)| {
                self.row(situation, size, subject.label).map_or_else(|| NOT_MEASURED.to_owned(), &cell)
            });
            table.row([label(subject)].into_iter().chain(cells));
        }
        table.finish()
    }

    /// Where a peer that completes is faster than `async-write-complete`.
    pub(super) fn losses(&self) -> String {
        let mut table =
            Table::new(["situation", "size", "fastest peer", "its time", "ours", "in its", "faster peers"], 3);
        let (mut lost, mut compared, mut absent) = (0, 0, Vec::new());
        for plan in plan().iter().filter(|plan| plan.is_timed) {
            if !self.has(plan.situation) {
                absent.push(plan.situation);
            }
            for &size in plan.sizes {
                let ours = self.of(plan.situation, size).find(|row| is_this_crate(&row.subject));
                let Some(ours) = ours else { continue };
                compared += 1;
                let (peers, faster) = self.peers(plan.situation, size, ours.median_ns);
                let Some(peer) = faster.first() else { continue };
                lost += 1;
                let [its, time] = [peer.median_ns, ours.median_ns].map(time_text);
                let factor = format!("{}×", ratio_text(ours.median_ns / peer.median_ns));
                let share = format!("{} of {peers}", faster.len());
                table.row([plan.situation, &size_text(size), &peer.subject, &its, &time, &factor, &share]);
            }
        }
        let mut text = format!(
            "In {lost} of the {compared} situations and sizes that were measured a peer that completes has a better median.\n"
        );
        if lost > 0 {
            let _ = write!(text, "\n{}", table.finish());
        }
        if !absent.is_empty() {
            let _ = write!(text, "\nNot measured here: {}.\n", absent.join(", "));
        }
        text
    }

    /// How many peers complete, and those of them that are faster, the fastest first.
    fn peers<'a>(&'a self, situation: &'a str, size: usize, than: f64) -> (usize, Vec<&'a Measured>) {
        let is_peer = |row: &&Measured| row.completes && !is_ours(&row.subject) && !is_std(&row.subject);
        let mut peers: Vec<_> = self.of(situation, size).filter(is_peer).collect();
        let all = peers.len();
        peers.retain(|row| row.median_ns < than);
        peers.sort_by(|one, other| one.median_ns.total_cmp(&other.median_ns));
        (all, peers)
    }
}

/// Ours, the reference, the peers that complete, the weaker ones.
fn ordered(subjects: &[Measurand]) -> Vec<&Measurand> {
    let mut all: Vec<&Measurand> = subjects.iter().collect();
    all.sort_by_key(|subject| (!is_ours(subject.label), !is_std(subject.label), !subject.completes));
    all
}

fn label(subject: &Measurand) -> String {
    match subject.label {
        label if is_this_crate(label) => format!("**{label}**"),
        label if is_std(label) => format!("{label}, on the same thread"),
        label if subject.completes => label.to_owned(),
        label => format!("*weaker:* {label}"),
    }
}

fn weaker() -> &'static str {
    " *Weaker*: the bytes are copied when the write is answered, and written later; that is not in its figures."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    fn row(situation: &str, size: usize, subject: &str, completes: bool, nanos: u32) -> String {
        format!(
            r#"{{"situation":"{situation}","size":{size},"subject":"{subject}","completes":{completes},
            "median_ns":{nanos}.0,"min_ns":1.0,"max_ns":1.0,"p99_ns":9000.0,"cpu_ns":{nanos}.0,"allocations":0.5,
            "ratio_to_std":{}}}"#,
            f64::from(nanos) / 1000.0
        )
    }

    fn bench(rows: &[String]) -> (tempfile::TempDir, Data) {
        let folder = repository(&[("rfcs/data/bench.json", &format!("[{}]", rows.join(",")))]);
        let data = Data::new(folder.path());
        (folder, data)
    }

    fn some() -> Vec<String> {
        vec![
            row("crowd", 4096, "std", true, 1000),
            row("crowd", 4096, "async-write-complete", true, 3000),
            row("crowd", 4096, "compio", true, 2000),
            row("crowd", 4096, "tokio-uring", true, 6000),
            row("crowd", 4096, "async-fs write", false, 500),
        ]
    }

    #[test]
    fn ours_come_first_and_the_weaker_last() {
        let (_folder, data) = bench(&some());
        let text = situation(&data, "crowd").expect("a table");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "| | 4 KiB |");
        assert_eq!(lines[2], "| **async-write-complete** | 3.00 µs (3.00×) |");
        let place = |begin: &str| lines.iter().position(|line| line.starts_with(begin)).expect("a line");
        let places =
            ["| async-write-complete Bytes |", "| std,", "| compio |", "| *weaker:* async-fs write |"].map(place);
        assert!(places.is_sorted(), "{places:?} in {text}");
        assert!(lines[places[0]].ends_with("| not measured here |"), "{text}");
    }

    #[test]
    fn a_situation_that_a_machine_does_not_offer_is_told() {
        let (_folder, data) = bench(&some());
        assert_eq!(situation(&data, "xfs").expect("a text"), "xfs: not measured here.\n");
        let error = situation(&data, "moon").expect_err("none").to_string();
        assert!(error.contains("no situation `moon`"), "{error}");
    }

    #[test]
    fn every_loss_is_told_with_its_factor() {
        let (_folder, data) = bench(&some());
        let text = Bench::read(&data).expect("rows").losses();
        assert!(text.contains("| crowd | 4 KiB | compio | 2.00 µs | 3.00 µs | 1.50× | 1 of 2 |\n"), "{text}");
        assert!(!text.contains("tokio-uring") && !text.contains("async-fs"), "{text}");
        assert!(text.contains("\nNot measured here: alone, one-core, "), "{text}");
    }

    #[test]
    fn that_there_is_no_loss_is_said() {
        let rows = [row("crowd", 4096, "async-write-complete", true, 3000), row("crowd", 4096, "compio", true, 3000)];
        let (_folder, data) = bench(&rows);
        let text = Bench::read(&data).expect("rows").losses();
        assert!(text.starts_with("In 0 of the 1 situations and sizes that were measured a peer"), "{text}");
    }

    #[test]
    fn costs_and_latencies_are_told_side_by_side() {
        let (_folder, data) = bench(&some());
        let bench = Bench::read(&data).expect("rows");
        assert!(bench.latency().contains("3.00 µs, 9.00 µs |\n"), "{}", bench.latency());
        let (_folder, data) = bench_alone();
        let cpu = Bench::read(&data).expect("rows").cpu();
        assert!(cpu.contains("| std, on the same thread | 1.00 µs, 0.50 | not measured here |"), "{cpu}");
    }

    fn bench_alone() -> (tempfile::TempDir, Data) {
        bench(&[row("alone", 100, "std", true, 1000)])
    }

    #[test]
    fn figures_need_the_details_and_say_how_to_get_them() {
        let (_folder, data) = bench(&some());
        let error = figures(&data).expect_err("half of it").to_string();
        assert!(error.starts_with("rfcs/data/bench-details.json is missing; `cargo run"), "{error}");
    }
}
