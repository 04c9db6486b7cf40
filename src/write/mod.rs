//! [`AsyncWriteComplete`]: an asynchronous write whose answer means that it has happened.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(feature = "bytes")]
use bytes::Bytes;

mod delegate;
mod ext;
pub mod futures;
mod held;
mod impls;
pub(crate) mod kept;
mod shield;
pub(crate) mod slot;
mod ticket;
mod tracked;
mod turn;

pub use ext::AsyncWriteCompleteExt;
pub use held::HeldWrite;
pub use ticket::{Submitted, Ticket, TicketSource};
pub use tracked::{DriveWrite, Started, Tracked};
pub use turn::poll_turn;
#[cfg(feature = "offload")]
pub(crate) use turn::{end_run, waited};

pub(crate) use delegate::delegate_to_tracked;

use crate::error::Superseded;

/// An asynchronous writer that says of each write when it is past its point of no return, and when it is complete.
///
/// A write has two moments, and each has its method. Between them the write is the writer's: a *self-driven* writer
/// (memory, a pool thread, the kernel) carries it on by itself; a *driven* one (a wrapper around another writer) when
/// any later operation polls it.
///
/// ```text
///      poll_write_submit                       poll_write_complete
///  ----------+---------------------------------------+------------------>
///   Pending, |  InFlight(ticket): submitted          |  Ready(Ok(n)): the first n bytes are complete:
///   Err:     |  a drop changes nothing any more      |  the destination's own write call has returned
///   nothing  |                                       |
///   taken    |  Complete(n): both moments at once, nothing is outstanding
/// ```
///
/// Every promise below is one of the numbered [rules](crate::contract::Rule), whose text decides. There is no flush: a
/// type that needs one does not complete its writes and cannot keep [W1]. One write is outstanding per writer; a
/// submission over it first waits for it, so a caller that lost count can always go on.
///
/// Most callers use the futures of [`AsyncWriteCompleteExt`].
///
/// # Cancel safety
///
/// | method | if its future is dropped |
/// |---|---|
/// | [`poll_write_submit`](Self::poll_write_submit) until it is `Ready` | nothing was taken |
/// | [`resume_write_all(&mut held)`](AsyncWriteCompleteExt::resume_write_all) | nothing is lost; ask again with the same `held` |
/// | [`write_complete`], [`write_vectored_complete`], [`write_all_complete`] | the outstanding part still happens; its count is lost to this caller; a failure or a short count meets the next write-side operation ([W9]) |
/// | `write_bytes_complete`, `write_all_bytes_complete` (feature `bytes`) | as `write_complete` and `write_all_complete` |
/// | [`close_complete`] | the close goes on; ask again |
///
/// With a driven writer what *happens* or *goes on* does so when it is polled again; dropped before, it may be torn
/// ([W3]).
///
/// # Implementer notes
///
/// A writer that completes at submission (a socket, memory) implements `poll_write_submit` and `poll_close_complete`
/// and keeps no state:
///
/// ```
/// use std::{io, pin::Pin, task::{Context, Poll, ready}};
/// use async_write_complete::{AsyncWriteComplete, Submitted, poll_turn};
///
/// /// Counts bytes.
/// #[derive(Default)]
/// struct Counter(usize);
///
/// impl AsyncWriteComplete for Counter {
///     fn poll_write_submit(
///         mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8],
///     ) -> Poll<io::Result<Submitted>> {
///         ready!(poll_turn(cx)); // W16: answers that are always ready leave the executor its turn
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
/// A wrapper around another `AsyncWriteComplete` is built on [`Tracked`], which keeps [W5], [W9], [W10], [W12] and
/// [W13] for it. A blocking destination implements [`WriteComplete`](crate::WriteComplete) and goes into an
#[cfg_attr(feature = "offload", doc = "[`Offload`](crate::Offload).")]
#[cfg_attr(not(feature = "offload"), doc = "`Offload`.")]
///
/// [`write_complete`]: AsyncWriteCompleteExt::write_complete
/// [`write_vectored_complete`]: AsyncWriteCompleteExt::write_vectored_complete
/// [`write_all_complete`]: AsyncWriteCompleteExt::write_all_complete
/// [`close_complete`]: AsyncWriteCompleteExt::close_complete
/// [W1]: crate::contract::Rule::W1
/// [W3]: crate::contract::Rule::W3
/// [W5]: crate::contract::Rule::W5
/// [W9]: crate::contract::Rule::W9
/// [W10]: crate::contract::Rule::W10
/// [W12]: crate::contract::Rule::W12
/// [W13]: crate::contract::Rule::W13
#[cfg_attr(
    feature = "conformance",
    doc = "\nWhether an implementation keeps the rules, [the conformance kit](crate::conformance) certifies."
)]
pub trait AsyncWriteComplete {
    /// Submits the bytes of `buf`, or some first part of them, as one write.
    ///
    /// # Guarantees
    ///
    /// * `Pending`: nothing was taken ([W3]); the task is woken when it is worth asking again ([W11]). The writer first
    ///   waits for its outstanding write ([W7]).
    /// * `Ready(Ok(Submitted::Complete(n)))`: the first `n` bytes are complete ([W1], [W2]).
    /// * `Ready(Ok(Submitted::InFlight(ticket)))`: the first `ticket.len()` bytes are submitted, as they are now. The
    ///   write happens once, or at most once ([W3]), as one call of the destination's write ([W4]).
    /// * `Ready(Err(_))`: nothing was taken, unless the error is [`Indeterminate`](crate::Indeterminate).
    ///
    /// An empty `buf` is a barrier: it makes no call on the destination, and answers `Complete(0)` once the writer is
    /// settled ([W10]). `Complete(0)` for a `buf` that is not empty means that the destination takes no more ([W2]).
    ///
    /// # Errors
    ///
    /// [`PriorWriteFailed`](crate::PriorWriteFailed) if an orphan failed or came out short; reported once, and this
    /// submission is not executed ([W9]). [`Indeterminate`](crate::Indeterminate) if it is not known how many bytes are
    /// complete; the writer then takes no more, and says so to every later submission ([W6], [W13]). `BrokenPipe` after
    /// a close ([W12]). Otherwise the destination's own error: none of these bytes is complete. Never `WouldBlock` or
    /// `Interrupted` ([W15]).
    ///
    /// # Cancel safety
    ///
    /// Until it is `Ready` nothing was taken, and the caller may walk away. After `InFlight` the write is the writer's;
    /// dropping every future and the ticket changes nothing but who learns of it ([W8]).
    ///
    /// # Panics
    ///
    /// Never, unless the caller's own waker panics ([W13]). A panic of the destination is an error here, as long as
    /// panics unwind.
    ///
    /// # Implementer notes
    ///
    /// A writer whose answers are ready at once gives the executor a turn now and then ([W16]): see [`poll_turn`].
    ///
    /// [W1]: crate::contract::Rule::W1
    /// [W2]: crate::contract::Rule::W2
    /// [W3]: crate::contract::Rule::W3
    /// [W4]: crate::contract::Rule::W4
    /// [W6]: crate::contract::Rule::W6
    /// [W7]: crate::contract::Rule::W7
    /// [W8]: crate::contract::Rule::W8
    /// [W9]: crate::contract::Rule::W9
    /// [W10]: crate::contract::Rule::W10
    /// [W11]: crate::contract::Rule::W11
    /// [W12]: crate::contract::Rule::W12
    /// [W13]: crate::contract::Rule::W13
    /// [W15]: crate::contract::Rule::W15
    /// [W16]: crate::contract::Rule::W16
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>>;

    /// Submits the concatenation of `bufs`, or some first part of it, as one write.
    ///
    /// # Guarantees
    ///
    /// As [`poll_write_submit`](Self::poll_write_submit) in everything, also in its errors, cancel safety and panics
    /// ([W3], [W4]); counts run over the concatenation ([W2]). The default submits the first slice that is not empty. A
    /// list without bytes is a barrier ([W10]).
    ///
    /// [W2]: crate::contract::Rule::W2
    /// [W3]: crate::contract::Rule::W3
    /// [W4]: crate::contract::Rule::W4
    /// [W10]: crate::contract::Rule::W10
    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.poll_write_submit(cx, first_bytes(bufs))
    }

    /// Submits `bytes`, or some first part of them, as one write, and shares them with the caller where it can.
    ///
    /// # Guarantees
    ///
    /// As [`poll_write_submit`](Self::poll_write_submit) in everything, also in its errors, cancel safety and panics
    /// ([W3], [W4]). No bytes are a barrier ([W10]).
    ///
    /// The default submits them as a slice, of which a writer that outlives the call takes a copy. A writer that keeps
    /// a clone of `bytes` instead lets go of it before it answers for the write.
    ///
    /// # Implementer notes
    ///
    /// A wrapper that passes its bytes on unchanged forwards this method; one that does not know of it copies, and is
    /// right all the same.
    ///
    /// [W3]: crate::contract::Rule::W3
    /// [W4]: crate::contract::Rule::W4
    /// [W10]: crate::contract::Rule::W10
    #[cfg(feature = "bytes")]
    fn poll_write_submit_bytes(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &Bytes,
    ) -> Poll<io::Result<Submitted>> {
        self.poll_write_submit(cx, bytes)
    }

    /// Answers how many bytes of the submission `ticket` are complete.
    ///
    /// # Guarantees
    ///
    /// * `Pending`: its write is outstanding; the task is woken when it has ended ([W11]).
    /// * `Ready(Ok(n))`: exactly the first `n` bytes are complete, and no later byte of it is or will be ([W1], [W2]).
    ///   `n` may be less than [`Ticket::len`], even 0.
    /// * `Ready(Err(_))`: see Errors.
    ///
    /// The same ticket may be asked again, and gets the same answer, until bytes are submitted again ([W5]). The answer
    /// is the report of a failure; the next operation does not repeat it ([W9]).
    ///
    /// # Errors
    ///
    /// [`Superseded`] for a ticket that is not of this writer's last submission: never somebody else's count ([W5]).
    /// The default, for writers that never answer `InFlight`, answers nothing else.
    /// [`Indeterminate`](crate::Indeterminate) if nobody can know the count; the writer is poisoned ([W6], [W13]).
    /// Otherwise the destination's own error: none of the submission's bytes is complete ([W6]). Never `WouldBlock` or
    /// `Interrupted` ([W15]).
    ///
    /// # Cancel safety
    ///
    /// Asking takes nothing and loses nothing. A caller that stops asking leaves an orphan, which happens all the same
    /// ([W8]).
    ///
    /// # Panics
    ///
    /// Never, unless the caller's own waker panics ([W13]).
    ///
    /// [W1]: crate::contract::Rule::W1
    /// [W2]: crate::contract::Rule::W2
    /// [W5]: crate::contract::Rule::W5
    /// [W6]: crate::contract::Rule::W6
    /// [W8]: crate::contract::Rule::W8
    /// [W9]: crate::contract::Rule::W9
    /// [W11]: crate::contract::Rule::W11
    /// [W13]: crate::contract::Rule::W13
    /// [W15]: crate::contract::Rule::W15
    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let _ = cx;
        Poll::Ready(Err(Superseded::new(ticket).into()))
    }

    /// Settles the writer, then releases the destination.
    ///
    /// # Guarantees
    ///
    /// * `Pending`: the close has begun, and is under way; the task is woken when there is an answer ([W11]).
    /// * `Ready(Ok(()))`: all is complete, nothing is owed, and the destination is released ([W7], [W12]).
    /// * `Ready(Err(_))`: released, but not all is well; see Errors.
    ///
    /// The first answer is kept, and given again to whoever closes again ([W12]). A ticket still answers; any other
    /// operation gets an error. Memory, which cannot close, takes later writes. Nothing becomes durable by a close.
    ///
    /// A writer that is dropped instead of closed does not wait for its outstanding write, and a failure of it is lost
    /// ([W9], [W14]).
    ///
    /// # Errors
    ///
    /// [`PriorWriteFailed`](crate::PriorWriteFailed) if an orphan failed or came out short; the destination is released
    /// all the same ([W9]). The reason, if the writer had an indeterminate outcome before. Otherwise that of the
    /// destination; what std hides, such as the result of `close(2)`, is not promised.
    ///
    /// # Cancel safety
    ///
    /// A close that was begun goes on without its caller if the writer is self-driven; ask again for the answer.
    ///
    /// # Panics
    ///
    /// Never, unless the caller's own waker panics ([W13]).
    ///
    /// [W7]: crate::contract::Rule::W7
    /// [W9]: crate::contract::Rule::W9
    /// [W11]: crate::contract::Rule::W11
    /// [W12]: crate::contract::Rule::W12
    /// [W13]: crate::contract::Rule::W13
    /// [W14]: crate::contract::Rule::W14
    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Dyn-compatible, as promised.
const _: [&dyn AsyncWriteComplete; 0] = [];

/// The first slice that is not empty, or else no bytes.
pub(crate) fn first_bytes<'a>(bufs: &'a [IoSlice<'_>]) -> &'a [u8] {
    bufs.iter().find(|buf| !buf.is_empty()).map_or(&[], |buf| &**buf)
}

/// The length of the concatenation, as far as it can be counted.
pub(crate) fn total_len(bufs: &[IoSlice<'_>]) -> usize {
    bufs.iter().fold(0, |sum, buf| sum.saturating_add(buf.len()))
}
