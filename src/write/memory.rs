//! Memory: complete at submission, never in flight, never closed.
//!
//! It has no sync: nothing of it outlives the process, and an `Ok` for that would be a lie.

use std::{
    collections::VecDeque,
    io::{self, Cursor, IoSlice, Sink, Write},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{AsyncWriteComplete, poll_budget, total_len};
use crate::ticket::Submitted;

// No bytes make no call: a cursor beyond its end would pad even for none.
macro_rules! memory {
    ([$($generics:tt)*] $type:ty $(where $($bound:tt)*)?) => {
        /// Complete at submission. It cannot be closed: later writes are taken.
        impl<$($generics)*> AsyncWriteComplete for $type $(where $($bound)*)? {
            fn poll_write_submit(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<Submitted>> {
                if buf.is_empty() {
                    return Poll::Ready(Ok(Submitted::Complete(0)));
                }
                ready!(poll_budget(cx));
                Poll::Ready(self.get_mut().write(buf).map(Submitted::Complete))
            }

            fn poll_write_submit_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<Submitted>> {
                if total_len(bufs) == 0 {
                    return Poll::Ready(Ok(Submitted::Complete(0)));
                }
                ready!(poll_budget(cx));
                Poll::Ready(self.get_mut().write_vectored(bufs).map(Submitted::Complete))
            }

            fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }
        }

        #[cfg(feature = "bytes")]
        impl<$($generics)*> crate::AsyncWriteCompleteBytes for $type $(where $($bound)*)? {}
    };
}

memory!([] Vec<u8>);
memory!([] VecDeque<u8>);
memory!([] &mut [u8]);
memory!([] Sink);
// Whatever std lets be written through a cursor is memory.
memory!([T: Unpin] Cursor<T> where Cursor<T>: Write);
