//! Spinning, as the models have it: the interface of `spin.rs`, without a clock and without counters of the process.
//!
//! A nanosecond of a [`Policy`] is one iteration. The checker may run any other thread before each of them, so a worker
//! stops spinning at every moment. Whether spinning pays is no answer here: nothing is skipped, and every worker may
//! spin. The default is not to spin; a model that wants it says so.

use std::time::Duration;

use crate::checker::{step, thread::yield_now};

/// How many iterations a spin has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    iterations: u128,
}

impl Policy {
    /// No spinning.
    pub const fn never_spin() -> Self {
        Self { iterations: 0 }
    }

    /// As many iterations as there are nanoseconds. With [`Duration::MAX`] only the other side ends a spin.
    pub const fn spin_at_most(at_most: Duration) -> Self {
        Self { iterations: at_most.as_nanos() }
    }

    /// Spins until `condition` holds, or for as often as it may.
    fn spin(self, condition: impl Fn() -> bool) {
        for _ in 1..self.iterations {
            if condition() {
                return;
            }
            yield_now();
        }
        if self.iterations > 0 {
            condition();
        }
    }
}

/// The caller of one handle.
#[derive(Debug)]
pub(super) struct CallerSpins(Policy);

impl CallerSpins {
    pub(super) const fn new(policy: Policy) -> Self {
        Self(policy)
    }

    pub(super) fn policy(&self) -> Policy {
        self.0
    }

    pub(super) fn spin_until(&mut self, has_ended: impl Fn() -> bool) {
        self.0.spin(has_ended);
    }
}

/// The worker of one handle.
#[derive(Debug)]
pub(super) struct WorkerSpins(Policy);

impl WorkerSpins {
    pub(super) const fn new(policy: Policy) -> Self {
        Self(policy)
    }

    pub(super) fn posted(&mut self) {}

    pub(super) fn record(&mut self, _success: bool) {}

    pub(super) fn permit(&mut self, _: &PolledSince) -> Option<SpinPermit> {
        (self.0 != Policy::never_spin()).then_some(SpinPermit(self.0))
    }
}

/// One worker may spin once.
#[derive(Debug)]
pub(super) struct SpinPermit(Policy);

impl SpinPermit {
    pub(super) fn spin_until(self, is_posted: impl Fn() -> bool) {
        self.0.spin(is_posted);
    }
}

/// A worker keeps its thread for as long as it finds something. It then rests or ends, which is a step of async-task.
#[derive(Debug)]
pub(super) struct PolledSince;

impl PolledSince {
    pub(super) fn now() -> Self {
        Self
    }
}

impl Drop for PolledSince {
    fn drop(&mut self) {
        step();
    }
}

/// No job makes a worker stop spinning.
#[derive(Debug)]
pub(super) struct Queued;

impl Queued {
    pub(super) fn count() -> Self {
        Self
    }
}
