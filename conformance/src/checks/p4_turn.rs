//! P4: answers that are ready at once leave the executor its turn.

use std::{
    fmt,
    io::IoSlice,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use async_write_complete::Submitted;

use crate::{
    describe::counted,
    judge::{Judge, Judged, Stop},
    subject::Subject,
    task::Task,
    trial::{Trial, no_sense},
};

/// What no run of answers at once may exceed, far above what is fair: both, so that neither a slow machine nor a slow
/// destination is blamed.
const LONG: (Duration, usize) = (Duration::from_millis(100), 100_000);

/// What a run may not exceed if each call of the destination takes long.
const SLOW: (Duration, usize) = (Duration::from_secs(2), 1_000);

/// How long the kit counts: the calls of a destination may take so long themselves that they say nothing.
const ENOUGH: Duration = Duration::from_secs(3);

/// How many answers each of many writers gives.
const EACH: usize = 16;

pub(super) fn p4_turn(judge: &mut Judge<'_>) -> Judged {
    for (name, write) in [("writes", write as Write), ("vectored writes", write_vectored)] {
        judge.case(format!("{name} in a row"), &[], |trial| {
            let task = trial.task.clone();
            let turn = until_a_turn(trial, write, |_, _| task.waker().clone())?;
            goes_on(trial, write, &task, turn)
        })?;
        judge.case(format!("{name} of many writers"), &[], |trial| across_writers(trial, write))?;
    }
    judge.case("writes of one writer in two tasks by turns", &[], |trial| {
        let wakers = [Task::new(), Task::new()].map(|task| task.waker().clone());
        until_a_turn(trial, write, |_, answers| wakers[answers % 2].clone()).map(drop)
    })
}

/// A whole write of one byte; the story leaves out what is in between, for there is much of it.
type Write = fn(Pin<&mut dyn Subject>, &mut Context<'_>) -> Poll<Option<Answered>>;

/// How a write came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    /// Its answer is `Ok(0)`: the destination takes no more.
    Nothing,
    /// It was complete when it was submitted.
    AtOnce,
    /// It got a ticket, which was answered in the first poll for it.
    ByTicket,
    /// It got a ticket, and is in flight.
    InFlight,
}

fn write(mut writer: Pin<&mut dyn Subject>, cx: &mut Context<'_>) -> Poll<Option<Answered>> {
    let submitted = writer.as_mut().poll_write_submit(cx, b"x");
    submitted.map(|submitted| answered(writer, cx, submitted))
}

fn write_vectored(mut writer: Pin<&mut dyn Subject>, cx: &mut Context<'_>) -> Poll<Option<Answered>> {
    let slices = [IoSlice::new(&[]), IoSlice::new(b"x")];
    let submitted = writer.as_mut().poll_write_submit_vectored(cx, &slices);
    submitted.map(|submitted| answered(writer, cx, submitted))
}

/// `None` for an error.
fn answered(writer: Pin<&mut dyn Subject>, cx: &mut Context<'_>, submitted: std::io::Result<Submitted>) -> Option<Answered> {
    match submitted.ok()? {
        Submitted::Complete(0) => Some(Answered::Nothing),
        Submitted::Complete(_) => Some(Answered::AtOnce),
        Submitted::InFlight(ticket) => match writer.poll_write_complete(cx, ticket) {
            Poll::Pending => Some(Answered::InFlight),
            Poll::Ready(answer) => answer.ok().map(|_| Answered::ByTicket),
        },
    }
}

/// How a run of answers ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// A submission was `Pending`: a turn, or a wait for room.
    Pending,
    /// A write has to be waited for.
    Waits,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "Pending",
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
    fn new() -> Self {
        Self { began: Instant::now(), answers: 0 }
    }

    fn is_too_long(&self) -> bool {
        let exceeds = |(time, answers)| self.answers >= answers && self.began.elapsed() >= time;
        // The clock is not free.
        self.answers.is_multiple_of(100) && (exceeds(LONG) || exceeds(SLOW))
    }

    /// Whether the destination is so slow that its calls alone take the time.
    fn is_too_slow(&self) -> bool {
        self.answers < SLOW.1 && self.began.elapsed() >= ENOUGH
    }
}

/// Writes again and again, with what `waker` gives for the number of the answer.
fn until_a_turn(
    trial: &mut Trial<'_>,
    write: Write,
    waker: impl Fn(&Trial<'_>, usize) -> Waker,
) -> Judged<Turn> {
    let mut run = Counted::new();
    while !run.is_too_long() {
        if run.is_too_slow() {
            return no_sense(format!("{} take {:?}", counted(run.answers, "write"), run.began.elapsed()));
        }
        let waker = waker(trial, run.answers);
        if let Some(turn) = one(trial, write, &waker)? {
            let seen = format!("{turn} after {}", counted(run.answers, "answer"));
            trial.note_unseen("writes of one byte again and again", seen);
            return Ok(turn);
        }
        run.answers += 1;
    }
    Err(unfair(trial, &run))
}

/// One write; `None` if it is answered at once.
fn one(trial: &mut Trial<'_>, write: Write, waker: &Waker) -> Judged<Option<Turn>> {
    trial.touch();
    let Some(writer) = trial.writer.as_mut() else { return Err(trial.unclear("the writer is gone")) };
    let polled = catch_unwind(AssertUnwindSafe(|| write(Pin::new(&mut **writer), &mut Context::from_waker(waker))));
    match polled.map_err(|payload| trial.panicked(payload))? {
        Poll::Pending => Ok(Some(Turn::Pending)),
        Poll::Ready(Some(Answered::InFlight)) => trial.something_carries().map(|()| Some(Turn::Waits)),
        Poll::Ready(Some(Answered::ByTicket)) => trial.something_carries().map(|()| None),
        Poll::Ready(Some(Answered::Nothing)) => no_sense("a write is answered `Ok(0)`, of which W2 says more"),
        Poll::Ready(Some(Answered::AtOnce)) => Ok(None),
        Poll::Ready(None) => Err(trial.unclear("a write that nothing disturbs fails")),
    }
}

fn unfair(trial: &Trial<'_>, run: &Counted) -> Stop {
    trial.note(counted(run.answers, "submission"), "each is answered at once");
    let seen = format!("{} at once in {:?}, and no turn: call `poll_budget` before bytes are taken", counted(run.answers, "answer"), run.began.elapsed());
    trial.broken("a turn after a bounded time of answers that are ready at once", seen)
}

/// A turn wakes the task to go on after it. A `Pending` that is no turn waits for something else, such as room, and is
/// still `Pending` when it is polled again.
fn goes_on(trial: &mut Trial<'_>, write: Write, task: &Task, turn: Turn) -> Judged {
    if turn == Turn::Waits {
        return Ok(());
    }
    trial.advance();
    if trial.wait_a_moment(|_| task.wakes() > 0) || task.wakes() > 0 {
        return Ok(());
    }
    let again = one(trial, write, task.waker())?;
    let goes_on = task.wakes() > 0 || again == Some(Turn::Pending);
    let seen = "`Pending`, the task is not woken, and the next poll is ready all the same";
    trial.expect(goes_on, "a turn is a self-wake and `Pending`", seen)
}

/// Each of many fresh writers gives a few answers, to one task.
fn across_writers(trial: &mut Trial<'_>, write: Write) -> Judged {
    let waker = trial.task.waker().clone();
    let mut run = Counted::new();
    while !run.is_too_long() {
        if run.is_too_slow() {
            return no_sense(format!("{} take {:?}", counted(run.answers, "write"), run.began.elapsed()));
        }
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
