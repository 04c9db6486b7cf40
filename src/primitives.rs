//! The synchronisation that the hand-over is made of: std's, or that of a model checker when its models run.
//!
//! Loom tries every order of events, with the weak ones that the memory orderings allow; Shuttle tries random ones, and
//! so goes further.

#[cfg(all(test, awc_loom))]
pub(crate) use loom::{
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool},
    thread::yield_now,
};
#[cfg(all(test, awc_shuttle))]
pub(crate) use shuttle::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize},
    },
    thread::yield_now,
};
#[cfg(not(all(test, awc_shuttle)))]
pub(crate) use std::sync::atomic::AtomicUsize;
#[cfg(not(all(test, any(awc_loom, awc_shuttle))))]
pub(crate) use std::{
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool},
    thread::yield_now,
};

/// Whether a model checker runs. A model must behave alike each time, whatever the clock and the machine say.
pub(crate) const MODELLED: bool = cfg!(all(test, any(awc_loom, awc_shuttle)));

/// Whether [counters of the process](process_wide) mean anything: those of loom's models would be shared by all of them.
pub(crate) const COUNTED: bool = !cfg!(all(test, awc_loom));

/// Counters of the process; under Shuttle, of one execution of a model.
macro_rules! process_wide {
    ($($(#[$doc:meta])* static $name:ident = $value:expr;)*) => {
        #[cfg(not(all(test, awc_shuttle)))]
        mod counters {
            use crate::primitives::AtomicUsize;
            $($(#[$doc])* pub(super) static $name: AtomicUsize = AtomicUsize::new($value);)*
        }
        #[cfg(all(test, awc_shuttle))]
        mod counters {
            use crate::primitives::AtomicUsize;
            shuttle::lazy_static! { $($(#[$doc])* pub(super) static ref $name: AtomicUsize = AtomicUsize::new($value);)* }
        }
        use counters::{$($name),*};
    };
}
pub(crate) use process_wide;
