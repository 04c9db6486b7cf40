//! How an operation of an [`Offload`] is posted and waited for: the same for all of them.

use std::{
    future::poll_fn,
    io::{self, Read, Seek, SeekFrom},
    task::{Context, Poll, ready},
};

use super::{
    Offload, Pool, events,
    operation::{Operation, Payload, Reply, Report},
    place::Side,
    shared::{Inner, Notify, Shared, Step},
    worker,
};
use crate::{
    guard::drop_catching_panics,
    sync_write::{WriteComplete, write_once},
    ticket::{Submitted, Ticket},
    write::{end_run, poll_budget},
};

/// How many bytes one submission takes at most. Bounds the memory of a writer; half as much costs a large write twice
/// as many hand-overs, twice as much gains nothing that could be measured.
pub(crate) const MAX_SUBMISSION: usize = 2 << 20;

/// How many bytes one read fetches at most.
pub(crate) const MAX_READ: usize = 1 << 20;

impl<T: Send + 'static, P: Pool> Offload<T, P> {
    /// Takes `step`s, each under the lock, until one has an answer.
    pub(super) fn poll_steps<R>(
        &mut self,
        side: Side,
        cx: &mut Context<'_>,
        mut step: impl FnMut(&Shared<T>, &mut Inner<T>) -> Step<R>,
    ) -> Poll<R> {
        let mut waker = None;
        loop {
            // A waker is cloned before the lock is taken. Where an operation has ended there is most likely an answer.
            if waker.is_none() && !self.shared.has_ended() {
                waker = Some(cx.waker().clone());
            }
            let can_wait = waker.is_some();
            match self.shared.step(side, &mut waker, &mut step) {
                Step::Answer(answer) => {
                    drop_catching_panics(waker);
                    return Poll::Ready(answer);
                }
                Step::Posted(notify) => self.notify_worker(notify),
                Step::Wait if !can_wait => waker = Some(cx.waker().clone()),
                Step::Wait => break,
                Step::Yield => {
                    // The other side was woken before, so it is mostly polled before. Only fairness rests on it.
                    drop_catching_panics(waker.take());
                    cx.waker().wake_by_ref();
                    break;
                }
            }
        }
        drop_catching_panics(waker);
        end_run();
        Poll::Pending
    }

    /// Has the worker take what was posted.
    fn notify_worker(&mut self, notify: Notify) {
        match (notify, &self.worker) {
            (Notify::Spawn, _) => self.worker = Some(worker::spawn(&self.shared, &self.pool)),
            (Notify::Wake, Some(worker)) => worker.wake_by_ref(),
            (Notify::Wake, None) => debug_assert!(false, "there is no worker to wake"),
            (Notify::Spinning, _) => self.spins.spin_until(|| self.shared.has_ended()),
        }
    }

    /// Submits `len` bytes, or as many of them as one submission takes. `take` copies them, under the lock.
    pub(super) fn poll_submit(
        &mut self,
        cx: &mut Context<'_>,
        len: usize,
        take: impl FnOnce(&mut Inner<T>, usize) -> Payload,
    ) -> Poll<io::Result<Submitted>>
    where
        T: WriteComplete,
    {
        self.seek_back = Some(T::seek_back);
        self.release = T::release;
        let (seek_back, ticket) = (self.seek_back, self.tickets.mint(len));
        let mut take = Some((take, events::Submission::new(ticket)));
        let notify = ready!(self.poll_steps(Side::Write, cx, |shared, inner| {
            if let Some(step) = shared.begin_write(inner, seek_back, |_| None) {
                return step;
            }
            let Some((take, submission)) = take.take() else { unreachable!("a submission is posted once") };
            let payload = take(inner, len);
            let operation = Operation::Write(write, payload, submission);
            Step::Answer(Ok(shared.post(inner, Side::Write, operation, Some(ticket))))
        }))
        .map_err(events::refused)?;
        events::submitted(ticket);
        self.notify_worker(notify);
        Poll::Ready(Ok(Submitted::InFlight(ticket)))
    }

    /// Answers for `ticket`. One that has ended leaves the executor its turn.
    pub(super) fn poll_answer(&mut self, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        if self.shared.has_ended() {
            ready!(poll_budget(cx));
        }
        self.poll_steps(Side::Write, cx, |_, inner| match inner.machine.poll_answer(ticket) {
            Poll::Ready(answer) => Step::Answer(answer),
            Poll::Pending => Step::Wait,
        })
    }

    pub(super) fn poll_release(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let release = self.release;
        self.poll_steps(Side::Write, cx, |shared, inner| shared.close(inner, release))
    }

    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>
    where
        T: Read,
    {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.shared.has_ended() {
            ready!(poll_budget(cx));
        }
        self.poll_steps(Side::Read, cx, |shared, inner| {
            // Also what was fetched before waits for an operation under way, which may move the cursor.
            inner.answer_or_begin(Side::Read, |inner| inner.answer_read(buf)).unwrap_or_else(|| {
                inner.machine.cursor.forget_seek(&mut inner.machine.discarded);
                let mut buffer = inner.spare_buffer();
                buffer.make_room(buf.len().min(MAX_READ));
                Step::Posted(shared.post(inner, Side::Read, Operation::Read(T::read, buffer), None))
            })
        })
    }

    pub(super) fn poll_seek(&mut self, cx: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>>
    where
        T: Seek,
    {
        ready!(self.poll_budget_if_settled(cx));
        self.poll_steps(Side::Write, cx, |shared, inner| {
            inner.answer_or_begin(Side::Write, |inner| inner.machine.cursor.take_seek_result(to)).unwrap_or_else(|| {
                inner.forget(true);
                let from_cursor = inner.machine.cursor.begin_seek(to);
                Step::Posted(shared.post(inner, Side::Write, Operation::Seek(T::seek, from_cursor), None))
            })
        })
        .map_err(events::refused)
    }

    /// Leaves the executor its turn, but not before a refusal, which is answered at once (rule W5).
    pub(super) fn poll_budget_if_settled(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.shared.lock().machine.outstanding().is_some() { Poll::Ready(()) } else { poll_budget(cx) }
    }

    /// Waits until an operation of the writing side may begin, with the cursor where the caller believes it.
    pub(super) async fn ready_to_write(&mut self) -> io::Result<()> {
        self.post_when_ready(Side::Write, None).await
    }

    /// Runs `work` on the pool as an operation of `side`, and returns what it leaves in the reply.
    pub(super) async fn call<R, F>(&mut self, side: Side, work: F) -> io::Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut T, &Reply<io::Result<R>>) -> io::Result<Report> + Send + 'static,
    {
        poll_fn(|cx| self.poll_budget_if_settled(cx)).await;
        let reply = Reply::new();
        let theirs = reply.clone();
        let operation = Operation::Call(Box::new(move |destination| work(destination, &theirs)));
        self.post_when_ready(side, Some(operation)).await?;
        poll_fn(|cx| {
            self.poll_steps(side, cx, |_, inner| if inner.machine.has_ended() { Step::Answer(()) } else { Step::Wait })
        })
        .await;
        reply.take().unwrap_or_else(|| Err(self.shared.lock().machine.why_no_reply()))
    }

    async fn post_when_ready(&mut self, side: Side, mut operation: Option<Operation<T>>) -> io::Result<()> {
        let seek_back = self.seek_back;
        let notify = poll_fn(|cx| {
            self.poll_steps(side, cx, |shared, inner| {
                let step = match side {
                    Side::Read => inner.answer_or_begin(side, |_| None),
                    Side::Write => shared.begin_write(inner, seek_back, |_| None),
                };
                step.unwrap_or_else(|| {
                    let operation = operation.take();
                    Step::Answer(Ok(operation.map(|operation| shared.post(inner, side, operation, None))))
                })
            })
        })
        .await
        .map_err(events::refused)?;
        if let Some(notify) = notify {
            self.notify_worker(notify);
        }
        Ok(())
    }
}

/// How many bytes of `len` one submission takes.
pub(crate) fn at_most_a_submission(len: usize) -> usize {
    len.min(MAX_SUBMISSION)
}

/// One write on the pool's thread (rule O1).
fn write<T: WriteComplete>(destination: &mut T, bytes: &[u8]) -> io::Result<usize> {
    write_once(destination, bytes.len(), |destination| destination.write(bytes))
}
