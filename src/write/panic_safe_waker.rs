//! A waker of which no call can panic.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use crate::guard::{drop_catching_panics, ignore_panics};

/// The caller's waker, cloned once, outside of whatever catches panics.
///
/// A wrapper that catches the panics of what it drives would also catch those of the caller's waker, and poison itself
/// for them; rule P1 demands that such a waker harms only its own task.
#[derive(Debug)]
pub(crate) struct PanicSafeWaker(Option<Arc<Inner>>);

impl PanicSafeWaker {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// A waker that stands for `waker`.
    pub(crate) fn around(&mut self, waker: &Waker) -> Waker {
        let inner = match self.0.take() {
            Some(mut inner) => {
                if !inner.stands_for(waker) {
                    let waker = waker.clone();
                    match Arc::get_mut(&mut inner) {
                        Some(unshared) => unshared.stand_for(Some(waker)),
                        None => inner = Arc::new(Inner(Some(waker))),
                    }
                }
                inner
            }
            None => Arc::new(Inner(Some(waker.clone()))),
        };
        self.0 = Some(inner.clone());
        inner.into()
    }

    /// Lets go of the task when nothing is waited for; it may own this very writer.
    pub(crate) fn release(&mut self) {
        match self.0.as_mut().and_then(Arc::get_mut) {
            Some(unshared) => unshared.stand_for(None),
            None => self.0 = None,
        }
    }
}

/// Shared with whatever holds a waker that was made of it.
#[derive(Debug)]
struct Inner(Option<Waker>);

impl Inner {
    fn stands_for(&self, waker: &Waker) -> bool {
        self.0.as_ref().is_some_and(|ours| ours.will_wake(waker))
    }

    fn stand_for(&mut self, waker: Option<Waker>) {
        let old = std::mem::replace(&mut self.0, waker);
        drop_catching_panics(old);
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(waker) = &self.0 {
            ignore_panics(|| waker.wake_by_ref());
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stand_for(None);
    }
}
