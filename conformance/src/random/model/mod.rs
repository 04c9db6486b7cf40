//! [`Model`]: what the contract allows a writer to answer, and its destination to show, after all that it answered
//! before.
//!
//! It makes no call, and sees nothing but answers. A write has its [`Fate`] when it is taken, because the faults of the
//! destination are known; the caller learns it by its ticket, or by a close. What cannot be known is when it happens:
//! until an answer says that it has, the destination may or may not show it.

use async_write_complete::{Ticket, contract::Rule};

use super::{
    breach::{Held, hold},
    fate::{Fate, Faults, doubt},
    image::Images,
};
use crate::{
    describe::Describe,
    observer::{Call, Fault},
};

mod answers;
mod operations;
mod shown;

#[derive(Debug)]
pub(super) struct Model {
    images: Images,
    faults: Faults,
    /// The last submission that was taken, unless it was complete at once.
    last: Option<Last>,
    /// Every ticket there was, the last one last.
    pub(super) tickets: Vec<Ticket>,
    /// The lengths of the calls that moved bytes, and how many there were before the last submission.
    calls: Vec<usize>,
    calls_before: usize,
    /// Whether the last write must have happened, and by which rule; or is known to have.
    has_ended: bool,
    demanded_by: Rule,
    has_run: bool,
    /// Whether the destination has not been looked at since the last submission was taken.
    is_fresh: bool,
    /// Whether a read was polled since the last submission was taken, and whether a seek was dropped since the last one
    /// was answered: they may be under way, or have left something.
    has_read: bool,
    has_sought: bool,
    stage: Stage,
    is_poisoned: bool,
    /// What the destination showed when the outcome that nobody can know had ended.
    frozen: Option<Vec<u8>>,
    /// Whether a sync has failed.
    is_undurable: bool,
    /// Whether one call of the destination is one write.
    is_exact: bool,
}

#[derive(Debug)]
struct Last {
    ticket: Ticket,
    bytes: Vec<u8>,
    fate: Fate,
    /// Whether its ticket was answered, or a close spoke of it.
    is_answered: bool,
    /// Whether that was while a close was under way, which may have had its outcome before.
    is_answered_late: bool,
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
    pub(super) fn new(is_exact: bool) -> Self {
        Self {
            images: Images::new(),
            faults: Faults::default(),
            last: None,
            tickets: Vec::new(),
            calls: Vec::new(),
            calls_before: 0,
            has_ended: true,
            demanded_by: Rule::W1,
            has_run: false,
            is_fresh: false,
            has_read: false,
            has_sought: false,
            stage: Stage::Open,
            is_poisoned: false,
            frozen: None,
            is_undurable: false,
            is_exact,
        }
    }

    /// Whether the last write is known to have ended: the destination shows it, or an answer says so.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether the destination may show `there`, now or once the last write has ended.
    pub(super) fn may_show(&self, there: &[u8]) -> bool {
        self.is_uncertain() || self.is_undecided() || self.images.any(|image| image.bytes == there)
    }

    /// Whether no write may yet meet a fault.
    pub(super) fn may_disturb(&self, fault: &Fault) -> bool {
        (self.has_ended || self.has_run) && self.faults.has_room_for(fault.call)
    }

    /// A fault was injected. Only a writer that `reports_close` has to tell that of a close.
    pub(super) fn disturb(&mut self, fault: &Fault, reports_close: bool) {
        self.faults.add(fault);
        match fault.call {
            Call::Read if self.has_read => doubt(&mut self.faults.read),
            Call::Seek if self.has_sought => doubt(&mut self.faults.seek),
            Call::Close if !self.is_open() || !reports_close => doubt(&mut self.faults.close),
            _ => {}
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open)
    }

    /// Whether nothing is known any more of the bytes that are complete.
    pub(super) fn is_uncertain(&self) -> bool {
        self.is_poisoned || matches!(&self.last, Some(last) if last.fate == Fate::Unknown)
    }

    /// Whether an answer has to say how many bytes of the last write are complete.
    fn is_undecided(&self) -> bool {
        matches!(&self.last, Some(last) if last.fate == Fate::Undecided)
    }

    /// The write that was not answered.
    fn outstanding(&self) -> Option<&Last> {
        self.last.as_ref().filter(|last| !last.is_answered)
    }

    /// `outstanding` said `claimed`. A close that is under way may have taken the write for answered already.
    pub(super) fn claimed(&self, claimed: Option<Ticket>) -> Held {
        let expected = self.outstanding().map(|last| last.ticket);
        let fits = matches!(self.stage, Stage::Closing) || claimed == expected;
        hold(fits, Rule::W5, &format!("`outstanding` is {}", expected.describe()), claimed.describe())
    }

    /// From now on the destination has to show all that was submitted.
    pub(super) fn has_to_end(&mut self, demanded_by: Rule) {
        if !self.has_ended && !self.is_undecided() {
            (self.has_ended, self.demanded_by) = (true, demanded_by);
        }
    }

    // Writes.

    /// All that was submitted before has happened.
    fn begin(&mut self) {
        self.images.settle();
        (self.has_ended, self.has_run, self.calls_before) = (false, false, self.calls.len());
        (self.is_fresh, self.has_read) = (true, false);
    }

    fn fate(&mut self, len: usize) -> Fate {
        if self.is_exact { self.faults.next(len) } else { Fate::Undecided }
    }

    fn write(&mut self, moved: &[u8]) {
        self.images.write(moved);
        if !moved.is_empty() {
            self.calls.push(moved.len());
        }
    }

    /// The write that was undecided has ended like this.
    fn decide(&mut self, fate: Fate) -> Held {
        let Some(last) = self.last.as_mut().filter(|last| last.fate == Fate::Undecided) else { return Ok(()) };
        let (taken, any) = (last.bytes.len(), self.faults.any);
        last.fate = fate;
        if let Fate::Complete(n) = fate {
            hold(n <= taken && (n == taken || any), Rule::W2, &format!("{taken} bytes were taken"), n.describe())?;
            let bytes = last.bytes[..n].to_vec();
            self.images.write(&bytes);
        }
        Ok(())
    }
}
