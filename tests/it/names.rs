//! On a type that has the traits of every family, with all of them imported, each method is called without saying
//! whose.
//!
//! Where foreign families clash among themselves each has a module of its own; ours is in all of them.

use std::{
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{Submitted, Ticket, TicketSource, WriteComplete};

/// Memory with the traits of every family. It counts the calls of ours, so that a test sees who was asked.
#[derive(Debug, Default)]
struct Everything {
    memory: io::Cursor<Vec<u8>>,
    submitted: usize,
    submitted_vectored: usize,
    asked: usize,
    closed: usize,
}

impl Everything {
    fn holding(bytes: &[u8]) -> Self {
        Self { memory: io::Cursor::new(bytes.to_vec()), ..Self::default() }
    }

    fn ours(&self) -> [usize; 4] {
        [self.submitted, self.submitted_vectored, self.asked, self.closed]
    }
}

impl async_write_complete::AsyncWriteComplete for Everything {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.submitted += 1;
        Poll::Ready(io::Write::write(&mut self.memory, buf).map(Submitted::Complete))
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.submitted_vectored += 1;
        Poll::Ready(io::Write::write_vectored(&mut self.memory, bufs).map(Submitted::Complete))
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, _: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.asked += 1;
        Poll::Ready(Ok(ticket.len()))
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.closed += 1;
        Poll::Ready(Ok(()))
    }
}

impl io::Read for Everything {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut self.memory, buf)
    }
}

impl io::Write for Everything {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut self.memory, buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Seek for Everything {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        io::Seek::seek(&mut self.memory, pos)
    }
}

impl WriteComplete for Everything {}

impl async_write_complete::SyncComplete for Everything {
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        Ok(())
    }
}

impl async_write_complete::AsyncWriteCompleteBytes for Everything {}

impl futures_io::AsyncRead for Everything {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(io::Read::read(&mut self.memory, buf))
    }
}

impl futures_io::AsyncBufRead for Everything {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(io::BufRead::fill_buf(&mut self.get_mut().memory))
    }

    fn consume(mut self: Pin<&mut Self>, n: usize) {
        io::BufRead::consume(&mut self.memory, n);
    }
}

impl futures_io::AsyncWrite for Everything {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(io::Write::write(&mut self.memory, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncSeek for Everything {
    fn poll_seek(mut self: Pin<&mut Self>, _: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>> {
        Poll::Ready(io::Seek::seek(&mut self.memory, pos))
    }
}

impl tokio::io::AsyncRead for Everything {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = io::Read::read(&mut self.memory, buf.initialize_unfilled());
        Poll::Ready(read.map(|n| buf.advance(n)))
    }
}

impl tokio::io::AsyncBufRead for Everything {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(io::BufRead::fill_buf(&mut self.get_mut().memory))
    }

    fn consume(mut self: Pin<&mut Self>, n: usize) {
        io::BufRead::consume(&mut self.memory, n);
    }
}

impl tokio::io::AsyncWrite for Everything {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(io::Write::write(&mut self.memory, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncSeek for Everything {
    fn start_seek(mut self: Pin<&mut Self>, pos: SeekFrom) -> io::Result<()> {
        io::Seek::seek(&mut self.memory, pos).map(drop)
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.memory.position()))
    }
}

/// A ticket to ask with, so that the method is called; what it names does not matter here.
fn some_ticket() -> Ticket {
    TicketSource::new().mint(7)
}

/// Every family at once. Only ours has names that nobody else has, so only ours is called.
mod everybody {
    #[allow(unused_imports, reason = "that they are in scope is the test")]
    use {
        ::tokio::io::{
            AsyncBufRead as _, AsyncBufReadExt as _, AsyncRead as _, AsyncReadExt as _, AsyncSeek as _,
            AsyncSeekExt as _, AsyncWrite as _, AsyncWriteExt as _,
        },
        async_write_complete::*,
        futures_io::{AsyncBufRead as _, AsyncRead as _, AsyncSeek as _, AsyncWrite as _},
        futures_lite::{
            AsyncBufReadExt as _, AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, FutureExt as _,
            StreamExt as _,
        },
        futures_util::{
            AsyncBufReadExt as _, AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, FutureExt as _,
            StreamExt as _, TryFutureExt as _, TryStreamExt as _,
        },
        std::io::{BufRead as _, Read as _, Seek as _, Write as _},
    };

    use super::*;

    #[test]
    fn our_methods_clash_with_nobody() {
        let mut it = Everything::default();
        futures_lite::future::block_on(async {
            assert_eq!(it.write_complete(b"a").await.unwrap(), 1);
            assert_eq!(it.write_vectored_complete(&[IoSlice::new(b"b"), IoSlice::new(b"c")]).await.unwrap(), 2);
            it.write_all_complete(b"d").await.unwrap();
            let mut held = HeldWrite::new(b"e");
            it.resume_write_all(&mut held).await.unwrap();
            assert_eq!(it.submit(b"1").await.unwrap(), Submitted::Complete(1));
            assert_eq!(it.complete(some_ticket()).await.unwrap(), 7);
            assert!(it.settle().await.unwrap().is_none());
            it.write_all_vectored_complete(&mut [IoSlice::new(b"2")]).await.unwrap();
            it.close_complete().await.unwrap();
        });
        assert_eq!((it.ours(), it.outstanding()), ([4, 2, 1, 1], None));

        let cx = &mut Context::from_waker(std::task::Waker::noop());
        assert!(matches!(Pin::new(&mut it).poll_write_submit(cx, b"f"), Poll::Ready(Ok(Submitted::Complete(1)))));
        let one = [IoSlice::new(b"g")];
        let vectored = Pin::new(&mut it).poll_write_submit_vectored(cx, &one);
        assert!(matches!(vectored, Poll::Ready(Ok(Submitted::Complete(1)))));
        assert!(matches!(Pin::new(&mut it).poll_write_complete(cx, some_ticket()), Poll::Ready(Ok(7))));
        assert!(matches!(Pin::new(&mut it).poll_close_complete(cx), Poll::Ready(Ok(()))));
        assert_eq!(it.ours(), [5, 3, 2, 2]);

        assert!(!it.seek_back(0).unwrap() && !it.wait_writable().unwrap());
        assert!(!it.may_have_written(&io::ErrorKind::Other.into()));
        it.sync_data().unwrap();
        it.sync_all().unwrap();
        assert_eq!(it.memory.get_ref(), b"abcde12fg");
    }
}

/// The `poll_*` methods of futures-io, the extension traits of futures-lite, std, and ours.
mod beside_futures_lite {
    #[allow(unused_imports, reason = "some only have to be in scope")]
    use {
        async_write_complete::*,
        futures_io::*,
        futures_lite::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, FutureExt, StreamExt},
    };

    use super::{Context, Everything, IoSlice, Pin, Poll, SeekFrom, Submitted, some_ticket};

    #[test]
    fn nothing_clashes() {
        let mut it = Everything::holding(b"line\nrest");
        futures_lite::future::block_on(async {
            let mut line = String::new();
            assert_eq!(it.read_line(&mut line).await.unwrap(), 5);
            assert_eq!(it.seek(SeekFrom::Start(0)).await.unwrap(), 0);
            let mut five = [0; 5];
            it.read_exact(&mut five).await.unwrap();
            assert_eq!(it.read(&mut five).await.unwrap(), 4);
            assert_eq!(it.write(b"a").boxed_local().await.unwrap(), 1);
            assert_eq!(it.write_vectored(&[IoSlice::new(b"b")]).await.unwrap(), 1);
            it.write_all(b"c").await.unwrap();
            it.flush().await.unwrap();
            assert_eq!(it.ours(), [0; 4]);

            assert_eq!(it.write_complete(b"d").await.unwrap(), 1);
            assert_eq!(it.write_vectored_complete(&[IoSlice::new(b"e")]).await.unwrap(), 1);
            it.write_all_complete(b"f").await.unwrap();
            it.resume_write_all(&mut HeldWrite::new(b"g")).await.unwrap();
            it.close_complete().await.unwrap();
            assert_eq!(it.ours(), [3, 1, 0, 1]);
            it.close().await.unwrap();
        });

        let cx = &mut Context::from_waker(std::task::Waker::noop());
        let mut pinned = Pin::new(&mut it);
        assert!(matches!(pinned.as_mut().poll_write(cx, b"h"), Poll::Ready(Ok(1))));
        assert!(matches!(pinned.as_mut().poll_write_vectored(cx, &[IoSlice::new(b"i")]), Poll::Ready(Ok(1))));
        assert!(matches!(pinned.as_mut().poll_flush(cx), Poll::Ready(Ok(()))));
        assert!(matches!(pinned.as_mut().poll_read(cx, &mut [0]), Poll::Ready(Ok(0))));
        assert!(matches!(pinned.as_mut().poll_seek(cx, SeekFrom::End(0)), Poll::Ready(Ok(18))));
        assert!(matches!(pinned.as_mut().poll_close(cx), Poll::Ready(Ok(()))));
        assert!(matches!(pinned.as_mut().poll_write_submit(cx, b"j"), Poll::Ready(Ok(Submitted::Complete(1)))));
        assert!(matches!(pinned.as_mut().poll_write_complete(cx, some_ticket()), Poll::Ready(Ok(7))));
        assert!(matches!(pinned.as_mut().poll_close_complete(cx), Poll::Ready(Ok(()))));
        assert_eq!(it.memory.get_ref(), b"line\nrestabcdefghij");
    }
}

mod beside_futures_util {
    #[allow(unused_imports, reason = "some only have to be in scope")]
    use {
        async_write_complete::*,
        futures_io::*,
        futures_util::{
            AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, FutureExt, StreamExt, TryFutureExt,
            TryStreamExt,
        },
    };

    use super::{Context, Everything, IoSlice, Pin, Poll, Submitted, some_ticket};

    #[test]
    fn nothing_clashes() {
        let mut it = Everything::holding(b"line\nrest");
        futures_lite::future::block_on(async {
            let mut line = String::new();
            assert_eq!(it.read_line(&mut line).await.unwrap(), 5);
            assert_eq!(it.stream_position().await.unwrap(), 5);
            let mut rest = Vec::new();
            assert_eq!(it.read_to_end(&mut rest).await.unwrap(), 4);
            assert_eq!(it.write(b"a").await.unwrap(), 1);
            assert_eq!(it.write_vectored(&[IoSlice::new(b"b")]).await.unwrap(), 1);
            it.write_all(b"c").await.unwrap();
            it.flush().await.unwrap();
            assert_eq!(it.ours(), [0; 4]);

            assert_eq!(it.write_complete(b"d").map_ok(|n| n + 1).await.unwrap(), 2);
            assert_eq!(it.write_vectored_complete(&[IoSlice::new(b"e")]).await.unwrap(), 1);
            it.write_all_complete(b"f").await.unwrap();
            it.resume_write_all(&mut HeldWrite::new(b"g")).await.unwrap();
            it.close_complete().await.unwrap();
            assert_eq!(it.ours(), [3, 1, 0, 1]);
            it.close().await.unwrap();
        });

        let cx = &mut Context::from_waker(std::task::Waker::noop());
        assert!(matches!(Pin::new(&mut it).poll_write(cx, b"h"), Poll::Ready(Ok(1))));
        assert!(matches!(Pin::new(&mut it).poll_write_submit(cx, b"i"), Poll::Ready(Ok(Submitted::Complete(1)))));
        assert!(matches!(Pin::new(&mut it).poll_write_complete(cx, some_ticket()), Poll::Ready(Ok(7))));
        assert_eq!(it.memory.get_ref(), b"line\nrestabcdefghi");
    }
}

/// tokio's `AsyncSeek` has a `poll_complete`.
mod beside_tokio {
    #[allow(unused_imports, reason = "some only have to be in scope")]
    use {
        ::tokio::io::{
            AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWrite, AsyncWriteExt,
            ReadBuf,
        },
        async_write_complete::*,
    };

    use super::{Context, Everything, IoSlice, Pin, Poll, SeekFrom, Submitted, some_ticket};

    #[test]
    fn nothing_clashes() {
        let mut it = Everything::holding(b"line\nrest");
        futures_lite::future::block_on(async {
            let mut line = String::new();
            assert_eq!(it.read_line(&mut line).await.unwrap(), 5);
            assert_eq!(it.seek(SeekFrom::Start(5)).await.unwrap(), 5);
            let mut rest = Vec::new();
            assert_eq!(it.read_to_end(&mut rest).await.unwrap(), 4);
            assert_eq!(it.write(b"a").await.unwrap(), 1);
            assert_eq!(it.write_vectored(&[IoSlice::new(b"b")]).await.unwrap(), 1);
            it.write_all(b"c").await.unwrap();
            it.write_u8(b'd').await.unwrap();
            it.flush().await.unwrap();
            assert_eq!(it.ours(), [0; 4]);

            assert_eq!(it.write_complete(b"e").await.unwrap(), 1);
            assert_eq!(it.write_vectored_complete(&[IoSlice::new(b"f")]).await.unwrap(), 1);
            it.write_all_complete(b"g").await.unwrap();
            it.resume_write_all(&mut HeldWrite::new(b"h")).await.unwrap();
            it.close_complete().await.unwrap();
            assert_eq!(it.ours(), [3, 1, 0, 1]);
            it.shutdown().await.unwrap();
        });

        let cx = &mut Context::from_waker(std::task::Waker::noop());
        let mut pinned = Pin::new(&mut it);
        assert!(matches!(pinned.as_mut().poll_write(cx, b"i"), Poll::Ready(Ok(1))));
        assert!(matches!(pinned.as_mut().poll_write_vectored(cx, &[IoSlice::new(b"j")]), Poll::Ready(Ok(1))));
        assert!(matches!(pinned.as_mut().poll_flush(cx), Poll::Ready(Ok(()))));
        assert!(matches!(pinned.as_mut().poll_read(cx, &mut ReadBuf::new(&mut [0])), Poll::Ready(Ok(()))));
        pinned.as_mut().start_seek(SeekFrom::End(0)).unwrap();
        assert!(matches!(pinned.as_mut().poll_complete(cx), Poll::Ready(Ok(19))));
        assert!(matches!(pinned.as_mut().poll_shutdown(cx), Poll::Ready(Ok(()))));
        assert!(matches!(pinned.as_mut().poll_write_submit(cx, b"k"), Poll::Ready(Ok(Submitted::Complete(1)))));
        assert!(matches!(pinned.as_mut().poll_write_complete(cx, some_ticket()), Poll::Ready(Ok(7))));
        assert!(matches!(pinned.as_mut().poll_close_complete(cx), Poll::Ready(Ok(()))));
        assert_eq!(it.memory.get_ref(), b"line\nrestabcdefghijk");
    }
}

/// A `Vec` has std's `Write`, futures-io's and tokio's `AsyncWrite`, and both of our traits.
mod on_a_vec {
    #[allow(unused_imports, reason = "that they are in scope is the test")]
    use {::tokio::io::AsyncWriteExt as _, async_write_complete::*, futures_lite::AsyncWriteExt as _};

    #[test]
    fn nothing_clashes() {
        let mut bytes = Vec::new();
        std::io::Write::write_all(&mut bytes, b"a").unwrap();
        assert!(!bytes.seek_back(0).unwrap());
        futures_lite::future::block_on(async {
            assert_eq!(bytes.write_complete(b"b").await.unwrap(), 1);
            bytes.write_all_complete(b"c").await.unwrap();
            bytes.close_complete().await.unwrap();
        });
        assert_eq!(bytes, b"abc");
    }
}

/// The methods by `Bytes` clash with those of no family, nor with those of the crate `bytes` itself.
mod by_bytes {
    #[allow(unused_imports, reason = "that they are in scope is the test")]
    use {
        ::tokio::io::AsyncWriteExt as _,
        async_write_complete::*,
        bytes::{Buf, BufMut, Bytes},
        futures_lite::AsyncWriteExt as _,
        futures_util::AsyncWriteExt as _,
    };

    use super::{Context, Everything, Pin, Poll, Submitted};

    #[test]
    fn nothing_clashes() {
        let mut it = Everything::default();
        let bytes = Bytes::from_static(b"a");
        futures_lite::future::block_on(async {
            assert_eq!(it.write_bytes_complete(&bytes).await.unwrap(), 1);
            it.write_all_bytes_complete(bytes.clone()).await.unwrap();
            it.resume_write_all_bytes(&mut HeldWrite::new(bytes.clone())).await.unwrap();
        });
        let cx = &mut Context::from_waker(std::task::Waker::noop());
        let submitted = Pin::new(&mut it).poll_write_submit_bytes(cx, &bytes);
        assert!(matches!(submitted, Poll::Ready(Ok(Submitted::Complete(1)))));
        assert_eq!((it.ours(), it.memory.get_ref().as_slice()), ([4, 0, 0, 0], &b"aaaa"[..]));
    }
}
