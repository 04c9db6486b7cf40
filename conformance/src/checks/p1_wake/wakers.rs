//! Wakers that panic, and wakers that call back where they are woken or dropped.
//!
//! Whether a lock is held while a waker is cloned cannot be seen: to clone one made by [`std::task::Wake`] calls
//! nothing of ours.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_write_complete::Ticket;

use super::{
    Doing,
    executor::{Polling, Run, go_on, run},
    outstanding,
};
use crate::{
    certify::Carrier,
    describe::Describe,
    guard::{Foreign, drop_catching_panics},
    judge::{Judge, Judged},
    observer::Observer,
    subject::Subject,
    task::{
        Task, panics_in_drop, panics_in_drop_here, panics_in_wake, panics_in_wake_here, reentering, reenters_in_drop,
        reenters_in_wake,
    },
    trial::Trial,
};

/// How long a waker that calls back may take; one that meets a lock takes for ever.
pub(super) const PROMPT: Duration = Duration::from_secs(2);

type MakeWaker = fn() -> Waker;

/// Where no thread is declared to carry writes on, one that wakes all the same is a reactor's, and nothing panics on
/// it.
fn panicking(carrier: Carrier) -> [(&'static str, MakeWaker); 2] {
    let (in_wake, in_drop) = ("panics when it is woken", "panics in its drop");
    match carrier {
        Carrier::Others => [(in_wake, panics_in_wake), (in_drop, panics_in_drop)],
        _ => [(in_wake, panics_in_wake_here), (in_drop, panics_in_drop_here)],
    }
}

pub(super) fn p1_wake(judge: &mut Judge<'_>) -> Judged {
    for (name, waker) in panicking(judge.kit.declared.carrier) {
        for [one, other] in [[Doing::Ask, Doing::Read], [Doing::Read, Doing::Ask]] {
            let name = format!("{one} with a waker that {name}, and {other}");
            judge.case(name, &one.and(other), |trial| beside_a_panic(trial, one, waker, other))?;
        }
        for doing in [Doing::Ask, Doing::Submit, Doing::Read] {
            let then = if doing == Doing::Read { Doing::Read } else { Doing::Ask };
            let name = format!("{doing} with a waker that {name}, then {then} with another");
            judge.case(name, &doing.and(then), |trial| instead_of_a_panic(trial, doing, waker, then))?;
        }
    }
    for (one, other) in [
        (Doing::Ask, Doing::Ask),
        (Doing::Submit, Doing::Submit),
        (Doing::Read, Doing::Read),
        (Doing::Ask, Doing::Read),
        (Doing::Read, Doing::Ask),
    ] {
        let name = format!("{one} with a waker that polls for {other} where it is woken");
        judge.case(name, &one.and(other), |trial| poll_in_wake(trial, one, other))?;
    }
    for doing in [Doing::Ask, Doing::Submit, Doing::Read] {
        let name = format!("{doing} with a waker that lets the destination go on where it is dropped");
        judge.case(name, &doing.needs(), |trial| go_on_in_drop(trial, doing))?;
    }
    Ok(())
}

/// `one` is polled with `waker`, and does `other` in a task that must not notice.
fn beside_a_panic(trial: &mut Trial<'_>, one: Doing, waker: MakeWaker, other: Doing) -> Judged {
    trial.panics_are_broken = true;
    let ticket = outstanding(trial)?;
    let mut other = Run::new(other, ticket);
    let waker = waker();
    let polled = Run::new(one, ticket).poll_with(trial, &waker);
    drop_catching_panics(waker);
    // A waker that panics in its own poll, where the writer gives a turn, harms nobody else.
    if !polled.is_ok_and(|polled| polled.is_pending()) {
        return Ok(());
    }
    other.poll(trial)?;
    advance(trial)?;
    go_on(trial, &mut [other])?;
    goes_on(trial, ticket)
}

/// `doing` is polled with `waker`, and `then` in a task that takes its place.
fn instead_of_a_panic(trial: &mut Trial<'_>, doing: Doing, waker: MakeWaker, then: Doing) -> Judged {
    trial.panics_are_broken = true;
    let ticket = outstanding(trial)?;
    let waker = waker();
    let polled = Run::new(doing, ticket).poll_with(trial, &waker);
    drop_catching_panics(waker);
    // A waker that panics in its own poll harms nobody else.
    if !polled.is_ok_and(|polled| polled.is_pending()) {
        return Ok(());
    }
    run(trial, &mut [Run::new(then, ticket)])?;
    goes_on(trial, ticket)
}

/// Lets the destination go on. A panic of a waker does not come out where it is woken.
fn advance(trial: &mut Trial<'_>) -> Judged {
    let advanced = catch_unwind(AssertUnwindSafe(|| trial.advance()));
    advanced.map_err(|payload| trial.panicked(payload))
}

/// The writer works as before.
fn goes_on(trial: &mut Trial<'_>, ticket: Option<Ticket>) -> Judged {
    if ticket.is_some() {
        run(trial, &mut [Run::new(Doing::Ask, ticket)])?;
    }
    run(trial, &mut [Run::new(Doing::Submit, ticket)])
}

/// What a waker found out that polled where it was woken.
#[derive(Default)]
pub(super) struct Found {
    polled: Cell<Option<Poll<()>>>,
    panicked: Cell<bool>,
}

impl Found {
    pub(super) fn panicked(&self) -> bool {
        self.panicked.get()
    }
}

/// The wake of `one` polls for `other`: no lock is held, and where that is the same, its result is published.
fn poll_in_wake(trial: &mut Trial<'_>, one: Doing, other: Doing) -> Judged {
    let ticket = outstanding(trial)?;
    let polled = Run::new(one, ticket).poll_with(trial, &reenters_in_wake())?;
    if polled.is_ready() {
        return Ok(());
    }
    let Some(writer) = trial.writer.take() else { return Ok(()) };
    let writer = Rc::new(RefCell::new(Some(writer)));
    let (task, found) = (Task::new(), Rc::new(Found::default()));
    let polling = Polling::new(other, ticket)?;
    let in_wake = in_wake(writer.clone(), task.clone(), found.clone(), polling);
    trial.within(PROMPT, |trial| reentering(in_wake, || trial.advance()));
    trial.writer = writer.take();
    trial.require(!found.panicked.get(), "a poll panics in a wake")?;
    let Some(polled) = found.polled.get() else { return goes_on(trial, ticket) };
    trial.note(format!("the waker polled for {other} where it was woken"), polled.describe());
    // It may wait for something else, such as the end of a read, and is woken for that.
    let woken = polled.is_ready() || task.wait(0, trial.kit.declared.how_patient());
    let seen = "the poll in the wake was Pending, and its task was never woken";
    trial.expect(woken, "the result is published before the wake", seen)?;
    goes_on(trial, ticket)
}

pub(super) fn in_wake(
    writer: Rc<RefCell<Option<Box<dyn Subject>>>>,
    task: Task,
    found: Rc<Found>,
    polling: Polling,
) -> impl FnMut() + 'static {
    move || {
        let Some(mut taken) = writer.take() else { return };
        let poll = || polling.poll(Pin::new(&mut *taken), &mut Context::from_waker(task.waker()));
        match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(polled) => found.polled.set(Some(polled)),
            Err(payload) => {
                std::mem::forget(payload);
                found.panicked.set(true);
            }
        }
        *writer.borrow_mut() = Some(taken);
    }
}

/// The drop of a waker lets the destination go on, and the work behind the writer.
fn go_on_in_drop(trial: &mut Trial<'_>, doing: Doing) -> Judged {
    let ticket = outstanding(trial)?;
    let waker = reenters_in_drop();
    let polled = Run::new(doing, ticket).poll_with(trial, &waker)?;
    if polled.is_ready() {
        return Ok(());
    }
    drop(waker);
    let blind: Box<dyn Observer> = Box::new(Vec::new);
    let observer = Rc::new(std::mem::replace(&mut trial.observer, Foreign::new(blind)));
    let theirs = observer.clone();
    let in_drop = move || {
        theirs.resume();
        while theirs.step() {}
    };
    let mut run = Run::new(doing, ticket);
    let polled = trial.within(PROMPT, |trial| reentering(in_drop, || run.poll(trial)));
    if let Some(observer) = Rc::into_inner(observer) {
        trial.observer = observer;
    }
    polled?;
    go_on(trial, &mut [run])
}
