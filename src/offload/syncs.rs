//! [`Syncs`]: what is known of the syncs of a handle (rule D1); and [`AsyncSyncComplete`] for [`Offload`].

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{Offload, Pool, operation::Operation, place::Side, shared::Step};
use crate::{
    error::RepeatableError,
    sync_write::{SyncComplete, WriteComplete},
    write::AsyncSyncComplete,
};

/// Which of the two syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncKind {
    Data,
    All,
}

/// The state of syncs, beside the machine.
///
/// A sync that was polled and dropped goes on. A failure stays: no sync succeeds after it. A success waits for the next
/// poll of the same kind, and is forgotten when another operation of the writing side begins.
#[derive(Debug)]
pub(super) struct Syncs {
    /// Until it is answered; `None` inside while it is under way.
    current: Option<(SyncKind, Option<io::Result<()>>)>,
    /// The one that failed, since which no sync succeeds.
    failed: Option<RepeatableError>,
}

impl Syncs {
    pub(super) const fn new() -> Self {
        Self { current: None, failed: None }
    }

    /// A sync is posted.
    pub(super) fn begin(&mut self, kind: SyncKind) {
        self.current = Some((kind, None));
    }

    /// It was made, and succeeded unless it is an error.
    pub(super) fn made(&mut self, result: Result<(), RepeatableError>) {
        match result {
            Ok(()) => self.answer(Ok(())),
            Err(failed) => self.failed = Some(failed),
        }
    }

    /// It was not made.
    pub(super) fn not_made(&mut self, why: io::Error) {
        self.answer(Err(why));
    }

    fn answer(&mut self, result: io::Result<()>) {
        if let Some((_, answer)) = &mut self.current {
            *answer = Some(result);
        }
    }

    /// The answer of a sync of this kind that has ended, or of every one after a failure.
    pub(super) fn take(&mut self, kind: SyncKind) -> Option<io::Result<()>> {
        if let Some(failed) = &mut self.failed {
            return Some(Err(failed.give()));
        }
        self.current.take_if(|(current, answer)| *current == kind && answer.is_some())?.1
    }

    /// An answer that nobody will take covers less than the caller would think. The error in it is of this crate.
    pub(super) fn forget(&mut self) {
        self.current = None;
    }
}

impl<T: SyncComplete + Send + 'static, P: Pool> Offload<T, P> {
    /// Syncs. `first`: this is its first poll, and the answer of an earlier one is none for it.
    pub(super) fn poll_sync(&mut self, cx: &mut Context<'_>, kind: SyncKind, first: &mut bool) -> Poll<io::Result<()>> {
        // Before anything can be pending: an earlier answer may not cover what is complete by now.
        if std::mem::take(first) {
            self.shared.lock().machine.syncs.forget();
        }
        self.end_pending()?;
        ready!(self.poll_budget_if_settled(cx));
        let seek_back = self.seek_back;
        self.poll_steps(Side::Write, cx, |shared, inner| {
            if let Some(step) = inner.begin(Side::Write) {
                return step;
            }
            if let Some(answer) = inner.machine.syncs.take(kind) {
                return Step::Answer(answer);
            }
            if let Some(step) = shared.seek_back_first(inner, seek_back) {
                return step;
            }
            inner.forget(false);
            inner.machine.syncs.begin(kind);
            Step::Posted(shared.post(inner, Side::Write, Operation::Sync(kind.of()), None))
        })
    }
}

impl SyncKind {
    fn of<T: SyncComplete>(self) -> fn(&T) -> io::Result<()> {
        match self {
            Self::Data => T::sync_data,
            Self::All => T::sync_all,
        }
    }
}

/// A sync of the destination on the pool. One that was dropped goes on, and the next poll of the same kind takes its
/// answer. The inherent [`sync_data`](Offload::sync_data) and [`sync_all`](Offload::sync_all) always make one of their own.
#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl<T: WriteComplete + SyncComplete + Send + 'static, P: Pool> AsyncSyncComplete for Offload<T, P> {
    fn poll_sync_data(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_sync(cx, SyncKind::Data, &mut false)
    }

    fn poll_sync_all(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_sync(cx, SyncKind::All, &mut false)
    }
}
