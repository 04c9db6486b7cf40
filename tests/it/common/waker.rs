//! Wakers that count, that panic, and that do as they are told; and polls by hand.
//!
//! None of them panics when it is cloned: that takes a vtable of one's own, which takes `unsafe`.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

/// A task as its executor sees it: polled by hand, and its wakes are counted.
#[derive(Debug)]
pub struct Task {
    wakes: Arc<Wakes>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Task {
    pub fn new() -> Self {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(wakes.clone());
        Self { wakes, waker }
    }

    /// How often it was woken.
    pub fn wakes(&self) -> usize {
        self.wakes.0.load(SeqCst)
    }

    /// How many clones of its waker somebody still holds.
    pub fn held(&self) -> usize {
        Arc::strong_count(&self.wakes) - 2
    }

    /// Polls once.
    pub fn poll<R>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        poll(&mut Context::from_waker(&self.waker))
    }

    /// Polls a future once.
    pub fn poll_future<F: Future + Unpin>(&self, future: &mut F) -> Poll<F::Output> {
        self.poll(|cx| pin!(future).poll(cx))
    }
}

impl Default for Task {
    fn default() -> Self {
        Self::new()
    }
}

/// Calls `poll` with `waker`.
pub fn poll_with<R>(waker: &Waker, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    poll(&mut Context::from_waker(waker))
}

/// Polls a future once with `waker`.
pub fn poll_future_with<F: Future + Unpin>(waker: &Waker, future: &mut F) -> Poll<F::Output> {
    poll_with(waker, |cx| pin!(future).poll(cx))
}

/// A waker that calls `wake` when it is woken, on the thread that wakes it.
pub fn calls(wake: impl Fn() + Send + Sync + 'static) -> Waker {
    struct Calls<F>(F);

    impl<F: Fn() + Send + Sync + 'static> Wake for Calls<F> {
        fn wake(self: Arc<Self>) {
            (self.0)();
        }
    }

    Waker::from(Arc::new(Calls(wake)))
}

/// A waker that panics when it is woken.
pub fn panics_in_wake() -> Waker {
    calls(|| panic!("the waker panics"))
}

/// A waker whose last clone calls `drop` when it is dropped.
pub fn calls_in_drop(drop: impl Fn() + Send + Sync + 'static) -> Waker {
    struct Dropped<F: Fn()>(F);

    impl<F: Fn() + Send + Sync + 'static> Wake for Dropped<F> {
        fn wake(self: Arc<Self>) {}
    }

    impl<F: Fn()> Drop for Dropped<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }

    Waker::from(Arc::new(Dropped(drop)))
}

/// A waker whose last clone panics when it is dropped.
pub fn panics_in_drop() -> Waker {
    calls_in_drop(|| assert!(std::thread::panicking(), "the waker panics in its drop"))
}
