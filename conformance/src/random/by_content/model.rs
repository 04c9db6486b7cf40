//! [`Model`]: every state that the writer may be in, after all that it answered.

use std::{
    io::{self, SeekFrom},
    task::Poll,
};

use async_write_complete::contract::Rule;

use super::possible::Possible;
use crate::{
    describe::Describe,
    observer::{Call, Fault},
    random::{
        breach::{Breach, Held, Look, hold, transparent, unchanged},
        fate::doubt,
    },
};

#[derive(Debug)]
pub(super) struct Model {
    possible: Vec<Possible>,
    /// What the destination showed when the outcome that nobody can know had ended.
    frozen: Option<Vec<u8>>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Open,
    /// A close has begun.
    Closing,
    /// It was answered like this.
    Closed(String),
}

impl Model {
    pub(super) fn new() -> Self {
        Self { possible: vec![Possible::new()], frozen: None, stage: Stage::Open }
    }

    pub(super) fn wrote(&mut self, buf: &[u8], answer: &Poll<io::Result<usize>>) -> Held {
        if buf.is_empty() {
            let nothing = matches!(answer, Poll::Ready(Ok(0)));
            return hold(nothing, Rule::W3, "no bytes are answered with 0, at once", answer.describe());
        }
        if self.is_closed() {
            return self.refused(answer);
        }
        let is_poisoned = self.possible.iter().all(Possible::is_poisoned);
        let rule = if is_poisoned { Rule::W6 } else { Rule::W2 };
        self.answered(rule, answer, |state| state.wrote(buf, answer))
    }

    pub(super) fn flushed(&mut self, answer: &Poll<io::Result<()>>) -> Held {
        // A flush of what is closed gives its outcome.
        if self.is_closed() {
            return self.closed(answer);
        }
        self.answered(Rule::W5, answer, |state| state.flushed(answer))
    }

    pub(super) fn read(&mut self, len: usize, answer: &Poll<io::Result<Vec<u8>>>) -> Held {
        if self.is_closed() {
            return self.refused(answer);
        }
        self.answered(Rule::O2, answer, |state| state.read(len, answer))
    }

    pub(super) fn seek_ended(&mut self, position: SeekFrom, answer: &Poll<io::Result<u64>>) -> Held {
        if self.is_closed() {
            return self.refused(answer);
        }
        self.answered(Rule::O2, answer, |state| state.seek_ended(position, answer))
    }

    /// A sync was answered, or dropped; `durable` is what is durable after it.
    pub(super) fn synced(&mut self, answer: &Poll<io::Result<()>>, durable: Option<Vec<u8>>) -> Result<Look, Breach> {
        if self.is_closed() {
            return self.refused(answer).map(|()| Look::Blind);
        }
        let durable = durable.filter(|_| matches!(answer, Poll::Ready(Ok(()))));
        self.answered(Rule::D1, answer, |state| state.synced(answer, durable.as_deref()))?;
        let knows = self.possible.iter().all(|state| !state.is_unknown);
        Ok(if durable.is_some() && knows { Look::Compared } else { Look::Blind })
    }

    /// Whether a close was begun and has not been answered.
    pub(super) fn is_closing(&self) -> bool {
        matches!(self.stage, Stage::Closing)
    }

    fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed(_))
    }

    fn refused<R: Describe>(&self, answer: &Poll<io::Result<R>>) -> Held {
        let errs = matches!(answer, Poll::Ready(Err(_)));
        hold(errs, Rule::W9, "an error, since it was closed", answer.describe())
    }

    pub(super) fn closed(&mut self, answer: &Poll<io::Result<()>>) -> Held {
        let Poll::Ready(result) = answer else {
            if matches!(self.stage, Stage::Open) {
                self.stage = Stage::Closing;
            }
            return Ok(());
        };
        if let Stage::Closed(first) = &self.stage {
            let expected = format!("the first outcome, {first}");
            return hold(*first == result.describe(), Rule::W9, &expected, result.describe());
        }
        self.stage = Stage::Closed(result.describe());
        self.answered(Rule::W9, answer, |state| state.closed(answer))
    }

    /// Goes on with the states that `answer` leaves possible. `rule` is broken if there is none.
    fn answered<R: Describe>(
        &mut self,
        rule: Rule,
        answer: &Poll<io::Result<R>>,
        next: impl Fn(&Possible) -> Vec<Possible>,
    ) -> Held {
        if let Poll::Ready(result) = answer {
            transparent(result)?;
        }
        let mut possible: Vec<Possible> = Vec::new();
        for state in self.possible.iter().flat_map(next) {
            if !possible.contains(&state) {
                possible.push(state);
            }
        }
        let rule = if matches!(answer, Poll::Ready(Err(_))) && rule == Rule::W2 { Rule::W6 } else { rule };
        hold(!possible.is_empty(), rule, &self.describe(), answer.describe())?;
        self.possible = possible;
        Ok(())
    }

    /// Whether no write may yet meet a fault.
    pub(super) fn may_disturb(&self, fault: &Fault) -> bool {
        let has_room = |state: &Possible| state.faults.has_room_for(fault.call);
        self.possible.iter().all(|state| state.has_ended && !state.is_unknown && has_room(state))
    }

    /// A fault was injected. Only a writer that `reports_close` has to tell that of a close.
    pub(super) fn disturb(&mut self, fault: &Fault, reports_close: bool) {
        for state in &mut self.possible {
            state.faults.add(fault);
            if fault.call == Call::Close && !(reports_close && matches!(self.stage, Stage::Open)) {
                doubt(&mut state.faults.close);
            }
        }
    }

    /// From now on the destination has to show all that was submitted.
    pub(super) fn has_to_end(&mut self) {
        self.possible.iter_mut().for_each(|state| state.has_ended = true);
    }

    /// Whether the destination may show `there`, once the last write has ended.
    pub(super) fn may_show(&self, there: &[u8]) -> bool {
        self.possible.iter().any(|state| state.is_unknown || state.images.first().bytes == there)
    }

    /// The destination shows `there`, unless it is `racing` with this look.
    pub(super) fn compare(&mut self, there: &[u8], racing: bool) -> Result<Look, Breach> {
        if self.possible.iter().all(|state| state.is_unknown && state.has_ended) {
            return unchanged(&mut self.frozen, there);
        }
        let any = |state: &Possible| state.is_unknown || !state.has_ended && racing;
        let fits = |state: &Possible| {
            let image = state.images.first();
            any(state) || image.bytes == there || !state.has_ended && image.before == there
        };
        hold(self.possible.iter().any(fits), Rule::W3, &self.describe(), there.to_vec().describe())?;
        let look = if self.possible.iter().any(any) { Look::Blind } else { Look::Compared };
        self.possible.retain(fits);
        Ok(look)
    }

    /// What is expected.
    fn describe(&self) -> String {
        let state = |state: &Possible| {
            let there = match state.is_unknown {
                true => "anything, since an outcome is indeterminate".to_owned(),
                false => state.images.first().bytes.describe(),
            };
            match &state.pending {
                Some(pending) => {
                    format!("{there}, with \"{}\" pending, {}", pending.bytes.escape_ascii(), pending.fate)
                }
                None => format!("{there}, with nothing pending"),
            }
        };
        let states: Vec<_> = self.possible.iter().map(state).collect();
        format!("what is possible after: {}", states.join("; or "))
    }
}
