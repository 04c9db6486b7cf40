//! What the crate promises, a module for each behaviour; and `conformance`, where the kit certifies every writer here.
#![cfg(all(feature = "offload", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod adapters;
mod auto_traits;
mod barrier;
#[cfg(feature = "bytes")]
mod bytes;
mod close;
mod common;
#[cfg(all(feature = "conformance", feature = "tokio"))]
mod conformance;
mod contract;
mod drop;
#[cfg(target_os = "linux")]
mod durability;
mod errors;
mod executors;
mod fairness;
mod foreign_errors;
mod forwarding;
mod held;
mod identity;
mod interrupted;
mod into_inner;
mod lying;
mod memory;
#[cfg(feature = "tokio")]
mod names;
mod orphans;
mod panics;
mod pool_faults;
mod reads;
#[cfg(target_os = "linux")]
mod real_files;
mod rfcs;
mod seeks;
mod short_counts;
mod sides;
mod split;
mod submission;
mod sync_writers;
mod tickets;
#[cfg(feature = "tokio")]
mod tokio_adapters;
mod torture;
mod tracked;
mod turns;
mod unheard;
mod vectored;
mod wakers;
mod with_mut;
#[cfg(target_os = "linux")]
mod without_waiting;
