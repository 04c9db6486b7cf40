//! [`Faulty`]: a writer that keeps every rule but, with a [`Flaw`], one.

use std::{
    io::{self, IoSlice},
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteComplete, Submitted, Ticket, TicketSource, UnknownTicket};

use super::{Flaw, last_write::LastWrite, repeatable::Repeatable, state::Shared};
use crate::destination::{Destination, DestinationObserver};

/// A self-driven writer in the plainest way: a queue of operations, which the kit steps, behind a mutex.
#[derive(Debug)]
pub struct Faulty {
    pub(super) shared: Shared,
    pub(super) tickets: TicketSource,
    /// Whether it performs a write when it is submitted.
    pub(super) at_once: bool,
    pub(super) habit: Habit,
    pub(super) sync_failed: Option<Repeatable>,
}

/// Sees the destination of a [`Faulty`], makes it go wrong, and steps its worker.
#[derive(Clone, Debug)]
pub struct FaultyObserver {
    pub(super) destination: DestinationObserver,
    pub(super) shared: Shared,
    pub(super) has_jobs: bool,
}

/// What a writer that keeps every rule may do as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Habit {
    #[default]
    Plain,
    /// It takes the first half of what is submitted.
    TakesHalf,
    /// It takes a submission when it was `Pending` once, and the worker has made room.
    Waits,
}

/// Which method submits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    Vectored,
    #[cfg(feature = "bytes")]
    Bytes,
}

impl Faulty {
    /// One with `flaw`, that performs each operation `at_once` or when it is stepped; and its observer.
    pub fn new(flaw: Option<Flaw>, at_once: bool) -> (Self, FaultyObserver) {
        let (destination, observer) = Destination::new();
        let shared = Shared::new(destination, flaw);
        let writer = Self {
            shared: shared.clone(),
            tickets: TicketSource::new(),
            at_once,
            habit: Habit::Plain,
            sync_failed: None,
        };
        (writer, FaultyObserver { destination: observer, shared, has_jobs: !at_once })
    }

    pub(crate) fn with(mut self, habit: Habit) -> Self {
        self.habit = habit;
        self
    }
}

impl AsyncWriteComplete for Faulty {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.poll_submit(cx, buf, &[], Way::Plain)
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        let bytes: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        let slices: Vec<_> = bufs.iter().map(|buf| buf.len()).collect();
        self.poll_submit(cx, &bytes, &slices, Way::Vectored)
    }

    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let mut state = self.shared.polled(cx);
        state.flawed.polled = true;
        if state.last.in_flight() == Some(ticket) {
            if state.has(Flaw::AnswersBeforeTheCall) {
                state.last = LastWrite::Ended { ticket, result: Ok(ticket.len()), answered: true };
                return Poll::Ready(Ok(ticket.len()));
            }
            state.register_writer();
            state.flawed.asked_by.get_or_insert(cx.waker().data() as usize);
            return Poll::Pending;
        }
        let another = state.flawed.asked_by.is_some_and(|task| task != cx.waker().data() as usize);
        if another && state.has(Flaw::ForgetsForAnotherTask) {
            state.last.mark_as_answered();
            return Poll::Ready(Err(UnknownTicket::new(ticket).into()));
        }
        if std::mem::take(&mut state.flawed.panicked) {
            drop(state);
            resume_unwind(Box::new("the destination panics"));
        }
        match state.last.ask(ticket) {
            Poll::Ready(answer) => Poll::Ready(state.answer(ticket, answer)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.shared.state().claimed_to_be_outstanding()
    }

    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.polled(cx);
        state.flawed.polled = true;
        if let Some(answer) = state.outcome() {
            return Poll::Ready(answer);
        }
        state.begin_close();
        if state.is_busy() {
            if state.has(Flaw::CloseDoesNotWait) {
                return Poll::Ready(Ok(()));
            }
            if !state.has(Flaw::NoWakeForAClose) {
                state.register_writer();
            }
            return Poll::Pending;
        }
        drop(state);
        self.shared.close();
        let answer = self.shared.state().outcome();
        Poll::Ready(answer.unwrap_or(Ok(())))
    }
}

#[cfg(feature = "bytes")]
impl async_write_complete::AsyncWriteCompleteBytes for Faulty {
    fn poll_write_submit_bytes(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &bytes::Bytes,
    ) -> Poll<io::Result<Submitted>> {
        self.poll_submit(cx, bytes, &[], Way::Bytes)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_dropped = true;
        if state.has(Flaw::CancelsInDrop) {
            state.queue.clear();
        }
        let writes = state.has(Flaw::WritesInDrop);
        let waits = state.has(Flaw::WaitsInDrop) && state.is_busy();
        let settled = !state.is_busy() && !state.has(Flaw::ReleasesAfterDrop);
        let released = if settled { state.destination.take() } else { None };
        drop(state);
        drop(released);
        if writes {
            while self.shared.step() {}
        }
        if waits {
            std::thread::park_timeout(std::time::Duration::from_millis(150));
        }
    }
}
