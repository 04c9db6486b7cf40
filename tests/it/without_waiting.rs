//! `try_write` of a file: takes what goes without waiting, moves the cursor by it, and leaves every refusal to the write
//! that may wait.

use std::{
    fs::{File, OpenOptions},
    future::poll_fn,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    pin::Pin,
    sync::Arc,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Offload, Submitted, WriteComplete, offload::Policy,
};
use futures_lite::{AsyncSeekExt, future::block_on};
use rustix::{
    fs::{OFlags, fcntl_setfl},
    pipe::{PIPE_BUF, fcntl_setpipe_size, pipe},
};

/// Where files are tried: on what holds the temporary ones, and in memory if there is such a file system.
fn folders() -> impl Iterator<Item = tempfile::TempDir> {
    let shared_memory = Path::new("/dev/shm");
    let in_memory = shared_memory.is_dir().then(|| tempfile::tempdir_in(shared_memory).unwrap());
    [tempfile::tempdir().unwrap()].into_iter().chain(in_memory)
}

/// Tries first and writes if that is refused, as an `Offload` does; gives how many bytes were taken.
fn try_or_write(file: &mut File, buf: &[u8]) -> usize {
    match file.try_write(buf).unwrap() {
        Some(n) => n,
        None => file.write(buf).unwrap(),
    }
}

#[test]
fn a_try_moves_the_cursor_by_what_it_took() {
    for folder in folders() {
        let path = folder.path().join("file");
        let mut file = File::create(&path).unwrap();
        let mut expected = Vec::new();
        for round in 0..200_u8 {
            let buf = vec![round; usize::from(round) * 50 + 1];
            let n = try_or_write(&mut file, &buf);
            expected.extend_from_slice(&buf[..n]);
            assert_eq!(file.stream_position().unwrap(), expected.len() as u64);
        }
        // Over what is there, from the middle.
        file.seek(SeekFrom::Start(1000)).unwrap();
        let n = try_or_write(&mut file, &[255; 3000]);
        expected[1000..1000 + n].fill(255);
        assert_eq!(file.stream_position().unwrap(), 1000 + n as u64);
        assert!(std::fs::read(&path).unwrap() == expected);
    }
}

#[test]
fn a_try_appends_where_the_file_does() {
    for folder in folders() {
        let path = folder.path().join("file");
        std::fs::write(&path, "before").unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        let mut other = OpenOptions::new().append(true).open(&path).unwrap();
        assert_eq!(try_or_write(&mut file, b" one"), 4);
        other.write_all(b" between").unwrap();
        assert_eq!(try_or_write(&mut file, b" two"), 4);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before one between two");
    }
}

/// The errors are those of the write that follows: a try has none of its own.
#[test]
fn what_cannot_be_written_is_not_tried() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let mut file = File::open(&path).unwrap();
    assert_eq!(file.try_write(b"never").unwrap(), None);
    assert!(file.write(b"never").is_err());
    let mut full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(full.try_write(b"never").unwrap(), None);
    let failed = block_on(Offload::new(full).write_complete(b"never")).unwrap_err();
    assert_eq!(failed.kind(), io::ErrorKind::StorageFull);
}

/// A pipe with room for `room` bytes more, and what it can hold in all.
fn pipe_with_room(room: usize) -> (File, File, usize) {
    let (read, write) = pipe().unwrap();
    let size = fcntl_setpipe_size(&write, 16 * PIPE_BUF).unwrap();
    let (read, mut write) = (File::from(read), File::from(write));
    write.write_all(&vec![b'x'; size - room]).unwrap();
    (read, write, size)
}

#[test]
fn a_full_pipe_refuses_and_takes_nothing() {
    let (mut read, mut write, size) = pipe_with_room(0);
    assert_eq!(write.try_write(b"no room").unwrap(), None);
    let mut bytes = vec![0; size + 1];
    fcntl_setfl(&read, OFlags::NONBLOCK).unwrap();
    assert_eq!(read.read(&mut bytes).unwrap(), size);
    assert_eq!(read.read(&mut bytes).unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

/// A short count is a short count (W2): the rest is not sent to the pool by the same submission (W4).
#[test]
fn a_pipe_with_some_room_takes_that_much() {
    let (mut read, write, size) = pipe_with_room(PIPE_BUF);
    let mut writer = Offload::new(write);
    assert_eq!(block_on(writer.write_complete(&vec![b'y'; 3 * PIPE_BUF])).unwrap(), PIPE_BUF);
    let mut bytes = vec![0; size];
    read.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes.iter().filter(|byte| **byte == b'y').count(), PIPE_BUF);
    fcntl_setfl(&read, OFlags::NONBLOCK).unwrap();
    assert_eq!(read.read(&mut bytes).unwrap_err().kind(), io::ErrorKind::WouldBlock, "nothing followed");
}

#[test]
fn an_offload_mixes_tries_and_jobs_in_order() {
    for folder in folders() {
        let path = folder.path().join("file");
        block_on(async {
            let mut file = Offload::create(&path).await.unwrap();
            let mut expected = Vec::new();
            for round in 0..300_usize {
                // Above the length that is tried, too.
                let buf = vec![round as u8; if round % 50 == 49 { 100_000 } else { round * 7 }];
                file.write_all_complete(&buf).await.unwrap();
                expected.extend_from_slice(&buf);
                assert_eq!(std::fs::metadata(&path).unwrap().len(), expected.len() as u64);
            }
            assert_eq!(file.seek(SeekFrom::Current(0)).await.unwrap(), expected.len() as u64);
            assert!(std::fs::read(&path).unwrap() == expected);
        });
    }
}

/// A file whose cursor somebody else may be moving is not tried: the kernel would wait for them.
#[test]
fn a_shared_file_is_not_tried() {
    let file = tempfile::tempfile().unwrap();
    assert_eq!((&file).try_write(b"never").unwrap(), None);
    let mut one = Arc::new(file);
    let other = one.clone();
    assert_eq!(one.try_write(b"never").unwrap(), None);
    drop(other);
    let n = one.try_write(b"alone").unwrap().unwrap_or(0);
    assert_eq!(one.metadata().unwrap().len(), n as u64);
}

#[test]
fn nothing_is_tried_where_the_policy_says_so() {
    let (_read, write, _) = pipe_with_room(PIPE_BUF);
    let mut untried = Offload::new(write).policy(Policy::default().tries(false));
    assert!(matches!(block_on(submit(&mut untried, b"room for it")), Submitted::InFlight(_)));
    let (_read, write, _) = pipe_with_room(PIPE_BUF);
    let mut tried = Offload::new(write).policy(Policy::off().tries(true));
    assert!(matches!(block_on(submit(&mut tried, b"room for it")), Submitted::Complete(11)));
}

async fn submit(writer: &mut Offload<File>, buf: &[u8]) -> Submitted {
    poll_fn(|cx| Pin::new(&mut *writer).poll_write_submit(cx, buf)).await.unwrap()
}
