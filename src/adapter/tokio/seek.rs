//! [`Seek`]: tokio's seek in two steps.

use std::{
    fmt,
    io::{self, SeekFrom},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker, ready},
};

use crate::{
    adapter::pending_write::PendingWrite,
    error::WriteOutstanding,
    guard::{drop_catching_panics, ignore_panics},
    write::AsyncWriteComplete,
};

/// The half of `tokio::io::split` that polls: `Read` is `poll_read`, and everything else is `Write`, seeks included.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half {
    Read,
    Write,
}

/// The seek that was started, until an operation of either half has finished it. Only `start_seek` has the bound on the
/// writer, hence the stored function.
pub(super) struct Seek<W> {
    pub(super) started: Option<(SeekFrom, PollSeek<W>)>,
    /// Where the last one ended.
    position: u64,
    /// The tasks of both halves that wait for the writer, seek or not.
    waiting: Option<Arc<BothHalves>>,
}

pub(super) type PollSeek<W> = fn(Pin<&mut W>, &mut Context<'_>, SeekFrom) -> Poll<io::Result<u64>>;

impl<W> Default for Seek<W> {
    fn default() -> Self {
        Self { started: None, position: 0, waiting: None }
    }
}

impl<W> fmt::Debug for Seek<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let started = self.started.as_ref().map(|(to, _)| to);
        f.debug_struct("Seek").field("started", &started).field("position", &self.position).finish_non_exhaustive()
    }
}

impl<W> Seek<W> {
    /// The waker to poll the writer with: one that wakes both halves, or `None` if `task`'s own will do.
    ///
    /// The writer inside counts a seek among its writing operations, which have one waker. A reader that finishes the
    /// seek would displace the task that writes there, and the other way round (rule P1).
    pub(super) fn waker_for(&mut self, half: Half, task: &Waker) -> Option<Waker> {
        let is_shared = match half {
            Half::Read => self.started.is_some(),
            Half::Write => self.waiting.as_ref().is_some_and(|waiting| waiting.has(Half::Read)),
        };
        is_shared.then(|| self.register(half, task).into())
    }

    /// The task of that half waits.
    pub(super) fn register(&mut self, half: Half, task: &Waker) -> Arc<BothHalves> {
        let waiting = self.waiting.get_or_insert_default();
        waiting.register(half, task.clone());
        waiting.clone()
    }

    /// The task of that half has been answered.
    pub(super) fn deregister(&self, half: Half) {
        self.waiting.iter().for_each(|waiting| waiting.deregister(half));
    }
}

impl<W: AsyncWriteComplete + Unpin> Seek<W> {
    /// Finishes the seek that was started, if there is one, after the pending write.
    pub(super) fn poll_finish(
        &mut self,
        writer: &mut W,
        pending: &mut PendingWrite,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<u64>> {
        if let Some((to, poll_seek)) = self.started {
            ready!(pending.poll_end_on(writer, cx))?;
            let result = ready!(poll_seek(Pin::new(writer), cx, to));
            // Refused because of a write that was submitted by ticket, it is still to be made.
            if !result.as_ref().is_err_and(|error| WriteOutstanding::find(error).is_some()) {
                self.started = None;
            }
            self.position = result?;
        }
        Poll::Ready(Ok(self.position))
    }
}

/// The tasks that wait, one of each half. As a waker it wakes both.
#[derive(Debug, Default)]
pub(super) struct BothHalves(Mutex<[Option<Waker>; 2]>);

impl BothHalves {
    fn register(&self, half: Half, task: Waker) {
        let displaced = self.tasks()[half as usize].replace(task);
        drop_catching_panics(displaced);
    }

    fn has(&self, half: Half) -> bool {
        self.tasks()[half as usize].is_some()
    }

    fn deregister(&self, half: Half) {
        let task = self.tasks()[half as usize].take();
        drop_catching_panics(task);
    }

    /// No foreign code runs under the lock.
    fn tasks(&self) -> MutexGuard<'_, [Option<Waker>; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for BothHalves {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let tasks = std::mem::take(&mut *self.tasks());
        tasks.into_iter().flatten().for_each(|task| ignore_panics(|| task.wake()));
    }
}

impl Drop for BothHalves {
    fn drop(&mut self) {
        let tasks = std::mem::take(&mut *self.tasks());
        tasks.into_iter().for_each(drop_catching_panics);
    }
}
