//! `fs`: files as they are opened, cloned and looked at.

use std::{fs, io, os::unix::fs::PermissionsExt, path::PathBuf, thread};

use async_write_complete::{
    AsyncWriteCompleteExt, Offload,
    fs::{self as ours, File, OpenOptions},
};
use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, future::block_on};

use crate::common::{
    pool::{Stepped, Threads},
    steps::{drive, in_flight, poll_future, ready, refused},
};

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    (dir, path)
}

#[test]
fn a_file_opens_as_its_options_say() {
    let (_dir, path) = scratch();
    block_on(async {
        let mut file = File::create_new(&path).await.unwrap();
        file.write_all_complete(b"hello").await.unwrap();
        assert_eq!(File::create_new(&path).await.unwrap_err().kind(), io::ErrorKind::AlreadyExists);

        let mut log = OpenOptions::new().append(true).open(&path).await.unwrap();
        log.write_all_complete(b" world").await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"hello world");

        let mut both = File::options().read(true).write(true).open(&path).await.unwrap();
        let mut text = [0; 5];
        both.read_exact(&mut text).await.unwrap();
        both.write_all(b"_").await.unwrap();
        assert_eq!((&text, fs::read(&path).unwrap()), (b"hello", b"hello_world".to_vec()));

        File::options().write(true).truncate(true).open(&path).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    });
}

#[test]
fn unix_has_a_mode_and_flags_for_the_system() {
    let (_dir, path) = scratch();
    block_on(async {
        File::options().write(true).create_new(true).mode(0o600).open(&path).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let flags = rustix::fs::OFlags::DIRECTORY.bits() as i32;
        let error = File::options().read(true).custom_flags(flags).open(&path).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
    });
}

#[test]
fn options_of_std_serve_too() {
    let (_dir, path) = scratch();
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true);
    block_on(OpenOptions::from(options).open(&path)).unwrap();
    assert!(path.exists());
}

#[test]
fn a_file_is_opened_on_the_pool_that_carries_it() {
    let (_dir, path) = scratch();
    let (pool, options) = (Stepped::new(), File::options().write(true).create(true).clone());
    let mut open = Box::pin(options.open_with_pool(&path, pool.clone()));
    assert!(poll_future(&mut open).is_pending());
    assert!(!path.exists() && pool.run_one());
    let mut file = ready(poll_future(&mut open)).unwrap();
    drive(&pool, file.write_all_complete(b"hello")).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello");
}

#[test]
fn an_open_that_is_dropped_goes_on_and_lets_the_file_go() {
    let (_dir, path) = scratch();
    let (pool, options) = (Stepped::new(), File::options().write(true).create(true).clone());
    let mut open = Box::pin(options.open_with_pool(&path, pool.clone()));
    assert!(poll_future(&mut open).is_pending());
    drop(open);
    assert_eq!((pool.run_all(), path.exists()), (1, true));
}

#[test]
fn permissions_are_set_and_seen() {
    let (_dir, path) = scratch();
    block_on(async {
        let mut file = File::create(&path).await.unwrap();
        file.set_permissions(fs::Permissions::from_mode(0o640)).await.unwrap();
        assert_eq!(file.metadata().await.unwrap().permissions().mode() & 0o777, 0o640);
    });
}

#[test]
fn a_clone_shares_the_cursor_where_the_reads_of_the_caller_ended() {
    let (_dir, path) = scratch();
    fs::write(&path, b"hello world").unwrap();
    let pool = Stepped::new();
    let mut file = drive(&pool, File::options().read(true).write(true).open_with_pool(&path, pool.clone())).unwrap();
    let mut abandoned = [0; 5];
    let mut read = Box::pin(file.read(&mut abandoned));
    assert!(poll_future(&mut read).is_pending());
    drop(read);
    pool.run_all();
    let mut clone = drive(&pool, file.try_clone()).unwrap();
    let mut text = [0; 5];
    drive(&pool, clone.read_exact(&mut text)).unwrap();
    assert_eq!(&text, b"hello", "no byte was lost to the read that was dropped");
    assert_eq!(drive(&pool, file.seek(io::SeekFrom::Current(0))).unwrap(), 5, "one cursor");
}

#[test]
fn what_changes_the_file_is_refused_while_a_write_is_outstanding() {
    let (_dir, path) = scratch();
    let pool = Stepped::new();
    let mut file = drive(&pool, File::options().write(true).create(true).open_with_pool(&path, pool.clone())).unwrap();
    let ticket = in_flight(&mut file, b"hello");
    pool.run_all();
    refused(poll_future(&mut Box::pin(file.set_permissions(fs::Permissions::from_mode(0o600)))), ticket);
    refused(poll_future(&mut Box::pin(file.try_clone())), ticket);
    assert_eq!(drive(&pool, file.metadata()).unwrap().len(), 5, "metadata counts it");
    drive(&pool, file.settle()).unwrap();
    drive(&pool, file.try_clone()).unwrap();
}

#[test]
fn a_lock_is_waited_for_on_a_pool_of_its_own() {
    use rustix::fs::{FlockOperation, flock};

    let (_dir, path) = scratch();
    let holder = fs::File::create(&path).unwrap();
    flock(&holder, FlockOperation::LockExclusive).unwrap();
    block_on(async {
        let mut waits = File::options().write(true).open_with_pool(&path, Threads::new(1)).await.unwrap();
        let locked = waits.with_mut(|file| flock(file, FlockOperation::NonBlockingLockExclusive)).await.unwrap();
        assert_eq!(locked.unwrap_err(), rustix::io::Errno::WOULDBLOCK);
        let releases = thread::spawn(move || drop(holder));
        waits.with_mut(|file| flock(file, FlockOperation::LockExclusive)).await.unwrap().unwrap();
        releases.join().unwrap();
    });
}

#[test]
fn a_file_is_read_and_written_whole() {
    let (dir, path) = scratch();
    block_on(async {
        ours::write(&path, b"a text that is longer").await.unwrap();
        ours::write(&path, "short").await.unwrap();
        assert_eq!(ours::read(&path).await.unwrap(), b"short");
        assert_eq!(ours::read(dir.path()).await.unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(ours::write(dir.path(), b"").await.unwrap_err().kind(), io::ErrorKind::IsADirectory);
        let error = ours::write("/dev/full", b"hello").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    });
}

#[test]
fn a_file_of_std_becomes_one_and_comes_back() {
    let (_dir, path) = scratch();
    block_on(async {
        let mut file = File::from(fs::File::create(&path).unwrap());
        file.write_all_complete(b"hello").await.unwrap();
        let std: fs::File = file.into_inner().await.unwrap();
        assert_eq!(std.metadata().unwrap().len(), 5);
        // And `Offload`'s own constructors are those of the alias.
        Offload::open(&path).await.unwrap();
    });
}
