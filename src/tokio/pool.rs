//! [`TokioPool`].

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ::tokio::runtime::Handle;

use crate::{
    guard,
    offload::{Job, Pool},
};

/// The blocking threads of a tokio runtime, those of [`spawn_blocking`](::tokio::task::spawn_blocking).
///
/// [`TokioPool::default`] needs no runtime: it takes the one in whose context its first job comes, and keeps it.
///
/// ```
/// use async_write_complete::{AsyncWriteCompleteExt, Offload, tokio::TokioPool};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("f");
/// let mut file = Offload::with_pool(std::fs::File::create(path)?, TokioPool::default());
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// runtime.block_on(file.write_complete(b"there"))?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Limits
///
/// | what | then | instead |
/// |---|---|---|
/// | there is no runtime, or it is shutting down, or not even a first thread can be made | each operation answers an error, and nothing of it happens ([O4](crate::contract::Rule::O4)); tokio prints its panic | |
/// | a runtime is dropped while an operation runs | the drop waits for it, for ever if it never ends (a write to a pipe that nobody reads), as for every `spawn_blocking` | `Runtime::shutdown_timeout`, `Runtime::shutdown_background` |
/// | a runtime is dropped while an operation is queued | it runs all the same, or answers an error; where no answer is awaited, a submitted write can be lost (J2) | wait for the answer: what was answered is complete |
/// | all threads are blocked, 512 of them by default | everything else waits, what `tokio::fs` does too | a pool of its own for what may block for long |
#[derive(Clone, Debug, Default)]
pub struct TokioPool(OnceLock<Handle>);

impl TokioPool {
    /// The blocking threads of the runtime of `handle`.
    pub fn new(handle: Handle) -> Self {
        Self(OnceLock::from(handle))
    }

    fn handle(&self) -> Option<&Handle> {
        if self.0.get().is_none() {
            let _ = self.0.set(Handle::try_current().ok()?);
        }
        self.0.get()
    }
}

impl Pool for TokioPool {
    fn execute(&self, job: Job) {
        let Some(handle) = self.handle() else { return };
        let theirs = Arc::new(Mutex::new(Some(job)));
        let ours = theirs.clone();
        let run = move || {
            if let Some(job) = take(&theirs) {
                job.run();
            }
        };
        // A runtime that has shut down drops the closure. One that can make no thread panics, and keeps the closure for
        // whenever it can: the job is taken back, so that its operation is answered.
        if guard::catch_panics(|| handle.spawn_blocking(run)).is_err() {
            drop(take(&ours));
        }
    }
}

/// The first caller gets the job.
fn take(job: &Mutex<Option<Job>>) -> Option<Job> {
    job.lock().unwrap_or_else(PoisonError::into_inner).take()
}
