//! A latch: tasks of any executor wait until something has happened so many times.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, Waker},
};

/// Opens when it has been counted down to zero, and stays open. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Latch(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    left: usize,
    waiting: Vec<Waker>,
}

impl Latch {
    /// Opens after `count` calls of [`count_down`](Self::count_down).
    pub(super) fn new(count: usize) -> Self {
        Latch(Arc::new(Mutex::new(State { left: count, waiting: Vec::new() })))
    }

    /// One of them; wakes all who wait if it was the last.
    pub(super) fn count_down(&self) {
        let woken = self.with(|state| {
            state.left = state.left.saturating_sub(1);
            if state.left == 0 { std::mem::take(&mut state.waiting) } else { Vec::new() }
        });
        woken.into_iter().for_each(Waker::wake);
    }

    /// Waits until it is open. A task that is polled for other reasons too is kept several times, and woken as often.
    pub(super) async fn wait(&self) {
        poll_fn(|cx| {
            self.with(|state| {
                if state.left == 0 {
                    return Poll::Ready(());
                }
                state.waiting.push(cx.waker().clone());
                Poll::Pending
            })
        })
        .await
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Counts down when it is dropped: also when the task that holds it panics.
#[derive(Debug)]
pub(super) struct CountDown(pub(super) Latch);

impl Drop for CountDown {
    fn drop(&mut self) {
        self.0.count_down();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_lite::future::{block_on, poll_once};

    #[test]
    fn it_opens_at_the_last_count_and_stays_open() {
        block_on(async {
            let latch = Latch::new(2);
            latch.count_down();
            assert_eq!(poll_once(latch.wait()).await, None);
            drop(CountDown(latch.clone()));
            assert_eq!(poll_once(latch.wait()).await, Some(()));
            latch.count_down();
            assert_eq!(poll_once(latch.wait()).await, Some(()));
        });
    }

    #[test]
    fn a_waiter_is_woken_from_another_thread() {
        let latch = Latch::new(1);
        let other = latch.clone();
        let opener = std::thread::spawn(move || other.count_down());
        block_on(latch.wait());
        opener.join().expect("no panic");
    }
}
