//! [`Reference`]: a writer that keeps every rule, in the plainest way.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteComplete, Submitted, Ticket};

use crate::faulty::{Faulty, FaultyObserver, Habit};

/// A self-driven writer that keeps every rule: what a wrapper around an [`AsyncWriteComplete`] is certified with.
///
/// It writes to a [`Destination`](crate::Destination). Each write is in flight until the kit takes a
/// [step](crate::Observer::step). [`Certify::around`](crate::Certify::around) has others as well: complete at
/// submission, with tickets for the first half of the bytes alone, and `Pending` before each submission.
#[derive(Debug)]
pub struct Reference(Faulty);

/// Sees the destination of a [`Reference`], makes it do wrong, and carries its writes on.
pub type ReferenceObserver = FaultyObserver;

impl Reference {
    /// A fresh one, and its observer.
    pub fn new() -> (Self, ReferenceObserver) {
        Self::with(false, Habit::Plain)
    }

    /// The others that a wrapper may meet, and how a verdict names them.
    pub(crate) const HABITS: [(&'static str, bool, Habit); 3] = [
        ("over an inner writer that is complete at submission", true, Habit::Plain),
        ("over an inner writer that takes half of what it is given", false, Habit::TakesHalf),
        ("over an inner writer that is `Pending` before it takes a submission", false, Habit::Waits),
    ];

    pub(crate) fn with(at_once: bool, habit: Habit) -> (Self, ReferenceObserver) {
        let (writer, observer) = Faulty::new(None, at_once);
        (Self(writer.with(habit)), observer)
    }
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
impl AsyncWriteComplete for Reference {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.0).poll_write_submit(cx, buf)
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.0).poll_write_submit_vectored(cx, bufs)
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_complete(cx, ticket)
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.0.outstanding()
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close_complete(cx)
    }
}

#[cfg(feature = "bytes")]
impl async_write_complete::AsyncWriteCompleteBytes for Reference {
    fn poll_write_submit_bytes(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &bytes::Bytes,
    ) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.0).poll_write_submit_bytes(cx, bytes)
    }
}
