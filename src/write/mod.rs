//! [`AsyncWriteComplete`]: an asynchronous write whose answer means that it has happened.
//!
//! | file | what is in it |
//! |---|---|
//! | `mod.rs` | the trait |
//! | `ext.rs`, `futures.rs`, `held.rs` | what callers use: methods, their futures, and the write that a caller holds |
//! | `bytes.rs`, `sync.rs` | submissions of `Bytes`; syncs: each a trait beside this one |
//! | `memory.rs`, `forward.rs` | the trait for memory; for `&mut W`, `Box<W>` and the like |
//! | `tracked.rs`, `last_write.rs`, `panic_safe_waker.rs` | for wrappers: the bookkeeping of the rules |
//! | `coop.rs` | turns for the executor (P4) |

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(feature = "bytes")]
mod bytes;
mod coop;
mod ext;
mod forward;
pub mod futures;
mod held;
pub(crate) mod last_write;
mod memory;
mod panic_safe_waker;
mod sync;
mod tracked;

#[cfg(feature = "bytes")]
pub use self::bytes::{AsyncWriteCompleteBytes, AsyncWriteCompleteBytesExt};
#[cfg(feature = "offload")]
pub(crate) use self::{coop::end_run, panic_safe_waker::PanicSafeWaker};
pub use self::{
    coop::poll_budget,
    ext::AsyncWriteCompleteExt,
    held::HeldWrite,
    sync::{AsyncSyncComplete, AsyncSyncCompleteExt},
    tracked::{DriveSync, DriveWrite, Started, Tracked},
};
pub(crate) use forward::{forward, forward_sync, forward_to_field};

use crate::{
    error::UnknownTicket,
    ticket::{Submitted, Ticket},
};

/// A writer that says of each write when it is submitted, and when it is complete.
///
/// A write has two moments, and each has its method. **Nothing more is taken until the last answer was asked for**, and
/// given, so a future that was dropped can neither lose a failure nor have a record written twice. (A *writer* that is
/// dropped instead of closed can lose its last failure.) Complete means that others see the bytes, not that they are
/// durable: the [words](crate::contract#words). One write is in flight at a time. The conformance
/// kit, `async-write-complete-conformance`, checks a type rule by rule.
///
/// ```text
///      poll_write_submit                         poll_write_complete(ticket)
///  ---------+---------------------------------------------+------------------------>
///  Pending, | InFlight(ticket): submitted.                | Ready(Ok(n)): the first n bytes are complete:
///  Err:     | A drop does not stop the write.             | an observer of the destination sees them.
///  nothing  | Until it is answered, a submission gets     | Ready(Err(_)): none of them is, unless it is
///  taken    | WriteOutstanding, and takes nothing.        | Indeterminate (that is not known) or
///           | Complete(n): both moments at once.          | UnknownTicket (not the last write's ticket).
/// ```
///
/// Each promise below is one of the numbered [rules](crate::contract), W1 to W9 and P1 to P4, whose text decides. There
/// is no flush: a type that needs one does not complete its writes ([W1](crate::contract::Rule::W1)). Most callers use
/// the futures of [`AsyncWriteCompleteExt`].
///
/// # The two moments
///
/// ```
/// # use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Submitted};
/// # async fn other_work() {}
/// # async fn one(writer: &mut (impl AsyncWriteComplete + Unpin)) -> std::io::Result<usize> {
/// match writer.submit(b"record").await? {
///     Submitted::Complete(n) => Ok(n),
///     Submitted::InFlight(ticket) => {
///         other_work().await; // the bytes are the writer's
///         writer.complete(ticket).await
///     }
/// }
/// # }
/// ```
///
/// # A right program
///
/// The caller holds the write, and each round resumes it:
///
/// ```
/// # use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite};
/// # use std::{io, time::Duration};
/// async fn log(writer: &mut (impl AsyncWriteComplete + Unpin), record: &[u8]) -> io::Result<()> {
///     let mut held = HeldWrite::new(record);
///     while !held.is_done() {
///         tokio::select! {
///             result = writer.resume_write_all(&mut held) => result?,
///             () = tokio::time::sleep(Duration::from_secs(1)) => eprintln!("{} bytes so far", held.completed()),
///         }
///     }
///     Ok(())
/// }
/// ```
///
/// # A wrong one
///
/// Each round makes the write anew. With `write_all` and `flush` of tokio's `File` the record is written again in each
/// round, silently (`audit --case select-loop`). Here the second round gets
/// [`WriteOutstanding`](crate::WriteOutstanding), and the file has the record once (`examples/select_loop.rs`):
///
/// ```
/// # use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt};
/// # use std::{io, time::Duration};
/// async fn log(writer: &mut (impl AsyncWriteComplete + Unpin), record: &[u8]) -> io::Result<()> {
///     loop {
///         tokio::select! {
///             result = writer.write_all_complete(record) => return result, // Err(WriteOutstanding)
///             () = tokio::time::sleep(Duration::from_secs(1)) => eprintln!("still writing"),
///         }
///     }
/// }
/// ```
///
/// The cure is the program above. Or the loop settles before it writes again: `writer.settle().await?` waits for the
/// write that was dropped, and says how many of its bytes are complete; if it is all of them, there is nothing to write
/// again.
///
/// # Implementer notes
///
/// A writer that completes at submission, such as memory, implements `poll_write_submit` and `poll_close_complete`, and
/// keeps no state. One that is complete at submission and waits for room, such as a bounded ring or a socket, does the
/// same, answers `Pending` while there is no room, and wakes the last task that got it when there is
/// ([P1](crate::contract::Rule::P1)): `examples/bounded_ring.rs`. One that answers `InFlight` overrides
/// `poll_write_complete` and `outstanding` too, since their defaults are wrong for it: `examples/framed_writer.rs`.
///
/// ```
/// # use std::{io, pin::Pin, task::{Context, Poll, ready}};
/// # use async_write_complete::{AsyncWriteComplete, Submitted, poll_budget};
/// /// Counts bytes.
/// struct Counter(usize);
///
/// impl AsyncWriteComplete for Counter {
///     fn poll_write_submit(
///         mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8],
///     ) -> Poll<io::Result<Submitted>> {
///         if buf.is_empty() {
///             return Poll::Ready(Ok(Submitted::Complete(0))); // W3: no bytes do nothing
///         }
///         ready!(poll_budget(cx)); // P4: answers that are always ready leave the executor its turn
///         self.0 += buf.len();
///         Poll::Ready(Ok(Submitted::Complete(buf.len())))
///     }
///
///     fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Poll::Ready(Ok(()))
///     }
/// }
/// ```
///
/// A wrapper around another `AsyncWriteComplete` is a [`DriveWrite`] in a [`Tracked`], which keeps the books. A
/// blocking destination implements [`WriteComplete`](crate::WriteComplete), and goes into an `Offload`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say when its writes are complete",
    label = "is no `AsyncWriteComplete`",
    note = "a blocking writer, such as `std::fs::File`: `Offload::new(..)` carries it to the asynchronous side",
    note = "a writer of futures-io or tokio: `adapter::FromFuturesIo::new(..)` or `adapter::FromTokio::new(..)` flushes after each write",
    note = "a wrapper of your own: implement `DriveWrite`, and use `Tracked::new(..)`"
)]
pub trait AsyncWriteComplete {
    /// Submits the bytes of `buf`, or some first part of them, as one write.
    ///
    /// # Guarantees
    ///
    /// * `Pending`: nothing was taken ([W3](crate::contract::Rule::W3)), and the task is woken when it is worth another
    ///   poll ([P1](crate::contract::Rule::P1)). An outstanding write is answered by an error, never by `Pending`.
    /// * `Ready(Ok(Complete(n)))`: the first `n` bytes are complete ([W1](crate::contract::Rule::W1),
    ///   [W2](crate::contract::Rule::W2)). 0 for a `buf` with bytes: the destination takes no more.
    /// * `Ready(Ok(InFlight(ticket)))`: the first `ticket.len()` bytes are submitted, as they are now, and will be
    ///   attempted at most once ([W3](crate::contract::Rule::W3)), after those of every earlier submission
    ///   ([W7](crate::contract::Rule::W7)).
    /// * `Ready(Err(_))`: nothing was taken, unless the error is [`Indeterminate`](crate::Indeterminate).
    ///
    /// An empty `buf` is `Complete(0)`, and does nothing; after a close it may err.
    ///
    /// # Errors
    ///
    /// [`WriteOutstanding`](crate::WriteOutstanding) at once and each time, until the last write was answered
    /// ([W5](crate::contract::Rule::W5)). [`Indeterminate`](crate::Indeterminate) if it is not known how many bytes are
    /// complete, and from then on ([W6](crate::contract::Rule::W6));
    /// [`Indeterminate::find`](crate::Indeterminate::find) tells. `BrokenPipe` once a close has begun. Otherwise the
    /// destination's own. Never `WouldBlock` or `Interrupted` ([P3](crate::contract::Rule::P3)).
    ///
    /// # Cancel safety
    ///
    /// Until it is `Ready` nothing was taken. After `InFlight` the write is the writer's: dropping every future and the
    /// ticket changes nothing about it ([W8](crate::contract::Rule::W8)), and [`outstanding`](Self::outstanding) names
    /// it.
    ///
    /// # Panics
    ///
    /// Never, unless the caller's own waker panics ([P2](crate::contract::Rule::P2)).
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>>;

    /// Submits the concatenation of `bufs`, or some first part of it, as one write.
    ///
    /// As [`poll_write_submit`](Self::poll_write_submit) in everything; counts run over the concatenation, which is
    /// empty if there are no slices. The default submits the first slice that has bytes.
    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.poll_write_submit(cx, first_bytes(bufs))
    }

    /// Answers how many bytes of the submission `ticket` are complete.
    ///
    /// # Guarantees
    ///
    /// * `Pending`: the write is in flight, and the task is woken when it has ended ([P1](crate::contract::Rule::P1)).
    /// * `Ready(Ok(n))`: exactly the first `n` bytes are complete, and no later one is or will be
    ///   ([W1](crate::contract::Rule::W1), [W2](crate::contract::Rule::W2)). `n` may be less than [`Ticket::len`].
    /// * `Ready(Err(_))`: none of them is, unless the error is [`UnknownTicket`] or `Indeterminate`.
    ///
    /// Any `Ready` but [`UnknownTicket`] is the answer, even if the caller drops it, and submissions are taken again.
    /// The same ticket gets the same answer again until bytes are submitted ([W4](crate::contract::Rule::W4)). Of two
    /// tasks that poll for one ticket the last one is woken.
    ///
    /// # Errors
    ///
    /// [`UnknownTicket`] for one that is not of this writer's last submission: it says nothing of the bytes, and is
    /// never another submission's count. The default, for writers that never answer `InFlight`, answers nothing else.
    /// [`Indeterminate`](crate::Indeterminate) if the count cannot be known ([W6](crate::contract::Rule::W6)).
    /// Otherwise the destination's own.
    ///
    /// # Cancel safety
    ///
    /// A caller that goes away loses nothing: poll again.
    ///
    /// # Panics
    ///
    /// Never, unless the caller's own waker panics ([P2](crate::contract::Rule::P2)).
    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let _ = cx;
        Poll::Ready(Err(UnknownTicket::new(ticket).into()))
    }

    /// The ticket that has to be answered before anything else can be submitted ([W5](crate::contract::Rule::W5)):
    /// from `InFlight` until it, or a close, was polled to `Ready`. It does no I/O, and wakes no task.
    ///
    /// The default, for writers that never answer `InFlight`, is `None`.
    fn outstanding(&self) -> Option<Ticket> {
        None
    }

    /// Waits for what is outstanding, then releases the destination. The first poll is final: nothing more is taken.
    ///
    /// # Guarantees
    ///
    /// * `Pending`: the close is under way; the task is woken when there is an answer.
    /// * `Ready(_)`: the destination is released, also with an error. A second close gets the first answer again, and
    ///   the last ticket still answers ([W9](crate::contract::Rule::W9)). Nothing becomes durable by a close.
    ///
    /// A writer that is dropped instead of closed does not wait, and a failure that was not answered is lost.
    ///
    /// # Errors
    ///
    /// The first of these that there is: the failure of the last write if it was not answered, or `WriteZero` if it
    /// came out short; the reason, if the writer had an indeterminate outcome before; the destination's own.
    ///
    /// # Cancel safety
    ///
    /// A close that has begun goes on without its caller if the writer is self-driven, as `Offload`
    /// is; a wrapper that only its caller's polls carry on waits for the next one. Poll again for the outcome.
    ///
    /// # Panics
    ///
    /// Never, unless the caller's own waker panics ([P2](crate::contract::Rule::P2)).
    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Keeps it dyn-compatible.
const _: [&dyn AsyncWriteComplete; 0] = [];

/// The first slice that has bytes, or else no bytes.
pub(crate) fn first_bytes<'a>(bufs: &'a [IoSlice<'_>]) -> &'a [u8] {
    bufs.iter().find(|buf| !buf.is_empty()).map_or(&[], |buf| &**buf)
}

/// The length of the concatenation, as far as it can be counted.
pub(crate) fn total_len(bufs: &[IoSlice<'_>]) -> usize {
    bufs.iter().fold(0, |sum, buf| sum.saturating_add(buf.len()))
}
