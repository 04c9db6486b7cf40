//! An executor of a few tasks, that polls a task only when it was woken.

use std::{
    fmt,
    io::{IoSlice, SeekFrom},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use async_write_complete::Ticket;

use super::Doing;
use crate::{
    describe::{Describe, counted},
    judge::{Judged, Stop},
    operations::NEXT,
    subject::Subject,
    task::{MAX_TURNS, Task},
    trial::{Circle, Trial, no_sense},
};

/// What the rule demands.
pub(super) const WOKEN: &str = "every task whose last poll was `Pending` is woken when it can go on";

/// What it demands of a poll that cannot go on.
pub(super) const QUIET: &str = "a poll that cannot go on stores the waker, and does not wake its own task again and again";

/// A task that does one thing.
pub(super) struct Run {
    doing: Doing,
    ticket: Option<Ticket>,
    pub(super) task: Task,
    /// How often it had been woken when it was polled last.
    seen: usize,
    pub(super) is_done: bool,
}

impl Run {
    pub(super) fn new(doing: Doing, ticket: Option<Ticket>) -> Self {
        Self { doing, ticket, task: Task::new(), seen: 0, is_done: false }
    }

    pub(super) fn is_woken(&self) -> bool {
        self.task.wakes() > self.seen
    }

    /// Polls once. What it is answered, other rules judge.
    pub(super) fn poll(&mut self, trial: &mut Trial<'_>) -> Judged {
        self.seen = self.task.wakes();
        let waker = self.task.waker().clone();
        self.is_done = self.poll_with(trial, &waker)?.is_ready();
        Ok(())
    }

    /// What its poll needs to know.
    pub(super) fn polling(&self) -> Judged<Polling> {
        Polling::new(self.doing, self.ticket)
    }

    /// Polls once with another waker.
    pub(super) fn poll_with(&self, trial: &mut Trial<'_>, waker: &Waker) -> Judged<Poll<()>> {
        let polling = self.polling()?;
        let what = format!("{} in {}", self.doing, trial.name_of(waker));
        trial.poll_with(waker, what, |writer, cx| polling.poll(writer, cx))
    }
}

/// What a poll needs to know.
pub(super) struct Polling {
    doing: Doing,
    ticket: Option<Ticket>,
}

impl Polling {
    pub(super) fn new(doing: Doing, ticket: Option<Ticket>) -> Judged<Self> {
        if doing == Doing::Ask && ticket.is_none() {
            return no_sense("no ticket is outstanding while the destination is held");
        }
        Ok(Self { doing, ticket })
    }

    pub(super) fn poll(&self, mut writer: Pin<&mut dyn Subject>, cx: &mut Context<'_>) -> Poll<()> {
        match self.doing {
            Doing::Ask => match self.ticket {
                Some(ticket) => writer.poll_write_complete(cx, ticket).map(drop),
                None => Poll::Ready(()),
            },
            Doing::Read => writer.poll_read(cx, &mut [0; 4]).map(drop),
            Doing::Seek => writer.poll_seek(cx, SeekFrom::Current(0)).map(drop),
            Doing::Flush => writer.poll_flush(cx).map(drop),
            Doing::Submit => writer.poll_write_submit(cx, NEXT).map(drop),
            Doing::SubmitVectored => {
                let slices = [IoSlice::new(&[]), IoSlice::new(NEXT)];
                writer.poll_write_submit_vectored(cx, &slices).map(drop)
            }
            Doing::Close => writer.poll_close_complete(cx).map(drop),
        }
    }
}

/// Polls a task for as long as its own polls wake it; the destination is held, so that it cannot go on.
pub(super) fn waits_quietly(trial: &mut Trial<'_>, run: &mut Run) -> Judged {
    for _ in 0..=MAX_TURNS {
        let wakes = run.task.own_wakes();
        run.poll(trial)?;
        if run.is_done || run.task.own_wakes() == wakes {
            return Ok(());
        }
    }
    Err(trial.broken(QUIET, spun(run.doing)))
}

/// What a busy loop does.
pub(super) fn spun(what: impl fmt::Display) -> String {
    format!("`{what}` was `Pending` and woke its own task, {} in a row", counted(MAX_TURNS + 1, "time"))
}

/// How often the tasks of a case may be woken.
const ROUNDS: usize = 256;

/// Polls each of `runs` once, lets the destination go on, and polls those that are woken until all are done.
pub(super) fn run(trial: &mut Trial<'_>, runs: &mut [Run]) -> Judged {
    for run in runs.iter_mut() {
        run.poll(trial)?;
    }
    go_on(trial, runs)
}

/// Goes on as [`run`] does with tasks that were polled before.
pub(super) fn go_on(trial: &mut Trial<'_>, runs: &mut [Run]) -> Judged {
    for _ in 0..ROUNDS {
        trial.advance();
        if runs.iter().all(|run| run.is_done) {
            return Ok(());
        }
        let some_are_woken = trial.wait_until("a wake", |_| runs.iter().any(|run| !run.is_done && run.is_woken()));
        if !some_are_woken {
            return Err(hang(trial, runs));
        }
        for run in runs.iter_mut().filter(|run| !run.is_done && run.is_woken()) {
            run.poll(trial)?;
        }
    }
    Err(trial.unclear(format!("a task is not done after {ROUNDS} wakes")))
}

fn hang(trial: &Trial<'_>, runs: &[Run]) -> Stop {
    let hanging: Vec<_> = runs.iter().filter(|run| !run.is_done).map(|run| run.doing.to_string()).collect();
    let ask = trial.asks_for_a_driver();
    let seen = format!("{} is never woken, although the destination is not held{ask}", hanging.join(" and "));
    trial.broken(WOKEN, seen)
}

/// Carries out one sync, whose future is polled only when its task was woken.
pub(super) fn sync(trial: &mut Trial<'_>) -> Judged {
    let (mut rounds, mut is_woken) = (0, true);
    trial.new_task();
    let polled = trial.drive_sync(|trial, polls, wakes| {
        rounds = polls;
        is_woken = trial.is_woken_after(wakes);
        is_woken && polls < ROUNDS
    })?;
    let seen = format!("a sync is not woken after {}, although the destination is not held", counted(rounds, "poll"));
    trial.expect(is_woken, WOKEN, seen)?;
    trial.require(polled.is_ready(), "a sync comes to no end")
}

/// How many writes one task makes in a row: enough for some turns, if a writer gives any.
const IN_A_ROW: usize = 64;

/// One task makes write after write, and is polled only when it was woken.
pub(super) fn writes_in_a_row(trial: &mut Trial<'_>) -> Judged {
    // Nobody may make room meanwhile.
    for _ in 0..IN_A_ROW.min(trial.kit.declared.room / NEXT.len()) {
        let submitted = when_woken(trial, "poll_write_submit(\"next\")", |writer, cx| writer.poll_write_submit(cx, NEXT))?;
        let Ok(submitted) = submitted else { return Err(trial.unclear("a write that nothing disturbs fails")) };
        if let Some(ticket) = submitted.ticket() {
            let what = format!("poll_write_complete({})", ticket.describe());
            drop(when_woken(trial, &what, |writer, cx| writer.poll_write_complete(cx, ticket))?);
            trial.answered(ticket);
        }
    }
    Ok(())
}

fn when_woken<R: Describe>(
    trial: &mut Trial<'_>,
    what: &str,
    mut poll: impl FnMut(Pin<&mut dyn Subject>, &mut Context<'_>) -> Poll<R>,
) -> Judged<R> {
    let waker = trial.task.waker().clone();
    let mut circle = Circle::default();
    loop {
        let wakes = trial.task.wakes();
        if let Poll::Ready(answer) = trial.poll_with(&waker, what, &mut poll)? {
            return Ok(answer);
        }
        let woken = trial.task.wakes() > wakes || trial.is_woken_after(wakes);
        if circle.is_closed(trial) {
            return Err(trial.in_circles(what));
        }
        let at_once = trial.kit.declared.is_complete_at_once() && trial.kit.declared.tickets;
        if !woken && at_once {
            return Err(super::room::not_woken(trial)?);
        }
        let ask = trial.asks_for_a_driver();
        let seen = format!("`{what}` is never woken, although the destination is not held{ask}");
        trial.expect(woken, WOKEN, seen)?;
    }
}
