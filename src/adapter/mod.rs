//! Adapters to and from the write traits of futures-io and tokio, and from futures that own their bytes: each a named
//! type, so that what is lost on the way is visible.
//!
//! | from | to | type | what survives |
//! |---|---|---|---|
//! | [`AsyncWriteComplete`](crate::AsyncWriteComplete) | `futures_io::AsyncWrite` | `ToFuturesIo` | the rules; the content of a buffer decides which write it belongs to |
//! | `futures_io::AsyncWrite` | `AsyncWriteComplete` | `FromFuturesIo` | as honest as the inner flush; a failed flush is indeterminate |
//! | `AsyncWriteComplete` | `tokio::io::AsyncWrite` | `ToTokio` | the same as `ToFuturesIo`; `Pending` may mean submitted, where tokio's text says that nothing was written |
//! | `tokio::io::AsyncWrite` | `AsyncWriteComplete` | `FromTokio` | the same as `FromFuturesIo` |
//! | a function of an owned buffer | `AsyncWriteComplete` | [`FromOwned`] | its count and its error, exactly |
//!
//! # Which write a buffer belongs to
//!
//! `poll_write` has no ticket, and its `Pending` may mean *submitted*. So the adapters to these traits, and `Offload`,
//! remember the bytes that came by `poll_write` and are not yet answered for. A buffer that agrees with them, as far as
//! both go, continues their write; a longer one (`tokio::io::copy` tops up while it waits) gets the count of what was
//! submitted, a shorter one (rate limiters) gets its part, and the buffers that follow get the rest. Any other buffer
//! begins a new write, after the earlier one.
//!
//! After a write was dropped, this can be wrong: **the next write is taken for the dropped one if either of the two
//! begins with the other**, however much later it comes.
//!
//! | dropped | then written | the destination has | not |
//! |---|---|---|---|
//! | `"a"` | `"abc"` | `"abc"` | `"aabc"` |
//! | `"abc"` | `"abc"` | `"abc"` | `"abcabc"` |
//! | `"abc"` | `"a"` | `"abc"`: the count answers for a part of it | `"abca"` |
//!
//! The cure is a ticket, by `write_all_complete` or a [`HeldWrite`](crate::HeldWrite), or a
//! [`settle`](crate::AsyncWriteCompleteExt::settle) after the drop. A flush is no cure: it settles the write and lets
//! its bytes go, but from then on a digest stands for them, which the same buffer or a longer one fits, and a shorter
//! one does not. Empty buffers and reads leave the memory alone; every other operation ends it, and so does a flush
//! that reports the failure of that very write.
//!
//! # How an operation reports an earlier write
//!
//! A pending write that no buffer continues is waited for by the next write, flush, seek or close. If it failed, or
//! came out short, that operation answers [`PriorWriteFailed`](crate::PriorWriteFailed), once, and is not executed (a
//! close releases all the same). A flush does not mind a short count, since its caller may poll the write again. A
//! write that was submitted by ticket, on the writer inside, is not the adapter's: a `poll_write` over it answers
//! [`WriteOutstanding`](crate::WriteOutstanding), and a flush settles it.

#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod digest;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod flushing;
#[cfg(feature = "futures-io")]
mod futures_io;
mod owned;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod pending_write;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod types;

#[cfg(feature = "offload")]
pub(crate) use pending_write::PendingWrite;

#[cfg(feature = "futures-io")]
pub use self::futures_io::{FromFuturesIo, ToFuturesIo};
pub use self::owned::{FromOwned, OwnedWrite};
#[cfg(feature = "tokio")]
pub use self::tokio::{FromTokio, ToTokio};
