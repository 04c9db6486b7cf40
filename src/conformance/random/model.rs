//! [`Model`]: what the contract allows a writer to answer, and its destination to show, after all that it answered
//! before.
//!
//! It makes no call, and sees nothing but answers. A write has its [`Fate`] when it is taken, because what the destination
//! was told to do wrong is known; the caller hears of it by its ticket, or as a debt of the next operation. What cannot be
//! known is when it happens: until an answer says that it has, the destination may or may not show it.

use std::{
    io::{self, SeekFrom},
    task::Poll,
};

use super::{
    breach::{Breach, Held, failed, hold, transparent, unfounded},
    fate::{Fate, Faults},
    image::{Image, Images},
};
use crate::{
    conformance::{observer::Fault, tell::Tell},
    contract::Rule,
    error::{Indeterminate, PriorWriteFailed, Superseded, raw_os_error},
    write::{Submitted, Ticket},
};

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
    claim: Rule,
    has_run: bool,
    /// Whether the destination has not been looked at since the last submission was taken.
    is_fresh: bool,
    stage: Stage,
    is_poisoned: bool,
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
    /// Whether its caller was told how it ended.
    is_told: bool,
    /// Whether a later submission failed at once, which may have taken its place.
    may_be_superseded: bool,
}

impl Last {
    /// Whether somebody has to be told that it failed or came out short; `None` if that cannot be known.
    fn is_owed(&self) -> Option<bool> {
        match self.fate {
            _ if self.is_told => Some(false),
            Fate::Complete(n) => Some(n < self.bytes.len()),
            Fate::Fails(_) | Fate::Unknown => Some(true),
            Fate::Undecided => None,
        }
    }
}

#[derive(Debug)]
enum Stage {
    Open,
    /// A close has begun.
    Closing,
    /// It was answered like this.
    Closed(String),
}

/// Whether a write-side operation was executed.
#[derive(Debug, PartialEq, Eq)]
enum Gate {
    /// It is not answered.
    Waits,
    /// It was answered with what another operation left.
    Refused,
    /// It succeeded.
    Succeeded,
    /// It failed by itself.
    Failed,
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
            claim: Rule::W3,
            has_run: true,
            is_fresh: false,
            stage: Stage::Open,
            is_poisoned: false,
            is_undurable: false,
            is_exact,
        }
    }

    /// Whether the last write is known to have ended: it is seen in the destination, or its end was told.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended && self.last.as_ref().is_none_or(|last| last.is_owed() == Some(false))
    }

    /// Whether the destination may show `there`, now or once the last write has ended.
    pub(super) fn may_show(&self, there: &[u8]) -> bool {
        self.is_uncertain() || self.is_undecided() || self.images.any(|image| image.bytes == there)
    }

    /// Whether no write may yet meet a fault.
    pub(super) fn may_disturb(&self) -> bool {
        self.has_ended || self.has_run
    }

    pub(super) fn disturb(&mut self, fault: &Fault) {
        self.faults.add(fault);
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open)
    }

    /// Whether nothing is known any more of the bytes that are complete.
    pub(super) fn is_uncertain(&self) -> bool {
        self.is_poisoned || matches!(&self.last, Some(last) if last.fate == Fate::Unknown)
    }

    /// Whether the bytes of the last write are known to its caller.
    fn is_undecided(&self) -> bool {
        matches!(&self.last, Some(last) if last.fate == Fate::Undecided)
    }

    /// From now on the destination has to show all that was submitted.
    pub(super) fn has_to_end(&mut self, claim: Rule) {
        if !self.has_ended && !self.is_undecided() {
            (self.has_ended, self.claim) = (true, claim);
        }
    }

    // Answers.

    /// A submission of `buf` was answered.
    pub(super) fn submitted(&mut self, buf: &[u8], answer: &Poll<io::Result<Submitted>>) -> Held {
        if buf.is_empty() {
            return self.barred(answer);
        }
        let gate = self.passed(Rule::W7, answer)?;
        let Poll::Ready(result) = answer else { return Ok(()) };
        match (gate, result) {
            (Gate::Succeeded, Ok(Submitted::Complete(n))) => self.completed(buf, *n),
            (Gate::Succeeded, Ok(Submitted::InFlight(ticket))) => self.taken(buf, *ticket),
            (Gate::Failed, Err(error)) => self.failed_at_once(buf, error),
            _ => Ok(()),
        }
    }

    fn barred(&mut self, answer: &Poll<io::Result<Submitted>>) -> Held {
        let gate = self.passed(Rule::W10, answer)?;
        match answer {
            Poll::Ready(Ok(submitted)) => {
                hold(*submitted == Submitted::Complete(0), Rule::W10, "`Complete(0)`", submitted.tell())
            }
            Poll::Ready(Err(error)) if gate == Gate::Failed => unfounded(error),
            _ => Ok(()),
        }
    }

    fn completed(&mut self, buf: &[u8], n: usize) -> Held {
        let seen = || format!("`Complete({n})` for {} bytes", buf.len());
        hold(n <= buf.len(), Rule::W2, "a count is at most what was submitted", seen())?;
        self.last = None;
        self.begin();
        match self.fate(buf.len()) {
            Fate::Fails(_) => hold(false, Rule::W1, "the destination failed, so nothing is complete", seen())?,
            Fate::Unknown => hold(false, Rule::W13, "an indeterminate error", seen())?,
            Fate::Complete(most) => {
                let fits = n <= most && (n > 0 || most == 0);
                hold(fits, Rule::W2, &format!("the destination takes {most} bytes"), seen())?;
            }
            Fate::Undecided => {}
        }
        self.write(&buf[..n]);
        self.has_to_end(Rule::W1);
        Ok(())
    }

    fn taken(&mut self, buf: &[u8], ticket: Ticket) -> Held {
        let len = ticket.len();
        let seen = || format!("a ticket for {len} of {} bytes", buf.len());
        hold((1..=buf.len()).contains(&len), Rule::W2, "a ticket is for what was taken", seen())?;
        hold(!self.tickets.contains(&ticket), Rule::W5, "each submission has its own ticket", "an earlier one's")?;
        self.begin();
        let fate = self.fate(len);
        let bytes = buf[..len].to_vec();
        match fate {
            Fate::Complete(n) => self.write(&bytes[..n]),
            Fate::Fails(_) | Fate::Unknown => self.images.write(&[]),
            Fate::Undecided => {}
        }
        self.tickets.push(ticket);
        self.last = Some(Last { ticket, bytes, fate, is_told: false, may_be_superseded: false });
        Ok(())
    }

    fn failed_at_once(&mut self, buf: &[u8], error: &io::Error) -> Held {
        let fate = self.fate(buf.len());
        match fate {
            Fate::Complete(_) => return unfounded(error),
            Fate::Undecided if !self.faults.any => return unfounded(error),
            fate => failed(fate, error)?,
        }
        self.is_poisoned |= Indeterminate::find(error).is_some();
        if let Some(last) = &mut self.last {
            last.may_be_superseded = true;
        }
        Ok(())
    }

    /// `ticket` was asked for.
    pub(super) fn asked(&mut self, ticket: Ticket, answer: &Poll<io::Result<usize>>) -> Held {
        let Poll::Ready(result) = answer else { return Ok(()) };
        transparent(result)?;
        let superseded = matches!(result, Err(error) if Superseded::find(error).is_some());
        let any = self.faults.any;
        let Some(last) = self.last.as_mut().filter(|last| last.ticket == ticket) else {
            return hold(superseded, Rule::W5, "`Superseded`: it is not the last submission's", result.tell());
        };
        if superseded {
            return hold(last.may_be_superseded, Rule::W5, "the answer of its own write", result.tell());
        }
        match (last.fate, result) {
            (Fate::Undecided, Err(error)) if !any => unfounded(error)?,
            (Fate::Undecided, _) => {}
            (Fate::Complete(n), Ok(m)) => hold(n == *m, Rule::W2, &format!("{n} bytes are complete"), result.tell())?,
            (Fate::Complete(_), Err(error)) => unfounded(error)?,
            (Fate::Unknown, Ok(_)) => hold(false, Rule::W13, "an indeterminate error", result.tell())?,
            // A report of no byte says so of a count, too.
            (Fate::Fails(None), Ok(0)) if !self.is_exact => {}
            (Fate::Fails(_), Ok(_)) => hold(false, Rule::W1, "its write failed", result.tell())?,
            (fate, Err(error)) => failed(fate, error)?,
        }
        last.is_told = true;
        self.decide(match result {
            Ok(n) => Fate::Complete(*n),
            Err(error) if Indeterminate::find(error).is_some() => Fate::Unknown,
            Err(error) => Fate::Fails(raw_os_error(error)),
        })?;
        self.is_poisoned |= self.is_uncertain();
        self.has_to_end(Rule::W1);
        Ok(())
    }

    /// A read of at most `len` bytes was answered.
    pub(super) fn read(&mut self, len: usize, answer: &Poll<io::Result<Vec<u8>>>) -> Held {
        let Poll::Ready(result) = answer else { return Ok(()) };
        transparent(result)?;
        if let Err(error) = result {
            let prior = PriorWriteFailed::find(error).is_some();
            hold(!prior, Rule::W9, "a read reports no orphan's failure", error.tell())?;
        }
        if !self.is_open() {
            return hold(result.is_err(), Rule::W12, "an error, since it was closed", result.tell());
        }
        if self.is_uncertain() {
            return hold(result.is_err(), Rule::W13, "an error, since an outcome is indeterminate", result.tell());
        }
        self.has_to_end(Rule::W7);
        let got = match result {
            Ok(got) => got,
            Err(error) => return unfounded(error),
        };
        let expected = format!("what follows the cursor, such as {}", self.images.first().ahead(len).to_vec().tell());
        hold(self.images.read(len, got), Rule::W7, &expected, got.tell())
    }

    /// A seek was answered, or dropped.
    pub(super) fn sought(&mut self, position: SeekFrom, answer: &Poll<io::Result<u64>>) -> Held {
        match self.passed(Rule::W7, answer)? {
            Gate::Waits if self.is_open() => self.images.may_seek(position),
            Gate::Waits | Gate::Refused => {}
            Gate::Succeeded | Gate::Failed => {
                let Poll::Ready(result) = answer else { return Ok(()) };
                let answer = result.as_ref().ok().copied();
                let expected = match self.images.first().target(position) {
                    Some(target) => target.tell(),
                    None => "an error, since nothing is before the start".to_owned(),
                };
                hold(self.images.sought(position, answer), Rule::W7, &expected, result.tell())?;
            }
        }
        Ok(())
    }

    /// A sync was answered, or dropped; `durable` is what is durable after it. A dropped one that met a fault fails the
    /// next one as surely as that fault would.
    pub(super) fn synced(&mut self, answer: &Poll<io::Result<()>>, durable: Option<Vec<u8>>) -> Held {
        match self.passed(Rule::D1, answer)? {
            Gate::Waits | Gate::Refused => Ok(()),
            Gate::Failed => {
                let Poll::Ready(Err(error)) = answer else { return Ok(()) };
                let founded = self.is_undurable || std::mem::take(&mut self.faults.sync);
                self.is_undurable = true;
                if founded { Ok(()) } else { unfounded(error) }
            }
            Gate::Succeeded => {
                let fails = self.is_undurable || self.faults.sync;
                hold(!fails, Rule::D1, "a sync fails that meets a failure, and every later one", "a sync succeeded")?;
                let Some(durable) = durable.filter(|_| self.is_exact) else { return Ok(()) };
                let expected = format!("all that is complete is durable: {}", self.images.first().bytes.tell());
                let covers = self.images.retain(|image| durable.starts_with(&image.bytes));
                hold(covers, Rule::D1, &expected, durable.tell())
            }
        }
    }

    /// A close was answered, or dropped.
    pub(super) fn closed(&mut self, answer: &Poll<io::Result<()>>) -> Held {
        let Poll::Ready(result) = answer else {
            if self.is_open() {
                self.stage = Stage::Closing;
            }
            return Ok(());
        };
        transparent(result)?;
        if let Stage::Closed(first) = &self.stage {
            return hold(*first == result.tell(), Rule::W12, &format!("the first outcome, {first}"), result.tell());
        }
        self.stage = Stage::Open;
        match self.passed(Rule::W12, answer)? {
            Gate::Failed => return hold(false, Rule::W12, "nothing failed, so the close succeeds", result.tell()),
            Gate::Succeeded | Gate::Refused | Gate::Waits => {}
        }
        self.stage = Stage::Closed(result.tell());
        Ok(())
    }

    /// What is the same for all operations of the write side: they wait for the last write, and are not executed if it is
    /// owed that it failed.
    fn passed<R: Tell>(&mut self, claim: Rule, answer: &Poll<io::Result<R>>) -> Result<Gate, Breach> {
        let Poll::Ready(result) = answer else { return Ok(Gate::Waits) };
        transparent(result)?;
        let prior = result.as_ref().err().and_then(PriorWriteFailed::find);
        if !self.is_open() {
            hold(result.is_err(), Rule::W12, "an error, since it was closed", result.tell())?;
            return prior.map_or(Ok(()), |prior| self.reported(prior)).map(|()| Gate::Refused);
        }
        if let Some(prior) = prior {
            self.reported(prior)?;
            self.has_to_end(Rule::W9);
            return Ok(Gate::Refused);
        }
        if let Some(last) = &self.last {
            if last.is_owed() == Some(true) {
                let rule = if claim == Rule::D1 { Rule::D1 } else { Rule::W9 };
                let expected = format!("a report that the write of \"{}\" failed", last.bytes.escape_ascii());
                hold(false, rule, &expected, result.tell())?;
            }
        }
        self.decide(Fate::Complete(self.last.as_ref().map_or(0, |last| last.bytes.len())))?;
        self.has_to_end(claim);
        if self.is_poisoned {
            hold(result.is_err(), Rule::W13, "an error, since an outcome is indeterminate", result.tell())?;
            return Ok(Gate::Refused);
        }
        Ok(if result.is_ok() { Gate::Succeeded } else { Gate::Failed })
    }

    /// An operation was told that an orphan failed.
    fn reported(&mut self, prior: &PriorWriteFailed) -> Held {
        let seen = prior.to_string();
        let any = self.faults.any;
        let last = self.last.as_mut().filter(|last| last.ticket == prior.ticket() && last.is_owed() != Some(false));
        let Some(last) = last else {
            return hold(false, Rule::W9, "a failure is reported once, of a write that failed", seen);
        };
        let fits = match last.fate {
            Fate::Complete(n) => prior.complete() == Some(n),
            Fate::Fails(code) => {
                prior.complete() == Some(0) && (code.is_none() || raw_os_error(prior.reason()) == code)
            }
            Fate::Unknown => prior.complete().is_none(),
            Fate::Undecided => any && prior.complete().is_none_or(|n| n < last.bytes.len()),
        };
        hold(fits, Rule::W9, &format!("a report of what became of it: {}", last.fate), seen)?;
        last.is_told = true;
        self.decide(match prior.complete() {
            Some(0) => Fate::Fails(raw_os_error(prior.reason())),
            Some(n) => Fate::Complete(n),
            None => Fate::Unknown,
        })?;
        self.is_poisoned |= self.is_uncertain();
        Ok(())
    }

    // Writes.

    /// Whatever was submitted before has happened.
    fn begin(&mut self) {
        self.images.settle();
        (self.has_ended, self.has_run, self.calls_before) = (false, false, self.calls.len());
        self.is_fresh = true;
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
            hold(n <= taken && (n == taken || any), Rule::W2, &format!("{taken} bytes were taken"), n.tell())?;
            let bytes = last.bytes[..n].to_vec();
            self.images.write(&bytes);
        }
        Ok(())
    }

    // The destination.

    /// The destination shows `there`. While the last write has not ended it may already have, unless it is `racing` with
    /// this look.
    pub(super) fn compare(&mut self, there: &[u8], calls: Option<&[usize]>, racing: bool) -> Held {
        let waits = !self.has_ended;
        if self.is_uncertain() || waits && racing {
            return Ok(());
        }
        if self.is_undecided() {
            return self.compare_undecided(there);
        }
        let fits = |image: &Image| image.bytes == there || waits && image.before == there;
        if !self.images.retain(fits) {
            return self.differs(there);
        }
        let first = self.images.first();
        if waits && first.bytes == there && self.images.have_changed() {
            self.images.settle();
            self.has_run = true;
        }
        self.is_fresh = false;
        let Some(calls) = calls.filter(|_| self.is_exact) else { return Ok(()) };
        let fits = calls == self.calls || waits && calls == &self.calls[..self.calls_before];
        hold(fits, Rule::W4, &format!("one call for each submission, of {:?} bytes", self.calls), format!("{calls:?}"))
    }

    fn compare_undecided(&self, there: &[u8]) -> Held {
        let Some(last) = &self.last else { return Ok(()) };
        let bytes = &self.images.first().bytes;
        let fits = there.strip_prefix(&bytes[..]).is_some_and(|tail| last.bytes.starts_with(tail));
        let expected = format!("{}, and of the last write some first part", bytes.tell());
        hold(fits, Rule::W3, &expected, there.to_vec().tell())
    }

    /// What is there instead of what was to be expected, by the rule that is nearest.
    fn differs(&self, there: &[u8]) -> Held {
        let Image { bytes, before, .. } = self.images.first();
        let short = matches!(&self.last, Some(Last { fate: Fate::Complete(n), bytes, .. }) if *n < bytes.len());
        let told = self.last.as_ref().is_none_or(|last| last.is_told);
        let rule = match self.has_ended {
            true if there == before => self.claim,
            true if short || self.last.is_none() => Rule::W2,
            true if !told && there.len() != bytes.len() => Rule::W8,
            false if self.is_fresh => Rule::W7,
            _ => Rule::W3,
        };
        let tail =
            if self.has_ended { String::new() } else { format!(", or not yet the last write: {}", before.tell()) };
        hold(false, rule, &format!("the destination has {}{tail}", bytes.tell()), there.to_vec().tell())
    }
}
