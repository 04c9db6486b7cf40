//! The worker of an [`Offload`](super::Offload): one task for the life of the handle.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc as StdArc,
    task::{Context, Poll, Waker},
};

use async_task::Runnable;

use super::{
    pool::{Pool, submit_job},
    shared::Shared,
};
use crate::primitives::Arc;

/// Spawns a worker that carries out what is posted at `shared`, and gives the waker that has it do so again.
///
/// A wake after the end only has the task end too, so it is run on the thread at hand, without the pool.
pub(super) fn spawn<T: Send + 'static, P: Pool>(shared: &Arc<Shared<T>>, pool: &StdArc<P>) -> Waker {
    let worker = Worker { shared: shared.clone() };
    let (shared, pool) = (shared.clone(), pool.clone());
    let schedule = move |runnable: Runnable| {
        if shared.is_closed() {
            runnable.run();
            return;
        }
        submit_job(&*pool, runnable);
    };
    let (runnable, task) = async_task::spawn(worker, schedule);
    task.detach();
    let waker = runnable.waker();
    runnable.schedule();
    waker
}

struct Worker<T> {
    shared: Arc<Shared<T>>,
}

/// Nothing in it is pinned.
impl<T> Unpin for Worker<T> {}

impl<T> Future for Worker<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.shared.work()
    }
}

/// The pool has dropped the job, or there will be no more work.
impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.shared.worker_is_gone();
    }
}
