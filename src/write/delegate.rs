//! Writers that are a [`Tracked`](super::Tracked) under another name.

/// Implements `AsyncWriteComplete` for a wrapper by its field `tracked`.
macro_rules! delegate_to_tracked {
    (impl<$w:ident: $($bound:path),+> for $type:ty) => {
        #[deny(clippy::missing_trait_methods, reason = "a forgotten method would fall back to a default")]
        impl<$w: $($bound +)+ Unpin> $crate::AsyncWriteComplete for $type {
            fn poll_write_submit(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buf: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<$crate::Submitted>> {
                ::std::pin::Pin::new(&mut self.tracked).poll_write_submit(cx, buf)
            }

            fn poll_write_submit_vectored(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bufs: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<$crate::Submitted>> {
                ::std::pin::Pin::new(&mut self.tracked).poll_write_submit_vectored(cx, bufs)
            }

            #[cfg(feature = "bytes")]
            fn poll_write_submit_bytes(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bytes: &::bytes::Bytes,
            ) -> ::std::task::Poll<::std::io::Result<$crate::Submitted>> {
                ::std::pin::Pin::new(&mut self.tracked).poll_write_submit_bytes(cx, bytes)
            }

            fn poll_write_complete(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                ticket: $crate::Ticket,
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                ::std::pin::Pin::new(&mut self.tracked).poll_write_complete(cx, ticket)
            }

            fn poll_close_complete(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                ::std::pin::Pin::new(&mut self.tracked).poll_close_complete(cx)
            }
        }
    };
}
pub(crate) use delegate_to_tracked;
