//! No poll calls the destination: whatever a call waits for, such as the disk of a file with `O_DSYNC`, it keeps a
//! thread of the pool and never the executor's.

use std::{
    fs::{File, OpenOptions},
    io::{self, IoSlice, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    sync::{Arc, Mutex},
    thread::{self, ThreadId},
};

use async_write_complete::{
    AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite, Offload, SyncComplete, WriteComplete,
    adapter::{ToFuturesIo, ToTokio},
    error::raw_os_error,
    offload::Policy,
};
use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, future::block_on};
use nix::fcntl::OFlag;

use crate::common::{files, pool::Threads, steps::poll_future};

/// Passes every call on, and writes down its name and its thread.
struct Watched<T> {
    inner: T,
    calls: Calls,
}

#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<(&'static str, ThreadId)>>>);

impl Calls {
    fn add(&self, name: &'static str) {
        self.0.lock().unwrap().push((name, thread::current().id()));
    }

    fn take(&self) -> Vec<(&'static str, ThreadId)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Asserts that there were calls of these names, each on one of `threads`, which are not this one.
    #[track_caller]
    fn assert_on(&self, threads: &[ThreadId], names: &[&str]) {
        assert!(!threads.contains(&thread::current().id()));
        let calls = self.take();
        assert_eq!(calls.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
        for (name, thread) in calls {
            assert!(threads.contains(&thread), "{name} was called elsewhere");
        }
    }
}

impl<T: Write> Write for Watched<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.calls.add("write");
        self.inner.write(buf)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.calls.add("write_vectored");
        self.inner.write_vectored(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.calls.add("flush");
        self.inner.flush()
    }
}

impl<T: WriteComplete> WriteComplete for Watched<T> {
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        self.calls.add("seek_back");
        self.inner.seek_back(n)
    }

    fn wait_writable(&mut self) -> io::Result<bool> {
        self.calls.add("wait_writable");
        self.inner.wait_writable()
    }

    fn may_have_written(&self, error: &io::Error) -> bool {
        self.calls.add("may_have_written");
        self.inner.may_have_written(error)
    }

    fn release(self) -> io::Result<()> {
        self.calls.add("release");
        self.inner.release()
    }
}

impl<T: Read> Read for Watched<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.calls.add("read");
        self.inner.read(buf)
    }
}

impl<T: Seek> Seek for Watched<T> {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.calls.add("seek");
        self.inner.seek(pos)
    }
}

impl<T: SyncComplete> SyncComplete for Watched<T> {
    fn sync_data(&self) -> io::Result<()> {
        self.calls.add("sync_data");
        self.inner.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.calls.add("sync_all");
        self.inner.sync_all()
    }
}

/// Every way to open a file that makes a call slower, and every policy.
fn on_each_kind_of_file(test: impl Fn(Offload<Watched<File>, Threads>, &Threads, &Calls)) {
    for flags in [OFlag::empty(), OFlag::O_DSYNC, OFlag::O_SYNC, OFlag::O_SYNC | OFlag::O_APPEND] {
        for policy in [Policy::default(), Policy::never_spin()] {
            let (_directory, path) = files::file(b"");
            let file = OpenOptions::new().read(true).write(true).custom_flags(flags.bits()).open(path).unwrap();
            let (pool, calls) = (Threads::new(2), Calls::default());
            let watched = Watched { inner: file, calls: calls.clone() };
            test(Offload::with_pool(watched, pool.clone()).policy(policy), &pool, &calls);
        }
    }
}

#[test]
fn a_write_of_any_kind_is_made_on_the_pool() {
    on_each_kind_of_file(|mut writer, pool, calls| {
        block_on(async {
            for _ in 0..20 {
                writer.write_all_complete(&[1; 4096]).await.unwrap();
                calls.assert_on(&pool.ids(), &["write"]);
                let slices = [IoSlice::new(b"one"), IoSlice::new(b"two")];
                assert_eq!(writer.write_vectored_complete(&slices).await.unwrap(), 6);
                calls.assert_on(&pool.ids(), &["write"]);
                writer.write_all_bytes_complete(bytes::Bytes::from_static(b"shared")).await.unwrap();
                calls.assert_on(&pool.ids(), &["write"]);
                writer.resume_write_all(&mut HeldWrite::new(b"held")).await.unwrap();
                calls.assert_on(&pool.ids(), &["write"]);
                writer.write_all(b"by poll_write").await.unwrap();
                writer.flush().await.unwrap();
                calls.assert_on(&pool.ids(), &["write"]);
            }
            writer.close_complete().await.unwrap();
            calls.assert_on(&pool.ids(), &["release"]);
        });
    });
}

#[test]
fn a_write_through_an_adapter_is_made_on_the_pool() {
    on_each_kind_of_file(|writer, pool, calls| {
        block_on(async {
            let mut writer = ToFuturesIo::new(writer);
            writer.write_all(b"futures-io").await.unwrap();
            writer.flush().await.unwrap();
            calls.assert_on(&pool.ids(), &["write"]);
            let mut writer = ToTokio::new(writer.into_inner().unwrap());
            tokio::io::AsyncWriteExt::write_all(&mut writer, b"tokio").await.unwrap();
            tokio::io::AsyncWriteExt::flush(&mut writer).await.unwrap();
            calls.assert_on(&pool.ids(), &["write"]);
        });
    });
}

#[test]
fn what_is_no_write_is_made_on_the_pool_too() {
    on_each_kind_of_file(|mut writer, pool, calls| {
        block_on(async {
            writer.write_all_complete(b"hello, world").await.unwrap();
            writer.seek(SeekFrom::Start(0)).await.unwrap();
            assert_eq!(writer.read(&mut [0; 5]).await.unwrap(), 5);
            calls.assert_on(&pool.ids(), &["write", "seek", "read"]);
            writer.sync_data().await.unwrap();
            writer.sync_all().await.unwrap();
            calls.assert_on(&pool.ids(), &["sync_data", "sync_all"]);
            let visit = |file: &mut Watched<File>| (thread::current().id(), file.inner.metadata().unwrap().len());
            let (thread, len) = writer.with_mut(visit).await.unwrap();
            assert_eq!((pool.ids().contains(&thread), len), (true, 12));
            // A read whose bytes nobody takes, unless it is ready at once: the cursor goes back before the write.
            let taken = poll_future(&mut writer.read(&mut [0; 3])).is_ready();
            writer.write_all_complete(b" and all").await.unwrap();
            let names: &[&str] = if taken { &["read", "write"] } else { &["read", "seek_back", "write"] };
            calls.assert_on(&pool.ids(), names);
            writer.close().await.unwrap();
            calls.assert_on(&pool.ids(), &["release"]);
        });
    });
}

#[test]
fn what_follows_a_failure_is_asked_on_the_pool() {
    for flags in [OFlag::empty(), OFlag::O_DSYNC] {
        let full = OpenOptions::new().write(true).custom_flags(flags.bits()).open("/dev/full").unwrap();
        let (pool, calls) = (Threads::new(1), Calls::default());
        let mut writer = Offload::with_pool(Watched { inner: full, calls: calls.clone() }, pool.clone());
        let error = block_on(writer.write_complete(b"hello")).unwrap_err();
        assert_eq!(raw_os_error(&error), Some(rustix::io::Errno::NOSPC.raw_os_error()));
        calls.assert_on(&pool.ids(), &["write", "may_have_written"]);
    }
}

/// Dropped with a write under way: what is left to do is done on the pool.
#[test]
fn a_writer_that_is_dropped_leaves_its_write_to_the_pool() {
    on_each_kind_of_file(|mut writer, pool, calls| {
        let _ = block_on(writer.submit(&[1; 100_000])).unwrap();
        drop(writer);
        pool.wait_until_idle();
        calls.assert_on(&pool.ids(), &["write"]);
    });
}

#[test]
fn a_file_is_opened_on_the_pool() {
    let (_directory, path) = files::file(b"there");
    let pool = Threads::new(1);
    let calls = Calls::default();
    let opened = calls.clone();
    let open = move || {
        opened.add("open");
        File::open(path)
    };
    block_on(Offload::open_with_pool(pool.clone(), open)).unwrap();
    calls.assert_on(&pool.ids(), &["open"]);
}

/// Of the threads of the default pool all that is known is which one they are not.
#[test]
fn the_default_pool_is_elsewhere() {
    let calls = Calls::default();
    let mut writer = Offload::new(Watched { inner: Vec::new(), calls: calls.clone() });
    block_on(async {
        for n in 0..1000 {
            writer.write_all_complete(&[n as u8; 64]).await.unwrap();
        }
    });
    let calls = calls.take();
    assert_eq!(calls.len(), 1000);
    assert!(calls.iter().all(|(name, thread)| (*name, *thread == thread::current().id()) == ("write", false)));
}
