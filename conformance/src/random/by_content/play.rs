//! Plays a sequence of these operations on a fresh writer.

use std::{io::IoSlice, task::Poll};

use async_write_complete::contract::Rule;

use super::{
    model::Model,
    sequence::{Buffer, Operation},
};
use crate::{
    certify::Carrier,
    judge::{Judged, Stop},
    kit::Kit,
    random::{
        breach::{Breach, Held, Look},
        drive::Drive,
        sequence::{Ending, Sequence},
    },
    story::Log,
    trial::Trial,
};

/// Plays `sequence`. Ends early where a rule is broken.
pub(in crate::random) fn play(kit: &Kit, sequence: &Sequence<Operation>, log: &Log) -> Judged {
    let case = format!("the sequence: {sequence}");
    log.clear(&case);
    // A panic breaks P2, whatever was done.
    let trial = Trial::new(kit, Rule::P2, &case, log.clone());
    let mut player = Player { trial, model: Model::new(), rest: Vec::new() };
    let played = player.play(sequence);
    // A play that ended early may leave the destination held.
    player.trial.advance();
    played
}

struct Player<'k> {
    trial: Trial<'k>,
    model: Model,
    /// The caller's bytes that no answer has covered yet.
    rest: Vec<u8>,
}

impl Player<'_> {
    fn play(&mut self, sequence: &Sequence<Operation>) -> Judged {
        self.trial.require(self.trial.bytes().is_empty(), "the destination is not empty at first")?;
        for operation in &sequence.operations {
            let steps = self.trial.steps();
            self.perform(operation)?;
            // What could not be done where its turn came left no step.
            if self.trial.steps() > steps {
                self.trial.count(|counts| &mut counts.operations);
            }
            self.compare()?;
        }
        match sequence.ending {
            Ending::Settle => self.close_and_drop(),
            Ending::Drop => self.drop_as_it_is(),
        }
    }

    fn perform(&mut self, operation: &Operation) -> Judged {
        match operation {
            Operation::Close(_) | Operation::Step | Operation::Advance | Operation::Hold => {}
            _ if self.model.is_closing() => return Ok(()),
            _ => {}
        }
        match operation {
            Operation::Write(buffer, drive) => self.write(buffer, None, *drive),
            Operation::WriteVectored(buffer, cut, drive) => self.write(buffer, Some(*cut), *drive),
            Operation::Flush(drive) => self.flush(*drive),
            Operation::Read(len, drive) => self.read(*len, *drive),
            Operation::Seek(position) => {
                let what = format!("poll_seek({position:?})");
                let answer =
                    self.trial.poll_as_far_as(Drive::End, &what, |mut writer, cx| writer.poll_seek(cx, *position))?;
                let held = self.model.seek_ended(*position, &answer);
                self.judge(held)
            }
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
            // While a write is in flight it is not known whether it, or the next one, will meet the fault.
            Operation::Disturb(fault) if self.model.may_disturb(fault) => {
                self.trial.inject(fault.clone())?;
                self.trial.count(|counts| &mut counts.faults);
                self.model.disturb(fault, self.trial.kit.declared.reports_close);
                Ok(())
            }
            Operation::Disturb(_) => Ok(()),
        }
    }

    fn write(&mut self, buffer: &Buffer, cut: Option<usize>, drive: Drive) -> Judged {
        let buf = match buffer {
            Buffer::New(bytes) => bytes.clone(),
            Buffer::Rest => self.rest.clone(),
            Buffer::Longer(more) => [&self.rest[..], more].concat(),
            Buffer::Shorter(len) => self.rest[..self.rest.len().min(*len)].to_vec(),
        };
        let (head, tail) = buf.split_at(cut.unwrap_or(0).min(buf.len()));
        let what = format!("poll_write(\"{}\")", buf.escape_ascii());
        let answer = self.trial.poll_as_far_as(drive, &what, |writer, cx| {
            let polled = match cut {
                None => writer.poll_write_submit(cx, &buf),
                Some(_) => writer.poll_write_submit_vectored(cx, &[IoSlice::new(head), IoSlice::new(tail)]),
            };
            polled.map_ok(|submitted| submitted.len())
        })?;
        let held = self.model.wrote(&buf, &answer);
        self.judge(held)?;
        if !matches!(buffer, Buffer::Shorter(_)) {
            self.rest = buf;
        }
        if let Poll::Ready(Ok(n)) = answer {
            self.rest.drain(..n.min(self.rest.len()));
        }
        Ok(())
    }

    fn flush(&mut self, drive: Drive) -> Judged {
        let answer = self.trial.poll_as_far_as(drive, "poll_flush", |mut writer, cx| writer.poll_flush(cx))?;
        let held = self.model.flushed(&answer);
        self.judge(held)
    }

    fn read(&mut self, len: usize, drive: Drive) -> Judged {
        let mut buf = vec![0; len];
        let answer = self.trial.poll_as_far_as(drive, &format!("poll_read({len} bytes)"), |mut writer, cx| {
            writer.poll_read(cx, &mut buf).map_ok(|n| buf.get(..n).unwrap_or(&buf).to_vec())
        })?;
        let held = self.model.read(len, &answer);
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
        let answer = self.trial.poll_as_far_as(drive, "poll_close", |writer, cx| writer.poll_close_complete(cx))?;
        let held = self.model.closed(&answer);
        self.judge(held)
    }

    fn close_and_drop(&mut self) -> Judged {
        self.trial.advance();
        if self.trial.kit.declared.closes {
            self.close(Drive::End)?;
        } else {
            self.flush(Drive::End)?;
        }
        self.compare()?;
        self.trial.drop_writer()?;
        self.compare()
    }

    /// What is in flight happens all the same.
    fn drop_as_it_is(&mut self) -> Judged {
        self.trial.drop_writer()?;
        self.trial.advance();
        if self.trial.is_stepped() {
            self.model.has_to_end();
            return self.compare();
        }
        let model = &self.model;
        let happens = self.trial.wait_until("the bytes of the last write", |trial| model.may_show(&trial.bytes()));
        if happens {
            self.compare()
        } else {
            Err(self.trial.breaks(Rule::O3, "a write that was submitted happens", "it does not"))
        }
    }

    fn judge(&self, held: Held) -> Judged {
        held.map_err(|breach| self.breaks(breach))
    }

    fn breaks(&self, Breach { rule, expected, seen }: Breach) -> Stop {
        self.trial.breaks(rule, expected, seen)
    }

    fn compare(&mut self) -> Judged {
        let racing = self.trial.kit.declared.carrier == Carrier::Others;
        let look = self.model.compare(&self.trial.bytes(), racing);
        if look.map_err(|breach| self.breaks(breach))? == Look::Compared {
            self.trial.count(|counts| &mut counts.comparisons);
        }
        Ok(())
    }
}
