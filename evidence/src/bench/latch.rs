//! A latch: tasks of any executor wait until something has happened so many times.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use smol::lock::OnceCell;

/// Opens when it has been counted down to zero, and stays open. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Latch(Arc<State>);

#[derive(Debug)]
struct State {
    left: AtomicUsize,
    open: OnceCell<()>,
}

impl Latch {
    /// Opens after `count` calls of [`count_down`](Self::count_down).
    pub(super) fn new(count: usize) -> Self {
        Latch(Arc::new(State { left: AtomicUsize::new(count), open: OnceCell::new() }))
    }

    /// One of them; wakes all who wait if it was the last.
    pub(super) fn count_down(&self) {
        // AcqRel: who finds it open sees what everybody has done who counted.
        if self.0.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            // It fails where it is open already.
            let _ = self.0.open.set_blocking(());
        }
    }

    /// Waits until it is open.
    pub(super) async fn wait(&self) {
        self.0.open.wait().await;
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
