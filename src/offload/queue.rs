//! Which threads of a pool come for the jobs that wait: a pure state machine.
//!
//! A pool that makes a thread for each job makes hundreds where many writers write at once, for jobs that two threads
//! would have done meanwhile. A pool whose threads come one after the other makes jobs that block wait for one another.
//! So jobs wait in a queue, and a thread is called for each of them, *unless a thread that is here is quick*: it comes back
//! for its next job sooner than another one would have been woken. While one is, one more on its way is enough: it takes
//! over should the quick one block; and of those that come nevertheless all but the last go again. Whatever blocks,
//! somebody is on the way to what waits (P4).
//!
//! ```text
//! push    a job comes
//! arrive  a thread that was called is here, and stays if it is needed
//! take    a thread that is here takes the oldest job
//! refuse  a thread that was on its way will not come; if no other is, what waits is given up
//! ```
//!
//! After each step as many threads are to be called as [`Queue::missing`] says.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A job that took no longer was done by the time that another thread would have been woken for it.
const QUICK: Duration = Duration::from_micros(100);

/// How many threads are on their way at most. Where more jobs wait, those who come call the others.
const AHEAD: usize = 32;

/// How long a quick thread is thought to be one after it was.
const REMEMBERED: Duration = Duration::from_millis(1);

/// Jobs in the order in which they came.
#[derive(Debug)]
pub(super) struct Queue<J> {
    jobs: VecDeque<J>,
    /// The threads that were called and have not arrived.
    on_their_way: usize,
    /// Until when there is a quick thread, as far as is known.
    quick_until: Option<Instant>,
}

impl<J> Queue<J> {
    pub(super) const fn new() -> Self {
        Self { jobs: VecDeque::new(), on_their_way: 0, quick_until: None }
    }

    pub(super) fn push(&mut self, job: J) {
        self.jobs.push_back(job);
    }

    /// A thread that was called is here. Whether it is needed: not where one is quick and yet another is on its way.
    #[must_use = "a thread that is not needed only takes a core from the others"]
    pub(super) fn arrive(&mut self, now: Instant) -> bool {
        debug_assert!(self.on_their_way > 0, "a thread that nobody called");
        self.on_their_way = self.on_their_way.saturating_sub(1);
        self.on_their_way == 0 || !self.is_one_quick(now)
    }

    /// The oldest job, for a thread that is here; `last` is when it took the one before.
    pub(super) fn take(&mut self, now: Instant, last: Option<Instant>) -> Option<J> {
        if last.is_some_and(|last| now.saturating_duration_since(last) < QUICK) {
            self.quick_until = now.checked_add(REMEMBERED);
        }
        self.jobs.pop_front()
    }

    fn is_one_quick(&self, now: Instant) -> bool {
        self.quick_until.is_some_and(|until| now < until)
    }

    /// A thread that was called will not come. The jobs that nobody comes for are for the caller to drop.
    pub(super) fn refuse(&mut self) -> VecDeque<J> {
        self.on_their_way = self.on_their_way.saturating_sub(1);
        if self.on_their_way > 0 { VecDeque::new() } else { std::mem::take(&mut self.jobs) }
    }

    /// How many threads have to be called now; they count as called.
    #[must_use = "jobs to which nobody is called do not run"]
    pub(super) fn missing(&mut self, now: Instant) -> usize {
        let most = if self.is_one_quick(now) { 1 } else { AHEAD };
        let enough = self.jobs.len().min(most);
        let missing = enough.saturating_sub(self.on_their_way);
        self.on_their_way += missing;
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(jobs: usize) -> Queue<usize> {
        let mut queue = Queue::new();
        (0..jobs).for_each(|job| queue.push(job));
        queue
    }

    #[test]
    fn each_job_has_a_thread_of_its_own() {
        let (mut queue, now) = (queue(2), Instant::now());
        assert_eq!(queue.missing(now), 2);
        assert_eq!(queue.missing(now), 0, "they are on their way");
        queue.push(2);
        assert_eq!(queue.missing(now), 1);
        assert!(queue.arrive(now));
        assert_eq!(queue.take(now, None), Some(0));
        assert_eq!(queue.missing(now), 0, "for two jobs two are on their way");
    }

    /// A queue with four jobs and a quick thread, which was called alone, took two, and so was quick at the time given.
    fn with_a_quick_thread() -> (Queue<usize>, Instant) {
        let (mut queue, now) = (queue(1), Instant::now());
        assert_eq!(queue.missing(now), 1);
        assert!(queue.arrive(now));
        assert_eq!(queue.take(now, None), Some(0));
        (1..6).for_each(|job| queue.push(job));
        let soon = now + QUICK / 2;
        assert_eq!(queue.take(soon, Some(now)), Some(1));
        (queue, soon)
    }

    #[test]
    fn where_one_is_quick_one_more_is_enough() {
        let (mut queue, soon) = with_a_quick_thread();
        assert_eq!(queue.missing(soon), 1);
        assert_eq!(queue.missing(soon), 0);
        assert_eq!(queue.missing(soon + REMEMBERED), 3, "it has not come back, and four wait");
    }

    #[test]
    fn where_one_is_quick_only_the_last_of_those_who_come_stays() {
        let (mut queue, soon) = with_a_quick_thread();
        assert_eq!(queue.missing(soon + REMEMBERED), 4);
        assert!(!queue.arrive(soon), "three others are on their way");
        assert!(queue.arrive(soon + REMEMBERED), "nobody is quick any more");
        assert!(!queue.arrive(soon));
        assert!(queue.arrive(soon), "nobody else would come");
    }

    #[test]
    fn a_thread_that_comes_back_late_is_not_quick() {
        let (mut queue, now) = (queue(4), Instant::now());
        assert_eq!(queue.missing(now), 4);
        assert!((0..4).all(|_| queue.arrive(now)));
        assert_eq!(queue.take(now, None), Some(0));
        assert_eq!(queue.take(now + QUICK, Some(now)), Some(1));
        assert_eq!(queue.missing(now + QUICK), 2);
    }

    #[test]
    fn jobs_are_given_up_with_the_last_thread_that_does_not_come() {
        let (mut queue, now) = (queue(2), Instant::now());
        assert_eq!(queue.missing(now), 2);
        assert!(queue.refuse().is_empty(), "another one comes");
        assert_eq!(queue.refuse(), [0, 1]);
        queue.push(2);
        assert_eq!(queue.missing(now), 1);
    }

    /// Whatever the order of steps: somebody is on the way to jobs that wait, and to each of them unless one is quick.
    #[test]
    fn no_order_of_steps_leaves_jobs_alone() {
        for steps in 0..6_u32.pow(7) {
            let (mut queue, mut now, mut last) = (Queue::new(), Instant::now(), None);
            for step in 0..7 {
                match steps / 6_u32.pow(step) % 6 {
                    0 => queue.push(()),
                    1 if queue.on_their_way > 0 => {
                        let _ = queue.arrive(now);
                    }
                    2 => {
                        let _ = queue.take(now, last);
                        last = Some(now);
                    }
                    3 => now += QUICK / 3,
                    4 => now += REMEMBERED * 2,
                    5 if queue.on_their_way > 0 => drop(queue.refuse()),
                    _ => continue,
                }
                let _ = queue.missing(now);
                let least = if queue.is_one_quick(now) { 1 } else { queue.jobs.len() };
                assert!(queue.on_their_way >= least.min(queue.jobs.len()), "{steps}: jobs wait for nobody");
            }
        }
    }
}
