//! The executors that drive a subject.

use std::{
    future::Future,
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

/// Who polls the task of a row. Where an executor can spawn, the task is spawned, so that its wakers are the
/// executor's own and not only those of a `block_on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Executor {
    /// The global executor of smol.
    Smol,
    /// tokio on one thread.
    TokioCurrentThread,
    /// tokio on several threads.
    TokioMultiThread,
    /// The executor of async-std.
    AsyncStd,
    /// `pollster::block_on`.
    Pollster,
    /// The `block_on` of this file: a waker that unparks a thread, and nothing else.
    Bare,
}

impl Executor {
    /// All of them.
    pub(crate) const ALL: [Executor; 6] = [
        Executor::Smol,
        Executor::TokioCurrentThread,
        Executor::TokioMultiThread,
        Executor::AsyncStd,
        Executor::Pollster,
        Executor::Bare,
    ];

    /// How a label names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Executor::Smol => "smol",
            Executor::TokioCurrentThread => "tokio current-thread",
            Executor::TokioMultiThread => "tokio multi-thread",
            Executor::AsyncStd => "async-std",
            Executor::Pollster => "pollster",
            Executor::Bare => "bare block_on",
        }
    }

    /// Runs a task to its end.
    ///
    /// # Errors
    ///
    /// When a runtime cannot be built, or a runtime that catches panics has caught one.
    pub(crate) fn run<F>(self, task: F) -> io::Result<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        match self {
            Executor::Smol => Ok(smol::block_on(smol::spawn(task))),
            Executor::TokioCurrentThread => spawn_on(tokio::runtime::Builder::new_current_thread(), task),
            Executor::TokioMultiThread => spawn_on(tokio::runtime::Builder::new_multi_thread(), task),
            Executor::AsyncStd => Ok(async_std::task::block_on(async_std::task::spawn(task))),
            Executor::Pollster => Ok(pollster::block_on(task)),
            Executor::Bare => Ok(block_on(task)),
        }
    }
}

fn spawn_on<F>(mut builder: tokio::runtime::Builder, task: F) -> io::Result<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let runtime = builder.enable_all().build()?;
    runtime.block_on(async { tokio::spawn(task).await }).map_err(io::Error::other)
}

/// The least that an executor can be.
fn block_on<F: Future>(task: F) -> F::Output {
    let mut task = pin!(task);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match task.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // A wake between the poll and this line is kept by the thread's token, so none is lost.
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_executor_runs_a_task_that_is_woken_from_another_thread() {
        for executor in Executor::ALL {
            let answer = executor.run(async { blocking::unblock(|| 7).await }).expect("a runtime");
            assert_eq!(answer, 7, "{}", executor.name());
        }
    }

    #[test]
    fn names_differ() {
        for (index, one) in Executor::ALL.iter().enumerate() {
            assert!(Executor::ALL[..index].iter().all(|other| other.name() != one.name()), "{}", one.name());
        }
    }
}
