//! [`Job`]: what a pool runs, and how the destination gets home whatever becomes of it.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::PoisonError,
    task::{Context, Poll},
    time::Instant,
};

use async_task::Runnable;

use super::{pace::Queued, shared::Shared, state::Report};
use crate::{
    error::Indeterminate,
    guard::quietly,
    primitives::{Arc, Mutex},
    write::kept::Kept,
};

/// One operation on one destination, or several of them one after the other, to be run on a thread that may block.
///
/// A [`Pool`](super::Pool) gets it, and [runs](Self::run) it once or drops it. Dropped, it gives the destination back,
/// and the operation answers an error.
#[must_use = "a job that is dropped answers an error"]
pub struct Job(Runnable);

impl Job {
    /// Runs the operation; blocks as long as the destination does. Never panics.
    pub fn run(self) {
        self.0.run();
    }

    fn new(work: impl Future<Output = ()> + Send + 'static) -> Self {
        // The future never waits, so it is never scheduled again.
        let (runnable, task) = async_task::spawn(work, |_| {});
        task.detach();
        Self(runnable)
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// A job that carries out what is posted at `shared`, and lingers for more. Dropped before it ran, it gives the errand
/// back.
pub(super) fn worker<T: Send + 'static>(shared: &Arc<Shared<T>>) -> Job {
    Job::new(Worker { shared: shared.clone(), queued: Some(Queued::new(Instant::now())) })
}

/// A thread of the pool, in the service of one writer.
struct Worker<T> {
    shared: Arc<Shared<T>>,
    /// Until it runs.
    queued: Option<Queued>,
}

/// Nothing in it is pinned.
impl<T> Unpin for Worker<T> {}

impl<T> Future for Worker<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if let Some(queued) = self.queued.take() {
            queued.starts();
        }
        let came = Instant::now();
        while let Some(errand) = self.shared.next() {
            let Some(lingering) = errand.run(&self.shared, came) else { break };
            self.shared.linger(lingering);
        }
        Poll::Ready(())
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        if self.queued.take().is_some() {
            if let Some(errand) = self.shared.give_back() {
                errand.give_back(&self.shared);
            }
        }
    }
}

/// Where an operation leaves its result for whoever asked, if they still ask.
pub(super) struct Reply<R>(Arc<Mutex<Option<Answer<R>>>>);

/// A result of which a panic in its drop harms nobody: where nobody asks any more it is dropped by the operation.
struct Answer<R>(Option<R>);

impl<R> Drop for Answer<R> {
    fn drop(&mut self) {
        let unheard = self.0.take();
        quietly(|| drop(unheard));
    }
}

impl<R> Reply<R> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }

    pub(super) fn set(&self, result: R) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Answer(Some(result)));
    }

    fn take(&self) -> Option<R> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?.0.take()
    }
}

impl<R> Reply<io::Result<R>> {
    /// The result; an operation that did not come to its end has none, and `lost` says why.
    pub(super) fn result(&self, lost: impl FnOnce() -> io::Error) -> io::Result<R> {
        self.take().unwrap_or_else(|| Err(lost()))
    }

    /// Leaves `result`, and reports what it says of the destination: an indeterminate one is `Err`.
    pub(super) fn answer(&self, result: io::Result<R>) -> io::Result<Report> {
        match result {
            Err(error) if Indeterminate::find(&error).is_some() => {
                let mut kept = Kept::new(error);
                self.set(Err(kept.give()));
                Err(kept.give())
            }
            result => {
                self.set(result);
                Ok(Report::Other)
            }
        }
    }
}

impl<R> Clone for Reply<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R> fmt::Debug for Reply<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}
