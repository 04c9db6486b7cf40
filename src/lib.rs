// The chapters of the book, for the links of the README: the first definition of a link wins.
#![cfg_attr(
    all(feature = "offload", feature = "tokio", feature = "bytes", feature = "conformance"),
    doc = "[problem]: book::problem",
    doc = "[levels]: book::levels",
    doc = "[implementing]: book::implementing",
    doc = "[adapting]: book::adapting",
    doc = "[migrating]: book::migrating",
    doc = "[testing]: book::testing",
    doc = "[tuning]: book::tuning",
    doc = "[limits]: book::limits",
    doc = "[faq]: book::faq",
    doc = "[comparison]: book::comparison",
    doc = "[code]: book::code",
    doc = ""
)]
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
//! | write on this thread | [`Inline`] |
//! | implement a destination | [`WriteComplete`] if it blocks, [`AsyncWriteComplete`] if it is asynchronous |
//! | implement a wrapper | [`DriveWrite`], and [`Tracked`] for the rest |
//! | use a blocking writer that holds bytes back | [`FlushEach`], [`AssertComplete`] |
//! | use or serve the traits of futures-io and tokio | [`adapter`] |
//! | know what is promised | [`contract`] |
//! | know what an error says | [`error`] |
#![cfg_attr(
    all(feature = "offload", feature = "tokio", feature = "bytes", feature = "conformance"),
    doc = "| read about all of it in order: how to choose, implement, adapt, migrate, test, tune | [`book`] |"
)]
// Every promise can be kept without it.
#![forbid(unsafe_code)]
// Shows on docs.rs which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// An example that warns teaches the warning.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

pub mod adapter;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod contract;
pub mod error;
mod guard;
#[cfg(feature = "offload")]
pub mod offload;
#[cfg(feature = "offload")]
mod primitives;
mod sync_write;
mod write;

#[cfg(all(any(doc, doctest), feature = "offload", feature = "tokio", feature = "bytes", feature = "conformance"))]
pub mod book;

#[doc(inline)]
pub use error::{Indeterminate, IntoInnerError, PriorWriteFailed, Superseded};
#[cfg(feature = "offload")]
#[doc(inline)]
pub use offload::{BlockingPool, Job, Offload, Pool};
pub use sync_write::{AssertComplete, FlushEach, Inline, WriteComplete};
pub use write::{
    AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, HeldWrite, Started, Submitted, Ticket, TicketSource,
    Tracked, futures, poll_turn,
};

// Last, and only for rustdoc: the RFCs, so that they are read next to what they argue for, and their code is tested. Their
// links need every feature.
#[cfg(all(any(doc, doctest), feature = "offload", feature = "tokio", feature = "bytes", feature = "conformance"))]
pub mod rfcs;
