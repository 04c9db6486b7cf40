//! [`Destination`] behind the traits of futures-io and tokio.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::Destination;
use crate::observer::Call;

impl Destination {
    /// Waits until it is not held.
    fn poll_pass(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.shared.state();
        if state.held {
            state.wakers.push(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn poll_write(&mut self, cx: &Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_pass(cx));
        let played = self.shared.state().write(buf);
        Poll::Ready(played.raise())
    }

    fn poll_flush(&mut self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        self.poll_pass(cx).map(Ok)
    }

    fn poll_close(&mut self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pass(cx));
        let fault = {
            let mut state = self.shared.state();
            state.released = true;
            state.fault(Call::Close)
        };
        Poll::Ready(fault.map_or(Ok(()), |effect| effect.play().raise()))
    }
}

#[cfg(feature = "futures-io")]
impl futures_io::AsyncWrite for Destination {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Self::poll_write(&mut self, cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_flush(&mut self, cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_close(&mut self, cx)
    }
}

#[cfg(feature = "tokio")]
impl tokio::io::AsyncWrite for Destination {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Self::poll_write(&mut self, cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_flush(&mut self, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_close(&mut self, cx)
    }
}
