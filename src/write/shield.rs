//! A waker of which no call can panic.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use crate::guard::quietly;

/// The caller's waker, cloned once, outside of whatever catches panics.
///
/// A wrapper that catches the panics of what it drives would also catch those of the caller's waker, and poison itself for
/// them; rule W11 demands that such a waker harms only its own task.
#[derive(Debug)]
pub(super) struct Shield(Option<(Arc<Shielded>, Waker)>);

impl Shield {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// A waker that stands for `waker`. It is made anew only when the task changes.
    pub(super) fn over(&mut self, waker: &Waker) -> Waker {
        match &self.0 {
            Some((shielded, stands_for_it)) if shielded.wakes(waker) => stands_for_it.clone(),
            _ => {
                let shielded = Arc::new(Shielded(Some(waker.clone())));
                let stands_for_it = Waker::from(shielded.clone());
                self.0 = Some((shielded, stands_for_it.clone()));
                stands_for_it
            }
        }
    }
}

#[derive(Debug)]
struct Shielded(Option<Waker>);

impl Shielded {
    fn wakes(&self, waker: &Waker) -> bool {
        self.0.as_ref().is_some_and(|ours| ours.will_wake(waker))
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
        let waker = self.0.take();
        quietly(|| drop(waker));
    }
}
