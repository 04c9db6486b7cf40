//! Buffers above a file of ours: `BufWriter` of tokio, futures-lite and futures-util, and futures-util's `LineWriter`.
//!
//! What such a buffer holds back is not with the file, so its flush completes it. Everything else is complete at once.

use std::{io::ErrorKind, path::Path};

use async_write_complete::{Offload, adapter::ToTokio, fs, tokio::fs as tokio_fs};
use libraries::{Limited, lines, noise};

fn len(path: &Path) -> usize {
    std::fs::metadata(path).unwrap().len() as usize
}

/// The tests of one buffer. What is at the file after each call follows from what the buffer has room for.
macro_rules! buffer {
    ($name:ident, $ext:path, $buffer:path, $file:ty, $over:expr, $close:ident) => {
        mod $name {
            use $ext as _;

            use super::*;

            #[tokio::test]
            async fn complete_when_it_leaves_the_buffer() {
                let (dir, data) = (tempfile::tempdir().unwrap(), noise(100_000));
                let path = dir.path().join("f");
                let mut writer = <$buffer>::with_capacity(1_000, <$file>::create(&path).await.unwrap());
                let mut written = 0;
                for part in data.chunks(700) {
                    writer.write_all(part).await.unwrap();
                    // The second of two parts does not fit, so the first one goes.
                    assert_eq!(len(&path), written);
                    written += part.len();
                }
                writer.write_all(&data).await.unwrap();
                // It is longer than the buffer, so it passes it by.
                assert_eq!(len(&path), 2 * data.len());
                writer.write_all(b"end").await.unwrap();
                writer.flush().await.unwrap();
                let expected = [&*data, &*data, b"end"].concat();
                assert!(std::fs::read(&path).unwrap() == expected);
                writer.$close().await.unwrap();
                assert!(std::fs::read(&path).unwrap() == expected);
            }

            #[tokio::test]
            async fn failure_at_the_call() {
                let (limited, failure) = Limited::new(Vec::new(), 10_050);
                let mut writer = <$buffer>::with_capacity(1_000, $over(limited));
                let mut parts = 0;
                let error = loop {
                    let written = writer.write_all(&[7; 700]).await;
                    if failure.is_told_by(&written) {
                        break written.unwrap_err();
                    }
                    parts += 1;
                };
                // The fifteenth part leaves the buffer with the sixteenth, and does not fit.
                assert_eq!((parts, error.kind()), (15, ErrorKind::StorageFull));
            }

            #[tokio::test]
            async fn dev_full() {
                let mut writer = <$buffer>::with_capacity(100, <$file>::create("/dev/full").await.unwrap());
                let error = writer.write_all(&[7; 200]).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::StorageFull);
                writer.write_all(b"in the buffer").await.unwrap();
                let error = writer.flush().await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::StorageFull);
            }
        }
    };
}

buffer! {
    of_tokio, tokio::io::AsyncWriteExt, tokio::io::BufWriter::<_>, tokio_fs::File,
    |limited| ToTokio::new(Offload::new(limited)), shutdown
}
buffer! {
    of_futures_lite, futures_lite::AsyncWriteExt, futures_lite::io::BufWriter::<_>, fs::File, Offload::new, close
}
buffer! {
    of_futures_util, futures_util::AsyncWriteExt, futures_util::io::BufWriter::<_>, fs::File, Offload::new, close
}

mod lines_of_futures_util {
    use futures_util::{AsyncWriteExt, io::LineWriter};

    use super::*;

    #[tokio::test]
    async fn each_line_complete_when_answered() {
        let (dir, data) = (tempfile::tempdir().unwrap(), lines(20_000));
        let path = dir.path().join("f");
        let mut writer = LineWriter::new(fs::File::create(&path).await.unwrap());
        let mut written = 0;
        for line in data.split_inclusive(|byte| *byte == b'\n') {
            let (begin, end) = line.split_at(line.len() / 2);
            writer.write_all(begin).await.unwrap();
            assert_eq!(len(&path), written);
            writer.write_all(end).await.unwrap();
            written += line.len();
            assert_eq!(len(&path), written);
        }
        writer.write_all(b"no end of line").await.unwrap();
        assert_eq!(len(&path), written);
        writer.close().await.unwrap();
        assert!(std::fs::read(&path).unwrap() == [&*data, b"no end of line"].concat());
    }

    /// The room is for whole lines: of one that comes out short `LineWriter` keeps the rest, as that of std does.
    #[tokio::test]
    async fn failure_at_the_call() {
        let (limited, failure) = Limited::new(Vec::new(), 1_000);
        let mut writer = LineWriter::new(Offload::new(limited));
        let mut count = 0;
        let error = loop {
            let written = writer.write_all(b"123456789\n").await;
            if failure.is_told_by(&written) {
                break written.unwrap_err();
            }
            count += 1;
        };
        assert_eq!((count, error.kind()), (100, ErrorKind::StorageFull));
    }

    #[tokio::test]
    async fn dev_full() {
        let mut writer = LineWriter::new(fs::File::create("/dev/full").await.unwrap());
        let error = writer.write_all(b"a line\n").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
