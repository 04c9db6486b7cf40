//! W5: while a write is outstanding, nothing more is taken, and the writer says so.

use std::{fmt, task::Poll};

use async_write_complete::{Ticket, TicketSource, WriteOutstanding};

use crate::{
    describe::Describe,
    judge::{Judge, Judged},
    need::Need,
    observer::{Effect, Fault},
    operations::{NEXT, Operation},
    trial::{Trial, ready},
};

mod without_tickets;

/// Longer than what the operations submit.
const WRITE: &[u8] = b"a write";

pub(super) fn w5_outstanding(judge: &mut Judge<'_>) -> Judged {
    refuses(judge)?;
    changes_nothing(judge)?;
    is_named(judge)?;
    without_tickets::w5_outstanding(judge)
}

/// How far an outstanding write has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    InFlight,
    Complete,
    Failed,
    Short,
}

impl Stage {
    const ALL: [Self; 4] = [Self::InFlight, Self::Complete, Self::Failed, Self::Short];

    const fn needs(self) -> [Need; 2] {
        match self {
            Self::InFlight => [Need::Tickets, Need::Hold],
            Self::Complete | Self::Failed | Self::Short => [Need::Tickets, Need::Outstanding],
        }
    }

    /// Makes such a write outstanding.
    fn begin(self, trial: &mut Trial<'_>) -> Judged<Ticket> {
        match self {
            Self::InFlight => return trial.in_flight(WRITE),
            Self::Complete => {}
            Self::Failed => trial.inject(Fault::new(trial.failure()))?,
            Self::Short => trial.inject(Fault::new(Effect::Short(2)))?,
        }
        let ticket = trial.submit_unanswered(WRITE)?;
        trial.advance();
        Ok(ticket)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InFlight => "a write is in flight",
            Self::Complete => "a write is complete, and was not answered",
            Self::Failed => "a write has failed, and was not answered",
            Self::Short => "a write has come out short, and was not answered",
        })
    }
}

/// Every operation of the writing side is refused, again and again, until the ticket was answered.
fn refuses(judge: &mut Judge<'_>) -> Judged {
    for stage in Stage::ALL {
        for operation in Operation::of(judge.kit) {
            if operation == Operation::Close {
                continue;
            }
            let needs = operation.needs_and(&stage.needs());
            judge.case(format!("{operation} while {stage}"), &needs, |trial| {
                let ticket = stage.begin(trial)?;
                for _ in 0..3 {
                    refused(trial, operation, ticket)?;
                }
                let _ = trial.finish(ticket)?;
                is_outstanding(trial, None)?;
                executed_after_it(trial, operation)
            })?;
        }
        if judge.kit.declared.is_taken_apart {
            judge.case(format!("into_inner while {stage}"), &stage.needs(), |trial| {
                let ticket = stage.begin(trial)?;
                for _ in 0..2 {
                    into_inner_is_refused(trial, ticket)?;
                }
                refused(trial, Operation::Submit, ticket)
            })?;
        }
    }
    Ok(())
}

/// The rule is broken unless `operation` is refused at once, by the name of the write that is outstanding.
fn refused(
    trial: &mut Trial<'_>,
    operation: Operation,
    ticket: Ticket,
) -> Judged {
    is_outstanding(trial, Some(ticket))?;
    let polled = trial.start(operation)?;
    let named = match &polled {
        Poll::Ready(Err(error)) => WriteOutstanding::find(error).map(WriteOutstanding::ticket),
        Poll::Ready(Ok(())) | Poll::Pending => None,
    };
    let seen = match named {
        Some(another) if another != ticket => "another ticket is in the error".to_owned(),
        _ => format!("{operation} is {}", polled.describe()),
    };
    trial.expect(named == Some(ticket), "`WriteOutstanding` with the ticket of the write, at once", seen)
}

fn into_inner_is_refused(trial: &mut Trial<'_>, ticket: Ticket) -> Judged {
    let answer = trial.take_apart()?;
    let named = match &answer {
        Some(Err(error)) => WriteOutstanding::find(error).map(WriteOutstanding::ticket),
        Some(Ok(())) | None => None,
    };
    let seen = format!("into_inner is {}", answer.describe());
    trial.expect(named == Some(ticket), "`WriteOutstanding` with the ticket of the write, at once", seen)?;
    trial.expect(trial.writer.is_some(), "a writer that refuses is given back", "it is gone")
}

/// The rule is broken unless `outstanding` says so.
fn is_outstanding(trial: &mut Trial<'_>, expected: Option<Ticket>) -> Judged {
    let seen = trial.outstanding()?;
    let expected_in_words = match expected {
        Some(_) => "`outstanding` names the write that was not answered",
        None => "`outstanding` is `None`, since the last write was answered",
    };
    trial.expect(seen == expected, expected_in_words, format!("it is {}", seen.describe()))
}

/// The write was answered: `operation` is executed, and nothing of those that were refused is.
fn executed_after_it(trial: &mut Trial<'_>, operation: Operation) -> Judged {
    let again = trial.operate(operation)?;
    let refused = again.as_ref().is_err_and(|error| WriteOutstanding::find(error).is_some());
    trial.expect(!refused, "an operation after the ticket was answered is executed", again.describe())?;
    let _ = trial.settle()?;
    trial.advance();
    let bytes = trial.bytes();
    let times = bytes.windows(NEXT.len()).filter(|window| *window == NEXT).count();
    let expected = usize::from(operation.submits() && again.is_ok());
    trial.expect(times <= expected, "a submission that is refused takes nothing", bytes.describe())
}

/// What is neither an answer for the ticket nor a submission changes nothing.
fn changes_nothing(judge: &mut Judge<'_>) -> Judged {
    for stage in Stage::ALL {
        judge.case(format!("a foreign ticket is polled while {stage}"), &stage.needs(), |trial| {
            let ticket = stage.begin(trial)?;
            for len in [1, WRITE.len()] {
                let _ = ready(trial.ask(TicketSource::new().mint(len))?, "a foreign ticket")?;
                refused(trial, Operation::Submit, ticket)?;
            }
            Ok(())
        })?;
        judge.case(format!("an earlier ticket is polled while {stage}"), &stage.needs(), |trial| {
            let (earlier, _) = trial.write_with_ticket(b"an earlier write")?;
            let ticket = stage.begin(trial)?;
            if let Some(earlier) = earlier {
                let _ = ready(trial.ask(earlier)?, "an earlier ticket")?;
            }
            refused(trial, Operation::Submit, ticket)
        })?;
        judge.case(format!("no bytes are submitted while {stage}"), &stage.needs(), |trial| {
            let ticket = stage.begin(trial)?;
            let _ = trial.submit(&[])?;
            let _ = trial.submit_vectored(&[&[], &[]])?;
            refused(trial, Operation::Submit, ticket)
        })?;
        let needs = [&[Need::Read], &stage.needs()[..]].concat();
        judge.case(format!("a read while {stage}"), &needs, |trial| {
            let ticket = stage.begin(trial)?;
            let _ = trial.read(4)?;
            refused(trial, Operation::Submit, ticket)?;
            let _ = trial.read_to_end(4)?;
            refused(trial, Operation::Submit, ticket)
        })?;
    }
    judge.case("it is polled while in flight, and then it ends", &Stage::InFlight.needs(), |trial| {
        let ticket = trial.in_flight(WRITE)?;
        let polled = trial.ask(ticket)?;
        trial.require(polled.is_pending(), "a write is answered while its destination is held")?;
        refused(trial, Operation::Submit, ticket)?;
        drop(trial.new_task());
        trial.advance();
        refused(trial, Operation::Submit, ticket)?;
        refused(trial, Operation::SubmitVectored, ticket)
    })
}

/// `outstanding` says the truth from one write to the next.
fn is_named(judge: &mut Judge<'_>) -> Judged {
    judge.case("`outstanding` before, between and after writes", &[Need::Tickets], |trial| {
        is_outstanding(trial, None)?;
        for buf in [WRITE, b"another one", b"x"] {
            let submitted = trial.submit_to_end(buf)?;
            trial.not_refused(&submitted)?;
            let ticket = submitted.as_ref().map_or(None, async_write_complete::Submitted::ticket);
            is_outstanding(trial, ticket)?;
            if let Some(ticket) = ticket {
                trial.advance();
                is_outstanding(trial, Some(ticket))?;
                let _ = trial.finish(ticket)?;
                is_outstanding(trial, None)?;
                let _ = trial.finish(ticket)?;
            }
            is_outstanding(trial, None)?;
        }
        Ok(())
    })
}
