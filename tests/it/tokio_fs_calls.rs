//! What each call on `tokio::fs::File` of this crate has to do, where one that does less looks the same at first.

use std::{
    fs,
    io::{self, IoSlice, Seek, SeekFrom},
    os::fd::AsFd,
    pin::Pin,
};

use async_write_complete::{AsyncWriteCompleteExt, tokio::fs::File};
use futures_lite::future::block_on;
use tokio::io::{AsyncSeek, AsyncWrite, AsyncWriteExt};

use crate::common::files;

#[tokio::test]
async fn create_empties_a_file() {
    let (_dir, path) = files::file(b"before");
    let mut file = File::create(&path).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    file.write_all(b"now").await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"now");
}

#[tokio::test]
async fn create_new_leaves_a_file_alone() {
    let (_dir, path) = files::file(b"before");
    assert_eq!(File::create_new(&path).await.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"before");
}

#[tokio::test]
async fn into_std_makes_the_seek_that_was_started() {
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    Pin::new(&mut file).start_seek(SeekFrom::Start(3)).unwrap();
    assert_eq!(file.into_std().await.stream_position().unwrap(), 3);
}

/// As a sync of the writer inside would not.
#[tokio::test]
async fn the_methods_by_shared_reference_make_the_seek_that_was_started() {
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    let mut same_cursor = fs::File::from(file.as_fd().try_clone_to_owned().unwrap());
    for (position, method) in (1..).zip(["sync_all", "sync_data", "set_len", "try_clone"]) {
        Pin::new(&mut file).start_seek(SeekFrom::Start(position)).unwrap();
        match method {
            "sync_all" => file.sync_all().await.unwrap(),
            "sync_data" => file.sync_data().await.unwrap(),
            "set_len" => file.set_len(100).await.unwrap(),
            _ => drop(file.try_clone().await.unwrap()),
        }
        assert_eq!(same_cursor.stream_position().unwrap(), position, "{method}");
    }
}

#[test]
#[should_panic(expected = "must be greater than 0")]
fn a_buffer_of_no_bytes_is_refused() {
    File::from_std(tempfile::tempfile().unwrap()).set_max_buf_size(0);
}

#[tokio::test]
async fn a_list_of_exactly_the_buffer_size_is_one_call() {
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    file.set_max_buf_size(4);
    assert!(file.is_write_vectored());
    let list = [IoSlice::new(b"ab"), IoSlice::new(b"cd")];
    assert_eq!(file.write_vectored(&list).await.unwrap(), 4);
    assert_eq!(file.write_vectored_complete(&list).await.unwrap(), 4);
}

/// Where there is none in sight.
#[test]
fn a_clone_keeps_to_the_runtime_of_its_file() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let file = File::from_std(tempfile::tempfile().unwrap());
    let mut clone = runtime.block_on(file.try_clone()).unwrap();
    block_on(clone.write_all(b"there")).unwrap();
    assert_eq!(block_on(clone.metadata()).unwrap().len(), 5);
}
