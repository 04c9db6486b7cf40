//! What a file has of the records that were reported: all of them, whole, once, and where they belong.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    order::Order,
    record::{self, Id},
};

/// A record that its writer was answered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) id: Id,
    /// Where it ends in the file; `None` if the report is the exit status, which cannot tell.
    pub(super) end: Option<u64>,
}

/// Which part of a file has to be nothing but whole records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// All of it, each record in its turn, but that the last one may be cut: the process was killed, and the system
    /// lives.
    ToTheEnd(Order),
    /// All before the end of the last reported record: what follows was not durable when the system stopped.
    ToTheLastReport,
    /// Each reported record: several writes at positions were in flight, and those not reported may be cut or absent.
    EachReport,
}

/// What is wrong with a file, as numbers of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Damage {
    /// Reported, and not there at all; and left out, where a later one of its task is there.
    pub(super) lost: usize,
    /// Reported, and there in part; and bytes that are no record, nor the beginning of one that could come next.
    pub(super) torn: usize,
    /// There more than once.
    pub(super) doubled: usize,
    /// Whole, but before an earlier one of its task, or elsewhere than reported.
    pub(super) misplaced: usize,
}

impl Damage {
    pub(super) fn is_none(self) -> bool {
        self == Damage::default()
    }

    pub(super) fn add(&mut self, other: Damage) {
        self.lost += other.lost;
        self.torn += other.torn;
        self.doubled += other.doubled;
        self.misplaced += other.misplaced;
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) damage: Damage,
    /// Whether the file ends within a record: its writer was stopped in the middle of one.
    pub(super) is_cut: bool,
}

/// Compares a file with the reports.
pub(super) fn judge(bytes: &[u8], reports: &[Report], expected: Expected) -> Finding {
    let content = Content::read(bytes);
    let mut damage = Damage { doubled: content.doubled(), misplaced: content.disorder(), ..Damage::default() };
    let mut is_cut = content.tail.is_some();
    for report in reports {
        match content.places.get(&report.id).map(Vec::as_slice) {
            Some(ends) if report.end.is_none_or(|end| ends.contains(&end)) => {}
            Some(_) => damage.misplaced += 1,
            None if has_beginning(bytes, report.id) => damage.torn += 1,
            None => damage.lost += 1,
        }
    }
    let last_report = reports.iter().filter_map(|report| report.end).max().unwrap_or(0);
    damage.torn += match expected {
        Expected::ToTheEnd(order) => {
            damage.lost += content.left_out(order, reports).filter(|id| !has_beginning(bytes, *id)).count();
            is_cut = content.tail.is_some_and(|at| content.may_go_on_with(order, &bytes[at..]));
            content.damaged.len() + usize::from(content.tail.is_some() && !is_cut)
        }
        Expected::ToTheLastReport => content.damaged.iter().filter(|&&at| (at as u64) < last_report).count(),
        Expected::EachReport => 0,
    };
    Finding { damage, is_cut }
}

fn has_beginning(bytes: &[u8], id: Id) -> bool {
    let first = id.record()[0];
    let mut places = bytes.iter().enumerate().filter(|(_, byte)| **byte == first);
    places.any(|(at, _)| id.begins(&bytes[at..]))
}

/// The whole records of a file, and what is between them.
#[derive(Debug, Default)]
struct Content {
    /// Where each one ends, every time that it is there.
    places: HashMap<Id, Vec<u64>>,
    /// In the order in which they stand there.
    order: Vec<Id>,
    /// Where damaged bytes begin that another whole record follows.
    damaged: Vec<usize>,
    /// Where bytes begin that no whole record follows.
    tail: Option<usize>,
}

impl Content {
    fn read(bytes: &[u8]) -> Self {
        let mut content = Content::default();
        let mut at = 0;
        while at < bytes.len() {
            if let Some((id, len)) = record::first(&bytes[at..]) {
                at += len;
                content.places.entry(id).or_default().push(at as u64);
                content.order.push(id);
            } else if let Some(next) = record::next(bytes, at + 1) {
                content.damaged.push(at);
                at = next;
            } else {
                content.tail = Some(at);
                break;
            }
        }
        content
    }

    fn doubled(&self) -> usize {
        self.places.values().map(|ends| ends.len() - 1).sum()
    }

    /// Each task with the last number that is there of it.
    fn last_numbers(&self) -> HashMap<u16, u32> {
        let mut last = HashMap::new();
        for id in self.places.keys() {
            last.entry(id.task).and_modify(|last| *last = id.number.max(*last)).or_insert(id.number);
        }
        last
    }

    /// Records that must be there because a later one of their task is, and are not; without those that were reported,
    /// which are told already.
    fn left_out(&self, order: Order, reports: &[Report]) -> impl Iterator<Item = Id> {
        let reported: HashSet<Id> = reports.iter().map(|report| report.id).collect();
        let before = |(task, last)| (0..last).map(move |number| Id { task, number });
        let must_be_there =
            self.last_numbers().into_iter().flat_map(before).filter(move |id| !order.may_be_left_out(*id));
        must_be_there.filter(move |id| !self.places.contains_key(id) && !reported.contains(id))
    }

    /// Whether the bytes are the beginning of a record that could be the next one.
    fn may_go_on_with(&self, order: Order, tail: &[u8]) -> bool {
        let last = self.last_numbers();
        (0..order.tasks()).any(|task| {
            let next = last.get(&task).map_or(0, |last| last + 1);
            let mut candidates = order.candidates(Id { task, number: next });
            candidates.any(|id| id.record().starts_with(tail))
        })
    }

    fn disorder(&self) -> usize {
        let mut last: HashMap<u16, u32> = HashMap::new();
        // A second copy is doubled, which is told already.
        self.order.iter().filter(|id| last.insert(id.task, id.number).is_some_and(|last| last > id.number)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: Damage = Damage { lost: 0, torn: 0, doubled: 0, misplaced: 0 };

    const WHOLE: Expected = Expected::ToTheEnd(Order::One);

    fn id(number: u32) -> Id {
        Id { task: 0, number }
    }

    fn file(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|&number| id(number).record()).collect()
    }

    /// Reports of the first records of an undamaged file.
    fn reports(count: u32) -> Vec<Report> {
        let end = |number| file(&(0..=number).collect::<Vec<_>>()).len() as u64;
        (0..count).map(|number| Report { id: id(number), end: Some(end(number)) }).collect()
    }

    fn damage(bytes: &[u8], count: u32) -> Damage {
        judge(bytes, &reports(count), WHOLE).damage
    }

    #[test]
    fn a_file_with_every_report_has_no_damage() {
        assert_eq!(damage(&file(&[0, 1, 2, 3]), 4), CLEAN);
        assert_eq!(damage(&file(&[0, 1, 2, 3]), 2), CLEAN, "more than was reported");
        assert!(!judge(&file(&[0, 1]), &reports(2), WHOLE).is_cut);
    }

    #[test]
    fn the_end_may_be_cut_where_nothing_was_reported() {
        let mut bytes = file(&[0, 1, 2]);
        bytes.pop();
        let finding = judge(&bytes, &reports(2), WHOLE);
        assert_eq!(finding, Finding { damage: CLEAN, is_cut: true });
        assert_eq!(damage(&bytes, 3), Damage { torn: 1, ..CLEAN });
    }

    #[test]
    fn a_lost_record_is_seen_at_the_end_and_in_the_middle() {
        assert_eq!(damage(&file(&[0, 1]), 3), Damage { lost: 1, ..CLEAN });
        let finding = judge(&file(&[0, 2]), &reports(2), WHOLE);
        assert_eq!(finding.damage, Damage { lost: 1, ..CLEAN });
        assert_eq!(damage(&[], 2), Damage { lost: 2, ..CLEAN });
        let exit = [Report { id: id(2), end: None }];
        assert_eq!(judge(&file(&[0, 1]), &exit, WHOLE).damage, Damage { lost: 1, ..CLEAN });
        assert_eq!(judge(&file(&[0, 1, 2]), &exit, WHOLE).damage, CLEAN);
    }

    /// Damage at the end of a file looks like a record that was cut off, but for its bytes.
    #[test]
    fn a_tail_of_other_bytes_is_seen() {
        let whole = file(&[0, 1]);
        let next = id(2).record();
        for tail in [b"other bytes".as_slice(), &[0; 4096], &id(3).record()[..12], &id(1).record()[1..], &next[1..]] {
            let finding = judge(&[whole.as_slice(), tail].concat(), &reports(2), WHOLE);
            assert_eq!(finding, Finding { damage: Damage { torn: 1, ..CLEAN }, is_cut: false });
        }
        let mut changed = next.clone();
        *changed.last_mut().expect("a byte") ^= 1;
        assert_eq!(damage(&[whole.as_slice(), &changed].concat(), 2), Damage { torn: 1, ..CLEAN });
        for len in 1..next.len() {
            let finding = judge(&[whole.as_slice(), &next[..len]].concat(), &reports(2), WHOLE);
            assert_eq!(finding, Finding { damage: CLEAN, is_cut: true }, "{len} bytes of the next one");
        }
    }

    /// A dropped append happens or not; the next one of its task may stand in its place, and no later one.
    #[test]
    fn what_a_log_may_end_with() {
        let log = Expected::ToTheEnd(Order::Log);
        let of = |task, number| Id { task, number }.record();
        let (dropped, kept) = (of(3, 0), of(3, 1));
        let torn = |tail: &[u8]| judge(&[file(&[0]).as_slice(), tail].concat(), &reports(1), log).damage.torn;
        assert_eq!((torn(&dropped[..9]), torn(&kept[..12])), (0, 0));
        assert_eq!((torn(&of(3, 2)[..12]), torn(&of(8, 0)[..12]), torn(&of(0, 2)[..12])), (1, 1, 1));
    }

    #[test]
    fn a_record_that_is_left_out_is_seen() {
        assert_eq!(damage(&file(&[0, 2]), 1), Damage { lost: 1, ..CLEAN });
        let log = |ids: &[(u16, u32)]| {
            let bytes: Vec<u8> = ids.iter().flat_map(|&(task, number)| Id { task, number }.record()).collect();
            judge(&bytes, &[], Expected::ToTheEnd(Order::Log)).damage
        };
        assert_eq!(log(&[(1, 1), (0, 0), (1, 4), (1, 6)]), Damage { lost: 2, ..CLEAN }, "2 and 3; 0 and 5 may be");
    }

    #[test]
    fn a_doubled_record_is_seen() {
        assert_eq!(damage(&file(&[0, 1, 1]), 2), Damage { doubled: 1, ..CLEAN });
        assert_eq!(damage(&file(&[0, 1, 1]), 1), Damage { doubled: 1, ..CLEAN }, "also one that nobody reported");
    }

    #[test]
    fn a_record_elsewhere_is_misplaced() {
        assert_eq!(damage(&file(&[1, 0]), 0), Damage { misplaced: 1, ..CLEAN });
        let bytes = [file(&[0]), file(&[2, 1])].concat();
        assert_eq!(damage(&bytes, 2), Damage { misplaced: 2, ..CLEAN }, "before a later one, and not where reported");
    }

    #[test]
    fn damaged_bytes_count_where_they_are_not_expected() {
        let mut bytes = file(&[0, 1, 2]);
        let at = file(&[0]).len() + 12;
        bytes[at] ^= 1;
        assert_eq!(damage(&bytes, 1), Damage { torn: 1, ..CLEAN }, "nobody reported it, but what follows is there");
        let of = |count, expected| judge(&bytes, &reports(count), expected).damage;
        assert_eq!(of(1, Expected::ToTheLastReport), CLEAN);
        assert_eq!(of(1, Expected::EachReport), CLEAN);
        let last = [reports(3)[0], reports(3)[2]];
        assert_eq!(judge(&bytes, &last, Expected::ToTheLastReport).damage, Damage { torn: 1, ..CLEAN });
        assert_eq!(judge(&bytes, &last, Expected::EachReport).damage, CLEAN);
        assert!(!of(2, Expected::EachReport).is_none(), "a reported one");
    }

    #[test]
    fn damage_is_summed_up() {
        let mut sum = Damage { lost: 1, torn: 2, doubled: 3, misplaced: 4 };
        sum.add(sum);
        assert_eq!(sum, Damage { lost: 2, torn: 4, doubled: 6, misplaced: 8 });
        assert!(!sum.is_none() && CLEAN.is_none());
    }
}
