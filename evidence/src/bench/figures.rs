//! The figures that this crate sets itself, S1 to S10, as ratios of one run.
//!
//! "The fastest peer" is the one that was measured in the same situation and size and keeps the same promise; neither
//! `std` on the same thread nor a row of ours is a peer. What did not run has no figure.

use super::{
    options::size_text,
    row::{Row, fastest_peer},
    situations::Situation,
    subjects::{OURS, STD},
};

/// Threads that many writers may have at work: the pool's own limit, and a dozen for the executor and the bench.
const THREADS: f64 = 512.0;

/// Allocations for a write that still count as none: a pool that now and then starts a thread is no steady state.
const NO_ALLOCATIONS: f64 = 0.01;

/// One number that is to be reached.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    /// `S1` to `S10`.
    pub(super) id: &'static str,
    /// What is compared.
    pub(super) what: String,
    /// What was measured.
    pub(super) value: f64,
    /// What is asked for.
    pub(super) bound: Bound,
}

/// What a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Less.
    Below(f64),
}

impl Bound {
    /// Whether a value keeps it. What is not a number keeps none.
    pub(super) fn is_reached(self, value: f64) -> bool {
        match self {
            Bound::AtLeast(bound) => value >= bound,
            Bound::AtMost(bound) => value <= bound,
            Bound::Below(bound) => value < bound,
        }
    }
}

/// The rows of one situation and size.
struct Group<'a> {
    rows: Vec<&'a Row>,
    name: String,
}

impl<'a> Group<'a> {
    fn row(&self, subject: &str) -> Option<&'a Row> {
        self.rows.iter().copied().find(|row| row.subject == subject)
    }

    fn ours(&self) -> Option<&'a Row> {
        self.row(OURS)
    }

    /// The fastest peer that completes.
    fn peer(&self) -> Option<&'a Row> {
        fastest_peer(self.rows.iter().copied(), true)
    }

    /// The least of a value among the peers that complete.
    fn least(&self, value: fn(&Row) -> f64) -> Option<f64> {
        let peers = self.rows.iter().filter(|row| row.is_peer() && row.completes);
        peers.map(|row| value(row)).min_by(f64::total_cmp)
    }

    /// Our time, divided by the other's.
    fn time_to(&self, other: Option<&Row>) -> Option<f64> {
        Some(self.ours()?.median_ns / other?.median_ns)
    }

    fn figure(&self, id: &'static str, what: &str, value: Option<f64>, bound: Bound) -> Option<Figure> {
        Some(Figure { id, what: format!("{}: {what}", self.name), value: value?, bound })
    }
}

/// All figures for which there are rows.
pub(super) fn figures(rows: &[Row]) -> Vec<Figure> {
    let group = |situation: Situation, size: usize| {
        let of = |row: &&Row| row.situation == situation.name() && row.size == size;
        Group { rows: rows.iter().filter(of).collect(), name: format!("{}, {}", situation.name(), size_text(size)) }
    };
    let sizes = [100, 4 << 10, 64 << 10, 1 << 20, 8 << 20];
    let of_each = |situation, figures: fn(&Group<'_>) -> Vec<Option<Figure>>| {
        sizes.iter().flat_map(|&size| figures(&group(situation, size))).collect::<Vec<_>>()
    };
    let all = [
        faster(&group(on_ext4(rows), 100), "S1", 10.0, 4.0),
        faster(&group(on_ext4(rows), 4 << 10), "S2", 6.0, 2.0),
        of_each(Situation::OneCore, one_core),
        of_each(Situation::BusyLoops, busy_loops),
        of_each(Situation::Alone, cpu),
        of_each(Situation::OnePerMs, cpu_now_and_then),
        [64 << 10, 1 << 20, 8 << 20].iter().flat_map(|&size| large(&group(Situation::Alone, size))).collect(),
        xfs(&group(Situation::Xfs, 100)),
        of_each(Situation::Alone, allocations),
        crowd(&group(Situation::Crowd, 4 << 10)),
        idle(&group(Situation::Idle, 4 << 10)),
    ];
    all.into_iter().flatten().flatten().collect()
}

/// S1 and S2 speak of ext4: where temporary files are on it, the situation without a name for it is the one.
fn on_ext4(rows: &[Row]) -> Situation {
    let alone = rows.iter().find(|row| row.situation == Situation::Alone.name());
    if alone.is_some_and(|row| row.file_system == "ext4") { Situation::Alone } else { Situation::Ext4 }
}

fn faster(group: &Group<'_>, id: &'static str, times: f64, of_std: f64) -> Vec<Option<Figure>> {
    let speed = group.time_to(group.peer()).map(f64::recip);
    let to_std = group.time_to(group.row(STD));
    vec![
        group.figure(id, "times faster than the fastest peer", speed, Bound::AtLeast(times)),
        group.figure(id, "time, in that of std", to_std, Bound::AtMost(of_std)),
    ]
}

fn one_core(group: &Group<'_>) -> Vec<Option<Figure>> {
    vec![group.figure("S3", "time, in that of the fastest peer", group.time_to(group.peer()), Bound::AtMost(1.05))]
}

fn busy_loops(group: &Group<'_>) -> Vec<Option<Figure>> {
    let tail = || Some(group.ours()?.p99_ns / group.least(|row| row.p99_ns)?);
    vec![
        group.figure("S4", "time, in that of the fastest peer", group.time_to(group.peer()), Bound::AtMost(1.1)),
        group.figure("S4", "p99, in the least of the peers", tail(), Bound::AtMost(1.1)),
    ]
}

fn cpu(group: &Group<'_>) -> Vec<Option<Figure>> {
    let cpu = || Some(group.ours()?.cpu_ns / group.least(|row| row.cpu_ns)?);
    let small = group.rows.first().is_some_and(|row| row.size <= 4 << 10);
    vec![group.figure("S5", "CPU, in the least of the peers", cpu().filter(|_| small), Bound::AtMost(0.5))]
}

fn cpu_now_and_then(group: &Group<'_>) -> Vec<Option<Figure>> {
    let cpu = || Some(group.ours()?.cpu_ns / tokio(group)?.cpu_ns);
    vec![group.figure("S5", "CPU, in that of tokio", cpu(), Bound::AtMost(1.25))]
}

/// The row of tokio that, like ours, has one thread for the executor.
fn tokio<'a>(group: &Group<'a>) -> Option<&'a Row> {
    group.row("tokio write+flush (current-thread)")
}

/// The peers that are lent their bytes and copy them, as ours does; the others are given them.
const COPYING: [&str; 6] = [
    "tokio write+flush (current-thread)",
    "tokio write+flush (multi-thread)",
    "tokio write+flush (spawned)",
    "async-fs write+flush",
    "async-std write+flush",
    "Unblock write+flush",
];

/// What is copied is not compared alone with what is not: a copy of a large write costs more than a hand-over.
fn large(group: &Group<'_>) -> Vec<Option<Figure>> {
    let copying = group.rows.iter().copied().filter(|row| COPYING.contains(&row.subject.as_str()));
    let bytes = |to: Option<&Row>| Some(group.row("async-write-complete Bytes")?.median_ns / to?.median_ns);
    let bytes_to_std = bytes(group.row(STD)).filter(|_| group.rows.iter().any(|row| row.size == 1 << 20));
    let at_most_alike = Bound::AtMost(1.0);
    vec![
        group.figure("S6", "time, in that of the fastest peer", group.time_to(group.peer()), at_most_alike),
        group.figure("S6", "likewise, of those that copy", group.time_to(fastest_peer(copying, true)), at_most_alike),
        group.figure("S6", "`Bytes`: time, in that of the fastest peer", bytes(group.peer()), at_most_alike),
        group.figure("S6", "`Bytes`: time, in that of std", bytes_to_std, Bound::AtMost(1.15)),
    ]
}

fn xfs(group: &Group<'_>) -> Vec<Option<Figure>> {
    let to = |label| group.time_to(group.row(label));
    vec![
        group.figure("S7", "time, in that of std", to(STD), Bound::AtMost(1.5)),
        group.figure("S7", "time, in that of compio", to("compio"), Bound::Below(1.0)),
        group.figure("S7", "time, in that of tokio-uring", to("tokio-uring"), Bound::Below(1.0)),
    ]
}

fn allocations(group: &Group<'_>) -> Vec<Option<Figure>> {
    let allocations = group.ours().map(|row| row.allocations);
    vec![group.figure("S8", "allocations for a write", allocations, Bound::Below(NO_ALLOCATIONS))]
}

fn crowd(group: &Group<'_>) -> Vec<Option<Figure>> {
    let late = || Some((group.ours()?.lateness_p99_ns - tokio(group)?.lateness_p99_ns) / 1e6);
    let threads = group.ours().map(|row| row.threads as f64);
    vec![
        group.figure(
            "S9",
            "time for all, in that of the fastest peer",
            group.time_to(group.peer()),
            Bound::AtMost(1.0),
        ),
        group.figure("S9", "ticker's p99 lateness, ms behind tokio's", late(), Bound::AtMost(0.2)),
        group.figure("S9", "threads that ran", threads, Bound::AtMost(THREADS)),
    ]
}

fn idle(group: &Group<'_>) -> Vec<Option<Figure>> {
    vec![group.figure("S10", "bytes of heap for a writer", group.ours().map(|row| row.heap), Bound::Below(1024.0))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::row::{relate_to_std, tests::row};

    const TOKIO: &str = "tokio write+flush (current-thread)";

    fn rows(situation: Situation, size: usize, std: f64, ours: f64, peer: f64) -> Vec<Row> {
        let mut rows =
            vec![row(situation, size, STD, std), row(situation, size, OURS, ours), row(situation, size, TOKIO, peer)];
        relate_to_std(&mut rows);
        rows
    }

    fn values(figures: &[Figure]) -> Vec<(&str, f64, bool)> {
        figures.iter().map(|figure| (figure.id, figure.value, figure.bound.is_reached(figure.value))).collect()
    }

    #[test]
    fn what_was_not_measured_has_no_figure() {
        assert_eq!(figures(&[]), []);
        assert_eq!(figures(&[row(Situation::OneCore, 100, OURS, 1.0)]), [], "no peer, no ratio");
    }

    #[test]
    fn small_writes_are_judged_by_speed_std_cpu_and_allocations() {
        let found = figures(&rows(Situation::Alone, 100, 10.0, 20.0, 400.0));
        assert_eq!(values(&found), [("S1", 20.0, true), ("S1", 2.0, true), ("S5", 0.05, true), ("S8", 0.0, true)]);
    }

    #[test]
    fn a_slower_writer_reaches_nothing() {
        let found = figures(&rows(Situation::BusyLoops, 100, 10.0, 30.0, 20.0));
        assert_eq!(values(&found), [("S4", 1.5, false), ("S4", 1.5, false)]);
    }

    #[test]
    fn the_ext4_of_a_loop_device_counts_where_temporary_files_are_on_another() {
        let mut alone = rows(Situation::Alone, 4096, 10.0, 20.0, 400.0);
        alone.iter_mut().for_each(|row| row.file_system = "overlay".to_owned());
        alone.extend(rows(Situation::Ext4, 4096, 10.0, 40.0, 400.0));
        let found = figures(&alone);
        assert_eq!(values(&found)[..2], [("S2", 10.0, true), ("S2", 4.0, false)]);
    }

    #[test]
    fn the_crowd_is_judged_by_the_difference_in_lateness() {
        let mut rows = rows(Situation::Crowd, 4096, 10.0, 20.0, 40.0);
        rows[1].lateness_p99_ns = 3e6;
        rows[2].lateness_p99_ns = 2e6;
        assert_eq!(values(&figures(&rows)), [("S9", 0.5, true), ("S9", 1.0, false), ("S9", 1.0, true)]);
    }

    #[test]
    fn not_a_number_reaches_nothing() {
        for bound in [Bound::AtLeast(0.0), Bound::AtMost(1.0), Bound::Below(1.0)] {
            assert!(!bound.is_reached(f64::NAN));
        }
    }
}
