//! What a [`Trial`] sees of its destination, and does to it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use super::{Trial, not_observed};
use crate::{
    clock::Clock,
    describe::counted,
    guard::text_of,
    judge::Judged,
    kit::Image,
    observer::{Effect, Fault},
};

/// How many pieces of work there are at most: more than a writer makes that comes to an end.
const MAX_STEPS: usize = 100_000;

/// How long the kit waits for what may as well not happen.
const MOMENT: Duration = Duration::from_millis(100);

impl Trial<'_> {
    /// The caller's bytes that are complete, as the destination shows them.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let peeked = self.writer.as_ref().and_then(|writer| writer.peek());
        let bytes = peeked.unwrap_or_else(|| self.observer.bytes());
        match self.kit.declared.image {
            Image::Decoded(decode) => decode(&bytes),
            Image::Unchanged | Image::Unseen => bytes,
        }
    }

    /// What to ask where other bytes are `there` than `expected`.
    pub(crate) fn question(&self, there: &[u8], expected: &[u8]) -> &'static str {
        let plain = matches!(self.kit.declared.image, Image::Unchanged);
        // Bytes that are missing, or come twice, leave one the beginning of the other.
        let differs = there.iter().zip(expected).any(|(there, expected)| there != expected);
        if plain && differs { "; does the writer transform its bytes? declare `decoded`" } else { "" }
    }

    /// The lengths of the calls that moved bytes.
    pub(crate) fn calls(&self) -> Judged<Vec<usize>> {
        self.observer.calls().map_or_else(|| not_observed("`Observer::calls` answers `None`"), Ok)
    }

    /// Whether the destination is released.
    pub(crate) fn is_released(&self) -> Judged<bool> {
        self.observer.is_released().map_or_else(|| not_observed("`Observer::is_released` answers `None`"), Ok)
    }

    /// The bytes that are durable.
    pub(crate) fn durable(&self) -> Judged<Vec<u8>> {
        self.observer.durable().map_or_else(|| not_observed("`Observer::durable` answers `None`"), Ok)
    }

    /// Makes a later call of the destination go wrong.
    pub(crate) fn inject(&mut self, fault: Fault) -> Judged {
        self.log.begin(format!("a fault is injected: {fault}"));
        if fault.effect == Effect::Zero {
            self.log.takes_no_more();
        }
        let can = self.observer.inject(&fault);
        self.ended(String::new());
        if can { Ok(()) } else { not_observed("`Observer::inject` answers `false` to the fault of the case") }
    }

    /// The failure that this destination can be made to answer.
    pub(crate) fn failure(&self) -> Effect {
        Effect::Error(self.kit.declared.code)
    }

    /// Makes the pool drop the next job before it runs.
    pub(crate) fn refuse_job(&mut self) -> Judged {
        self.log.begin("the pool is made to drop the next job".to_owned());
        let can = self.observer.refuse_job();
        self.ended(String::new());
        if can { Ok(()) } else { not_observed("`Observer::refuse_job` answers `false`") }
    }

    /// Stalls the destination.
    pub(crate) fn hold(&mut self) -> Judged {
        self.log.begin("the destination is held".to_owned());
        self.held = self.observer.hold();
        self.ended(String::new());
        if self.held { Ok(()) } else { not_observed("`Observer::hold` answers `false`") }
    }

    /// Lets the destination go on, and takes every step there is.
    pub(crate) fn advance(&mut self) {
        if self.held {
            self.log.begin("the destination goes on".to_owned());
            self.held = false;
            self.observer.resume();
            self.ended(String::new());
        }
        self.log.begin("the work behind the writer goes on".to_owned());
        let mut steps = 0;
        while steps < MAX_STEPS && self.observer.step() {
            steps += 1;
        }
        match steps {
            0 => self.log.retract(),
            steps => self.ended(format!("{} ran", counted(steps, "job"))),
        }
    }

    /// Waits until `done`, as long as others may still work on it; a story that does not end says for `what`.
    pub(crate) fn wait_until(&self, what: &str, done: impl Fn(&Self) -> bool) -> bool {
        let patience = self.kit.declared.how_patient();
        self.log.wait_for(what);
        let mut clock = Clock::start();
        loop {
            if done(self) {
                return true;
            }
            if clock.elapsed() >= patience {
                self.waited_in_vain(patience);
                return false;
            }
            thread::yield_now();
        }
    }

    /// Waits a moment for what a healthy writer need not do.
    pub(crate) fn wait_a_moment(&self, done: impl Fn(&Self) -> bool) -> bool {
        let (mut clock, moment) = (Clock::start(), MOMENT.min(self.kit.declared.how_patient()));
        while !done(self) {
            if clock.elapsed() >= moment {
                return false;
            }
            thread::yield_now();
        }
        true
    }

    pub(super) fn ended(&self, saw: String) {
        let unseen = matches!(self.kit.declared.image, Image::Unseen);
        // A panic of a writer may have left an observer behind that panics.
        let look = || catch_unwind(AssertUnwindSafe(|| self.bytes().len() as u64)).map_err(text_of);
        let offset = if unseen { None } else { look().ok() };
        self.log.end(saw, offset);
    }
}
