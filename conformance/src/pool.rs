//! [`Stepped`]: a pool that runs a job when the kit steps it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_write_complete::offload::{Job, Pool};

use crate::observer::{Fault, Observer};

/// A pool without threads: a job runs when the kit steps. Clones share the queue.
#[derive(Clone, Debug, Default)]
pub struct Stepped {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// How many of the next jobs are dropped where they are handed over.
    refusals: usize,
}

impl Stepped {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs the oldest job on this thread; false if there is none.
    pub fn step(&self) -> bool {
        let job = self.queue().jobs.pop_front();
        job.map(Job::run).is_some()
    }

    /// What `destination` sees, with this pool to carry the work on.
    pub fn over<O: Observer>(&self, destination: O) -> OverPool<O> {
        OverPool { destination, pool: self.clone() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool for Stepped {
    fn execute(&self, job: Job) {
        // A refused job is dropped when the lock has been given back.
        let mut queue = self.queue();
        if queue.refusals == 0 {
            queue.jobs.push_back(job);
            return;
        }
        queue.refusals -= 1;
        drop(queue);
        drop(job);
    }
}

/// An [`Observer`] of a destination behind a [`Stepped`] pool. It is held by not stepping.
#[derive(Clone, Debug)]
pub struct OverPool<O> {
    destination: O,
    pool: Stepped,
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
impl<O: Observer> Observer for OverPool<O> {
    fn bytes(&self) -> Vec<u8> {
        self.destination.bytes()
    }

    fn calls(&self) -> Option<Vec<usize>> {
        self.destination.calls()
    }

    fn attempts(&self) -> Option<usize> {
        self.destination.attempts()
    }

    fn is_released(&self) -> Option<bool> {
        self.destination.is_released()
    }

    fn durable(&self) -> Option<Vec<u8>> {
        self.destination.durable()
    }

    fn inject(&self, fault: &Fault) -> bool {
        self.destination.inject(fault)
    }

    fn hold(&self) -> bool {
        true
    }

    fn resume(&self) {}

    fn step(&self) -> bool {
        self.pool.step()
    }

    fn refuse_job(&self) -> bool {
        self.pool.queue().refusals += 1;
        true
    }
}
