//! What is reported to `tracing` of the writes of an [`Offload`](super::Offload). Without the feature, `events/off.rs`
//! stands here.
//!
//! A subscriber is foreign code: none is called under a lock, and a panic in one is ignored.

use std::{
    io,
    time::{Duration, Instant},
};

use tracing::{Dispatch, Level, Span, dispatcher, enabled, event};

use super::operation::not_run;
use crate::{
    error::WriteOutstanding,
    guard::{drop_catching_panics, ignore_panics},
    ticket::Ticket,
};

/// What every event names as its target.
const TARGET: &str = "async_write_complete";

/// A write on its way through the pool, if a subscriber wants its end to be reported.
pub(super) struct Submission(Option<Begun>);

/// The caller's span and subscriber go along, because a thread of the pool has neither that span nor a subscriber that
/// was set for a scope.
struct Begun {
    ticket: Ticket,
    at: Instant,
    span: Span,
    dispatch: Dispatch,
}

impl Submission {
    /// The write of `ticket` begins.
    pub(super) fn new(ticket: Ticket) -> Self {
        let mut begun = None;
        ignore_panics(|| {
            if enabled!(target: TARGET, Level::DEBUG) {
                let (span, dispatch) = (Span::current(), dispatcher::get_default(Dispatch::clone));
                begun = Some(Begun { ticket, at: Instant::now(), span, dispatch });
            }
        });
        Self(begun)
    }

    /// Makes the call of the write, and reports how it ended before its caller is answered.
    pub(super) fn watch(self, call: impl FnOnce() -> io::Result<io::Result<usize>>) -> io::Result<io::Result<usize>> {
        let Some(begun) = &self.0 else { return call() };
        let called = Instant::now();
        let outcome = call();
        begun.report_end(&outcome, called);
        outcome
    }

    /// Reports that the call will not be made.
    pub(super) fn not_run(&self) {
        if let Some(begun) = &self.0 {
            begun.report_end(&Err(not_run()), Instant::now());
        }
    }
}

/// The span and the subscriber may be of a type whose drop panics.
impl Drop for Submission {
    fn drop(&mut self) {
        drop_catching_panics(self.0.take());
    }
}

impl Begun {
    /// A call that began at `called` has ended now.
    fn report_end(&self, outcome: &io::Result<io::Result<usize>>, called: Instant) {
        let took_us = micros(called.elapsed());
        let waited_us = micros(called.duration_since(self.at));
        let (write, of, span) = (self.ticket.number(), self.ticket.len(), &self.span);
        ignore_panics(|| {
            dispatcher::with_default(&self.dispatch, || match outcome {
                Ok(Ok(bytes)) => event!(
                    target: TARGET, parent: span, Level::TRACE,
                    write, bytes = *bytes, of, waited_us, took_us, "complete"
                ),
                Ok(Err(error)) | Err(error) => event!(
                    target: TARGET, parent: span, Level::DEBUG,
                    write, of, waited_us, took_us, %error, "failed"
                ),
            });
        });
    }
}

/// Reports that the write of `ticket` is submitted.
pub(super) fn submitted(ticket: Ticket) {
    ignore_panics(|| event!(target: TARGET, Level::TRACE, write = ticket.number(), bytes = ticket.len(), "submitted"));
}

/// Reports `error` if an outstanding write is the reason for it, and returns it.
pub(super) fn refused(error: io::Error) -> io::Error {
    if let Some(outstanding) = WriteOutstanding::find(&error) {
        let ticket = outstanding.ticket();
        ignore_panics(|| event!(target: TARGET, Level::DEBUG, write = ticket.number(), of = ticket.len(), "refused"));
    }
    error
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
