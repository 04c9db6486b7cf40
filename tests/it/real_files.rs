//! Real files, devices and sockets of Linux: what the system answers is what the caller gets.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    sync::Arc,
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Offload, PriorWriteFailed, Submitted, error::raw_os_error,
};
use futures_lite::future::block_on;

use crate::common::{
    pool::Stepped,
    steps::{ask, barrier, drive, failed, in_flight, poll_future, prior, ready},
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
    (Offload::with_pool(device, pool.clone()), pool)
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
fn a_barrier_calls_nothing_on_a_full_device() {
    let (mut writer, pool) = full();
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
    drive(&pool, writer.write_all_complete(b"")).unwrap();
    assert_eq!(pool.executed(), 0);
}

#[test]
fn an_orphan_on_a_full_device_is_reported_once() {
    let (mut writer, pool) = full();
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    let error = prior(barrier(&mut writer), ticket, Some(0));
    assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(ENOSPC)));
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));

    let ticket = in_flight(&mut writer, b"hello");
    for _ in 0..3 {
        let error = drive(&pool, writer.close_complete()).unwrap_err();
        assert_eq!(PriorWriteFailed::find(&error).unwrap().ticket(), ticket);
        assert_eq!(raw_os_error(&error), Some(ENOSPC));
    }
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

#[cfg(std_pipe)]
#[test]
fn a_pipe_without_a_reader_fails_each_time() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    assert_broken(Offload::new(writer));

    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    assert_broken(Offload::new(File::from(OwnedFd::from(writer))));
}

#[test]
fn a_stream_in_non_blocking_mode_claims_no_byte() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut writer = Offload::new(ours);
    let mut sent = Vec::new();
    let error = loop {
        let bytes: Vec<u8> = (0..10_000).map(|i| ((sent.len() + i) % 251) as u8).collect();
        match block_on(writer.write_complete(&bytes)) {
            Ok(n) => sent.extend_from_slice(&bytes[..n]),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    assert!(error.to_string().contains("non-blocking"), "{error}");
    let again = block_on(writer.write_complete(b"hello")).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::Unsupported, "each time");
    block_on(writer.close_complete()).unwrap();
    let mut received = Vec::new();
    theirs.read_to_end(&mut received).unwrap();
    assert!(received == sent, "{} sent, {} received", sent.len(), received.len());
}

#[test]
fn a_stream_whose_reader_stops_makes_the_write_wait() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let pool = Stepped::new();
    let mut writer = Offload::with_pool(ours, pool.clone());
    let bytes: Vec<u8> = (0..1 << 20).map(|i| (i % 251) as u8).collect();
    let ticket = in_flight(&mut writer, &bytes);
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    // More than the system holds for a reader: the call has begun, and cannot have returned.
    let mut received = vec![0; 1];
    theirs.read_exact(&mut received).unwrap();
    assert!(ask(&mut writer, ticket).is_pending());
    assert!(poll_future(&mut writer.write_complete(b"next")).is_pending());
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
