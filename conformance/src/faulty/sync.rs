//! How a [`Faulty`] makes durable what is complete, and its other operations.

use std::{future::poll_fn, io, pin::Pin, task::Poll};

use super::{
    Faulty, Flaw,
    repeatable::Repeatable,
    state::{Shared, State},
};
use crate::guard::{catch_panics, retry_interrupted};

impl Faulty {
    /// Makes durable what is complete.
    ///
    /// # Errors
    ///
    /// [`WriteOutstanding`](async_write_complete::WriteOutstanding) while a write is outstanding; and an error for good
    /// once a sync has failed.
    pub async fn sync(self: Pin<&mut Self>) -> io::Result<()> {
        let this = self.get_mut();
        this.settled(Flaw::SyncsOverIt).await?;
        if let (Some(failed), false) = (&this.sync_failed, this.shared.state().has(Flaw::RetriesAFailedSync)) {
            return Err(failed.error());
        }
        let Err(error) = this.shared.state().sync() else { return Ok(()) };
        if this.shared.state().has(Flaw::ForgetsADroppedSync) {
            wait_for_a_step(&this.shared).await;
        }
        this.sync_failed = Some(Repeatable::new(&error));
        Err(error)
    }

    /// Does nothing, where an operation of the writing side may be done.
    ///
    /// # Errors
    ///
    /// [`WriteOutstanding`](async_write_complete::WriteOutstanding) while a write is outstanding.
    pub async fn with_mut(self: Pin<&mut Self>) -> io::Result<()> {
        self.get_mut().settled(Flaw::OperatesOverIt).await
    }

    /// Takes the writer apart.
    ///
    /// # Errors
    ///
    /// As [`with_mut`](Self::with_mut); the writer is in the error.
    pub async fn into_inner(mut self: Pin<Box<Self>>) -> Result<(), (io::Error, Option<Pin<Box<Self>>>)> {
        let settled = self.settled(Flaw::IsTakenApartOverIt).await;
        let swallows = self.shared.state().has(Flaw::KeepsWhatItRefuses);
        settled.map_err(|error| (error, Some(self).filter(|_| !swallows)))
    }

    /// Waits for what is under way, unless the operation is refused.
    async fn settled(&mut self, over_it: Flaw) -> io::Result<()> {
        poll_fn(|cx| {
            let mut state = self.shared.polled(cx);
            state.flawed.polled = true;
            state.check(over_it)?;
            if state.is_busy() {
                state.register_writer();
                return Poll::Pending;
            }
            Poll::Ready(Ok(()))
        })
        .await
    }
}

impl State {
    fn sync(&mut self) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.flawed.synced, true);
        let skips = self.has(Flaw::SyncsNothing) || self.has(Flaw::SyncsOnlyOnce) && !is_first;
        let flaw = self.flaw;
        let destination = self.open()?;
        if skips {
            return Ok(());
        }
        let synced = match flaw {
            Some(Flaw::LeaksInterruptedFromASync) => catch_panics(|| destination.sync()),
            _ => catch_panics(|| retry_interrupted(|| destination.sync())),
        };
        let synced = synced.and_then(|synced| synced);
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
