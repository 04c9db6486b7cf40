//! A pool all of whose threads are blocked: everything else waits, but what has another pool.

use std::{env, os::unix::net::UnixStream, path::PathBuf};

use futures_lite::{AsyncReadExt, future::Boxed};
use rustix::fs::{CWD, FileType, FlockOperation, Mode, flock, mknodat};

use super::*;

/// What two threads are blocked by, in the environment of the child.
const BLOCKER: &str = "AWC_BLOCKER";

/// Two operations that block a thread each, and what lets them go.
type Blocked = ([Boxed<()>; 2], Box<dyn FnOnce()>);

/// Asserts that the rest waits, with two threads.
#[track_caller]
fn the_rest_waits(blocker: &str) {
    let environment = [("BLOCKING_MAX_THREADS", "2"), (BLOCKER, blocker)];
    passes("a_pool_full_of_blocked_jobs::child_with_a_full_pool", &path(), &environment);
}

#[test]
fn everything_waits_for_writes_to_full_pipes_but_what_has_another_pool() {
    the_rest_waits("pipes");
}

#[test]
fn everything_waits_for_file_locks_but_what_has_another_pool() {
    the_rest_waits("locks");
}

#[test]
fn everything_waits_for_opens_of_fifos_but_what_has_another_pool() {
    the_rest_waits("fifos");
}

#[test]
fn everything_waits_for_reads_of_sockets_but_what_has_another_pool() {
    the_rest_waits("sockets");
}

#[test]
#[ignore = "a child of other tests"]
fn child_with_a_full_pool() {
    let path = path_of_a_child();
    let (mut blocked, let_go) = match env::var(BLOCKER).unwrap().as_str() {
        "pipes" => full_pipes(),
        "locks" => file_locks(),
        "fifos" => fifos(),
        _ => sockets(),
    };
    for operation in &mut blocked {
        assert!(block_on(poll_once(operation)).is_none());
    }
    let append = || File::options().append(true).open(&path).unwrap();
    let mut file = Offload::new(append());
    let mut waits = pin!(file.write_complete(b"on the pool"));
    assert!(block_on(poll_once(waits.as_mut())).is_none());
    let mut own = Offload::with_pool(append(), Made::new(1));
    assert_eq!(block_on(own.write_complete(b"on its own, ")).unwrap(), 12);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut tokios = Offload::with_pool(append(), TokioPool::new(runtime.handle().clone()));
    assert_eq!(block_on(tokios.write_complete(b"on tokio's, ")).unwrap(), 12);
    assert!(block_on(poll_once(waits.as_mut())).is_none());
    assert_eq!(fs::read(&path).unwrap(), b"on its own, on tokio's, ");
    let_go();
    blocked.into_iter().for_each(block_on);
    assert_eq!(block_on(waits).unwrap(), 11);
    assert_eq!(fs::read(&path).unwrap(), b"on its own, on tokio's, on the pool");
}

fn full_pipes() -> Blocked {
    let ends = [(); 2].map(|()| io::pipe().unwrap());
    let (readers, writers): (Vec<_>, Vec<_>) = ends.into_iter().unzip();
    let mut writers = writers.into_iter().map(Offload::new);
    let blocked = [(); 2].map(|()| {
        let mut writer = writers.next().unwrap();
        // More than a pipe takes that nobody reads. It ends once the peer is gone, short or with an error.
        let write = async move { drop(writer.write_complete(&[0; 1 << 20]).await) };
        Box::pin(write) as Boxed<()>
    });
    (blocked, Box::new(|| drop(readers)))
}

fn file_locks() -> Blocked {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let open = || File::options().write(true).open(&path).unwrap();
    let holder = open();
    flock(&holder, FlockOperation::LockExclusive).unwrap();
    let blocked = [(); 2].map(|()| {
        let mut file = Offload::new(open());
        let lock =
            async move { file.with_mut(|file| flock(&*file, FlockOperation::LockShared)).await.unwrap().unwrap() };
        Box::pin(lock) as Boxed<()>
    });
    (blocked, Box::new(|| drop(holder)))
}

fn fifos() -> Blocked {
    let folder = tempfile::tempdir().unwrap();
    let paths: [PathBuf; 2] = ["one", "two"].map(|name| folder.path().join(name));
    paths.iter().for_each(|path| mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap());
    let blocked = paths.clone().map(|path| Box::pin(async { drop(Offload::open(path).await.unwrap()) }) as Boxed<()>);
    let open_the_other_ends = move || {
        paths.iter().for_each(|path| drop(File::options().write(true).open(path).unwrap()));
        drop(folder);
    };
    (blocked, Box::new(open_the_other_ends))
}

fn sockets() -> Blocked {
    let pairs = [(); 2].map(|()| UnixStream::pair().unwrap());
    let (ours, theirs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let mut readers = ours.into_iter().map(Offload::reader);
    let blocked = [(); 2].map(|()| {
        let mut reader = readers.next().unwrap();
        let read = async move { assert_eq!(reader.read(&mut [0]).await.unwrap(), 0, "the end") };
        Box::pin(read) as Boxed<()>
    });
    (blocked, Box::new(|| drop(theirs)))
}

#[test]
fn a_lock_that_is_only_tried_keeps_no_thread() {
    passes("a_pool_full_of_blocked_jobs::child_with_a_lock", &path(), &[("BLOCKING_MAX_THREADS", "1")]);
}

#[test]
#[ignore = "a child of other tests"]
fn child_with_a_lock() {
    let path = path_of_a_child();
    let holder = File::options().write(true).open(&path).unwrap();
    flock(&holder, FlockOperation::NonBlockingLockExclusive).unwrap();
    let mut file = Offload::new(File::options().write(true).open(&path).unwrap());
    let try_lock = |file: &mut File| flock(&*file, FlockOperation::NonBlockingLockExclusive);
    assert_eq!(block_on(file.with_mut(try_lock)).unwrap(), Err(rustix::io::Errno::WOULDBLOCK));
    // The one thread there is has not been kept.
    assert_eq!(block_on(file.write_complete(b"taken")).unwrap(), 5);
    drop(holder);
    assert_eq!(block_on(file.with_mut(try_lock)).unwrap(), Ok(()));
}
