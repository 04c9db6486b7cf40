//! `&mut W`, `Box<W>`, `Pin<P>`: each forwards every method, so that no default takes the place of the writer's own.

use std::{
    io::{self, IoSlice},
    ops::DerefMut,
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(feature = "bytes")]
use bytes::Bytes;

use crate::write::{AsyncWriteComplete, Submitted, Ticket};

macro_rules! forward {
    ([$($generics:tt)*] $type:ty, $self:ident => $inner:expr) => {
        #[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
        impl<$($generics)*> AsyncWriteComplete for $type {
            fn poll_write_submit(
                $self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<Submitted>> {
                $inner.poll_write_submit(cx, buf)
            }

            fn poll_write_submit_vectored(
                $self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<Submitted>> {
                $inner.poll_write_submit_vectored(cx, bufs)
            }

            #[cfg(feature = "bytes")]
            fn poll_write_submit_bytes(
                $self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &Bytes,
            ) -> Poll<io::Result<Submitted>> {
                $inner.poll_write_submit_bytes(cx, bytes)
            }

            fn poll_write_complete(
                $self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                ticket: Ticket,
            ) -> Poll<io::Result<usize>> {
                $inner.poll_write_complete(cx, ticket)
            }

            fn poll_close_complete($self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                $inner.poll_close_complete(cx)
            }
        }
    };
}

forward!([W: AsyncWriteComplete + Unpin + ?Sized] &mut W, self => Pin::new(&mut **self.get_mut()));
forward!([W: AsyncWriteComplete + Unpin + ?Sized] Box<W>, self => Pin::new(&mut **self.get_mut()));
forward!([P: DerefMut<Target: AsyncWriteComplete> + Unpin] Pin<P>, self => self.get_mut().as_mut());
