//! Every implementation of the traits in this repository, certified by the kit: one test for each rule and each type.
#![cfg(all(feature = "conformance", feature = "offload", feature = "tokio", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod adapters;
mod blocking;
mod examples;
mod forwarders;
mod memory;
mod observers;
mod offload;
