//! Rule D1: what a sync answers, and what a failed one leaves behind.

use std::{
    fs::{self, File, OpenOptions},
    io,
};

use async_write_complete::{AssertComplete, AsyncWriteComplete, AsyncWriteCompleteExt, Offload};

use crate::common::{
    destination::{Outcome, Scripted},
    operation::{NO_WRITES, Operation},
    pool::Stepped,
    steps::{self, ask, drive, failed, in_flight, over, poll_future, ready, refused, write_now},
    store::store,
};

type Writer = Offload<File, Stepped>;

fn offload(file: File) -> (Writer, Stepped) {
    let pool = Stepped::new();
    (over(file, &pool), pool)
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
fn all_that_was_complete_before_is_durable_after() {
    let (mut writer, pool, seen) = steps::offload(Scripted::new());
    for (round, sync) in [Operation::SyncData, Operation::SyncAll].repeat(3).into_iter().enumerate() {
        write_now(&mut writer, &pool, &[round as u8; 7]).unwrap();
        assert_eq!(seen.durable().len(), round * 7, "a write is not durable by itself");
        sync.run(&mut writer, &pool).unwrap();
        assert_eq!((seen.durable(), seen.syncs()), (seen.bytes(), round + 1));
    }
}

/// So that no success covers a write of which nobody knows how it ended.
#[test]
fn it_is_refused_while_a_write_is_outstanding() {
    for sync in SYNCS {
        let (mut writer, pool) = offload(regular());
        let ticket = in_flight(&mut writer, b"hello");
        for _ in 0..2 {
            refused(poll_future(&mut Box::pin(sync.of(&mut writer))), ticket);
            pool.run_all();
        }
        assert_eq!(pool.executed(), 1, "it is not made");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
        drive(&pool, sync.of(&mut writer)).unwrap();
        assert_eq!(pool.executed(), 2);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5, "it supersedes nothing");
    }
}

#[test]
fn it_waits_for_any_other_operation() {
    for first in NO_WRITES {
        for sync in [Operation::SyncData, Operation::SyncAll] {
            let (mut writer, pool, seen) = steps::offload(Scripted::new());
            assert!(first.poll_once(&mut writer).is_pending());
            let before = pool.executed();
            assert!(sync.poll_once(&mut writer).is_pending());
            assert_eq!((pool.executed(), seen.syncs()), (before, 0), "{first:?}");
            sync.run(&mut writer, &pool).unwrap();
        }
    }
}

/// Whatever has a sync lends it to those who write through it.
#[test]
fn it_is_the_destinations_own() {
    let pool = Stepped::new();
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut writer = over(AssertComplete::new(destination), &pool);
    write_now(&mut writer, &pool, b"hello").unwrap();
    drive(&pool, writer.sync_data()).unwrap();
    drive(&pool, writer.sync_all()).unwrap();
    assert_eq!((seen.durable(), seen.syncs()), (b"hello".to_vec(), 2));

    let shared = std::sync::Arc::new(regular());
    let mut writer = over(shared, &pool);
    write_now(&mut writer, &pool, b"hello").unwrap();
    drive(&pool, writer.sync_all()).unwrap();
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

/// A real one: the kernel has taken the bytes and then finds no room for them. It tells one sync of each descriptor,
/// and then says that all is well.
#[test]
fn a_sync_that_fails_on_a_full_device_stays_failed() {
    let Some(store) = store() else { return };
    let path = store.path.join("unsynced");
    let file = File::create(&path).unwrap();
    let same = file.try_clone().unwrap();
    let (mut writer, pool) = offload(file);
    let filler = store.fill_device();
    drive(&pool, writer.write_all_complete(&vec![b'x'; 8 << 20])).unwrap();
    let code = drive(&pool, writer.sync_data()).unwrap_err().raw_os_error();
    assert!([Some(5), Some(28)].contains(&code), "EIO or ENOSPC: {code:?}");
    drop(filler);

    same.sync_all().expect("the kernel forgets, and there is room again");
    let executed = pool.executed();
    for sync in SYNCS.into_iter().chain(SYNCS) {
        let error = failed(poll_future(&mut Box::pin(sync.of(&mut writer))));
        assert_eq!(error.raw_os_error(), code, "{sync:?}: {error:?}");
    }
    assert_eq!(pool.executed(), executed, "a failed sync is never tried again");
    drive(&pool, writer.write_all_complete(b"and writes go on")).unwrap();
    fs::remove_file(&path).unwrap();
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
    assert_eq!(writer.outstanding(), None, "a sync is no write");
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
fn a_write_that_failed_is_no_failure_of_it() {
    for sync in SYNCS {
        // Its writes fail, its syncs do not.
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let (mut writer, pool) = offload(File::open(&path).unwrap());
        assert_eq!(write_now(&mut writer, &pool, b"hello").unwrap_err().raw_os_error(), Some(9));
        drive(&pool, sync.of(&mut writer)).unwrap();
        assert_eq!(pool.executed(), 2);
    }
}

#[test]
fn a_write_that_was_not_answered_is_told_before_its_failure() {
    let (mut writer, pool, seen) = steps::offload(Scripted::new().on_sync([Outcome::Os(5)]));
    Operation::SyncAll.run(&mut writer, &pool).unwrap_err();
    let ticket = in_flight(&mut writer, b"hello");
    refused(Operation::SyncAll.poll_once(&mut writer), ticket);
    pool.run_all();
    refused(Operation::SyncAll.poll_once(&mut writer), ticket);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    assert_eq!(failed(Operation::SyncAll.poll_once(&mut writer)).raw_os_error(), Some(5));
    assert_eq!(seen.syncs(), 1);
}

#[test]
fn a_failed_one_is_no_outcome_of_close() {
    let (mut writer, pool) = offload(never_durable());
    assert!(poll_future(&mut Box::pin(writer.sync_all())).is_pending());
    drive(&pool, writer.close_complete()).unwrap();
    let error = drive(&pool, writer.sync_all()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn another_writer_is_not_concerned() {
    let (mut one, pool) = offload(never_durable());
    drive(&pool, one.sync_all()).unwrap_err();
    let (mut two, pool) = offload(regular());
    drive(&pool, two.sync_all()).unwrap();
}
