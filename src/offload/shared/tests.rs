//! The lock, without a worker.

use std::sync::{
    Arc, TryLockError,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use super::*;

/// Counts the drops at which the lock is free.
struct Counts(Arc<Shared<()>>, Arc<AtomicUsize>);

impl Drop for Counts {
    fn drop(&mut self) {
        let is_held = matches!(self.0.inner.try_lock(), Err(TryLockError::WouldBlock));
        self.1.fetch_add(usize::from(!is_held), SeqCst);
    }
}

#[test]
fn what_is_discarded_under_the_lock_is_dropped_after_it() {
    let shared = Arc::new(Shared::new((), Policy::never_spin()));
    let free = Arc::new(AtomicUsize::new(0));
    let locked = || {
        let mut inner = shared.lock();
        inner.machine.discarded.add(Some(Counts(shared.clone(), free.clone())));
        inner
    };
    drop(locked());
    drop(locked().unlock());
    let panicked = catch_panics(|| {
        let _inner = locked();
        panic!("under the lock");
    });
    assert!(panicked.is_err());
    assert_eq!(free.load(SeqCst), 3);
}
