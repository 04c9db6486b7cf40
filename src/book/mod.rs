//! A short book: what there is to know beyond the pages of the items, in the order in which a user meets it.
//!
//! | chapter | readers |
//! |---|---|
//! | [The problem](problem) | users who wonder what is wrong with an answer |
//! | [Choosing a level](levels) | callers and authors of libraries: what to ask for, and what to bound on |
//! | [Implementing](implementing) | authors of writers and of wrappers |
//! | [Adapting](adapting) | users of futures-io and tokio |
//! | [Migrating](migrating) | users of `blocking::Unblock` and `tokio::fs::File`, with programs before and after |
//! | [Testing your type](testing) | authors of a type that has one of the traits |
//! | [Tuning](tuning) | users who have measured |
//! | [Limits](limits) | everybody, before production |
//! | [What is tested](evidence) | users who want to know what the promises rest on: promise by promise |
//! | [Measured](measured) | users who want figures, and the rows in which a peer is faster |
//! | [Questions](faq) | readers in a hurry |
//! | [Comparison](comparison) | users who have a choice |
//! | [The design of the code](code) | contributors |
//!
//! `cargo test --doc --all-features book` compiles and runs every program in it.

#[doc = include_str!("problem.md")]
pub mod problem {}

#[doc = include_str!("levels.md")]
pub mod levels {}

#[doc = include_str!("implementing.md")]
pub mod implementing {}

#[doc = include_str!("adapting.md")]
pub mod adapting {}

#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("tuning.md")]
pub mod tuning {}

#[doc = include_str!("limits.md")]
pub mod limits {}

#[doc = include_str!("evidence.md")]
pub mod evidence {}

#[doc = include_str!("measured.md")]
pub mod measured {}

#[doc = include_str!("faq.md")]
pub mod faq {}

#[doc = include_str!("comparison.md")]
pub mod comparison {}

#[doc = include_str!("code.md")]
pub mod code {}
