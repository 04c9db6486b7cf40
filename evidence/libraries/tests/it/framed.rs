//! Frames: `Framed` and `FramedWrite` of tokio-util, and of asynchronous-codec. The reader is `std::fs::read`, and a
//! few lines that take the frames apart.

use std::io::{ErrorKind, SeekFrom};

use async_write_complete::{Offload, adapter::ToTokio, fs, tokio::fs as tokio_fs};
use bytes::Bytes;
use futures_util::{SinkExt, TryStreamExt};
use libraries::{Limited, noise};
use tokio::io::AsyncSeekExt;
use tokio_util::codec::{Framed, FramedWrite, LengthDelimitedCodec};

/// Of every length up to some, and one that is longer than any buffer.
fn frames() -> Vec<Vec<u8>> {
    let data = noise(300_000);
    (0..200).map(|len| data[..len].to_vec()).chain([data.clone(), b"the last".to_vec()]).collect()
}

fn taken_apart(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk::<4>() {
        let (frame, rest) = rest.split_at(u32::from_be_bytes(*len) as usize);
        frames.push(frame.to_vec());
        bytes = rest;
    }
    frames
}

#[tokio::test]
async fn tokio_util_each_frame_complete_when_sent() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let file = tokio_fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).await.unwrap();
    let mut framed = Framed::new(file, LengthDelimitedCodec::new());
    let mut len = 0;
    for frame in frames() {
        len += 4 + frame.len() as u64;
        framed.send(Bytes::from(frame)).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), len);
    }
    assert!(taken_apart(&std::fs::read(&path).unwrap()) == frames());

    // The same object reads them back.
    framed.get_mut().seek(SeekFrom::Start(0)).await.unwrap();
    let read: Vec<_> = framed.map_ok(|frame| frame.to_vec()).try_collect().await.unwrap();
    assert!(read == frames());
}

#[tokio::test]
async fn tokio_util_all_frames_complete_when_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let file = tokio_fs::File::create(&path).await.unwrap();
    let mut framed = FramedWrite::new(file, LengthDelimitedCodec::new());
    for frame in frames() {
        framed.feed(Bytes::from(frame)).await.unwrap();
    }
    SinkExt::<Bytes>::close(&mut framed).await.unwrap();
    assert!(taken_apart(&std::fs::read(&path).unwrap()) == frames());
    framed.get_ref().sync_data().await.unwrap();
}

#[tokio::test]
async fn tokio_util_failure_at_the_call() {
    let (limited, failure) = Limited::new(Vec::new(), 1_000);
    let mut framed = FramedWrite::new(ToTokio::new(Offload::new(limited)), LengthDelimitedCodec::new());
    let mut sent = 0;
    let error = loop {
        let result = framed.send(Bytes::from(noise(96))).await;
        if failure.is_told_by(&result) {
            break result.unwrap_err();
        }
        sent += 1;
    };
    assert_eq!((sent, error.kind()), (10, ErrorKind::StorageFull));
}

#[tokio::test]
async fn tokio_util_dev_full() {
    let file = tokio_fs::File::create("/dev/full").await.unwrap();
    let mut framed = FramedWrite::new(file, LengthDelimitedCodec::new());
    framed.feed(Bytes::from_static(b"in the library's buffer")).await.unwrap();
    let error = SinkExt::<Bytes>::flush(&mut framed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}

#[tokio::test]
async fn asynchronous_codec_each_frame_complete_when_sent() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let file = fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).await.unwrap();
    let mut framed = asynchronous_codec::Framed::new(file, asynchronous_codec::LinesCodec);
    let mut expected = String::new();
    for number in 0..500 {
        let line = format!("{}{number}\n", "-".repeat(number));
        expected.push_str(&line);
        framed.send(line).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), expected.len() as u64);
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);

    // The same object reads them back.
    futures_lite::AsyncSeekExt::seek(&mut *framed, SeekFrom::Start(0)).await.unwrap();
    let read: Vec<_> = framed.try_collect().await.unwrap();
    assert_eq!(read.concat(), expected);
}

#[tokio::test]
async fn asynchronous_codec_failure_at_the_call() {
    let (limited, failure) = Limited::new(Vec::new(), 1_000);
    let mut framed = asynchronous_codec::FramedWrite::new(Offload::new(limited), asynchronous_codec::LinesCodec);
    let mut sent = 0;
    let error = loop {
        let result = framed.send(format!("{sent:>99}\n")).await;
        if failure.is_told_by(&result) {
            break result.unwrap_err();
        }
        sent += 1;
    };
    assert_eq!((sent, error.kind()), (10, ErrorKind::StorageFull));
}

#[tokio::test]
async fn asynchronous_codec_dev_full() {
    let file = fs::File::create("/dev/full").await.unwrap();
    let mut framed = asynchronous_codec::FramedWrite::new(file, asynchronous_codec::LinesCodec);
    let error = framed.send("a line\n".to_owned()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}
