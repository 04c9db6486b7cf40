//! For programs on tokio: [`fs::File`] in the place of `tokio::fs::File`, and [`TokioPool`].
//!
//! Import the module, or `fs` in it. Under `use async_write_complete::*` the name `tokio` means two things, and rustc
//! asks for `::tokio`.
//!
//! The adapters of any writer to and from tokio's traits are [`ToTokio`] and [`FromTokio`].

pub mod fs;
mod pool;

#[cfg(doc)]
use crate::adapter::{FromTokio, ToTokio};

pub use self::pool::TokioPool;
