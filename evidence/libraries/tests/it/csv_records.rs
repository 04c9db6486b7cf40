//! csv-async, over futures-io. The reader is the `csv` crate.

use std::io::ErrorKind;

use async_write_complete::{Offload, fs::File};
use csv_async::{AsyncWriter, AsyncWriterBuilder};
use libraries::Limited;

fn records(count: usize) -> impl Iterator<Item = [String; 3]> {
    (0..count).map(|n| [n.to_string(), format!("said \"{n}\", twice"), "a line\nand another".to_owned()])
}

fn read_back(path: &std::path::Path) -> Vec<[String; 3]> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    let fields = |record: csv::StringRecord| [0, 1, 2].map(|field| record[field].to_owned());
    reader.records().map(|record| fields(record.unwrap())).collect()
}

#[tokio::test]
async fn complete_when_flushed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.csv");
    let mut writer = AsyncWriter::from_writer(File::create(&path).await.unwrap());
    for record in records(5_000) {
        writer.write_record(&record).await.unwrap();
    }
    writer.flush().await.unwrap();
    assert!(read_back(&path).into_iter().eq(records(5_000)));
    let mut file = writer.into_inner().await.unwrap();
    file.sync_data().await.unwrap();
    assert!(read_back(&path).into_iter().eq(records(5_000)));
}

#[tokio::test]
async fn failure_at_the_call() {
    for room in [0, 1, 1_000, 10_000] {
        let (limited, failure) = Limited::new(Vec::new(), room);
        let mut writer = AsyncWriterBuilder::new().buffer_capacity(256).create_writer(Offload::new(limited));
        let mut taken = 0;
        let error = loop {
            let record = "x".repeat(99);
            let written = writer.write_record([record]).await;
            if failure.is_told_by(&written) {
                break written.unwrap_err();
            }
            taken += 100;
        };
        // What was taken and is not at the destination is in the buffer of the library.
        assert!((room..=room + 256 + 100).contains(&(taken + 100)), "{taken} bytes with room for {room}");
        let csv_async::ErrorKind::Io(error) = error.kind() else { panic!("{error:?}") };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

#[tokio::test]
async fn dev_full() {
    let mut writer = AsyncWriter::from_writer(File::create("/dev/full").await.unwrap());
    writer.write_record(["in the library's buffer"]).await.unwrap();
    assert_eq!(writer.flush().await.unwrap_err().kind(), ErrorKind::StorageFull);
    // Not made up for: the next one tells it as well.
    assert_eq!(writer.flush().await.unwrap_err().kind(), ErrorKind::StorageFull);
}
