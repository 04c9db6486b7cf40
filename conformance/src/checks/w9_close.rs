//! W9: a close waits, releases, says what went wrong and was not answered, and is the end.

use std::{fmt, io, task::Poll};

use async_write_complete::{Indeterminate, Ticket, UnknownTicket, error::raw_os_error};

use crate::{
    describe::Describe,
    judge::{Judge, Judged},
    kit::Image,
    need::Need,
    observer::{Call, Effect, Fault},
    operations::Operation,
    trial::{RELEASED, Trial, well},
};

const WRITE: &[u8] = b"the last write";

pub(super) fn w9_close(judge: &mut Judge<'_>) -> Judged {
    waits_and_releases(judge)?;
    unanswered(judge)?;
    answered(judge)?;
    refuses_the_rest(judge)
}

// Waits and releases.

fn waits_and_releases(judge: &mut Judge<'_>) -> Judged {
    judge.case("a close before any write", &[Need::Close], |trial| {
        well(trial.close_to_end()?, "a close that nothing disturbs")?;
        released(trial)
    })?;
    judge.case("a close after a write", &[Need::Close], |trial| {
        trial.write_all(WRITE)?;
        well(trial.close_to_end()?, "a close that nothing disturbs")?;
        complete(trial)?;
        released(trial)
    })?;
    judge.case("a close while a write is in flight", &[Need::Close, Need::Hold, Need::Content], |trial| {
        trial.hold_in_flight(WRITE)?;
        for _ in 0..2 {
            let polled = trial.close()?;
            let seen = format!("{}, with {} bytes there", polled.describe(), trial.bytes().len());
            trial.expect(polled.is_pending(), "a close waits for the write in flight", seen)?;
        }
        not_released_before_the_write(trial)?;
        trial.advance();
        well(trial.close_to_end()?, "a close after a write that nothing disturbs")?;
        complete(trial)?;
        released(trial)
    })?;
    let unattended = [Need::Close, Need::Hold, Need::SelfDriven];
    judge.case("a close that has begun, and its caller has gone", &unattended, |trial| {
        trial.hold_in_flight(WRITE)?;
        let _ = trial.close()?;
        trial.advance();
        trial.is_released()?;
        let seen = trial.wait_until(RELEASED, |trial| trial.observer.is_released() != Some(false));
        trial.expect(seen, "a close that has begun goes on by itself", "the destination is not released")
    })?;
    judge.case("a close that fails at the destination", &[Need::Close], |trial| {
        trial.inject(Fault::new(trial.failure()).on(Call::Close))?;
        trial.write_all(WRITE)?;
        let _ = same_outcome(trial)?;
        released(trial)
    })
}

fn complete(trial: &Trial<'_>) -> Judged {
    let bytes = trial.bytes();
    let unseen = matches!(trial.kit.declared.image, Image::Unseen);
    let seen = format!("{}{}", bytes.describe(), trial.question(&bytes, WRITE));
    trial.expect(unseen || bytes == WRITE, "all is complete when a close is answered", seen)
}

fn not_released_before_the_write(trial: &Trial<'_>) -> Judged {
    let early = trial.observer.is_released() == Some(true) && trial.bytes() != WRITE;
    let seen = "it is released while a write is in flight";
    trial.expect(!early, "the destination is released when all is complete", seen)
}

fn released(trial: &Trial<'_>) -> Judged {
    let released = trial.is_released()?;
    trial.expect(released, "the destination is released when a close is answered", "it is not")
}

// What it says.

/// What becomes of a write.
#[derive(Clone, Copy, Debug)]
enum End {
    Complete,
    Fails,
    FailsForGood,
    Short,
    Panics,
}

impl End {
    const ALL: [Self; 5] = [Self::Complete, Self::Fails, Self::FailsForGood, Self::Short, Self::Panics];

    fn fault(self, code: i32) -> Option<Fault> {
        match self {
            Self::Complete => None,
            Self::Fails => Some(Fault::new(Effect::Error(code))),
            Self::FailsForGood => Some(Fault::new(Effect::Error(code)).lasting()),
            Self::Short => Some(Fault::new(Effect::Short(1))),
            Self::Panics => Some(Fault::new(Effect::Panic)),
        }
    }

    fn prepare(self, trial: &mut Trial<'_>) -> Judged {
        self.fault(trial.kit.declared.code).map_or(Ok(()), |fault| trial.inject(fault))
    }

    /// Whether `outcome` of a close says so, of a write that was not answered.
    fn is_said_by(self, outcome: &io::Result<()>, code: i32) -> bool {
        match (self, outcome) {
            (Self::Complete, outcome) => outcome.is_ok(),
            (_, Ok(())) => false,
            (Self::Fails | Self::FailsForGood, Err(error)) => {
                essence(error) == essence(&io::Error::from_raw_os_error(code))
            }
            (Self::Short, Err(error)) => error.kind() == io::ErrorKind::WriteZero,
            (Self::Panics, Err(_)) => true,
        }
    }
}

/// Whether `outcome` of a close says what `answer` does.
fn agrees(outcome: &io::Result<()>, answer: &io::Result<usize>, taken: usize) -> bool {
    match (outcome, answer) {
        (Ok(()), Ok(n)) => *n == taken,
        (Err(outcome), Ok(n)) => *n < taken && outcome.kind() == io::ErrorKind::WriteZero,
        (Ok(()), Err(_)) => false,
        (Err(outcome), Err(answer)) => essence(outcome) == essence(answer),
    }
}

fn essence(error: &io::Error) -> (io::ErrorKind, Option<i32>) {
    (error.kind(), raw_os_error(error))
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "is complete",
            Self::Fails => "fails",
            Self::FailsForGood => "fails as all later ones do",
            Self::Short => "comes out short",
            Self::Panics => "panics",
        })
    }
}

fn unanswered(judge: &mut Judge<'_>) -> Judged {
    for end in End::ALL {
        let name = format!("a close after a write that {end}, and was not answered");
        judge.case(name, &[Need::Close, Need::Tickets, Need::Outstanding], |trial| {
            end.prepare(trial)?;
            let ticket = trial.submit_unanswered(WRITE)?;
            trial.advance();
            closes_over(trial, end, ticket)
        })?;
        let name = format!("a close while a write is in flight that {end}");
        judge.case(name, &[Need::Close, Need::Tickets, Need::Hold], |trial| {
            end.prepare(trial)?;
            let ticket = trial.in_flight(WRITE)?;
            let _ = trial.close()?;
            trial.advance();
            closes_over(trial, end, ticket)
        })?;
    }
    Ok(())
}

/// The close says what became of the write of `ticket`, which counts as answered then.
fn closes_over(trial: &mut Trial<'_>, end: End, ticket: Ticket) -> Judged {
    let outcome = trial.close_to_end()?;
    let outstanding = trial.outstanding()?;
    let seen = outstanding.describe();
    trial.expect(outstanding.is_none(), "nothing is outstanding after a close", seen)?;
    let answer = trial.finish(ticket)?;
    trial.panics_are_broken = true;
    let lost = answer.as_ref().is_err_and(|error| UnknownTicket::find(error).is_some());
    trial.expect(!lost, "the last ticket still answers after a close", answer.describe())?;
    // Whether the answer itself is right, other rules judge.
    let said = agrees(&outcome, &answer, ticket.len()) || end.is_said_by(&outcome, trial.kit.declared.code);
    let expected = format!("a close says that a write that was not answered {end}");
    trial.expect(said, expected, format!("{}; its ticket says {}", outcome.describe(), answer.describe()))?;
    let again = trial.close_to_end()?;
    let seen = format!("first {}, then {}", outcome.describe(), again.describe());
    trial.expect(is_same(&outcome, &again), "the first outcome of a close is given again", seen)?;
    released(trial)
}

fn answered(judge: &mut Judge<'_>) -> Judged {
    for end in End::ALL {
        judge.case(format!("a close after a write that {end}"), &[Need::Close], |trial| {
            end.prepare(trial)?;
            let (ticket, answer) = trial.write_with_ticket(WRITE)?;
            if let Some(ticket) = ticket {
                let again = trial.finish(ticket)?;
                let lost = again.is_err_and(|error| UnknownTicket::find(&error).is_some());
                trial.require(!lost, "a ticket is not answered a second time")?;
            }
            let outcome = same_outcome(trial)?;
            released(trial)?;
            let known = !answer.as_ref().is_err_and(|error| Indeterminate::find(error).is_some());
            let once = !matches!(end, End::FailsForGood | End::Panics);
            if trial.kit.declared.tickets && known && once && trial.can(Need::Calls) {
                let expected = "a close does not say again what was answered";
                trial.expect(outcome.is_ok(), expected, outcome.describe())?;
            }
            ticket.map_or(Ok(()), |ticket| still_answers(trial, ticket, &answer))
        })?;
    }
    Ok(())
}

fn still_answers(
    trial: &mut Trial<'_>,
    ticket: Ticket,
    answer: &io::Result<usize>,
) -> Judged {
    let again = trial.finish(ticket)?;
    let same = answer.is_ok() == again.is_ok()
        && !again.as_ref().is_err_and(|error| UnknownTicket::find(error).is_some());
    let seen = format!("first {}, then {}", answer.describe(), again.describe());
    trial.expect(same, "the last ticket still answers after a close", seen)
}

/// A close is polled three times.
fn same_outcome(trial: &mut Trial<'_>) -> Judged<io::Result<()>> {
    let first = trial.close_to_end()?;
    trial.panics_are_broken = true;
    for _ in 0..2 {
        let again = trial.close_to_end()?;
        let seen = format!("first {}, then {}", first.describe(), again.describe());
        trial.expect(is_same(&first, &again), "the first outcome of a close is given again", seen)?;
    }
    Ok(first)
}

fn is_same(first: &io::Result<()>, again: &io::Result<()>) -> bool {
    match (first, again) {
        (Ok(()), Ok(())) => true,
        (Err(first), Err(again)) => {
            let said = |error: &io::Error| (error.kind(), raw_os_error(error), error.to_string());
            said(first) == said(again)
        }
        _ => false,
    }
}

// The end.

/// What comes too late.
#[derive(Clone, Copy, Debug)]
enum Late {
    Operation(Operation),
    Read,
    /// It may err, or do nothing.
    NoBytes,
}

impl Late {
    fn needs(self) -> Vec<Need> {
        match self {
            Self::Operation(operation) => operation.needs_and(&[Need::Close]),
            Self::Read => vec![Need::Read, Need::Close],
            Self::NoBytes => vec![Need::Close],
        }
    }
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(operation) => operation.fmt(f),
            Self::Read => f.write_str("poll_read"),
            Self::NoBytes => f.write_str("a submission of no bytes"),
        }
    }
}

fn refuses_the_rest(judge: &mut Judge<'_>) -> Judged {
    let operations = Operation::of(judge.kit).into_iter();
    let operations = operations.filter(|operation| !matches!(operation, Operation::Close | Operation::Flush));
    for late in operations.map(Late::Operation).chain([Late::Read, Late::NoBytes]) {
        judge.case(format!("{late} after a close"), &late.needs(), |trial| {
            trial.write_all(WRITE)?;
            well(trial.close_to_end()?, "a close that nothing disturbs")?;
            refused(trial, late)
        })?;
    }
    Ok(())
}

/// After a close `late` gets an error, and reaches nothing.
fn refused(trial: &mut Trial<'_>, late: Late) -> Judged {
    trial.panics_are_broken = true;
    let (calls, there) = (trial.observer.attempts(), trial.bytes().len());
    for _ in 0..2 {
        let answer = match late {
            Late::Operation(operation) => trial.operate(operation)?,
            Late::Read => trial.read_to_end(4)?.map(drop),
            Late::NoBytes => match trial.submit_vectored(&[&[], &[]])? {
                Poll::Ready(_) => continue,
                Poll::Pending => return Err(trial.unclear("a submission of no bytes waits")),
            },
        };
        trial.expect(answer.is_err(), "an operation after a close gets an error", answer.describe())?;
    }
    trial.advance();
    let reached = trial.observer.attempts() != calls || trial.bytes().len() != there;
    trial.expect(!reached, "an operation after a close reaches nothing", "the destination was called")
}
