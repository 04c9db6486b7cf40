//! W16: answers that are ready at once leave the executor its turn.

use std::{
    fmt,
    io::IoSlice,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use crate::{
    conformance::{
        judge::{Judge, Judged},
        task::Task,
        tell::counted,
        trial::Trial,
    },
    write::{AsyncWriteComplete, Submitted},
};

/// What no run of answers at once may exceed, far above what is fair: both, so that neither a slow machine nor a slow
/// destination is blamed.
const LONG: (Duration, usize) = (Duration::from_millis(100), 100_000);

/// The same for a destination of which each call takes long.
const SLOW: (Duration, usize) = (Duration::from_secs(5), 1_000);

/// How many answers each of many writers gives.
const EACH: usize = 16;

pub(super) fn w16_fairness<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for (name, write) in [("writes", write as Write<W>), ("vectored writes", write_vectored)] {
        judge.case(format!("{name} in a row"), &[], |trial| {
            let task = trial.task.clone();
            let turn = until_a_turn(trial, write, |_, _| task.waker().clone())?;
            goes_on(trial, &task, turn)
        })?;
        judge.case(format!("{name} of many writers"), &[], |trial| across_writers(trial, write))?;
    }
    judge.case("writes of one writer in two tasks by turns", &[], |trial| {
        let wakers = [Task::new(), Task::new()].map(|task| task.waker().clone());
        until_a_turn(trial, write, |_, answers| wakers[answers % 2].clone()).map(drop)
    })
}

/// A whole write of one byte; what is in between is not told step by step, for there is much of it.
type Write<W> = fn(Pin<&mut W>, &mut Context<'_>) -> Poll<Option<Answered>>;

/// How a write came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    /// Where it was submitted.
    AtOnce,
    /// With a ticket, that was answered in the first poll for it.
    ByTicket,
    /// With a ticket, and it is outstanding.
    Outstanding,
}

fn write<W: AsyncWriteComplete>(mut writer: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<Option<Answered>> {
    let submitted = writer.as_mut().poll_write_submit(cx, b"x");
    submitted.map(|submitted| answered(writer, cx, submitted))
}

fn write_vectored<W: AsyncWriteComplete>(mut writer: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<Option<Answered>> {
    let slices = [IoSlice::new(&[]), IoSlice::new(b"x")];
    let submitted = writer.as_mut().poll_write_submit_vectored(cx, &slices);
    submitted.map(|submitted| answered(writer, cx, submitted))
}

/// `None` for an error.
fn answered<W>(writer: Pin<&mut W>, cx: &mut Context<'_>, submitted: std::io::Result<Submitted>) -> Option<Answered>
where
    W: AsyncWriteComplete,
{
    match submitted.ok()? {
        Submitted::Complete(_) => Some(Answered::AtOnce),
        Submitted::InFlight(ticket) => match writer.poll_write_complete(cx, ticket) {
            Poll::Pending => Some(Answered::Outstanding),
            Poll::Ready(answer) => answer.ok().map(|_| Answered::ByTicket),
        },
    }
}

/// How a run of answers ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// By `Pending` where nothing is outstanding.
    Given,
    /// By one that is no answer at once.
    Waits,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "a turn",
            Self::Waits => "an answer that has to be waited for",
        })
    }
}

/// A run of answers, across writers.
struct Counted {
    began: Instant,
    answers: usize,
}

impl Counted {
    fn is_too_long(&self) -> bool {
        let exceeds = |(time, answers)| self.answers >= answers && self.began.elapsed() >= time;
        // The clock is not free.
        self.answers % 100 == 0 && (exceeds(LONG) || exceeds(SLOW))
    }
}

/// Writes again and again, with what `waker` gives for the number of the answer.
fn until_a_turn<W>(
    trial: &mut Trial<'_, W>,
    write: Write<W>,
    waker: impl Fn(&Trial<'_, W>, usize) -> Waker,
) -> Judged<Turn>
where
    W: AsyncWriteComplete + 'static,
{
    let mut run = Counted { began: Instant::now(), answers: 0 };
    while !run.is_too_long() {
        let waker = waker(trial, run.answers);
        if let Some(turn) = one(trial, write, &waker)? {
            trial
                .note("writes of one byte again and again", format!("{turn} after {}", counted(run.answers, "answer")));
            return Ok(turn);
        }
        run.answers += 1;
    }
    Err(unfair(trial, &run))
}

/// One write; `None` if it is answered at once.
fn one<W>(trial: &mut Trial<'_, W>, write: Write<W>, waker: &Waker) -> Judged<Option<Turn>>
where
    W: AsyncWriteComplete + 'static,
{
    let Some(writer) = trial.writer.as_mut() else { return Err(trial.unclear("the writer is gone")) };
    let polled = catch_unwind(AssertUnwindSafe(|| write(writer.as_mut(), &mut Context::from_waker(waker))));
    match polled.map_err(|payload| trial.panicked(payload))? {
        Poll::Pending => Ok(Some(Turn::Given)),
        Poll::Ready(Some(Answered::Outstanding)) => trial.somebody_carries().map(|()| Some(Turn::Waits)),
        Poll::Ready(Some(Answered::ByTicket)) => trial.somebody_carries().map(|()| None),
        Poll::Ready(Some(Answered::AtOnce)) => Ok(None),
        Poll::Ready(None) => Err(trial.unclear("a write that nothing disturbs fails")),
    }
}

fn unfair<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>, run: &Counted) -> crate::conformance::judge::Stop {
    trial.note(counted(run.answers, "submission"), "each is answered at once");
    let seen = format!("{} at once in {:?}, and no turn", counted(run.answers, "answer"), run.began.elapsed());
    trial.broken("a turn after a bounded time of answers that are ready at once", seen)
}

/// Who was given a turn is woken to go on after it.
fn goes_on<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, task: &Task, turn: Turn) -> Judged {
    if turn == Turn::Waits {
        return Ok(());
    }
    let woken = task.wakes() > 0 || {
        // Or it was no turn, and the writer waits for somebody behind it.
        trial.advance();
        let patience = trial.kit.how_patient();
        trial.kit.carrier != crate::conformance::Carrier::Nobody && task.wait(0, patience)
    };
    trial.expect(woken, "a turn is a self-wake and Pending", "Pending, and the task is not woken")
}

/// Each of many fresh writers gives a few answers, to one task.
fn across_writers<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, write: Write<W>) -> Judged {
    let waker = trial.task.waker().clone();
    let mut run = Counted { began: Instant::now(), answers: 0 };
    while !run.is_too_long() {
        let mut another = trial.one_of_many();
        for _ in 0..EACH {
            if one(&mut another, write, &waker)?.is_some() {
                return another.end();
            }
            run.answers += 1;
        }
    }
    Err(unfair(trial, &run))
}
