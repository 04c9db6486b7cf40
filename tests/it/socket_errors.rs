//! An error that the kernel tells once (a reset, a refused datagram): the first write tells it, as one of std does, and
//! nothing on the way has eaten it.

use std::{
    fs::File,
    io::{self, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    os::fd::{AsFd, OwnedFd},
};

use async_write_complete::{
    AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, Offload, WriteOutstanding,
    adapter::{ToFuturesIo, ToTokio},
    error::raw_os_error,
};
use futures_lite::future::block_on;
use rustix::event::{PollFd, PollFlags, poll};

use crate::common::{
    pool::Stepped,
    steps::{drive, in_flight, over},
};

/// Waits until there is an error to be told. To ask so does not take it.
fn wait_for_error(socket: impl AsFd) {
    let mut polled = [PollFd::new(&socket, PollFlags::empty())];
    poll(&mut polled, None).unwrap();
    assert!(polled[0].revents().contains(PollFlags::ERR), "{:?}", polled[0].revents());
}

/// A stream whose peer has gone without reading what was sent.
fn reset_stream() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    ours.write_all(b"never read").unwrap();
    // It is there, so that the close is a reset.
    assert_eq!(theirs.peek(&mut [0; 1]).unwrap(), 1);
    drop(theirs);
    wait_for_error(&ours);
    ours
}

/// A datagram socket whose peer does not exist, and who has heard so.
fn refused_socket() -> UdpSocket {
    let gone = UdpSocket::bind("127.0.0.1:0").unwrap();
    let nobody = gone.local_addr().unwrap();
    let ours = UdpSocket::bind("127.0.0.1:0").unwrap();
    ours.connect(nobody).unwrap();
    drop(gone);
    ours.send(b"ping").unwrap();
    wait_for_error(&ours);
    ours
}

fn file(socket: impl Into<OwnedFd>) -> File {
    File::from(socket.into())
}

/// What a write answers: its count, or the kind and the code of its error.
type Told = Result<usize, (io::ErrorKind, Option<i32>)>;

fn told(answer: io::Result<usize>) -> Told {
    answer.map_err(|error| (error.kind(), raw_os_error(&error)))
}

const ONE: &[u8] = b"x";

/// How a byte is written.
type WriteOne = fn(&mut Offload<File>) -> io::Result<usize>;

const WAYS: [WriteOne; 5] = [
    |writer| block_on(writer.write_complete(ONE)),
    |writer| block_on(writer.write_bytes_complete(&bytes::Bytes::from_static(ONE))),
    |writer| block_on(futures_lite::AsyncWriteExt::write(writer, ONE)),
    |writer| block_on(futures_lite::AsyncWriteExt::write(&mut ToFuturesIo::new(writer), ONE)),
    |writer| block_on(tokio::io::AsyncWriteExt::write(&mut ToTokio::new(writer), ONE)),
];

/// Writes three times by std, and as often in each way to a socket that is the same.
#[track_caller]
fn assert_as_std(socket: fn() -> OwnedFd, first: io::ErrorKind) {
    let mut std = file(socket());
    let expected: Vec<Told> = (0..3).map(|_| told(std.write(ONE))).collect();
    assert_eq!(expected[0].map_err(|(kind, _)| kind), Err(first));
    for way in WAYS {
        let mut writer = Offload::new(file(socket()));
        let seen: Vec<Told> = (0..3).map(|_| told(way(&mut writer))).collect();
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_reset_is_told_as_std_tells_it() {
    assert_as_std(|| reset_stream().into(), io::ErrorKind::ConnectionReset);
}

#[test]
fn a_refused_datagram_is_told_as_std_tells_it() {
    assert_as_std(|| refused_socket().into(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_reset_is_told_by_the_stream_itself() {
    let expected: Vec<Told> = {
        let mut std = reset_stream();
        (0..3).map(|_| told(std.write(ONE))).collect()
    };
    let mut writer = Offload::new(reset_stream());
    let seen: Vec<Told> = (0..3).map(|_| told(block_on(writer.write_complete(ONE)))).collect();
    assert_eq!(seen, expected);
    block_on(writer.close_complete()).unwrap();
}

/// An answer that nobody waited for is not lost: it is the kernel's only one.
#[test]
fn a_reset_is_told_to_whoever_settles() {
    let pool = Stepped::new();
    let mut writer = over(reset_stream(), &pool);
    let ticket = in_flight(&mut writer, ONE);
    pool.run_all();
    for _ in 0..3 {
        let error = drive(&pool, writer.write_complete(ONE)).unwrap_err();
        assert!(WriteOutstanding::find(&error).is_some(), "{error:?}");
    }
    for _ in 0..3 {
        let error = drive(&pool, writer.complete(ticket)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_refused_datagram_is_told_by_the_close_if_it_was_not_answered() {
    let pool = Stepped::new();
    let mut writer = over(file(refused_socket()), &pool);
    in_flight(&mut writer, ONE);
    for _ in 0..3 {
        let error = drive(&pool, writer.close_complete()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}

/// A close calls `shutdown(2)`, which a peer that is gone answers as well; nobody is there to see the end.
#[test]
fn a_close_after_a_reset_is_no_failure() {
    block_on(Offload::new(reset_stream()).close_complete()).unwrap();
}
