//! The wakers of a [`Faulty`](super::Faulty): cloned before its lock is taken, and dropped after it is given back.

use std::{
    ops::{Deref, DerefMut},
    sync::MutexGuard,
    task::{Context, Waker},
};

use super::{
    Flaw,
    state::{Shared, State},
};
use crate::guard::{drop_catching_panics, ignore_panics};

impl Shared {
    /// Locks the state for a poll of `cx`. Its waker is cloned before, and the one that it replaces is dropped after.
    pub(super) fn polled(&self, cx: &Context<'_>) -> Polled<'_> {
        let waker = cx.waker().clone();
        let mut state = self.state();
        state.incoming = Some(waker);
        Polled(Some(state))
    }
}

/// The state while it is polled.
#[derive(Debug)]
pub(super) struct Polled<'a>(Option<MutexGuard<'a, State>>);

impl Deref for Polled<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        match &self.0 {
            Some(state) => state,
            None => unreachable!("only the drop takes it"),
        }
    }
}

impl DerefMut for Polled<'_> {
    fn deref_mut(&mut self) -> &mut State {
        match &mut self.0 {
            Some(state) => state,
            None => unreachable!("only the drop takes it"),
        }
    }
}

impl Drop for Polled<'_> {
    fn drop(&mut self) {
        let Some(mut state) = self.0.take() else { return };
        let (incoming, outgoing) = (state.incoming.take(), state.outgoing.take());
        let spins = state.flawed.spins.take();
        drop(state);
        ignore_panics(|| spins.into_iter().for_each(Waker::wake));
        drop_catching_panics(outgoing);
        drop_catching_panics(incoming);
    }
}

impl State {
    pub(super) fn register_writer(&mut self) {
        if self.has(Flaw::KeepsTheFirstWaker) && self.writer.is_some() {
            return;
        }
        if self.has(Flaw::ForgetsTheReader) {
            self.reader = None;
        }
        let waker = self.incoming.take();
        if self.has(Flaw::WakesItselfWhileItWaits) {
            self.flawed.spins.clone_from(&waker);
        }
        self.outgoing = std::mem::replace(&mut self.writer, waker);
        self.drop_outgoing();
    }

    pub(super) fn register_reader(&mut self) {
        if self.has(Flaw::OneWakerForBothSides) {
            return self.register_writer();
        }
        let waker = self.incoming.take();
        self.outgoing = std::mem::replace(&mut self.reader, waker);
        self.drop_outgoing();
    }

    /// It is dropped when the lock has been given back, except by a flaw.
    fn drop_outgoing(&mut self) {
        if self.has(Flaw::DropsWakersUnderItsLock) {
            let outgoing = self.outgoing.take();
            drop_catching_panics(outgoing);
        }
    }
}
