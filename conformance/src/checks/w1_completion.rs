//! W1: whatever is answered as complete is there when the answer is.

use std::{io, task::Poll};

use async_write_complete::Submitted;

use crate::{
    describe::{self, ordinal},
    judge::{Judge, Judged},
    need::Need,
    observer::Fault,
    trial::{Trial, well},
};

/// Writes of several lengths, none of which another begins with.
const WRITES: [&[u8]; 4] = [b"a", b"bcd", b"efghijklm", b"nopq"];

pub(super) fn w1_completion(judge: &mut Judge<'_>) -> Judged {
    judge.case("each of several writes", &[Need::Content], |trial| {
        let mut answered = 0;
        for buf in WRITES {
            answered += well(counted(trial, buf)?, "a write that nothing disturbs")?;
            all_there(trial, answered)?;
        }
        Ok(())
    })?;
    judge.case("each of several writes by `Bytes`", &[Need::Content, Need::Bytes], |trial| {
        let mut answered = 0;
        for buf in WRITES {
            let n = well(trial.write_bytes(buf)?, "a write that nothing disturbs")?;
            answered += n.min(buf.len());
            all_there(trial, answered)?;
        }
        Ok(())
    })?;
    judge.case("a stalled destination", &[Need::Hold, Need::Content], |trial| {
        trial.hold()?;
        let Poll::Ready(Ok(submitted)) = trial.submit(WRITES[1])? else { return Ok(()) };
        let ticket = match submitted {
            Submitted::Complete(n) => return all_there(trial, n),
            Submitted::InFlight(ticket) => ticket,
        };
        for _ in 0..3 {
            if let Poll::Ready(Ok(n)) = trial.ask(ticket)? {
                return all_there(trial, n);
            }
        }
        let n = well(trial.finish(ticket)?, "a write that was stalled")?;
        trial.require(n <= ticket.len(), format_args!("a write of {} bytes is answered with {n}", ticket.len()))?;
        all_there(trial, n)
    })?;
    failures(judge)
}

fn failures(judge: &mut Judge<'_>) -> Judged {
    for after in 0..WRITES.len() {
        for lasting in [false, true] {
            let how = if lasting { "for good" } else { "once" };
            let name = format!("the {} call of the destination fails {how}", ordinal(after));
            judge.case(name, &[Need::Content], |trial| {
                trial.inject(Fault { lasting, ..Fault::new(trial.failure()).after(after) })?;
                let mut answered = 0;
                for buf in WRITES {
                    answered += counted(trial, buf)?.unwrap_or(0);
                    all_there(trial, answered)?;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Writes; the case says nothing if the count is of more bytes than there were.
fn counted(trial: &mut Trial<'_>, buf: &[u8]) -> Judged<io::Result<usize>> {
    let answer = trial.write(buf)?;
    let n = *answer.as_ref().unwrap_or(&0);
    trial.require(n <= buf.len(), format_args!("a write of {} bytes is answered with {n}", buf.len()))?;
    Ok(answer)
}

/// The rule is broken unless the destination has `answered` bytes.
fn all_there(trial: &Trial<'_>, answered: usize) -> Judged {
    let there = trial.bytes().len();
    let seen = format!("{} answered as complete, and the destination has {there}", describe::counted(answered, "byte"));
    trial.expect(there >= answered, "what is answered as complete is there", seen)
}
