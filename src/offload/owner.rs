//! [`Owner`]: the asynchronous side of an [`Offload`](super::Offload), one operation at a time.

use std::{
    future::poll_fn,
    io::{self, IoSlice, Read, Seek, SeekFrom},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    job::{self, Reply},
    pool::Pool,
    read_ahead::{Ended, ReadAhead},
    shared::Shared,
    state::{Report, Side},
};
use crate::{
    error::Indeterminate,
    guard::{catch, checked_count, closed, is_final, quietly, transparent},
    primitives::Arc,
    sync_write::WriteComplete,
    write::{AsyncWriteComplete, Submitted, Ticket, TicketSource, kept::Kept, poll_turn, total_len},
};

/// How many bytes one submission takes at most. Bounds the memory of a writer.
const MAX_SUBMISSION: usize = 1 << 20;

/// An [`Offload`](super::Offload) without the memory of which buffers came by `poll_write`.
pub(super) struct Owner<T, P> {
    pub(super) shared: Arc<Shared<T>>,
    pool: P,
    tickets: TicketSource,
    /// The bytes of the last submission. Its job has a second handle, and gives it back before the write is answered;
    /// so the allocation serves the next one.
    buffer: Arc<Vec<u8>>,
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
            buffer: Arc::new(Vec::new()),
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

impl<T: Send + 'static, P: Pool> Owner<T, P> {
    /// Sends the destination, which is at home, to the pool. Whatever the pool does, it comes back.
    fn start(&self, side: Side, work: impl FnOnce(&mut T) -> io::Result<Report> + Send + 'static) {
        if let Some(destination) = self.shared.take(side) {
            self.hand_over(job::operation(&self.shared, destination, work));
        }
    }

    /// Whether the pool takes the job, drops it or panics, the job brings the destination home.
    fn hand_over(&self, job: job::Job) {
        quietly(|| self.pool.execute(job));
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

    fn poll_submit(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<Submitted>>
    where
        T: WriteComplete,
    {
        if total_len(bufs) == 0 {
            // A barrier makes no call on the destination, not even to move its cursor.
            ready!(self.shared.poll_check(Side::Write, cx))?;
            return poll_turn(cx).map(|()| Ok(Submitted::Complete(0)));
        }
        self.unread = Some(T::unread);
        ready!(self.poll_ready(cx))?;
        ready!(poll_turn(cx));
        self.read_ahead.forget_end();
        if let Some(n) = self.try_at_once(bufs)? {
            return Poll::Ready(Ok(Submitted::Complete(n)));
        }
        let bytes = self.fill(bufs);
        let ticket = self.tickets.mint(bytes.len());
        if let Some(destination) = self.shared.take(Side::Write) {
            self.shared.submit(ticket);
            self.hand_over(job::operation(&self.shared, destination, move |destination| write(destination, &bytes)));
        }
        Poll::Ready(Ok(Submitted::InFlight(ticket)))
    }

    /// Writes on this thread, if the destination can without blocking.
    fn try_at_once(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<Option<usize>>
    where
        T: WriteComplete,
    {
        let Some(buf) = bufs.iter().find(|buf| !buf.is_empty()) else { return Ok(None) };
        let Some(mut destination) = self.shared.take(Side::Write) else { return Ok(None) };
        let tried = catch(|| transparent(|| or_would_block(destination.try_write(buf))))
            .and_then(|result| result)
            .and_then(|n| n.map(|n| checked_count(n, buf.len())).transpose());
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

    /// Copies what one submission takes of `bufs`.
    fn fill(&mut self, bufs: &[IoSlice<'_>]) -> Arc<Vec<u8>> {
        if Arc::get_mut(&mut self.buffer).is_none() {
            self.buffer = Arc::new(Vec::new());
        }
        if let Some(buffer) = Arc::get_mut(&mut self.buffer) {
            buffer.clear();
            buffer.reserve(total_len(bufs).min(MAX_SUBMISSION));
            for buf in bufs {
                let room = MAX_SUBMISSION - buffer.len();
                buffer.extend_from_slice(&buf[..room.min(buf.len())]);
            }
        }
        self.buffer.clone()
    }
}

impl<T: WriteComplete + Send + 'static, P: Pool> AsyncWriteComplete for Owner<T, P> {
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.get_mut().poll_submit(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.get_mut().poll_submit(cx, bufs)
    }

    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.shared.poll_answer(cx, ticket)
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What was fetched goes with the destination it was fetched from.
        let fetched = std::mem::replace(&mut self.read_ahead, ReadAhead::new());
        quietly(|| drop(fetched));
        self.shared.poll_close(cx, |destination| self.hand_over(job::release(&self.shared, destination)))
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
