//! [`Owner`]: the asynchronous side of an [`Offload`](super::Offload), one operation at a time.

use std::{
    future::poll_fn,
    io::{self, IoSlice, Read, Seek, SeekFrom},
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(feature = "bytes")]
use bytes::Bytes;

use super::{
    errand::{Payload, Work},
    job::{self, Reply},
    pace::{Backoff, Looked, Policy},
    pool::Pool,
    read_ahead::{Ended, ReadAhead},
    shared::{Posted, Shared},
    state::{Report, Side},
};
use crate::{
    error::Indeterminate,
    guard::{catch, checked_count, closed, is_final, quietly, transparent},
    primitives::Arc,
    sync_write::WriteComplete,
    write::{
        AsyncWriteComplete, Submitted, Ticket, TicketSource, first_bytes, kept::Kept, poll_turn, total_len, waited,
    },
};

/// How many bytes one submission takes at most. Bounds the memory of a writer; half as much costs a large write twice as
/// many hand-overs, twice as much gains nothing that could be measured.
const MAX_SUBMISSION: usize = 2 << 20;

/// How many bytes are written on the caller's thread at most, by a try: some microseconds of copying.
const MAX_TRY: usize = 64 << 10;

/// An [`Offload`](super::Offload) without the memory of which buffers came by `poll_write`.
pub(super) struct Owner<T, P> {
    pub(super) shared: Arc<Shared<T>>,
    pool: P,
    tickets: TicketSource,
    /// Whether waiting for a worker pays.
    wait: Backoff,
    /// Whether it pays to try a write on this thread, if that may be tried at all.
    tries: Option<Backoff>,
    read_ahead: ReadAhead,
    /// How `T` moves back over bytes that were fetched and not handed out, once it is known to be a [`WriteComplete`].
    unread: Option<Unread<T>>,
}

/// [`WriteComplete::unread`] of `T`.
pub(super) type Unread<T> = fn(&mut T, u64) -> io::Result<bool>;

impl<T, P> Owner<T, P> {
    pub(super) fn new(destination: T, pool: P, unread: Option<Unread<T>>) -> Self {
        Self {
            shared: Arc::new(Shared::new(destination)),
            pool,
            tickets: TicketSource::new(),
            wait: Backoff::new(),
            tries: Some(Backoff::new()),
            read_ahead: ReadAhead::new(),
            unread,
        }
    }
}

/// Nothing in it is pinned.
impl<T, P> Unpin for Owner<T, P> {}

/// Settled, the destination is dropped here; otherwise the job that has it drops it (rule W14).
impl<T, P> Drop for Owner<T, P> {
    fn drop(&mut self) {
        drop(self.shared.abandon());
    }
}

impl<T, P> Owner<T, P> {
    pub(super) fn set_policy(&mut self, policy: Policy) {
        self.shared.set_policy(policy);
        self.tries = policy.has_tries().then(Backoff::new);
    }
}

impl<T: Send + 'static, P: Pool> Owner<T, P> {
    /// Has `work` done with the destination, which is at home, by a worker. Whatever becomes of that, it comes back.
    fn start(&mut self, side: Side, work: impl FnOnce(&mut T) -> io::Result<Report> + Send + 'static) {
        self.post(side, None, Work::Call(Box::new(work)));
    }

    fn post(&mut self, side: Side, ticket: Option<Ticket>, work: Work<T>) {
        match self.shared.post(side, ticket, work) {
            Some(Posted::Call) => self.call_a_worker(),
            Some(Posted::Seen { wait }) if self.wait.is_due() => {
                if let Some(looked) = self.shared.wait(wait) {
                    self.wait.learn(looked == Looked::InVain);
                    waited();
                }
            }
            Some(Posted::Seen { .. }) | None => {}
        }
    }

    /// Whether the pool takes the job, drops it or panics, the job brings the destination home.
    fn call_a_worker(&self) {
        quietly(|| self.pool.execute(job::worker(&self.shared)));
    }

    /// Waits until a write-side operation may begin, with the cursor where the caller believes it.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            // First of all, so that the write meets what became of it, and not what came of that.
            if self.read_ahead.is_unreading() {
                ready!(self.shared.poll_back(Side::Write, cx));
                if let Ended::Unread(Err(error)) = self.read_ahead.collect(|| self.shared.why_lost()) {
                    return Poll::Ready(Err(error));
                }
            }
            ready!(self.shared.poll_check(Side::Write, cx))?;
            self.take_in();
            match self.unread {
                Some(unread) if self.read_ahead.to_unread() > 0 => {
                    let work = self.read_ahead.unread(unread);
                    self.start(Side::Write, work);
                }
                _ => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Of a read or a seek whose caller walked away takes in what it moved; the answer of a seek goes with that caller.
    fn take_in(&mut self) {
        let ended = self.read_ahead.collect(|| self.shared.why_lost());
        quietly(|| drop(ended));
    }

    /// Runs `work` on the pool as a write-side operation.
    pub(super) async fn call<R, F>(&mut self, work: F) -> io::Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut T, &Reply<io::Result<R>>) -> io::Result<Report> + Send + 'static,
    {
        poll_fn(|cx| self.poll_ready(cx)).await?;
        self.read_ahead.forget_end();
        self.run(Side::Write, work).await
    }

    /// Runs `work` on the pool as soon as the destination is at home, whatever an orphan owes.
    pub(super) async fn peek<R, F>(&mut self, work: F) -> io::Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut T, &Reply<io::Result<R>>) -> io::Result<Report> + Send + 'static,
    {
        poll_fn(|cx| self.shared.poll_check(Side::Read, cx)).await?;
        self.run(Side::Read, work).await
    }

    /// Runs `work` on the pool; the destination is at home.
    pub(super) async fn run<R, F>(&mut self, side: Side, work: F) -> io::Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut T, &Reply<io::Result<R>>) -> io::Result<Report> + Send + 'static,
    {
        poll_fn(poll_turn).await;
        let reply = Reply::new();
        let theirs = reply.clone();
        self.start(side, move |destination| work(destination, &theirs));
        poll_fn(|cx| self.shared.poll_back(side, cx)).await;
        reply.result(|| self.shared.why_lost())
    }

    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>
    where
        T: Read,
    {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        loop {
            if self.read_ahead.is_outstanding() {
                ready!(self.shared.poll_back(Side::Read, cx));
            }
            self.take_in();
            if let Some(end) = self.read_ahead.take_end() {
                end?;
                self.shared.refusal(Side::Read)?;
                return Poll::Ready(Ok(0));
            }
            if self.read_ahead.ahead() > 0 {
                self.shared.refusal(Side::Read)?;
                return Poll::Ready(Ok(self.read_ahead.hand_out(buf)));
            }
            ready!(self.shared.poll_check(Side::Read, cx))?;
            ready!(poll_turn(cx));
            let work = self.read_ahead.read(buf.len());
            self.start(Side::Read, work);
        }
    }

    pub(super) fn poll_seek(&mut self, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>>
    where
        T: Seek,
    {
        loop {
            if self.read_ahead.is_seeking(pos) {
                ready!(self.shared.poll_back(Side::Write, cx));
                if let Ended::Seek(position) = self.read_ahead.collect(|| self.shared.why_lost()) {
                    return Poll::Ready(position);
                }
            }
            ready!(self.shared.poll_check(Side::Write, cx))?;
            ready!(poll_turn(cx));
            self.take_in();
            let work = self.read_ahead.seek(pos);
            self.start(Side::Write, work);
        }
    }

    /// Gives the destination away for good, at its cursor.
    pub(super) fn give_up(&mut self) -> io::Result<T> {
        match self.read_ahead.ahead() {
            0 => self.shared.abandon().ok_or_else(closed),
            n => {
                let text = format!("a read has fetched {n} bytes: read them first");
                Err(io::Error::new(io::ErrorKind::ResourceBusy, text))
            }
        }
    }

    /// Submits what `take` takes, of which `first` is the beginning: empty only if there is nothing to take.
    fn poll_submit(
        &mut self,
        cx: &mut Context<'_>,
        first: &[u8],
        take: impl FnOnce(&Shared<T>) -> Payload,
    ) -> Poll<io::Result<Submitted>>
    where
        T: WriteComplete,
    {
        if first.is_empty() {
            // A barrier makes no call on the destination, not even to move its cursor.
            ready!(self.shared.poll_check(Side::Write, cx))?;
            return poll_turn(cx).map(|()| Ok(Submitted::Complete(0)));
        }
        self.unread = Some(T::unread);
        ready!(self.poll_ready(cx))?;
        ready!(poll_turn(cx));
        self.read_ahead.forget_end();
        if let Some(n) = self.try_at_once(first)? {
            return Poll::Ready(Ok(Submitted::Complete(n)));
        }
        let payload = take(&self.shared);
        let ticket = self.tickets.mint(payload.bytes().len());
        self.post(Side::Write, Some(ticket), Work::Write(write::<T>, payload));
        Poll::Ready(Ok(Submitted::InFlight(ticket)))
    }

    /// Writes on this thread, if the destination can without blocking.
    fn try_at_once(&mut self, buf: &[u8]) -> io::Result<Option<usize>>
    where
        T: WriteComplete,
    {
        // A longer one is a matter for the pool as a whole, and not for its first bytes here.
        let Some(tries) = &mut self.tries else { return Ok(None) };
        if buf.len() > MAX_TRY || !tries.is_due() {
            return Ok(None);
        }
        let Some(mut destination) = self.shared.take(Side::Write) else { return Ok(None) };
        let tried = catch(|| transparent(|| or_would_block(destination.try_write(buf))))
            .and_then(|result| result)
            .and_then(|n| n.map(|n| checked_count(n, buf.len())).transpose());
        tries.learn(matches!(tried, Ok(None)));
        match tried {
            Err(error) if Indeterminate::find(&error).is_some() => {
                let mut kept = Kept::new(error);
                let error = kept.give();
                self.shared.poison(destination, kept.give());
                return Err(error);
            }
            Ok(Some(_)) => self.shared.come_home(destination, Report::AtOnce),
            Ok(None) | Err(_) => self.shared.come_home(destination, Report::Other),
        }
        tried
    }
}

/// Copies into `buffer` what one submission takes of `bufs`.
fn fill(mut buffer: Vec<u8>, bufs: &[IoSlice<'_>]) -> Payload {
    buffer.clear();
    // No more than that, as the buffer is kept.
    buffer.reserve_exact(total_len(bufs).min(MAX_SUBMISSION));
    for buf in bufs {
        let room = MAX_SUBMISSION - buffer.len();
        buffer.extend_from_slice(&buf[..room.min(buf.len())]);
    }
    Payload::Copied(buffer)
}

impl<T: WriteComplete + Send + 'static, P: Pool> AsyncWriteComplete for Owner<T, P> {
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        // As much as is taken, since a slice for the vectored calls cannot be of any length everywhere.
        let most = &buf[..buf.len().min(MAX_SUBMISSION)];
        self.get_mut().poll_submit(cx, buf, |shared| fill(shared.spare_buffer(), &[IoSlice::new(most)]))
    }

    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.get_mut().poll_submit(cx, first_bytes(bufs), |shared| fill(shared.spare_buffer(), bufs))
    }

    #[cfg(feature = "bytes")]
    fn poll_write_submit_bytes(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &Bytes,
    ) -> Poll<io::Result<Submitted>> {
        self.get_mut().poll_submit(cx, bytes, |_| Payload::Shared(bytes.clone()))
    }

    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.shared.poll_answer(cx, ticket)
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What was fetched goes with the destination it was fetched from.
        let fetched = std::mem::replace(&mut self.read_ahead, ReadAhead::new());
        quietly(|| drop(fetched));
        self.shared.poll_close(cx, || self.call_a_worker())
    }
}

/// The one call of a submission (rule W4), on the pool.
fn write<T: WriteComplete>(destination: &mut T, bytes: &[u8]) -> io::Result<Report> {
    match transparent(|| destination.write(bytes)).and_then(|n| checked_count(n, bytes.len())) {
        Err(error) if Indeterminate::find(&error).is_some() => Err(error),
        result => Ok(Report::Write(result.map_err(Kept::new))),
    }
}

/// A try that would block has not been made.
fn or_would_block(tried: io::Result<Option<usize>>) -> io::Result<Option<usize>> {
    match tried {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock && !is_final(&error) => Ok(None),
        tried => tried,
    }
}
