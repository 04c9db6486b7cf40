//! The synchronisation that the hand-over is made of: std's, or that of a model checker when its models run.
//!
//! Loom tries every order of events, with the weak ones that the memory orderings allow; Shuttle tries random ones, and
//! so goes further.

#[cfg(all(test, awc_loom))]
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool};
#[cfg(all(test, awc_shuttle))]
pub(crate) use shuttle::sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool};
#[cfg(not(all(test, any(awc_loom, awc_shuttle))))]
pub(crate) use std::sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool};

/// Locks. No foreign code runs under a lock of this crate, so nothing can have panicked half-way through a transition.
#[cfg(feature = "offload")]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A static of the process; in a model, of one execution.
#[cfg(feature = "offload")]
macro_rules! process_wide {
    ($(#[$doc:meta])* static $name:ident: $type:ty = $value:expr;) => {
        #[cfg(not(all(test, any(awc_loom, awc_shuttle))))]
        $(#[$doc])* static $name: $type = $value;
        #[cfg(all(test, awc_loom))]
        loom::lazy_static! { $(#[$doc])* static ref $name: $type = $value; }
        #[cfg(all(test, awc_shuttle))]
        shuttle::lazy_static! { $(#[$doc])* static ref $name: $type = $value; }
    };
}
#[cfg(feature = "offload")]
pub(crate) use process_wide;
