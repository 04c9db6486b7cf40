//! How a [`Trial`] polls its writer.

use std::{
    any::Any,
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use async_write_complete::Ticket;

use super::{Circle, Trial};
use crate::{
    describe::Describe,
    guard::text_of,
    judge::{Judged, Stop, asks_for_a_runtime},
    subject::Subject,
    task::{MAX_TURNS, Task},
};

impl Trial<'_> {
    /// Another task polls from now on.
    pub(crate) fn new_task(&mut self) -> Task {
        std::mem::replace(&mut self.task, Task::new())
    }

    /// How the story names the task of `waker`.
    pub(crate) fn name_of(&mut self, waker: &Waker) -> String {
        let identity = waker.data() as usize;
        let number = self.tasks.iter().position(|task| *task == identity).unwrap_or_else(|| {
            self.tasks.push(identity);
            self.tasks.len() - 1
        });
        format!("task {}", number + 1)
    }

    /// Polls in the current task until the answer is another one than a turn for the executor (rule P4).
    pub(crate) fn poll<R: Describe>(
        &mut self,
        what: impl Display,
        mut poll: impl FnMut(Pin<&mut dyn Subject>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<Poll<R>> {
        let task = self.task.clone();
        for _ in 0..MAX_TURNS {
            let wakes = task.wakes();
            let polled = self.poll_with(task.waker(), &what, &mut poll)?;
            if polled.is_ready() || task.wakes() == wakes {
                return Ok(polled);
            }
        }
        Ok(Poll::Pending)
    }

    /// Polls once with `waker`.
    pub(crate) fn poll_with<R: Describe>(
        &mut self,
        waker: &Waker,
        what: impl Display,
        poll: impl FnOnce(Pin<&mut dyn Subject>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<Poll<R>> {
        let Some(mut writer) = self.writer.take() else { return Err(self.unclear("the writer is gone")) };
        self.log.begin_poll(what.to_string());
        let polled = catch_unwind(AssertUnwindSafe(|| poll(Pin::new(&mut *writer), &mut Context::from_waker(waker))));
        self.writer = Some(writer);
        self.polled(polled)
    }

    /// Polls once what has borrowed the writer.
    pub(crate) fn poll_outside<R: Describe>(&self, what: &str, poll: impl FnOnce() -> Poll<R>) -> Judged<Poll<R>> {
        self.log.begin_poll(what.to_owned());
        let polled = catch_unwind(AssertUnwindSafe(poll));
        self.polled(polled)
    }

    fn polled<R: Describe>(&self, polled: thread::Result<Poll<R>>) -> Judged<Poll<R>> {
        let polled = polled.map_err(|payload| self.panicked(payload))?;
        self.ended(polled.describe());
        if let Some(ticket) = polled.ticket() {
            self.unanswered.set(Some(ticket));
            self.something_carries()?;
        }
        Ok(polled)
    }

    /// Begins submissions between which nobody looks at the destination.
    pub(crate) fn begin_filling(&self) {
        self.log.begin_poll("poll_write_submit, while nobody looks at the destination".to_owned());
    }

    /// Ends a step without a look at the destination.
    pub(crate) fn ended_unseen(&self, saw: String) {
        self.log.end(saw, None);
    }

    /// The ticket that was not answered.
    pub(crate) fn unanswered(&self) -> Option<Ticket> {
        self.unanswered.get()
    }

    /// `ticket` was answered.
    pub(crate) fn answered(&self, ticket: Ticket) {
        if self.unanswered.get() == Some(ticket) {
            self.unanswered.set(None);
        }
    }

    /// The writer answers `InFlight`: the case says nothing unless its author declared what carries such a write on.
    pub(crate) fn something_carries(&self) -> Judged {
        self.require(
            !self.kit.declared.is_complete_at_once(),
            "the writer answers `InFlight`: declare what carries its writes on, `Certify::carried`",
        )
    }

    /// A panic came out of the writer.
    pub(crate) fn panicked(&self, payload: Box<dyn Any + Send>) -> Stop {
        let text = text_of(payload);
        self.ended(format!("a panic: {text}"));
        let seen = format!("a panic came out: {text}{}", asks_for_a_runtime(&text));
        if self.panics_are_broken { self.broken("no panic comes out of the writer", seen) } else { self.unclear(seen) }
    }

    /// Drops the writer.
    pub(crate) fn drop_writer(&mut self) -> Judged {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        self.log.begin("the writer is dropped".to_owned());
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(writer)));
        dropped.map_err(|payload| self.panicked(payload))?;
        self.ended(String::new());
        Ok(())
    }

    /// Polls to the end, and lets the destination and everything else go on meanwhile. It also polls where no wake
    /// came, which only rule P1 judges.
    pub(crate) fn carry<R: Describe>(
        &mut self,
        what: impl Display,
        mut poll: impl FnMut(Pin<&mut dyn Subject>, &mut Context<'_>) -> Poll<R>,
    ) -> Judged<R> {
        let (mut in_vain, mut circle) = (0, Circle::default());
        while in_vain < 3 {
            let wakes = self.task.wakes();
            if let Poll::Ready(answer) = self.poll(&what, &mut poll)? {
                return Ok(answer);
            }
            in_vain = if self.is_woken_after(wakes) { 0 } else { in_vain + 1 };
            if circle.is_closed(self) {
                return Err(self.in_circles(what));
            }
        }
        Err(self.never_ready(what))
    }

    /// Lets all go on; whether the task is woken once more than `wakes` times.
    pub(crate) fn is_woken_after(&mut self, wakes: usize) -> bool {
        self.advance();
        let task = self.task.clone();
        self.is_woken(&task, wakes)
    }

    /// Whether `task` is woken once more than `wakes` times.
    pub(crate) fn is_woken(&self, task: &Task, wakes: usize) -> bool {
        let patience = self.kit.declared.how_patient();
        self.log.wait_for("a wake");
        let woken = task.wait(wakes, patience);
        if !woken {
            self.waited_in_vain(patience);
        }
        woken
    }

    /// The kit waited so long for something that did not happen.
    pub(super) fn waited_in_vain(&self, patience: Duration) {
        if !patience.is_zero() {
            self.kit.declared.waited_in_vain();
        }
    }
}
