//! How an operation of an [`Offload`] is posted and waited for: the same for all of them.

use std::{
    future::poll_fn,
    io::{self, Read, Seek, SeekFrom},
    task::{Context, Poll, ready},
};

use super::{
    Offload, Pool,
    operation::{Operation, Payload, Reply, Report},
    place::Side,
    shared::{Inner, Posted, Shared, Step},
    worker,
};
use crate::{
    primitives::Arc,
    sync_write::{WriteComplete, write_once},
    ticket::{Submitted, Ticket},
    write::{end_run, poll_budget},
};

/// How many bytes one submission takes at most. Bounds the memory of a writer; half as much costs a large write twice as
/// many hand-overs, twice as much gains nothing that could be measured.
pub(crate) const MAX_SUBMISSION: usize = 2 << 20;

/// How many bytes one read fetches at most.
pub(crate) const MAX_READ: usize = 1 << 20;

/// What an operation that is not a read or a write may begin with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing; it does not write.
    Nothing,
    /// No write is outstanding, and the cursor is where the caller believes it.
    Settled,
}

impl<T: Send + 'static, P: Pool> Offload<T, P> {
    /// Takes `step`s, each under the lock, until one has an answer.
    pub(super) fn drive<R>(
        &mut self,
        side: Side,
        cx: &mut Context<'_>,
        mut step: impl FnMut(&Shared<T>, &mut Inner<T>) -> Step<R>,
    ) -> Poll<R> {
        loop {
            let shared: &Arc<Shared<T>> = &self.shared;
            match shared.poll(side, cx, |inner| step(shared, inner)) {
                Poll::Ready(Ok(answer)) => return Poll::Ready(answer),
                Poll::Ready(Err(posted)) => self.see_to(posted, 0),
                Poll::Pending => {
                    end_run();
                    return Poll::Pending;
                }
            }
        }
    }

    /// Sees that the worker takes what was posted, an operation on `bytes` bytes.
    fn see_to(&mut self, posted: Posted, bytes: usize) {
        match (posted, &self.worker) {
            (Posted::Spawn, _) => self.worker = Some(worker::spawn(&self.shared, &self.pool)),
            (Posted::Wake, Some(worker)) => worker.wake_by_ref(),
            (Posted::Wake, None) => debug_assert!(false, "there is no worker to wake"),
            (Posted::Seen, _) => self.spinner.wait(bytes, || self.shared.has_ended()),
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
        self.unread = Some(T::unread);
        self.release = T::release;
        let (unread, ticket, mut take) = (self.unread, self.tickets.mint(len), Some(take));
        let posted = ready!(self.drive(Side::Write, cx, |shared, inner| {
            if let Some(step) = inner.begin(Side::Write).or_else(|| shared.unread_first(inner, unread)) {
                return step;
            }
            let Some(take) = take.take() else { unreachable!("a submission is posted once") };
            inner.forget(false);
            let payload = take(inner, len);
            Step::Answer(Ok(shared.post(inner, Side::Write, Operation::Write(write, payload), Some(ticket))))
        }))?;
        self.see_to(posted, len);
        Poll::Ready(Ok(Submitted::InFlight(ticket)))
    }

    /// Answers for `ticket`. One that has ended leaves the executor its turn.
    pub(super) fn poll_ask(&mut self, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        if self.shared.has_ended() {
            ready!(poll_budget(cx));
        }
        self.drive(Side::Write, cx, |_, inner| match inner.machine.ask(ticket) {
            Poll::Ready(answer) => Step::Answer(answer),
            Poll::Pending => Step::Wait,
        })
    }

    pub(super) fn poll_release(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let release = self.release;
        self.drive(Side::Write, cx, |shared, inner| shared.close(inner, release))
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
        self.drive(Side::Read, cx, |shared, inner| {
            // Also what was fetched before waits for an operation under way, which may move the cursor.
            inner.answer_or_begin(Side::Read, |inner| inner.answer_read(buf)).unwrap_or_else(|| {
                inner.stale.0 = inner.machine.cursor.forget_seek();
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
        self.drive(Side::Write, cx, |shared, inner| {
            inner.answer_or_begin(Side::Write, |inner| inner.machine.cursor.take_sought(to)).unwrap_or_else(|| {
                inner.forget(true);
                let from_cursor = inner.machine.cursor.begin_seek(to);
                Step::Posted(shared.post(inner, Side::Write, Operation::Seek(T::seek, from_cursor), None))
            })
        })
    }

    /// Leaves the executor its turn, but not before a refusal, which is answered at once (rule W5).
    pub(super) fn poll_budget_if_settled(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.shared.lock().machine.outstanding().is_some() { Poll::Ready(()) } else { poll_budget(cx) }
    }

    /// Waits until an operation with these needs may begin.
    pub(super) async fn ready(&mut self, needs: Needs) -> io::Result<()> {
        self.post_when_ready(needs, None).await
    }

    /// Runs `work` on the pool, and answers with what it leaves in the reply.
    pub(super) async fn call<R, F>(&mut self, needs: Needs, work: F) -> io::Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut T, &Reply<io::Result<R>>) -> io::Result<Report> + Send + 'static,
    {
        poll_fn(|cx| self.poll_budget_if_settled(cx)).await;
        let reply = Reply::new();
        let theirs = reply.clone();
        let operation = Operation::Call(Box::new(move |destination| work(destination, &theirs)));
        self.post_when_ready(needs, Some(operation)).await?;
        let side = needs.side();
        poll_fn(|cx| {
            self.drive(side, cx, |_, inner| if inner.machine.has_ended() { Step::Answer(()) } else { Step::Wait })
        })
        .await;
        reply.take().unwrap_or_else(|| Err(self.shared.lock().machine.why_lost()))
    }

    async fn post_when_ready(&mut self, needs: Needs, mut operation: Option<Operation<T>>) -> io::Result<()> {
        let (side, unread) = (needs.side(), self.unread);
        let posted = poll_fn(|cx| {
            self.drive(side, cx, |shared, inner| {
                let prepare = |inner: &mut Inner<T>| match needs {
                    Needs::Nothing => None,
                    Needs::Settled => shared.unread_first(inner, unread),
                };
                inner.begin(side).or_else(|| prepare(inner)).unwrap_or_else(|| {
                    if needs != Needs::Nothing {
                        inner.forget(false);
                    }
                    let operation = operation.take();
                    Step::Answer(Ok(operation.map(|operation| shared.post(inner, side, operation, None))))
                })
            })
        })
        .await?;
        if let Some(posted) = posted {
            self.see_to(posted, 0);
        }
        Ok(())
    }
}

impl Needs {
    const fn side(self) -> Side {
        match self {
            Self::Nothing => Side::Read,
            Self::Settled => Side::Write,
        }
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
