//! [`run_on`] and [`run_detached`]: one call on a pool, without a handle.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_task::FallibleTask;

use super::{
    abandoned::{UnderWay, count_failures},
    operation::not_run,
    pool::{Pool, submit_job},
};
use crate::{
    guard::catch_panics,
    primitives::{Mutex, lock},
    write::PanicSafeWaker,
};

/// What a failure is to [`abandoned`](super::abandoned()) if the future of the call was dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfDropped {
    /// Of a write or a sync: it counts.
    Counts,
    /// Of a read or an open: nothing is lost by it.
    IsForgotten,
}

/// Runs `call` on `pool`. Dropped after its first poll, the call is made all the same, and its result is dropped;
/// [`abandoned`](super::abandoned()) waits for that.
pub(crate) async fn run_on<R, P, F>(pool: &Arc<P>, if_dropped: IfDropped, call: F) -> io::Result<R>
where
    R: Send + 'static,
    P: Pool,
    F: FnOnce() -> io::Result<R> + Send + 'static,
{
    let (pool, state) = (pool.clone(), Arc::new(Mutex::new(State::Awaited)));
    // A call that the pool drops has failed.
    let mut end = End { state: state.clone(), has_failed: if_dropped == IfDropped::Counts };
    let work = async move {
        let result = catch_panics(call).and_then(|result| result);
        end.has_failed &= result.is_err();
        (result, end)
    };
    let (runnable, task) = async_task::spawn(work, move |runnable| submit_job(&*pool, runnable));
    let result = JoinResult { task: Some(task.fallible()), waker: PanicSafeWaker::new(), state };
    runnable.schedule();
    result.await
}

/// Has `pool` run `work`, or drop it.
pub(crate) fn run_detached<P: Pool>(pool: &Arc<P>, work: impl FnOnce() + Send + 'static) {
    let pool = pool.clone();
    let (runnable, task) = async_task::spawn(async move { work() }, move |runnable| submit_job(&*pool, runnable));
    task.detach();
    runnable.schedule();
}

/// How far a call is whose caller may go.
enum State {
    /// Its caller waits.
    Awaited,
    /// Its caller has gone.
    Abandoned(UnderWay),
    /// It has ended, and its result is answered or dropped.
    Ended { has_failed: bool },
}

/// The end of a call. Its drop comes after that of the result, which may be a file, and notifies
/// [`abandoned`](super::abandoned()).
struct End {
    state: Arc<Mutex<State>>,
    has_failed: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        let state = std::mem::replace(&mut *lock(&self.state), State::Ended { has_failed: self.has_failed });
        if let State::Abandoned(under_way) = state {
            under_way.end(u64::from(self.has_failed));
        }
    }
}

/// Waits for the result. Its drop leaves the task alone, where that of async-task's handle would cancel it.
struct JoinResult<R> {
    task: Option<FallibleTask<(io::Result<R>, End)>>,
    waker: PanicSafeWaker,
    state: Arc<Mutex<State>>,
}

/// Nothing in it is pinned.
impl<R> Unpin for JoinResult<R> {}

impl<R> Future for JoinResult<R> {
    type Output = io::Result<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let Self { task, waker, .. } = self.get_mut();
        let Some(running) = task else { unreachable!("polled after its end") };
        // async-task aborts the process where a waker panics (rule P1).
        let waker = waker.around(cx.waker());
        let ended = ready!(Pin::new(running).poll(&mut Context::from_waker(&waker)));
        *task = None;
        Poll::Ready(ended.map_or_else(|| Err(not_run()), |(result, _)| result))
    }
}

impl<R> Drop for JoinResult<R> {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        let mut state = lock(&self.state);
        match *state {
            State::Awaited => *state = State::Abandoned(UnderWay::begin()),
            // The caller goes without the answer.
            State::Ended { has_failed: true } => count_failures(1),
            State::Ended { .. } | State::Abandoned(_) => {}
        }
        drop(state);
        task.detach();
    }
}
