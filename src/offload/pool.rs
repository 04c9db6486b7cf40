//! [`Pool`]: the seam between an [`Offload`](super::Offload) and the threads that block for it. The one file that names
//! `blocking`.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Job, queue::Queue};

/// Threads on which jobs may block.
///
/// # Implementer notes
///
/// A pool has four duties, on which the rules of the contract rest:
///
/// * **P1** `execute` accepts or refuses a job without blocking. To refuse is to drop it.
/// * **P2** An accepted job runs to its end exactly once, or is dropped before it ran.
/// * **P3** `execute` never runs the job inside the call.
/// * **P4** Jobs of different writers progress independently, up to the number of threads.
///
/// ```
/// use async_write_complete::offload::{Job, Pool};
///
/// /// A thread for each operation.
/// struct Threads;
///
/// impl Pool for Threads {
///     fn execute(&self, job: Job) {
///         // If no thread can be had, the closure is dropped, and the job with it: refused.
///         let _ = std::thread::Builder::new().spawn(move || job.run());
///     }
/// }
/// ```
pub trait Pool {
    /// Has `job` run soon, on a thread that may block, or drops it. A panic counts as a drop of whatever it drops.
    fn execute(&self, job: Job);
}

impl<P: Pool + ?Sized> Pool for &P {
    fn execute(&self, job: Job) {
        (**self).execute(job);
    }
}

impl<P: Pool + ?Sized> Pool for Arc<P> {
    fn execute(&self, job: Job) {
        (**self).execute(job);
    }
}

/// The pool of the `blocking` crate, which async-fs and smol use too: one for the process, 500 threads unless
/// `BLOCKING_MAX_THREADS` or [`blocking::set_max_blocking_threads`] says otherwise.
///
/// Jobs wait in a queue of ours, first come, first served, and each calls a thread, unless the threads that are there
/// come back so soon that a call would cost more than it gains. Where it falls short of the duties:
///
/// * P1: while no thread can be made at all, `blocking` spins inside the call.
/// * P2: when the process exits, queued jobs do not run and running ones are cut off. What was answered as complete is
///   safe by definition.
///
/// In `blocking` 1.7 threads that were once made stay, and each wakes twice a second to look for work.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct BlockingPool;

impl Pool for BlockingPool {
    fn execute(&self, job: Job) {
        let mut queue = queue();
        queue.push(job);
        call_who_is_missing(queue);
    }
}

/// How long a thread takes one job after the other before it queues again behind those who use `blocking` otherwise.
const RESIDENCE: Duration = Duration::from_millis(5);

static QUEUE: Mutex<Queue<Job>> = Mutex::new(Queue::new());

fn queue() -> MutexGuard<'static, Queue<Job>> {
    // Nothing of a job runs under the lock.
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn call_who_is_missing(mut queue: MutexGuard<'_, Queue<Job>>) {
    let missing = queue.missing(Instant::now());
    drop(queue);
    for _ in 0..missing {
        let called = Called;
        blocking::unblock(move || called.arrive()).detach();
    }
}

/// A thread on its way to the queue.
struct Called;

impl Called {
    fn arrive(self) {
        std::mem::forget(self);
        let came = Instant::now();
        let is_needed = queue().arrive(came);
        if !is_needed {
            return;
        }
        let (mut now, mut last) = (came, None);
        while now < came + RESIDENCE {
            let mut queue = queue();
            let Some(job) = queue.take(now, last) else { return };
            call_who_is_missing(queue);
            job.run();
            last = Some(now);
            now = Instant::now();
        }
        call_who_is_missing(queue());
    }
}

/// `blocking` drops what it does not run, if that ever happens.
impl Drop for Called {
    fn drop(&mut self) {
        let refused = queue().refuse();
        drop(refused);
    }
}
