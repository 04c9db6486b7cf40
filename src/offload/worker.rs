//! The worker of an [`Offload`](super::Offload): one task for the life of the handle. And [`Job`], one turn of it.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc as StdArc,
    task::{Context, Poll, Waker},
};

use async_task::Runnable;

use super::{
    pool::Pool,
    shared::{After, Shared},
    spin::{Counted, Stay},
};
use crate::{guard::ignore_panics, primitives::Arc};

/// A turn of one `Offload`'s worker on a thread that may block: it carries out what is posted, maybe several operations
/// one after the other.
///
/// A [`Pool`] gets it, and [runs](Self::run) it once or drops it. Dropped, it gives the destination back, and the
/// operation that was posted answers an error ([O4](crate::contract::Rule::O4)).
#[must_use = "a job that is dropped answers an error"]
pub struct Job {
    queued: Counted,
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

/// Spawns a worker for what was posted at `shared`, and gives the waker that has it look there again.
///
/// A wake after the end only has the task end too, so it is run on the thread at hand, without the pool.
pub(super) fn spawn<T: Send + 'static, P: Pool>(shared: &Arc<Shared<T>>, pool: &StdArc<P>) -> Waker {
    let worker = Worker { shared: shared.clone() };
    let (shared, pool) = (shared.clone(), pool.clone());
    let schedule = move |runnable: Runnable| {
        if shared.is_over() {
            runnable.run();
            return;
        }
        hand_over(&*pool, runnable);
    };
    let (runnable, task) = async_task::spawn(worker, schedule);
    task.detach();
    let waker = runnable.waker();
    runnable.schedule();
    waker
}

/// Whether the pool takes the job, drops it or panics, the operation is answered.
pub(super) fn hand_over<P: Pool>(pool: &P, runnable: Runnable) {
    let job = Job { queued: Counted::queued(), runnable };
    ignore_panics(|| pool.execute(job));
}

struct Worker<T> {
    shared: Arc<Shared<T>>,
}

/// Nothing in it is pinned.
impl<T> Unpin for Worker<T> {}

impl<T> Future for Worker<T> {
    type Output = ();

    /// Carries out what is posted. `Pending` while there is nothing: whoever posts wakes it, unless it is looking.
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let stay = Stay::begins();
        loop {
            match self.shared.work(&stay) {
                After::Look(look) => self.shared.look(look),
                After::Rest => return Poll::Pending,
                After::Over => return Poll::Ready(()),
            }
        }
    }
}

/// The pool has dropped the job, or the work is over.
impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.shared.worker_is_gone();
    }
}
