//! Who drives the subjects.
//!
//! A runtime is made when a subject's turn comes, and dropped with it. So no runtime's threads wait beside another
//! subject, and the threads that are counted are the subject's own. The pool of `blocking` cannot be dropped: it is one
//! for the process, and its idle threads sleep, but wake twice a second. What it costs to make a runtime is in
//! no figure, because the clock starts after a warm-up.

use std::{future::Future, io};

use smol::LocalExecutor;

/// An executor. What it runs is `Send`, so that one piece of code measures on all of them.
pub(super) trait Runtime: 'static {
    /// Runs `task` to its end.
    ///
    /// # Errors
    ///
    /// When the runtime cannot be made.
    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// As [`run`](Self::run), for a task that calls [`spawn`](Self::spawn).
    fn run_spawning<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Self::run(task)
    }

    /// Has `task` run beside the caller, which is a task of this runtime.
    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F);
}

/// A bare `block_on`; smol's `LocalExecutor` below it where tasks are spawned.
#[derive(Debug)]
pub(super) struct BlockOn;

thread_local! {
    static TASKS: LocalExecutor<'static> = const { LocalExecutor::new() };
}

impl Runtime for BlockOn {
    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(futures_lite::future::block_on(task))
    }

    fn run_spawning<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(TASKS.with(|tasks| futures_lite::future::block_on(tasks.run(task))))
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F) {
        TASKS.with(|tasks| tasks.spawn(task).detach());
    }
}

/// tokio on one thread.
#[derive(Debug)]
pub(super) struct TokioCurrentThread;

impl Runtime for TokioCurrentThread {
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

/// tokio on several threads, with the task in `block_on`, as `#[tokio::main]` has it.
#[derive(Debug)]
pub(super) struct TokioMultiThread;

impl Runtime for TokioMultiThread {
    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(task))
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F) {
        tokio::spawn(task);
    }
}

/// tokio on several threads, with the task spawned onto its workers.
#[derive(Debug)]
pub(super) struct TokioSpawned;

impl Runtime for TokioSpawned {
    fn run<F>(task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        TokioMultiThread::run(async { tokio::spawn(task).await })?.map_err(io::Error::other)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(task: F) {
        tokio::spawn(task);
    }
}

/// The runtime of compio, on io_uring.
#[derive(Debug)]
pub(super) struct Compio;

impl Runtime for Compio {
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

    fn drives_and_spawns<R: Runtime>() {
        assert_eq!(R::run(async { blocking::unblock(|| 7).await }).expect("a runtime"), 7);
        let spawned = R::run_spawning(async {
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
        drives_and_spawns::<BlockOn>();
        drives_and_spawns::<TokioCurrentThread>();
        drives_and_spawns::<TokioMultiThread>();
        drives_and_spawns::<TokioSpawned>();
        // Where io_uring is forbidden, the bench says so in the place of their rows.
        if TokioUring::run(async {}).is_ok() {
            drives_and_spawns::<TokioUring>();
        }
        if Compio::run(async {}).is_ok() {
            drives_and_spawns::<Compio>();
        }
    }
}
