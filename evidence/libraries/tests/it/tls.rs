//! tokio-rustls and futures-rustls, over a socket behind our adapters and below them. The peer is a thread with the
//! synchronous rustls.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use async_write_complete::{
    AsyncWriteCompleteExt, Offload,
    adapter::{FromFuturesIo, FromTokio, ToTokio},
    tokio::fs::File,
};
use libraries::{Limited, noise};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Join};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivatePkcs8KeyDer, ServerName},
};

type Peer = StreamOwned<ServerConnection, TcpStream>;

/// A thread that serves one connection by `serve`, the client's side of that connection, and how the client asks for
/// it.
fn peer<R: Send + 'static>(
    serve: impl FnOnce(Peer) -> R + Send + 'static,
) -> (TcpStream, Arc<ClientConfig>, JoinHandle<R>) {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let server = ServerConfig::builder().with_no_client_auth();
    let server = Arc::new(server.with_single_cert(vec![cert.der().clone()], key.into()).unwrap());

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let thread = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        serve(StreamOwned::new(ServerConnection::new(server).unwrap(), socket))
    });
    (socket, Arc::new(client), thread)
}

fn localhost() -> ServerName<'static> {
    "localhost".try_into().unwrap()
}

/// Both directions of a socket, a handle for each: on one alone a read would hold up the writes.
fn duplex(socket: TcpStream) -> Join<Offloaded, Offloaded> {
    let reader = socket.try_clone().unwrap();
    tokio::io::join(ToTokio::new(Offload::new(reader)), ToTokio::new(Offload::new(socket)))
}

type Offloaded = ToTokio<Offload<TcpStream>>;

/// Everything until the peer says that it is the end: without that rustls answers `UnexpectedEof`.
fn read_all(mut peer: Peer) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    peer.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[tokio::test]
async fn tokio_rustls_on_our_adapters() {
    let (socket, config, peer) = peer(read_all);
    let data = noise(1 << 20);
    let mut stream = tokio_rustls::TlsConnector::from(config).connect(localhost(), duplex(socket)).await.unwrap();
    stream.write_all(&data).await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(peer.join().unwrap().unwrap() == data);
}

/// Down to a file of ours, while the same bytes go up.
#[tokio::test]
async fn tokio_rustls_both_ways_at_once() {
    let (socket, config, peer) = peer(|mut peer: Peer| {
        let mut bytes = vec![0; 1 << 20];
        for part in bytes.chunks_mut(50_000) {
            peer.read_exact(part)?;
            peer.write_all(part)?;
        }
        peer.conn.send_close_notify();
        peer.flush()
    });
    let (dir, data) = (tempfile::tempdir().unwrap(), noise(1 << 20));
    let path = dir.path().join("f");
    let mut file = File::create(&path).await.unwrap();
    let stream = tokio_rustls::TlsConnector::from(config).connect(localhost(), duplex(socket)).await.unwrap();
    let (mut down, mut up) = tokio::io::split(stream);
    let (received, ()) = tokio::try_join!(tokio::io::copy(&mut down, &mut file), async {
        up.write_all(&data).await?;
        up.flush().await
    })
    .unwrap();
    assert_eq!(received, data.len() as u64);
    assert!(std::fs::read(&path).unwrap() == data);
    peer.join().unwrap().unwrap();
}

/// Hands each record of 1000 bytes over as it arrives.
fn tell_records(records: mpsc::Sender<Vec<u8>>) -> impl FnOnce(Peer) + Send {
    move |mut peer| {
        let mut record = vec![0; 1_000];
        while peer.read_exact(&mut record).is_ok() && records.send(record.clone()).is_ok() {}
    }
}

/// A record must be with the peer although nothing else is called; a stream that held it back would never give it.
async fn records_arrive<W: AsyncWriteCompleteExt + Unpin>(writer: &mut W, arrived: &mpsc::Receiver<Vec<u8>>) {
    for record in noise(20_000).chunks(1_000) {
        writer.write_all_complete(record).await.unwrap();
        assert_eq!(arrived.recv_timeout(Duration::from_secs(60)).unwrap(), record);
    }
}

#[tokio::test]
async fn tokio_rustls_below_our_adapter() {
    let (records, arrived) = mpsc::channel();
    let (socket, config, peer) = peer(tell_records(records));
    let stream = tokio_rustls::TlsConnector::from(config).connect(localhost(), duplex(socket)).await.unwrap();
    let mut writer = FromTokio::new(stream);
    records_arrive(&mut writer, &arrived).await;
    writer.close_complete().await.unwrap();
    peer.join().unwrap();
}

#[tokio::test]
async fn futures_rustls_below_our_adapter() {
    let (records, arrived) = mpsc::channel();
    let (socket, config, peer) = peer(tell_records(records));
    // It asks for both directions in one object of futures-io: tokio's, seen through an adapter of tokio-util.
    let duplex = tokio_util::compat::TokioAsyncReadCompatExt::compat(duplex(socket));
    let stream = futures_rustls::TlsConnector::from(config).connect(localhost(), duplex).await.unwrap();
    let mut writer = FromFuturesIo::new(stream);
    records_arrive(&mut writer, &arrived).await;
    writer.close_complete().await.unwrap();
    peer.join().unwrap();
}

#[tokio::test]
async fn futures_rustls_to_the_end() {
    use futures_lite::AsyncWriteExt;

    let (socket, config, peer) = peer(read_all);
    let data = noise(1 << 20);
    let duplex = tokio_util::compat::TokioAsyncReadCompatExt::compat(duplex(socket));
    let mut stream = futures_rustls::TlsConnector::from(config).connect(localhost(), duplex).await.unwrap();
    stream.write_all(&data).await.unwrap();
    stream.close().await.unwrap();
    assert!(peer.join().unwrap().unwrap() == data);
}

/// rustls answers a write when it has encrypted the bytes; only a flush tells what became of them.
#[tokio::test]
async fn failure_at_the_flush() {
    let (socket, config, peer) = peer(read_all);
    let reader = ToTokio::new(Offload::new(socket.try_clone().unwrap()));
    let (limited, failure) = Limited::new(socket, 20_000);
    let both = tokio::io::join(reader, ToTokio::new(Offload::new(limited)));
    let mut stream = tokio_rustls::TlsConnector::from(config).connect(localhost(), both).await.unwrap();
    let mut sent = 0;
    let error = loop {
        let mut result = stream.write_all(&noise(1_000)).await;
        if result.is_ok() {
            result = stream.flush().await;
        }
        if failure.is_told_by(&result) {
            break result.unwrap_err();
        }
        sent += 1;
    };
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert!((15..20).contains(&sent), "20,000 bytes less the handshake: {sent} records");
    drop(stream);
    // The peer knows as well that this was not the end.
    assert_eq!(peer.join().unwrap().unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

/// A read that was started must not hold up the writes: the peer answers only what it has got.
#[tokio::test]
async fn request_after_request() {
    let (socket, config, peer) = peer(|mut peer: Peer| {
        let mut byte = [0];
        while peer.read(&mut byte)? == 1 {
            peer.write_all(&[byte[0] + 1])?;
        }
        io::Result::Ok(())
    });
    let stream = tokio_rustls::TlsConnector::from(config).connect(localhost(), duplex(socket)).await.unwrap();
    let (mut down, mut up) = tokio::io::split(stream);
    for number in 0..100 {
        let mut answer = [0];
        let question = async {
            // The read is polled first.
            tokio::task::yield_now().await;
            up.write_all(&[number]).await?;
            up.flush().await
        };
        tokio::try_join!(down.read_exact(&mut answer), question).unwrap();
        assert_eq!(answer, [number + 1]);
    }
    up.shutdown().await.unwrap();
    peer.join().unwrap().unwrap();
}
