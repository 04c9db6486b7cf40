//! [`Trial`]: one fresh writer in the hands of one case.

use std::{
    any::Any,
    fmt::Display,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use super::{
    certify::{Carrier, Certify, Image, Specimen},
    judge::{Judged, Stop},
    need::Need,
    observer::{Effect, Fault, Observer},
    report::Violation,
    story::Log,
    task::Task,
    tell::{Tell, counted},
};
use crate::{
    contract::Rule,
    error::PriorWriteFailed,
    write::{AsyncWriteComplete, Ticket},
};

/// A fresh writer, its destination, and what was done with them.
pub(super) struct Trial<'k, W> {
    pub(super) kit: &'k Certify<W>,
    rule: Rule,
    case: String,
    /// Until it is dropped. Pinned from the first poll on, as the trait allows a writer to demand.
    pub(super) writer: Option<Pin<Box<W>>>,
    pub(super) observer: Box<dyn Observer>,
    /// The task in which it is polled.
    pub(super) task: Task,
    log: Log,
    /// The identities of the tasks that polled, by which the story tells them apart.
    tasks: Vec<usize>,
    held: bool,
    /// Whether a panic of the writer breaks the rule that is judged.
    pub(super) panics_are_broken: bool,
}

/// How many turns a writer may give in a row before it is said to hang.
const MAX_TURNS: usize = 64;

impl<'k, W: AsyncWriteComplete + 'static> Trial<'k, W> {
    pub(super) fn new(kit: &'k Certify<W>, rule: Rule, case: &str, log: Log) -> Self {
        let Specimen { writer, observer } = (kit.build)();
        Self {
            kit,
            rule,
            case: case.to_owned(),
            writer: Some(Box::pin(writer)),
            observer,
            task: Task::new(),
            log,
            tasks: Vec::new(),
            held: false,
            panics_are_broken: rule == Rule::W13,
        }
    }

    /// Another fresh writer, of the same case, whose steps are told in the same story.
    pub(super) fn another(&self) -> Self {
        let another = self.one_of_many();
        another.note("another fresh writer is built", "");
        another
    }

    /// The same without a word, for loops.
    pub(super) fn one_of_many(&self) -> Self {
        Self::new(self.kit, self.rule, &self.case, self.log.clone())
    }

    /// Whether `need` is met.
    pub(super) fn can(&self, need: Need) -> bool {
        self.kit.unmet(need).is_none()
    }

    /// Lets go of the writer, whatever is outstanding; a panic of its drop counts as any other.
    pub(super) fn end(mut self) -> Judged {
        self.advance();
        self.drop_writer()
    }

    // Verdicts.

    /// The rule is broken.
    pub(super) fn broken(&self, expected: impl Display, seen: impl Display) -> Stop {
        self.breaks(self.rule, expected, seen)
    }

    /// `rule`, which need not be the one of the case, is broken.
    pub(super) fn breaks(&self, rule: Rule, expected: impl Display, seen: impl Display) -> Stop {
        Stop::Broken(Box::new(Violation {
            rule,
            case: self.case.clone(),
            expected: expected.to_string(),
            seen: seen.to_string(),
            story: self.log.told(),
            seed: None,
        }))
    }

    /// Something is wrong that this rule does not speak of.
    pub(super) fn unclear(&self, seen: impl Display) -> Stop {
        Stop::Unclear(seen.to_string())
    }

    /// The rule is broken unless `holds`.
    pub(super) fn expect(&self, holds: bool, expected: impl Display, seen: impl Display) -> Judged {
        if holds { Ok(()) } else { Err(self.broken(expected, seen)) }
    }

    /// The case says nothing unless `holds`.
    pub(super) fn require(&self, holds: bool, seen: impl Display) -> Judged {
        if holds { Ok(()) } else { Err(self.unclear(seen)) }
    }

    // The destination.

    /// The caller's bytes that are complete, as the destination shows them.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let bytes = match (self.kit.peek, &self.writer) {
            (Some(peek), Some(writer)) => peek(writer),
            _ => self.observer.bytes(),
        };
        match self.kit.image {
            Image::Decoded(decode) => decode(&bytes),
            Image::Unchanged | Image::Unseen => bytes,
        }
    }

    /// What to ask where as many bytes are `there` as `expected`, and others.
    pub(super) fn question(&self, there: &[u8], expected: &[u8]) -> &'static str {
        let transformed =
            matches!(self.kit.image, Image::Unchanged) && there.len() == expected.len() && there != expected;
        if transformed { "; does the writer transform its bytes? declare `decoded`" } else { "" }
    }

    /// The lengths of the calls that moved bytes.
    pub(super) fn calls(&self) -> Judged<Vec<usize>> {
        self.observer.calls().ok_or_else(|| Stop::Skip("not observed: `Observer::calls` answers `None`".to_owned()))
    }

    /// Whether the destination is released.
    pub(super) fn is_released(&self) -> Judged<bool> {
        let seen = self.observer.is_released();
        seen.ok_or_else(|| Stop::Skip("not observed: `Observer::is_released` answers `None`".to_owned()))
    }

    /// Makes the destination do wrong later.
    pub(super) fn inject(&mut self, fault: Fault) -> Judged {
        self.log.begin(format!("the destination is told to do wrong: {fault}"));
        let can = self.observer.inject(&fault);
        self.ended(String::new());
        let why = || Stop::Skip(format!("not observed: `Observer::inject` answers `false` to this: {fault}"));
        can.then_some(()).ok_or_else(why)
    }

    /// The failure that this destination can be made to answer.
    pub(super) fn failure(&self) -> Effect {
        Effect::Error(self.kit.code)
    }

    /// Whether `error` reports that the write of `ticket` failed. Where the trait has no type for it any error does.
    pub(super) fn is_report(&self, error: &io::Error, ticket: Option<Ticket>) -> bool {
        let prior = PriorWriteFailed::find(error).map(PriorWriteFailed::ticket);
        !self.kit.tickets || prior.is_some_and(|prior| ticket.is_none_or(|ticket| ticket == prior))
    }

    /// Makes the pool drop the next job unrun.
    pub(super) fn refuse_job(&mut self) -> Judged {
        self.log.begin("the pool is told to drop the next job".to_owned());
        let can = self.observer.refuse_job();
        self.ended(String::new());
        can.then_some(()).ok_or_else(|| Stop::Skip("not observed: `Observer::refuse_job` answers `false`".to_owned()))
    }

    /// Stalls the destination.
    pub(super) fn hold(&mut self) -> Judged {
        self.log.begin("the destination is held".to_owned());
        self.held = self.observer.hold();
        self.ended(String::new());
        self.held.then_some(()).ok_or_else(|| Stop::Skip("not observed: `Observer::hold` answers `false`".to_owned()))
    }

    /// Lets the destination go on, and takes every step there is.
    pub(super) fn advance(&mut self) {
        if self.held {
            self.log.begin("the destination goes on".to_owned());
            self.held = false;
            self.observer.resume();
            self.ended(String::new());
        }
        self.log.begin("the work behind the writer goes on".to_owned());
        let mut steps = 0;
        while self.observer.step() {
            steps += 1;
        }
        match steps {
            0 => self.log.take_back(),
            steps => self.ended(format!("{} ran", counted(steps, "job"))),
        }
    }

    /// Waits until `done`, as long as others may still work on it.
    pub(super) fn wait_until(&self, done: impl Fn(&Self) -> bool) -> bool {
        let end = Instant::now() + self.kit.how_patient();
        loop {
            if done(self) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            thread::yield_now();
        }
    }

    // Polls.

    /// Another task polls from now on.
    pub(super) fn new_task(&mut self) -> Task {
        std::mem::replace(&mut self.task, Task::new())
    }

    /// How the story names the task of `waker`.
    pub(super) fn name_of(&mut self, waker: &Waker) -> String {
        let identity = waker.data() as usize;
        let number = self.tasks.iter().position(|task| *task == identity).unwrap_or_else(|| {
            self.tasks.push(identity);
            self.tasks.len() - 1
        });
        format!("task {}", number + 1)
    }

    /// Polls in the current task until the answer is another one than a turn for the executor (rule W16).
    pub(super) fn poll<R: Tell>(
        &mut self,
        what: impl Display,
        mut poll: impl FnMut(Pin<&mut W>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<Poll<R>> {
        let task = self.task.clone();
        for _ in 0..MAX_TURNS {
            let wakes = task.wakes();
            let polled = self.poll_with(task.waker(), &what, &mut poll)?;
            if polled.is_ready() || task.wakes() == wakes {
                return Ok(polled);
            }
        }
        Ok(Poll::Pending)
    }

    /// Polls once with `waker`.
    pub(super) fn poll_with<R: Tell>(
        &mut self,
        waker: &Waker,
        what: impl Display,
        poll: impl FnOnce(Pin<&mut W>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<Poll<R>> {
        let Some(mut writer) = self.writer.take() else { return Err(self.unclear("the writer is gone")) };
        self.log.begin_poll(what.to_string());
        let polled = catch_unwind(AssertUnwindSafe(|| poll(writer.as_mut(), &mut Context::from_waker(waker))));
        self.writer = Some(writer);
        self.polled(polled)
    }

    /// Polls once what has borrowed the writer.
    pub(super) fn poll_outside<R: Tell>(&self, what: &str, poll: impl FnOnce() -> Poll<R>) -> Judged<Poll<R>> {
        self.log.begin_poll(what.to_owned());
        let polled = catch_unwind(AssertUnwindSafe(poll));
        self.polled(polled)
    }

    fn polled<R: Tell>(&self, polled: thread::Result<Poll<R>>) -> Judged<Poll<R>> {
        let polled = polled.map_err(|payload| self.panicked(payload))?;
        self.ended(polled.tell());
        if polled.is_in_flight() {
            self.somebody_carries()?;
        }
        Ok(polled)
    }

    /// The writer answers `InFlight`: the case says nothing unless it was declared who carries such a write on.
    pub(super) fn somebody_carries(&self) -> Judged {
        self.require(
            self.kit.carrier != Carrier::Nobody,
            "the writer answers `InFlight`: declare who carries its writes on, `Certify::carried`",
        )
    }

    /// A panic came out of the writer.
    pub(super) fn panicked(&self, payload: Box<dyn Any + Send>) -> Stop {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
        // A payload may panic in its own drop.
        std::mem::forget(payload);
        self.ended(format!("a panic: {text}"));
        let seen = format!("a panic came out: {text}");
        if self.panics_are_broken { self.broken("no panic comes out of the writer", seen) } else { self.unclear(seen) }
    }

    /// Drops the writer.
    pub(super) fn drop_writer(&mut self) -> Judged {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        self.log.begin("the writer is dropped".to_owned());
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(writer)));
        dropped.map_err(|payload| self.panicked(payload))?;
        self.ended(String::new());
        Ok(())
    }

    /// Polls to the end, and lets the destination and everybody else go on meanwhile. Polls also where no wake came:
    /// that is another rule's matter.
    pub(super) fn carry<R: Tell>(
        &mut self,
        what: impl Display,
        mut poll: impl FnMut(Pin<&mut W>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<R> {
        let mut in_vain = 0;
        while in_vain < 3 {
            let wakes = self.task.wakes();
            if let Poll::Ready(answer) = self.poll(&what, &mut poll)? {
                return Ok(answer);
            }
            self.advance();
            let woken = self.task.wait(wakes, self.kit.how_patient());
            in_vain = if woken { 0 } else { in_vain + 1 };
        }
        Err(self.never_ready(what))
    }

    /// `what` is polled in vain.
    pub(super) fn never_ready(&self, what: impl Display) -> Stop {
        let seen = format!("`{what}` never becomes ready, although the destination is not held");
        if self.rule == Rule::W13 { self.broken("every poll comes to an answer", seen) } else { self.unclear(seen) }
    }

    /// Does what must come back soon: if it has not after `limit`, that is told as a hang.
    pub(super) fn hurry<R>(&mut self, limit: Duration, hurried: impl FnOnce(&mut Self) -> R) -> R {
        self.log.hurry(Some(limit));
        let done = hurried(self);
        self.log.hurry(None);
        done
    }

    /// Something happened that was no poll.
    pub(super) fn note(&self, did: impl Display, saw: impl Display) {
        self.log.begin(did.to_string());
        self.ended(saw.to_string());
    }

    fn ended(&self, saw: String) {
        let offset = if matches!(self.kit.image, Image::Unseen) { None } else { Some(self.bytes().len() as u64) };
        self.log.end(saw, offset);
    }
}

/// What is ready; the case says nothing if it is not.
pub(super) fn ready<R>(polled: Poll<R>, what: &str) -> Judged<R> {
    match polled {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => Err(Stop::Unclear(format!("{what} is pending, although the destination is not held"))),
    }
}

/// What went well; the case says nothing if it did not.
pub(super) fn well<R>(result: io::Result<R>, what: &str) -> Judged<R> {
    result.map_err(|error| Stop::Unclear(format!("{what} failed: {}", error.tell())))
}
