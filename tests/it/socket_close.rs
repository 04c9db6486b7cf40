//! A close of a socket ends the stream for the peer, also while another handle keeps the descriptor: an `Offload` is
//! half-duplex, so whoever reads and writes has two.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    time::Duration,
};

use async_write_complete::{
    AsyncWriteCompleteExt, Inline, Offload, WriteComplete,
    adapter::{ToFuturesIo, ToTokio},
};
use futures_lite::{
    AsyncReadExt,
    future::{block_on, poll_once},
};

/// So that a peer that never sees the end fails instead of hanging.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

const TEXT: &[u8] = b"all I have to say";

/// A pair of streams, and what std has no trait for.
trait Stream: Read + Write + WriteComplete + Send + Unpin + Sized + 'static {
    fn pair() -> (Self, Self);
    fn another(&self) -> Self;
}

impl Stream for TcpStream {
    fn pair() -> (Self, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = Self::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        theirs.set_read_timeout(PATIENCE).unwrap();
        (ours, theirs)
    }

    fn another(&self) -> Self {
        self.try_clone().unwrap()
    }
}

impl Stream for UnixStream {
    fn pair() -> (Self, Self) {
        let (ours, theirs) = Self::pair().unwrap();
        theirs.set_read_timeout(PATIENCE).unwrap();
        (ours, theirs)
    }

    fn another(&self) -> Self {
        self.try_clone().unwrap()
    }
}

/// The peer reads to the end while `input`, another handle, is alive; the other direction goes on.
#[track_caller]
fn assert_half_closed<S: Stream>(mut input: Offload<S>, mut theirs: S, expected: &[u8]) {
    let mut text = Vec::new();
    theirs.read_to_end(&mut text).unwrap();
    assert_eq!(text, expected);
    theirs.write_all(b"an answer").unwrap();
    drop(theirs);
    let mut answer = Vec::new();
    block_on(input.read_to_end(&mut answer)).unwrap();
    assert_eq!(answer, b"an answer");
}

/// Two handles of one stream, and its peer.
fn handles<S: Stream>() -> (Offload<S>, Offload<S>, S) {
    let (ours, theirs) = S::pair();
    (Offload::reader(ours.another()), Offload::new(ours), theirs)
}

fn by_close_complete<S: Stream>() {
    let (input, mut output, theirs) = handles::<S>();
    block_on(async {
        output.write_all_complete(TEXT).await.unwrap();
        for _ in 0..3 {
            output.close_complete().await.unwrap();
        }
    });
    assert_half_closed(input, theirs, TEXT);
}

fn by_poll_close<S: Stream>() {
    let (input, mut output, theirs) = handles::<S>();
    block_on(async {
        futures_lite::AsyncWriteExt::write_all(&mut output, TEXT).await.unwrap();
        futures_lite::AsyncWriteExt::close(&mut output).await.unwrap();
    });
    assert_half_closed(input, theirs, TEXT);

    let (input, output, theirs) = handles::<S>();
    let mut output = ToFuturesIo::new(output);
    block_on(async {
        futures_lite::AsyncWriteExt::write_all(&mut output, TEXT).await.unwrap();
        futures_lite::AsyncWriteExt::close(&mut output).await.unwrap();
    });
    assert_half_closed(input, theirs, TEXT);
}

fn by_shutdown<S: Stream>() {
    let (input, output, theirs) = handles::<S>();
    let mut output = ToTokio::new(output);
    block_on(async {
        tokio::io::AsyncWriteExt::write_all(&mut output, TEXT).await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut output).await.unwrap();
    });
    assert_half_closed(input, theirs, TEXT);
}

fn on_the_callers_thread<S: Stream>() {
    let (ours, theirs) = S::pair();
    let input = Offload::reader(ours.another());
    let mut output = Inline::new(ours);
    block_on(async {
        output.write_all_complete(TEXT).await.unwrap();
        output.close_complete().await.unwrap();
    });
    assert_half_closed(input, theirs, TEXT);
}

/// A close that was dropped goes on.
fn by_a_dropped_close<S: Stream>() {
    let (input, mut output, theirs) = handles::<S>();
    block_on(async {
        output.write_all_complete(TEXT).await.unwrap();
        let _ = poll_once(output.close_complete()).await;
    });
    assert_half_closed(input, theirs, TEXT);
}

/// The end comes after what is in flight, of which more is than the socket holds.
fn after_what_is_in_flight<S: Stream>() {
    let (input, mut output, mut theirs) = handles::<S>();
    let bytes: Vec<u8> = (0..2 << 20).map(|i| (i % 251) as u8).collect();
    block_on(async {
        let submitted = output.submit(&bytes).await.unwrap();
        assert_eq!(submitted.len(), bytes.len());
        let _ = poll_once(output.close_complete()).await;
    });
    let mut first = vec![0; bytes.len() - 7];
    theirs.read_exact(&mut first).unwrap();
    assert!(first == bytes[..first.len()]);
    block_on(output.close_complete()).unwrap();
    assert_half_closed(input, theirs, &bytes[first.len()..]);
}

/// Whoever takes the stream out again, or drops its writer, ends nothing.
fn not_without_a_close<S: Stream>() {
    let (ours, mut theirs) = S::pair();
    let mut clone = ours.another();
    let mut output = Offload::new(ours);
    let stream = block_on(async {
        output.write_all_complete(TEXT).await.unwrap();
        output.into_inner().await.unwrap()
    });
    drop(Offload::new(stream));
    clone.write_all(b", and more").unwrap();
    drop(clone);
    let mut text = Vec::new();
    theirs.read_to_end(&mut text).unwrap();
    assert_eq!(text, [TEXT, b", and more"].concat());
}

/// The peer has gone first.
fn when_nobody_is_there<S: Stream>() {
    let (_input, mut output, theirs) = handles::<S>();
    drop(theirs);
    for _ in 0..3 {
        block_on(output.close_complete()).unwrap();
    }
}

/// Whoever shuts it down by itself first does no harm.
fn when_it_is_shut_down_already() {
    let (input, output, theirs) = handles::<TcpStream>();
    let mut output = output;
    block_on(async {
        output.write_all_complete(TEXT).await.unwrap();
        output.with_mut(|stream| stream.shutdown(std::net::Shutdown::Write)).await.unwrap().unwrap();
        output.close_complete().await.unwrap();
    });
    assert_half_closed(input, theirs, TEXT);
}

macro_rules! of_each_kind {
    ($($test:ident),*) => {
        $(
            mod $test {
                #[test]
                fn tcp() {
                    super::$test::<std::net::TcpStream>();
                }

                #[test]
                fn unix() {
                    super::$test::<std::os::unix::net::UnixStream>();
                }
            }
        )*
    };
}

of_each_kind! {
    by_close_complete, by_poll_close, by_shutdown, on_the_callers_thread, by_a_dropped_close, after_what_is_in_flight,
    not_without_a_close, when_nobody_is_there
}

#[test]
fn a_stream_that_is_shut_down_already_is_closed() {
    when_it_is_shut_down_already();
}
