//! Rows side by side: the rows of one situation and size, and within them those of one executor.
//!
//! A ratio has one executor on both sides, because what an executor costs is nothing that a writer could change. Only
//! the reference, `std`, has none: it blocks the thread that asks.

use super::{
    row::{Measure, Row},
    subjects::Role,
};

/// The rows of one situation and size.
#[derive(Clone, Debug)]
pub(crate) struct Group<'a> {
    pub(crate) rows: Vec<&'a Row>,
}

/// Those of one executor.
#[derive(Clone, Debug)]
pub(super) struct Lane<'a> {
    /// The row of ours that is in every count.
    pub(super) ours: &'a Row,
    /// The peers that keep the same promise.
    pub(super) peers: Vec<&'a Row>,
    pub(super) reference: Option<&'a Row>,
    variants: Vec<&'a Row>,
}

/// All groups, in the order of their rows. Rows without times are in none.
pub(crate) fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in rows.iter().filter(|row| row.is_timed()) {
        let of = |group: &&mut Group<'_>| (&group.first().situation, group.first().size) == (&row.situation, row.size);
        match groups.iter_mut().find(of) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { rows: vec![row] }),
        }
    }
    groups
}

/// The group of that situation and size, if it was measured.
pub(super) fn group<'a>(rows: &'a [Row], situation: &str, size: usize) -> Option<Group<'a>> {
    groups(rows).into_iter().find(|group| group.first().situation == situation && group.first().size == size)
}

impl<'a> Group<'a> {
    /// There is one.
    pub(crate) fn first(&self) -> &'a Row {
        self.rows[0]
    }

    pub(crate) fn reference(&self) -> Option<&'a Row> {
        self.of(Role::Reference).next()
    }

    /// A lane for each row of ours.
    pub(super) fn lanes(&self) -> Vec<Lane<'a>> {
        let lane = |ours: &'a Row| {
            let on = |row: &&Row| row.runtime == ours.runtime;
            let (peers, variants) =
                (self.of(Role::Peer).filter(on).collect(), self.of(Role::Variant).filter(on).collect());
            Lane { ours, peers, reference: self.reference(), variants }
        };
        self.of(Role::Ours).map(lane).collect()
    }

    fn of(&self, role: Role) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().copied().filter(move |row| row.role == role)
    }
}

impl<'a> Lane<'a> {
    /// The peer with the least of it.
    pub(super) fn fastest(&self, measure: Measure) -> Option<&'a Row> {
        self.least(|row| measure.of(row))
    }

    /// The peer with the least of a value.
    pub(super) fn least(&self, value: impl Fn(&Row) -> f64) -> Option<&'a Row> {
        self.peers.iter().copied().min_by(|one, other| value(one).total_cmp(&value(other)))
    }

    /// What the peers need in the middle.
    pub(super) fn median(&self, measure: Measure) -> Option<f64> {
        median(self.peers.iter().map(|row| measure.of(row)).collect())
    }

    /// A row of ours that is used otherwise.
    pub(super) fn variant(&self, label: &str) -> Option<&'a Row> {
        self.variants.iter().copied().find(|row| row.subject == label)
    }
}

/// The middle one, or the mean of the two in the middle.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        _ if values.is_empty() => None,
        0 => Some(f64::midpoint(values[middle - 1], values[middle])),
        _ => Some(values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{row::tests::row, situations::Situation, subjects::OURS};

    fn rows() -> Vec<Row> {
        let row = |role, of, nanos| row(Situation::Alone, 100, role, of, nanos);
        vec![
            row(Role::Reference, ("std", "bare"), 1.0),
            row(Role::Ours, (OURS, "bare"), 2.0),
            row(Role::Variant, ("Bytes", "bare"), 1.5),
            row(Role::Peer, ("async-fs", "bare"), 9.0),
            row(Role::Peer, ("Unblock", "bare"), 5.0),
            row(Role::Weaker, ("async-fs write", "bare"), 0.5),
            row(Role::Ours, (OURS, "tokio"), 3.0),
            row(Role::Peer, ("tokio", "tokio"), 4.0),
        ]
    }

    #[test]
    fn a_lane_has_one_executor_and_only_peers_of_the_same_promise() {
        let rows = rows();
        let groups = groups(&rows);
        assert_eq!(groups.len(), 1);
        let lanes = groups[0].lanes();
        assert_eq!(lanes.len(), 2);
        assert_eq!(lanes[0].fastest(Measure::P50).expect("a peer").subject, "Unblock");
        assert_eq!(lanes[0].median(Measure::P99), Some(7.0));
        assert_eq!(lanes[0].variant("Bytes").expect("a row").p50_ns, 1.5);
        assert_eq!(lanes[1].fastest(Measure::P50).expect("a peer").subject, "tokio");
        assert_eq!(lanes[1].reference.expect("std").subject, "std");
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }
}
