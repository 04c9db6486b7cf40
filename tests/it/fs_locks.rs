//! Locks of files by the methods of std, and what a wait for one does to the pool.

use std::fs::{self, TryLockError};

use async_write_complete::{AsyncWriteCompleteExt, Offload, fs::File};
use futures_lite::future::block_on;

use crate::common::{pool::Threads, steps::poll_future};

#[test]
fn a_wait_for_a_lock_keeps_the_thread_of_its_pool_and_no_other() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let holder = fs::File::open(&path).unwrap();
    holder.lock().unwrap();
    let threads = Threads::new(1);
    block_on(async {
        let mut waits = File::options().write(true).open_with_pool(&path, threads.clone()).await.unwrap();
        let mut beside = Offload::with_pool(tempfile::tempfile().unwrap(), threads);
        let mut lock = Box::pin(waits.with_mut(|file| file.lock()));
        assert!(poll_future(&mut lock).is_pending());
        let mut write = Box::pin(beside.write_all_complete(b"hello"));
        assert!(poll_future(&mut write).is_pending(), "the one thread waits");
        // The other pool is not concerned: the holder can come to its end.
        let mut end = File::create(path.with_extension("end")).await.unwrap();
        end.write_all_complete(b"hello").await.unwrap();
        fs::remove_file(path.with_extension("end")).unwrap();
        holder.unlock().unwrap();
        lock.await.unwrap().unwrap();
        write.await.unwrap();
        assert!(matches!(holder.try_lock(), Err(TryLockError::WouldBlock)));
        waits.with_mut(|file| file.unlock()).await.unwrap().unwrap();
        holder.try_lock().unwrap();
    });
}

#[test]
fn a_wait_that_was_given_up_takes_the_lock_all_the_same() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let holder = fs::File::open(&path).unwrap();
    holder.lock().unwrap();
    block_on(async {
        let mut waits = File::options().write(true).open_with_pool(&path, Threads::new(1)).await.unwrap();
        let mut lock = Box::pin(waits.with_mut(|file| file.lock()));
        assert!(poll_future(&mut lock).is_pending());
        drop(lock);
        holder.unlock().unwrap();
        waits.metadata().await.unwrap(); // after the wait
        assert!(matches!(holder.try_lock(), Err(TryLockError::WouldBlock)));
        waits.close_complete().await.unwrap();
        holder.try_lock().unwrap();
    });
}

#[test]
fn a_wait_that_is_part_of_the_open_gives_the_lock_back_with_its_future() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let holder = fs::File::open(&path).unwrap();
    holder.lock().unwrap();
    let threads = Threads::new(1);
    block_on(async {
        let locked = path.to_owned();
        let mut open = Box::pin(Offload::open_with_pool(threads.clone(), move || {
            let file = fs::File::open(locked)?;
            file.lock()?;
            Ok(file)
        }));
        assert!(poll_future(&mut open).is_pending());
        drop(open);
        holder.unlock().unwrap();
        // The one thread comes to this when the other call has ended and its file is dropped.
        File::options().read(true).open_with_pool(&path, threads).await.unwrap();
        holder.try_lock().unwrap();
    });
}
