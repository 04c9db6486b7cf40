//! One poll of each operation of an [`AsyncWriteComplete`], by hand.
//!
//! A turn that a writer leaves to the executor (rule P4) is `Pending` with the task woken inside the poll. It depends
//! on the time, so it is taken here, and no test sees it.

use std::{
    future::Future,
    io::{self, IoSlice},
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Offload, PriorWriteFailed, Settled, Submitted, Ticket, UnknownTicket,
    WriteComplete, WriteOutstanding, offload::Policy,
};

use super::{
    destination::{Observer, Scripted},
    pool::Stepped,
    waker::Task,
};

/// Polls until the answer is another one than a turn for the executor.
pub fn poll<R>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    loop {
        let task = Task::new();
        let polled = task.poll(&mut poll);
        if polled.is_ready() || task.wakes() == 0 {
            return polled;
        }
    }
}

/// One poll of a submission.
pub fn submit<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W, buf: &[u8]) -> Poll<io::Result<Submitted>> {
    poll(|cx| Pin::new(&mut *writer).poll_write_submit(cx, buf))
}

/// One poll of a vectored submission.
pub fn submit_vectored<W: AsyncWriteComplete + Unpin + ?Sized>(
    writer: &mut W,
    bufs: &[&[u8]],
) -> Poll<io::Result<Submitted>> {
    let bufs: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
    poll(|cx| Pin::new(&mut *writer).poll_write_submit_vectored(cx, &bufs))
}

/// One poll of a submission of no bytes.
pub fn submit_nothing<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W) -> Poll<io::Result<Submitted>> {
    submit(writer, &[])
}

/// Submits to a writer that takes all of `buf`; the write is in flight.
#[track_caller]
pub fn in_flight<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W, buf: &[u8]) -> Ticket {
    match submit(writer, buf) {
        Poll::Ready(Ok(Submitted::InFlight(ticket))) => {
            assert_eq!(ticket.len(), buf.len(), "how many bytes were taken");
            assert_eq!(writer.outstanding(), Some(ticket));
            ticket
        }
        other => panic!("not in flight: {other:?}"),
    }
}

/// Asks for a ticket once.
pub fn ask<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W, ticket: Ticket) -> Poll<io::Result<usize>> {
    poll(|cx| Pin::new(&mut *writer).poll_write_complete(cx, ticket))
}

/// Submits `buf`, runs the pool, and asks.
#[track_caller]
pub fn write_now<W: AsyncWriteComplete + Unpin + ?Sized>(
    writer: &mut W,
    pool: &Stepped,
    buf: &[u8],
) -> io::Result<usize> {
    let ticket = in_flight(writer, buf);
    assert_eq!(pool.run_all(), 1, "one job for one write");
    ready(ask(writer, ticket))
}

/// Polls a settle once.
pub fn settle<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W) -> Poll<io::Result<Option<Settled>>> {
    poll_future(&mut writer.settle())
}

/// One poll of a close.
pub fn close<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W) -> Poll<io::Result<()>> {
    poll(|cx| Pin::new(&mut *writer).poll_close_complete(cx))
}

/// What is ready.
#[track_caller]
pub fn ready<R>(polled: Poll<R>) -> R {
    match polled {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("not ready"),
    }
}

/// The error that is ready.
#[track_caller]
pub fn failed<R: std::fmt::Debug>(polled: Poll<io::Result<R>>) -> io::Error {
    match polled {
        Poll::Ready(Err(error)) => error,
        other => panic!("no error: {other:?}"),
    }
}

/// Asserts that `polled` was refused at once, because `ticket` was not answered.
#[track_caller]
pub fn refused<R: std::fmt::Debug>(polled: Poll<io::Result<R>>, ticket: Ticket) -> io::Error {
    let error = failed(polled);
    let refusal = WriteOutstanding::find(&error).unwrap_or_else(|| panic!("no refusal: {error:?}"));
    assert_eq!((refusal.ticket(), error.kind()), (ticket, io::ErrorKind::ResourceBusy), "{error:?}");
    error
}

/// Asserts that `polled` is the answer for a `ticket` that the writer does not know.
#[track_caller]
pub fn unknown<R: std::fmt::Debug>(polled: Poll<io::Result<R>>, ticket: Ticket) {
    let error = failed(polled);
    let unknown = UnknownTicket::find(&error).unwrap_or_else(|| panic!("the ticket is known: {error:?}"));
    assert_eq!((unknown.ticket(), error.kind()), (ticket, io::ErrorKind::InvalidInput), "{error:?}");
}

/// Asserts that `polled` reports an earlier `poll_write` of `len` bytes.
#[track_caller]
pub fn prior<R: std::fmt::Debug>(polled: Poll<io::Result<R>>, len: usize, complete: Option<usize>) -> io::Error {
    let error = failed(polled);
    let prior = PriorWriteFailed::find(&error).unwrap_or_else(|| panic!("no report: {error:?}"));
    assert_eq!((prior.ticket().len(), prior.complete()), (len, complete), "{error:?}");
    error
}

/// An `Offload` of `destination` over a pool that is stepped by hand. No worker looks for its next operation, so each
/// operation is one job.
pub fn offload(destination: Scripted) -> (Offload<Scripted, Stepped>, Stepped, Observer) {
    let (pool, observer) = (Stepped::new(), destination.observer());
    (over(destination, &pool), pool, observer)
}

/// The same of any destination.
pub fn over<T: WriteComplete + Send + 'static>(destination: T, pool: &Stepped) -> Offload<T, Stepped> {
    Offload::with_pool(destination, pool.clone()).policy(Policy::never_spin())
}

/// One poll of a future; a turn for the executor is taken as above.
pub fn poll_future<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll(|cx| Pin::new(&mut *future).poll(cx))
}

/// Polls a future to its end, and steps the pool whenever it waits.
#[track_caller]
pub fn drive<F: Future>(pool: &Stepped, future: F) -> F::Output {
    let mut future = Box::pin(future);
    loop {
        if let Poll::Ready(output) = poll_future(&mut future) {
            return output;
        }
        assert!(pool.run_one(), "it waits for nothing");
    }
}

/// Runs `case` on a thread of its own, whose budget is new: no turn of rule P4 falls into its first 8 answers.
pub fn with_a_new_budget(case: impl FnOnce() + Send) {
    thread::scope(|scope| scope.spawn(case).join()).unwrap_or_else(|panic| resume_unwind(panic));
}
