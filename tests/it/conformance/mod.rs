//! Every implementation of the traits in this repository, certified by the kit: one test for each rule and each type.

mod adapters;
mod blocking;
mod examples;
mod forwarders;
mod memory;
mod observers;
mod offload;
