//! [`Pool`]: the seam between an [`Offload`](super::Offload) and the threads that block for it; and the [`Job`]s that
//! it gets. The one file that names `blocking`.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_task::Runnable;

use super::spin::Queued;
use crate::guard::ignore_panics;

/// One scheduling of a worker task, that of one `Offload`, on a thread that may block: it carries out what is posted,
/// maybe several operations one after the other.
///
/// A [`Pool`] gets it, and [runs](Self::run) it once or drops it. A job that is dropped gives the destination back, and
/// the operation that was posted answers an error ([O4](crate::contract::Rule::O4)).
#[must_use = "a job that is dropped answers an error"]
pub struct Job {
    queued: Queued,
    runnable: Runnable,
}

impl Job {
    /// Runs it; blocks as long as the destination does. Never panics.
    pub fn run(self) {
        let Self { queued, runnable } = self;
        drop(queued);
        runnable.run();
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// Makes a job of `runnable`. Whether the pool takes it, drops it or panics, its operation is answered.
pub(super) fn submit_job<P: Pool>(pool: &P, runnable: Runnable) {
    let job = Job { queued: Queued::count(), runnable };
    ignore_panics(|| pool.execute(job));
}

/// Threads on which jobs may block.
///
/// # Implementer notes
///
/// A pool has four duties, on which the rules of the contract rest:
///
/// * **J1** `execute` accepts or refuses a job without blocking. To refuse is to drop it. Where the job would have
///   released a destination that is closed or dropped, that happens then, on the thread at hand.
/// * **J2** An accepted job runs to its end exactly once, or is dropped before it ran.
///   The pool itself may be dropped on a thread of its own, with the last job: its drop must not join that thread.
/// * **J3** `execute` never runs the job inside the call.
/// * **J4** Jobs progress independently of one another, up to the number of threads.
///
/// ```
/// use async_write_complete::offload::{Job, Pool};
///
/// /// A thread for each job.
/// struct Threads;
///
/// impl Pool for Threads {
///     fn execute(&self, job: Job) {
///         // If no thread can be had, the closure is dropped, and the job with it: refused.
///         let _ = std::thread::Builder::new().spawn(move || job.run());
///     }
/// }
/// ```
pub trait Pool: Send + Sync + 'static {
    /// Has `job` run soon, on a thread that may block, or drops it. A panic counts as a refusal if it drops the job.
    fn execute(&self, job: Job);
}

impl<P: Pool + ?Sized> Pool for &'static P {
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
/// Jobs wait in a queue of this crate in front of it. One thread after the other comes as long as jobs wait, so many
/// quick writes need few threads, and each write that blocks has a thread of its own.
///
/// # Limits
///
/// | what | then | instead |
/// |---|---|---|
/// | a thread is needed and cannot be made, as at the limit of a container | `blocking` 1.7 spins inside the call, on the caller's thread and with its lock held, until one can (J1) | `TokioPool`; a pool of threads that were made at the start |
/// | all threads are blocked: by file locks, by FIFOs without a peer | everything else waits, that of async-fs and smol too | a pool of its own for what may block for long: [`Offload::with_pool`](super::Offload::with_pool), [`Offload::open_with_pool`](super::Offload::open_with_pool) |
/// | the process has forked, and the child writes | the threads are the parent's: the first write of the child never ends if one of them was idle | `exec`, or write before the fork |
/// | the process exits | queued jobs do not run, and running ones are cut off (J2); what was answered as complete is safe | [`abandoned`](super::abandoned()), at the end of `main` |
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct BlockingPool;

impl Pool for BlockingPool {
    fn execute(&self, job: Job) {
        let mut queue = lock(&QUEUE);
        queue.jobs.push_back(job);
        request_thread(&QUEUE, queue);
    }
}

/// Jobs in the order in which they came. `blocking` would wake a thread for each of them, hundreds where many writers
/// write at once; here one thread after the other comes as long as jobs wait, and each takes one job after the other.
/// One is always on its way to what waits, so a job that blocks holds up no other (J4).
struct Queue {
    jobs: VecDeque<Job>,
    /// A thread was requested, and has not begun to serve.
    is_thread_pending: bool,
}

impl Queue {
    const fn new() -> Self {
        Self { jobs: VecDeque::new(), is_thread_pending: false }
    }

    /// Whether jobs wait and no thread is pending. One is from now on.
    fn begin_request(&mut self) -> bool {
        let is_needed = !self.jobs.is_empty() && !self.is_thread_pending;
        self.is_thread_pending |= is_needed;
        is_needed
    }
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue::new());

/// How long a thread is kept by one worker that spins, or by this queue. After that it queues again behind those who
/// use the pool otherwise.
pub(super) const TIME_SLICE: Duration = Duration::from_millis(5);

fn lock(queue: &'static Mutex<Queue>) -> MutexGuard<'static, Queue> {
    // Nothing of a job runs under the lock.
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Requests a thread of `blocking` for what is `locked`, if it needs one.
fn request_thread(queue: &'static Mutex<Queue>, mut locked: MutexGuard<'static, Queue>) {
    if locked.begin_request() {
        drop(locked);
        let thread = PendingThread(queue);
        blocking::unblock(move || thread.serve(TIME_SLICE)).detach();
    }
}

struct PendingThread(&'static Mutex<Queue>);

impl PendingThread {
    fn serve(self, slice: Duration) {
        let queue = self.0;
        std::mem::forget(self);
        lock(queue).is_thread_pending = false;
        let began = Instant::now();
        while began.elapsed() < slice {
            let mut locked = lock(queue);
            let Some(job) = locked.jobs.pop_front() else { return };
            request_thread(queue, locked);
            job.run();
        }
        // No job may have been taken, if the thread was late.
        request_thread(queue, lock(queue));
    }
}

/// `blocking` drops what it does not run, if that ever happens: all that waits is refused then.
impl Drop for PendingThread {
    fn drop(&mut self) {
        let mut queue = lock(self.0);
        queue.is_thread_pending = false;
        let refused = std::mem::take(&mut queue.jobs);
        drop(queue);
        drop(refused);
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests;
