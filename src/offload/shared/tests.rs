//! The lock, without a worker.

use std::sync::{
    Arc, TryLockError,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use super::{super::operation::Report, *};

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

/// A large one takes long to be freed, which the other side must not wait for.
#[test]
fn a_buffer_serves_again_while_the_worker_spins_and_else_is_freed_after_the_lock() {
    let shared = Shared::new((), Policy::never_spin());
    let mut inner = shared.lock();
    let buffer = || {
        let mut buffer = Buffer::new();
        buffer.make_room(1);
        buffer
    };
    inner.is_spinning = true;
    inner.keep(buffer());
    assert_eq!((inner.spare.is_allocated(), inner.machine.discarded.len()), (true, 0));
    inner.keep(buffer());
    assert_eq!((inner.spare.is_allocated(), inner.machine.discarded.len()), (true, 1), "one is enough");
    inner.keep(Buffer::new());
    assert_eq!((inner.spare.is_allocated(), inner.machine.discarded.len()), (true, 1), "nothing is no memory");
    inner.is_spinning = false;
    inner.keep(buffer());
    assert_eq!((inner.spare.is_allocated(), inner.machine.discarded.len()), (true, 2));
    inner.shrink();
    assert_eq!((inner.spare.is_allocated(), inner.machine.discarded.len()), (false, 3));
}

/// What was discarded may take long to be dropped, so whoever unlocks decides when.
#[test]
fn what_was_unlocked_is_not_dropped_yet() {
    let shared = Arc::new(Shared::new((), Policy::never_spin()));
    let free = Arc::new(AtomicUsize::new(0));
    let mut inner = shared.lock();
    inner.machine.discarded.add(Some(Counts(shared.clone(), free.clone())));
    let discarded = inner.unlock();
    assert_eq!(free.load(SeqCst), 0);
    drop(discarded);
    assert_eq!(free.load(SeqCst), 1);
}

/// Both sides of one handle spin by its policy.
#[test]
fn a_policy_is_that_of_the_worker_too() {
    let policy = Policy::spin_at_most(std::time::Duration::from_secs(1));
    let writer = crate::Offload::new(Vec::new()).policy(policy);
    let spins = format!("{:?}", writer.shared.lock().spins);
    assert_eq!(spins, format!("{:?}", WorkerSpins::new(policy)));
    assert_ne!(spins, format!("{:?}", WorkerSpins::new(Policy::default())));
}

/// How soon a post follows counts for a worker that sleeps. One that spins sees the post itself.
#[test]
fn a_post_is_counted_for_a_worker_that_does_not_spin() {
    for is_spinning in [false, true] {
        let shared = Shared::new((), Policy::default());
        let mut inner = shared.lock();
        assert!(inner.spins.permit(&PolledSince::now()).is_none(), "it has not earned one");
        let is_counted = |inner: &Inner<()>| format!("{:?}", inner.spins).contains("ended: None");
        assert!(!is_counted(&inner));
        (inner.has_worker, inner.is_spinning) = (true, is_spinning);
        let notify = shared.post(&mut inner, Side::Write, Operation::Call(Box::new(|_| Ok(Report::Other))), None);
        assert_eq!(notify, if is_spinning { Notify::Spinning } else { Notify::Wake });
        assert_eq!(is_counted(&inner), !is_spinning);
    }
}
