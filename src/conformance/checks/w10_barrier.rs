//! W10: a submission of no bytes waits, and calls nothing.

use std::{io, task::Poll};

use crate::{
    conformance::{
        judge::{Judge, Judged},
        need::Need,
        observer::{Effect, Fault},
        tell::Tell,
        trial::{Trial, well},
    },
    write::{AsyncWriteComplete, Submitted},
};

const WRITE: &[u8] = b"a write";

/// The ways to submit no bytes: the list of slices of a vectored submission.
const NOTHING: [Option<&[&[u8]]>; 4] = [None, Some(&[]), Some(&[&[]]), Some(&[&[], &[], &[]])];

pub(super) fn w10_barrier<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for slices in NOTHING {
        let how = slices.map_or_else(|| "no bytes".to_owned(), |slices| format!("{} empty slices", slices.len()));
        judge.case(format!("{how}, before and after writes"), &[], |trial| {
            for _ in 0..3 {
                at_rest(trial, slices)?;
                trial.write_all(WRITE)?;
            }
            at_rest(trial, slices)
        })?;
        judge.case(format!("{how}, and a destination of which every write fails"), &[], |trial| {
            trial.inject(Fault::new(trial.failure()).lasting())?;
            at_rest(trial, slices)
        })?;
        judge.case(format!("{how} while a write is outstanding"), &[Need::Hold, Need::Bytes], |trial| {
            trial.orphan(WRITE)?;
            waits(trial, slices)
        })?;
        judge.case(format!("{how} after a write that nobody asked for failed"), &[Need::Hold], |trial| {
            trial.inject(Fault::new(trial.failure()))?;
            trial.orphan(WRITE)?;
            trial.advance();
            calls_nothing_after(trial, slices)
        })?;
        judge.case(format!("{how} after a short write that nobody asked for"), &[Need::Hold], |trial| {
            trial.inject(Fault::new(Effect::Short(1)))?;
            trial.orphan(WRITE)?;
            trial.advance();
            calls_nothing_after(trial, slices)
        })?;
    }
    Ok(())
}

fn nothing<W>(trial: &mut Trial<'_, W>, slices: Option<&[&[u8]]>) -> Judged<Poll<io::Result<Submitted>>>
where
    W: AsyncWriteComplete + 'static,
{
    match slices {
        Some(slices) => trial.submit_vectored(slices),
        None => trial.submit(&[]),
    }
}

/// To its end.
fn barrier<W>(trial: &mut Trial<'_, W>, slices: Option<&[&[u8]]>) -> Judged<io::Result<Submitted>>
where
    W: AsyncWriteComplete + 'static,
{
    match nothing(trial, slices)? {
        Poll::Ready(answer) => Ok(answer),
        // Somebody carries on what it waits for; whether it is asked for as one slice or as many is the same then.
        Poll::Pending => trial.settle(),
    }
}

/// A barrier of a settled writer is `Complete(0)`, and the destination is not called.
fn at_rest<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, slices: Option<&[&[u8]]>) -> Judged {
    // If a write is outstanding against all that was said, it ends first.
    let _ = barrier(trial, slices)?;
    let calls = trial.observer.attempts();
    let answer = barrier(trial, slices)?;
    trial.expect(
        matches!(answer, Ok(Submitted::Complete(0))),
        "Complete(0), as the writer is settled",
        answer.tell(),
    )?;
    no_calls_since(trial, calls)
}

fn no_calls_since<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, calls: Option<usize>) -> Judged {
    trial.advance();
    let more = trial.observer.attempts();
    let seen = format!("{calls:?} calls of the destination before, and {more:?} after");
    trial.expect(calls == more, "a barrier makes no call of the destination", seen)
}

fn waits<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, slices: Option<&[&[u8]]>) -> Judged {
    for _ in 0..3 {
        match nothing(trial, slices)? {
            Poll::Pending => {}
            Poll::Ready(Err(error)) => return Err(trial.unclear(format!("a barrier fails: {}", error.tell()))),
            Poll::Ready(Ok(answer)) => return settled(trial, answer),
        }
        trial.new_task();
    }
    trial.advance();
    let answer = well(barrier(trial, slices)?, "a barrier after a write that nothing disturbs")?;
    settled(trial, answer)
}

/// A barrier is answered with `answer`: the outstanding write is complete.
fn settled<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>, answer: Submitted) -> Judged {
    let there = trial.bytes().len();
    let seen = format!("{} when {there} of {} bytes are complete", answer.tell(), WRITE.len());
    let holds = answer == Submitted::Complete(0) && there > 0;
    trial.expect(holds, "a barrier is Complete(0) once the outstanding write is complete", seen)
}

/// The barrier that is told of the failure, and the one after it, make no call.
fn calls_nothing_after<W>(trial: &mut Trial<'_, W>, slices: Option<&[&[u8]]>) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    // What is outstanding ends first.
    let _ = barrier(trial, slices)?;
    let calls = trial.observer.attempts();
    for _ in 0..2 {
        if let Ok(answer) = barrier(trial, slices)? {
            trial.expect(answer == Submitted::Complete(0), "Complete(0)", answer.tell())?;
        }
    }
    no_calls_since(trial, calls)
}
