//! [`Trial`]: one fresh writer in the hands of one case.

use std::{cell::Cell, fmt::Display, io, task::Poll, time::Duration};

use async_write_complete::{Ticket, WriteOutstanding, contract::Rule};

use crate::{
    describe::Describe,
    guard::Foreign,
    judge::{Judged, Stop},
    kit::Kit,
    need::{Need, Why},
    observer::Observer,
    report::Violation,
    story::Log,
    subject::Subject,
    tally::Counts,
    task::Task,
};

/// What the kit waits for where a destination has to be released.
pub(crate) const RELEASED: &str = "`Observer::is_released` to answer `Some(true)`";

mod circles;
mod destination;
mod polls;

pub(crate) use circles::Circle;

/// The step in which the builder of a case is called.
pub(crate) const BUILDING: &str = "the builder is called";

/// A fresh writer, its destination, and what was done with them.
pub(crate) struct Trial<'k> {
    pub(crate) kit: &'k Kit,
    rule: Rule,
    case: String,
    /// Until it is dropped.
    pub(crate) writer: Option<Box<dyn Subject>>,
    pub(crate) observer: Foreign<Box<dyn Observer>>,
    /// The task in which it is polled.
    pub(crate) task: Task,
    log: Log,
    /// The identities of the tasks that polled, by which the story names them.
    tasks: Vec<usize>,
    held: bool,
    /// The last ticket, until it was answered, whatever the writer says of it.
    unanswered: Cell<Option<Ticket>>,
    /// Whether a panic of the writer breaks the rule that is judged.
    pub(crate) panics_are_broken: bool,
}

impl<'k> Trial<'k> {
    pub(crate) fn new(kit: &'k Kit, rule: Rule, case: &str, log: Log) -> Self {
        log.begin(BUILDING.to_owned());
        let (writer, observer) = (kit.build)();
        log.retract();
        Self {
            kit,
            rule,
            case: case.to_owned(),
            writer: Some(writer),
            observer: Foreign::new(observer),
            task: Task::new(),
            log,
            tasks: Vec::new(),
            held: false,
            unanswered: Cell::new(None),
            panics_are_broken: rule == Rule::P2,
        }
    }

    /// Another fresh writer, of the same case, whose steps stand in the same story.
    pub(crate) fn another(&self) -> Self {
        let another = self.one_of_many();
        another.note("another fresh writer is built", "");
        another
    }

    /// Another fresh writer without a step of its own in the story.
    pub(crate) fn one_of_many(&self) -> Self {
        Self::new(self.kit, self.rule, &self.case, self.log.clone())
    }

    /// Whether `need` is met.
    pub(crate) fn can(&self, need: Need) -> bool {
        self.kit.declared.unmet(need).is_none()
    }

    /// Lets go of the writer, whatever is outstanding; a panic of its drop counts as any other.
    pub(crate) fn end(mut self) -> Judged {
        self.advance();
        self.drop_writer()
    }

    // Verdicts.

    /// The rule is broken.
    pub(crate) fn broken(&self, expected: impl Display, seen: impl Display) -> Stop {
        self.breaks(self.rule, expected, seen)
    }

    /// `rule`, which need not be the one of the case, is broken.
    pub(crate) fn breaks(&self, rule: Rule, expected: impl Display, seen: impl Display) -> Stop {
        Stop::Broken(Box::new(Violation {
            rule,
            case: self.case.clone(),
            expected: expected.to_string(),
            seen: seen.to_string(),
            story: self.log.so_far(),
            seed: None,
        }))
    }

    /// Something is wrong that this rule does not speak of.
    pub(crate) fn unclear(&self, seen: impl Display) -> Stop {
        Stop::Unclear(seen.to_string())
    }

    /// The rule is broken unless `holds`.
    pub(crate) fn expect(&self, holds: bool, expected: impl Display, seen: impl Display) -> Judged {
        if holds { Ok(()) } else { Err(self.broken(expected, seen)) }
    }

    /// The case says nothing unless `holds`.
    pub(crate) fn require(&self, holds: bool, seen: impl Display) -> Judged {
        if holds { Ok(()) } else { Err(self.unclear(seen)) }
    }

    /// What to ask where no wake comes.
    pub(crate) fn asks_for_a_driver(&self) -> &'static str {
        match self.kit.declared.within {
            Some(_) => {
                "; is the runtime of `Certify::within` driven by another thread? One of the flavor `current_thread` that is \
                 only entered is not"
            }
            None => "",
        }
    }

    /// The writer takes no submission; the case says nothing if that is because it says that a write is outstanding.
    pub(crate) fn not_refused<R>(&self, answer: &io::Result<R>) -> Judged {
        let refused = matches!(answer, Err(error) if WriteOutstanding::find(error).is_some());
        self.require(!refused, "the writer says that a write is outstanding, although nothing is")
    }

    /// `what` is polled in vain.
    pub(crate) fn never_ready(&self, what: impl Display) -> Stop {
        let seen = format!("`{what}` never becomes ready, although the destination is not held");
        if self.rule == Rule::O4 { self.broken("every operation is answered", seen) } else { self.unclear(seen) }
    }

    // The story.

    /// How many steps there were.
    pub(crate) fn steps(&self) -> usize {
        self.log.steps()
    }

    /// Counts one more of `what` for the campaign.
    pub(crate) fn count(&self, what: impl FnOnce(&mut Counts) -> &mut u64) {
        self.kit.tally.count(what);
    }

    /// Does what must come back soon: if it has not after `limit`, that is reported as a hang.
    pub(crate) fn within<R>(&mut self, limit: Duration, body: impl FnOnce(&mut Self) -> R) -> R {
        self.log.limit(Some(limit));
        let done = body(self);
        self.log.limit(None);
        done
    }

    /// A loop of polls that are no steps of the story goes on.
    pub(crate) fn touch(&self) {
        self.log.touch();
    }

    /// Something happened that was no poll, and nobody looked at the destination.
    pub(crate) fn note_unseen(&self, did: impl Display, saw: impl Display) {
        self.log.begin(did.to_string());
        self.log.end(saw.to_string(), None);
    }

    /// Something happened that was no poll.
    pub(crate) fn note(&self, did: impl Display, saw: impl Display) {
        self.log.begin(did.to_string());
        self.ended(saw.to_string());
    }
}

/// The case is left out: the writer's author has declared what makes no sense with it.
pub(crate) fn no_sense<R>(why: impl Into<String>) -> Judged<R> {
    Err(Stop::Skip(Why::NoSense(why.into())))
}

/// The case is left out: its observer cannot see or do what it needs.
pub(crate) fn not_observed<R>(why: impl Into<String>) -> Judged<R> {
    Err(Stop::Skip(Why::NotObserved(why.into())))
}

/// What is ready; the case says nothing if it is not.
pub(crate) fn ready<R>(polled: Poll<R>, what: &str) -> Judged<R> {
    match polled {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => Err(Stop::Unclear(format!("{what} is pending, although the destination is not held"))),
    }
}

/// What went well; the case says nothing if it did not.
pub(crate) fn well<R>(result: io::Result<R>, what: &str) -> Judged<R> {
    result.map_err(|error| Stop::Unclear(format!("{what} failed: {}", error.describe())))
}
