//! [`Clock`]: the time in which a writer could have gone on.

use std::time::{Duration, Instant};

/// How often a waiter looks at its clock.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// A clock that counts at most one and a half [`TICK`]s between two looks, so that it stands still while the machine
/// does: a virtual machine that was stopped for some seconds is no fault of a writer.
#[derive(Debug)]
pub(crate) struct Clock {
    looked: Instant,
    elapsed: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { looked: Instant::now(), elapsed: Duration::ZERO }
    }

    /// The time since the start.
    pub(crate) fn elapsed(&mut self) -> Duration {
        let lap = self.lap();
        self.elapsed += lap;
        self.elapsed
    }

    /// The time since the last look, which [`elapsed`](Self::elapsed) does not count then.
    pub(crate) fn lap(&mut self) -> Duration {
        let before = std::mem::replace(&mut self.looked, Instant::now());
        // The thread that waits is woken a little late.
        self.looked.saturating_duration_since(before).min(TICK + TICK / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Instant, TICK};

    #[test]
    fn a_machine_that_was_stopped_loses_a_tick_and_no_more() {
        let mut clock = Clock::start();
        clock.looked = Instant::now().checked_sub(TICK * 100).expect("the machine has run for some seconds");
        assert!((TICK..TICK * 2).contains(&clock.elapsed()));
        assert!(clock.elapsed() < TICK * 4, "and goes on from there");
    }
}
