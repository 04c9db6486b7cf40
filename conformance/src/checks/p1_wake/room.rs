//! A submission that waits for room, where every write is complete when it was submitted.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    task::{Poll, Waker},
};

use super::{
    Doing,
    executor::{QUIET, Run, WOKEN, spun},
    wakers::{Found, PROMPT, in_wake},
};
use crate::{
    describe::Describe,
    guard::drop_catching_panics,
    judge::{Judge, Judged, Stop},
    need::Need,
    operations::Filled,
    task::{Task, WAKER_PANICS, panics_in_wake_here, reentering, reenters_in_wake},
    trial::{Trial, no_sense},
};

/// What to do about a writer of which nobody makes room.
const NO_ROOM: &str = "a submission waits for room, and nothing makes any: declare `carried(Carrier::Room)`, and let \
    `Observer::hold` and `resume` take the room and give it back; or let `Observer::bytes` take out the bytes that it \
    gives, as a peer does that reads them";

pub(super) fn p1_wake(judge: &mut Judge<'_>) -> Judged {
    let needs = [Need::AtOnce, Need::Tickets];
    judge.case("a submission that waits for room", &needs, is_woken)?;
    judge.case("a submission that waits for room, with a waker that polls where it is woken", &needs, polls_in_wake)?;
    judge.case("a submission that waits for room, with a waker that panics when it is woken", &needs, panics)
}

/// Fills the destination, and answers how often the task had been woken before it had to wait. The case is left out if
/// it is never full.
fn fill(trial: &mut Trial<'_>, task: &Task) -> Judged<usize> {
    match trial.fill(task)? {
        Filled::Waits(wakes) => Ok(wakes),
        Filled::Spins => Err(trial.broken(QUIET, spun("poll_write_submit"))),
        Filled::InFlight => Err(trial.unclear("the writer answers `InFlight`, of which other cases say more")),
        Filled::Never | Filled::Refuses | Filled::Fails(_) => no_sense("no submission waits for room"),
    }
}

/// Whether it is a panic of [`panics_in_wake_here`].
fn is_panic_of_waker(stop: &Stop) -> bool {
    matches!(stop, Stop::Unclear(why) if why.ends_with(WAKER_PANICS))
}

fn is_woken(trial: &mut Trial<'_>) -> Judged {
    let task = trial.task.clone();
    let wakes = fill(trial, &task)?;
    trial.make_room();
    if trial.is_woken(&task, wakes) {
        return Ok(());
    }
    Err(not_woken(trial)?)
}

/// No wake came for a submission: the rule is broken if it can go on, and cannot be judged if it still waits for room.
pub(super) fn not_woken(trial: &mut Trial<'_>) -> Judged<Stop> {
    let task = trial.task.clone();
    Ok(match trial.submit_unseen(&task)? {
        Poll::Pending => Stop::Blind(format!("{NO_ROOM}{}", trial.asks_for_a_driver())),
        Poll::Ready(answer) => {
            let seen = answer.describe();
            let ask = trial.asks_for_a_driver();
            let seen = format!("it was `Pending`, no wake came, and the next poll is {seen}{ask}");
            trial.broken(WOKEN, seen)
        }
    })
}

/// Polls twice with `waker` when the destination is full. Whether the submission waits for room, with that waker.
fn wait_with(trial: &mut Trial<'_>, waker: &Waker) -> Judged<bool> {
    let task = trial.task.clone();
    fill(trial, &task)?;
    let task = Task::of(waker.clone());
    // Either may be a turn for the executor (rule P4), which wakes at once. A waker that panics then makes that poll
    // fail, and the other one counts.
    let mut poll = || trial.submit_unseen(&task).map(|polled| polled.is_pending());
    match [poll(), poll()] {
        [Ok(one), Ok(other)] => Ok(one && other),
        [Ok(waits), Err(stop)] | [Err(stop), Ok(waits)] if is_panic_of_waker(&stop) => Ok(waits),
        [Err(stop), _] | [_, Err(stop)] => Err(stop),
    }
}

/// No lock is held while it is woken.
fn polls_in_wake(trial: &mut Trial<'_>) -> Judged {
    if !wait_with(trial, &reenters_in_wake())? {
        return Ok(());
    }
    let Some(writer) = trial.writer.take() else { return Ok(()) };
    let writer = Rc::new(RefCell::new(Some(writer)));
    let found = Rc::new(Found::default());
    let polling = Run::new(Doing::Submit, None).polling()?;
    let in_wake = in_wake(writer.clone(), Task::new(), found.clone(), polling);
    trial.within(PROMPT, |trial| reentering(in_wake, || trial.make_room()));
    trial.writer = writer.take();
    trial.require(!found.panicked(), "a poll panics in a wake")
}

/// A waker that panics harms only its own task.
fn panics(trial: &mut Trial<'_>) -> Judged {
    let waker = panics_in_wake_here();
    if !wait_with(trial, &waker)? {
        return Ok(());
    }
    drop_catching_panics(waker);
    trial.panics_are_broken = true;
    // The panic comes out where the waker is woken.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| trial.make_room())) {
        std::mem::forget(payload);
    }
    let task = Task::new();
    trial.submit_unseen(&task).map(drop)
}
