//! Spinning, as the models have it: the interface of `spin.rs`, without a clock and without counters of the process.
//!
//! A nanosecond of a [`Policy`] is one look. The checker may run any other thread before each look, so a worker that
//! stops looking does so at every moment. Whether spinning pays is no question here: nothing is skipped, and every
//! worker may look. The default is not to spin; a model that wants it says so.

use std::time::Duration;

use crate::checker::{step, thread::yield_now};

/// How many looks there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    looks: u128,
}

impl Policy {
    /// No looks.
    pub const fn never_spin() -> Self {
        Self { looks: 0 }
    }

    /// As many looks as there are nanoseconds. With [`Duration::MAX`] only the other side ends them.
    pub const fn spin_at_most(at_most: Duration) -> Self {
        Self { looks: at_most.as_nanos() }
    }

    /// Looks until `is_there` or for as often as it may.
    fn spin(self, is_there: impl Fn() -> bool) {
        for _ in 1..self.looks {
            if is_there() {
                return;
            }
            yield_now();
        }
        if self.looks > 0 {
            is_there();
        }
    }
}

/// One side of one handle.
#[derive(Debug)]
pub(super) struct Spinner(Policy);

impl Spinner {
    pub(super) const fn new(policy: Policy) -> Self {
        Self(policy)
    }

    pub(super) fn learn(&mut self, _in_time: bool) {}

    pub(super) fn wait(&mut self, _bytes: usize, is_over: impl Fn() -> bool) {
        self.0.spin(is_over);
    }

    pub(super) fn look(&mut self, _: &Stay) -> Option<Look> {
        (self.0 != Policy::never_spin()).then_some(Look(self.0))
    }
}

/// A look for the next operation.
#[derive(Debug)]
pub(super) struct Look(Policy);

impl Look {
    pub(super) fn until(self, is_posted: impl Fn() -> bool) {
        self.0.spin(is_posted);
    }
}

/// A worker keeps its thread for as long as it finds something. It then rests or ends, which is a step of async-task.
#[derive(Debug)]
pub(super) struct Stay;

impl Stay {
    pub(super) fn begins() -> Self {
        Self
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        step();
    }
}

/// No job makes a worker stop looking.
#[derive(Debug)]
pub(super) struct Counted;

impl Counted {
    pub(super) fn queued() -> Self {
        Self
    }
}
