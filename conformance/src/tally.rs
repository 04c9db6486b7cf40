//! [`Tally`]: what was done in the random sequences of a campaign, and seen.

use std::sync::{Mutex, PoisonError};

/// What was done in a campaign, and seen: a campaign in which one of them is 0 shows less than it seems to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// The operations that did something. One that could not be done where its turn came, such as the question for a
    /// ticket before there is one, is not among them.
    pub operations: u64,
    /// The faults that the observer took.
    pub faults: u64,
    /// The operations that were given up while they were pending.
    pub drops: u64,
    /// The looks at the destination that could tell right bytes from wrong ones.
    pub comparisons: u64,
    /// The successful syncs after which the durable bytes were looked at.
    pub syncs: u64,
}

/// Counts, on whichever thread, until a rule is broken: the search for a shorter sequence is no part of the campaign.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Mutex<(Counts, Stage)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    Closed,
}

impl Tally {
    /// One more of `what`.
    pub(crate) fn count(&self, what: impl FnOnce(&mut Counts) -> &mut u64) {
        let mut locked = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (counts, stage) = &mut *locked;
        if *stage == Stage::Open {
            *what(counts) += 1;
        }
    }

    /// From now on nothing is counted.
    pub(crate) fn close(&self) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).1 = Stage::Closed;
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}
