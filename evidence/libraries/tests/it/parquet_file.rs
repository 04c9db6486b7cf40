//! parquet's `AsyncArrowWriter`, over the traits of tokio and over its own. The reader is its synchronous one.

use std::{
    error::Error,
    io::{self, ErrorKind},
    path::Path,
    sync::Arc,
};

use arrow_array::{Int64Array, RecordBatch, cast::AsArray, types::Int64Type};
use async_write_complete::{
    AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, Offload, adapter::ToTokio, fs, tokio::fs as tokio_fs,
};
use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use libraries::Limited;
use parquet::{
    arrow::{AsyncArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder, async_writer::AsyncFileWriter},
    errors::Result,
};

const ROWS: i64 = 10_000;

/// The numbers of one batch.
fn batch(number: i64) -> RecordBatch {
    let column = Int64Array::from_iter_values(number * ROWS..(number + 1) * ROWS);
    RecordBatch::try_from_iter([("n", Arc::new(column) as _)]).unwrap()
}

fn writer<W: AsyncFileWriter>(file: W) -> AsyncArrowWriter<W> {
    AsyncArrowWriter::try_new(file, batch(0).schema(), None).unwrap()
}

fn check(path: &Path, batches: i64) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
    let batches_read = reader.build().unwrap().map(|batch| batch.unwrap());
    let rows: Vec<_> =
        batches_read.flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
    assert!(rows.into_iter().eq(0..batches * ROWS));
}

/// The kind of the `io::Error` at the end of a chain.
fn kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    error.downcast_ref().map(io::Error::kind).or_else(|| kind(error.source()?))
}

/// Its flush writes a group of rows, and does not flush the file: what counts as written is complete all the same.
#[tokio::test]
async fn row_groups_complete_when_flushed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.parquet");
    let mut writer = writer(tokio_fs::File::create(&path).await.unwrap());
    for number in 0..20 {
        writer.write(&batch(number)).await.unwrap();
        writer.flush().await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), writer.bytes_written() as u64);
    }
    writer.finish().await.unwrap();
    check(&path, 20);
}

/// A file that takes the bytes of parquet as they are.
struct Uncopied(fs::File);

impl AsyncFileWriter for Uncopied {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<()>> {
        async { Ok(self.0.write_all_bytes_complete(bytes).await?) }.boxed()
    }

    fn complete(&mut self) -> BoxFuture<'_, Result<()>> {
        async {
            self.0.sync_data().await?;
            Ok(self.0.close_complete().await?)
        }
        .boxed()
    }
}

#[tokio::test]
async fn bytes_without_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.parquet");
    let mut writer = writer(Uncopied(fs::File::create(&path).await.unwrap()));
    for number in 0..20 {
        writer.write(&batch(number)).await.unwrap();
    }
    writer.finish().await.unwrap();
    check(&path, 20);
}

/// The rows wait in memory, so the flush is the call that writes them.
#[tokio::test]
async fn failure_at_the_flush() {
    let (limited, failure) = Limited::new(Vec::new(), 500_000);
    let mut writer = writer(ToTokio::new(Offload::new(limited)));
    let mut flushed = 0;
    let error = loop {
        let written = writer.write(&batch(flushed)).await;
        assert!(!failure.is_told_by(&written));
        let result = writer.flush().await;
        if failure.is_told_by(&result) {
            break result.unwrap_err();
        }
        flushed += 1;
    };
    assert_eq!(kind(&error), Some(ErrorKind::StorageFull));
    assert!(flushed > 0);
    // A file without its end cannot be read, and it is not called complete.
    assert!(writer.finish().await.is_err());
}

#[tokio::test]
async fn dev_full() {
    let mut writer = writer(tokio_fs::File::create("/dev/full").await.unwrap());
    writer.write(&batch(0)).await.unwrap();
    let error = writer.flush().await.unwrap_err();
    assert_eq!(kind(&error), Some(ErrorKind::StorageFull));
}
