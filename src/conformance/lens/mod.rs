//! The lens: a type of `futures_io::AsyncWrite` or `tokio::io::AsyncWrite`, as it stands, before the rules of this
//! crate.
//!
//! [`FuturesIo`] and [`Tokio`] add nothing and wait for nothing: they only say in the words of
//! [`AsyncWriteComplete`](crate::AsyncWriteComplete) what the type answers. To *use* such a type by the contract there
//! are the [adapters](crate::adapter) instead, which flush after each write.
//!
#![cfg_attr(feature = "futures-io", doc = "```")]
#![cfg_attr(not(feature = "futures-io"), doc = "```ignore")]
//! use async_write_complete::{conformance::{Certify, Destination}, contract::Rule};
//!
//! // A buffer answers when it has a copy.
//! let buffered = Certify::futures_io(|| {
//!     let (destination, observer) = Destination::new();
//!     (futures_lite::io::BufWriter::new(destination), observer)
//! });
//! assert!(!buffered.check(Rule::W1).is_conforming());
//! ```
//!
//! # What is asked
//!
//! | the kit does | futures-io | tokio |
//! |---|---|---|
//! | submits bytes | `poll_write`: `Ready(Ok(n))` is `Complete(n)`, `Pending` and errors are passed on | the same |
//! | submits a list of slices | `poll_write_vectored`, likewise | the same |
//! | submits no bytes: a barrier | `poll_flush`, whose success is `Complete(0)` | the same |
//! | closes | `poll_close` | `poll_shutdown` |
//!
//! # What each rule means here
//!
//! Neither trait promises all of this. A cell that is broken says what the type does, and not always that it breaks its
//! own trait's text.
//!
//! | rule | through the lens |
//! |---|---|
//! | W1 completion | `Ready(Ok(n))` of `poll_write` only when the destination's own write call has returned for those bytes. futures-io says "written", tokio "immediately written" |
//! | W2 exact count | the `n` of `poll_write` is at most the length, and exactly so many bytes come to the destination |
//! | W3 submission | see [below](#pending) |
//! | W4 one call | one `poll_write` that is `Ready` makes at most one call of the destination's write |
//! | W5 identity | does not apply: there is no ticket, so nothing says which write an answer belongs to |
//! | W6 error | the error of a `poll_write` says of *its* buffer what the destination's error says, with kind and OS code; an earlier buffer's error is not its own |
//! | W7 order | bytes come in the order of the calls. It is judged of bytes that were answered or taken; flush, seek, read and close wait for them |
//! | W8 abandonment | bytes that were answered or taken get to the destination once, though nobody polls again |
//! | W9 no lost failure | a write that fails after it was answered is told to the next write-side operation, once; there is no type for that, so any error is taken for the report |
//! | W10 barrier | `poll_flush` makes no call of the destination's write when there is nothing to wait for, and is `Ready` once the writer is settled |
//! | W11 wake | every task whose last poll was `Pending` is woken when it can go on, one for the reading and one for the writing side |
//! | W12 close | `poll_close` settles and releases the destination, and its outcome is kept. tokio's text asks for as much of `poll_shutdown`; futures-io's is silent |
//! | W13 machinery | an error where the rule asks for `Indeterminate`, for which there is no type; no panic, no hang |
//! | W14 drop | a drop releases a settled destination before it returns, and waits for nothing if a write is outstanding |
//! | W15 transparency | no method answers `WouldBlock` or `Interrupted`. futures-io's text says the same of itself |
//! | W16 fairness | answers that are ready at once are interrupted by a turn after a bounded time. A turn is a `Pending` whose task has been woken already, such as tokio's budget gives |
//! | D1 durability | for a type with a sync, by [`Certify::syncs`] |
//!
//! # Pending
//!
//! What a caller may conclude from `Pending` is where the texts part. **tokio's** says that no data was written from the
//! buffer, so there W3 is tokio's own promise. **futures-io's** does not say it, and lets `Pending` mean *submitted*: a
//! type that begins the write, answers `Pending`, and gives the count when it is polled again with the same bytes keeps
//! that text. W3 is judged by this crate's rule in both cases.
//!
//! This crate's own types are such types. `Offload` and `ToFuturesIo` hold a write that was submitted behind the
//! `Pending` of their `poll_write`, because a trait without tickets leaves no other place for it: seen through this
//! lens they break W3 when a caller walks away from a `Pending`, or comes back with other bytes, and `ToTokio` deviates
//! there from tokio's text. [The page of the adapters](crate::adapter#which-write-a-buffer-belongs-to) says so. By
//! their own trait, which has tickets, they keep the rule: a caller who must know has to submit.

use std::{io, task::Poll};

use crate::{contract::Rule, write::Submitted};

#[cfg(feature = "futures-io")]
mod futures_io;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "futures-io")]
pub use self::futures_io::FuturesIo;
#[cfg(feature = "tokio")]
pub use self::tokio::Tokio;
#[cfg(doc)]
use super::Certify;

/// Why `rule` makes no sense for a trait without tickets.
fn exempt(rule: Rule) -> Option<&'static str> {
    (rule == Rule::W5).then_some("the trait has no tickets: nothing says which write an answer belongs to")
}

/// The answer of a `poll_write`.
fn written(polled: Poll<io::Result<usize>>) -> Poll<io::Result<Submitted>> {
    polled.map_ok(Submitted::Complete)
}

/// The answer of a `poll_flush`, which stands for a barrier.
fn flushed(polled: Poll<io::Result<()>>) -> Poll<io::Result<Submitted>> {
    polled.map_ok(|()| Submitted::Complete(0))
}
