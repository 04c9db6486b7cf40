//! An executor of a few tasks, that polls a task only when it was woken.

use std::{
    io::{IoSlice, SeekFrom},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::Doing;
use crate::{
    conformance::{
        certify::{Certify, PollReadFn, PollSeekFn},
        judge::{Judged, Stop},
        operations::NEXT,
        task::Task,
        tell::counted,
        trial::Trial,
    },
    write::{AsyncWriteComplete, Ticket},
};

/// A task that is at one thing.
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

    /// Polls once. What it is answered is not this rule's matter.
    pub(super) fn poll<W: AsyncWriteComplete + 'static>(&mut self, trial: &mut Trial<'_, W>) -> Judged {
        self.seen = self.task.wakes();
        let waker = self.task.waker().clone();
        self.is_done = self.poll_with(trial, &waker)?.is_ready();
        Ok(())
    }

    /// Polls once with another waker.
    pub(super) fn poll_with<W>(&self, trial: &mut Trial<'_, W>, waker: &Waker) -> Judged<Poll<()>>
    where
        W: AsyncWriteComplete + 'static,
    {
        let polling = Polling::new(trial.kit, self.doing, self.ticket)?;
        let what = format!("{} in {}", self.doing, trial.name_of(waker));
        trial.poll_with(waker, what, |writer, cx| polling.poll(writer, cx))
    }
}

/// What a poll needs to know.
pub(super) struct Polling<W> {
    doing: Doing,
    ticket: Option<Ticket>,
    read: Option<PollReadFn<W>>,
    seek: Option<PollSeekFn<W>>,
}

impl<W: AsyncWriteComplete> Polling<W> {
    pub(super) fn new(kit: &Certify<W>, doing: Doing, ticket: Option<Ticket>) -> Judged<Self> {
        if doing == Doing::Ask && ticket.is_none() {
            return Err(Stop::Skip("no sense here: no ticket is outstanding while the destination is held".to_owned()));
        }
        Ok(Self { doing, ticket, read: kit.read, seek: kit.seek })
    }

    pub(super) fn poll(&self, writer: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<()> {
        match (self.doing, self.ticket, self.read, self.seek) {
            (Doing::Ask, Some(ticket), ..) => writer.poll_write_complete(cx, ticket).map(drop),
            (Doing::Read, _, Some(read), _) => read(writer, cx, &mut [0; 4]).map(drop),
            (Doing::Seek, .., Some(seek)) => seek(writer, cx, SeekFrom::Current(0)).map(drop),
            (Doing::Submit, ..) => writer.poll_write_submit(cx, NEXT).map(drop),
            (Doing::SubmitVectored, ..) => {
                writer.poll_write_submit_vectored(cx, &[IoSlice::new(&[]), IoSlice::new(NEXT)]).map(drop)
            }
            (Doing::Barrier, ..) => writer.poll_write_submit(cx, &[]).map(drop),
            (Doing::Close, ..) => writer.poll_close_complete(cx).map(drop),
            (Doing::Ask | Doing::Read | Doing::Seek, ..) => Poll::Ready(()),
        }
    }
}

/// How often the tasks of a case may be woken.
const ROUNDS: usize = 256;

/// Polls each of `runs` once, lets the destination go on, and polls those that are woken until all are done.
pub(super) fn run<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, runs: &mut [Run]) -> Judged {
    for run in runs.iter_mut() {
        run.poll(trial)?;
    }
    go_on(trial, runs)
}

/// The same for tasks that were polled before.
pub(super) fn go_on<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, runs: &mut [Run]) -> Judged {
    for _ in 0..ROUNDS {
        trial.advance();
        if runs.iter().all(|run| run.is_done) {
            return Ok(());
        }
        let some_are_woken = trial.wait_until(|_| runs.iter().any(|run| !run.is_done && run.is_woken()));
        if !some_are_woken {
            return Err(hang(trial, runs));
        }
        for run in runs.iter_mut().filter(|run| !run.is_done && run.is_woken()) {
            run.poll(trial)?;
        }
    }
    Err(trial.unclear(format!("a task is not done after {ROUNDS} wakes")))
}

fn hang<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>, runs: &[Run]) -> Stop {
    let hanging = runs.iter().filter(|run| !run.is_done).map(|run| run.doing.to_string());
    let seen =
        format!("{} is never woken, although the destination is not held", hanging.collect::<Vec<_>>().join(" and "));
    trial.broken("every task whose last poll was Pending is woken when it can go on", seen)
}

/// The same for a sync, whose future is one and stays.
pub(super) fn sync<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let (mut rounds, mut is_woken) = (0, true);
    trial.new_task();
    let polled = trial.drive_sync(|trial, polls, wakes| {
        rounds = polls;
        is_woken = trial.is_woken_after(wakes);
        is_woken && polls < ROUNDS
    })?;
    let seen = format!("a sync is not woken after {}, although the destination is not held", counted(rounds, "poll"));
    trial.expect(is_woken, "every task whose last poll was Pending is woken when it can go on", seen)?;
    trial.require(polled.is_ready(), "a sync comes to no end")
}
