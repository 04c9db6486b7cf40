//! A short book: what there is to know beyond the pages of the items, in the order in which one meets it.
//!
//! | chapter | for whom |
//! |---|---|
//! | [The problem](problem) | whoever wonders what is wrong with an answer |
//! | [Choosing a level](levels) | callers, and authors of libraries: what to ask for, and what to bound on |
//! | [Implementing](implementing) | authors of writers and of wrappers |
//! | [Adapting](adapting) | users of futures-io and tokio |
//! | [Migrating](migrating) | users of `blocking::Unblock` and `tokio::fs::File`, before and after |
//! | [Testing your type](testing) | whoever has made a promise |
//! | [Tuning](tuning) | whoever has measured |
//! | [Limits](limits) | everybody, before production |
//! | [Questions](faq) | the impatient |
//! | [Comparison](comparison) | whoever has a choice |
//! | [The design of the code](code) | contributors |
//!
//! Every program in it compiles and runs: `cargo test --doc --all-features book`.
// In each chapter the first definition of a link wins: these lead to pages of this documentation, those at the end of the
// chapter to files of the repository.

#[doc = "[levels]: crate::book::levels"]
#[doc = "[RFC 0001]: ../../rfcs/rfc_0001/index.html\n"]
#[doc = include_str!("problem.md")]
pub mod problem {}

#[doc = "[contract]: crate::contract"]
#[doc = "[W10]: crate::contract::Rule::W10"]
#[doc = "[`Submitted::InFlight`]: crate::Submitted::InFlight"]
#[doc = "[`HeldWrite`]: crate::HeldWrite"]
#[doc = "[`sync_data`]: crate::Offload::sync_data"]
#[doc = "[`sync_all`]: crate::Offload::sync_all"]
#[doc = "[README]: crate#which-methods-are-cancel-safe\n"]
#[doc = include_str!("levels.md")]
pub mod levels {}

#[doc = "[`WriteComplete`]: crate::WriteComplete"]
#[doc = "[`AsyncWriteComplete`]: crate::AsyncWriteComplete"]
#[doc = "[`Offload`]: crate::Offload"]
#[doc = "[`DriveWrite`]: crate::DriveWrite"]
#[doc = "[`Tracked`]: crate::Tracked"]
#[doc = "[`poll_turn`]: crate::poll_turn"]
#[doc = "[W5]: crate::contract::Rule::W5"]
#[doc = "[W9]: crate::contract::Rule::W9"]
#[doc = "[W11]: crate::contract::Rule::W11"]
#[doc = "[W13]: crate::contract::Rule::W13"]
#[doc = "[W16]: crate::contract::Rule::W16"]
#[doc = "[testing]: crate::book::testing\n"]
#[doc = include_str!("implementing.md")]
pub mod implementing {}

#[doc = "[`ToFuturesIo`]: crate::adapter::ToFuturesIo"]
#[doc = "[`FromFuturesIo`]: crate::adapter::FromFuturesIo"]
#[doc = "[`ToTokio`]: crate::adapter::ToTokio"]
#[doc = "[`FromTokio`]: crate::adapter::FromTokio"]
#[doc = "[`FlushEach`]: crate::FlushEach"]
#[doc = "[`AssertComplete`]: crate::AssertComplete"]
#[doc = "[adapter]: crate::adapter"]
#[doc = "[migrating]: crate::book::migrating"]
#[doc = "[tuning]: crate::book::tuning\n"]
#[doc = include_str!("adapting.md")]
pub mod adapting {}

#[doc = "[`HeldWrite`]: crate::HeldWrite"]
#[doc = "[`Indeterminate`]: crate::Indeterminate"]
#[doc = "[`ToTokio`]: crate::adapter::ToTokio"]
#[doc = "[identity]: crate::adapter#which-write-a-buffer-belongs-to"]
#[doc = "[tuning]: crate::book::tuning\n"]
#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[doc = "[conformance]: crate::conformance\n"]
#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = "[`Offload`]: crate::Offload"]
#[doc = "[`Pool`]: crate::Pool"]
#[doc = "[`Policy`]: crate::offload::Policy"]
#[doc = "[RFC 0002]: ../../rfcs/rfc_0002/index.html\n"]
#[doc = include_str!("tuning.md")]
pub mod tuning {}

#[doc = "[README]: crate#what-it-does-not-promise"]
#[doc = "[W13]: crate::contract::Rule::W13"]
#[doc = "[W15]: crate::contract::Rule::W15"]
#[doc = "[D1]: crate::contract::Rule::D1"]
#[doc = "[adapting]: crate::book::adapting\n"]
#[doc = include_str!("limits.md")]
pub mod limits {}

#[doc = "[`FlushEach`]: crate::FlushEach"]
#[doc = "[comparison]: crate::book::comparison"]
#[doc = "[README]: crate#which-methods-are-cancel-safe"]
#[doc = "[W9]: crate::contract::Rule::W9"]
#[doc = "[error]: crate::error"]
#[doc = "[identity]: crate::adapter#which-write-a-buffer-belongs-to"]
#[doc = "[RFC 0001]: ../../rfcs/rfc_0001/index.html"]
#[doc = "[RFC 0002]: ../../rfcs/rfc_0002/index.html\n"]
#[doc = include_str!("faq.md")]
pub mod faq {}

#[doc = "[migrating]: crate::book::migrating"]
#[doc = "[RFC 0002]: ../../rfcs/rfc_0002/index.html\n"]
#[doc = include_str!("comparison.md")]
pub mod comparison {}

#[doc = include_str!("code.md")]
pub mod code {}
