//! Rule O2, the two sides of one handle: neither starves the other, takes its result, or stops it.

use std::{
    cell::Cell,
    collections::VecDeque,
    io::{self, SeekFrom, Write},
    pin::Pin,
    task::Poll,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, Inline, Offload, WriteComplete};
use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};
use futures_lite::future::{self, block_on};

use crate::common::{
    destination::{Outcome, Scripted},
    pool::{Stepped, Threads},
    steps::{self, drive, failed, offload, ready, submit},
    waker::Task,
};

/// EIO, the same on every Unix.
const IO_ERROR: i32 = 5;

fn read<R: AsyncRead + Unpin>(reader: &mut R, len: usize) -> Poll<io::Result<Vec<u8>>> {
    let mut buf = vec![b'?'; len];
    steps::poll(|cx| Pin::new(&mut *reader).poll_read(cx, &mut buf)).map_ok(|n| buf[..n].to_vec())
}

/// One write gets its turn beside a reader that reads for ever.
#[test]
fn a_busy_reader_lets_a_writer_in() {
    let destination = Scripted::new().stream(&[b'r'; 5000]);
    let (mut reader, mut writer) = futures_lite::io::split(Offload::with_pool(destination, Threads::new(1)));
    let reads = async {
        for _ in 0..5000 {
            future::poll_fn(|cx| Pin::new(&mut reader).poll_read(cx, &mut [0])).await.unwrap();
        }
        "every read"
    };
    let write = async {
        future::poll_fn(|cx| Pin::new(&mut writer).poll_write(cx, b"one")).await.unwrap();
        "the write"
    };
    assert_eq!(block_on(future::or(reads, write)), "the write");
}

/// One read gets its turn beside a writer that writes for ever.
#[test]
fn a_busy_writer_lets_a_reader_in() {
    let destination = Scripted::new().stream(b"r");
    let (mut reader, mut writer) = futures_lite::io::split(Offload::with_pool(destination, Threads::new(1)));
    let writes = async {
        for _ in 0..5000 {
            future::poll_fn(|cx| Pin::new(&mut writer).poll_write(cx, b"w")).await.unwrap();
        }
        "every write"
    };
    let read = async {
        let mut byte = [0];
        let n = future::poll_fn(|cx| Pin::new(&mut reader).poll_read(cx, &mut byte)).await.unwrap();
        assert_eq!((n, byte), (1, *b"r"));
        "the read"
    };
    assert_eq!(block_on(future::or(writes, read)), "the read");
}

/// The writer is polled first in each round, and would have the destination again at once.
#[test]
fn a_writer_that_is_always_first_waits_for_a_reader_every_other_time() {
    let (mut writer, pool, observer) = offload(Scripted::new().stream(b"abc"));
    for byte in [b"a", b"b", b"c"] {
        let ticket = steps::in_flight(&mut writer, b"w");
        assert!(read(&mut writer, 1).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(steps::ask(&mut writer, ticket)).unwrap(), 1);
        let task = Task::new();
        assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_submit(cx, b"w")).is_pending(), "the reader's turn");
        assert!(read(&mut writer, 1).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(read(&mut writer, 1)).unwrap(), byte);
    }
    assert_eq!(observer.bytes(), b"www");
}

/// A reader that has gone away is waited for no longer than one turn.
#[test]
fn a_side_that_went_away_is_not_waited_for() {
    let (mut writer, pool, _) = offload(Scripted::new().stream(b"abc"));
    let ticket = steps::in_flight(&mut writer, b"1");
    assert!(read(&mut writer, 3).is_pending(), "and no poll follows");
    assert!(pool.run_one());
    assert_eq!(ready(steps::ask(&mut writer, ticket)).unwrap(), 1);
    let task = Task::new();
    assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_submit(cx, b"2")).is_pending(), "one turn for the reader");
    assert_eq!(task.wakes(), 1, "and no more");
    assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_submit(cx, b"2")).is_ready());
}

#[test]
fn a_writer_does_not_take_the_readers_error() {
    let destination = Scripted::new().stream(b"abc").on_read([Outcome::Os(IO_ERROR)]);
    let ((mut reader, mut writer), pool) = {
        let pool = Stepped::new();
        (futures_lite::io::split(steps::over(destination, &pool)), pool)
    };
    assert!(read(&mut reader, 3).is_pending());
    assert!(pool.run_one());
    while steps::poll(|cx| Pin::new(&mut writer).poll_write(cx, b"x")).is_pending() {
        pool.run_one();
    }
    assert_eq!(failed(read(&mut reader, 3)).raw_os_error(), Some(IO_ERROR));
}

#[test]
fn a_relative_seek_is_made_once_though_a_flush_comes_between() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(&[0; 50]));
    let seek = |file: &mut _, pool: &Stepped| loop {
        match steps::poll(|cx| AsyncSeek::poll_seek(Pin::new(&mut *file), cx, SeekFrom::Current(10))) {
            Poll::Ready(position) => return position.unwrap(),
            Poll::Pending => assert!(pool.run_one()),
        }
    };
    let first = steps::poll(|cx| Pin::new(&mut file).poll_seek(cx, SeekFrom::Current(10)));
    assert!(first.is_pending());
    assert!(pool.run_one());
    ready(steps::poll(|cx| Pin::new(&mut file).poll_flush(cx))).unwrap();
    assert_eq!(seek(&mut file, &pool), 10);
    assert_eq!(observer.seeks().len(), 1);
}

/// Bytes that were fetched, and that the destination cannot take back, are not lost with the writer.
#[test]
fn into_inner_says_that_there_are_bytes_to_read() {
    let (mut socket, pool, _) = offload(Scripted::new().stream(b"precious"));
    assert!(read(&mut socket, 8).is_pending());
    assert!(pool.run_one());
    let error = drive(&pool, socket.into_inner()).unwrap_err();
    assert_eq!(error.error().kind(), io::ErrorKind::ResourceBusy);
    let mut socket = error.into_inner();
    assert_eq!(ready(read(&mut socket, 8)).unwrap(), b"precious");
    assert!(drive(&pool, socket.into_inner()).is_ok());
}

/// A pipe that is a `File` has no cursor to move.
#[cfg(unix)]
#[test]
fn a_file_without_a_cursor_is_written_to_after_an_abandoned_read() {
    use std::{fs::File, os::fd::OwnedFd, os::unix::net::UnixStream};

    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(b"abc").unwrap();
    let pool = Stepped::new();
    let mut file = steps::over(File::from(OwnedFd::from(ours)), &pool);
    assert!(read(&mut file, 3).is_pending());
    assert!(pool.run_one());
    assert_eq!(drive(&pool, file.write_complete(b"xyz")).unwrap(), 3);
    assert_eq!(ready(read(&mut file, 3)).unwrap(), b"abc");
}

/// Panics when its cursor is to be moved back.
struct Stuck;

impl Write for Stuck {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Read for Stuck {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(1)
    }
}

impl WriteComplete for Stuck {
    fn seek_back(&mut self, _: u64) -> io::Result<bool> {
        panic!("stuck")
    }
}

/// Rule P2: the write that needed it gets the `Indeterminate`; later ones and reads err.
#[test]
fn a_panic_in_seek_back_is_the_writes_own() {
    let pool = Stepped::new();
    let mut writer = steps::over(Stuck, &pool);
    assert!(read(&mut writer, 1).is_pending());
    assert!(pool.run_one());
    let error = drive(&pool, writer.write_complete(b"x")).unwrap_err();
    assert!(Indeterminate::find(&error).is_some(), "{error:?}");
    failed(submit(&mut writer, b"x"));
    failed(read(&mut writer, 1));
}

/// A wrapper that waits for nothing keeps no waker: the task may own the wrapper.
#[test]
fn an_idle_wrapper_lets_go_of_the_task() {
    let task = Task::new();
    let mut writer = Inline::new(Vec::new());
    assert!(task.poll_future(&mut writer.write_complete(b"abc")).is_ready());
    assert_eq!(task.held(), 0);
}

/// An end that nobody was told of is none any more after a write that brought bytes.
#[test]
fn a_write_after_an_abandoned_end_is_read() {
    let pool = Stepped::new();
    let mut queue = steps::over(VecDeque::new(), &pool);
    assert!(read(&mut queue, 3).is_pending());
    assert!(pool.run_one());
    assert_eq!(steps::write_now(&mut queue, &pool, b"abc").unwrap(), 3);
    assert!(read(&mut queue, 3).is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(read(&mut queue, 3)).unwrap(), b"abc");
}

/// Rule P2: an abandoned end is no answer of a writer that is poisoned.
#[test]
fn a_poisoned_writer_has_no_end_to_tell() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Panic]).stream(b""));
    let ticket = steps::in_flight(&mut writer, b"abc");
    assert!(read(&mut writer, 3).is_pending());
    assert!(pool.run_one());
    failed(steps::ask(&mut writer, ticket));
    failed(read(&mut writer, 3));
    failed(read(&mut writer, 3));
}

/// What a part was answered of, by a shorter buffer, is no secret of the faces: a seek tells that the rest is not
/// there.
#[test]
fn a_seek_tells_of_a_short_count_of_which_a_part_was_answered() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(6)]));
    let write = |writer: &mut _, buf: &[u8]| steps::poll(|cx| AsyncWrite::poll_write(Pin::new(&mut *writer), cx, buf));
    let seek = |writer: &mut _| steps::poll(|cx| AsyncSeek::poll_seek(Pin::new(&mut *writer), cx, SeekFrom::Start(0)));
    assert!(write(&mut writer, b"0123456789").is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(write(&mut writer, b"012")).unwrap(), 3);
    steps::prior(seek(&mut writer), 10, Some(6));
    assert_eq!((observer.seeks(), pool.len()), (vec![], 0), "it is not executed");
    assert!(seek(&mut writer).is_pending(), "once");
}

/// Rule P4: two wrappers in turn are one task, and it gives the executor its turn.
#[test]
fn two_wrappers_in_one_task_give_the_executor_a_turn() {
    let flag = Cell::new(false);
    let writes = async {
        let (mut one, mut other) = (Inline::new(io::sink()), Inline::new(io::sink()));
        while !flag.get() {
            one.write_complete(b"x").await.unwrap();
            other.write_complete(b"x").await.unwrap();
        }
    };
    block_on(future::zip(writes, async {
        future::yield_now().await;
        flag.set(true);
    }));
}
