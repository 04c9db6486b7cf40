//! Test objects that the modules share: what they do is scripted, and what happens to them is counted.

#![allow(unreachable_pub, reason = "nothing of a test is reached from outside")]

pub mod destination;
#[cfg(feature = "commit")]
pub mod executor;
pub mod files;
pub mod operation;
pub mod pool;
pub mod random;
pub mod steps;
#[cfg(target_os = "linux")]
pub mod store;
pub mod waker;
