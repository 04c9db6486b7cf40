//! Plays a [`Sequence`] on a fresh writer, and holds each answer and each look at the destination against the [`Model`].

use std::{
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(feature = "bytes")]
use bytes::Bytes;

use super::{
    breach::Held,
    model::Model,
    sequence::{Drive, Ending, Operation, Sequence, Which},
};
use crate::{
    conformance::{
        certify::{Carrier, Certify, Image},
        judge::Judged,
        observer::Fault,
        story::Log,
        tell::Tell,
        trial::Trial,
    },
    contract::Rule,
    write::{AsyncWriteComplete, Submitted, Ticket, TicketSource},
};

/// Plays `sequence`. Ends early where a rule is broken.
pub(super) fn play<W: AsyncWriteComplete + 'static>(kit: &Certify<W>, sequence: &Sequence, log: &Log) -> Judged {
    let case = format!("the sequence: {sequence}");
    log.clear(&case);
    // A panic, and a poll without an end, are the machinery's.
    let trial = Trial::new(kit, Rule::W13, &case, log.clone());
    let model = Model::new(matches!(kit.image, Image::Unchanged));
    let mut player = Player { trial, model, foreign: TicketSource::new() };
    let played = player.play(sequence);
    // Where it ended early somebody may still be held.
    player.trial.advance();
    played
}

struct Player<'k, W> {
    trial: Trial<'k, W>,
    model: Model,
    foreign: TicketSource,
}

impl<W: AsyncWriteComplete + 'static> Player<'_, W> {
    fn play(&mut self, sequence: &Sequence) -> Judged {
        self.begins_empty()?;
        for operation in &sequence.operations {
            self.perform(operation)?;
            self.compare()?;
        }
        match sequence.ending {
            Ending::Settle => self.settle(),
            Ending::Drop => self.drop_as_it_is(),
        }
    }

    fn begins_empty(&self) -> Judged {
        self.trial.require(self.is_unseen() || self.trial.bytes().is_empty(), "the destination is not empty at first")
    }

    fn perform(&mut self, operation: &Operation) -> Judged {
        match operation {
            Operation::Submit(bytes, drive) => self.submit(bytes, *drive),
            Operation::SubmitVectored(slices, drive) => self.submit_vectored(slices, *drive),
            #[cfg(feature = "bytes")]
            Operation::SubmitBytes(bytes, drive) => self.submit_bytes(bytes, *drive),
            Operation::Ask(which, drive) => self.ask(*which, *drive),
            Operation::Read(len, drive) => self.read(*len, *drive),
            Operation::Seek(position, drive) => self.seek(*position, *drive),
            Operation::Sync(drive) => self.sync(*drive),
            Operation::Close(drive) => self.close(*drive),
            Operation::Step => {
                self.step();
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

    fn submit(&mut self, buf: &[u8], drive: Drive) -> Judged {
        let what = format!("poll_write_submit(\"{}\")", buf.escape_ascii());
        let attempts = self.settled_attempts();
        let answer = self.drive(drive, &what, |writer, cx| writer.poll_write_submit(cx, buf))?;
        self.submitted(buf, &answer, attempts)
    }

    fn submit_vectored(&mut self, slices: &[Vec<u8>], drive: Drive) -> Judged {
        let lengths: Vec<_> = slices.iter().map(Vec::len).collect();
        let what = format!("poll_write_submit_vectored(slices of {lengths:?} bytes)");
        let bufs: Vec<_> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
        let attempts = self.settled_attempts();
        let answer = self.drive(drive, &what, |writer, cx| writer.poll_write_submit_vectored(cx, &bufs))?;
        self.submitted(&slices.concat(), &answer, attempts)
    }

    #[cfg(feature = "bytes")]
    fn submit_bytes(&mut self, bytes: &Bytes, drive: Drive) -> Judged {
        let what = format!("poll_write_submit_bytes(\"{}\")", bytes.escape_ascii());
        let attempts = self.settled_attempts();
        let answer = self.drive(drive, &what, |writer, cx| writer.poll_write_submit_bytes(cx, bytes))?;
        self.submitted(bytes, &answer, attempts)
    }

    fn submitted(&mut self, buf: &[u8], answer: &Poll<io::Result<Submitted>>, attempts: Option<usize>) -> Judged {
        let held = self.model.submitted(buf, answer);
        self.judge(held)?;
        if !buf.is_empty() || attempts.is_none() || attempts == self.trial.observer.attempts() {
            return Ok(());
        }
        Err(self.trial.breaks(Rule::W10, "a barrier makes no call on the destination", "it made one"))
    }

    /// How many calls there were, if no more are to come before the next submission.
    fn settled_attempts(&self) -> Option<usize> {
        if self.model.has_ended() { self.trial.observer.attempts() } else { None }
    }

    fn ask(&mut self, which: Which, drive: Drive) -> Judged {
        let Some(ticket) = self.ticket(which) else { return Ok(()) };
        let what = format!("poll_write_complete({which}, for {} bytes)", ticket.len());
        let answer = self.drive(drive, &what, |writer, cx| writer.poll_write_complete(cx, ticket))?;
        let held = self.model.asked(ticket, &answer);
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
        let Some(read) = self.trial.kit.read else { return Ok(()) };
        let mut buf = vec![0; len];
        let answer = self.drive(drive, &format!("poll_read({len} bytes)"), |writer, cx| {
            read(writer, cx, &mut buf).map_ok(|n| buf.get(..n).unwrap_or(&buf).to_vec())
        })?;
        let held = self.model.read(len, &answer);
        self.judge(held)
    }

    fn seek(&mut self, position: SeekFrom, drive: Drive) -> Judged {
        let Some(seek) = self.trial.kit.seek else { return Ok(()) };
        let what = format!("poll_seek({position:?})");
        let answer = self.drive(drive, &what, |writer, cx| seek(writer, cx, position))?;
        let held = self.model.sought(position, &answer);
        self.judge(held)
    }

    fn sync(&mut self, drive: Drive) -> Judged {
        let answer = self.drive_sync(drive)?;
        let durable = self.trial.observer.durable();
        let held = self.model.synced(&answer, durable);
        self.judge(held)
    }

    /// One future from the first poll to the last, unlike the other operations.
    fn drive_sync(&mut self, drive: Drive) -> Judged<Poll<io::Result<()>>> {
        match drive {
            Drive::End => self.trial.sync().map(Poll::Ready),
            Drive::Polls { times, steps } => self.trial.drive_sync(|trial, polls, _| {
                if steps && polls < times {
                    trial.observer.step();
                }
                polls < times
            }),
        }
    }

    fn close(&mut self, drive: Drive) -> Judged {
        let answer = self.drive(drive, "poll_close_complete", |writer, cx| writer.poll_close_complete(cx))?;
        let held = self.model.closed(&answer);
        self.judge(held)?;
        let is_kept = answer.is_ready() && self.trial.observer.is_released() == Some(false);
        self.unless(
            is_kept,
            Rule::W12,
            "a close releases the destination",
            "it is answered, and the destination is kept",
        )
    }

    fn step(&mut self) {
        if self.trial.observer.step() {
            self.trial.note("one step of the work behind the writer", "");
        }
    }

    /// Where a write is on its way, nobody knows whether it is that one which will meet the fault.
    fn disturb(&mut self, fault: &Fault) -> Judged {
        if !self.model.may_disturb() {
            return Ok(());
        }
        self.trial.inject(fault.clone())?;
        self.model.disturb(fault);
        Ok(())
    }

    fn drive<R: Tell>(
        &mut self,
        drive: Drive,
        what: &str,
        mut poll: impl FnMut(Pin<&mut W>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<Poll<R>> {
        let (times, steps) = match drive {
            Drive::End if self.is_stepped() => return self.carry_by_steps(what, poll).map(Poll::Ready),
            Drive::End => return self.trial.carry(what, poll).map(Poll::Ready),
            Drive::Polls { times, steps } => (times, steps),
        };
        for time in 0..times {
            if steps && time > 0 {
                self.step();
            }
            let polled = self.trial.poll(what, &mut poll)?;
            if polled.is_ready() {
                return Ok(polled);
            }
        }
        Ok(Poll::Pending)
    }

    /// To the end, where nothing happens but by steps: so it can be seen whether a wake came in time.
    fn carry_by_steps<R: Tell>(
        &mut self,
        what: &str,
        mut poll: impl FnMut(Pin<&mut W>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<R> {
        let mut was_woken = true;
        loop {
            let polled = self.trial.poll(what, &mut poll)?;
            match polled {
                Poll::Ready(answer) if was_woken => return Ok(answer),
                Poll::Ready(answer) => {
                    let seen = format!("no wake came, and then it is ready: {}", answer.tell());
                    return Err(self.trial.breaks(Rule::W11, "a task is woken when it can go on", seen));
                }
                Poll::Pending if was_woken => {}
                Poll::Pending => {
                    return Err(self.trial.broken(
                        "every poll comes to an answer",
                        "it never becomes ready, although the destination is not held",
                    ));
                }
            }
            let wakes = self.trial.task.wakes();
            self.trial.advance();
            was_woken = self.trial.task.wakes() > wakes;
        }
    }

    // The model.

    fn judge(&self, held: Held) -> Judged {
        held.map_err(|breach| self.trial.breaks(breach.rule, breach.expected, breach.seen))
    }

    fn unless(&self, broken: bool, rule: Rule, expected: &str, seen: &str) -> Judged {
        if broken { Err(self.trial.breaks(rule, expected, seen)) } else { Ok(()) }
    }

    fn compare(&mut self) -> Judged {
        if self.is_unseen() {
            return Ok(());
        }
        let racing = self.trial.kit.carrier == Carrier::Others;
        let (there, calls) = (self.trial.bytes(), self.trial.observer.calls());
        let held = self.model.compare(&there, calls.as_deref(), racing);
        self.judge(held)
    }

    fn is_unseen(&self) -> bool {
        matches!(self.trial.kit.image, Image::Unseen)
    }

    fn is_stepped(&self) -> bool {
        self.trial.kit.carrier == Carrier::Steps
    }

    fn is_self_driven(&self) -> bool {
        matches!(self.trial.kit.carrier, Carrier::Steps | Carrier::Others)
    }

    // Endings.

    /// What is outstanding happens, what is owed is told, and then nothing is left to happen.
    fn settle(&mut self) -> Judged {
        self.happens_by_itself(Rule::W8)?;
        if !self.model.is_open() {
            let goes_on =
                !self.is_self_driven() || self.trial.wait_until(|trial| trial.observer.is_released() != Some(false));
            self.unless(!goes_on, Rule::W12, "a close that has begun goes on by itself", "the destination is kept")?;
            // Its first outcome, or that one again.
            self.close(Drive::End)?;
        }
        // The first one may tell what is owed.
        self.submit(&[], Drive::End)?;
        self.submit(&[], Drive::End)?;
        self.compare()?;
        let is_settled = self.model.is_open() && !self.model.is_uncertain();
        self.trial.drop_writer()?;
        let kept = is_settled && self.trial.observer.is_released() == Some(false);
        self.unless(
            kept,
            Rule::W14,
            "a settled destination is dropped before the writer's drop returns",
            "it is kept",
        )?;
        self.nothing_is_left()
    }

    /// What is outstanding happens all the same, if something carries it on.
    fn drop_as_it_is(&mut self) -> Judged {
        let attempts = self.trial.observer.attempts();
        self.trial.drop_writer()?;
        let inside = self.is_stepped() && attempts != self.trial.observer.attempts();
        self.unless(inside, Rule::W14, "the drop returns at once, and the pool writes", "the drop writes")?;
        if !self.is_self_driven() {
            return Ok(());
        }
        self.happens_by_itself(Rule::W14)?;
        let released = self.trial.wait_until(|trial| trial.observer.is_released() != Some(false));
        self.unless(!released, Rule::W14, "the destination is dropped after the last write", "it is kept")?;
        if self.trial.observer.is_released() == Some(true) {
            self.model.has_to_end(Rule::W14);
        }
        self.nothing_is_left()
    }

    /// A self-driven writer's last write happens, though nobody polls.
    fn happens_by_itself(&mut self, rule: Rule) -> Judged {
        self.trial.advance();
        if !self.is_self_driven() || self.is_unseen() {
            return Ok(());
        }
        if self.is_stepped() {
            self.model.has_to_end(rule);
            return self.compare();
        }
        // The bytes may be such already without it, so that this is no sign of its end.
        let model = &self.model;
        let happens = self.trial.wait_until(|trial| model.may_show(&trial.bytes()));
        self.unless(!happens, rule, "a write that was submitted happens", "it does not")
    }

    fn nothing_is_left(&mut self) -> Judged {
        self.trial.advance();
        // Memory went with its writer.
        if self.trial.kit.peek.is_none() { self.compare() } else { Ok(()) }
    }
}
