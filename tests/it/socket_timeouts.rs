//! A blocking socket with a send timeout: a write that has waited for as long is `TimedOut`, with the count exact, and
//! goes on when the peer reads again. And one with a read timeout.

use std::{
    fs::File,
    io::{self, Read},
    net::{TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::net::UnixStream},
    time::Duration,
};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite, Offload, WriteComplete, adapter::ToTokio};
use futures_lite::future::block_on;

/// The shortest that serves: nobody waits for it but the kernel.
const TIMEOUT: Option<Duration> = Some(Duration::from_millis(5));

/// More than any socket holds for its peer.
fn bytes() -> Vec<u8> {
    let pattern: Vec<u8> = (0..251).collect();
    pattern.repeat((64 << 20) / pattern.len())
}

fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    ours.set_write_timeout(TIMEOUT).unwrap();
    (ours, listener.accept().unwrap().0)
}

fn unix() -> (UnixStream, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_write_timeout(TIMEOUT).unwrap();
    (ours, theirs)
}

/// The peer does not read until the write has timed out, again and again.
#[track_caller]
fn times_out<W: WriteComplete + Send + 'static>(ours: W, mut theirs: impl Read + Send + 'static) {
    let bytes = bytes();
    let mut held = HeldWrite::new(&bytes);
    let mut writer = Offload::new(ours);
    for _ in 0..3 {
        let error = block_on(writer.resume_write_all(&mut held)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error:?}");
        assert_eq!(held.maybe_completed(), held.completed(), "nothing is in doubt");
    }
    let mut received = vec![0; held.completed()];
    assert!(!received.is_empty() && received.len() < bytes.len());
    theirs.read_exact(&mut received).unwrap();
    // The peer takes the rest: what was complete is not sent again, and nothing is left out.
    let rest = std::thread::spawn(move || {
        let mut rest = Vec::new();
        theirs.read_to_end(&mut rest).map(|_| rest)
    });
    while let Err(error) = block_on(writer.resume_write_all(&mut held)) {
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "a machine that is this busy");
    }
    block_on(writer.close_complete()).unwrap();
    received.extend(rest.join().unwrap().unwrap());
    assert!(received == bytes);
}

#[test]
fn a_tcp_write_times_out_with_an_exact_count() {
    let (ours, theirs) = tcp();
    times_out(ours, theirs);
}

#[test]
fn a_write_to_a_unix_socket_times_out_with_an_exact_count() {
    let (ours, theirs) = unix();
    times_out(ours, theirs);
}

#[test]
fn a_socket_that_is_a_file_times_out_with_an_exact_count() {
    let (ours, theirs) = tcp();
    times_out(File::from(OwnedFd::from(ours)), theirs);
}

/// The faces without a count in their errors: what arrives is what was answered for.
#[test]
fn a_poll_write_times_out_after_what_it_has_answered_for() {
    let bytes = bytes();
    let mut counts = Vec::new();
    let (ours, mut theirs) = unix();
    block_on(async {
        let mut writer = Offload::new(ours);
        let error = loop {
            let rest = &bytes[counts.iter().sum()..];
            match futures_lite::AsyncWriteExt::write(&mut writer, rest).await {
                Ok(n) => counts.push(n),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error:?}");
        let mut writer = ToTokio::new(writer);
        let rest = &bytes[counts.iter().sum()..];
        let error = tokio::io::AsyncWriteExt::write(&mut writer, rest).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error:?}");
    });
    let mut received = Vec::new();
    theirs.read_to_end(&mut received).unwrap();
    assert!(received == bytes[..counts.iter().sum()]);
}

/// The system answers as for a socket in non-blocking mode, so the error names both; the handle goes on.
#[test]
fn a_read_timeout_is_named_in_its_error_and_ends_the_read_alone() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(TIMEOUT).unwrap();
    let mut socket = Offload::new(ours);
    let mut buf = [0; 5];
    let error = block_on(futures_lite::AsyncReadExt::read(&mut socket, &mut buf)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    let text = error.to_string();
    assert!(text.contains("non-blocking mode") && text.contains("a timeout has passed"), "{text}");
    io::Write::write_all(&mut theirs, b"hello").unwrap();
    block_on(socket.write_all_complete(b"there")).unwrap();
    // On a machine that is this busy it may time out again.
    while block_on(futures_lite::AsyncReadExt::read_exact(&mut socket, &mut buf)).is_err() {}
    assert_eq!(&buf, b"hello");
}
