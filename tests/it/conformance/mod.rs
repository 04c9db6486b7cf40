//! Every implementation of the traits in this repository, certified by the kit: one test for each rule and each type.

mod adapters;
mod blocking;
mod examples;
mod forwarders;
mod memory;
mod observers;
mod offload;
mod owned;

use async_write_complete::contract::Rule;

/// What the kit cannot make a destination of the operating system do.
const NO_FAULTS: &[Rule] = &[Rule::W6, Rule::P3];

/// Why that is so; `w6_error`, `p3_kinds` and `real_files` have what can be had without it.
const NO_FAULTS_BECAUSE: &str = "a destination of the operating system cannot be made to fail at will";
