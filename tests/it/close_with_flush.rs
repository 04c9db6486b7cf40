//! Wrappers whose close begins with a flush, at every poll: `FramedWrite` of tokio-util and of asynchronous-codec, and
//! by hand. A flush while a close is under way waits for it, and does not hide its outcome.

use std::{
    fs::{self, File},
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{
    Offload, PriorWriteFailed, WriteComplete,
    adapter::{ToFuturesIo, ToTokio},
    error::raw_os_error,
    offload::Policy,
};
use bytes::Bytes;
use futures_lite::future::block_on;
use futures_util::{
    SinkExt,
    io::{AsyncWrite, AsyncWriteExt},
};

use crate::common::{
    destination::{Observer, Outcome, Scripted},
    pool::Stepped,
    steps::{drive, offload, over, poll_future, ready},
};

/// The idiom by hand: each poll of a close begins with a flush.
struct FlushesFirst<W>(W);

impl<W: AsyncWrite + Unpin> AsyncWrite for FlushesFirst<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.0).poll_close(cx)
    }
}

impl<W: tokio::io::AsyncWrite + Unpin> tokio::io::AsyncWrite for FlushesFirst<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Its close fails, or its write, or both.
struct Fails {
    inner: Scripted,
    close: Option<i32>,
}

impl Fails {
    fn new(writes: impl IntoIterator<Item = Outcome>, close: Option<i32>) -> (Self, Observer) {
        let inner = Scripted::script(writes);
        let seen = inner.observer();
        (Self { inner, close }, seen)
    }
}

impl Write for Fails {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Fails {
    fn release(self) -> io::Result<()> {
        self.close.map_or(Ok(()), |code| Err(io::Error::from_raw_os_error(code)))
    }
}

const FRAME: &[u8] = b"a frame";

/// Sends a frame by tokio-util's sink, and closes that.
async fn framed_by_tokio(writer: impl tokio::io::AsyncWrite + Unpin) -> (io::Result<()>, io::Result<()>) {
    let mut sink = tokio_util::codec::FramedWrite::new(writer, tokio_util::codec::BytesCodec::new());
    sink.send(Bytes::from_static(FRAME)).await.unwrap();
    (SinkExt::<Bytes>::close(&mut sink).await, SinkExt::<Bytes>::close(&mut sink).await)
}

/// The same by asynchronous-codec's.
async fn framed_by_futures(writer: impl AsyncWrite + Unpin) -> (io::Result<()>, io::Result<()>) {
    let mut sink = asynchronous_codec::FramedWrite::new(writer, asynchronous_codec::BytesCodec);
    sink.send(Bytes::from_static(FRAME)).await.unwrap();
    (sink.close().await, sink.close().await)
}

#[test]
fn a_sink_closes_a_real_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name| directory.path().join(name);
    for policy in [Policy::default(), Policy::never_spin()] {
        let create = |name| Offload::new(File::create(path(name)).unwrap()).policy(policy);
        for (first, second) in [
            block_on(framed_by_tokio(ToTokio::new(create("tokio")))),
            block_on(framed_by_futures(create("futures"))),
            block_on(framed_by_futures(ToFuturesIo::new(create("adapter")))),
        ] {
            first.unwrap();
            second.unwrap();
        }
        block_on(async {
            let mut writer = FlushesFirst(create("by hand"));
            writer.write_all(FRAME).await.unwrap();
            writer.close().await.unwrap();
            writer.close().await.unwrap();
            let mut writer = FlushesFirst(ToTokio::new(create("by hand, tokio")));
            tokio::io::AsyncWriteExt::write_all(&mut writer, FRAME).await.unwrap();
            tokio::io::AsyncWriteExt::shutdown(&mut writer).await.unwrap();
            tokio::io::AsyncWriteExt::shutdown(&mut writer).await.unwrap();
        });
        for name in ["tokio", "futures", "adapter", "by hand", "by hand, tokio"] {
            assert_eq!(fs::read(path(name)).unwrap(), FRAME, "{name}");
        }
    }
}

/// The file in the place of tokio's is closed by its drop alone, as tokio's own is: what a sink calls its close
/// settles.
#[test]
fn a_sink_leaves_a_file_in_the_place_of_tokios_usable() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let file = async_write_complete::tokio::fs::File::create(&path).await.unwrap();
        let mut sink = tokio_util::codec::FramedWrite::new(file, tokio_util::codec::BytesCodec::new());
        sink.send(Bytes::from_static(FRAME)).await.unwrap();
        for _ in 0..2 {
            SinkExt::<Bytes>::close(&mut sink).await.unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), FRAME);
        tokio::io::AsyncWriteExt::write_all(sink.get_mut(), b", and its trailer").await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), [FRAME, b", and its trailer"].concat());
    });
}

/// Every face that has both a flush and a close, behind the idiom, over `destination`.
fn faces<T: WriteComplete + Send + 'static>(
    mut destination: impl FnMut() -> T,
    mut closed: impl FnMut(Face<'_>, &Stepped),
) {
    let pool = Stepped::new();
    let mut writer = FlushesFirst(over(destination(), &pool));
    closed(Face::Futures(&mut writer), &pool);
    let mut writer = FlushesFirst(ToFuturesIo::new(over(destination(), &pool)));
    closed(Face::Futures(&mut writer), &pool);
    let mut writer = FlushesFirst(ToTokio::new(over(destination(), &pool)));
    closed(Face::Tokio(&mut writer), &pool);
}

enum Face<'a> {
    Futures(&'a mut (dyn AsyncWrite + Unpin)),
    Tokio(&'a mut (dyn tokio::io::AsyncWrite + Unpin)),
}

impl Face<'_> {
    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Futures(writer) => writer.write_all(bytes).await,
            Self::Tokio(writer) => tokio::io::AsyncWriteExt::write_all(writer, bytes).await,
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Futures(writer) => writer.flush().await,
            Self::Tokio(writer) => tokio::io::AsyncWriteExt::flush(writer).await,
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Futures(writer) => writer.close().await,
            Self::Tokio(writer) => tokio::io::AsyncWriteExt::shutdown(writer).await,
        }
    }
}

/// Deterministically: the close is on the pool when the flush of its second poll comes.
#[test]
fn a_flush_waits_for_a_close_that_is_under_way() {
    faces(Scripted::new, |mut face, pool| {
        drive(pool, face.write_all(FRAME)).unwrap();
        assert!(poll_future(&mut Box::pin(face.close())).is_pending());
        assert!(poll_future(&mut Box::pin(face.flush())).is_pending(), "the close is under way");
        assert!(poll_future(&mut Box::pin(face.close())).is_pending());
        assert!(pool.run_one());
        ready(poll_future(&mut Box::pin(face.flush()))).unwrap();
        for _ in 0..2 {
            ready(poll_future(&mut Box::pin(face.close()))).unwrap();
            ready(poll_future(&mut Box::pin(face.flush()))).unwrap();
        }
    });
}

#[test]
fn a_close_that_fails_is_not_hidden_by_the_flush() {
    for first_poll_waits in [false, true] {
        faces(
            || Fails::new([], Some(122)).0,
            |mut face, pool| {
                drive(pool, face.write_all(FRAME)).unwrap();
                if first_poll_waits {
                    assert!(poll_future(&mut Box::pin(face.close())).is_pending());
                }
                for _ in 0..3 {
                    let error = drive(pool, face.close()).unwrap_err();
                    assert_eq!(raw_os_error(&error), Some(122));
                    let error = drive(pool, face.flush()).unwrap_err();
                    assert_eq!(raw_os_error(&error), Some(122), "nor by one that comes after");
                }
            },
        );
    }
}

/// A write that was dropped, and fails while the close waits for it.
#[test]
fn a_write_that_fails_under_a_close_is_told() {
    faces(
        || Scripted::script([Outcome::Os(28)]),
        |mut face, pool| {
            assert!(poll_future(&mut Box::pin(face.write_all(FRAME))).is_pending());
            // The idiom's flush settles the write, which is the first chance to tell it.
            let error = drive(pool, face.close()).unwrap_err();
            let prior = PriorWriteFailed::find(&error).expect("an earlier write");
            assert_eq!((prior.complete(), raw_os_error(&error)), (Some(0), Some(28)));
            // Told once: the close itself goes well.
            for _ in 0..2 {
                drive(pool, face.close()).unwrap();
            }
        },
    );
}

/// Without the idiom: the close has begun, and a flush beside it does not take away what the close has to tell.
#[test]
fn a_flush_beside_a_close_gives_the_outcome_of_the_close() {
    let (writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let mut writer = ToFuturesIo::new(writer);
    assert!(poll_future(&mut writer.write(FRAME)).is_pending());
    assert!(poll_future(&mut writer.close()).is_pending());
    assert!(poll_future(&mut writer.flush()).is_pending());
    pool.run_all();
    for _ in 0..3 {
        for error in [drive(&pool, writer.flush()).unwrap_err(), drive(&pool, writer.close()).unwrap_err()] {
            assert!(PriorWriteFailed::find(&error).is_some(), "{error:?}");
            assert_eq!(raw_os_error(&error), Some(28));
        }
    }
}

/// A sink of either family tells a close that fails, each time.
#[test]
fn a_sink_tells_a_close_that_fails() {
    let (destination, _) = Fails::new([], Some(122));
    let (first, second) = block_on(framed_by_tokio(ToTokio::new(Offload::new(destination))));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!(raw_os_error(&error), Some(122));
    }
    let (destination, _) = Fails::new([], Some(122));
    let (first, second) = block_on(framed_by_futures(Offload::new(destination)));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!(raw_os_error(&error), Some(122));
    }
}

/// Frames that come out short are completed before the close.
#[test]
fn a_sink_over_short_writes_closes_after_all_bytes() {
    let destination = Scripted::by_call(|_| Outcome::Short(3));
    let seen = destination.observer();
    block_on(framed_by_tokio(ToTokio::new(Offload::new(destination)))).0.unwrap();
    assert_eq!((seen.bytes(), seen.writes(), seen.drops()), (FRAME.to_vec(), vec![7, 4, 1], 1));
    let destination = Scripted::by_call(|_| Outcome::Short(3));
    let seen = destination.observer();
    block_on(framed_by_futures(Offload::new(destination))).0.unwrap();
    assert_eq!((seen.bytes(), seen.writes(), seen.drops()), (FRAME.to_vec(), vec![7, 4, 1], 1));
}
