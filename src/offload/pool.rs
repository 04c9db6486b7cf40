//! [`Pool`]: the seam between an [`Offload`](super::Offload) and the threads that block for it. The one file that names
//! `blocking`.

use std::sync::Arc;

use super::Job;

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
/// `BLOCKING_MAX_THREADS` says otherwise, first come first served.
///
/// Where it falls short of the duties:
///
/// * P1: while no thread can be made at all, it spins inside the call.
/// * P2: when the process exits, queued jobs do not run and running ones are cut off. What was answered as complete is
///   safe by definition.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct BlockingPool;

impl Pool for BlockingPool {
    fn execute(&self, job: Job) {
        blocking::unblock(move || job.run()).detach();
    }
}
