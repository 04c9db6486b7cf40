//! The futures of [`AsyncWriteCompleteExt`](super::AsyncWriteCompleteExt).

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{AsyncSyncComplete, AsyncWriteComplete, HeldWrite, held::submit_slice, total_len};
use crate::{
    guard::checked_count,
    ticket::{Settled, Submitted, Ticket},
};

#[cfg(feature = "bytes")]
pub use super::bytes::{ResumeWriteAllBytes, WriteAllBytesComplete, WriteBytesComplete};

/// Where a write of one submission stands.
#[derive(Debug)]
pub(super) enum Step {
    Submit,
    Complete(Ticket),
    Done,
}

impl Step {
    /// Takes the two moments in turn. `len` bytes are offered to `submit`.
    pub(super) fn poll<W: AsyncWriteComplete + Unpin + ?Sized>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
        len: usize,
        submit: impl FnOnce(Pin<&mut W>, &mut Context<'_>) -> Poll<io::Result<Submitted>>,
    ) -> Poll<io::Result<usize>> {
        if let Self::Submit = self {
            *self = match ready!(submit(Pin::new(writer), cx)) {
                Ok(Submitted::InFlight(ticket)) if ticket.len() <= len => Self::Complete(ticket),
                answered => {
                    *self = Self::Done;
                    return Poll::Ready(answered.and_then(|submitted| checked_count(submitted.len(), len)));
                }
            };
        }
        let Self::Complete(ticket) = *self else { panic!("a write was polled after it was answered") };
        let result = ready!(poll_ticket(writer, cx, ticket));
        *self = Self::Done;
        Poll::Ready(result)
    }
}

pub(crate) fn poll_ticket<W: AsyncWriteComplete + Unpin + ?Sized>(
    writer: &mut W,
    cx: &mut Context<'_>,
    ticket: Ticket,
) -> Poll<io::Result<usize>> {
    Pin::new(writer).poll_write_complete(cx, ticket).map(|answer| checked_count(answer?, ticket.len()))
}

/// Declares a future over a writer: its fields beside the writer, its output, what else the writer has to be, and how
/// it is polled.
macro_rules! future {
    (
        $(#[$doc:meta])*
        $name:ident<$lifetime:lifetime $(, $generic:ident: $bound:path)?> { $($field:ident: $type:ty),* } -> $output:ty
        $(where $trait:ident)?,
        |$writer:ident, $cx:ident| $poll:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use = "futures do nothing unless polled"]
        pub struct $name<$lifetime, W: ?Sized $(, $generic)?> {
            writer: &$lifetime mut W,
            $($field: $type,)*
        }

        impl<$lifetime, W: ?Sized $(, $generic)?> $name<$lifetime, W $(, $generic)?> {
            pub(super) fn new(writer: &$lifetime mut W $(, $field: $type)*) -> Self {
                Self { writer $(, $field)* }
            }
        }

        impl<W: AsyncWriteComplete $(+ $trait)? + Unpin + ?Sized $(, $generic: $bound)?> Future
            for $name<'_, W $(, $generic)?>
        {
            type Output = io::Result<$output>;

            fn poll(self: Pin<&mut Self>, $cx: &mut Context<'_>) -> Poll<Self::Output> {
                let Self { writer: $writer $(, $field)* } = self.get_mut();
                $poll
            }
        }
    };
}

future! {
    /// The future of [`submit`](super::AsyncWriteCompleteExt::submit).
    Submit<'a> { buf: Option<&'a [u8]> } -> Submitted,
    |writer, cx| {
        let bytes = buf.expect("a submission was polled after it was answered");
        let answer = ready!(Pin::new(&mut **writer).poll_write_submit(cx, bytes));
        *buf = None;
        Poll::Ready(answer)
    }
}

future! {
    /// The future of [`complete`](super::AsyncWriteCompleteExt::complete).
    Complete<'a> { ticket: Ticket } -> usize,
    |writer, cx| poll_ticket(*writer, cx, *ticket)
}

future! {
    /// The future of [`settle`](super::AsyncWriteCompleteExt::settle).
    Settle<'a> {} -> Option<Settled>,
    |writer, cx| match writer.outstanding() {
        None => Poll::Ready(Ok(None)),
        Some(ticket) => poll_ticket(*writer, cx, ticket).map_ok(|completed| Some(Settled::new(ticket, completed))),
    }
}

future! {
    /// The future of [`write_complete`](super::AsyncWriteCompleteExt::write_complete).
    WriteComplete<'a> { buf: &'a [u8], step: Step } -> usize,
    |writer, cx| step.poll(*writer, cx, buf.len(), |writer, cx| writer.poll_write_submit(cx, buf))
}

future! {
    /// The future of [`write_vectored_complete`](super::AsyncWriteCompleteExt::write_vectored_complete).
    WriteVectoredComplete<'a> { bufs: &'a [IoSlice<'a>], step: Step } -> usize,
    |writer, cx| step.poll(*writer, cx, total_len(bufs), |writer, cx| writer.poll_write_submit_vectored(cx, bufs))
}

future! {
    /// The future of [`write_all_complete`](super::AsyncWriteCompleteExt::write_all_complete).
    ///
    /// Polled by reference, it still tells after an error how far it got: see [`held`](Self::held).
    WriteAllComplete<'a> { held: HeldWrite<&'a [u8]> } -> (),
    |writer, cx| held.poll_resume(Pin::new(&mut **writer), cx, submit_slice)
}

impl<'a, W: ?Sized> WriteAllComplete<'a, W> {
    /// How far it got.
    pub const fn held(&self) -> &HeldWrite<&'a [u8]> {
        &self.held
    }
}

future! {
    /// The future of [`resume_write_all`](super::AsyncWriteCompleteExt::resume_write_all).
    ResumeWriteAll<'a, B: AsRef<[u8]>> { held: &'a mut HeldWrite<B> } -> (),
    |writer, cx| held.poll_resume(Pin::new(&mut **writer), cx, submit_slice)
}

future! {
    /// The future of [`close_complete`](super::AsyncWriteCompleteExt::close_complete).
    CloseComplete<'a> {} -> (),
    |writer, cx| Pin::new(&mut **writer).poll_close_complete(cx)
}

future! {
    /// The future of [`sync_data_complete`](super::AsyncSyncCompleteExt::sync_data_complete).
    SyncDataComplete<'a> {} -> () where AsyncSyncComplete,
    |writer, cx| Pin::new(&mut **writer).poll_sync_data(cx)
}

future! {
    /// The future of [`sync_all_complete`](super::AsyncSyncCompleteExt::sync_all_complete).
    SyncAllComplete<'a> {} -> () where AsyncSyncComplete,
    |writer, cx| Pin::new(&mut **writer).poll_sync_all(cx)
}

/// The future of [`write_all_vectored_complete`](super::AsyncWriteCompleteExt::write_all_vectored_complete).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct WriteAllVectoredComplete<'a, 'b, W: ?Sized> {
    writer: &'a mut W,
    bufs: &'a mut [IoSlice<'b>],
    step: Step,
}

impl<'a, 'b, W: ?Sized> WriteAllVectoredComplete<'a, 'b, W> {
    pub(super) fn new(writer: &'a mut W, bufs: &'a mut [IoSlice<'b>]) -> Self {
        Self { writer, bufs, step: Step::Submit }
    }
}

impl<W: AsyncWriteComplete + Unpin + ?Sized> Future for WriteAllVectoredComplete<'_, '_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { writer, bufs, step } = self.get_mut();
        while total_len(bufs) > 0 {
            let submit = |writer: Pin<&mut W>, cx: &mut Context<'_>| writer.poll_write_submit_vectored(cx, bufs);
            let answer = ready!(step.poll(*writer, cx, total_len(bufs), submit));
            *step = Step::Submit;
            let n = answer?;
            if n == 0 {
                return Poll::Ready(Err(super::held::takes_no_more()));
            }
            take_out(bufs, n);
        }
        Poll::Ready(Ok(()))
    }
}

/// Takes the first `n` bytes out of the caller's list, where `advance_slices` would only move a reference to it.
fn take_out(bufs: &mut [IoSlice<'_>], mut n: usize) {
    for buf in bufs {
        let complete = n.min(buf.len());
        buf.advance(complete);
        n -= complete;
    }
}
