//! Test objects that the integration tests share: what they do is scripted, and what happens to them is counted.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, reason = "tests")]

pub mod destination;
pub mod operation;
pub mod pool;
pub mod random;
pub mod steps;
pub mod waker;
