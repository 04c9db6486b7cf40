//! `copy` of tokio and of futures-lite, into a file of ours, out of one, and between two.

use std::io::{ErrorKind, SeekFrom};

use async_write_complete::{
    Inline, Offload,
    adapter::{ToFuturesIo, ToTokio},
    fs,
    tokio::fs as tokio_fs,
};
use futures_lite::AsyncSeekExt as _;
use libraries::{Limited, noise};
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _, BufReader};

const LEN: usize = 3_000_001;

/// A source that is not a file: its reads are of any length.
fn source() -> impl tokio::io::AsyncRead + Unpin {
    let (mut writer, reader) = tokio::io::duplex(5_000);
    tokio::spawn(async move {
        for part in noise(LEN).chunks(3_001) {
            writer.write_all(part).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    reader
}

#[tokio::test]
async fn tokio_copy() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    let mut file = tokio_fs::OpenOptions::new().read(true).write(true).create_new(true).open(&first).await.unwrap();
    assert_eq!(tokio::io::copy(&mut source(), &mut file).await.unwrap(), LEN as u64);
    assert!(std::fs::read(&first).unwrap() == noise(LEN));

    // From one file of ours to another.
    file.seek(SeekFrom::Start(0)).await.unwrap();
    let mut copy = tokio_fs::File::create(&second).await.unwrap();
    assert_eq!(tokio::io::copy(&mut file, &mut copy).await.unwrap(), LEN as u64);
    assert!(std::fs::read(&second).unwrap() == noise(LEN));
}

#[tokio::test]
async fn tokio_copy_buf() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let mut file = ToTokio::new(fs::File::create(&path).await.unwrap());
    let copied = tokio::io::copy_buf(&mut BufReader::with_capacity(7_001, source()), &mut file).await.unwrap();
    assert_eq!(copied, LEN as u64);
    assert!(std::fs::read(&path).unwrap() == noise(LEN));
}

#[tokio::test]
async fn futures_lite_copy() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    let mut file = fs::OpenOptions::new().read(true).write(true).create_new(true).open(&first).await.unwrap();
    let source = tokio_util::compat::TokioAsyncReadCompatExt::compat(source());
    assert_eq!(futures_lite::io::copy(source, &mut file).await.unwrap(), LEN as u64);
    assert!(std::fs::read(&first).unwrap() == noise(LEN));

    file.seek(SeekFrom::Start(0)).await.unwrap();
    let mut copy = fs::File::create(&second).await.unwrap();
    assert_eq!(futures_lite::io::copy(&mut file, &mut copy).await.unwrap(), LEN as u64);
    assert!(std::fs::read(&second).unwrap() == noise(LEN));
}

#[tokio::test]
async fn futures_util_copy_to_this_thread() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let mut file = ToFuturesIo::new(Inline::new(std::fs::File::create(&path).unwrap()));
    let data = noise(LEN);
    assert_eq!(futures_util::io::copy(&*data, &mut file).await.unwrap(), LEN as u64);
    assert!(std::fs::read(&path).unwrap() == data);
}

#[tokio::test]
async fn failure_of_a_copy() {
    let (limited, failure) = Limited::new(Vec::new(), 1_000_003);
    let mut writer = ToTokio::new(Offload::new(limited));
    let copied = tokio::io::copy(&mut source(), &mut writer).await;
    assert!(failure.is_told_by(&copied));
    assert_eq!(copied.unwrap_err().kind(), ErrorKind::StorageFull);

    let (limited, failure) = Limited::new(Vec::new(), 1_000_003);
    let copied = futures_lite::io::copy(&*noise(LEN), Offload::new(limited)).await;
    assert!(failure.is_told_by(&copied));
    assert_eq!(copied.unwrap_err().kind(), ErrorKind::StorageFull);
}

#[tokio::test]
async fn dev_full() {
    let mut file = tokio_fs::File::create("/dev/full").await.unwrap();
    let error = tokio::io::copy(&mut &b"abc"[..], &mut file).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);

    let mut file = fs::File::create("/dev/full").await.unwrap();
    let error = futures_lite::io::copy(&b"abc"[..], &mut file).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}
