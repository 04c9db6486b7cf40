//! W8: dropping or forgetting futures and tickets changes nothing about a submitted write.

use std::{io, task::Poll};

use async_write_complete::UnknownTicket;

use crate::{
    describe::{Describe, counted},
    judge::{Judge, Judged},
    need::Need,
    observer::Fault,
    operations::Operation,
    trial::{Trial, well},
};

const WRITE: &[u8] = b"abandoned";
const LATER: &[u8] = b"later";

pub(super) fn w8_abandonment(judge: &mut Judge<'_>) -> Judged {
    writes(judge)?;
    refusals(judge)?;
    results(judge)
}

/// A write that its caller gives up happens.
fn writes(judge: &mut Judge<'_>) -> Judged {
    judge.case("submitted, given up, and settled later", &[Need::Content], |trial| {
        let submitted = well(trial.submit_to_end(WRITE)?, "a submission that nothing disturbs")?;
        drop(trial.new_task());
        trial.settled()?;
        trial.advance();
        let taken = submitted.len();
        trial.require(taken <= WRITE.len(), format_args!("{taken} bytes are taken of {}", WRITE.len()))?;
        once(trial, &WRITE[..taken])
    })?;
    for polls in 0..3 {
        let name = format!("given up after {}, and nobody polls any more", counted(polls, "poll"));
        judge.case(name, &[Need::Hold, Need::SelfDriven, Need::Content], |trial| {
            abandon(trial, polls)?;
            trial.advance();
            trial.wait_until("the bytes of the write", |trial| trial.bytes().len() >= WRITE.len());
            once(trial, WRITE)
        })?;
        let name = format!("given up after {}, then another write is made", counted(polls, "poll"));
        judge.case(name, &[Need::Hold, Need::Content], |trial| {
            abandon(trial, polls)?;
            trial.advance();
            trial.settled()?;
            well(trial.write(LATER)?, "a write after one that was given up")?;
            trial.settled()?;
            trial.advance();
            once(trial, &[WRITE, LATER].concat())
        })?;
    }
    Ok(())
}

/// A write happens also where other operations are refused over it, or wait for it and are given up.
fn refusals(judge: &mut Judge<'_>) -> Judged {
    for operation in Operation::of(judge.kit) {
        // Without tickets a submission may be taken, and then there is more than the write.
        let submits_more = operation.submits() && !judge.kit.declared.tickets;
        if submits_more {
            continue;
        }
        let needs = operation.needs_and(&[Need::Hold, Need::Content]);
        judge.case(format!("given up, and {operation} is tried over it"), &needs, |trial| {
            abandon(trial, 1)?;
            for _ in 0..2 {
                // A close that has begun may have to be polled to its end, as that of a driven writer is.
                let polled = trial.start(operation)?;
                let refused = operation == Operation::Close || !trial.kit.declared.tickets || is_err(&polled);
                trial.require(refused, format_args!("{operation} is {}", polled.describe()))?;
            }
            trial.advance();
            if operation == Operation::Close {
                drop(trial.close_to_end()?);
            }
            let _ = trial.settle()?;
            trial.advance();
            happened_once(trial)
        })?;
    }
    Ok(())
}

/// The rule is broken unless the write is there once; whether there is more, other rules judge.
fn happened_once(trial: &Trial<'_>) -> Judged {
    let bytes = trial.bytes();
    let times = bytes.windows(WRITE.len()).filter(|window| *window == WRITE).count();
    let seen = format!("{}{}", bytes.describe(), trial.question(&bytes, WRITE));
    trial.expect(times == 1, "the write that was given up, once", seen)?;
    trial.require(bytes == WRITE, "other bytes are there than were submitted")
}

fn is_err<R>(polled: &Poll<io::Result<R>>) -> bool {
    matches!(polled, Poll::Ready(Err(_)))
}

/// The result stays there until a caller asks for it.
fn results(judge: &mut Judge<'_>) -> Judged {
    for fails in [false, true] {
        let name = format!("another task asks later{}", if fails { " for a failure" } else { "" });
        judge.case(name, &[Need::Hold, Need::Tickets], |trial| {
            if fails {
                trial.inject(Fault::new(trial.failure()))?;
            }
            let answer = answered_later(trial)?;
            let lost = answer.as_ref().is_err_and(|error| UnknownTicket::find(error).is_some());
            trial.expect(!lost, "the result of its write", answer.describe())?;
            let own = if fails { answer.is_err() } else { answer.as_ref().is_ok_and(|n| *n == WRITE.len()) };
            trial.require(own, format_args!("a write of {} bytes is answered with {}", WRITE.len(), answer.describe()))
        })?;
    }
    Ok(())
}

/// Submits, asks once, and asks again in another task when the write has ended.
fn answered_later(trial: &mut Trial<'_>) -> Judged<io::Result<usize>> {
    let ticket = trial.in_flight(WRITE)?;
    let polled = trial.ask(ticket)?;
    trial.require(polled.is_pending(), "a write is answered while its destination is held")?;
    drop(trial.new_task());
    trial.finish(ticket)
}

/// Submits, asks so many times, and gives the write up.
fn abandon(trial: &mut Trial<'_>, polls: usize) -> Judged {
    if let Some(ticket) = trial.hold_in_flight(WRITE)? {
        for _ in 0..polls {
            let polled = trial.ask(ticket)?;
            trial.require(polled.is_pending(), "a write is answered while its destination is held")?;
        }
    }
    drop(trial.new_task());
    trial.note("the caller gives the write up", "");
    Ok(())
}

/// The rule is broken unless as many bytes are there as were submitted; which ones, other rules judge.
fn once(trial: &Trial<'_>, submitted: &[u8]) -> Judged {
    let bytes = trial.bytes();
    let expected = format!("what was submitted, once: {} bytes", submitted.len());
    let seen = format!("{}{}", bytes.describe(), trial.question(&bytes, submitted));
    trial.expect(bytes.len() == submitted.len(), expected, seen)?;
    trial.require(bytes == submitted, "other bytes are there than were submitted")
}
