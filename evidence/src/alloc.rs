//! The counting allocator.
//!
//! It is the allocator of the whole program, so it counts what every thread allocates, those of the pools included. A
//! call costs two atomic additions more than without it, some nanoseconds, which fall on whoever allocates.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Calls so far that took memory: new blocks, and blocks that were made larger or smaller.
#[cfg(any(feature = "bench", test))]
pub(crate) fn calls() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

/// Bytes that are taken now. The allocator's own share of a block is not in it.
pub(crate) fn live_bytes() -> isize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated) as isize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Other tests run beside this one, so only what must at least be there can be asserted. Nothing touches
    /// the memory, so it costs none.
    const LARGE: usize = 1 << 30;

    #[test]
    fn what_another_thread_allocates_is_counted() {
        let (calls_before, bytes_before) = (calls(), live_bytes());
        let block = std::thread::spawn(|| Vec::<u8>::with_capacity(LARGE)).join().expect("no panic");
        assert!(calls() > calls_before);
        assert!(live_bytes() >= bytes_before + (LARGE / 2) as isize);
        drop(block);
    }
}
