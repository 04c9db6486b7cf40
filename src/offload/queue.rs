//! Which threads of a pool come for the jobs that wait: a pure state machine.
//!
//! A pool that calls a thread for each job calls hundreds where many writers write at once, for jobs that one or two
//! threads would have done meanwhile. So jobs wait in a queue, and at most one thread at a time is *on its way* to it.
//! Whoever takes a job and leaves others behind calls the next thread first, since the job may block for long: whatever
//! blocks, a thread is on its way to what waits (P4).
//!
//! ```text
//! push    a job comes; a thread is called unless one is on its way
//! arrive  that thread is here
//! take    it takes the oldest job; another one is called if more are left and none is on its way
//! leave   it takes no more; likewise
//! refuse  the thread that was on its way will not come: what waits is given up
//! ```
//!
//! To let the thread that has come hold back while the others are quick was tried, and made a crowd of writers no faster.

use std::collections::VecDeque;

/// Jobs in the order in which they came.
#[derive(Debug)]
pub(super) struct Queue<J> {
    jobs: VecDeque<J>,
    is_on_its_way: bool,
}

/// Whether a thread has to be called to the queue now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "jobs to which nobody is called do not run"]
pub(super) enum Call {
    /// None is on its way, and jobs wait.
    Thread,
    /// Those that wait, if any do, have one.
    Nobody,
}

impl<J> Queue<J> {
    pub(super) const fn new() -> Self {
        Self { jobs: VecDeque::new(), is_on_its_way: false }
    }

    pub(super) fn push(&mut self, job: J) -> Call {
        self.jobs.push_back(job);
        self.call()
    }

    /// The thread that was called is here.
    pub(super) fn arrive(&mut self) {
        debug_assert!(self.is_on_its_way, "a thread that nobody called");
        self.is_on_its_way = false;
    }

    /// The oldest job, for a thread that is here.
    pub(super) fn take(&mut self) -> Option<(J, Call)> {
        let job = self.jobs.pop_front()?;
        Some((job, self.call()))
    }

    /// A thread that is here goes; jobs may be left.
    pub(super) fn leave(&mut self) -> Call {
        self.call()
    }

    /// The thread that was called will not come, and so perhaps none would: the jobs are for the caller to drop.
    pub(super) fn refuse(&mut self) -> VecDeque<J> {
        self.is_on_its_way = false;
        std::mem::take(&mut self.jobs)
    }

    fn call(&mut self) -> Call {
        if self.jobs.is_empty() || std::mem::replace(&mut self.is_on_its_way, true) {
            return Call::Nobody;
        }
        Call::Thread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_is_called_for_many_jobs() {
        let mut queue = Queue::new();
        assert_eq!(queue.push(1), Call::Thread);
        assert_eq!(queue.push(2), Call::Nobody);
        assert_eq!(queue.push(3), Call::Nobody);
    }

    #[test]
    fn whoever_leaves_jobs_behind_calls_the_next_thread_first() {
        let mut queue = Queue::new();
        let _ = (queue.push(1), queue.push(2), queue.push(3));
        queue.arrive();
        assert_eq!(queue.take(), Some((1, Call::Thread)), "1 may block, and 2 waits");
        assert_eq!(queue.take(), Some((2, Call::Nobody)), "for 3 a thread is on its way");
        queue.arrive();
        assert_eq!(queue.take(), Some((3, Call::Nobody)), "nothing is left");
        assert_eq!(queue.take(), None);
        assert_eq!(queue.push(4), Call::Thread, "none is on its way");
    }

    #[test]
    fn a_thread_that_leaves_is_replaced_where_jobs_wait() {
        let mut queue = Queue::new();
        let _ = queue.push(1);
        queue.arrive();
        assert_eq!(queue.take(), Some((1, Call::Nobody)));
        let _ = queue.push(2);
        queue.arrive();
        assert_eq!(queue.leave(), Call::Thread, "2 waits");
        assert_eq!(queue.leave(), Call::Nobody, "one is on its way");
    }

    #[test]
    fn jobs_are_given_up_with_the_thread_that_does_not_come() {
        let mut queue = Queue::new();
        let _ = (queue.push(1), queue.push(2));
        assert_eq!(queue.refuse(), [1, 2]);
        assert_eq!(queue.push(3), Call::Thread);
    }

    /// Whatever the order of steps: while jobs wait, a thread is on its way.
    #[test]
    fn no_order_of_steps_leaves_jobs_alone() {
        for steps in 0..5_u32.pow(7) {
            let (mut queue, mut on_their_way) = (Queue::new(), 0);
            for step in 0..7 {
                let called = match steps / 5_u32.pow(step) % 5 {
                    0 => queue.push(()),
                    1 if on_their_way > 0 => {
                        queue.arrive();
                        on_their_way -= 1;
                        queue.take().map_or(Call::Nobody, |(_, call)| call)
                    }
                    2 => queue.take().map_or(Call::Nobody, |(_, call)| call),
                    3 => queue.leave(),
                    4 if on_their_way > 0 => {
                        queue.refuse();
                        on_their_way -= 1;
                        Call::Nobody
                    }
                    _ => continue,
                };
                on_their_way += u32::from(called == Call::Thread);
                assert!(on_their_way <= 1, "{steps}: one at a time is enough");
                assert!(queue.jobs.is_empty() || on_their_way == 1, "{steps}: jobs wait for nobody");
            }
        }
    }
}
