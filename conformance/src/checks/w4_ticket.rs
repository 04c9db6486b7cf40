//! W4: a ticket is answered with its own result, as often as it is polled, and no other ticket is.

use std::{fmt, io, task::Poll};

use async_write_complete::{Ticket, TicketSource, UnknownTicket, error::raw_os_error};

use crate::{
    describe::{Describe, ordinal},
    judge::{Judge, Judged},
    need::Need,
    observer::{Effect, Fault},
    trial::{Trial, no_sense, ready, well},
};

const FIRST: &[u8] = b"first";
const SECOND: &[u8] = b"second";
/// It is as long as the first one.
const THIRD: &[u8] = b"third";

pub(super) fn w4_ticket(judge: &mut Judge<'_>) -> Judged {
    its_own_again(judge)?;
    later_submissions(judge)?;
    foreign_tickets(judge)
}

/// Until bytes are submitted a ticket is answered again and again.
fn its_own_again(judge: &mut Judge<'_>) -> Judged {
    judge.case("polled again", &[Need::Tickets], |trial| {
        let (ticket, answer) = written(trial, FIRST)?;
        same_again(trial, ticket, &answer, "polled again")?;
        no_bytes(trial)?;
        same_again(trial, ticket, &answer, "after submissions of no bytes")
    })?;
    judge.case("a short count, polled again", &[Need::Tickets], |trial| {
        trial.inject(Fault::new(Effect::Short(2)))?;
        let (ticket, answer) = written(trial, FIRST)?;
        same_again(trial, ticket, &answer, "polled again")?;
        no_bytes(trial)?;
        same_again(trial, ticket, &answer, "after submissions of no bytes")
    })?;
    for after in 0..2 {
        let name = format!("the {} call of the destination fails, and is polled again", ordinal(after));
        judge.case(name, &[Need::Tickets], |trial| {
            trial.inject(Fault::new(trial.failure()).after(after))?;
            let (mut ticket, mut answer) = written(trial, FIRST)?;
            for _ in 0..after {
                (ticket, answer) = written(trial, SECOND)?;
            }
            same_again(trial, ticket, &answer, "polled again")
        })?;
    }
    judge.case("polled while it is in flight, and again", &[Need::Tickets, Need::Hold], |trial| {
        let ticket = trial.in_flight(FIRST)?;
        for _ in 0..3 {
            let polled = trial.ask(ticket)?;
            trial.require(polled.is_pending(), "a write is answered while its destination is held")?;
        }
        let answer = trial.finish(ticket)?;
        same_again(trial, ticket, &answer, "polled again")
    })
}

fn no_bytes(trial: &mut Trial<'_>) -> Judged {
    let _ = trial.submit(&[])?;
    let _ = trial.submit_vectored(&[&[], &[]])?;
    Ok(())
}

/// The next submission ends the ticket.
fn later_submissions(judge: &mut Judge<'_>) -> Judged {
    judge.case("after the next submission", &[Need::Tickets], |trial| {
        let (first, _) = written(trial, FIRST)?;
        for buf in [THIRD, SECOND] {
            let (later, _) = written(trial, buf)?;
            is_another(trial, first, later)?;
            unknown(trial, first, "an earlier ticket")?;
        }
        Ok(())
    })?;
    judge.case("while the next write is in flight", &[Need::Tickets, Need::Hold], |trial| {
        let (first, _) = written(trial, FIRST)?;
        let second = trial.in_flight(THIRD)?;
        is_another(trial, first, second)?;
        unknown(trial, first, "an earlier ticket")?;
        trial.advance();
        unknown(trial, first, "an earlier ticket")
    })
}

fn is_another(trial: &Trial<'_>, first: Ticket, later: Ticket) -> Judged {
    trial.expect(later != first, "each submission has a ticket of its own", "a ticket that an earlier one had")
}

/// Tickets of other writers, in every state of this one.
fn foreign_tickets(judge: &mut Judge<'_>) -> Judged {
    judge.case("the ticket of another writer", &[Need::Tickets], |trial| {
        let foreign = foreign();
        unknown(trial, foreign, "a foreign ticket before any write")?;
        well(trial.write(FIRST)?, "a write that nothing disturbs")?;
        unknown(trial, foreign, "a foreign ticket after a write of that length")
    })?;
    judge.case("the ticket of another writer of this type", &[Need::Tickets], |trial| {
        let mut other = trial.another();
        let (theirs, _) = written(&mut other, FIRST)?;
        well(trial.write(FIRST)?, "a write that nothing disturbs")?;
        unknown(trial, theirs, "a ticket of another writer for a write of that length")
    })?;
    judge.case("the ticket of another writer during a write", &[Need::Tickets, Need::Hold], |trial| {
        trial.in_flight(FIRST)?;
        unknown(trial, foreign(), "a foreign ticket during a write of that length")
    })?;
    judge.case("the ticket of another writer after a close", &[Need::Tickets, Need::Close], |trial| {
        well(trial.write(FIRST)?, "a write that nothing disturbs")?;
        well(trial.close_to_end()?, "a close that nothing disturbs")?;
        unknown(trial, foreign(), "a foreign ticket after a close")
    })
}

/// Another writer's ticket, for as many bytes as the first write has.
fn foreign() -> Ticket {
    TicketSource::new().mint(FIRST.len())
}

/// Writes `buf`; the case is left out if there is no ticket for it.
fn written(
    trial: &mut Trial<'_>,
    buf: &[u8],
) -> Judged<(Ticket, io::Result<usize>)> {
    let (ticket, answer) = trial.write_with_ticket(buf)?;
    trial.not_refused(&answer)?;
    match ticket {
        Some(ticket) => Ok((ticket, answer)),
        None => no_sense("every write is complete when it was submitted"),
    }
}

/// The rule is broken unless `ticket` is answered with `answer`, every time.
fn same_again(
    trial: &mut Trial<'_>,
    ticket: Ticket,
    answer: &io::Result<usize>,
    when: &str,
) -> Judged {
    for _ in 0..3 {
        let again = ready(trial.ask(ticket)?, "a ticket that was answered")?;
        let same = match (answer, &again) {
            (Ok(first), Ok(again)) => first == again,
            (Err(first), Err(again)) => essence(first) == essence(again),
            _ => false,
        };
        let expected = format!("{}, {when} too", said(answer));
        trial.expect(same, expected, said(&again))?;
    }
    Ok(())
}

/// What must stay of an error that is answered again.
fn essence(error: &io::Error) -> (io::ErrorKind, Option<i32>, String) {
    (error.kind(), raw_os_error(error), error.to_string())
}

fn said(answer: &io::Result<usize>) -> String {
    match answer {
        Ok(n) => format!("{n} bytes"),
        Err(error) => format!("{:?}", essence(error)),
    }
}

/// The rule is broken unless `ticket` is answered as not of the last submission.
fn unknown(
    trial: &mut Trial<'_>,
    ticket: Ticket,
    whose: impl fmt::Display,
) -> Judged {
    let polled = trial.ask(ticket)?;
    let unknown = match &polled {
        Poll::Ready(Err(error)) => {
            error.kind() == io::ErrorKind::InvalidInput
                && UnknownTicket::find(error).is_some_and(|unknown| unknown.ticket() == ticket)
        }
        Poll::Ready(Ok(_)) | Poll::Pending => false,
    };
    let seen = format!("{whose} is answered with {}", polled.describe());
    trial.expect(unknown, "`UnknownTicket`, of the kind `InvalidInput`", seen)
}
