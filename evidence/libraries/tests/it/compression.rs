//! async-compression: gzip and zstd, of both families of traits. The readers are synchronous: flate2, zstd, and the
//! programs `gzip` and `zstd`.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::{Command, Stdio},
};

use async_compression::{futures::write as over_futures_io, tokio::write as over_tokio};
use async_write_complete::{Offload, adapter::ToTokio, error::raw_os_error, fs, tokio::fs as tokio_fs};
use libraries::{Limited, lines, noise};

/// What `program` makes of the bytes.
fn piped_through(program: &str, compressed: &[u8]) -> Option<Vec<u8>> {
    let spawned = Command::new(program).arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match spawned {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            println!("NOT CHECKED: there is no `{program}` here");
            return None;
        }
        spawned => spawned.unwrap(),
    };
    let (mut stdin, compressed) = (child.stdin.take().unwrap(), compressed.to_owned());
    let feeder = std::thread::spawn(move || stdin.write_all(&compressed));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success(), "`{program}` does not take it");
    Some(output.stdout)
}

fn gunzip(path: &Path) -> Vec<u8> {
    let compressed = std::fs::read(path).unwrap();
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(&*compressed).read_to_end(&mut plain).unwrap();
    if let Some(by_program) = piped_through("gzip", &compressed) {
        assert!(by_program == plain, "gzip and flate2 read the same");
    }
    plain
}

fn unzstd(path: &Path) -> Vec<u8> {
    let compressed = std::fs::read(path).unwrap();
    let plain = zstd::decode_all(&*compressed).unwrap();
    if let Some(by_program) = piped_through("zstd", &compressed) {
        assert!(by_program == plain, "both read the same");
    }
    plain
}

/// What can be read of a file that is still being written.
fn begin_of(mut decoder: impl Read) -> Vec<u8> {
    let mut plain = Vec::new();
    match decoder.read_to_end(&mut plain) {
        // The end of the format is missing.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => plain,
        other => panic!("{other:?}"),
    }
}

fn unfinished_gzip(path: &Path) -> Vec<u8> {
    begin_of(flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()))
}

fn unfinished_zstd(path: &Path) -> Vec<u8> {
    begin_of(zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap())
}

/// The tests of one encoder; both families have methods of the same names, but for the close.
macro_rules! encoder {
    ($name:ident, $ext:path, $encoder:path, $file:ty, $over:expr, $close:ident, $unfinished:ident, $decode:ident) => {
        mod $name {
            use $ext as _;

            use super::*;

            /// The file is read while the encoder is alive, so nothing but the close can have completed it.
            #[tokio::test]
            async fn complete_when_closed() {
                let (dir, data) = (tempfile::tempdir().unwrap(), lines(1 << 20));
                let path = dir.path().join("f");
                let mut encoder = <$encoder>::new(<$file>::create(&path).await.unwrap());
                for part in data.chunks(10_007) {
                    encoder.write_all(part).await.unwrap();
                }
                encoder.$close().await.unwrap();
                assert!($decode(&path) == data);
                drop(encoder);
                assert!($decode(&path) == data);
            }

            #[tokio::test]
            async fn complete_when_flushed() {
                let (dir, data) = (tempfile::tempdir().unwrap(), lines(200_000));
                let path = dir.path().join("f");
                let mut encoder = <$encoder>::new(<$file>::create(&path).await.unwrap());
                for (part, end) in data.chunks(50_000).zip((50_000..).step_by(50_000)) {
                    encoder.write_all(part).await.unwrap();
                    encoder.flush().await.unwrap();
                    assert!($unfinished(&path) == data[..end.min(data.len())]);
                }
            }

            /// An encoder answers a write whose bytes it has begun to write, so a flush belongs to the call.
            #[tokio::test]
            async fn failure_at_the_call() {
                let (limited, failure) = Limited::new(Vec::new(), 300_001);
                let mut encoder = <$encoder>::new($over(limited));
                let mut parts = 0;
                for part in noise(1 << 20).chunks(10_007) {
                    let mut written = encoder.write_all(part).await;
                    if written.is_ok() {
                        written = encoder.flush().await;
                    }
                    if failure.is_told_by(&written) {
                        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull);
                        break;
                    }
                    parts += 1;
                }
                assert_eq!(parts, 29, "of 10,007 bytes and some");
            }

            #[tokio::test]
            async fn failure_not_lost_without_flush() {
                let (limited, _failure) = Limited::new(Vec::new(), 3_001);
                let mut encoder = <$encoder>::new($over(limited));
                let written = encoder.write_all(&noise(10_000)).await;
                let closed = encoder.$close().await;
                let error = written.and(closed).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            }

            #[tokio::test]
            async fn dev_full() {
                let mut encoder = <$encoder>::new(<$file>::create("/dev/full").await.unwrap());
                encoder.write_all(b"few bytes").await.unwrap();
                let error = encoder.flush().await.unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::StorageFull);
                assert!(raw_os_error(&error).is_some());
            }
        }
    };
}

encoder! {
    gzip_of_tokio, tokio::io::AsyncWriteExt, over_tokio::GzipEncoder::<_>, tokio_fs::File,
    |limited| ToTokio::new(Offload::new(limited)), shutdown, unfinished_gzip, gunzip
}
encoder! {
    zstd_of_tokio, tokio::io::AsyncWriteExt, over_tokio::ZstdEncoder::<_>, tokio_fs::File,
    |limited| ToTokio::new(Offload::new(limited)), shutdown, unfinished_zstd, unzstd
}
encoder! {
    gzip_of_futures_io, futures_lite::AsyncWriteExt, over_futures_io::GzipEncoder::<_>, fs::File,
    Offload::new, close, unfinished_gzip, gunzip
}
encoder! {
    zstd_of_futures_io, futures_lite::AsyncWriteExt, over_futures_io::ZstdEncoder::<_>, fs::File,
    Offload::new, close, unfinished_zstd, unzstd
}
