//! A run as text for a person: its tables, and what is to be said beside them.

use std::io::{self, Write as _};

use comfy_table::{CellAlignment, Table, presets};

use super::{
    compare::{Group, Lane, groups},
    losses::Losses,
    row::{Measure, Row},
    run::Run,
    subjects::Role,
    targets::targets,
};

/// What the columns say.
pub(super) const LEGEND: &str = "\
mean, p50, p99, p99.9: time of one operation, from its call to its answer; all of one sample, in which each operation of
each round is. CPU, allocations: for one operation, of all threads of the process. threads: the most that ran in a
round.
x std: p50, in that of std on the same thread. x peer: p50 and p99, in the least of a peer on the same executor that
keeps the same promise. weaker: the bytes are copied when the write is answered, and written later; that is not in its
time. in all: time on the clock, divided by the operations of all writers together.
Figures of different runs cannot be compared; ratios within one run can.";

/// Prints everything.
pub(super) fn print(run: &Run, broken: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}\n{}\n{}\n{LEGEND}\n", run.versions, run.machine, run.quiet.text())?;
    for group in groups(&run.rows) {
        let first = group.first();
        writeln!(out, "{}, on {}\n{}\n", first.place(), first.file_system, plain(&time_table(&group)))?;
    }
    let idle: Vec<&Row> = run.rows.iter().filter(|row| row.idle.is_some()).collect();
    if !idle.is_empty() {
        writeln!(out, "idle\n{}\n", plain(&idle_table(&idle)))?;
    }
    for failure in &run.failures {
        writeln!(out, "not measured: {}: {}: {}", failure.place, failure.subject, failure.why)?;
    }
    for (situation, why) in &run.not_run {
        writeln!(out, "NOT CHECKED: {situation}: {why}")?;
    }
    for why in broken {
        writeln!(out, "FAILED: {why}")?;
    }
    let losses = Losses::of(&run.rows);
    writeln!(out, "\ntargets\n{}\n", plain(&target_table(run)))?;
    writeln!(out, "losses\n{}\n{}", losses.text(), plain(&loss_table(&losses)))?;
    writeln!(out, "\n{}\ntook {} s", run.quiet.text(), run.seconds)
}

/// Cells of text: how a table is drawn is another matter.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// How many columns are words; the rest are numbers.
    pub(super) words: usize,
}

fn cells(header: &[&str], words: usize) -> Cells {
    Cells { header: header.iter().map(|&text| text.to_owned()).collect(), rows: Vec::new(), words }
}

fn plain(cells: &Cells) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(&cells.header);
    table.add_rows(&cells.rows);
    table.column_iter_mut().skip(cells.words).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// The rows of one situation and size.
pub(super) fn time_table(group: &Group<'_>) -> Cells {
    let is_crowd = group.first().late_p99_ns.is_some();
    let mut header = vec!["subject", "executor", "", "mean", "p50", "p99", "p99.9", "CPU", "allocations", "threads"];
    header.extend(["x std", "x peer, p50", "x peer, p99"]);
    header.extend(is_crowd.then_some(["in all", "ticker late, p99"]).into_iter().flatten());
    let mut table = cells(&header, 3);
    let lanes = group.lanes();
    for row in &group.rows {
        let weaker = if row.role == Role::Weaker { "weaker" } else { "" };
        let mut line = vec![row.subject.clone(), row.runtime.clone(), weaker.to_owned()];
        line.extend([row.mean_ns, row.p50_ns, row.p99_ns, row.p999_ns, row.cpu_ns].map(time));
        line.extend([format!("{:.2}", row.allocations), row.threads.to_string()]);
        line.push(group.reference().map_or_else(String::new, |std| ratio(row.p50_ns / std.p50_ns)));
        let lane = lanes.iter().find(|lane| lane.ours.runtime == row.runtime);
        line.extend(Measure::ALL.map(|measure| to_peer(row, lane, measure)));
        line.extend(is_crowd.then(|| time(row.wall_ns)));
        line.extend(row.late_p99_ns.map(time));
        table.rows.push(line);
    }
    table
}

/// A weaker promise is not set against a stronger one.
fn to_peer(row: &Row, lane: Option<&Lane<'_>>, measure: Measure) -> String {
    let peer = lane.filter(|_| row.role != Role::Weaker).and_then(|lane| lane.fastest(measure));
    peer.map_or_else(String::new, |peer| ratio(measure.of(row) / measure.of(peer)))
}

/// What idle writers hold.
pub(super) fn idle_table(rows: &[&Row]) -> Cells {
    let mut table = cells(&["subject", "executor", "bytes of heap each", "threads awake"], 2);
    for row in rows {
        let Some(idle) = row.idle else { continue };
        let figures = [format!("{:.0}", idle.heap), idle.awake.to_string()];
        table.rows.push([row.subject.clone(), row.runtime.clone()].into_iter().chain(figures).collect());
    }
    table
}

/// T1 to T8.
pub(super) fn target_table(run: &Run) -> Cells {
    let mut table = cells(&["", "what", "worst executor", "measured", "asked for", ""], 3);
    for target in targets(&run.rows) {
        let verdict = if target.is_reached() { "reached" } else { "NOT REACHED" };
        let (measured, asked) = (ratio(target.value), target.asked());
        table.rows.push(vec![target.id.to_owned(), target.what, target.runtime, measured, asked, verdict.to_owned()]);
    }
    table
}

/// Every comparison that is lost.
pub(super) fn loss_table(losses: &Losses) -> Cells {
    let mut table = cells(&["situation", "executor", "", "than", "theirs", "ours", "in theirs"], 4);
    for loss in &losses.lost {
        let times = [time(loss.theirs_ns), time(loss.ours_ns), ratio(loss.factor())];
        let words = [loss.place.clone(), loss.runtime.clone(), loss.measure.name().to_owned(), loss.than.clone()];
        table.rows.push(words.into_iter().chain(times).collect());
    }
    table
}

/// Nanoseconds, in the unit that leaves few digits.
pub(super) fn time(nanos: f64) -> String {
    match nanos {
        _ if nanos >= 1e7 => format!("{:.1} ms", nanos / 1e6),
        _ if nanos >= 1e6 => format!("{:.2} ms", nanos / 1e6),
        _ if nanos >= 1e4 => format!("{:.1} µs", nanos / 1e3),
        _ => format!("{:.2} µs", nanos / 1e3),
    }
}

/// As few digits as say something.
pub(super) fn ratio(ratio: f64) -> String {
    if ratio.abs() >= 100.0 { format!("{ratio:.0}") } else { format!("{ratio:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{row::tests::row, situations::Situation, subjects::OURS};

    #[test]
    fn a_time_has_few_digits() {
        let times = [260.0, 2_841.0, 45_120.0, 999_000.0, 3_141_592.0, 87_654_321.0].map(time);
        assert_eq!(times, ["0.26 µs", "2.84 µs", "45.1 µs", "999.0 µs", "3.14 ms", "87.7 ms"]);
    }

    #[test]
    fn a_row_is_set_against_std_and_against_the_fastest_peer_of_its_executor() {
        let one = |role, of, nanos| row(Situation::Alone, 100, role, of, nanos);
        let rows = [
            one(Role::Reference, ("std", "bare"), 100.0),
            one(Role::Ours, (OURS, "bare"), 200.0),
            one(Role::Peer, ("async-fs", "bare"), 400.0),
            one(Role::Ours, (OURS, "tokio"), 300.0),
            one(Role::Peer, ("tokio", "tokio"), 100.0),
            one(Role::Weaker, ("tokio write", "tokio"), 50.0),
        ];
        let table = time_table(&groups(&rows)[0]);
        let last = |index: usize| table.rows[index][10..].to_vec();
        assert_eq!(last(1), ["2.00", "0.50", "0.50"]);
        assert_eq!(last(3), ["3.00", "3.00", "3.00"]);
        assert_eq!(last(5), ["0.50", "", ""]);
        assert!(plain(&table).to_string().contains("weaker"));
    }

    #[test]
    fn only_many_writers_have_a_ticker() {
        let mut one = row(Situation::Writers(256), 4096, Role::Ours, (OURS, "bare"), 1.0);
        let has_ticker =
            |row: &Row| time_table(&Group { rows: vec![row] }).header.contains(&"ticker late, p99".to_owned());
        assert!(!has_ticker(&one));
        one.late_p99_ns = Some(1.0);
        assert!(has_ticker(&one));
    }
}
