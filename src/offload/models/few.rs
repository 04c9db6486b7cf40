//! A pool of few threads, first come first served.

use std::collections::VecDeque;

use super::*;
use crate::checker::{Condvar, Mutex};

/// Jobs wait in a queue for one of its threads.
#[derive(Clone)]
pub(super) struct Few(Arc<Queue>);

struct Queue {
    jobs: Mutex<Jobs>,
    arrived: Condvar,
    fate: fn(usize) -> Fate,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<(Job, Fate)>,
    count: usize,
    is_closed: bool,
}

impl Few {
    /// Calls `f` with a pool, and waits until all its jobs have ended.
    pub(super) fn threads<R>(count: usize, f: impl FnOnce(&Self) -> R) -> R {
        Self::threads_with_fates(count, |_| Fate::Runs, f)
    }

    pub(super) fn threads_with_fates<R>(count: usize, fate: fn(usize) -> Fate, f: impl FnOnce(&Self) -> R) -> R {
        let pool = Self(Arc::new(Queue { jobs: Mutex::default(), arrived: Condvar::new(), fate }));
        let threads: Vec<_> = (0..count)
            .map(|_| {
                let pool = pool.clone();
                thread::spawn(move || pool.work())
            })
            .collect();
        let result = f(&pool);
        pool.0.jobs.lock().unwrap().is_closed = true;
        pool.0.arrived.notify_all();
        for thread in threads {
            thread.join().expect("jobs do not panic");
        }
        assert_eq!(Arc::strong_count(&pool.0), 1, "every worker is gone");
        result
    }

    fn work(&self) {
        while let Some((job, fate)) = self.next() {
            if fate == Fate::Runs { run_as_step(job) } else { drop_as_step(job) }
        }
    }

    fn next(&self) -> Option<(Job, Fate)> {
        let mut jobs = self.0.jobs.lock().unwrap();
        while jobs.waiting.is_empty() && !jobs.is_closed {
            jobs = self.0.arrived.wait(jobs).unwrap();
        }
        jobs.waiting.pop_front()
    }

    pub(super) fn count(&self) -> usize {
        self.0.jobs.lock().unwrap().count
    }

    /// A writer to `log` over this pool.
    pub(super) fn writer(&self, log: &Log, policy: Policy) -> Writer<Self> {
        let destination = Destination { log: log.clone(), fails: never };
        Offload::with_pool(destination, self.clone()).policy(policy)
    }
}

impl Pool for Few {
    fn execute(&self, job: Job) {
        let mut jobs = self.0.jobs.lock().unwrap();
        let fate = (self.0.fate)(jobs.count);
        jobs.count += 1;
        if fate == Fate::Refused {
            drop(jobs);
            drop_as_step(job);
        } else {
            jobs.waiting.push_back((job, fate));
            drop(jobs);
            self.0.arrived.notify_one();
        }
    }
}
