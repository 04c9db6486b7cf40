//! `tokio::fs::File` of this crate, in the place of tokio's own.

use std::{
    fs,
    io::{self, IoSlice, SeekFrom},
    os::fd::AsFd,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
};

use async_write_complete::{
    AsyncSyncCompleteExt, AsyncWriteComplete, AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite,
    Indeterminate, PriorWriteFailed, Submitted, WriteOutstanding,
    adapter::ToTokio,
    offload::Policy,
    tokio::fs::{File, OpenOptions},
};
use bytes::Bytes;
use rustix::fs::{OFlags, fcntl_setfl};
use tokio::io::{AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWriteExt, BufReader, BufWriter};

use crate::common::{
    destination::{Outcome, Scripted},
    steps::{drive, offload, poll, poll_future, prior, ready},
};

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    (dir, path)
}

#[tokio::test]
async fn a_write_is_complete_without_a_flush() {
    let (_dir, path) = scratch();
    let mut file = File::create(&path).await.unwrap();
    for round in 1..200 {
        assert_eq!(file.write(b"hello").await.unwrap(), 5);
        assert_eq!(fs::metadata(&path).unwrap().len(), round * 5);
    }
}

#[tokio::test]
async fn reads_seeks_and_writes_share_a_cursor() {
    let (_dir, path) = scratch();
    let mut file = File::create_new(&path).await.unwrap();
    file.write_all(b"hello world").await.unwrap();
    assert_eq!(file.seek(SeekFrom::Start(6)).await.unwrap(), 6);
    let mut text = String::new();
    file.read_to_string(&mut text).await.unwrap();
    assert_eq!((text.as_str(), file.stream_position().await.unwrap()), ("world", 11));
    file.seek(SeekFrom::End(-5)).await.unwrap();
    file.write_all(b"W").await.unwrap();
    file.rewind().await.unwrap();
    let mut half = [0; 7];
    file.read_exact(&mut half).await.unwrap();
    assert_eq!(&half, b"hello W");
    assert_eq!(file.seek(SeekFrom::Current(-1_000)).await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(file.stream_position().await.unwrap(), 7, "a seek that failed moved nothing");
}

/// What tokio's text says of `shutdown`, and what its own file does.
#[tokio::test]
async fn a_shutdown_settles_and_leaves_the_file_usable() {
    let (_dir, path) = scratch();
    let mut file = BufWriter::new(File::create(&path).await.unwrap());
    file.write_all(b"block").await.unwrap();
    file.shutdown().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"block");
    file.write_all(b", last block").await.unwrap();
    file.shutdown().await.unwrap();
    file.get_ref().sync_all().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"block, last block");
}

#[tokio::test]
async fn the_methods_by_shared_reference_do_not_mind_one_another() {
    let (_dir, path) = scratch();
    let file = Arc::new(File::create(&path).await.unwrap());
    let (length, synced, data, metadata) =
        tokio::join!(file.set_len(5), file.sync_all(), file.sync_data(), file.metadata());
    length.unwrap();
    synced.unwrap();
    data.unwrap();
    metadata.unwrap();
    assert_eq!(file.metadata().await.unwrap().len(), 5);
    let other = file.clone();
    tokio::spawn(async move { other.sync_all().await }).await.unwrap().unwrap();
    assert_eq!(file.as_fd().try_clone_to_owned().map(fs::File::from).unwrap().metadata().unwrap().len(), 5);
}

#[tokio::test]
async fn a_file_of_std_goes_in_and_out() {
    let (_dir, path) = scratch();
    let mut file = File::from_std(fs::File::create(&path).unwrap());
    file.write_all(b"hello").await.unwrap();
    let std = file.try_into_std().unwrap();
    let mut file = File::from(std);
    // Dropped while it waits: `into_std` waits for it.
    let pending = poll_future(&mut Box::pin(file.write(b" world")));
    assert!(pending.is_pending() || ready(pending).is_ok());
    assert_eq!(file.into_std().await.metadata().unwrap().len(), 11);
}

#[tokio::test]
async fn a_file_with_a_write_outstanding_is_not_given() {
    let (_dir, path) = scratch();
    let mut refused = 0;
    for _ in 0..200 {
        let mut file = File::create(&path).await.unwrap();
        let pending = poll_future(&mut Box::pin(file.write(&[7; 100_000]))).is_pending();
        match file.try_into_std() {
            Ok(_) => assert!(!pending, "it was outstanding"),
            Err(mut file) => {
                refused += 1;
                file.flush().await.unwrap();
                file.set_len(0).await.unwrap();
                file.try_into_std().unwrap();
            }
        }
    }
    println!("{refused} of 200 were outstanding");
}

#[tokio::test]
async fn a_file_with_a_seek_that_was_started_is_not_given() {
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    Pin::new(&mut file).start_seek(SeekFrom::Start(3)).unwrap();
    let mut file = file.try_into_std().expect_err("the seek was not made");
    assert_eq!(std::future::poll_fn(|cx| Pin::new(&mut file).poll_complete(cx)).await.unwrap(), 3);
    assert_eq!(io::Seek::stream_position(&mut file.try_into_std().unwrap()).unwrap(), 3);
}

/// A pipe takes less than it is given. The write is dropped, and a flush learns of the count.
#[tokio::test]
async fn a_file_with_a_short_write_to_tell_is_not_given() {
    let mut refused = 0;
    for _ in 0..200 {
        let (_reader, writer) = io::pipe().unwrap();
        fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
        let mut file = File::from(std::os::fd::OwnedFd::from(writer));
        if poll_future(&mut Box::pin(file.write(&[7; 1_000_000]))).is_pending() {
            refused += 1;
            file.flush().await.unwrap();
            let file = file.try_into_std().expect_err("a write came out short");
            assert!(PriorWriteFailed::find(&file.sync_all().await.unwrap_err()).is_some());
            file.try_into_std().expect("it is told");
        }
    }
    assert!(refused > 0, "no write was ever pending");
}

#[tokio::test]
async fn a_file_is_cut_and_given_permissions_and_times() {
    let (_dir, path) = scratch();
    let file = OpenOptions::new().write(true).create(true).mode(0o600).open(&path).await.unwrap();
    file.set_len(3).await.unwrap();
    let mut permissions = file.metadata().await.unwrap().permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions).await.unwrap();
    file.set_modified(std::time::UNIX_EPOCH).await.unwrap();
    let metadata = file.try_clone().await.unwrap().metadata().await.unwrap();
    assert_eq!((metadata.len(), metadata.permissions().readonly()), (3, true));
    assert_eq!(metadata.modified().unwrap(), std::time::UNIX_EPOCH);
}

#[tokio::test]
async fn a_buffer_size_bounds_each_call() {
    let (_dir, path) = scratch();
    let mut file = File::create_new(&path).await.unwrap();
    file.set_max_buf_size(4);
    assert_eq!(file.max_buf_size(), 4);
    assert_eq!(file.try_clone().await.unwrap().max_buf_size(), 4);
    assert_eq!(file.write(b"hello").await.unwrap(), 4);
    assert_eq!(file.write_vectored(&[IoSlice::new(b"o, "), IoSlice::new(b"world")]).await.unwrap(), 3);
    file.rewind().await.unwrap();
    assert_eq!(file.read(&mut [0; 10]).await.unwrap(), 4);
}

#[tokio::test]
async fn a_write_that_was_dropped_and_failed_is_told_once_by_what_is_done_next() {
    let mut file = OpenOptions::new().write(true).open("/dev/full").await.unwrap();
    loop {
        if poll_future(&mut Box::pin(file.write(b"hello"))).is_pending() {
            break;
        }
    }
    let error = file.sync_all().await.unwrap_err();
    let prior = PriorWriteFailed::find(&error).expect("the write is told");
    assert_eq!((prior.complete(), error.kind()), (Some(0), io::ErrorKind::StorageFull));
    assert_eq!(file.write(b"hello").await.unwrap_err().raw_os_error(), Some(28), "the next one has its own");
    assert!(Indeterminate::find(&error).is_none());
}

/// The one import, and the calls that know which write is which.
#[tokio::test]
async fn a_dropped_write_is_settled_by_ticket_and_a_held_one_goes_on() {
    let (_dir, path) = scratch();
    let mut file = File::create(&path).await.unwrap().policy(Policy::never_spin());
    // And nobody asks what became of it.
    let Submitted::InFlight(ticket) = file.submit(b"one\n").await.unwrap() else { panic!("a file is not memory") };
    let outstanding = Some(ticket);
    assert_eq!(file.outstanding(), outstanding);
    let refused = file.write_all_complete(b"one\n").await.unwrap_err();
    assert_eq!(WriteOutstanding::find(&refused).map(WriteOutstanding::ticket), outstanding);
    assert!(WriteOutstanding::find(&file.sync_data_complete().await.unwrap_err()).is_some());
    assert_eq!(file.settle().await.unwrap().unwrap().completed(), 4);

    let mut held = HeldWrite::new(b"two\n");
    while poll_future(&mut file.resume_write_all(&mut held)).is_pending() {
        tokio::task::yield_now().await;
    }
    file.sync_data_complete().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");

    file.close_complete().await.unwrap();
    assert_eq!(file.write(b"late").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(file.metadata().await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    file.try_into_std().expect_err("there is none");
}

/// What needs it has no error to answer with.
#[tokio::test]
#[should_panic(expected = "closed by `close_complete`")]
async fn a_closed_file_has_no_descriptor() {
    let (_dir, path) = scratch();
    let mut file = File::create(&path).await.unwrap();
    file.close_complete().await.unwrap();
    let _ = file.as_fd();
}

/// A pipe that nobody reads holds the write up.
#[tokio::test]
async fn a_file_with_a_write_by_ticket_in_flight_is_given_when_that_has_ended() {
    let (mut reader, pipe) = io::pipe().unwrap();
    let mut file = File::from(std::os::fd::OwnedFd::from(pipe)).policy(Policy::never_spin());
    assert!(matches!(file.submit(&vec![7; 1 << 20]).await.unwrap(), Submitted::InFlight(_)));
    let mut given = Box::pin(file.into_std());
    assert!(poll_future(&mut given).is_pending());
    let read = std::thread::spawn(move || io::copy(&mut reader, &mut io::sink()).unwrap());
    drop(given.await);
    assert_eq!(read.join().unwrap(), 1 << 20);
}

/// It is asked while another task waits with the lock.
#[tokio::test]
async fn what_is_outstanding_is_known_while_a_method_waits() {
    let (mut reader, pipe) = io::pipe().unwrap();
    let mut file = File::from(std::os::fd::OwnedFd::from(pipe)).policy(Policy::never_spin());
    file.set_max_buf_size(1 << 20);
    let Submitted::InFlight(ticket) = file.submit(&vec![0; 1 << 20]).await.unwrap() else { panic!("it fits no pipe") };
    let mut metadata = Box::pin(file.metadata());
    assert!(poll_future(&mut metadata).is_pending());
    assert_eq!(file.outstanding(), Some(ticket));
    drop(metadata);
    let read = std::thread::spawn(move || io::copy(&mut reader, &mut io::sink()).unwrap());
    assert_eq!(file.complete(ticket).await.unwrap(), 1 << 20);
    drop(file);
    assert_eq!(read.join().unwrap(), 1 << 20);
}

#[tokio::test]
async fn a_buffer_size_bounds_each_submission_too() {
    let (_dir, path) = scratch();
    let mut file = File::create(&path).await.unwrap();
    file.set_max_buf_size(4);
    assert_eq!(file.write_complete(b"hello").await.unwrap(), 4);
    let slices = [IoSlice::new(b"o, "), IoSlice::new(b"world")];
    assert_eq!(file.write_vectored_complete(&slices).await.unwrap(), 3);
    #[cfg(feature = "bytes")]
    {
        use async_write_complete::AsyncWriteCompleteBytesExt;
        assert_eq!(file.write_bytes_complete(&Bytes::from_static(b"world")).await.unwrap(), 4);
        assert_eq!(fs::read(&path).unwrap(), b"hello, worl");
    }
}

#[tokio::test]
async fn tokios_readers_and_copies_run_over_it() {
    let (dir, path) = scratch();
    let text: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    fs::write(&path, &text).unwrap();
    let mut from = BufReader::new(File::open(&path).await.unwrap());
    let mut to = File::create(dir.path().join("copy")).await.unwrap();
    assert_eq!(tokio::io::copy(&mut from, &mut to).await.unwrap(), 3_000_000);
    assert!(fs::read(dir.path().join("copy")).unwrap() == text);
}

/// The steps of a seek, over any writer.
#[test]
fn a_seek_that_was_started_comes_before_what_follows() {
    let (writer, pool, seen) = offload(Scripted::new().holding(b"hello world"));
    let mut adapter = ToTokio::new(writer);
    assert_eq!(ready(poll(|cx| Pin::new(&mut adapter).poll_complete(cx))).unwrap(), 0, "none was started");
    Pin::new(&mut adapter).start_seek(SeekFrom::Current(6)).unwrap();
    let again = Pin::new(&mut adapter).start_seek(SeekFrom::Start(0)).unwrap_err();
    assert!(again.to_string().contains("poll_complete"), "{again}");
    drive(&pool, adapter.write_all(b"W")).unwrap();
    assert_eq!((seen.bytes(), seen.seeks().len()), (b"hello World".to_vec(), 1));

    Pin::new(&mut adapter).start_seek(SeekFrom::Current(-7)).unwrap();
    let mut text = [0; 5];
    drive(&pool, adapter.read_exact(&mut text)).unwrap();
    assert_eq!((&text, seen.seeks().len()), (b"hello", 2));
    assert_eq!(ready(poll(|cx| Pin::new(&mut adapter).poll_complete(cx))).unwrap(), 0, "where the last one ended");

    Pin::new(&mut adapter).start_seek(SeekFrom::Start(3)).unwrap();
    drive(&pool, adapter.flush()).unwrap();
    assert_eq!((seen.seeks().len(), seen.seeks()[2]), (3, SeekFrom::Start(3)));

    Pin::new(&mut adapter).start_seek(SeekFrom::Start(6)).unwrap();
    drive(&pool, adapter.write_all_complete(b"w")).unwrap();
    assert_eq!((seen.bytes(), seen.seeks().len()), (b"hello world".to_vec(), 4));

    Pin::new(&mut adapter).start_seek(SeekFrom::Start(2)).unwrap();
    let nothing = [IoSlice::new(b""), IoSlice::new(b"")];
    assert_eq!(ready(poll_future(&mut adapter.write_vectored_complete(&nothing))).unwrap(), 0, "nothing waits for it");
    let list = [IoSlice::new(b"L"), IoSlice::new(b"L")];
    assert_eq!(drive(&pool, adapter.write_vectored_complete(&list)).unwrap(), 2);
    assert_eq!((seen.bytes(), seen.seeks().len()), (b"heLLo world".to_vec(), 5));

    Pin::new(&mut adapter).start_seek(SeekFrom::Start(0)).unwrap();
    assert_eq!(ready(poll_future(&mut adapter.write_bytes_complete(&Bytes::new()))).unwrap(), 0);
    assert_eq!(drive(&pool, adapter.write_bytes_complete(&Bytes::from_static(b"H"))).unwrap(), 1);
    assert_eq!((seen.bytes(), seen.seeks().len()), (b"HeLLo world".to_vec(), 6));
}

/// Before the seek that was started, which waits: a write that is outstanding is refused at once (rule W5).
#[test]
fn a_submission_over_a_pending_write_is_refused_also_with_a_seek_before_it() {
    let (writer, pool, seen) = offload(Scripted::new());
    let mut adapter = ToTokio::new(writer);
    assert!(poll_future(&mut Box::pin(adapter.write(b"hello"))).is_pending());
    Pin::new(&mut adapter).start_seek(SeekFrom::Start(1)).unwrap();
    for _ in 0..2 {
        let refused = ready(poll_future(&mut adapter.submit(b"E"))).unwrap_err();
        assert!(WriteOutstanding::find(&refused).is_some(), "{refused}");
        assert!(matches!(ready(poll_future(&mut adapter.submit(b""))).unwrap(), Submitted::Complete(0)));
    }
    assert_eq!(drive(&pool, adapter.settle()).unwrap().unwrap().completed(), 5);
    drive(&pool, adapter.write_all_complete(b"E")).unwrap();
    assert_eq!((seen.bytes(), seen.seeks()), (b"hEllo".to_vec(), vec![SeekFrom::Start(1)]));
}

/// A close by ticket, and what comes after it.
#[test]
fn a_seek_that_was_started_ends_with_a_close() {
    let (writer, pool, seen) = offload(Scripted::new());
    let mut adapter = ToTokio::new(writer);
    Pin::new(&mut adapter).start_seek(SeekFrom::Start(1)).unwrap();
    drive(&pool, adapter.shutdown()).unwrap();
    drive(&pool, adapter.flush()).unwrap();
    drive(&pool, adapter.close_complete()).unwrap();
    assert_eq!((seen.drops(), seen.seeks()), (1, vec![]));

    // Nor does one that is started later stand in the way of a flush.
    Pin::new(&mut adapter).start_seek(SeekFrom::Start(1)).unwrap();
    drive(&pool, adapter.flush()).unwrap();
    drive(&pool, adapter.shutdown()).unwrap();
}

#[test]
fn a_seek_tells_the_failure_of_the_pending_write() {
    let (writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let mut adapter = ToTokio::new(writer);
    assert!(poll_future(&mut Box::pin(adapter.write(b"hello"))).is_pending());
    pool.run_all();
    prior(poll_future(&mut Box::pin(adapter.seek(SeekFrom::Start(0)))), 5, Some(0));
    assert_eq!(drive(&pool, adapter.seek(SeekFrom::End(0))).unwrap(), 0);
}

/// That of any other writer closes.
#[test]
fn a_shutdown_of_the_adapter_closes() {
    let (writer, pool, seen) = offload(Scripted::new());
    let mut adapter = ToTokio::new(writer);
    drive(&pool, adapter.shutdown()).unwrap();
    assert_eq!(seen.drops(), 1);
}

#[test]
fn it_goes_from_thread_to_thread_and_so_do_its_futures() {
    fn shared<T: Send + Sync + Unpin + 'static>() {}
    fn sent<T: Send>(_: impl FnOnce(&'static File) -> T) {}
    shared::<File>();
    shared::<OpenOptions>();
    sent(|file| file.sync_all());
    sent(|file| file.metadata());
    sent(|file| file.try_clone());
    sent(|_| File::open("path"));
}
