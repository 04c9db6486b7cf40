//! The rows as tables for a person, and what is to be said beside them.

use std::{
    fs,
    io::{self, Write as _},
    thread,
    time::Duration,
};

use comfy_table::{CellAlignment, Table, presets};

use super::{
    Found,
    figures::{Bound, figures},
    options::size_text,
    row::{Row, fastest_peer},
    situations::Situation,
};
use crate::VERSIONS;

/// What the columns say.
const LEGEND: &str = "\
time: for one write, the median of the rounds, and the least and the greatest of them. In `one-per-ms` a round's time is
the median of its latencies, elsewhere the time of a batch that reads no clock between its writes, divided by its writes.
p99: from a call to its answer, of all rounds together; from a batch of its own, except in `one-per-ms` and `crowd`.
CPU, allocations: for one write, of all threads of the process. threads: the most that ran in a batch.
x std: the time, in that of std on the same thread. x peer: the time, in that of the fastest peer with the same promise.
weaker: the bytes are copied when the write is answered, and written later; that is not in its time and CPU.
Figures of different runs cannot be compared, ratios within one run can.";

/// Prints everything.
pub(super) fn print(found: &Found, took: Duration) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{VERSIONS}\n{}\n{LEGEND}\n", machine())?;
    for rows in found.rows.chunk_by(|one, next| (&one.situation, one.size) == (&next.situation, next.size)) {
        let (situation, size) = (&rows[0].situation, size_text(rows[0].size));
        let table = if situation == Situation::Idle.name() { heap_table(rows) } else { time_table(rows) };
        writeln!(out, "{situation}, {size}, on {}\n{table}\n", rows[0].file_system)?;
    }
    for failure in &found.failures {
        let size = size_text(failure.size);
        writeln!(out, "not measured: {}, {size}: {}: {}", failure.situation, failure.subject, failure.why)?;
    }
    for (situation, why) in &found.not_run {
        writeln!(out, "not run: {}: {why}", situation.name())?;
    }
    for (situation, why) in &found.broken {
        writeln!(out, "FAILED: {}: {why}", situation.name())?;
    }
    writeln!(out, "\nfigures\n{}\ntook {} s", figures_table(&found.rows), took.as_secs())
}

/// What the figures depend on most.
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let build = if cfg!(debug_assertions) { ", a debug build: its figures mean nothing" } else { "" };
    format!("{cores} cores, Linux {}{build}", kernel.trim())
}

fn time_table(rows: &[Row]) -> Table {
    let mut table = plain_table();
    let crowd = rows[0].situation == Situation::Crowd.name();
    let mut header =
        vec!["subject", "", "time", "least", "greatest", "p99", "CPU", "allocations", "threads", "x std", "x peer"];
    header.extend(crowd.then_some("ticker late, p99"));
    table.set_header(header);
    for row in rows {
        let to_peer = fastest_peer(rows, row.completes).map(|peer| ratio(row.median_ns / peer.median_ns));
        let mut cells = vec![row.subject.clone(), if row.completes { "" } else { "weaker" }.to_owned()];
        cells.extend([row.median_ns, row.min_ns, row.max_ns, row.p99_ns, row.cpu_ns].map(time));
        cells.extend([format!("{:.2}", row.allocations), row.threads.to_string(), ratio(row.ratio_to_std)]);
        cells.push(to_peer.unwrap_or_default());
        cells.extend(crowd.then(|| time(row.lateness_p99_ns)));
        table.add_row(cells);
    }
    align_right(&mut table, 2);
    table
}

fn heap_table(rows: &[Row]) -> Table {
    let mut table = plain_table();
    table.set_header(["subject", "bytes of heap each"]);
    for row in rows {
        table.add_row([row.subject.clone(), format!("{:.0}", row.heap)]);
    }
    align_right(&mut table, 1);
    table
}

fn figures_table(rows: &[Row]) -> Table {
    let mut table = plain_table();
    table.set_header(["", "what", "measured", "asked for", ""]);
    for figure in figures(rows) {
        let bound = match figure.bound {
            Bound::AtLeast(bound) => format!("at least {bound}"),
            Bound::AtMost(bound) => format!("at most {bound}"),
            Bound::Below(bound) => format!("below {bound}"),
        };
        let verdict = if figure.bound.is_reached(figure.value) { "reached" } else { "NOT REACHED" };
        table.add_row([figure.id, &figure.what, &ratio(figure.value), &bound, verdict]);
    }
    table
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table
}

fn align_right(table: &mut Table, from: usize) {
    table.column_iter_mut().skip(from).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
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
    if ratio >= 100.0 { format!("{ratio:.0}") } else { format!("{ratio:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::row::tests::row;

    #[test]
    fn a_time_has_few_digits() {
        let times = [260.0, 2_841.0, 45_120.0, 999_000.0, 3_141_592.0, 87_654_321.0].map(time);
        assert_eq!(times, ["0.26 µs", "2.84 µs", "45.1 µs", "999.0 µs", "3.14 ms", "87.7 ms"]);
    }

    #[test]
    fn a_row_is_set_against_the_fastest_peer_of_its_promise() {
        let rows = [row(Situation::Alone, 100, "std", 100.0), row(Situation::Alone, 100, "compio", 50.0)];
        let text = time_table(&rows).to_string();
        let std = text.lines().find(|line| line.starts_with(" std")).expect("a row");
        assert!(std.trim_end().ends_with("2.00"), "{text}");
    }

    #[test]
    fn only_the_crowd_has_a_ticker() {
        assert!(time_table(&[row(Situation::Crowd, 4096, "std", 1.0)]).to_string().contains("ticker"));
        assert!(!time_table(&[row(Situation::Alone, 4096, "std", 1.0)]).to_string().contains("ticker"));
    }
}
