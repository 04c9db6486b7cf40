//! W5: a ticket is answered with its own result, as often as it is asked for, and no other ticket is.

use std::{fmt, io, task::Poll};

use crate::{
    Superseded, Ticket, TicketSource,
    conformance::{
        judge::{Judge, Judged, Stop},
        need::Need,
        observer::{Effect, Fault},
        tell::{Tell, ordinal},
        trial::{Trial, ready, well},
    },
    error::raw_os_error,
    write::AsyncWriteComplete,
};

const FIRST: &[u8] = b"first";
const SECOND: &[u8] = b"second";
/// As long as the first one.
const THIRD: &[u8] = b"third";

pub(super) fn w5_identity<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    its_own_again(judge)?;
    superseded(judge)?;
    strangers(judge)?;
    judge.case("after a close", &[Need::Tickets, Need::Close], |trial| {
        let (ticket, answer) = written(trial, FIRST)?;
        well(trial.close_to_end()?, "a close")?;
        same_again(trial, ticket, &answer, "after a close")
    })
}

/// Until the next submission a ticket is answered again and again.
fn its_own_again<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("asked again", &[Need::Tickets], |trial| {
        let (ticket, answer) = written(trial, FIRST)?;
        same_again(trial, ticket, &answer, "asked again")?;
        trial.settled()?;
        same_again(trial, ticket, &answer, "after a barrier")
    })?;
    judge.case("a short count, asked again", &[Need::Tickets], |trial| {
        trial.inject(Fault::new(Effect::Short(2)))?;
        let (ticket, answer) = written(trial, FIRST)?;
        same_again(trial, ticket, &answer, "asked again")?;
        trial.settled()?;
        same_again(trial, ticket, &answer, "after a barrier")
    })?;
    for after in 0..2 {
        judge.case(
            format!("the {} call of the destination fails, and is asked for again", ordinal(after)),
            &[Need::Tickets],
            |trial| {
                trial.inject(Fault::new(trial.failure()).after(after))?;
                let (mut ticket, mut answer) = written(trial, FIRST)?;
                for _ in 0..after {
                    (ticket, answer) = written(trial, SECOND)?;
                }
                same_again(trial, ticket, &answer, "asked again")
            },
        )?;
    }
    judge.case("after a submission that was pending", &[Need::Tickets, Need::Hold], |trial| {
        let ticket = trial.in_flight(FIRST)?;
        if trial.submit(SECOND)?.is_ready() {
            return Err(Stop::Skip(
                "no sense here: the writer takes a submission while its destination is held".to_owned(),
            ));
        }
        trial.advance();
        let answer = trial.finish(ticket)?;
        trial.expect(answer.is_ok(), "a pending submission supersedes no ticket", answer.tell())
    })
}

/// From the next submission on it is not.
fn superseded<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("after the next submission", &[Need::Tickets], |trial| {
        let (first, _) = written(trial, FIRST)?;
        for buf in [THIRD, SECOND] {
            let (later, _) = written(trial, buf)?;
            trial.expect(
                later != first,
                "each submission has a ticket of its own",
                "a ticket that an earlier one had",
            )?;
            refused(trial, first, "a superseded ticket")?;
        }
        Ok(())
    })?;
    judge.case("while the next submission is outstanding", &[Need::Tickets, Need::Hold], |trial| {
        let (first, _) = written(trial, FIRST)?;
        let second = trial.in_flight(THIRD)?;
        trial.expect(second != first, "each submission has a ticket of its own", "a ticket that an earlier one had")?;
        refused(trial, first, "a superseded ticket")?;
        trial.advance();
        refused(trial, first, "a superseded ticket")
    })
}

/// Tickets of other writers, in every state of this one.
fn strangers<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("the ticket of another writer", &[Need::Tickets], |trial| {
        let stranger = stranger();
        refused(trial, stranger, "a foreign ticket before any write")?;
        well(trial.write(FIRST)?, "a write that nothing disturbs")?;
        refused(trial, stranger, "a foreign ticket after a write of that length")?;
        trial.settled()?;
        refused(trial, stranger, "a foreign ticket after a barrier")
    })?;
    judge.case("the ticket of another writer of this type", &[Need::Tickets], |trial| {
        let mut other = trial.another();
        let (theirs, _) = written(&mut other, FIRST)?;
        well(trial.write(FIRST)?, "a write that nothing disturbs")?;
        refused(trial, theirs, "a ticket of another writer for a write of that length")
    })?;
    judge.case("the ticket of another writer during a write", &[Need::Tickets, Need::Hold], |trial| {
        trial.in_flight(FIRST)?;
        refused(trial, stranger(), "a foreign ticket during a write of that length")
    })
}

/// A ticket for as many bytes as the first write has, of nobody here.
fn stranger() -> Ticket {
    TicketSource::new().mint(FIRST.len())
}

/// Writes `buf`; the case is left out if there is no ticket for it.
fn written<W: AsyncWriteComplete + 'static>(
    trial: &mut Trial<'_, W>,
    buf: &[u8],
) -> Judged<(Ticket, io::Result<usize>)> {
    let (ticket, answer) = trial.write_with_ticket(buf)?;
    match ticket {
        Some(ticket) => Ok((ticket, answer)),
        None => Err(Stop::Skip("no sense here: every write is complete when it was submitted".to_owned())),
    }
}

/// The rule is broken unless `ticket` is answered with `answer`, every time.
fn same_again<W: AsyncWriteComplete + 'static>(
    trial: &mut Trial<'_, W>,
    ticket: Ticket,
    answer: &io::Result<usize>,
    when: &str,
) -> Judged {
    for _ in 0..3 {
        let again = ready(trial.ask(ticket)?, "a ticket that was answered")?;
        let same = match (answer, &again) {
            (Ok(first), Ok(again)) => first == again,
            (Err(first), Err(again)) => traits(first) == traits(again),
            _ => false,
        };
        let expected = format!("{}, {when} too", said(answer));
        trial.expect(same, expected, said(&again))?;
    }
    Ok(())
}

/// What must stay of an error that is told again.
fn traits(error: &io::Error) -> (io::ErrorKind, Option<i32>, String) {
    (error.kind(), raw_os_error(error), error.to_string())
}

fn said(answer: &io::Result<usize>) -> String {
    match answer {
        Ok(n) => format!("{n} bytes"),
        Err(error) => format!("{:?}", traits(error)),
    }
}

/// The rule is broken unless `ticket` is refused as not of the last submission.
fn refused<W: AsyncWriteComplete + 'static>(
    trial: &mut Trial<'_, W>,
    ticket: Ticket,
    whose: impl fmt::Display,
) -> Judged {
    let polled = trial.ask(ticket)?;
    let refused = match &polled {
        Poll::Ready(Err(error)) => {
            error.kind() == io::ErrorKind::InvalidInput
                && Superseded::find(error).is_some_and(|superseded| superseded.ticket() == ticket)
        }
        Poll::Ready(Ok(_)) | Poll::Pending => false,
    };
    trial.expect(refused, "`Superseded`, of the kind `InvalidInput`", format_args!("{whose} got {}", polled.tell()))
}
