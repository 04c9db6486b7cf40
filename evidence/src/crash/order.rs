//! In which order records come into a file, and which of them may be left out.

use std::iter;

use super::record::Id;

/// How many threads share a log.
pub(super) const TASKS: u16 = 8;

/// Who writes the records of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// One task, one record after the other.
    One,
    /// The threads of a log, each one record after the other.
    Log,
}

impl Order {
    pub(super) fn tasks(self) -> u16 {
        match self {
            Order::One => 1,
            Order::Log => TASKS,
        }
    }

    /// Whether a record may never come: the future of its append is dropped after the first poll. Each thread but the
    /// first drops every fifth.
    pub(super) fn may_be_left_out(self, id: Id) -> bool {
        self == Order::Log && id.task > 0 && id.number.is_multiple_of(5)
    }

    /// The records of which one is the next of its task, if `id` is the first that has not come. No two in a row are
    /// left out.
    pub(super) fn candidates(self, id: Id) -> impl Iterator<Item = Id> {
        let after = self.may_be_left_out(id).then_some(Id { number: id.number + 1, ..id });
        iter::once(id).chain(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_come_next() {
        let next = |order: Order, task, number| -> Vec<u32> {
            order.candidates(Id { task, number }).map(|id| id.number).collect()
        };
        assert_eq!(next(Order::One, 0, 5), [5]);
        assert_eq!(next(Order::Log, 0, 5), [5], "the first task drops nothing");
        assert_eq!(next(Order::Log, 1, 4), [4]);
        assert_eq!(next(Order::Log, 1, 5), [5, 6]);
    }
}
