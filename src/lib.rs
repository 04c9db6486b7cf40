#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(warnings))))]

pub mod contract;
pub mod error;
mod guard;
mod sync_write;
mod write;

pub use error::{Indeterminate, IntoInnerError, PriorWriteFailed, Superseded};
pub use sync_write::{AssertComplete, FlushEach, Inline, WriteComplete};
pub use write::{
    AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, HeldWrite, Started, Submitted, Ticket, TicketSource,
    Tracked, futures, poll_turn,
};

pub mod adapter;
#[cfg(feature = "offload")]
pub mod offload;
#[cfg(feature = "offload")]
mod primitives;
#[cfg(feature = "offload")]
#[doc(no_inline)]
pub use offload::{BlockingPool, Job, Offload, Pool};
