//! [`Task`]: a waker that counts, and waits.

use std::{
    cell::RefCell,
    panic::resume_unwind,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, ThreadId},
    time::Duration,
};

use crate::clock::{Clock, TICK};

/// How many turns a writer may give in a row before it is taken to wait.
pub(crate) const MAX_TURNS: usize = 64;

/// A task as its executor sees it: polled by hand, and its wakes are counted.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    wakes: Arc<Wakes>,
    waker: Waker,
}

#[derive(Debug)]
struct Wakes {
    count: Mutex<usize>,
    /// How many of them came from the thread that polls.
    own: AtomicUsize,
    polls: ThreadId,
    changed: Condvar,
}

impl Wakes {
    fn count(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if thread::current().id() == self.polls {
            self.own.fetch_add(1, Relaxed);
        }
        *self.count() += 1;
        self.changed.notify_all();
    }
}

impl Task {
    pub(crate) fn new() -> Self {
        let wakes = Wakes {
            count: Mutex::default(),
            own: AtomicUsize::new(0),
            polls: thread::current().id(),
            changed: Condvar::new(),
        };
        let wakes = Arc::new(wakes);
        let waker = Waker::from(wakes.clone());
        Self { wakes, waker }
    }

    /// A task with a waker that does not count.
    pub(crate) fn of(waker: Waker) -> Self {
        Self { waker, ..Self::new() }
    }

    /// How often it was woken.
    pub(crate) fn wakes(&self) -> usize {
        *self.wakes.count()
    }

    /// How often it was woken on the thread that made it, which is the one that polls.
    pub(crate) fn own_wakes(&self) -> usize {
        self.wakes.own.load(Relaxed)
    }

    /// Waits until it has been woken more than `seen` times; false if that has not happened within `patience`.
    pub(crate) fn wait(&self, seen: usize, patience: Duration) -> bool {
        let (mut clock, mut count) = (Clock::start(), self.wakes.count());
        while *count <= seen {
            let left = patience.saturating_sub(clock.elapsed());
            if left.is_zero() {
                return false;
            }
            let waited = self.wakes.changed.wait_timeout(count, left.min(TICK));
            count = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Its waker.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Polls once.
    pub(crate) fn poll<R>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        poll(&mut Context::from_waker(&self.waker))
    }

    /// Polls once more after each turn for the executor (rule P4).
    pub(crate) fn poll_past_turns<R>(&self, mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        for _ in 0..MAX_TURNS {
            let own = self.own_wakes();
            let polled = self.poll(&mut poll);
            if polled.is_ready() || self.own_wakes() == own {
                return polled;
            }
        }
        self.poll(poll)
    }
}

/// A waker that calls `wake` when it is woken, on the thread that wakes it.
pub(crate) fn calls(wake: impl Fn() + Send + Sync + 'static) -> Waker {
    struct Calls<F>(F);

    impl<F: Fn() + Send + Sync + 'static> Wake for Calls<F> {
        fn wake(self: Arc<Self>) {
            (self.0)();
        }
    }

    Waker::from(Arc::new(Calls(wake)))
}

thread_local! {
    /// What a [reentrant](reenters_in_wake) waker calls on this thread.
    static REENTRY: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

/// While `body` runs on this thread, reentrant wakers call `reentry` where they are woken or dropped.
pub(crate) fn reentering<R>(reentry: impl FnMut() + 'static, body: impl FnOnce() -> R) -> R {
    REENTRY.with(|slot| *slot.borrow_mut() = Some(Box::new(reentry)));
    let done = body();
    REENTRY.with(|slot| slot.borrow_mut().take());
    done
}

/// Does so; a call within a call does nothing.
fn reenter() {
    let reentry = REENTRY.with(|slot| slot.borrow_mut().take());
    if let Some(mut reentry) = reentry {
        reentry();
        REENTRY.with(|slot| *slot.borrow_mut() = Some(reentry));
    }
}

/// A waker that, where it is woken, calls what [`reentering`] has set.
pub(crate) fn reenters_in_wake() -> Waker {
    calls(reenter)
}

/// A waker that, where its last clone is dropped, calls what [`reentering`] has set.
pub(crate) fn reenters_in_drop() -> Waker {
    struct Dropped;

    impl Wake for Dropped {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Dropped {
        fn drop(&mut self) {
            reenter();
        }
    }

    Waker::from(Arc::new(Dropped))
}

/// What a waker says that panics when it is woken.
pub(crate) const WAKER_PANICS: &str = "the waker panics";

/// A waker that panics when it is woken, without a word on standard error.
pub(crate) fn panics_in_wake() -> Waker {
    calls(|| resume_unwind(Box::new(WAKER_PANICS)))
}

/// The same on this thread alone: the thread of a runtime's reactor may abort the process if anything panics on it.
pub(crate) fn panics_in_wake_here() -> Waker {
    let here = thread::current().id();
    calls(move || {
        if thread::current().id() == here {
            resume_unwind(Box::new(WAKER_PANICS));
        }
    })
}

/// A waker whose last clone panics when it is dropped, without a word on standard error.
pub(crate) fn panics_in_drop() -> Waker {
    Waker::from(Arc::new(PanicsInDrop(None)))
}

/// The same on this thread alone.
pub(crate) fn panics_in_drop_here() -> Waker {
    Waker::from(Arc::new(PanicsInDrop(Some(thread::current().id()))))
}

/// On this thread, or on any.
struct PanicsInDrop(Option<ThreadId>);

impl Wake for PanicsInDrop {
    fn wake(self: Arc<Self>) {}
}

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        let is_here = self.0.is_none_or(|here| here == thread::current().id());
        if is_here && !thread::panicking() {
            resume_unwind(Box::new("the waker panics in its drop"));
        }
    }
}
