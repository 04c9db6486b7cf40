//! Where ours is slower: each row of ours, against the fastest peer and the median of the peers on the same executor,
//! at p50 and p99. Nothing is rounded, and nothing is left out.

use super::{
    compare::{Lane, groups},
    row::{Measure, Row},
};

/// All comparisons of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    /// How many comparisons there were.
    pub(crate) compared: usize,
    /// Those that ours has lost, in the order of the rows.
    pub(crate) lost: Vec<Loss>,
}

/// A comparison that ours has lost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loss {
    /// The situation and the size.
    pub(crate) place: String,
    /// The executor.
    pub(crate) runtime: String,
    pub(crate) measure: Measure,
    /// Who is faster: the fastest peer by its name, or the median of so many.
    pub(crate) than: String,
    pub(crate) theirs_ns: f64,
    pub(crate) ours_ns: f64,
}

impl Loss {
    /// Our time, in theirs.
    pub(crate) fn factor(&self) -> f64 {
        self.ours_ns / self.theirs_ns
    }
}

impl Losses {
    /// Compares all rows of ours.
    pub(crate) fn of(rows: &[Row]) -> Self {
        let mut losses = Losses::default();
        for group in groups(rows) {
            for lane in group.lanes() {
                for measure in Measure::ALL {
                    losses.compare(&lane, measure);
                }
            }
        }
        losses
    }

    fn compare(&mut self, lane: &Lane<'_>, measure: Measure) {
        let fastest = lane.fastest(measure).map(|peer| (peer.subject.clone(), measure.of(peer)));
        let peers = lane.peers.len();
        // The median of one is that one again.
        let median = lane.median(measure).filter(|_| peers > 1).map(|nanos| (format!("the median of {peers}"), nanos));
        for (than, theirs_ns) in [fastest, median].into_iter().flatten() {
            self.compared += 1;
            let (place, runtime) = (lane.ours.place(), lane.ours.runtime.clone());
            let loss = Loss { place, runtime, measure, than, theirs_ns, ours_ns: measure.of(lane.ours) };
            if loss.factor() > 1.0 {
                self.lost.push(loss);
            }
        }
    }

    /// In a sentence.
    pub(crate) fn text(&self) -> String {
        format!(
            "Ours is slower in {} of {} comparisons, which are those of each row with the fastest and the median peer \
             on the same executor, at p50 and p99.",
            self.lost.len(),
            self.compared
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{
        row::tests::row,
        situations::Situation,
        subjects::{OURS, Role},
    };

    #[test]
    fn every_row_of_ours_is_compared_with_the_fastest_and_the_median_at_both_measures() {
        let one = |role, of, nanos| row(Situation::Alone, 100, role, of, nanos);
        let mut slow_tail = one(Role::Ours, (OURS, "bare"), 4.0);
        slow_tail.p99_ns = 20.0;
        let rows = [
            slow_tail,
            one(Role::Peer, ("async-fs", "bare"), 9.0),
            one(Role::Peer, ("Unblock", "bare"), 5.0),
            one(Role::Ours, (OURS, "tokio"), 4.5),
            one(Role::Peer, ("tokio", "tokio"), 4.5),
            one(Role::Variant, ("Bytes", "tokio"), 99.0),
        ];
        let losses = Losses::of(&rows);
        assert_eq!(losses.compared, 6, "four, and two where there is one peer");
        let told: Vec<_> = losses.lost.iter().map(|loss| (loss.measure, loss.than.as_str(), loss.factor())).collect();
        assert_eq!(told, [(Measure::P99, "Unblock", 4.0), (Measure::P99, "the median of 2", 20.0 / 7.0)]);
        assert!(losses.text().starts_with("Ours is slower in 2 of 6 comparisons"), "{}", losses.text());
    }
}
