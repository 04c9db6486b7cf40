//! The cooperative budget (rule P4): a turn for the executor after a run of answers that were ready at once.

use std::task::{Context, Poll};

#[cfg(not(any(all(target_family = "wasm", target_os = "unknown"), all(test, any(awc_loom, awc_shuttle)))))]
use by_time as run;
#[cfg(all(test, any(awc_loom, awc_shuttle)))]
use modelled as run;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use without_a_clock as run;

/// `Ready` while the budget lasts; then `Pending` once, with the task already woken, so that the executor has a turn.
///
/// A writer that may answer many submissions in a row without ever waiting calls it before it takes bytes, as rule
/// [P4](crate::contract::Rule::P4) asks for. The budget is counted across writers: 8 answers to one task on this
/// thread, and 150 µs since the first of them, whichever comes later; or four times as much to any tasks.
///
/// # Panics
///
/// If the task's waker does.
pub fn poll_budget(cx: &mut Context<'_>) -> Poll<()> {
    if !run::is_spent(cx.waker()) {
        return Poll::Ready(());
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// A writer is about to answer a `Pending` that is no self-wake: the task waits, and its budget is renewed.
#[cfg(feature = "offload")]
pub(crate) fn end_run() {
    run::end();
}

/// Runs of answers, measured by the clock.
#[cfg(not(any(all(target_family = "wasm", target_os = "unknown"), all(test, any(awc_loom, awc_shuttle)))))]
mod by_time {
    use std::{
        cell::Cell,
        task::{RawWakerVTable, Waker},
        time::{Duration, Instant},
    };

    /// How long a run may last. Long against the price of one turn, which is a self-wake and a poll.
    pub(super) const RUN: Duration = Duration::from_micros(150);

    /// Runs shorter than this many answers are never cut, so that a slow machine does not spend its time on turns.
    pub(super) const ANSWERS: u32 = 8;

    /// How many times longer the run of a thread may be than that of a task.
    pub(super) const TASKS: u32 = 4;

    /// How many lengths the run of a thread has. A fixed length would always cut off the same task under round-robin.
    pub(super) const SPREAD: u32 = 7;

    /// Answers that were ready at once, one after the other.
    #[derive(Clone, Copy)]
    struct Run {
        began: Instant,
        answers: u32,
    }

    impl Run {
        const fn new(now: Instant) -> Self {
            Self { began: now, answers: 0 }
        }

        /// Whether it is as long as `answers` and `time` allow.
        fn is_due(self, now: Instant, answers: u32, time: Duration) -> bool {
            self.answers >= answers && now.saturating_duration_since(self.began) >= time
        }

        const fn and_one(self) -> Self {
            Self { answers: self.answers.saturating_add(1), ..self }
        }
    }

    /// The identity of a task: that of its waker. Another waker mostly means that another task is polled, and so that
    /// the executor has had its turn. But one task may poll with many wakers, so the thread has a run as well.
    pub(super) type Task = (*const (), *const RawWakerVTable);

    #[derive(Clone, Copy)]
    pub(super) struct Runs {
        task: Option<(Task, Run)>,
        thread: Option<Run>,
        /// How many runs of the thread were ended.
        ends: u32,
    }

    impl Runs {
        pub(super) const NONE: Self = Self { task: None, thread: None, ends: 0 };

        /// Counts one answer to `task` at `now`; true ends the runs.
        pub(super) fn count(&mut self, task: Task, now: Instant) -> bool {
            let own = self.task.filter(|(last, _)| *last == task).map_or(Run::new(now), |(_, run)| run);
            let all = self.thread.unwrap_or(Run::new(now));
            let thread_is_due = all.is_due(now, ANSWERS * TASKS + self.ends % SPREAD, RUN * TASKS);
            let due = own.is_due(now, ANSWERS, RUN) || thread_is_due;
            *self = if due {
                Self { ends: self.ends.wrapping_add(u32::from(thread_is_due)), ..Self::NONE }
            } else {
                Self { task: Some((task, own.and_one())), thread: Some(all.and_one()), ..*self }
            };
            due
        }
    }

    thread_local! {
        static CURRENT: Cell<Runs> = const { Cell::new(Runs::NONE) };
    }

    pub(super) fn is_spent(waker: &Waker) -> bool {
        let task = (waker.data(), std::ptr::from_ref(waker.vtable()));
        with_runs(|runs| runs.count(task, Instant::now())).unwrap_or(false)
    }

    #[cfg(feature = "offload")]
    pub(super) fn end() {
        let _ = with_runs(|runs| runs.task = None);
    }

    /// `None` on a thread that is being torn down, which has no runs to count.
    fn with_runs<R>(f: impl FnOnce(&mut Runs) -> R) -> Option<R> {
        let count = |current: &Cell<Runs>| {
            let mut runs = current.get();
            let answer = f(&mut runs);
            current.set(runs);
            answer
        };
        CURRENT.try_with(count).ok()
    }
}

/// Where there is no clock to ask, every 32nd answer ends a run.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod without_a_clock {
    use std::{cell::Cell, task::Waker};

    thread_local! {
        static ANSWERS: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn is_spent(_: &Waker) -> bool {
        ANSWERS.try_with(|answers| answers.replace((answers.get() + 1) % 32) == 31).unwrap_or(false)
    }

    #[cfg(feature = "offload")]
    pub(super) fn end() {}
}

/// A model must behave alike each time, whatever the clock says.
#[cfg(all(test, any(awc_loom, awc_shuttle)))]
mod modelled {
    use std::task::Waker;

    pub(super) fn is_spent(_: &Waker) -> bool {
        false
    }

    #[cfg(feature = "offload")]
    pub(super) fn end() {}
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests {
    use std::time::{Duration, Instant};

    use super::by_time::{ANSWERS, RUN, Runs, SPREAD, TASKS, Task};

    const HERE: Task = (std::ptr::null(), std::ptr::null());
    const NEIGHBOUR: Task = (std::ptr::dangling(), std::ptr::null());

    #[test]
    fn a_run_ends_after_both_the_answers_and_the_time() {
        let (mut runs, start) = (Runs::NONE, Instant::now());
        assert!((0..ANSWERS).all(|_| !runs.count(HERE, start)));
        assert!(!runs.count(HERE, start), "many answers in no time are no burden");
        assert!(runs.count(HERE, start + RUN), "a long run of many answers is one");
        assert!(!runs.count(HERE, start + RUN), "the next run begins anew");
    }

    #[test]
    fn few_answers_never_end_a_run() {
        let (mut runs, start) = (Runs::NONE, Instant::now());
        assert!((0..ANSWERS).all(|i| !runs.count(HERE, start + RUN * (i + 1))));
    }

    /// No two answers in a row are of one task here, so no run of a task ends.
    #[test]
    fn a_run_of_the_thread_ends_after_the_answers_and_the_time_of_four_tasks() {
        let start = Instant::now();
        let is_over = |runs: &mut Runs, number: u32, now| runs.count([HERE, NEIGHBOUR][number as usize % 2], now);
        let (mut by_answers, mut by_time) = (Runs::NONE, Runs::NONE);
        for extra in (0..SPREAD).chain(0..2) {
            let least = ANSWERS * TASKS + extra;
            assert!(!is_over(&mut by_answers, 0, start));
            assert!((1..least).all(|number| !is_over(&mut by_answers, number, start + RUN * TASKS)));
            assert!(is_over(&mut by_answers, least, start + RUN * TASKS), "{least} answers");

            assert!((0..least).all(|number| !is_over(&mut by_time, number, start)));
            assert!(!is_over(&mut by_time, least, start + RUN * TASKS - Duration::from_nanos(1)));
            assert!(is_over(&mut by_time, least + 1, start + RUN * TASKS), "its time");
        }
    }

    /// As many tasks in step as end a run of the thread, and one more: it was always the last one that was cut.
    #[test]
    fn of_equal_tasks_in_step_none_is_left_behind() {
        const EQUAL: usize = (ANSWERS * TASKS + 1) as usize;
        const ROUNDS: usize = 100;
        let (mut runs, mut now) = (Runs::NONE, Instant::now());
        let places = [0_u8; EQUAL];
        let mut cut = [0; EQUAL];
        for _ in 0..ROUNDS {
            for (place, cut) in places.iter().zip(&mut cut) {
                let task: Task = (std::ptr::from_ref(place).cast(), std::ptr::null());
                *cut += usize::from(runs.count(task, now));
                now += RUN / 4;
            }
        }
        assert!(cut.iter().all(|cut| *cut < ROUNDS / 2), "{cut:?}");
    }

    #[test]
    fn a_task_gets_to_write_beside_a_busy_neighbour() {
        let (mut runs, start) = (Runs::NONE, Instant::now());
        let mut cuts_in_a_row = 0;
        for round in 0..100 {
            for _ in 0..ANSWERS {
                runs.count(NEIGHBOUR, start + RUN * round);
            }
            let cut = runs.count(HERE, start + RUN * (round + 1));
            cuts_in_a_row = if cut { cuts_in_a_row + 1 } else { 0 };
            assert!(cuts_in_a_row <= 1, "round {round}");
        }
    }

    #[test]
    fn a_task_of_many_wakers_is_cut_too() {
        let (mut runs, start) = (Runs::NONE, Instant::now());
        let cuts = (0..10_000_u32).filter(|i| {
            let task = if i % 2 == 0 { HERE } else { NEIGHBOUR };
            runs.count(task, start + Duration::from_micros(u64::from(i * 10)))
        });
        assert!(cuts.count() >= 50);
    }
}
