//! What a sync answers, and what a failed one leaves behind: rules W7, W9 and D1.

use std::{
    fs::{File, OpenOptions},
    io,
};

use async_write_complete::{AsyncWriteCompleteExt, Offload, PriorWriteFailed, Submitted};

use crate::common::{
    pool::Stepped,
    steps::{ask, barrier, drive, failed, in_flight, poll_future, prior, ready},
};

type Writer = Offload<File, Stepped>;

fn offload(file: File) -> (Writer, Stepped) {
    let pool = Stepped::new();
    (Offload::with_pool(file, pool.clone()), pool)
}

fn regular() -> File {
    tempfile::tempfile().unwrap()
}

/// A device takes every write, and cannot be synced: EINVAL.
fn never_durable() -> File {
    OpenOptions::new().write(true).open("/dev/null").unwrap()
}

const EINVAL: i32 = 22;

/// Either kind of sync.
#[derive(Clone, Copy, Debug)]
enum Sync {
    Data,
    All,
}

const SYNCS: [Sync; 2] = [Sync::Data, Sync::All];

impl Sync {
    async fn of(self, writer: &mut Writer) -> io::Result<()> {
        match self {
            Self::Data => writer.sync_data().await,
            Self::All => writer.sync_all().await,
        }
    }
}

/// Puts a file that can be synced in the place of the one that cannot.
fn mend(writer: &mut Writer, pool: &Stepped) {
    drive(pool, writer.with_mut(|file| *file = regular())).unwrap();
}

/// Asserts that every sync fails with the first one's error, and none is made.
#[track_caller]
fn assert_poisoned(writer: &mut Writer, pool: &Stepped) {
    let executed = pool.executed();
    for sync in SYNCS.into_iter().chain(SYNCS) {
        let error = failed(poll_future(&mut Box::pin(sync.of(writer))));
        assert_eq!(error.raw_os_error(), Some(EINVAL), "{sync:?}: {error:?}");
        assert_eq!(error.to_string(), io::Error::from_raw_os_error(EINVAL).to_string());
    }
    assert_eq!(pool.executed(), executed, "a failed sync is never tried again");
}

#[test]
fn it_is_made_on_the_pool() {
    for sync in SYNCS {
        let (mut writer, pool) = offload(regular());
        drive(&pool, writer.write_all_complete(b"hello")).unwrap();
        let mut synced = Box::pin(sync.of(&mut writer));
        assert!(poll_future(&mut synced).is_pending());
        assert_eq!((pool.len(), pool.executed()), (1, 2));
        pool.run_all();
        ready(poll_future(&mut synced)).unwrap();
    }
}

#[test]
fn it_waits_for_the_outstanding_write() {
    for sync in SYNCS {
        let (mut writer, pool) = offload(regular());
        let ticket = in_flight(&mut writer, b"hello");
        let mut synced = Box::pin(sync.of(&mut writer));
        assert!(poll_future(&mut synced).is_pending());
        assert_eq!(pool.executed(), 1, "not while the write is outstanding");
        pool.run_all();
        assert!(poll_future(&mut synced).is_pending());
        assert_eq!((pool.executed(), pool.run_all()), (2, 1));
        ready(poll_future(&mut synced)).unwrap();
        drop(synced);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5, "it supersedes nothing");
    }
}

#[test]
fn it_is_made_each_time() {
    let (mut writer, pool) = offload(regular());
    for round in 1..=5 {
        drive(&pool, SYNCS[round % 2].of(&mut writer)).unwrap();
        assert_eq!(pool.executed(), round);
    }
}

#[test]
fn a_failed_one_stays_failed() {
    for sync in SYNCS {
        let (mut writer, pool) = offload(never_durable());
        let error = drive(&pool, sync.of(&mut writer)).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(EINVAL));
        assert_eq!(pool.executed(), 1);
        assert_poisoned(&mut writer, &pool);
        mend(&mut writer, &pool);
        assert_poisoned(&mut writer, &pool);
    }
}

#[test]
fn a_failed_one_stays_failed_that_nobody_waited_for() {
    for sync in SYNCS {
        let (mut writer, pool) = offload(never_durable());
        assert!(poll_future(&mut Box::pin(sync.of(&mut writer))).is_pending());
        pool.run_all();
        assert_poisoned(&mut writer, &pool);
        mend(&mut writer, &pool);
        assert_poisoned(&mut writer, &pool);
    }
}

#[test]
fn a_failed_one_stays_failed_that_others_waited_for() {
    let (mut writer, pool) = offload(never_durable());
    assert!(poll_future(&mut Box::pin(writer.sync_data())).is_pending());
    let executed = pool.executed();
    let error = drive(&pool, writer.sync_all()).unwrap_err();
    assert_eq!(
        (error.raw_os_error(), pool.executed()),
        (Some(EINVAL), executed),
        "not made after the one before failed"
    );
}

#[test]
fn writes_still_work_after_it() {
    let (mut writer, pool) = offload(never_durable());
    drive(&pool, writer.sync_all()).unwrap_err();
    mend(&mut writer, &pool);
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0), "a failed sync is no orphan");
    drive(&pool, writer.set_len(3)).unwrap();
    assert_eq!(drive(&pool, writer.metadata()).unwrap().len(), 3);
    assert_poisoned(&mut writer, &pool);
    drive(&pool, writer.close_complete()).unwrap();
}

#[test]
fn the_destination_can_be_taken_out_after_it() {
    let (mut writer, pool) = offload(never_durable());
    drive(&pool, writer.sync_all()).unwrap_err();
    drive(&pool, writer.into_inner()).unwrap();
}

#[test]
fn one_that_is_never_made_has_not_failed() {
    // Dropped before its first poll, while it waits, and by the pool.
    let (mut writer, pool) = offload(never_durable());
    drop(writer.sync_all());
    // What it waits for; a write could be complete at once.
    assert!(poll_future(&mut Box::pin(writer.metadata())).is_pending());
    assert!(poll_future(&mut Box::pin(writer.sync_all())).is_pending());
    assert_eq!(pool.run_all(), 1, "the other operation alone");
    assert!(poll_future(&mut Box::pin(writer.sync_all())).is_pending());
    assert!(pool.drop_one());
    pool.refuse(true);
    drive(&pool, writer.sync_data()).unwrap_err();
    pool.refuse(false);
    mend(&mut writer, &pool);
    drive(&pool, writer.sync_all()).unwrap();
}

#[test]
fn it_reports_an_earlier_failure_and_is_not_made() {
    for sync in SYNCS {
        // Its writes fail, its syncs do not.
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let (mut writer, pool) = offload(File::open(&path).unwrap());
        let ticket = in_flight(&mut writer, b"hello");
        let mut synced = Box::pin(sync.of(&mut writer));
        assert!(poll_future(&mut synced).is_pending());
        pool.run_all();
        prior(poll_future(&mut synced), ticket, Some(0));
        drop(synced);
        assert_eq!(pool.executed(), 1, "not made");
        drive(&pool, sync.of(&mut writer)).unwrap();
        assert_eq!(pool.executed(), 2, "and then it is");

        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(9));
        drive(&pool, sync.of(&mut writer)).unwrap();
    }
}

#[test]
fn an_earlier_write_failure_is_told_before_that_of_a_sync() {
    let (mut writer, pool) = offload(never_durable());
    drive(&pool, writer.sync_all()).unwrap_err();
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let read_only = File::open(&path).unwrap();
    drive(&pool, writer.with_mut(move |file| *file = read_only)).unwrap();
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    prior(poll_future(&mut Box::pin(writer.sync_all())), ticket, Some(0));
    assert_poisoned(&mut writer, &pool);
}

#[test]
fn a_failed_one_is_no_outcome_of_close() {
    let (mut writer, pool) = offload(never_durable());
    assert!(poll_future(&mut Box::pin(writer.sync_all())).is_pending());
    drive(&pool, writer.close_complete()).unwrap();
    let error = drive(&pool, writer.sync_all()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    assert!(PriorWriteFailed::find(&error).is_none());
}

#[test]
fn another_writer_is_not_concerned() {
    let (mut one, pool) = offload(never_durable());
    drive(&pool, one.sync_all()).unwrap_err();
    let (mut two, pool) = offload(regular());
    drive(&pool, two.sync_all()).unwrap();
}
