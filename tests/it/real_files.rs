//! Real files, devices and sockets of Linux: what the system answers is what the caller gets.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{fs::OpenOptionsExt, net::UnixStream},
    },
    path::Path,
    sync::Arc,
    thread,
    time::Duration,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Indeterminate, Offload, Submitted, error::raw_os_error,
};
use futures_lite::future::block_on;

use crate::common::{
    pool::Stepped,
    steps::{ask, drive, failed, in_flight, over, poll_future, ready, refused, submit_nothing},
    store::store,
};

const EBADF: i32 = 9;
const ENOSPC: i32 = 28;
const EPIPE: i32 = 32;

fn length(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// A writer of `/dev/full`, where no write finds space.
fn full() -> (Offload<File, Stepped>, Stepped) {
    let pool = Stepped::new();
    let device = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
    (over(device, &pool), pool)
}

#[test]
fn a_complete_write_is_visible() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..1024).map(|i| (i % 251) as u8).collect();
    for round in 0..1000 {
        let path = dir.path().join(round.to_string());
        block_on(async {
            let mut file = Offload::create(&path).await.unwrap();
            assert_eq!(file.write_complete(&bytes).await.unwrap(), 1024);
            assert_eq!(length(&path), 1024);
        });
        assert_eq!(fs::read(&path).unwrap(), bytes);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn what_create_and_open_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, b"what was there").unwrap();
    block_on(async {
        let mut file = Offload::create(&path).await.unwrap();
        assert_eq!(length(&path), 0, "emptied");
        file.write_all_complete(b"hello").await.unwrap();
        assert_eq!(file.metadata().await.unwrap().len(), 5);
        file.set_len(3).await.unwrap();
        assert_eq!(length(&path), 3);
        file.sync_all().await.unwrap();
        file.close_complete().await.unwrap();

        let mut file = Offload::open(&path).await.unwrap();
        let mut text = String::new();
        futures_lite::AsyncReadExt::read_to_string(&mut file, &mut text).await.unwrap();
        assert_eq!(text, "hel");

        let missing = dir.path().join("no").join("such");
        assert_eq!(Offload::create(&missing).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        let error = Offload::open(&missing).await.unwrap_err();
        assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::NotFound, Some(2)));
        assert_eq!(Offload::create(dir.path()).await.unwrap_err().kind(), io::ErrorKind::IsADirectory);
    });
}

#[test]
fn a_full_device_fails_the_write_itself() {
    let (mut writer, pool) = full();
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for _ in 0..3 {
        let error = failed(ask(&mut writer, ticket));
        assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::StorageFull, Some(ENOSPC)));
    }
    for _ in 0..3 {
        let error = drive(&pool, writer.write_all_complete(b"hello")).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(ENOSPC), "each time");
    }
    let error = drive(&pool, futures_lite::AsyncWriteExt::write(&mut writer, b"hello")).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(ENOSPC), "not from the flush");
    drive(&pool, futures_lite::AsyncWriteExt::flush(&mut writer)).unwrap();
    drive(&pool, writer.close_complete()).unwrap();
}

/// There a write of no bytes fails too, if it is made.
#[test]
fn no_bytes_call_nothing_on_a_full_device() {
    let (mut writer, pool) = full();
    assert_eq!(ready(submit_nothing(&mut writer)).unwrap(), Submitted::Complete(0));
    drive(&pool, writer.write_all_complete(b"")).unwrap();
    assert_eq!(pool.executed(), 0);
}

#[test]
fn what_was_not_answered_on_a_full_device_is_told_by_the_close() {
    let (mut writer, pool) = full();
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    refused(poll_future(&mut writer.write_complete(b"more")), ticket);
    for _ in 0..3 {
        let error = drive(&pool, writer.close_complete()).unwrap_err();
        assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(ENOSPC)));
    }
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(ENOSPC));
}

/// Rule W6: there an error of the sync comes when the bytes are in. Resuming would append the record twice.
#[test]
fn a_write_that_fails_where_each_is_synced_is_indeterminate() {
    const O_DSYNC: i32 = 0o10000;

    let pool = Stepped::new();
    let mut writer = over(OpenOptions::new().write(true).custom_flags(O_DSYNC).open("/dev/full").unwrap(), &pool);
    let mut held = HeldWrite::new(b"hello");
    for _ in 0..2 {
        let error = drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
        assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(ENOSPC));
        assert_eq!((held.completed(), held.maybe_completed()), (0, 5));
    }
    assert_eq!(pool.executed(), 1);
}

/// Such a file takes only memory that begins at a sector: the copy does, wherever the caller's slice begins.
#[test]
fn with_o_direct_any_slice_of_the_right_length_will_do() {
    const O_DIRECT: i32 = 0o40000;

    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let opened = OpenOptions::new().write(true).custom_flags(O_DIRECT).open(&path);
    let Ok(file) = opened else {
        println!("skipped: the file system does not know of O_DIRECT");
        return;
    };
    let bytes: Vec<u8> = (0..16 * 4096 + 1).map(|i| (i % 251) as u8).collect();
    block_on(async {
        let mut writer = Offload::new(file);
        for part in bytes[1..].chunks(4 * 4096) {
            assert_eq!(writer.write_complete(part).await.unwrap(), part.len());
        }
        writer.close_complete().await.unwrap();
    });
    assert!(fs::read(&path).unwrap() == bytes[1..]);
}

#[test]
fn a_held_write_goes_on_when_there_is_space_again() {
    let (mut writer, pool) = full();
    let mut held = HeldWrite::new(b"hello");
    for _ in 0..2 {
        let error = drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
        assert_eq!((error.raw_os_error(), held.completed()), (Some(ENOSPC), 0));
    }
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let space = File::create(&path).unwrap();
    drive(&pool, writer.with_mut(move |file| *file = space)).unwrap();
    drive(&pool, writer.resume_write_all(&mut held)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello");
}

/// A real one, and what of the bytes is there at each moment.
#[test]
fn a_full_file_system_takes_the_rest_when_there_is_room() {
    let Some(store) = store() else { return };
    let path = store.path.join("held");
    let rest = store.fill_but(3 << 20);
    // A submission of 2 MiB, one that is met by the end of the space (XFS refuses it as a whole), and the last one.
    let bytes: Vec<u8> = (0..5_usize << 20).map(|i| (i % 251) as u8).collect();
    let mut held = HeldWrite::new(&bytes[..]);
    block_on(async {
        let mut writer = Offload::create(&path).await.unwrap();
        for _ in 0..3 {
            let error = writer.resume_write_all(&mut held).await.unwrap_err();
            assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::StorageFull, Some(ENOSPC)));
            let completed = held.completed();
            assert!(completed > 0 && completed < bytes.len(), "{completed} bytes");
            assert_eq!(held.maybe_completed(), completed, "it is known");
            assert!(fs::read(&path).unwrap() == bytes[..completed], "those bytes, and no other");
        }
        drop(rest);
        writer.resume_write_all(&mut held).await.unwrap();
        assert_eq!(held.completed(), bytes.len());
        writer.sync_all().await.unwrap();
        writer.close_complete().await.unwrap();
    });
    assert!(fs::read(&path).unwrap() == bytes);
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_read_only_handle_fails_each_time() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    fs::write(&path, b"there").unwrap();
    block_on(async {
        let mut file = Offload::open(&path).await.unwrap();
        for _ in 0..3 {
            let error = file.write_complete(b"hello").await.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(EBADF));
        }
        let mut text = String::new();
        futures_lite::AsyncReadExt::read_to_string(&mut file, &mut text).await.unwrap();
        assert_eq!(text, "there");
        file.close_complete().await.unwrap();
    });
    assert_eq!(fs::read(&path).unwrap(), b"there");
}

#[track_caller]
fn assert_broken(mut writer: impl AsyncWriteComplete + Unpin) {
    for _ in 0..3 {
        let error = block_on(writer.write_complete(b"hello")).unwrap_err();
        assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::BrokenPipe, Some(EPIPE)));
    }
    block_on(writer.close_complete()).unwrap();
}

#[test]
fn a_peer_that_is_gone_fails_each_time() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(theirs);
    assert_broken(Offload::new(ours));

    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(theirs);
    assert_broken(Offload::new(File::from(OwnedFd::from(ours))));
}

#[test]
fn a_pipe_without_a_reader_fails_each_time() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    assert_broken(Offload::new(writer));

    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    assert_broken(Offload::new(File::from(OwnedFd::from(writer))));
}

/// Somebody who shares the descriptor, such as a child, may have made it so. The worker waits; the caller sees nothing
/// of it.
#[test]
fn a_stream_in_non_blocking_mode_is_waited_for() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let bytes: Vec<u8> = (0..4 << 20).map(|i| (i % 251) as u8).collect();
    let expected = bytes.clone();
    let reads = thread::spawn(move || {
        let mut received = Vec::new();
        theirs.read_to_end(&mut received).unwrap();
        received
    });
    block_on(async {
        let mut writer = Offload::new(ours);
        writer.write_all_complete(&bytes).await.unwrap();
        writer.close_complete().await.unwrap();
    });
    assert!(reads.join().unwrap() == expected);
}

/// A full one makes its write wait, as if it blocked, and nothing spins.
#[test]
fn a_full_stream_in_non_blocking_mode_is_pending() {
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut there = Vec::new();
    while let Ok(n) = ours.write(&[7; 4096]) {
        there.resize(there.len() + n, 7);
    }
    let pool = Stepped::new();
    let mut writer = over(ours, &pool);
    let ticket = in_flight(&mut writer, b"hello");
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    for _ in 0..100 {
        assert!(ask(&mut writer, ticket).is_pending());
        thread::yield_now();
    }
    let mut received = vec![0; there.len()];
    theirs.read_exact(&mut received).unwrap();
    worker.join().unwrap();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    let mut hello = [0; 5];
    theirs.read_exact(&mut hello).unwrap();
    assert!(received == there && &hello == b"hello");
}

#[test]
fn a_send_timeout_is_timed_out() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    ours.set_write_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut writer = Offload::new(ours);
    let error = loop {
        if let Err(error) = block_on(writer.write_complete(&[7; 100_000])) {
            break error;
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn a_stream_whose_reader_stops_makes_the_write_wait() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let pool = Stepped::new();
    let mut writer = over(ours, &pool);
    let bytes: Vec<u8> = (0..1 << 20).map(|i| (i % 251) as u8).collect();
    let ticket = in_flight(&mut writer, &bytes);
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    // More than the system holds for a reader: the call has begun, and cannot have returned.
    let mut received = vec![0; 1];
    theirs.read_exact(&mut received).unwrap();
    assert!(ask(&mut writer, ticket).is_pending());
    refused(poll_future(&mut writer.write_complete(b"next")), ticket);
    received.resize(bytes.len(), 0);
    theirs.read_exact(&mut received[1..]).unwrap();
    worker.join().unwrap();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), bytes.len());
    assert!(received == bytes);
}

#[test]
fn a_write_happens_whose_writer_is_dropped() {
    for _ in 0..100 {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut writer = Offload::new(ours);
        in_flight(&mut writer, b"hello");
        drop(writer);
        let mut received = Vec::new();
        // Ends only when the descriptor is closed.
        theirs.read_to_end(&mut received).unwrap();
        assert_eq!(received, b"hello");
    }
}

#[test]
fn a_close_has_closed_the_descriptor() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let mut writer = Offload::new(ours);
    in_flight(&mut writer, b"hello");
    block_on(writer.close_complete()).unwrap();
    let mut received = Vec::new();
    // Without blocking: all of it, and the end, are there.
    theirs.read_to_end(&mut received).unwrap();
    assert_eq!(received, b"hello");
}

#[test]
fn a_descriptors_number_that_is_used_again_is_not_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    block_on(async {
        let mut file = Offload::create(&first).await.unwrap();
        file.write_all_complete(b"hello").await.unwrap();
        file.close_complete().await.unwrap();
        let _reuses = File::create(&second).unwrap();
        for _ in 0..3 {
            assert_eq!(file.write_complete(b"late").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
    });
    assert_eq!((length(&first), length(&second)), (5, 0));
}

#[test]
fn two_handles_that_append_lose_nothing() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let open = || Offload::new(OpenOptions::new().append(true).open(&path).unwrap());
    let mut expected = Vec::new();
    block_on(async {
        let mut handles = [open(), open()];
        for round in 0..500_usize {
            let bytes = vec![round as u8; round % 13 + 1];
            assert_eq!(handles[round % 2].write_complete(&bytes).await.unwrap(), bytes.len());
            expected.extend_from_slice(&bytes);
            assert_eq!(length(&path), expected.len() as u64);
        }
    });
    assert_eq!(fs::read(&path).unwrap(), expected, "in the order of the answers");
}

#[test]
fn a_shared_file_is_a_destination_too() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let file = Arc::new(File::create(&path).unwrap());
    block_on(async {
        let (mut one, mut two) = (Offload::new(file.clone()), Offload::new(file.clone()));
        one.write_all_complete(b"one").await.unwrap();
        two.write_all_complete(b"two").await.unwrap();
        (&*file).write_all(b"three").unwrap();
    });
    assert_eq!(fs::read(&path).unwrap(), b"onetwothree", "they share one cursor");
}
