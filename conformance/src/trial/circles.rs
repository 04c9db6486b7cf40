//! [`Circle`]: notices an operation that is woken and polled again and again, and gets nowhere.

use std::fmt::Display;

use async_write_complete::contract::Rule;

use super::Trial;
use crate::{describe::counted, judge::Stop};

/// How many polls of one operation in a row may bring no byte to the destination.
const ROUNDS: usize = 1_000;

/// The polls of one operation.
#[derive(Debug, Default)]
pub(crate) struct Circle {
    /// How many there were since the destination had another length.
    polls: usize,
    offset: Option<u64>,
}

impl Circle {
    /// There was one more poll; whether there were too many without another byte.
    pub(crate) fn is_closed(&mut self, trial: &Trial<'_>) -> bool {
        let offset = trial.log.offset();
        if offset != self.offset {
            *self = Self { polls: 0, offset };
        }
        self.polls += 1;
        self.polls > ROUNDS
    }
}

impl Trial<'_> {
    /// `what` gets nowhere. W2 says what a writer answers whose destination takes no more, P1 when a task is woken.
    pub(crate) fn in_circles(&self, what: impl Display) -> Stop {
        self.kit.declared.waited_in_vain();
        let calls = self.observer.attempts();
        let calls = calls.map_or_else(String::new, |calls| format!(", after {} of its write", counted(calls, "call")));
        let seen = format!("`{what}` was woken and polled {ROUNDS} times, and no byte came to the destination{calls}");
        match (self.rule, self.log.is_refusing()) {
            (Rule::W2, true) => self.broken("an answer, since `Ok(0)` says that the destination takes no more", seen),
            (Rule::P1, false) => self.broken("a task is woken when it can go on, and not again and again before", seen),
            (_, true) => self.unclear(format_args!("{seen}; the destination takes no more, of which W2 says more")),
            (_, false) => self.unclear(format_args!("{seen}, of which P1 says more")),
        }
    }
}
