//! One row of the result: what the rounds of one subject, in one situation and with one size, say together.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::{
    options::size_text,
    sample::Sample,
    situations::Situation,
    subjects::{Role, Subject, name},
};

/// The quantiles of the latencies that are kept, for the pictures.
const QUANTILES: [f64; 9] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1.0];

/// What was measured. All times are in nanoseconds, of single operations, from the call to the answer; mean and
/// percentiles are of one and the same sample, in which each operation of each round is. The fields are those of the
/// JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// The name of the situation.
    pub(crate) situation: String,
    /// Bytes of an operation.
    pub(crate) size: usize,
    /// The way to use a file.
    pub(crate) subject: String,
    /// The executor.
    pub(crate) runtime: String,
    pub(crate) role: Role,
    /// How many there are in the sample.
    pub(crate) operations: u64,
    pub(crate) mean_ns: f64,
    pub(crate) p50_ns: f64,
    pub(crate) p99_ns: f64,
    pub(crate) p999_ns: f64,
    pub(crate) max_ns: f64,
    /// The least and the greatest p50 of a round.
    pub(crate) rounds_p50_ns: (f64, f64),
    /// Time on the clock, divided by the operations: less than the mean where there are several writers.
    pub(crate) wall_ns: f64,
    /// Processor time for an operation, of all threads.
    pub(crate) cpu_ns: f64,
    /// Calls of the allocator for an operation, of all threads.
    pub(crate) allocations: f64,
    /// Threads that ran: the most of all rounds.
    pub(crate) threads: usize,
    /// How late the ticker was, at the 99th percentile, where there is one.
    pub(crate) late_p99_ns: Option<f64>,
    /// What idle writers hold, where they are what is measured.
    pub(crate) idle: Option<Idle>,
    /// What the files were on.
    pub(crate) file_system: String,
    /// Pairs of a quantile and the latency there.
    pub(crate) latencies: Vec<(f64, f64)>,
}

/// What idle writers hold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Idle {
    /// Bytes of heap, each.
    pub(crate) heap: f64,
    /// Threads that ran while nobody wrote, beside the one that waited.
    pub(crate) awake: usize,
}

/// A latency that rows are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    P50,
    P99,
}

impl Measure {
    pub(crate) const ALL: [Measure; 2] = [Measure::P50, Measure::P99];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Measure::P50 => "p50",
            Measure::P99 => "p99",
        }
    }

    pub(crate) fn of(self, row: &Row) -> f64 {
        match self {
            Measure::P50 => row.p50_ns,
            Measure::P99 => row.p99_ns,
        }
    }
}

impl Row {
    /// From the rounds, of which there must be one.
    pub(super) fn of(
        situation: Situation,
        size: usize,
        subject: &Subject,
        file_system: &str,
        rounds: &[Sample],
    ) -> Self {
        let mut all = Sample::new();
        rounds.iter().for_each(|round| all.add(round));
        let operations = all.latencies.len();
        let each = |total: f64| if operations == 0 { 0.0 } else { total / operations as f64 };
        let at = |quantile| all.latencies.value_at_quantile(quantile) as f64;
        let p50 = |round: &Sample| round.latencies.value_at_quantile(0.5) as f64;
        let least = rounds.iter().map(p50).fold(f64::INFINITY, f64::min);
        Row {
            situation: situation.name().to_owned(),
            size,
            subject: subject.label.to_owned(),
            runtime: subject.runtime.to_owned(),
            role: subject.role,
            operations,
            mean_ns: each(all.sum.as_secs_f64() * 1e9),
            p50_ns: at(0.5),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: at(1.0),
            rounds_p50_ns: (least, rounds.iter().map(p50).fold(0.0, f64::max)),
            wall_ns: each(all.wall.as_secs_f64() * 1e9),
            cpu_ns: each(all.cpu.as_secs_f64() * 1e9),
            allocations: each(all.allocations as f64),
            threads: all.threads,
            late_p99_ns: lateness(&all.lateness),
            idle: all.idle.map(|idle| Idle { heap: idle.heap, awake: idle.awake }),
            file_system: file_system.to_owned(),
            latencies: QUANTILES.map(|quantile| (quantile, at(quantile))).to_vec(),
        }
    }

    /// Whether its operations were timed.
    pub(crate) fn is_timed(&self) -> bool {
        self.operations > 0
    }

    /// The way and the executor.
    pub(crate) fn name(&self) -> String {
        name(&self.subject, &self.runtime)
    }

    /// The situation and the size.
    pub(crate) fn place(&self) -> String {
        format!("{}, {}", self.situation, size_text(self.size))
    }
}

fn lateness(histogram: &Histogram<u64>) -> Option<f64> {
    (!histogram.is_empty()).then(|| histogram.value_at_quantile(0.99) as f64)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::{sample, subjects};

    /// A row whose times are all `nanos`.
    pub(crate) fn row(situation: Situation, size: usize, role: Role, of: (&str, &str), nanos: f64) -> Row {
        Row {
            situation: situation.name().to_owned(),
            size,
            subject: of.0.to_owned(),
            runtime: of.1.to_owned(),
            role,
            operations: 1000,
            mean_ns: nanos,
            p50_ns: nanos,
            p99_ns: nanos,
            p999_ns: nanos,
            max_ns: nanos,
            rounds_p50_ns: (nanos, nanos),
            wall_ns: nanos,
            cpu_ns: nanos,
            allocations: 0.0,
            threads: 1,
            late_p99_ns: None,
            idle: None,
            file_system: "ext4".to_owned(),
            latencies: QUANTILES.map(|quantile| (quantile, nanos)).to_vec(),
        }
    }

    #[test]
    fn mean_and_percentiles_are_of_one_sample() {
        let subject = subjects::of(Situation::Alone, 100).next().expect("a subject");
        let round = |nanos: &[u64]| {
            let mut sample = Sample::new();
            nanos.iter().for_each(|&nanos| sample.record(Duration::from_nanos(nanos)));
            sample.used(sample::Used {
                wall: Duration::from_nanos(nanos.iter().sum()),
                cpu: Duration::ZERO,
                allocations: 0,
            });
            sample
        };
        let row = Row::of(Situation::Alone, 100, subject, "ext4", &[round(&[100, 100]), round(&[100, 500])]);
        assert_eq!((row.operations, row.mean_ns, row.p50_ns, row.wall_ns), (4, 200.0, 100.0, 200.0));
        assert_eq!(row.max_ns, row.p99_ns);
        assert!(row.p50_ns <= row.p99_ns && row.p99_ns <= row.p999_ns && row.p999_ns <= row.max_ns);
        assert_eq!((row.late_p99_ns, row.idle), (None, None));
    }

    #[test]
    fn a_row_without_operations_is_json_too() {
        let subject = subjects::of(Situation::Idle, 4096).next().expect("a subject");
        let row = Row::of(Situation::Idle, 4096, subject, "ext4", &[Sample::new()]);
        let json = serde_json::to_string(&row).expect("JSON");
        assert_eq!(serde_json::from_str::<Row>(&json).expect("a row"), row);
        assert!(!row.is_timed());
    }
}
