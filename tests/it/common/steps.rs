//! One poll of each operation of an [`AsyncWriteComplete`], by hand.
//!
//! A turn that a writer leaves to the executor (rule W16) is `Pending` with the task woken inside the poll. It depends on the
//! time, so it is taken here, and no test sees it.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteComplete, Offload, PriorWriteFailed, Submitted, Ticket};

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

/// Submits to a writer that takes all of `buf` and is in flight with it.
#[track_caller]
pub fn in_flight<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W, buf: &[u8]) -> Ticket {
    match submit(writer, buf) {
        Poll::Ready(Ok(Submitted::InFlight(ticket))) => {
            assert_eq!(ticket.len(), buf.len(), "how many bytes were taken");
            ticket
        }
        other => panic!("not in flight: {other:?}"),
    }
}

/// Asks for a ticket once.
pub fn ask<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W, ticket: Ticket) -> Poll<io::Result<usize>> {
    poll(|cx| Pin::new(&mut *writer).poll_write_complete(cx, ticket))
}

/// One poll of a barrier.
pub fn barrier<W: AsyncWriteComplete + Unpin + ?Sized>(writer: &mut W) -> Poll<io::Result<Submitted>> {
    submit(writer, &[])
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

/// Asserts that `polled` is the report of `ticket`'s write, and gives it.
#[track_caller]
pub fn prior<R: std::fmt::Debug>(polled: Poll<io::Result<R>>, ticket: Ticket, complete: Option<usize>) -> io::Error {
    let error = failed(polled);
    let prior = PriorWriteFailed::find(&error).unwrap_or_else(|| panic!("not the report of an orphan: {error:?}"));
    assert_eq!((prior.ticket(), prior.complete()), (ticket, complete), "{error:?}");
    error
}

/// An `Offload` of `destination` over a pool that is stepped by hand.
pub fn offload(destination: Scripted) -> (Offload<Scripted, Stepped>, Stepped, Observer) {
    let (pool, observer) = (Stepped::new(), destination.observer());
    (Offload::with_pool(destination, pool.clone()), pool, observer)
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
