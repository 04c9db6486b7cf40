//! Adapters to and from the write traits of futures-io and tokio: each a named type, so that what is lost on the way is
//! visible.
//!
//! | from | to | type | what survives |
//! |---|---|---|---|
//! | [`AsyncWriteComplete`](crate::AsyncWriteComplete) | `futures_io::AsyncWrite` | `ToFuturesIo` | the rules; which write a buffer belongs to is told by its content |
//! | `futures_io::AsyncWrite` | `AsyncWriteComplete` | `FromFuturesIo` | as honest as the inner flush; a failed flush is indeterminate |
//! | `AsyncWriteComplete` | `tokio::io::AsyncWrite` | `ToTokio` | the same as `ToFuturesIo`; `Pending` may mean submitted, where tokio's text says that nothing was written |
//! | `tokio::io::AsyncWrite` | `AsyncWriteComplete` | `FromTokio` | the same as `FromFuturesIo` |
//!
//! # Which write a buffer belongs to
//!
//! `poll_write` has no ticket, and its `Pending` may mean *submitted*. So the adapters to these traits, and `Offload`,
//! remember the bytes that came by `poll_write` and are not yet answered for. A buffer that agrees with them, as far as
//! both go, continues their write; a longer one (`tokio::io::copy` tops up while it waits) gets the count of what was
//! submitted, a shorter one (rate limiters) gets its part, and the buffers that follow get the rest. Any other buffer
//! begins a new write, after the earlier one.
//!
//! After a write was dropped, this can be wrong. A new write with the same bytes becomes one with it, however much later
//! it comes, also after a flush: the destination has them once, where the cursor was for the dropped one. A new write that
//! is a beginning of the dropped one is answered as a part of it, and the rest of the dropped one is there too. A caller
//! that drops writes and must know submits with tickets.
//!
//! Empty buffers, reads and flushes leave the memory alone; every other operation ends it, and so does a flush
//! that reports the failure of that very write.

#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod claim;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod flushing;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod types;

#[cfg(feature = "futures-io")]
mod futures_io;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "offload")]
pub(crate) use claim::Claim;

#[cfg(feature = "futures-io")]
pub use self::futures_io::{FromFuturesIo, ToFuturesIo};
#[cfg(feature = "tokio")]
pub use self::tokio::{FromTokio, ToTokio};
