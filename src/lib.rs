#![doc = include_str!("../README.md")]
//! # Map
//!
//! | to | see |
//! |---|---|
//! | write | [`AsyncWriteCompleteExt`]; [`HeldWrite`] where a timeout or a `select!` may cut in |
#![cfg_attr(
    feature = "offload",
    doc = "| offload files and other blocking destinations | [`Offload`]; [`Pool`] for threads of your own |"
)]
#![cfg_attr(feature = "offload", doc = "| open files, replace them, write them at positions | [`fs`] |")]
#![cfg_attr(
    all(feature = "offload", feature = "tokio"),
    doc = "| take the place of `tokio::fs::File`, run on tokio's blocking threads | [`tokio`](crate::tokio) |"
)]
//! | write on this thread | [`Inline`] |
#![cfg_attr(feature = "commit", doc = "| have many tasks append to one log, durably | [`commit::GroupCommit`] |")]
//! | make durable what is complete | [`AsyncSyncComplete`] |
//! | implement a destination | [`WriteComplete`] if it blocks, [`AsyncWriteComplete`] if it is asynchronous |
//! | implement a wrapper | [`DriveWrite`], and [`Tracked`] for the rest |
//! | use a blocking writer that holds bytes back | [`FlushEach`], [`AssertComplete`] |
//! | use or serve the traits of futures-io and tokio; use io_uring runtimes and object stores | [`adapter`] |
//! | know what is promised | [`contract`] |
//! | know what an error says | [`error`] |
#![cfg_attr(
    all(feature = "offload", feature = "tokio", feature = "bytes"),
    doc = "| read about all of it in order: how to choose, implement, adapt, migrate, test, tune | [`book`] |"
)]
// Every promise can be kept without it.
#![forbid(unsafe_code)]
// Shows on docs.rs which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(test, awc_loom, awc_shuttle))))]
// An example that warns teaches the warning.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

pub mod adapter;
#[cfg(all(test, any(awc_loom, awc_shuttle)))]
mod checker;
#[cfg(feature = "commit")]
pub mod commit;
pub mod contract;
pub mod error;
#[cfg(feature = "offload")]
pub mod fs;
mod guard;
#[cfg(feature = "offload")]
pub mod offload;
#[cfg(any(feature = "commit", feature = "offload"))]
#[cfg_attr(not(feature = "offload"), expect(unused_imports, reason = "`commit` needs nothing but the mutex"))]
mod primitives;
mod sync_write;
mod ticket;
#[cfg(all(feature = "offload", feature = "tokio"))]
pub mod tokio;
mod write;

#[cfg(all(any(doc, doctest), feature = "offload", feature = "tokio", feature = "bytes"))]
pub mod book;

#[doc(inline)]
pub use error::{Indeterminate, IntoInnerError, PriorWriteFailed, UnknownTicket, WriteOutstanding};
#[cfg(feature = "offload")]
#[doc(inline)]
pub use offload::{BlockingPool, Job, Offload, Pool};
pub use sync_write::{AssertComplete, FlushEach, Inline, SyncComplete, WriteComplete};
pub use ticket::{Settled, Submitted, Ticket, TicketSource};
pub use write::{
    AsyncSyncComplete, AsyncSyncCompleteExt, AsyncWriteComplete, AsyncWriteCompleteExt, DriveSync, DriveWrite,
    HeldWrite, Started, Tracked, futures, poll_budget,
};
#[cfg(feature = "bytes")]
pub use write::{AsyncWriteCompleteBytes, AsyncWriteCompleteBytesExt};
