//! `&mut W`, `Box<W>`, `Pin<P>`, and our own types over a field: each forwards every method, so that no default takes
//! the place of the writer's own.

use std::ops::DerefMut;

use crate::{AsyncSyncComplete, AsyncWriteComplete};

/// Forwards `AsyncWriteComplete`, and with feature `bytes` its extension, from `$type` to `$inner`; `outstanding` asks
/// `$shared`.
macro_rules! forward {
    ([$($generics:tt)*] [$($bytes_generics:tt)*] $type:ty, $self:ident => $inner:expr, $shared:expr) => {
        #[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
        const _: () = {
            use std::{io::{self, IoSlice}, pin::Pin, task::{Context, Poll}};

            impl<$($generics)*> $crate::AsyncWriteComplete for $type {
                fn poll_write_submit(
                    $self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    buf: &[u8],
                ) -> Poll<io::Result<$crate::Submitted>> {
                    $inner.poll_write_submit(cx, buf)
                }

                fn poll_write_submit_vectored(
                    $self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    bufs: &[IoSlice<'_>],
                ) -> Poll<io::Result<$crate::Submitted>> {
                    $inner.poll_write_submit_vectored(cx, bufs)
                }

                fn poll_write_complete(
                    $self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    ticket: $crate::Ticket,
                ) -> Poll<io::Result<usize>> {
                    $inner.poll_write_complete(cx, ticket)
                }

                fn outstanding(&$self) -> Option<$crate::Ticket> {
                    $shared.outstanding()
                }

                fn poll_close_complete($self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                    $inner.poll_close_complete(cx)
                }
            }

            #[cfg(feature = "bytes")]
            impl<$($bytes_generics)*> $crate::AsyncWriteCompleteBytes for $type {
                fn poll_write_submit_bytes(
                    $self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    bytes: &::bytes::Bytes,
                ) -> Poll<io::Result<$crate::Submitted>> {
                    $inner.poll_write_submit_bytes(cx, bytes)
                }
            }
        };
    };
}

/// Forwards `AsyncSyncComplete` from `$type` to `$inner`.
macro_rules! forward_sync {
    ([$($generics:tt)*] $type:ty, $self:ident => $inner:expr) => {
        #[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
        const _: () = {
            use std::{io, pin::Pin, task::{Context, Poll}};

            impl<$($generics)*> $crate::AsyncSyncComplete for $type {
                fn poll_sync_data($self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                    $inner.poll_sync_data(cx)
                }

                fn poll_sync_all($self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                    $inner.poll_sync_all(cx)
                }
            }
        };
    };
}

/// Forwards from a type to its field `tracked`.
macro_rules! forward_to_field {
    (impl<$w:ident: $($bound:path),+> for $type:ty) => {
        $crate::write::forward!(
            [$w: $($bound +)+ Unpin] [$w: $($bound +)+ Unpin] $type,
            self => ::std::pin::Pin::new(&mut self.get_mut().tracked), self.tracked
        );
    };
}
pub(crate) use forward;
pub(crate) use forward_sync;
pub(crate) use forward_to_field;

forward!(
    [W: AsyncWriteComplete + Unpin + ?Sized] [W: crate::AsyncWriteCompleteBytes + Unpin + ?Sized] &mut W,
    self => Pin::new(&mut **self.get_mut()), (**self)
);
forward!(
    [W: AsyncWriteComplete + Unpin + ?Sized] [W: crate::AsyncWriteCompleteBytes + Unpin + ?Sized] Box<W>,
    self => Pin::new(&mut **self.get_mut()), (**self)
);
forward!(
    [P: DerefMut<Target: AsyncWriteComplete> + Unpin] [P: DerefMut<Target: crate::AsyncWriteCompleteBytes> + Unpin] Pin<P>,
    self => self.get_mut().as_mut(), self.as_ref()
);

forward_sync!([W: AsyncSyncComplete + Unpin + ?Sized] &mut W, self => Pin::new(&mut **self.get_mut()));
forward_sync!([W: AsyncSyncComplete + Unpin + ?Sized] Box<W>, self => Pin::new(&mut **self.get_mut()));
forward_sync!([P: DerefMut<Target: AsyncSyncComplete> + Unpin] Pin<P>, self => self.get_mut().as_mut());
