//! Who drives the subjects.
//!
//! A runtime is made when a subject's turn comes, and dropped with it. So no runtime's threads wait beside another
//! subject, and the threads that are counted are the subject's own. The pool of `blocking` cannot be dropped: it is one
//! for the process, and its idle threads sleep, but wake twice a second. What it costs to make a runtime is in
//! no figure, because the clock starts after a warm-up.

use std::{future::Future, io, num::NonZeroUsize, thread};

use smol::Executor;

/// An executor. What it runs is `Send`, so that one piece of code measures on all of them.
pub(super) trait Runtime: 'static {
    /// What the table and the JSON call it.
    const NAME: &'static str;

    /// Runs `task` to its end.
    ///
    /// # Errors
    ///
    /// When the runtime cannot be made.
    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Has `task` run beside the caller, which is a task of this runtime.
    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F);
}

/// A bare `block_on`, that of pollster.
#[derive(Debug)]
pub(super) struct Bare;

impl Runtime for Bare {
    const NAME: &str = "bare";

    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(pollster::block_on(task))
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(_: F) {
        unreachable!("a bare executor has no tasks, and no situation with tasks has a subject on it");
    }
}

/// tokio on one thread.
#[derive(Debug)]
pub(super) struct Tokio;

impl Runtime for Tokio {
    const NAME: &str = "tokio";

    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task))
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F) {
        tokio::spawn(task);
    }
}

/// tokio on several threads, with the task spawned onto its workers.
#[derive(Debug)]
pub(super) struct TokioSpawned;

impl Runtime for TokioSpawned {
    const NAME: &str = "tokio-spawned";

    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async { tokio::spawn(task).await }).map_err(io::Error::other)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F) {
        tokio::spawn(task);
    }
}

/// An executor of smol with as many threads as there are cores, and the task on one of them.
#[derive(Debug)]
pub(super) struct SmolSpawned;

static SMOL: Executor<'static> = Executor::new();

impl Runtime for SmolSpawned {
    const NAME: &str = "smol-spawned";

    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (leave, left) = smol::channel::bounded::<()>(1);
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            for _ in 0..cores {
                // It ends with an error, which is when nobody can send any more.
                scope.spawn(|| pollster::block_on(SMOL.run(left.recv())));
            }
            let output = pollster::block_on(SMOL.spawn(task));
            drop(leave);
            Ok(output)
        })
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F) {
        SMOL.spawn(task).detach();
    }
}

/// The runtime of compio, on io_uring.
#[derive(Debug)]
pub(super) struct Compio;

impl Runtime for Compio {
    const NAME: &str = "compio";

    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(compio::runtime::Runtime::new()?.block_on(task))
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F) {
        compio::runtime::spawn(task).detach();
    }
}

/// The runtime of tokio-uring.
#[derive(Debug)]
pub(super) struct TokioUring;

impl Runtime for TokioUring {
    const NAME: &str = "tokio-uring";

    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(tokio_uring::Runtime::new(&tokio_uring::builder())?.block_on(task))
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F) {
        tokio_uring::spawn(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::latch::Latch;

    fn drives<R: Runtime>() {
        assert_eq!(R::run(async { blocking::unblock(|| 7).await }).expect("a runtime"), 7);
    }

    fn drives_and_spawns<R: Runtime>() {
        drives::<R>();
        let spawned = R::run(async {
            let latch = Latch::new(2);
            for _ in 0..2 {
                let latch = latch.clone();
                R::spawn(async move { latch.count_down() });
            }
            latch.wait().await;
        });
        spawned.expect("a runtime");
    }

    #[test]
    fn each_runtime_that_the_kernel_lets_run_drives_and_spawns() {
        drives::<Bare>();
        drives_and_spawns::<Tokio>();
        drives_and_spawns::<TokioSpawned>();
        drives_and_spawns::<SmolSpawned>();
        // Where io_uring is forbidden, the bench says so in the place of their rows.
        if TokioUring::run(async {}).is_ok() {
            drives_and_spawns::<TokioUring>();
        }
        if Compio::run(async {}).is_ok() {
            drives_and_spawns::<Compio>();
        }
    }
}
