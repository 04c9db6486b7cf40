//! [`Subject`]: a writer of any type, with what its author declared how to call. So each check is compiled once, and
//! not for every writer.

use std::{
    future::{Future, ready},
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteComplete, Submitted, Ticket};

#[cfg(feature = "bytes")]
use crate::certify::PollBytesFn;
use crate::{
    certify::{IntoInnerFn, PollFlushFn, PollReadFn, PollSeekFn, SyncFn},
    guard::Foreign,
};

/// How a writer is called beyond its trait.
pub(crate) struct Calls<W> {
    pub(crate) peek: Option<fn(&W) -> Vec<u8>>,
    pub(crate) seek: Option<PollSeekFn<W>>,
    pub(crate) read: Option<PollReadFn<W>>,
    pub(crate) flush: Option<PollFlushFn<W>>,
    #[cfg(feature = "bytes")]
    pub(crate) bytes: Option<PollBytesFn<W>>,
    pub(crate) sync: Option<SyncFn<W>>,
    pub(crate) operations: Arc<[(&'static str, SyncFn<W>)]>,
    pub(crate) into_inner: Option<IntoInnerFn<W>>,
}

impl<W> Calls<W> {
    pub(crate) fn new() -> Self {
        Self {
            peek: None,
            seek: None,
            read: None,
            flush: None,
            #[cfg(feature = "bytes")]
            bytes: None,
            sync: None,
            operations: Arc::new([]),
            into_inner: None,
        }
    }
}

impl<W> Clone for Calls<W> {
    fn clone(&self) -> Self {
        Self { operations: self.operations.clone(), ..*self }
    }
}

/// An operation that is a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Sync,
    /// One of this name, which its author declared.
    Other(&'static str),
}

impl Call {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Other(name) => name,
        }
    }
}

/// The future of a call.
pub(crate) type Answer<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;

/// The future of a subject that is taken apart; one that refuses comes back.
pub(crate) type TakenApart = Pin<Box<dyn Future<Output = Result<(), (io::Error, Option<Box<dyn Subject>>)>>>>;

/// A writer of any type. What was not declared is `Unsupported`; the kit does not call it.
pub(crate) trait Subject: AsyncWriteComplete + Unpin {
    /// Its destination's bytes, if they are in the writer itself.
    fn peek(&self) -> Option<Vec<u8>>;

    fn poll_seek(&mut self, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>>;

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    #[cfg(feature = "bytes")]
    fn poll_submit_bytes(&mut self, cx: &mut Context<'_>, bytes: &bytes::Bytes) -> Poll<io::Result<Submitted>>;

    fn call(&mut self, call: Call) -> Answer<'_>;

    fn into_inner(self: Box<Self>) -> TakenApart;
}

/// A writer of the type `W` as a [`Subject`].
pub(crate) struct Erased<W> {
    writer: Foreign<Pin<Box<W>>>,
    calls: Calls<W>,
}

impl<W> Erased<W> {
    pub(crate) fn new(writer: W, calls: Calls<W>) -> Self {
        Self { writer: Foreign::new(Box::pin(writer)), calls }
    }
}

fn unsupported<R>() -> Poll<io::Result<R>> {
    Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
impl<W: AsyncWriteComplete> AsyncWriteComplete for Erased<W> {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.writer.as_mut().poll_write_submit(cx, buf)
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.writer.as_mut().poll_write_submit_vectored(cx, bufs)
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.writer.as_mut().poll_write_complete(cx, ticket)
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.writer.outstanding()
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.as_mut().poll_close_complete(cx)
    }
}

impl<W: AsyncWriteComplete + 'static> Subject for Erased<W> {
    fn peek(&self) -> Option<Vec<u8>> {
        self.calls.peek.map(|peek| peek(&self.writer))
    }

    fn poll_seek(&mut self, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>> {
        self.calls.seek.map_or_else(unsupported, |seek| seek(self.writer.as_mut(), cx, pos))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.calls.read.map_or_else(unsupported, |read| read(self.writer.as_mut(), cx, buf))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.flush.map_or_else(unsupported, |flush| flush(self.writer.as_mut(), cx))
    }

    #[cfg(feature = "bytes")]
    fn poll_submit_bytes(&mut self, cx: &mut Context<'_>, bytes: &bytes::Bytes) -> Poll<io::Result<Submitted>> {
        self.calls.bytes.map_or_else(unsupported, |submit| submit(self.writer.as_mut(), cx, bytes))
    }

    fn call(&mut self, call: Call) -> Answer<'_> {
        let operation = match call {
            Call::Sync => self.calls.sync,
            Call::Other(name) => {
                let declared = self.calls.operations.iter().find(|(declared, _)| *declared == name);
                declared.map(|(_, operation)| *operation)
            }
        };
        match operation {
            Some(operation) => operation(self.writer.as_mut()),
            None => Box::pin(ready(Err(io::ErrorKind::Unsupported.into()))),
        }
    }

    fn into_inner(self: Box<Self>) -> TakenApart {
        let Self { writer, calls } = *self;
        Box::pin(async move {
            let Some(into_inner) = calls.into_inner else { return Err((io::ErrorKind::Unsupported.into(), None)) };
            into_inner(writer.into_inner()).await.map_err(|(error, writer)| {
                let back =
                    writer.map(|writer| -> Box<dyn Subject> { Box::new(Self { writer: Foreign::new(writer), calls }) });
                (error, back)
            })
        })
    }
}
