//! W3: what is answered with `Pending` or an error was not taken; what is taken is taken as it was, and attempted once;
//! no bytes are nothing.

use std::task::Poll;

use async_write_complete::{Indeterminate, Submitted};

use crate::{
    describe::{Describe, ordinal},
    judge::{Judge, Judged},
    need::Need,
    observer::Fault,
    trial::{Trial, no_sense, well},
};

/// The write that is there, and the one that has to wait; they have no byte in common.
const FIRST: &[u8] = b"aaaaaa";
const SECOND: &[u8] = b"bbbb";

pub(super) fn w3_submission(judge: &mut Judge<'_>) -> Judged {
    pending(judge)?;
    judge.case("a buffer that changes after it was submitted", &[Need::Content], |trial| {
        let mut buf = FIRST.to_vec();
        let submitted = well(trial.submit_to_end(&buf)?, "a submission that nothing disturbs")?;
        buf.fill(SECOND[0]);
        let n = match submitted.ticket() {
            Some(ticket) => well(trial.finish(ticket)?, "a write that nothing disturbs")?,
            None => submitted.len(),
        };
        as_it_was(trial, n.min(FIRST.len()))
    })?;
    for after in 0..3 {
        for lasting in [false, true] {
            let how = if lasting { "for good" } else { "once" };
            let name = format!("the {} call of the destination fails {how}", ordinal(after));
            judge.case(name, &[Need::Content], |trial| {
                trial.inject(Fault { lasting, ..Fault::new(trial.failure()).after(after) })?;
                failures_take_nothing(trial)
            })?;
        }
    }
    no_bytes(judge)
}

// Pending.

fn pending(judge: &mut Judge<'_>) -> Judged {
    for polls in 1..4 {
        let name = format!("a submission that is pending {polls} times during a read, and given up");
        judge.case(name, &[Need::Hold, Need::Read, Need::Content], |trial| {
            trial.write_all(FIRST)?;
            trial.hold()?;
            if trial.read(4)?.is_ready() {
                return no_sense("a read does not wait for the destination");
            }
            give_up_when_pending(trial, polls)?;
            nothing_of_the_second(trial)
        })?;
        let name = format!("a submission that is pending {polls} times over a destination that takes nothing");
        judge.case(name, &[Need::Hold, Need::Content], |trial| {
            trial.hold()?;
            give_up_when_pending(trial, polls)?;
            nothing_of_the_second(trial)
        })?;
        let name = format!("a write is made during another, pending {polls} times, and given up");
        judge.case(name, &[Need::Hold, Need::Content, Need::NoTickets], |trial| {
            trial.hold_in_flight(FIRST)?;
            give_up_when_pending(trial, polls)?;
            nothing_of_the_second(trial)
        })?;
    }
    Ok(())
}

/// Submits the second write `polls` times; the case is left out if it is taken.
fn give_up_when_pending(trial: &mut Trial<'_>, polls: usize) -> Judged {
    for poll in 0..polls {
        // Each way in.
        let polled = match poll {
            1 => trial.submit_vectored(&[&[], SECOND])?,
            2 if trial.can(Need::Bytes) => trial.submit_bytes(SECOND)?,
            _ => trial.submit(SECOND)?,
        };
        if polled.is_ready() {
            return no_sense("the writer answers a submission while its destination is held");
        }
    }
    trial.note("the submission is given up", "");
    Ok(())
}

fn nothing_of_the_second(trial: &mut Trial<'_>) -> Judged {
    trial.advance();
    trial.settled()?;
    trial.advance();
    let taken = trial.bytes().iter().filter(|byte| SECOND.contains(byte)).count();
    let seen = format!("{taken} bytes of it are there");
    trial.expect(taken == 0, "nothing of a submission that was answered with `Pending`", seen)
}

// What was taken.

fn as_it_was(trial: &Trial<'_>, n: usize) -> Judged {
    let bytes = trial.bytes();
    let changed = bytes.iter().filter(|byte| SECOND.contains(byte)).count();
    let question = trial.question(&bytes, &FIRST[..n]);
    let seen = format!("{changed} of {n} bytes are as they became later{question}");
    trial.expect(changed == 0, "the bytes as they were when they were submitted", seen)
}

/// Writes that fail are neither there nor come later.
fn failures_take_nothing(trial: &mut Trial<'_>) -> Judged {
    let (mut answered, mut failed) = (0, 0);
    for _ in 0..5 {
        match trial.write(FIRST)? {
            Ok(n) => answered += n,
            // Nobody can know how many bytes are complete then, so nothing can be said of what must be there.
            Err(error) if Indeterminate::find(&error).is_some() => return Ok(()),
            Err(_) => failed += 1,
        }
        let before = trial.bytes().len();
        trial.require(before <= answered, "bytes of a write that failed are there when it is answered")?;
        trial.advance();
        let after = trial.bytes().len();
        let seen = format!("{} bytes came after all {failed} failures were answered", after - before);
        trial.expect(after <= answered, "a write that failed is not attempted again", seen)?;
    }
    Ok(())
}

// No bytes.

/// The ways to submit no bytes: the list of slices of a vectored submission.
const NOTHING: [Option<&[&[u8]]>; 4] = [None, Some(&[]), Some(&[&[]]), Some(&[&[], &[], &[]])];

fn no_bytes(judge: &mut Judge<'_>) -> Judged {
    for slices in NOTHING {
        let how = slices.map_or_else(|| "no bytes".to_owned(), |slices| format!("{} empty slices", slices.len()));
        judge.case(format!("{how}, before and after writes"), &[], |trial| {
            for _ in 0..3 {
                nothing_happens(trial, slices)?;
                trial.write_all(FIRST)?;
            }
            nothing_happens(trial, slices)
        })?;
        judge.case(format!("{how}, and a destination of which every write fails"), &[], |trial| {
            trial.inject(Fault::new(trial.failure()).lasting())?;
            nothing_happens(trial, slices)
        })?;
        judge.case(format!("{how} while a write is in flight"), &[Need::Hold, Need::Tickets], |trial| {
            trial.in_flight(FIRST)?;
            nothing_happens(trial, slices)
        })?;
        judge.case(format!("{how} after a write that was not answered"), &[Need::Outstanding, Need::Tickets], |trial| {
            trial.submit_unanswered(FIRST)?;
            trial.advance();
            nothing_happens(trial, slices)
        })?;
    }
    Ok(())
}

/// A submission of no bytes is `Complete(0)` at once, and the destination is not called.
fn nothing_happens(trial: &mut Trial<'_>, slices: Option<&[&[u8]]>) -> Judged {
    // What is in flight by another thread's hands may call at any time.
    let is_quiet = trial.unanswered().is_none() || trial.kit.declared.carrier == crate::Carrier::Steps;
    let calls = if is_quiet { trial.observer.attempts() } else { None };
    let answer = match slices {
        Some(slices) => trial.submit_vectored(slices)?,
        None => trial.submit(&[])?,
    };
    let holds = matches!(answer, Poll::Ready(Ok(Submitted::Complete(0))));
    trial.expect(holds, "a submission of no bytes is `Complete(0)`, at once", answer.describe())?;
    let more = if is_quiet { trial.observer.attempts() } else { None };
    let seen = format!("{calls:?} calls of the destination before, and {more:?} after");
    trial.expect(calls == more, "a submission of no bytes makes no call of the destination", seen)
}
