//! Adapters to and from the write traits of today: each a named type, so that what is lost on the way is visible.
//!
//! | from | to | type | what survives |
//! |---|---|---|---|
//! | [`AsyncWriteComplete`](crate::AsyncWriteComplete) | `futures_io::AsyncWrite` | `ToFuturesIo` | the rules; which write a buffer belongs to is told by its content |
//! | `futures_io::AsyncWrite` | `AsyncWriteComplete` | `FromFuturesIo` | as honest as the inner flush; a failed flush is indeterminate |
//! | `AsyncWriteComplete` | `tokio::io::AsyncWrite` | `ToTokio` | the same as `ToFuturesIo`; `Pending` may mean submitted, where tokio's text says that nothing was written |
//! | `tokio::io::AsyncWrite` | `AsyncWriteComplete` | `FromTokio` | the same as `FromFuturesIo` |

#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod claim;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod flushing;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod types;

#[cfg(feature = "futures-io")]
mod futures_io;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "offload")]
pub(crate) use claim::Claim;

#[cfg(feature = "futures-io")]
pub use self::futures_io::{FromFuturesIo, ToFuturesIo};
#[cfg(feature = "tokio")]
pub use self::tokio::{FromTokio, ToTokio};
