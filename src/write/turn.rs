//! Fairness (rule W16): a turn for the executor after a run of answers that were ready at once.

use std::{
    cell::Cell,
    task::{Context, Poll, RawWakerVTable, Waker},
    time::{Duration, Instant},
};

/// How long a run may last. About what a tokio task may take from its neighbours between two budget checks; long
/// against the price of one turn, which is a self-wake and a poll.
const RUN: Duration = Duration::from_micros(150);

/// Runs shorter than this many answers are never cut, so that few writes by hand behave alike on a fast and a slow
/// machine.
const ANSWERS: u32 = 32;

#[derive(Clone, Copy)]
struct Run {
    task: Task,
    began: Instant,
    answers: u32,
}

/// Tells tasks apart, by the identity of their wakers. When another task is polled the executor has had its turn; were
/// its run not its own, it would pay for its neighbours' for ever.
type Task = (*const (), *const RawWakerVTable);

fn task(waker: &Waker) -> Task {
    (waker.data(), waker.vtable())
}

thread_local! {
    static CURRENT: Cell<Option<Run>> = const { Cell::new(None) };
}

/// Asks for a turn: `Pending`, with the task already woken, after a long run of answers that were ready at once;
/// `Ready` otherwise.
///
/// A writer that may answer many submissions in a row without ever waiting calls it before it takes bytes, as rule
/// [W16](crate::contract::Rule::W16) demands. The run is counted across writers, for the task that this thread polls:
/// 32 answers, and 150 µs since the first of them, whichever comes later.
///
/// # Panics
///
/// If the task's waker does.
pub fn poll_turn(cx: &mut Context<'_>) -> Poll<()> {
    if cfg!(all(test, awc_loom)) {
        // A model must behave alike each time, whatever the clock says.
        return Poll::Ready(());
    }
    // A thread that is being torn down has no run to count.
    let due = CURRENT.try_with(|current| count(current, task(cx.waker()), Instant::now())).unwrap_or(false);
    if !due {
        return Poll::Ready(());
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// A writer is about to answer a `Pending` that is no self-wake: the executor has its turn, and the run ends.
#[cfg(feature = "offload")]
pub(crate) fn end_run() {
    // As above, a thread that is being torn down has no run.
    let _ = CURRENT.try_with(|current| current.set(None));
}

/// Counts one answer to `task` at `now`; true ends the run.
fn count(current: &Cell<Option<Run>>, task: Task, now: Instant) -> bool {
    let run = current.get().filter(|run| run.task == task).unwrap_or(Run { task, began: now, answers: 0 });
    let due = run.answers >= ANSWERS && now.saturating_duration_since(run.began) >= RUN;
    current.set(if due { None } else { Some(Run { answers: run.answers.saturating_add(1), ..run }) });
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Task = (std::ptr::null(), std::ptr::null());

    #[test]
    fn a_task_does_not_pay_for_its_neighbour() {
        let (run, start) = (Cell::new(None), Instant::now());
        let neighbour = (std::ptr::dangling(), std::ptr::null());
        for round in 0..100 {
            assert!((0..ANSWERS).all(|_| !count(&run, neighbour, start + RUN * round)));
            assert!(!count(&run, HERE, start + RUN * (round + 1)), "round {round}");
        }
    }

    #[test]
    fn a_run_ends_after_both_the_answers_and_the_time() {
        let (run, start) = (Cell::new(None), Instant::now());
        assert!((0..ANSWERS).all(|_| !count(&run, HERE, start)));
        assert!(!count(&run, HERE, start), "many answers in no time are no burden");
        assert!(count(&run, HERE, start + RUN), "a long run of many answers is one");
        assert!(!count(&run, HERE, start + RUN), "the next run begins anew");
    }

    #[test]
    fn few_answers_never_end_a_run() {
        let (run, start) = (Cell::new(None), Instant::now());
        assert!((0..ANSWERS).all(|i| !count(&run, HERE, start + RUN * (i + 1))));
    }
}
