//! [`Model`]: what is known of the file of a life, and what its writer may answer.

use std::{fmt, io, sync::Arc};

use anyhow::{bail, ensure};
use async_write_complete::{Indeterminate, PriorWriteFailed, Ticket, WriteOutstanding};

use super::{
    counts::{Counts, Event},
    faulty::{Fault, Faults},
};

/// How a write came to be without its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A write by ticket was dropped: every operation of the writing side is refused, until it is asked for.
    Ticket,
    /// A `poll_write` was dropped: the next one, a flush, a seek or a close ends it.
    Poll,
    /// A flush has settled that. If it was short, the next operation of the writing side says so.
    Flush,
}

/// A write whose answer was dropped.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) ticket: Ticket,
    pub(super) bytes: Vec<u8>,
    pub(super) by: By,
}

/// What is asked of the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Submit,
    PollWrite,
    Flush,
    Settle,
    Read,
    Seek,
    Sync,
}

impl Call {
    /// What of its own may go wrong.
    fn fault(self) -> Option<(Fault, Event)> {
        Some(match self {
            Self::Submit | Self::PollWrite => (Fault::Write, Event::Failed),
            Self::Read => (Fault::Read, Event::ReadFailed),
            Self::Seek => (Fault::Seek, Event::SeekFailed),
            Self::Sync => (Fault::Sync, Event::SyncFailed),
            Self::Flush | Self::Settle => return None,
        })
    }

    /// Whether it ends a write that is pending by that, and comes after it then.
    fn ends(self, by: By) -> bool {
        match by {
            By::Ticket => self == Self::Flush,
            By::Poll => matches!(self, Self::PollWrite | Self::Flush | Self::Seek),
            By::Flush => matches!(self, Self::Submit | Self::PollWrite | Self::Seek | Self::Sync),
        }
    }
}

/// What is known.
#[derive(Debug)]
pub(super) struct Model {
    /// The bytes that were answered for.
    pub(super) complete: Vec<u8>,
    /// Where the next read begins, if that is known.
    pub(super) at: Option<usize>,
    pub(super) pending: Option<Pending>,
    /// Nobody knows how many of the bytes are complete: any first part of these may follow.
    pub(super) over: Option<Vec<u8>>,
    /// A seek was dropped, and a later operation may tell of it.
    pub(super) is_seek_dropped: bool,
    /// How many failures were told, by what had failed.
    told: [u64; Fault::LateSync as usize + 1],
    pub(super) faults: Arc<Faults>,
    pub(super) counts: Counts,
    /// What was asked and answered, for whoever reads of a failure.
    pub(super) story: String,
}

impl Model {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        Self {
            complete: Vec::new(),
            at: Some(0),
            pending: None,
            over: None,
            is_seek_dropped: false,
            told: [0; Fault::LateSync as usize + 1],
            faults,
            counts: Counts::default(),
            story: String::new(),
        }
    }

    /// The first `n` of these bytes are complete. A file that appends has its cursor behind them.
    pub(super) fn completed(&mut self, bytes: &[u8], n: usize) -> anyhow::Result<()> {
        ensure!(n > 0 && n <= bytes.len(), "{n} of {} bytes were answered", bytes.len());
        ensure!(n == bytes.len() || self.faults.made(Fault::Short) > 0, "nothing has cut {} bytes short", bytes.len());
        self.complete.extend_from_slice(&bytes[..n]);
        self.at = (!self.is_seek_dropped).then_some(self.complete.len());
        self.counts.count(Event::Complete);
        self.counts.add(Event::Bytes, n as u64);
        Ok(())
    }

    /// The pending write has ended without a complaint.
    pub(super) fn complete_pending(&mut self) -> anyhow::Result<()> {
        match self.pending.take() {
            Some(pending) => self.completed(&pending.bytes, pending.bytes.len()),
            None => Ok(()),
        }
    }

    /// A write failed that has not been told of before.
    pub(super) fn write_failed(&mut self) -> anyhow::Result<()> {
        self.counts.count(Event::Failed);
        self.tell_once(Fault::Write)
    }

    /// A failure is told to one operation.
    fn tell_once(&mut self, fault: Fault) -> anyhow::Result<()> {
        let told = &mut self.told[fault as usize];
        *told += 1;
        let made = self.faults.made(fault);
        ensure!(*told <= made, "{told} failures of {fault:?} were told, and {made} made");
        Ok(())
    }

    pub(super) fn becomes_indeterminate(&mut self, own: &[u8]) -> anyhow::Result<()> {
        ensure!(self.faults.made(Fault::Panic) > 0, "nothing has panicked");
        if self.over.is_some() {
            return Ok(());
        }
        self.counts.count(Event::Panicked);
        let mut maybe = self.pending.take().map_or(Vec::new(), |pending| pending.bytes);
        maybe.extend_from_slice(own);
        self.over = Some(maybe);
        Ok(())
    }

    fn tell(&mut self, call: Call, len: usize, what: fmt::Arguments<'_>) {
        let pending = self.pending.as_ref().map(|pending| (pending.by, pending.ticket));
        let complete = self.complete.len();
        self.story += &format!("\n  {complete} complete, {pending:?} pending: {call:?} of {len} bytes: {what}");
    }

    fn ends(&self, call: Call) -> bool {
        self.pending.as_ref().is_some_and(|pending| call.ends(pending.by))
    }

    /// A read first finishes a seek of tokio that was started and dropped, which ends a `poll_write` before it.
    fn may_end(&self, call: Call) -> bool {
        let is_by_poll = self.pending.as_ref().is_some_and(|pending| pending.by == By::Poll);
        call == Call::Read && self.is_seek_dropped && is_by_poll
    }

    /// What `call`, which would write the bytes of `own`, has answered: a value of its own, or `None` for an error that
    /// it may give now.
    pub(super) fn answered<R>(&mut self, call: Call, own: &[u8], answer: io::Result<R>) -> anyhow::Result<Option<R>> {
        self.tell(call, own.len(), format_args!("{:?}", answer.as_ref().map(drop)));
        let ends = self.ends(call);
        let error = match answer {
            Ok(answer) => {
                if ends && call != Call::Flush {
                    self.complete_pending()?;
                }
                return Ok(Some(answer));
            }
            Err(error) => error,
        };
        if let Some(outstanding) = WriteOutstanding::find(&error) {
            let refuses = |pending: &Pending| pending.by != By::Flush && pending.ticket == outstanding.ticket();
            let is_right = self.pending.as_ref().is_some_and(refuses) && !ends && call != Call::Read;
            ensure!(is_right, "{call:?} is refused over {:?}: {error}", self.pending);
            self.counts.count(Event::Refused);
        } else if let Some(prior) = PriorWriteFailed::find(&error) {
            ensure!(ends || self.may_end(call), "{call:?} tells of a write before over {:?}: {error}", self.pending);
            self.counts.count(Event::PriorFailed);
            self.prior(prior, own)?;
        } else if Indeterminate::find(&error).is_some() {
            self.becomes_indeterminate(own)?;
        } else {
            self.failed(call, ends, &error)?;
        }
        Ok(None)
    }

    /// The pending write came out short, or failed.
    pub(super) fn prior(&mut self, prior: &PriorWriteFailed, own: &[u8]) -> anyhow::Result<()> {
        let Some(pending) = self.pending.take() else { bail!("no write was pending: {prior}") };
        ensure!(prior.ticket() == pending.ticket, "another write was pending: {prior}");
        self.at = None;
        match prior.complete() {
            None => {
                self.pending = Some(pending);
                self.becomes_indeterminate(own)
            }
            Some(0) => {
                ensure!(prior.reason().raw_os_error() == Fault::Write.code(), "nothing made this: {prior}");
                self.write_failed()
            }
            Some(n) => {
                let is_short = n < pending.bytes.len() && prior.reason().kind() == io::ErrorKind::WriteZero;
                ensure!(is_short, "this is not short: {prior}");
                self.completed(&pending.bytes, n)
            }
        }
    }

    /// An error of the system: that of the call, which the file has made, or that of a seek that was dropped.
    fn failed(&mut self, call: Call, ends: bool, error: &io::Error) -> anyhow::Result<()> {
        let code = error.raw_os_error();
        if call == Call::Settle && code.is_some() && code == Fault::Write.code() {
            ensure!(self.pending.take().is_some_and(|pending| pending.by != By::Flush), "nothing was outstanding");
            self.at = None;
            return self.write_failed();
        }
        let is_own = |(fault, _): &(Fault, Event)| code.is_some() && code == fault.code();
        if let Some((fault, event)) = call.fault().filter(is_own) {
            self.counts.count(event);
            match fault {
                // It is told for good.
                Fault::Sync => ensure!(self.faults.made(fault) > 0, "the file has not made this: {error}"),
                _ => self.tell_once(fault)?,
            }
        } else {
            let is_a_seeks = code.is_some() && code == Fault::Seek.code();
            ensure!(is_a_seeks && self.is_seek_dropped, "an error of {call:?} that nothing made: {error:?}");
            self.tell_once(Fault::Seek)?;
            if self.may_end(call) {
                self.complete_pending()?;
            }
            self.is_seek_dropped = false;
            self.at = None;
        }
        if ends {
            match &mut self.pending {
                Some(pending) if call == Call::Flush && pending.by == By::Poll => pending.by = By::Flush,
                _ => self.complete_pending()?,
            }
            self.at = None;
        }
        if call == Call::Seek {
            self.at = None;
        }
        Ok(())
    }

    /// The future of `call` was dropped; what the writer names as outstanding since then is `outstanding`.
    pub(super) fn dropped(&mut self, call: Call, bytes: Vec<u8>, outstanding: Option<Ticket>) -> anyhow::Result<()> {
        self.tell(call, bytes.len(), format_args!("dropped, {outstanding:?}"));
        let before = self.pending.as_ref().filter(|pending| pending.by != By::Flush).map(|pending| pending.ticket);
        if outstanding == before {
            return Ok(());
        }
        let may_end = self.pending.is_none() || self.ends(call) || self.may_end(call);
        ensure!(may_end, "{call:?} has ended {:?}", self.pending);
        self.complete_pending()?;
        self.at = None;
        let Some(ticket) = outstanding else { return Ok(()) };
        let by = match call {
            Call::Submit => By::Ticket,
            Call::PollWrite => By::Poll,
            _ => bail!("{call:?} has submitted something"),
        };
        self.pending = Some(Pending { ticket, bytes, by });
        Ok(())
    }

    /// What a writer that is not over names as outstanding.
    pub(super) fn assert_outstanding(&self, outstanding: Option<Ticket>) -> anyhow::Result<()> {
        let expected = self.pending.as_ref().filter(|pending| pending.by != By::Flush).map(|pending| pending.ticket);
        let is_right = self.over.is_some() || outstanding == expected;
        ensure!(is_right, "{outstanding:?} is outstanding, and not {expected:?}");
        Ok(())
    }
}
