//! [0001]: crate::rfcs::rfc_0001
//! [process]: crate::rfcs::process
//! [contract]: crate::contract
//! [`Pool`]: crate::Pool
//! [`Job`]: crate::Job
//! [`BlockingPool`]: crate::BlockingPool
//! [`Indeterminate`]: crate::Indeterminate
//! [`WriteComplete::unread`]: crate::WriteComplete::unread
//! [W2]: crate::contract::Rule::W2
//! [W4]: crate::contract::Rule::W4
//! [W7]: crate::contract::Rule::W7
//! [W8]: crate::contract::Rule::W8
//! [W9]: crate::contract::Rule::W9
//! [W11]: crate::contract::Rule::W11
//! [W12]: crate::contract::Rule::W12
//! [W13]: crate::contract::Rule::W13
//! [W14]: crate::contract::Rule::W14
//! [W15]: crate::contract::Rule::W15
//! [W16]: crate::contract::Rule::W16
//! [D1]: crate::contract::Rule::D1
//! [state.rs]: ../../../src/async_write_complete/offload/state.rs.html
//! [table.rs]: ../../../src/async_write_complete/offload/state.rs.html
//! [staff.rs]: ../../../src/async_write_complete/offload/staff.rs.html
//! [shared.rs]: ../../../src/async_write_complete/offload/shared.rs.html
//! [pool.rs]: ../../../src/async_write_complete/offload/pool.rs.html
//! [queue.rs]: ../../../src/async_write_complete/offload/queue.rs.html
//! [pace.rs]: ../../../src/async_write_complete/offload/pace.rs.html
//! [owner.rs]: ../../../src/async_write_complete/offload/owner.rs.html
//! [claim.rs]: ../../../src/async_write_complete/adapter/claim.rs.html
//! [turn.rs]: ../../../src/async_write_complete/write/turn.rs.html
//! [limits]: crate::book::limits
//!
// Rules and items by their pages, and files by their source pages, where the text by itself links to files; the first
// definition of a link wins. Then the pictures, by the names of their files; see `build.rs`.
#![doc = include_str!(concat!(env!("OUT_DIR"), "/figures.md"))]
#![doc = include_str!("../../rfcs/0002-blocking-offload.md")]
