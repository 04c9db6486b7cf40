//! W8: who walks away from a submitted write changes nothing of it.

use std::{io, task::Poll};

use crate::{
    Superseded,
    conformance::{
        judge::{Judge, Judged, Stop},
        need::Need,
        observer::Fault,
        operations::Operation,
        tell::{Tell, counted},
        trial::{Trial, well},
    },
    write::AsyncWriteComplete,
};

const ORPHAN: &[u8] = b"orphaned";
const LATER: &[u8] = b"later";

pub(super) fn w8_abandonment<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    writes(judge)?;
    operations(judge)?;
    results(judge)
}

/// A write that is given up happens.
fn writes<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for polls in 0..3 {
        let name = format!("given up after {}, and nobody polls any more", counted(polls, "poll"));
        judge.case(name, &[Need::Hold, Need::SelfDriven, Need::Bytes], |trial| {
            abandon(trial, polls)?;
            trial.advance();
            trial.wait_until(|trial| trial.bytes().len() >= ORPHAN.len());
            once(trial, ORPHAN)
        })?;
        let name = format!("given up after {}, then a barrier", counted(polls, "poll"));
        judge.case(name, &[Need::Hold, Need::Bytes], |trial| {
            abandon(trial, polls)?;
            trial.settled()?;
            trial.advance();
            once(trial, ORPHAN)
        })?;
        let name = format!("given up after {}, then another write", counted(polls, "poll"));
        judge.case(name, &[Need::Hold, Need::Bytes], |trial| {
            abandon(trial, polls)?;
            let another = trial.submit(LATER)?;
            trial.advance();
            match another {
                Poll::Ready(submitted) => drop(well(submitted, "a submission over an orphan")?),
                Poll::Pending => drop(well(trial.write(LATER)?, "a write after an orphan")?),
            }
            trial.settled()?;
            trial.advance();
            once(trial, &[ORPHAN, LATER].concat())
        })?;
    }
    Ok(())
}

/// It also does where an operation that waited for it is given up.
fn operations<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for operation in [Operation::Barrier, Operation::Seek, Operation::Sync, Operation::Close] {
        judge.case(format!("given up, and {operation} is given up over it"), &[Need::Hold, Need::Bytes], |trial| {
            if !trial.operations().contains(&operation) {
                return Err(Stop::Skip(format!("not declared: the writer has no {operation}")));
            }
            abandon(trial, 1)?;
            // What has begun may have to be polled to its end: that of a driven writer is.
            let begun = trial.start(operation)?;
            trial.advance();
            if begun.is_pending() {
                drop(trial.operate(operation)?);
            }
            trial.advance();
            once(trial, ORPHAN)
        })?;
    }
    Ok(())
}

/// The result stays there for whoever asks later.
fn results<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for fails in [false, true] {
        let name = format!("another task asks later{}", if fails { " for a failure" } else { "" });
        judge.case(name, &[Need::Hold, Need::Tickets], |trial| {
            if fails {
                trial.inject(Fault::new(trial.failure()))?;
            }
            let answer = asked_later(trial)?;
            let lost = answer.as_ref().is_err_and(|error| Superseded::find(error).is_some());
            trial.expect(!lost, "the result of its write", answer.tell())?;
            let own = if fails { answer.is_err() } else { answer.as_ref().is_ok_and(|n| *n == ORPHAN.len()) };
            trial.require(own, format_args!("a write of {} bytes is answered with {}", ORPHAN.len(), answer.tell()))
        })?;
    }
    Ok(())
}

/// Submits, asks once, and asks again in another task when the write has ended.
fn asked_later<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged<io::Result<usize>> {
    let ticket = trial.in_flight(ORPHAN)?;
    let polled = trial.ask(ticket)?;
    trial.require(polled.is_pending(), "a write is answered while its destination is held")?;
    drop(trial.new_task());
    trial.finish(ticket)
}

/// Submits, asks so many times, and walks away.
fn abandon<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, polls: usize) -> Judged {
    if let Some(ticket) = trial.orphan(ORPHAN)? {
        for _ in 0..polls {
            let polled = trial.ask(ticket)?;
            trial.require(polled.is_pending(), "a write is answered while its destination is held")?;
        }
    }
    drop(trial.new_task());
    trial.note("the caller walks away", "");
    Ok(())
}

/// The rule is broken unless as many bytes are there as were submitted; which ones, is another rule's matter.
fn once<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>, submitted: &[u8]) -> Judged {
    let bytes = trial.bytes();
    let expected = format!("what was submitted, once: {} bytes", submitted.len());
    trial.expect(bytes.len() == submitted.len(), expected, bytes.tell())?;
    trial.require(bytes == submitted, "other bytes are there than were submitted")
}
