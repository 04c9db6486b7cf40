//! A waker of which no call can panic.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use crate::guard::quietly;

/// The caller's waker, cloned once, outside of whatever catches panics.
///
/// A wrapper that catches the panics of what it drives would also catch those of the caller's waker, and poison itself
/// for them; rule W11 demands that such a waker harms only its own task.
#[derive(Debug)]
pub(super) struct Shield(Option<Arc<Shielded>>);

impl Shield {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// A waker that stands for `waker`.
    pub(super) fn over(&mut self, waker: &Waker) -> Waker {
        let shielded = match self.0.take() {
            Some(mut shielded) => {
                if !shielded.stands_for(waker) {
                    let waker = waker.clone();
                    match Arc::get_mut(&mut shielded) {
                        Some(unshared) => unshared.stand_for(Some(waker)),
                        None => shielded = Arc::new(Shielded(Some(waker))),
                    }
                }
                shielded
            }
            None => Arc::new(Shielded(Some(waker.clone()))),
        };
        self.0 = Some(shielded.clone());
        shielded.into()
    }

    /// Nothing is waited for: lets go of the task, which may own this very writer.
    pub(super) fn rest(&mut self) {
        match self.0.as_mut().and_then(Arc::get_mut) {
            Some(unshared) => unshared.stand_for(None),
            None => self.0 = None,
        }
    }
}

/// Shared with whatever holds a waker that was made of it.
#[derive(Debug)]
struct Shielded(Option<Waker>);

impl Shielded {
    fn stands_for(&self, waker: &Waker) -> bool {
        self.0.as_ref().is_some_and(|ours| ours.will_wake(waker))
    }

    fn stand_for(&mut self, waker: Option<Waker>) {
        let old = std::mem::replace(&mut self.0, waker);
        quietly(|| drop(old));
    }
}

impl Wake for Shielded {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(waker) = &self.0 {
            quietly(|| waker.wake_by_ref());
        }
    }
}

impl Drop for Shielded {
    fn drop(&mut self) {
        self.stand_for(None);
    }
}
