//! Sockets by readiness, through the adapters from today's traits: complete means that the kernel has the bytes.

use std::{net::TcpStream, os::unix::net::UnixStream, sync::LazyLock};

use async_io::Async;
use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt,
    adapter::{FromFuturesIo, FromTokio},
    contract::Rule,
};
use async_write_complete_conformance::{Carrier, Certify, Specimen};
use tokio::{io::AsyncReadExt, runtime::Runtime};

use crate::conforms;

#[allow(dead_code, reason = "what only the matrix needs")]
#[path = "../../../src/matrix/peer.rs"]
mod peer;

use self::peer::{BROKEN_PIPE, Duplex, socket};

/// Its thread looks after the readiness.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// Its writes are complete when they are taken, and nothing but polls takes one that has to wait for room.
fn certified<S: Duplex, W: AsyncWriteComplete + 'static>(adapt: fn(S) -> W) {
    let certify = Certify::new(move || {
        let (socket, observer) = socket::<S>();
        Specimen::new(adapt(socket), observer)
    });
    let certify = certify.carried(Carrier::Polls).closes().fails_with(BROKEN_PIPE).room(32 << 10);
    let certify = certify.exempt(&[Rule::P3], "a socket is not interrupted at will");
    conforms(&certify.within(|body| {
        let _entered = RUNTIME.enter();
        body();
    }));
}

#[test]
fn a_tcp_stream_of_tokio_conforms() {
    certified(|socket: TcpStream| FromTokio::new(tokio::net::TcpStream::from_std(socket).unwrap()));
}

#[test]
fn a_unix_stream_of_tokio_conforms() {
    certified(|socket: UnixStream| FromTokio::new(tokio::net::UnixStream::from_std(socket).unwrap()));
}

#[test]
fn a_tcp_stream_of_async_io_conforms() {
    certified(|socket: TcpStream| FromFuturesIo::new(Async::new(socket).unwrap()));
}

#[test]
fn a_unix_stream_of_async_io_conforms() {
    certified(|socket: UnixStream| FromFuturesIo::new(Async::new(socket).unwrap()));
}

/// Unlike an `Offload` of a blocking socket: here a read waits for readiness, and keeps nothing from the other half.
#[test]
fn a_read_that_waits_does_not_hold_up_a_write() {
    RUNTIME.block_on(async {
        let (ours, mut theirs) = tokio::net::UnixStream::pair().unwrap();
        let (mut input, output) = ours.into_split();
        let mut writer = FromTokio::new(output);
        let mut answer = [0; 4];
        let read = input.read_exact(&mut answer);
        let serve = async {
            writer.write_all_complete(b"ping").await.unwrap();
            let mut asked = [0; 4];
            theirs.read_exact(&mut asked).await.unwrap();
            FromTokio::new(theirs).write_all_complete(&asked).await
        };
        tokio::try_join!(read, serve).unwrap();
        assert_eq!(&answer, b"ping");
    });
}
