//! One row of the result: what the rounds of one subject, in one situation and with one size, say together.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::{
    situations::Situation,
    subjects::{STD, Subject, is_ours},
    work::{Outcome, histogram},
};

/// The quantiles of the latencies that are kept, for the pictures.
const QUANTILES: [f64; 8] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0];

/// What was measured. All times are in nanoseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    /// The name of the situation.
    pub(super) situation: String,
    /// Bytes of a write.
    pub(super) size: usize,
    /// The label of the subject.
    pub(super) subject: String,
    /// Whether the bytes are in the file when a write is answered.
    pub(super) completes: bool,
    /// Time for a write: the median of the rounds.
    pub(super) median_ns: f64,
    /// The least of them.
    pub(super) min_ns: f64,
    /// The greatest of them.
    pub(super) max_ns: f64,
    /// From the call to the answer, of all rounds together.
    pub(super) p99_ns: f64,
    /// Processor time for a write, of all threads: the median of the rounds.
    pub(super) cpu_ns: f64,
    /// Calls of the allocator for a write: the median of the rounds.
    pub(super) allocations: f64,
    /// The median, divided by that of `std` in the same situation and size.
    pub(super) ratio_to_std: f64,
    /// Threads that ran: the most of all rounds.
    pub(super) threads: usize,
    /// Pairs of a quantile and the latency there.
    pub(super) latencies: Vec<(f64, f64)>,
    /// How late the ticker was, at the 99th percentile.
    pub(super) lateness_p99_ns: f64,
    /// Bytes of heap that an idle writer holds.
    pub(super) heap: f64,
    /// What the files were on.
    pub(super) file_system: String,
}

/// The part of a row that the JSON has.
#[derive(Debug, Serialize)]
pub(super) struct Published<'a> {
    situation: &'a str,
    size: usize,
    subject: &'a str,
    completes: bool,
    median_ns: f64,
    min_ns: f64,
    max_ns: f64,
    p99_ns: f64,
    cpu_ns: f64,
    allocations: f64,
    ratio_to_std: f64,
}

impl Row {
    /// From the rounds, of which there must be one; the ratio is not known yet.
    pub(super) fn of(
        situation: Situation,
        size: usize,
        subject: &Subject,
        file_system: &str,
        rounds: &[Outcome],
    ) -> Self {
        let each = |value: fn(&Outcome) -> f64| -> Vec<f64> { rounds.iter().map(value).collect() };
        let nanos = each(|outcome| outcome.nanos);
        let latencies = merged(rounds.iter().map(|outcome| &outcome.latencies));
        let lateness = merged(rounds.iter().map(|outcome| &outcome.lateness));
        Row {
            situation: situation.name().to_owned(),
            size,
            subject: subject.label.to_owned(),
            completes: subject.completes,
            median_ns: median(&nanos),
            min_ns: nanos.iter().copied().fold(f64::INFINITY, f64::min),
            max_ns: nanos.iter().copied().fold(0.0, f64::max),
            p99_ns: latencies.value_at_quantile(0.99) as f64,
            cpu_ns: median(&each(|outcome| outcome.cpu_nanos)),
            allocations: median(&each(|outcome| outcome.allocations)),
            ratio_to_std: f64::NAN,
            threads: rounds.iter().map(|outcome| outcome.threads).max().unwrap_or(0),
            latencies: QUANTILES.map(|quantile| (quantile, latencies.value_at_quantile(quantile) as f64)).to_vec(),
            lateness_p99_ns: lateness.value_at_quantile(0.99) as f64,
            heap: median(&each(|outcome| outcome.heap)),
            file_system: file_system.to_owned(),
        }
    }

    /// Whether this row is about this crate.
    pub(super) fn is_ours(&self) -> bool {
        is_ours(&self.subject)
    }

    /// Whether this row is about a peer: neither ours nor the reference.
    pub(super) fn is_peer(&self) -> bool {
        !self.is_ours() && self.subject != STD
    }

    /// What the JSON has of it; nothing where no write was timed.
    pub(super) fn published(&self) -> Option<Published<'_>> {
        (self.situation != Situation::Idle.name()).then(|| Published {
            situation: &self.situation,
            size: self.size,
            subject: &self.subject,
            completes: self.completes,
            median_ns: self.median_ns,
            min_ns: self.min_ns,
            max_ns: self.max_ns,
            p99_ns: self.p99_ns,
            cpu_ns: self.cpu_ns,
            allocations: self.allocations,
            ratio_to_std: self.ratio_to_std,
        })
    }
}

/// Fills in the ratios of the rows of one situation and size.
pub(super) fn relate_to_std(rows: &mut [Row]) {
    let std = rows.iter().find(|row| row.subject == STD).map_or(f64::NAN, |row| row.median_ns);
    rows.iter_mut().for_each(|row| row.ratio_to_std = row.median_ns / std);
}

/// The fastest peer among these rows that promises the same.
pub(super) fn fastest_peer<'a>(rows: impl IntoIterator<Item = &'a Row>, completes: bool) -> Option<&'a Row> {
    let peers = rows.into_iter().filter(|row| row.is_peer() && row.completes == completes);
    peers.min_by(|one, other| one.median_ns.total_cmp(&other.median_ns))
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        _ if sorted.is_empty() => f64::NAN,
        0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

fn merged<'a>(histograms: impl Iterator<Item = &'a Histogram<u64>>) -> Histogram<u64> {
    let mut all = histogram();
    for one in histograms {
        all.add(one).expect("all of them have the same bounds");
    }
    all
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A row whose times are all `nanos`.
    pub(crate) fn row(situation: Situation, size: usize, subject: &str, nanos: f64) -> Row {
        Row {
            situation: situation.name().to_owned(),
            size,
            subject: subject.to_owned(),
            completes: true,
            median_ns: nanos,
            min_ns: nanos,
            max_ns: nanos,
            p99_ns: nanos,
            cpu_ns: nanos,
            allocations: 0.0,
            ratio_to_std: 1.0,
            threads: 1,
            latencies: QUANTILES.map(|quantile| (quantile, nanos)).to_vec(),
            lateness_p99_ns: nanos,
            heap: 0.0,
            file_system: "ext4".to_owned(),
        }
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_ratio_is_to_the_median_of_std() {
        let mut rows = [row(Situation::Alone, 100, STD, 200.0), row(Situation::Alone, 100, "compio", 500.0)];
        relate_to_std(&mut rows);
        assert_eq!((rows[0].ratio_to_std, rows[1].ratio_to_std), (1.0, 2.5));
    }

    #[test]
    fn the_fastest_peer_is_neither_std_nor_ours_nor_of_another_promise() {
        let mut weaker = row(Situation::Alone, 100, "tokio write", 1.0);
        weaker.completes = false;
        let ours = row(Situation::Alone, 100, "async-write-complete futures-io", 2.0);
        let peer = row(Situation::Alone, 100, "compio", 4.0);
        let rows = [row(Situation::Alone, 100, STD, 1.0), ours, weaker, row(Situation::Alone, 100, "b", 5.0), peer];
        assert_eq!(fastest_peer(&rows, true).expect("a peer").subject, "compio");
        assert_eq!(fastest_peer(&rows, false).expect("a peer").subject, "tokio write");
    }

    #[test]
    fn the_json_of_a_row_has_exactly_these_keys() {
        let row = row(Situation::Alone, 100, STD, 200.0);
        let json = serde_json::to_value(row.published()).expect("a row is JSON");
        let expected = serde_json::json!({
            "situation": "alone", "size": 100, "subject": "std", "completes": true, "median_ns": 200.0, "min_ns": 200.0,
            "max_ns": 200.0, "p99_ns": 200.0, "cpu_ns": 200.0, "allocations": 0.0, "ratio_to_std": 1.0,
        });
        assert_eq!(json, expected);
    }
}
