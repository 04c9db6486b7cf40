//! What was measured of operations, each for itself: every latency is in one histogram, and every other figure is of
//! the same operations.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::meter::cpu_time;
use crate::alloc;

/// Some operations, of one turn or of several.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Nanoseconds from a call to its answer.
    pub(super) latencies: Histogram<u64>,
    /// The sum of them, which the histogram has only nearly.
    pub(super) sum: Duration,
    /// Time on the clock while operations were made.
    pub(super) wall: Duration,
    /// Time on processors meanwhile, of all threads of the process.
    pub(super) cpu: Duration,
    /// Calls of the allocator meanwhile, of all threads.
    pub(super) allocations: usize,
    /// The most threads that ran in a turn.
    pub(super) threads: usize,
    /// Nanoseconds by which the ticker was late.
    pub(super) lateness: Histogram<u64>,
    /// Bytes that were answered for, and not there at the answer.
    pub(super) missing: usize,
    /// Writers that are idle.
    pub(super) idle: Option<IdleWriters>,
}

/// What idle writers hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdleWriters {
    /// Bytes of heap, each.
    pub(super) heap: f64,
    /// Threads that ran while nobody wrote.
    pub(super) awake: usize,
}

impl Sample {
    pub(super) fn new() -> Self {
        Sample {
            latencies: histogram(),
            sum: Duration::ZERO,
            wall: Duration::ZERO,
            cpu: Duration::ZERO,
            allocations: 0,
            threads: 0,
            lateness: histogram(),
            missing: 0,
            idle: None,
        }
    }

    /// Adds one operation.
    pub(super) fn record(&mut self, latency: Duration) {
        self.sum += latency;
        record(&mut self.latencies, latency);
    }

    /// Adds what was used meanwhile.
    pub(super) fn used(&mut self, stretch: Used) {
        self.wall += stretch.wall;
        self.cpu += stretch.cpu;
        self.allocations += stretch.allocations;
    }

    /// Adds another turn of the same subject.
    pub(super) fn add(&mut self, turn: &Sample) {
        for (all, one) in [(&mut self.latencies, &turn.latencies), (&mut self.lateness, &turn.lateness)] {
            all.add(one).expect("all of them have the same bounds");
        }
        self.sum += turn.sum;
        self.wall += turn.wall;
        self.cpu += turn.cpu;
        self.allocations += turn.allocations;
        self.threads = self.threads.max(turn.threads);
        self.missing += turn.missing;
        self.idle = self.idle.or(turn.idle);
    }
}

/// A stretch of operations: it begins and ends without a system call but one, for the processor's time.
#[derive(Debug)]
pub(super) struct Stretch {
    allocations: usize,
    cpu: Duration,
    wall: Instant,
}

/// What was used in a stretch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
    pub(super) allocations: usize,
}

impl Stretch {
    pub(super) fn begin() -> Self {
        Stretch { allocations: alloc::calls(), cpu: cpu_time(), wall: Instant::now() }
    }

    pub(super) fn end(self) -> Used {
        let wall = self.wall.elapsed();
        let cpu = cpu_time().saturating_sub(self.cpu);
        Used { wall, cpu, allocations: alloc::calls() - self.allocations }
    }
}

/// An empty histogram with room for up to a minute, so that recording never allocates.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds and precision that the type can have")
}

/// Adds one duration; one above a minute counts as a minute.
pub(super) fn record(histogram: &mut Histogram<u64>, duration: Duration) {
    histogram.saturating_record(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_add_up_to_one_sample() {
        let mut all = Sample::new();
        for nanos in [100, 300] {
            let mut turn = Sample::new();
            turn.record(Duration::from_nanos(nanos));
            turn.used(Used { wall: Duration::from_nanos(nanos), cpu: Duration::from_nanos(10), allocations: 2 });
            turn.threads = nanos as usize;
            all.add(&turn);
        }
        assert_eq!((all.latencies.len(), all.sum, all.wall), (2, Duration::from_nanos(400), Duration::from_nanos(400)));
        assert_eq!((all.cpu, all.allocations, all.threads), (Duration::from_nanos(20), 4, 300));
    }

    #[test]
    fn a_stretch_counts_what_was_allocated() {
        let stretch = Stretch::begin();
        let block = std::hint::black_box(vec![1_u8; 100]);
        let used = stretch.end();
        drop(block);
        assert!(used.allocations >= 1 && used.wall > Duration::ZERO, "{used:?}");
    }
}
