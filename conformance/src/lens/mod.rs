//! The lens: a type of `futures_io::AsyncWrite` or `tokio::io::AsyncWrite`, as it stands, before the rules of
//! `async-write-complete`.
//!
//! [`FuturesIo`] and [`Tokio`] add nothing and wait for nothing: they only say in the words of
//! [`AsyncWriteComplete`](async_write_complete::AsyncWriteComplete) what the type answers. To *use* such a type by the
//! contract there are the [adapters](async_write_complete::adapter) instead, which flush after each write.
//!
#![cfg_attr(feature = "futures-io", doc = "```")]
#![cfg_attr(not(feature = "futures-io"), doc = "```ignore")]
//! use async_write_complete::contract::Rule;
//! use async_write_complete_conformance::{Certify, Destination};
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
//! | submits bytes, or none | `poll_write`: `Ready(Ok(n))` is `Complete(n)`, `Pending` and errors are passed on | the same |
//! | submits a list of slices | `poll_write_vectored`, likewise | the same |
//! | settles | `poll_flush` | the same |
//! | closes | `poll_close` | `poll_shutdown` |
//!
//! # What each rule means here
//!
//! Neither trait promises all of this. A cell that is broken says what the type does, and not always that it breaks its
//! own trait's text. The O rules are judged of a type that [offloads](crate::Certify::offloads).
//!
//! | rule | through the lens |
//! |---|---|
//! | W1 completion | `Ready(Ok(n))` of `poll_write` only when an observer of the destination sees those bytes. futures-io says "written", tokio "immediately written" |
//! | W2 count | the `n` of `poll_write` is at most the length, and exactly so many bytes come to the destination |
//! | W3 submission | see [below](#pending). A `poll_write` of no bytes is `Ok(0)`, and makes no call of the destination |
//! | W4 ticket | does not apply: there is no ticket, so nothing says which write an answer belongs to |
//! | W5 outstanding | a write that fails after it was answered, or behind a `Pending`, is reported to the next operation of the writing side, once, and that operation is not executed; a read does not report it. There is no type for that, so any error is taken for the report |
//! | W6 error | the error of a `poll_write` says of *its* buffer what the destination's error says, with kind and OS code; an earlier buffer's error is not its own |
//! | W7 order | bytes come in the order of the calls. It is judged of bytes that were answered or taken |
//! | W8 abandonment | bytes that were answered or taken get to the destination once, though nobody polls again |
//! | W9 close | `poll_close` settles and releases the destination, and its outcome stays. tokio's text asks for as much of `poll_shutdown`; futures-io's is silent |
//! | P1 wake | every task whose last poll was `Pending` is woken when it can go on, one for the reading and one for the writing side |
//! | P2 panic | an error where the rule asks for `Indeterminate`, for which there is no type; no panic |
//! | P3 kinds | no method answers `WouldBlock` or `Interrupted`. futures-io's text says the same of itself |
//! | P4 turn | answers that are ready at once are interrupted by a turn after a bounded time: a `Pending` whose task has been woken already, such as tokio's budget gives. A `Pending` that waits for room is none, and breaks nothing |
//! | O1 one call | one `poll_write` that is `Ready` makes at most one call of the destination's write |
//! | O2 cursor | reads, seeks and writes happen in order, and an abandoned read takes nothing away |
//! | O3 drop | a drop releases a destination before it returns if nothing is under way, and waits for nothing otherwise |
//! | O4 pool | a job that the pool refuses is an error, and the next write is tried anew |
//! | D1 durability | for a type with a sync, by [`Certify::syncs`](crate::Certify::syncs) |
//!
//! # Pending
//!
//! What a caller may conclude from `Pending` is where the texts part. **tokio's** says that no data was written from
//! the buffer, so there W3 is tokio's own promise. **futures-io's** does not say it, and lets `Pending` mean
//! *submitted*: a type that begins the write, answers `Pending`, and gives the count when it is polled again with the
//! same bytes keeps that text. W3 is judged by its own words in both cases.
//!
//! `Offload` and `ToFuturesIo` hold a write that was submitted behind the `Pending` of their `poll_write`, because a
//! trait without tickets leaves no other place for it: seen through this lens they break W3 when a caller gives up
//! after a `Pending`, or comes back with other bytes, and `ToTokio` deviates there from tokio's text. They keep W5: the
//! write of another content gets `PriorWriteFailed`, once, if the earlier one failed. [The page of the
//! adapters](async_write_complete::adapter#which-write-a-buffer-belongs-to) says so. By their own trait, which has
//! tickets, they keep W3: a caller who must know has to submit.

#[cfg(feature = "futures-io")]
mod futures_io;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "futures-io")]
pub use self::futures_io::FuturesIo;
#[cfg(feature = "tokio")]
pub use self::tokio::Tokio;
