//! What the crate promises, a module for each rule and each feature; and `conformance`, where the kit certifies every
//! writer here.
//!
//! Every feature is on: the kit, a dev-dependency, brings them.
#![cfg(all(feature = "offload", feature = "tokio", feature = "bytes", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod adapter_futures_io;
mod adapter_owned;
mod adapter_tokio;
mod auto_traits;
#[cfg(target_os = "linux")]
mod bad_input;
mod bytes;
#[cfg(target_os = "linux")]
mod close_answers;
mod close_with_flush;
#[cfg(feature = "commit")]
mod commit;
mod common;
mod conformance;
mod contract;
#[cfg(target_os = "linux")]
mod d1_durability;
#[cfg(target_os = "linux")]
mod d1_polled;
mod d1_which_sync;
mod empty_submissions;
#[cfg(target_os = "linux")]
mod executor_thread;
mod executors;
mod flush_between_polls;
mod foreign_errors;
mod forwarding;
#[cfg(target_os = "linux")]
mod fs_file;
#[cfg(target_os = "linux")]
mod fs_locks;
#[cfg(target_os = "linux")]
mod fs_positioned;
#[cfg(target_os = "linux")]
mod fs_replace;
mod gathered;
mod held;
mod into_inner;
mod memory;
mod mixed_use;
mod names;
#[cfg(target_os = "linux")]
mod nonblocking_descriptors;
mod o1_one_call;
#[cfg(target_os = "linux")]
mod o2_reads;
mod o2_seeks;
mod o2_sides;
mod o3_drop;
mod o4_pool;
#[cfg(target_os = "linux")]
mod o_dsync;
mod p1_wake;
mod p2_lying_count;
mod p2_panic;
mod p3_kinds;
mod p4_turn;
mod poll_write;
mod real_append;
#[cfg(target_os = "linux")]
mod real_files;
#[cfg(target_os = "linux")]
mod real_o_direct;
#[cfg(all(target_os = "linux", feature = "commit"))]
mod real_shutdown;
mod rfcs;
mod settle;
#[cfg(target_os = "linux")]
mod socket_close;
#[cfg(target_os = "linux")]
mod socket_errors;
#[cfg(target_os = "linux")]
mod socket_timeouts;
mod split;
mod sync_writers;
#[cfg(target_os = "linux")]
mod tokio_fs;
#[cfg(target_os = "linux")]
mod tokio_fs_calls;
mod tokio_pool;
mod tokio_tickets;
mod tokio_two_tasks;
mod torture;
mod tracked;
mod vectored;
mod w1_completion;
mod w2_count;
mod w3_submission;
mod w4_ticket;
mod w5_outstanding;
mod w6_error;
mod w7_order;
mod w8_abandonment;
mod w9_close;
mod with_mut;
