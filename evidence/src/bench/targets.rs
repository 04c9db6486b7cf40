//! The targets that this project has set itself, T1 to T8, judged by one run.
//!
//! Each is asked of every executor that a row of ours has, against the peers on the same one, and the worst of them
//! counts. What did not run is not judged.

use super::{
    compare::{Lane, group},
    options::size_text,
    row::{Measure, Row},
    situations::Situation,
    subjects::{BYTES, OURS},
};

/// Allocations for a write that still count as none: a pool that now and then starts a thread is no steady state.
const NO_ALLOCATIONS: f64 = 0.01;

/// Nanoseconds by which a ticker beside ours may be later than beside tokio's.
const LATER: f64 = 200_000.0;

/// Bytes of heap that an idle writer may hold.
const HEAP: f64 = 1024.0;

const SMALL: [usize; 2] = [100, 4 << 10];
const UP_TO_64_KIB: [usize; 3] = [100, 4 << 10, 64 << 10];
const LARGE: [usize; 2] = [1 << 20, 8 << 20];

/// One number that is to be reached.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    /// `T1` to `T8`.
    pub(crate) id: &'static str,
    /// What is compared, and where.
    pub(crate) what: String,
    /// The executor whose row is the worst.
    pub(crate) runtime: String,
    /// What was measured.
    pub(crate) value: f64,
    /// What is asked for.
    pub(crate) bound: Bound,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Less.
    Below(f64),
}

impl Target {
    /// What is not a number reaches nothing.
    pub(crate) fn is_reached(&self) -> bool {
        match self.bound {
            Bound::AtLeast(bound) => self.value >= bound,
            Bound::AtMost(bound) => self.value <= bound,
            Bound::Below(bound) => self.value < bound,
        }
    }

    /// The bound in words.
    pub(crate) fn asked(&self) -> String {
        match self.bound {
            Bound::AtLeast(bound) => format!("at least {bound}"),
            Bound::AtMost(bound) => format!("at most {bound}"),
            Bound::Below(bound) => format!("below {bound}"),
        }
    }
}

/// All targets for which there are rows.
pub(crate) fn targets(rows: &[Row]) -> Vec<Target> {
    let judge = Judge { rows };
    let all =
        [alone(&judge), large(&judge), busy(&judge), few_cores(&judge), writers(&judge), costs(&judge), idle(rows)];
    all.into_iter().flatten().flatten().collect()
}

/// Asks the lanes of a group.
struct Judge<'a> {
    rows: &'a [Row],
}

impl Judge<'_> {
    /// The worst value of all executors; `None` where no lane has one.
    fn worst(
        &self,
        id: &'static str,
        (situation, size): (Situation, usize),
        what: &str,
        bound: Bound,
        value: impl Fn(&Lane<'_>) -> Option<f64>,
    ) -> Option<Target> {
        let group = group(self.rows, situation.name(), size)?;
        let values = group.lanes().into_iter().filter_map(|lane| Some((value(&lane)?, lane.ours.runtime.clone())));
        let is_least = matches!(bound, Bound::AtLeast(_));
        let (value, runtime) =
            values.max_by(|(one, _), (other, _)| if is_least { other.total_cmp(one) } else { one.total_cmp(other) })?;
        let what = format!("{}, {}: {what}", situation.name(), size_text(size));
        Some(Target { id, what, runtime, value, bound })
    }
}

/// Our time, in that of std.
fn to_std(lane: &Lane<'_>) -> Option<f64> {
    Some(lane.ours.p50_ns / lane.reference?.p50_ns)
}

/// Our value, in that of the peer with the least of it.
fn to_least(lane: &Lane<'_>, value: impl Fn(&Row) -> f64) -> Option<f64> {
    Some(value(lane.ours) / value(lane.least(&value)?))
}

fn to_fastest(lane: &Lane<'_>, measure: Measure) -> Option<f64> {
    to_least(lane, |row| measure.of(row))
}

/// How many times faster than the fastest peer.
fn faster(lane: &Lane<'_>) -> Option<f64> {
    to_fastest(lane, Measure::P50).map(f64::recip)
}

const TO_STD: &str = "p50, in that of std on the same thread";
const FASTER: &str = "p50, times faster than the fastest peer";

fn alone(judge: &Judge<'_>) -> Vec<Option<Target>> {
    let place = |size| (Situation::Alone, size);
    let bytes_to_std = |lane: &Lane<'_>| Some(lane.variant(BYTES)?.p50_ns / lane.reference?.p50_ns);
    let mut all = vec![
        judge.worst("T1", place(100), TO_STD, Bound::AtMost(2.5), to_std),
        judge.worst("T1", place(100), FASTER, Bound::AtLeast(10.0), faster),
        judge.worst("T1", place(4 << 10), TO_STD, Bound::AtMost(2.0), to_std),
        judge.worst("T1", place(64 << 10), TO_STD, Bound::AtMost(1.5), to_std),
        judge.worst("T1", place(64 << 10), "`Bytes`: p50, in that of std", Bound::AtMost(1.15), bytes_to_std),
    ];
    for size in UP_TO_64_KIB {
        for (measure, what) in
            [(Measure::P50, "p50, in the fastest peer's"), (Measure::P99, "p99, in the least of a peer")]
        {
            all.push(judge.worst("T2", place(size), what, Bound::Below(1.0), |lane| to_fastest(lane, measure)));
        }
    }
    all
}

fn large(judge: &Judge<'_>) -> Vec<Option<Target>> {
    // The runtimes of io_uring, and closures on a pool, are given their bytes and copy nothing. The others take slices,
    // as ours does.
    let takes_slices = |row: &&&Row| row.subject.contains("write+flush");
    let value = |lane: &Lane<'_>| {
        let peers = lane.peers.iter().filter(takes_slices).map(|row| row.p50_ns);
        peers.reduce(f64::min).map(|fastest| lane.ours.p50_ns / fastest)
    };
    let what = "p50, in that of the fastest peer that takes slices";
    LARGE.map(|size| judge.worst("T3", (Situation::Alone, size), what, Bound::AtMost(1.0), value)).to_vec()
}

fn busy(judge: &Judge<'_>) -> Vec<Option<Target>> {
    let tail = |lane: &Lane<'_>| Some(lane.ours.p99_ns / lane.median(Measure::P99)?);
    let place = |size| (Situation::BusyLoops, size);
    let mut all = vec![
        judge.worst("T4", place(100), FASTER, Bound::AtLeast(4.0), faster),
        judge.worst("T4", place(4 << 10), FASTER, Bound::AtLeast(2.0), faster),
    ];
    all.extend(SMALL.map(|size| judge.worst("T4", place(size), "p99, in the median peer's", Bound::AtMost(1.0), tail)));
    all
}

fn few_cores(judge: &Judge<'_>) -> Vec<Option<Target>> {
    let mut all = Vec::new();
    for situation in [Situation::OneCore, Situation::Quota] {
        let tail = |lane: &Lane<'_>| to_fastest(lane, Measure::P99);
        all.push(judge.worst("T4b", (situation, 100), FASTER, Bound::AtLeast(1.5), faster));
        all.push(judge.worst("T4b", (situation, 100), "p99, in the least of a peer", Bound::AtMost(1.0), tail));
    }
    all
}

/// The row of tokio's own file on an executor of tokio.
fn tokio<'a>(lane: &Lane<'a>) -> Option<&'a Row> {
    lane.peers.iter().copied().find(|row| row.subject.starts_with("tokio write"))
}

fn writers(judge: &Judge<'_>) -> Vec<Option<Target>> {
    let mut all = Vec::new();
    for writers in [256, 4096] {
        let place = (Situation::Writers(writers), 4 << 10);
        let total = |lane: &Lane<'_>| to_least(lane, |row| row.wall_ns);
        let late = |lane: &Lane<'_>| Some(lane.ours.late_p99_ns? - tokio(lane)?.late_p99_ns?);
        let threads = |lane: &Lane<'_>| Some(lane.ours.threads as f64 / tokio(lane)?.threads as f64);
        let tail = |lane: &Lane<'_>| to_fastest(lane, Measure::P99);
        all.extend([
            judge.worst("T5", place, "time for all, in the least of a peer", Bound::AtMost(1.0), total),
            judge.worst("T5", place, "p99, in the least of a peer", Bound::AtMost(1.0), tail),
            judge.worst("T5", place, "ticker's p99 lateness, ns behind tokio's", Bound::AtMost(LATER), late),
            judge.worst("T5", place, "threads that ran, in tokio's", Bound::AtMost(1.0), threads),
        ]);
    }
    all
}

fn costs(judge: &Judge<'_>) -> Vec<Option<Target>> {
    let cpu = |lane: &Lane<'_>| to_least(lane, |row| row.cpu_ns);
    let allocations = |lane: &Lane<'_>| Some(lane.ours.allocations);
    let mut all = Vec::new();
    let what = "CPU, in the least of a peer";
    all.extend(SMALL.map(|size| judge.worst("T6", (Situation::Alone, size), what, Bound::AtMost(0.5), cpu)));
    all.push(judge.worst("T6", (Situation::OnePerMs, 100), what, Bound::AtMost(1.1), cpu));
    let bound = Bound::Below(NO_ALLOCATIONS);
    all.extend(
        UP_TO_64_KIB
            .map(|size| judge.worst("T7", (Situation::Alone, size), "allocations for a write", bound, allocations)),
    );
    all
}

fn idle(rows: &[Row]) -> Vec<Option<Target>> {
    let ours = rows.iter().filter(|row| row.subject == OURS);
    let idle = ours.filter_map(|row| Some((row, row.idle?)));
    let each = idle.flat_map(|(row, idle)| {
        let target = |what: &str, value, bound| {
            Some(Target { id: "T8", what: format!("idle: {what}"), runtime: row.runtime.clone(), value, bound })
        };
        [
            target("bytes of heap for a writer", idle.heap, Bound::Below(HEAP)),
            target("threads awake", idle.awake as f64, Bound::AtMost(0.0)),
        ]
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{
        row::{Idle, tests::row},
        subjects::{Role, STD},
    };

    fn rows(situation: Situation, size: usize, ours: f64, peer: f64) -> Vec<Row> {
        let one = |role, of, nanos| row(situation, size, role, of, nanos);
        vec![
            one(Role::Reference, (STD, "bare"), 10.0),
            one(Role::Ours, (OURS, "bare"), ours),
            one(Role::Variant, (BYTES, "bare"), 11.0),
            one(Role::Peer, ("async-fs", "bare"), 400.0),
            one(Role::Ours, (OURS, "tokio"), ours * 2.0),
            one(Role::Peer, ("tokio write+flush", "tokio"), peer),
        ]
    }

    fn values(rows: &[Row]) -> Vec<(&'static str, String, f64, bool)> {
        targets(rows).into_iter().map(|t| (t.id, t.runtime.clone(), t.value, t.is_reached())).collect()
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert_eq!(targets(&[]), []);
        let lonely = [row(Situation::OneCore, 100, Role::Ours, (OURS, "bare"), 1.0)];
        assert_eq!(targets(&lonely), [], "no peer, no ratio");
    }

    #[test]
    fn the_worst_executor_counts() {
        let found = values(&rows(Situation::Alone, 100, 20.0, 400.0));
        let tokio = |id, value, reached| (id, "tokio".to_owned(), value, reached);
        assert_eq!(
            found,
            [
                tokio("T1", 4.0, false),
                tokio("T1", 10.0, true),
                tokio("T2", 0.1, true),
                tokio("T2", 0.1, true),
                tokio("T6", 0.1, true),
                tokio("T7", 0.0, true),
            ]
        );
    }

    #[test]
    fn bytes_are_judged_where_they_were_measured() {
        let found = targets(&rows(Situation::Alone, 64 << 10, 12.0, 400.0));
        let bytes = found.iter().find(|target| target.what.contains("`Bytes`")).expect("a target");
        assert_eq!((bytes.value, bytes.runtime.as_str(), bytes.asked().as_str()), (1.1, "bare", "at most 1.15"));
    }

    #[test]
    fn a_tail_beside_busy_loops_is_set_against_the_median_peer() {
        let found = targets(&rows(Situation::BusyLoops, 100, 20.0, 30.0));
        let tail = found.iter().find(|target| target.what.contains("p99")).expect("a target");
        assert_eq!((tail.id, tail.value, tail.is_reached()), ("T4", 40.0 / 30.0, false));
    }

    #[test]
    fn many_writers_may_be_late_by_a_fifth_of_a_millisecond() {
        let mut rows = rows(Situation::Writers(256), 4 << 10, 20.0, 50.0);
        rows[4].late_p99_ns = Some(450_000.0);
        rows[5].late_p99_ns = Some(200_000.0);
        let late = targets(&rows).into_iter().find(|target| target.what.contains("ticker")).expect("a target");
        assert_eq!((late.value, late.is_reached()), (250_000.0, false));
    }

    /// What is given its bytes has nothing to copy.
    #[test]
    fn large_slices_are_judged_by_the_peers_that_take_slices() {
        let mut rows = rows(Situation::Alone, 1 << 20, 100.0, 160.0);
        rows.push(row(Situation::Alone, 1 << 20, Role::Peer, ("spawn_blocking", "tokio"), 10.0));
        let found = values(&rows).into_iter().find(|(id, ..)| *id == "T3");
        assert_eq!(found, Some(("T3", "tokio".to_owned(), 1.25, false)));
    }

    #[test]
    fn idle_writers_are_judged_by_their_heap_and_their_threads() {
        let mut one = row(Situation::Idle, 4 << 10, Role::Ours, (OURS, "bare"), 0.0);
        one.idle = Some(Idle { heap: 800.0, awake: 1 });
        let found = values(&[one]);
        assert_eq!(found[0], ("T8", "bare".to_owned(), 800.0, true));
        assert_eq!(found[1], ("T8", "bare".to_owned(), 1.0, false));
    }
}
