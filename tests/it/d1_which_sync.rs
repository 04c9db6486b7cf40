//! A sync of the data and one of all are two calls of the destination (rule D1), through every type that passes them
//! on.

use std::pin::Pin;

use async_write_complete::{
    AssertComplete, AsyncSyncComplete, AsyncSyncCompleteExt, Inline, Offload, adapter::ToTokio, fs::PositionedFile,
    tokio::fs::File,
};

use crate::common::{
    destination::{Observer, Scripted},
    pool::Stepped,
    steps::{drive, offload},
};

/// One of each, in this order.
#[track_caller]
fn passes_both_on(mut writer: impl AsyncSyncComplete + Unpin, pool: &Stepped, seen: &Observer) {
    let before = seen.syncs();
    drive(pool, writer.sync_data_complete()).unwrap();
    drive(pool, writer.sync_all_complete()).unwrap();
    assert_eq!(seen.sync_names()[before..], ["sync_data", "sync_all"]);
}

#[test]
fn an_offload_and_what_is_around_it() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drive(&pool, writer.sync_data()).unwrap();
    drive(&pool, writer.sync_all()).unwrap();
    assert_eq!(seen.sync_names(), ["sync_data", "sync_all"]);
    passes_both_on(&mut writer, &pool, &seen);
    passes_both_on(&mut writer as &mut (dyn AsyncSyncComplete + Unpin), &pool, &seen);
    passes_both_on(Pin::new(&mut writer), &pool, &seen);
    passes_both_on(Box::new(&mut writer), &pool, &seen);
    passes_both_on(ToTokio::new(writer), &pool, &seen);
}

/// `Inline` is a `Tracked` inside.
#[test]
fn a_writer_on_the_callers_thread() {
    let destination = Scripted::new();
    let seen = destination.observer();
    passes_both_on(Inline::new(AssertComplete::new(destination)), &Stepped::new(), &seen);
}

/// `ci/system-calls.sh` sees that each pair is an fdatasync(2) and an fsync(2), and counts the pairs.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn of_files_each_is_a_call_of_the_system() {
    let directory = tempfile::tempdir().unwrap();
    let open = || std::fs::File::create(directory.path().join("which-sync")).unwrap();
    let mut file = Offload::new(open());
    file.sync_data().await.unwrap();
    file.sync_all().await.unwrap();
    let file_at_positions = PositionedFile::new(open()).unwrap();
    file_at_positions.sync_data().await.unwrap();
    file_at_positions.sync_all().await.unwrap();
    let mut tokios = File::from_std(open());
    tokios.sync_data().await.unwrap();
    tokios.sync_all().await.unwrap();
    tokios.sync_data_complete().await.unwrap();
    tokios.sync_all_complete().await.unwrap();
}
