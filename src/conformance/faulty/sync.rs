//! How a [`Faulty`] makes durable what is complete.

use std::{future::poll_fn, io, pin::Pin, task::Poll};

use super::{Faulty, Flaw, worker::Shared, worker::State};
use crate::{
    guard::{catch, transparent},
    write::kept::Kept,
};

impl Faulty {
    /// Makes durable what is complete.
    ///
    /// # Errors
    ///
    /// [`PriorWriteFailed`](crate::PriorWriteFailed) if a write failed that nobody asked for; and for good once a sync
    /// has failed.
    pub async fn sync(mut self: Pin<&mut Self>) -> io::Result<()> {
        poll_fn(|cx| {
            let mut state = self.shared.polled(cx);
            if state.slot.in_flight().is_none() && state.has(Flaw::SyncsOverAFailure) {
                return Poll::Ready(Ok(()));
            }
            state.poll_free()
        })
        .await?;
        let retries = self.shared.state().has(Flaw::RetriesAFailedSync);
        if let (Some(failed), false) = (&mut self.sync_failed, retries) {
            return Err(failed.give());
        }
        let Some(mut failed) = self.shared.state().sync().err().map(Kept::new) else { return Ok(()) };
        if self.shared.state().has(Flaw::ForgetsADroppedSync) {
            wait_for_a_step(&self.shared).await;
        }
        let error = failed.give();
        self.sync_failed = Some(failed);
        Err(error)
    }
}

impl State {
    fn sync(&mut self) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.flawed.synced, true);
        let skips = self.has(Flaw::SyncsNothing) || self.has(Flaw::SyncsOnlyOnce) && !is_first;
        let destination = self.at_home()?;
        if skips {
            return Ok(());
        }
        let synced = catch(|| transparent(|| destination.sync())).and_then(|synced| synced);
        synced.map_err(|error| self.poisoned_by(error))
    }
}

/// Ends when the worker has taken a step.
async fn wait_for_a_step(shared: &Shared) {
    let mut waits = false;
    poll_fn(|cx| {
        let mut state = shared.polled(cx);
        if std::mem::replace(&mut waits, true) && !state.flawed.nudged {
            return Poll::Ready(());
        }
        state.flawed.nudged = true;
        state.register_writer();
        Poll::Pending
    })
    .await;
}
