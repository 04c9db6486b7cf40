//! What people hand over by mistake: each answers an error that says what it is, and none hangs or panics.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use async_write_complete::{
    AsyncWriteCompleteExt, Offload,
    fs::{File, OpenOptions, PositionedFile, read, replace, write},
};
use futures_lite::{AsyncReadExt, AsyncSeekExt, future::block_on};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use crate::common::{
    pool::{Stepped, Threads},
    steps::{drive, poll_future},
};

fn fifo() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
    (dir, path)
}

#[test]
fn a_directory() {
    let dir = tempfile::tempdir().unwrap();
    block_on(async {
        let error = File::create(dir.path()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
        // Linux opens one, and its reads fail: each.
        let mut opened = File::open(dir.path()).await.unwrap();
        for _ in 0..2 {
            let error = opened.read(&mut [0; 10]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
        }
        opened.sync_all().await.unwrap();
    });
}

#[test]
fn a_path_where_nothing_is() {
    let missing = tempfile::tempdir().unwrap().path().join("no").join("such");
    block_on(async {
        for opened in [File::open(&missing).await, File::create(&missing).await, File::create_new(&missing).await] {
            let error = opened.unwrap_err();
            assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::NotFound, Some(2)));
        }
        let nothing_set = OpenOptions::new().open("/dev/null").await.unwrap_err();
        assert_eq!(nothing_set.kind(), io::ErrorKind::InvalidInput);
    });
}

#[test]
fn a_handle_of_the_other_kind() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    block_on(async {
        let mut reads = File::open(&path).await.unwrap();
        let mut writes = File::create(&path).await.unwrap();
        for _ in 0..2 {
            assert_eq!(reads.write_complete(b"hello").await.unwrap_err().raw_os_error(), Some(9));
            assert_eq!(reads.set_len(3).await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
            assert_eq!(writes.read(&mut [0; 10]).await.unwrap_err().raw_os_error(), Some(9));
        }
        reads.read(&mut [0; 10]).await.unwrap();
        writes.write_all_complete(b"hello").await.unwrap();
    });
}

#[test]
fn a_full_disk() {
    block_on(async {
        let mut full = OpenOptions::new().write(true).open("/dev/full").await.unwrap();
        for _ in 0..2 {
            let error = full.write_all_complete(b"hello").await.unwrap_err();
            assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::StorageFull, Some(28)));
        }
        full.close_complete().await.unwrap();
    });
}

#[test]
fn a_closed_pipe() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut writer = Offload::new(writer);
    block_on(async {
        for _ in 0..2 {
            assert_eq!(writer.write_complete(b"hello").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
        writer.close_complete().await.unwrap();
        let error = writer.write_complete(b"hello").await.unwrap_err();
        assert!(error.to_string().contains("closed"), "{error}");
    });
}

#[test]
fn a_pipe_where_a_file_was_meant() {
    let (_reader, writer) = io::pipe().unwrap();
    let mut pipe = File::from(fs::File::from(std::os::fd::OwnedFd::from(writer)));
    block_on(async {
        let error = pipe.seek(io::SeekFrom::Start(0)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotSeekable);
        pipe.write_all_complete(b"hello").await.unwrap();
        let error = PositionedFile::new(pipe.into_inner().await.unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotSeekable);
        assert!(error.to_string().contains("Offload::new"), "it says what to do: {error}");
    });
}

#[test]
fn a_file_that_appends_where_positions_were_meant() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let appends = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let error = PositionedFile::new(appends).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("without `append`"), "it says what to do: {error}");
}

#[test]
fn a_fifo_without_a_peer_keeps_a_thread_of_its_own_pool() {
    let (_dir, path) = fifo();
    let mut options = File::options();
    options.write(true);
    block_on(async {
        let threads = Threads::new(1);
        let mut open = Box::pin(options.open_with_pool(&path, threads.clone()));
        assert!(poll_future(&mut open).is_pending());
        // Others do not mind.
        File::create(path.with_extension("file")).await.unwrap().write_all_complete(b"hello").await.unwrap();
        let mut reader = fs::File::open(&path).unwrap();
        let mut fifo = open.await.unwrap();
        fifo.write_all_complete(b"hello").await.unwrap();
        fifo.close_complete().await.unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    });
}

#[test]
fn a_fifo_without_a_peer_can_be_refused_at_once() {
    let (_dir, path) = fifo();
    block_on(async {
        let mut options = File::options();
        options.write(true).custom_flags(OFlags::NONBLOCK.bits() as i32);
        assert_eq!(options.open(&path).await.unwrap_err().raw_os_error(), Some(6), "ENXIO");
        let _reader = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut fifo = options.open(&path).await.unwrap();
        fifo.write_all_complete(b"hello").await.unwrap();
    });
}

#[test]
fn a_pool_that_refuses() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let pool = Stepped::new();
    let mut options = File::options();
    options.read(true).write(true);
    for panics in [false, true] {
        pool.panic(panics);
        pool.refuse(!panics);
        for _ in 0..2 {
            let error = block_on(options.open_with_pool(&path, pool.clone())).unwrap_err();
            assert!(error.to_string().contains("the pool dropped the job"), "{error}");
        }
    }
    pool.panic(false);
    let mut file = drive(&pool, options.open_with_pool(&path, pool.clone())).unwrap();
    pool.refuse(true);
    for _ in 0..2 {
        for error in [
            block_on(file.write_complete(b"hello")).unwrap_err(),
            block_on(file.metadata()).unwrap_err(),
            block_on(file.sync_all()).unwrap_err(),
            block_on(file.try_clone()).unwrap_err(),
            block_on(file.read(&mut [0; 4])).unwrap_err(),
        ] {
            assert!(error.to_string().contains("nothing was done"), "{error}");
        }
    }
    pool.refuse(false);
    drive(&pool, file.write_all_complete(b"hello")).unwrap();
}

#[test]
fn an_open_that_panics() {
    let error = block_on(File::open_with_pool(Threads::new(1), || panic!("by mistake"))).unwrap_err();
    assert!(async_write_complete::Indeterminate::find(&error).is_some());
    assert!(error.to_string().contains("by mistake"), "{error}");
}

#[test]
fn of_a_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("no").join("such");
    block_on(async {
        for replaced in [write(&missing, b"hello").await, replace(&missing, b"hello").await] {
            assert_eq!(replaced.unwrap_err().kind(), io::ErrorKind::NotFound);
        }
        assert_eq!(write(dir.path(), b"hello").await.unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read(dir.path()).await.unwrap_err().kind(), io::ErrorKind::IsADirectory);
        let (_dir, fifo) = fifo();
        for other in [dir.path(), &fifo, Path::new("/dev/null")] {
            assert_eq!(replace(other, b"hello").await.unwrap_err().kind(), io::ErrorKind::InvalidInput, "{other:?}");
        }
    });
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left over");
}

#[test]
fn of_a_write_at_a_position() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let reads = PositionedFile::new(fs::File::open(&path).unwrap()).unwrap();
    let full = PositionedFile::new(fs::File::create("/dev/full").unwrap()).unwrap();
    block_on(async {
        for _ in 0..2 {
            assert_eq!(reads.write_at(b"hello", 0).await.unwrap_err().raw_os_error(), Some(9), "EBADF");
            assert_eq!(full.write_all_at(b"hello", 0).await.unwrap_err().raw_os_error(), Some(28), "ENOSPC");
        }
        reads.settle().await.unwrap();
        full.settle().await.unwrap();
    });
}
