//! [`AsyncWriteComplete`](super::AsyncWriteComplete) for types of std.

mod forward;
mod memory;
