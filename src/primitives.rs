//! The synchronisation that the hand-over is made of: std's, or loom's when its models run.

#[cfg(all(test, awc_loom))]
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};
#[cfg(not(all(test, awc_loom)))]
pub(crate) use std::sync::{Arc, Mutex, MutexGuard};
