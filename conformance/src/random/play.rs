//! Plays a [`Sequence`] on a fresh writer, and holds each answer and each look at the destination against the
//! [`Model`].

use std::{
    io::{self, IoSlice, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use async_write_complete::{Submitted, Ticket, TicketSource, contract::Rule};

use super::{
    breach::{Breach, Held, Look},
    drive::Drive,
    model::Model,
    sequence::{Ending, Operation, Sequence, Which},
};
use crate::{
    certify::Carrier,
    describe::Describe,
    judge::{Judged, Stop, panicked},
    kit::{Image, Kit},
    observer::Fault,
    story::Log,
    trial::Trial,
};

mod ending;
mod held;

/// Plays `sequence`. Ends early where a rule is broken.
pub(super) fn play(kit: &Kit, sequence: &Sequence, log: &Log) -> Judged {
    let case = format!("the sequence: {sequence}");
    log.clear(&case);
    // A panic of the writer is caught where it is called; this one is the builder's or the observer's.
    let played = catch_unwind(AssertUnwindSafe(|| play_case(kit, sequence, log, &case)));
    played.unwrap_or_else(|payload| Err(Stop::Unclear(panicked(payload, log))))
}

fn play_case(kit: &Kit, sequence: &Sequence, log: &Log, case: &str) -> Judged {
    // A panic breaks P2, whatever was done.
    let trial = Trial::new(kit, Rule::P2, case, log.clone());
    let model = Model::new(matches!(kit.declared.image, Image::Unchanged));
    let mut player =
        Player { trial, model, foreign: TicketSource::new(), last_bytes: Vec::new(), given: 0, held: None };
    let played = player.play(sequence);
    // A play that ended early may leave the destination held.
    player.trial.advance();
    played
}

struct Player<'k> {
    trial: Trial<'k>,
    model: Model,
    foreign: TicketSource,
    /// The bytes that were submitted last, whatever was answered.
    last_bytes: Vec<u8>,
    /// How many bytes were given to the writer.
    given: usize,
    /// The write that is held, and not done.
    held: Option<held::Holding>,
}

impl Player<'_> {
    fn play(&mut self, sequence: &Sequence) -> Judged {
        self.begins_empty()?;
        for operation in &sequence.operations {
            self.perform(operation)?;
            self.compare()?;
        }
        match sequence.ending {
            Ending::Settle => self.settle_and_drop(),
            Ending::Drop => self.drop_as_it_is(),
        }
    }

    fn begins_empty(&self) -> Judged {
        self.trial.require(self.is_unseen() || self.trial.bytes().is_empty(), "the destination is not empty at first")
    }

    fn perform(&mut self, operation: &Operation) -> Judged {
        let steps = self.trial.steps();
        self.try_perform(operation)?;
        // What could not be done where its turn came left no step.
        if self.trial.steps() > steps {
            self.trial.count(|counts| &mut counts.operations);
        }
        Ok(())
    }

    fn try_perform(&mut self, operation: &Operation) -> Judged {
        // A destination of which nobody makes room takes no more than was declared.
        let more = operation.bytes().unwrap_or(self.last_bytes.len());
        if more > 0 && self.given.saturating_add(more) > self.trial.kit.declared.room {
            return Ok(());
        }
        self.given += more;
        match operation {
            Operation::Submit(bytes, drive) => self.submit(bytes, *drive).map(drop),
            Operation::SubmitVectored(slices, drive) => self.submit_vectored(slices, *drive),
            Operation::SubmitBytes(bytes, drive) => self.submit_bytes(bytes, *drive),
            Operation::Write(bytes, drive) => self.write(bytes, *drive),
            Operation::Remake(drive) => {
                let bytes = self.last_bytes.clone();
                self.write(&bytes, *drive)
            }
            Operation::Resume(bytes, drive) => self.resume(bytes, *drive),
            Operation::Settle(drive) => self.settle(*drive),
            Operation::Ask(which, drive) => match self.ticket(*which) {
                Some(ticket) => self.ask(ticket, &which.to_string(), *drive),
                None => Ok(()),
            },
            Operation::Read(len, drive) => self.read(*len, *drive),
            Operation::Seek(position, drive) => self.seek(*position, *drive),
            Operation::Sync(drive) => self.sync(*drive),
            Operation::Close(drive) => self.close(*drive),
            Operation::Step => {
                self.trial.step();
                Ok(())
            }
            Operation::Advance => {
                self.trial.advance();
                Ok(())
            }
            Operation::Hold => self.trial.hold(),
            Operation::Disturb(fault) => self.disturb(fault),
        }
    }

    // Operations.

    fn submit(&mut self, buf: &[u8], drive: Drive) -> Judged<Option<Ticket>> {
        let what = format!("poll_write_submit(\"{}\")", buf.escape_ascii());
        let attempts = self.settled_attempts();
        let answer = self.trial.poll_as_far_as(drive, &what, |writer, cx| writer.poll_write_submit(cx, buf))?;
        self.submitted(buf, &answer, attempts)?;
        Ok(answer.ticket())
    }

    fn submit_vectored(&mut self, slices: &[Vec<u8>], drive: Drive) -> Judged {
        let lengths: Vec<_> = slices.iter().map(Vec::len).collect();
        let what = format!("poll_write_submit_vectored(slices of {lengths:?} bytes)");
        let bufs: Vec<_> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
        let attempts = self.settled_attempts();
        let answer =
            self.trial.poll_as_far_as(drive, &what, |writer, cx| writer.poll_write_submit_vectored(cx, &bufs))?;
        self.submitted(&slices.concat(), &answer, attempts)
    }

    #[cfg(feature = "bytes")]
    fn submit_bytes(&mut self, buf: &[u8], drive: Drive) -> Judged {
        let bytes = bytes::Bytes::copy_from_slice(buf);
        let what = format!("poll_write_submit_bytes(\"{}\")", buf.escape_ascii());
        let attempts = self.settled_attempts();
        let answer = self.trial.poll_as_far_as(drive, &what, |mut writer, cx| writer.poll_submit_bytes(cx, &bytes))?;
        self.submitted(buf, &answer, attempts)
    }

    #[cfg(not(feature = "bytes"))]
    fn submit_bytes(&mut self, _: &[u8], _: Drive) -> Judged {
        Ok(())
    }

    fn submitted(&mut self, buf: &[u8], answer: &Poll<io::Result<Submitted>>, attempts: Option<usize>) -> Judged {
        let held = self.model.submitted(buf, answer);
        self.judge(held)?;
        if !buf.is_empty() {
            self.last_bytes = buf.to_vec();
            return Ok(());
        }
        let calls = attempts.is_some() && attempts != self.trial.observer.attempts();
        self.unless(calls, Rule::W3, "no bytes make no call of the destination", "they made one")
    }

    /// How many calls there were, if no more are to come before the next submission.
    fn settled_attempts(&self) -> Option<usize> {
        if self.model.has_ended() { self.trial.observer.attempts() } else { None }
    }

    /// A whole write; where `drive` ends it, it is forgotten.
    fn write(&mut self, buf: &[u8], drive: Drive) -> Judged {
        match self.submit(buf, drive)? {
            Some(ticket) => self.ask(ticket, "its ticket", drive),
            None => Ok(()),
        }
    }

    /// What a caller does who does not know which write was forgotten.
    fn settle(&mut self, drive: Drive) -> Judged {
        match self.outstanding()? {
            Some(ticket) => self.ask(ticket, "what is outstanding", drive),
            None => Ok(()),
        }
    }

    fn outstanding(&self) -> Judged<Option<Ticket>> {
        let Some(writer) = &self.trial.writer else { return Ok(None) };
        let claimed = writer.outstanding();
        self.judge(self.model.claimed(claimed))?;
        Ok(claimed)
    }

    fn ask(&mut self, ticket: Ticket, which: &str, drive: Drive) -> Judged {
        let what = format!("poll_write_complete({which}, for {} bytes)", ticket.len());
        let answer = self.trial.poll_as_far_as(drive, &what, |writer, cx| writer.poll_write_complete(cx, ticket))?;
        let held = self.model.answered(ticket, &answer);
        self.judge(held)
    }

    fn ticket(&mut self, which: Which) -> Option<Ticket> {
        let mut tickets = self.model.tickets.iter().rev().copied();
        match which {
            Which::Last => tickets.next(),
            Which::Earlier(n) => tickets.nth(n),
            Which::Foreign => Some(self.foreign.mint(tickets.next().map_or(1, |ticket| ticket.len()))),
        }
    }

    fn read(&mut self, len: usize, drive: Drive) -> Judged {
        let mut buf = vec![0; len];
        let answer = self.trial.poll_as_far_as(drive, &format!("poll_read({len} bytes)"), |mut writer, cx| {
            writer.poll_read(cx, &mut buf).map_ok(|n| buf.get(..n).unwrap_or(&buf).to_vec())
        })?;
        let held = self.model.read(len, &answer);
        self.judge(held)
    }

    fn seek(&mut self, position: SeekFrom, drive: Drive) -> Judged {
        let what = format!("poll_seek({position:?})");
        let answer = self.trial.poll_as_far_as(drive, &what, |mut writer, cx| writer.poll_seek(cx, position))?;
        let held = self.model.seek_ended(position, &answer);
        self.judge(held)
    }

    fn sync(&mut self, drive: Drive) -> Judged {
        let answer = self.trial.sync_as_far_as(drive)?;
        let durable = self.trial.observer.durable();
        if self.model.synced(&answer, durable).map_err(|breach| self.breaks(breach))? == Look::Compared {
            self.trial.count(|counts| &mut counts.syncs);
        }
        Ok(())
    }

    fn close(&mut self, drive: Drive) -> Judged {
        let answer =
            self.trial.poll_as_far_as(drive, "poll_close_complete", |writer, cx| writer.poll_close_complete(cx))?;
        let held = self.model.closed(&answer);
        self.judge(held)?;
        let is_kept = answer.is_ready() && self.trial.observer.is_released() == Some(false);
        let seen = "it is answered, and the destination is kept";
        self.unless(is_kept, Rule::W9, "a close releases the destination", seen)
    }

    /// While a write is in flight it is not known whether it, or the next one, will meet the fault.
    fn disturb(&mut self, fault: &Fault) -> Judged {
        if !self.model.may_disturb(fault) {
            return Ok(());
        }
        self.trial.inject(fault.clone())?;
        self.trial.count(|counts| &mut counts.faults);
        self.model.disturb(fault, self.trial.kit.declared.reports_close);
        Ok(())
    }

    // The model.

    fn judge(&self, held: Held) -> Judged {
        held.map_err(|breach| self.breaks(breach))
    }

    fn breaks(&self, Breach { rule, expected, seen }: Breach) -> Stop {
        self.trial.breaks(rule, expected, seen)
    }

    fn unless(&self, broken: bool, rule: Rule, expected: &str, seen: &str) -> Judged {
        if broken { Err(self.trial.breaks(rule, expected, seen)) } else { Ok(()) }
    }

    fn compare(&mut self) -> Judged {
        self.outstanding()?;
        if self.is_unseen() {
            return Ok(());
        }
        let racing = self.trial.kit.declared.carrier == Carrier::Others;
        let there = self.trial.bytes();
        let calls = if self.trial.kit.declared.offloads { self.trial.observer.calls() } else { None };
        let look = self.model.compare(&there, calls.as_deref(), racing);
        if look.map_err(|breach| self.breaks(breach))? == Look::Compared {
            self.trial.count(|counts| &mut counts.comparisons);
        }
        Ok(())
    }

    fn is_unseen(&self) -> bool {
        matches!(self.trial.kit.declared.image, Image::Unseen)
    }

    fn is_stepped(&self) -> bool {
        self.trial.is_stepped()
    }
}
