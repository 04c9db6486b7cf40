//! The adapters to and from `tokio::io::AsyncWrite`: the same bookkeeping as for futures-io, under tokio's own callers.

use std::{
    collections::VecDeque,
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use async_write_complete::{
    AsyncWriteCompleteExt, Indeterminate, Inline, Offload, Submitted, WriteOutstanding,
    adapter::{FromTokio, ToTokio},
    error::raw_os_error,
};
use tokio::io::{AsyncRead, AsyncSeek, AsyncSeekExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::common::{
    destination::{Outcome, Scripted},
    pool::{Stepped, Threads},
    steps::{
        self, ask, close, failed, in_flight, offload, prior, ready, refused, settle, submit, submit_nothing,
        submit_vectored,
    },
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

/// One poll of each method of tokio's trait.
fn write(writer: &mut (impl AsyncWrite + Unpin), buf: &[u8]) -> Poll<io::Result<usize>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_write(cx, buf))
}

fn flush(writer: &mut (impl AsyncWrite + Unpin)) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_flush(cx))
}

fn shutdown(writer: &mut (impl AsyncWrite + Unpin)) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_shutdown(cx))
}

mod to_tokio {
    use super::*;

    /// It was answered by its ticket, so nobody else is told of it.
    #[test]
    fn one_that_was_settled_is_told_to_no_seek() {
        for outcome in [Outcome::Short(2), Outcome::Os(NO_SPACE)] {
            let (inner, pool, _) = offload(Scripted::script([outcome]));
            let mut writer = ToTokio::new(inner);
            assert!(write(&mut writer, b"abc").is_pending());
            assert!(pool.run_one());
            let _told = ready(settle(&mut writer));
            steps::drive(&pool, writer.seek(SeekFrom::Start(0))).unwrap();
        }
    }

    #[test]
    fn ok_means_complete_and_content_tells_which_write_it_is() {
        let (inner, pool, observer) = offload(Scripted::new());
        let mut writer = ToTokio::new(inner);
        assert!(write(&mut writer, b"abcd").is_pending());
        assert!(flush(&mut writer).is_pending());
        assert!(pool.run_one());
        assert_eq!(observer.bytes(), b"abcd");
        assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2, "shortened");
        ready(flush(&mut writer)).unwrap();
        assert_eq!(ready(write(&mut writer, b"cdef")).unwrap(), 2, "lengthened");
        assert!(write(&mut writer, b"ef").is_pending());
        assert!(write(&mut writer, b"XY").is_pending(), "another one");
        assert!(pool.run_one());
        assert!(write(&mut writer, b"XY").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"XY")).unwrap(), 2);
        assert_eq!((observer.bytes(), observer.writes()), (b"abcdefXY".to_vec(), vec![4, 2, 2]));
    }

    #[test]
    fn lists_go_down_as_lists() {
        let mut writer = ToTokio::new(Vec::new());
        assert!(writer.is_write_vectored());
        let slices = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cd")];
        let written = steps::poll(|cx| Pin::new(&mut writer).poll_write_vectored(cx, &slices));
        assert_eq!(ready(written).unwrap(), 4);
        assert_eq!(writer.inner(), b"abcd");
        assert_eq!(writer.into_inner().unwrap(), b"abcd");
    }

    #[test]
    fn a_failed_write_is_told_to_another_one_a_flush_and_a_shutdown() {
        type Operation = fn(&mut ToTokio<Offload<Scripted, Stepped>>) -> Poll<io::Result<()>>;
        let operations: [(&str, Operation); 3] =
            [("write", |w| write(w, b"XY").map_ok(drop)), ("flush", |w| flush(w)), ("shutdown", |w| shutdown(w))];
        for (outcome, complete) in [(Outcome::Os(NO_SPACE), 0), (Outcome::Short(1), 1)] {
            for (name, operation) in operations {
                let (inner, pool, observer) = offload(Scripted::script([outcome.clone()]));
                let mut writer = ToTokio::new(inner);
                assert!(write(&mut writer, b"abc").is_pending());
                assert!(operation(&mut writer).is_pending(), "{name}");
                pool.run_all();
                if name == "flush" && complete > 0 {
                    ready(flush(&mut writer)).unwrap();
                    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 1, "a caller's own short count is no error");
                } else {
                    prior(operation(&mut writer), 3, Some(complete));
                }
                assert_eq!(observer.writes(), [3], "{name}: it is not executed");
            }
        }
    }

    /// Neither then nor before the next operation.
    #[test]
    fn a_seek_that_is_told_of_a_failed_write_is_not_executed() {
        let (writer, pool, seen) = offload(Scripted::script([Outcome::All, Outcome::Os(NO_SPACE)]));
        let mut writer = ToTokio::new(writer);
        for bytes in [b"abc", b"def"] {
            assert!(write(&mut writer, bytes).is_pending());
            assert!(pool.run_one());
            if bytes == b"abc" {
                assert_eq!(ready(write(&mut writer, bytes)).unwrap(), 3);
            }
        }
        Pin::new(&mut writer).start_seek(SeekFrom::Start(0)).unwrap();
        prior(steps::poll(|cx| Pin::new(&mut writer).poll_complete(cx)), 3, Some(0));
        assert!(write(&mut writer, b"ghi").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"ghi")).unwrap(), 3);
        assert_eq!((seen.bytes(), seen.seeks()), (b"abcghi".to_vec(), vec![]));
    }

    /// It is refused with the write, and made before it once that can be.
    #[test]
    fn a_seek_waits_for_a_write_by_ticket_to_be_answered() {
        let (writer, pool, seen) = offload(Scripted::new());
        let mut writer = ToTokio::new(writer);
        assert!(matches!(ready(submit(writer.inner_mut(), b"abc")).unwrap(), Submitted::InFlight(_)));
        Pin::new(&mut writer).start_seek(SeekFrom::Start(7)).unwrap();
        assert!(WriteOutstanding::find(&failed(write(&mut writer, b"xyz"))).is_some());
        assert_eq!(pool.run_all(), 1);
        ready(settle(writer.inner_mut())).unwrap();
        for _ in 0..2 {
            assert!(write(&mut writer, b"xyz").is_pending());
            pool.run_all();
        }
        assert_eq!(ready(write(&mut writer, b"xyz")).unwrap(), 3);
        assert_eq!((seen.bytes(), seen.seeks()), (b"abc\0\0\0\0xyz".to_vec(), vec![SeekFrom::Start(7)]));
    }

    #[test]
    fn the_outcome_of_a_shutdown_is_kept() {
        let (inner, pool, observer) = offload(Scripted::script([Outcome::Os(NO_SPACE)]));
        let mut writer = ToTokio::new(inner);
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(shutdown(&mut writer).is_pending());
        assert_eq!(pool.run_all(), 1);
        for _ in 0..3 {
            assert_eq!(raw_os_error(&failed(shutdown(&mut writer))), Some(NO_SPACE));
            assert_eq!(failed(write(&mut writer, b"abc")).kind(), io::ErrorKind::BrokenPipe);
        }
        assert_eq!(observer.drops(), 1);

        let mut clean = ToTokio::new(Inline::new(io::sink()));
        ready(shutdown(&mut clean)).unwrap();
        ready(shutdown(&mut clean)).unwrap();
        ready(flush(&mut clean)).unwrap();
        assert_eq!(failed(write(&mut clean, b"abc")).kind(), io::ErrorKind::BrokenPipe);
    }

    /// `Pending` may mean *submitted*, where tokio's text says that nothing was written: documented.
    #[tokio::test]
    async fn a_select_that_drops_a_write_has_not_undone_it() {
        let (inner, pool, observer) = offload(Scripted::new());
        let mut writer = ToTokio::new(inner);
        tokio::select! {
            biased;
            _ = writer.write(b"dropped ") => unreachable!("the pool has not run"),
            () = std::future::ready(()) => {}
        }
        // Another content: the answer of the dropped one comes first.
        let write = async { writer.write_all(b"and the next").await.unwrap() };
        let step = async {
            while observer.writes().len() < 2 {
                pool.run_one();
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(write, step);
        assert_eq!(observer.bytes(), b"dropped and the next");
    }

    /// It reads on while its write is `Pending`, and then offers more than before.
    #[tokio::test]
    async fn copy_of_tokio_lengthens() {
        /// Gives a few bytes at a time, and is `Pending` in between.
        struct Trickle {
            bytes: Vec<u8>,
            at: usize,
            pause: bool,
        }

        impl AsyncRead for Trickle {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                self.pause = !self.pause;
                if self.pause {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                let rest = &self.bytes[self.at..];
                let n = rest.len().min(buf.remaining()).min(100);
                buf.put_slice(&rest[..n]);
                self.at += n;
                Poll::Ready(Ok(()))
            }
        }

        /// Counts the lengths that it is offered.
        struct Watched<W>(W, Vec<usize>);

        impl<W: AsyncWrite + Unpin> AsyncWrite for Watched<W> {
            fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                self.1.push(buf.len());
                Pin::new(&mut self.0).poll_write(cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.0).poll_flush(cx)
            }

            fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.0).poll_shutdown(cx)
            }
        }

        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let mut calls = 0_usize;
        let (inner, pool, observer) = offload(Scripted::by_call(move |_| {
            calls += 1;
            Outcome::Short(1 + calls * 37 % 500)
        }));
        let mut writer = Watched(ToTokio::new(inner), Vec::new());
        let mut reader = Trickle { bytes: bytes.clone(), at: 0, pause: false };
        let copy = async {
            let copied = tokio::io::copy(&mut reader, &mut writer).await.unwrap();
            assert_eq!(copied, bytes.len() as u64);
        };
        let mut copy = Box::pin(copy);
        let mut polls = 0;
        std::future::poll_fn(|cx| {
            polls += 1;
            // Not in each turn, so that it waits with a write out.
            if polls % 3 == 0 {
                pool.run_one();
            }
            cx.waker().wake_by_ref();
            copy.as_mut().poll(cx)
        })
        .await;
        drop(copy);
        assert!(observer.bytes() == bytes, "other bytes");
        assert!(writer.1.windows(2).any(|pair| pair[0] < pair[1]), "it did lengthen");
    }

    #[tokio::test]
    async fn a_buffer_of_tokio_over_a_real_pool() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let mut calls = 0_usize;
        let destination = Scripted::by_call(move |_| {
            calls += 1;
            Outcome::Short(1 + calls * 37 % 5000)
        });
        let observer = destination.observer();
        let inner = Offload::with_pool(destination, Threads::new(1));
        let mut writer = tokio::io::BufWriter::with_capacity(1000, ToTokio::new(inner));
        for chunk in bytes.chunks(777) {
            writer.write_all(chunk).await.unwrap();
        }
        writer.shutdown().await.unwrap();
        assert!(observer.bytes() == bytes, "other bytes");
        assert_eq!(observer.drops(), 1);
    }
}

mod from_tokio {
    use super::*;

    #[test]
    fn a_write_is_complete_when_its_flush_is() {
        let (mut writer, today) = from([], [Act::Pending]);
        let ticket = in_flight(&mut writer, b"abc");
        assert!(ask(&mut writer, ticket).is_pending());
        assert_eq!(today.there(), b"");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!(today.there(), b"abc");
        assert_eq!(ready(submit_nothing(&mut writer)).unwrap(), Submitted::Complete(0));
        assert_eq!(today.calls(), ["write", "flush", "flush"], "one write, and none for no bytes");
    }

    #[test]
    fn a_failed_write_is_definite() {
        let (mut writer, today) = from([Act::Os(NO_SPACE), Act::Pending], []);
        assert_eq!(failed(submit(&mut writer, b"abc")).raw_os_error(), Some(NO_SPACE));
        assert!(submit(&mut writer, b"abc").is_pending());
        let ticket = in_flight(&mut writer, b"abc");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!(today.there(), b"abc");
    }

    #[test]
    fn a_failed_flush_is_indeterminate_and_final() {
        let (mut writer, today) = from([], [Act::Os(NO_SPACE)]);
        let ticket = in_flight(&mut writer, b"abc");
        let error = failed(ask(&mut writer, ticket));
        assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(NO_SPACE));
        for error in [
            failed(submit(&mut writer, b"abc")),
            failed(submit_vectored(&mut writer, &[b"abc"])),
            failed(close(&mut writer)),
        ] {
            assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        }
        assert_eq!(today.calls(), ["write", "flush", "shutdown"]);
    }

    /// Told as something else (rule P3), and still nobody knows what it did (rule W6).
    #[test]
    fn a_flush_that_would_block_is_indeterminate_all_the_same() {
        let (mut writer, _) = from([], [Act::Error(io::ErrorKind::WouldBlock)]);
        let ticket = in_flight(&mut writer, b"abc");
        let error = failed(ask(&mut writer, ticket));
        assert_ne!(error.kind(), io::ErrorKind::WouldBlock);
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
    }

    #[test]
    fn a_settle_carries_it_on() {
        let (mut writer, today) = from([], [Act::Pending, Act::Error(io::ErrorKind::Interrupted), Act::Os(NO_SPACE)]);
        let ticket = in_flight(&mut writer, b"abc");
        refused(submit(&mut writer, b"def"), ticket);
        assert!(settle(&mut writer).is_pending());
        assert!(Indeterminate::find(&failed(settle(&mut writer))).is_some());
        assert_eq!(today.calls(), ["write", "flush", "flush", "flush"]);
    }

    #[test]
    fn a_close_is_a_shutdown_and_its_outcome_is_kept() {
        let (mut writer, today) = from([], []);
        today.0.lock().unwrap().shutdowns.extend([Act::Pending, Act::Os(NO_SPACE)]);
        assert!(close(&mut writer).is_pending());
        for _ in 0..2 {
            assert_eq!(failed(close(&mut writer)).raw_os_error(), Some(NO_SPACE));
            assert_eq!(failed(submit(&mut writer, b"abc")).kind(), io::ErrorKind::BrokenPipe);
        }
        assert_eq!(today.calls(), ["shutdown", "shutdown"]);
    }

    #[test]
    fn the_writer_comes_out_when_nothing_is_outstanding() {
        let (mut writer, _) = from([], []);
        let ticket = in_flight(&mut writer, b"abc");
        let (error, mut writer) = writer.into_inner().unwrap_err().into_parts();
        assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!(writer.inner().unwrap().there(), b"abc");
        assert_eq!(writer.into_inner().unwrap().there(), b"abc");
    }

    /// tokio's file, which answers a write before it has happened, is as honest as its flush.
    #[tokio::test]
    async fn a_file_of_tokio_is_as_long_as_was_answered() {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let mut file = FromTokio::new(tokio::fs::File::create(&path).await.unwrap());
        for n in 1..=200 {
            assert_eq!(file.write_complete(b"0123456789").await.unwrap(), 10);
            assert_eq!(std::fs::metadata(&path).unwrap().len(), 10 * n);
        }
        let mut file = file.into_inner().unwrap();
        assert_eq!(file.seek(SeekFrom::End(0)).await.unwrap(), 2000);
    }

    #[tokio::test]
    async fn a_pipe_of_tokio_in_two_tasks() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut writer = FromTokio::new(ours);
        let bytes: Vec<u8> = (0..1000_u32).map(|n| (n % 251) as u8).collect();
        let sent = bytes.clone();
        let sender = tokio::spawn(async move {
            writer.write_all_complete(&sent).await.unwrap();
            writer.close_complete().await.unwrap();
        });
        let mut got = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut theirs, &mut got).await.unwrap();
        sender.await.unwrap();
        assert!(got == bytes, "other bytes");
    }

    /// Nobody reads, so the pipe is full; a timeout strikes in the middle, and the held write goes on afterwards.
    #[tokio::test]
    async fn a_held_write_over_a_full_pipe_survives_a_timeout() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut writer = FromTokio::new(ours);
        let bytes: Vec<u8> = (0..100).collect();
        let mut held = async_write_complete::HeldWrite::new(&bytes);
        tokio::time::timeout(Duration::ZERO, writer.resume_write_all(&mut held)).await.unwrap_err();
        assert_eq!((held.completed(), held.maybe_completed()), (16, 16), "what the pipe holds");
        let read = async {
            let mut got = vec![0; 100];
            tokio::io::AsyncReadExt::read_exact(&mut theirs, &mut got).await.unwrap();
            got
        };
        let (resumed, got) = tokio::join!(writer.resume_write_all(&mut held), read);
        resumed.unwrap();
        assert_eq!(got, bytes);
    }
}

mod round_trips {
    use super::*;

    #[test]
    fn by_way_of_tokios_trait() {
        let (inner, pool, observer) = offload(Scripted::script([Outcome::Short(2), Outcome::Os(NO_SPACE)]));
        let mut writer = FromTokio::new(ToTokio::new(inner));
        assert!(submit(&mut writer, b"abc").is_pending());
        assert!(pool.run_one());
        let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit(&mut writer, b"abc") else { panic!("not in flight") };
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
        assert!(submit(&mut writer, b"c").is_pending());
        assert!(pool.run_one());
        assert_eq!(failed(submit(&mut writer, b"c")).raw_os_error(), Some(NO_SPACE));
        assert_eq!((observer.bytes(), observer.writes()), (b"ab".to_vec(), vec![3, 1]));
    }

    #[test]
    fn by_way_of_ours() {
        let (from, today) = from([Act::Short(2)], [Act::Pending]);
        let mut writer = ToTokio::new(from);
        assert!(write(&mut writer, b"abc").is_pending());
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 2);
        assert_eq!(ready(write(&mut writer, b"c")).unwrap(), 1);
        ready(shutdown(&mut writer)).unwrap();
        assert_eq!(today.there(), b"abc");
    }

    /// All three families, one in the other.
    #[tokio::test]
    async fn by_way_of_everybody() {
        use async_write_complete::adapter::{FromFuturesIo, ToFuturesIo};

        let bytes: Vec<u8> = (0..10_000_u32).map(|n| (n % 251) as u8).collect();
        let destination = Scripted::by_call(|call| Outcome::Short(1 + call * 37 % 500));
        let observer = destination.observer();
        let inner = Offload::with_pool(destination, Threads::new(1));
        let mut writer = FromFuturesIo::new(ToFuturesIo::new(FromTokio::new(ToTokio::new(inner))));
        writer.write_all_complete(&bytes).await.unwrap();
        assert!(observer.bytes() == bytes, "other bytes");
        writer.close_complete().await.unwrap();
        assert_eq!(observer.drops(), 1);
    }
}

/// What a writer of tokio's family does when it is called.
#[derive(Clone, Debug)]
enum Act {
    Pending,
    Short(usize),
    Error(io::ErrorKind),
    Os(i32),
}

/// A writer of tokio's family that accepts bytes and lets them through in its flush. What a script does not say works.
#[derive(Clone, Debug, Default)]
struct Today(Arc<Mutex<Scripts>>);

#[derive(Debug, Default)]
struct Scripts {
    writes: VecDeque<Act>,
    flushes: VecDeque<Act>,
    shutdowns: VecDeque<Act>,
    accepted: Vec<u8>,
    there: Vec<u8>,
    calls: Vec<&'static str>,
}

/// The adapter from a writer that does as it is told, and a handle on that.
fn from(writes: impl IntoIterator<Item = Act>, flushes: impl IntoIterator<Item = Act>) -> (FromTokio<Today>, Today) {
    let today = Today::default();
    {
        let mut scripts = today.0.lock().unwrap();
        scripts.writes.extend(writes);
        scripts.flushes.extend(flushes);
    }
    (FromTokio::new(today.clone()), today)
}

impl Today {
    fn there(&self) -> Vec<u8> {
        self.0.lock().unwrap().there.clone()
    }

    fn calls(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().calls.clone()
    }
}

fn play(act: Option<Act>, len: usize) -> Poll<io::Result<usize>> {
    Poll::Ready(match act {
        None => Ok(len),
        Some(Act::Pending) => return Poll::Pending,
        Some(Act::Short(n)) => Ok(n.min(len)),
        Some(Act::Error(kind)) => Err(kind.into()),
        Some(Act::Os(code)) => Err(io::Error::from_raw_os_error(code)),
    })
}

impl AsyncWrite for Today {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut scripts = self.0.lock().unwrap();
        scripts.calls.push("write");
        let polled = play(scripts.writes.pop_front(), buf.len());
        if let Poll::Ready(Ok(n)) = polled {
            scripts.accepted.extend_from_slice(&buf[..n]);
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scripts = self.0.lock().unwrap();
        scripts.calls.push("flush");
        let polled = play(scripts.flushes.pop_front(), 0);
        if let Poll::Ready(Ok(_)) = polled {
            let accepted = std::mem::take(&mut scripts.accepted);
            scripts.there.extend(accepted);
        }
        polled.map_ok(drop)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scripts = self.0.lock().unwrap();
        scripts.calls.push("shutdown");
        play(scripts.shutdowns.pop_front(), 0).map_ok(drop)
    }
}
