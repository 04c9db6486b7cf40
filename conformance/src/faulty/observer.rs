//! How the kit sees a [`Faulty`](super::Faulty), and carries its writes on.

use super::FaultyObserver;
use crate::observer::{Fault, Observer};

#[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
impl Observer for FaultyObserver {
    fn bytes(&self) -> Vec<u8> {
        self.destination.bytes()
    }

    fn calls(&self) -> Option<Vec<usize>> {
        self.destination.calls()
    }

    fn attempts(&self) -> Option<usize> {
        self.destination.attempts()
    }

    fn is_released(&self) -> Option<bool> {
        self.destination.is_released()
    }

    fn durable(&self) -> Option<Vec<u8>> {
        self.destination.durable()
    }

    fn inject(&self, fault: &Fault) -> bool {
        self.destination.inject(fault)
    }

    /// Holds by not stepping, if there are steps.
    fn hold(&self) -> bool {
        self.has_jobs
    }

    fn resume(&self) {}

    fn step(&self) -> bool {
        self.shared.step()
    }

    fn refuse_job(&self) -> bool {
        let mut state = self.shared.state();
        state.refusals += usize::from(self.has_jobs);
        self.has_jobs
    }
}
