//! Syncs of an [`Offload`] whose destination is [`SyncComplete`], and what is known of them (rule D1).

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{Offload, Pool, events, operation::Operation, place::Side, shared::Step};
use crate::{
    error::RepeatableError,
    sync_write::{SyncComplete, WriteComplete},
    write::AsyncSyncComplete,
};

impl<T: SyncComplete + Send + 'static, P: Pool> Offload<T, P> {
    /// Makes what is complete durable, and of the metadata what is needed to read it, as [`SyncComplete::sync_data`].
    ///
    /// # Guarantees
    ///
    /// [D1](crate::contract::Rule::D1): success means that all that this handle had completed before the call is
    /// durable. It does not cover the entry of a new file in its directory. After a sync has failed, waited for or not,
    /// every later one of this `Offload` fails.
    ///
    /// # Errors
    ///
    /// [`WriteOutstanding`](crate::WriteOutstanding) until the last write was answered; no sync is made then. Otherwise
    /// the destination's own, also that of an earlier sync.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the sync is made all the same; if it fails, later ones fail too.
    pub async fn sync_data(&mut self) -> io::Result<()> {
        self.sync(SyncKind::Data).await
    }

    /// Makes what is complete durable, and all of the metadata, as [`SyncComplete::sync_all`].
    ///
    /// # Guarantees
    ///
    /// As [`sync_data`](Self::sync_data), also in errors and cancel safety ([D1](crate::contract::Rule::D1)).
    pub async fn sync_all(&mut self) -> io::Result<()> {
        self.sync(SyncKind::All).await
    }

    async fn sync(&mut self, kind: SyncKind) -> io::Result<()> {
        // The answer of an earlier one may not cover what is complete by now.
        self.shared.lock().machine.syncs.forget();
        poll_fn(|cx| self.poll_sync(cx, kind)).await
    }

    fn poll_sync(&mut self, cx: &mut Context<'_>, kind: SyncKind) -> Poll<io::Result<()>> {
        self.end_pending()?;
        ready!(self.poll_budget_if_settled(cx));
        let seek_back = self.seek_back;
        self.poll_steps(Side::Write, cx, |shared, inner| {
            shared.begin_write(inner, seek_back, |inner| inner.machine.syncs.take(kind)).unwrap_or_else(|| {
                inner.machine.syncs.begin(kind);
                Step::Posted(shared.post(inner, Side::Write, Operation::Sync(kind.of()), None))
            })
        })
        .map_err(events::refused)
    }
}

/// A sync of the destination on the pool. One that was dropped goes on, and the next poll of the same kind takes its
/// answer. The inherent [`sync_data`](Offload::sync_data) and [`sync_all`](Offload::sync_all) always make one of their
/// own.
#[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
impl<T: WriteComplete + SyncComplete + Send + 'static, P: Pool> AsyncSyncComplete for Offload<T, P> {
    fn poll_sync_data(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_sync(cx, SyncKind::Data)
    }

    fn poll_sync_all(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_sync(cx, SyncKind::All)
    }
}

/// Which of the two syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncKind {
    Data,
    All,
}

impl SyncKind {
    fn of<T: SyncComplete>(self) -> fn(&T) -> io::Result<()> {
        match self {
            Self::Data => T::sync_data,
            Self::All => T::sync_all,
        }
    }
}

/// The state of syncs, beside the machine.
///
/// A sync that was polled and dropped goes on. A failure stays: no sync succeeds after it. A success waits for the next
/// poll of the same kind, and is forgotten when another operation of the writing side begins.
pub(super) struct Syncs {
    /// Until it is answered; `None` inside while it is under way.
    current: Option<(SyncKind, Option<io::Result<()>>)>,
    /// The one that failed, since which no sync succeeds.
    failed: Option<RepeatableError>,
    /// That failure was answered.
    is_reported: bool,
}

impl Syncs {
    pub(super) const fn new() -> Self {
        Self { current: None, failed: None, is_reported: false }
    }

    pub(super) fn begin(&mut self, kind: SyncKind) {
        self.current = Some((kind, None));
    }

    pub(super) fn made(&mut self, result: Result<(), RepeatableError>) {
        match result {
            Ok(()) => self.answer(Ok(())),
            Err(failed) => self.failed = Some(failed),
        }
    }

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
            self.is_reported = true;
            return Some(Err(failed.give()));
        }
        self.current.take_if(|(current, answer)| *current == kind && answer.is_some())?.1
    }

    /// Whether a sync has failed, and that was not reported to any caller. It counts as reported now.
    pub(super) fn take_unreported_failure(&mut self) -> bool {
        self.failed.is_some() && !std::mem::replace(&mut self.is_reported, true)
    }

    /// An answer that no poll will take covers less than its caller would think. The error in it is of this crate.
    pub(super) fn forget(&mut self) {
        self.current = None;
    }
}
