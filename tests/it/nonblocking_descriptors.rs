//! A descriptor that somebody else made non-blocking: who shares a pipe or a terminal with a child (node, ssh) shares
//! its flags. The writer waits on the pool until it takes bytes again, and all of them arrive.

use std::{
    fs::File,
    io::{self, IoSlice, PipeReader, PipeWriter, Read, Write},
    net::{TcpListener, TcpStream},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use async_write_complete::{
    AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite, Offload, WriteComplete, adapter::ToTokio,
};
use futures_lite::future::{block_on, poll_once};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::common::{destination::Gate, pool::Threads};

const EPIPE: i32 = 32;

fn set_nonblocking(descriptor: impl AsFd, nonblocking: bool) {
    let mut flags = fcntl_getfl(&descriptor).unwrap();
    flags.set(OFlags::NONBLOCK, nonblocking);
    fcntl_setfl(&descriptor, flags).unwrap();
}

fn pattern(len: usize) -> Vec<u8> {
    let period: Vec<u8> = (0..251).collect();
    let mut bytes = period.repeat(len / period.len() + 1);
    bytes.truncate(len);
    bytes
}

/// Waits until `reader` has as many bytes before it as it takes.
fn wait_until_full(reader: &PipeReader) {
    let size = rustix::pipe::fcntl_getpipe_size(reader).unwrap() as u64;
    while rustix::io::ioctl_fionread(reader).unwrap() < size {
        thread::yield_now();
    }
}

/// Reads to the end in small steps, as soon as the gate is open.
fn slow_reader(mut reader: impl Read + Send + 'static, gate: &Gate) -> thread::JoinHandle<Vec<u8>> {
    let gate = gate.clone();
    thread::spawn(move || {
        gate.pass();
        let (mut received, mut buf) = (Vec::new(), [0; 5000]);
        loop {
            match reader.read(&mut buf).unwrap() {
                0 => return received,
                n => received.extend_from_slice(&buf[..n]),
            }
        }
    })
}

/// A pipe as a `File`, as stdout would be, and another owner of its writing end.
fn shared_pipe() -> (PipeReader, File, OwnedFd) {
    let (reader, writer) = io::pipe().unwrap();
    let other = writer.as_fd().try_clone_to_owned().unwrap();
    (reader, File::from(OwnedFd::from(writer)), other)
}

/// How a mebibyte is written.
type Write1M = fn(&mut Offload<File, Threads>, &[u8]) -> io::Result<()>;

const WAYS: [Write1M; 6] = [
    |writer, bytes| block_on(writer.write_all_complete(bytes)),
    |writer, bytes| block_on(writer.resume_write_all(&mut HeldWrite::new(bytes))),
    |writer, bytes| {
        let (a, b) = bytes.split_at(bytes.len() / 3);
        block_on(writer.write_all_vectored_complete(&mut [IoSlice::new(a), IoSlice::new(b)]))
    },
    |writer, bytes| block_on(writer.write_all_bytes_complete(bytes.to_vec().into())),
    |writer, bytes| block_on(futures_lite::AsyncWriteExt::write_all(writer, bytes)),
    |writer, bytes| block_on(tokio::io::AsyncWriteExt::write_all(&mut ToTokio::new(writer), bytes)),
];

#[test]
fn all_bytes_arrive_if_it_was_so_before() {
    for way in WAYS {
        let (reader, writer, other) = shared_pipe();
        set_nonblocking(&other, true);
        let (gate, bytes) = (Gate::new(), pattern(1 << 20));
        let mut writer = Offload::with_pool(writer, Threads::new(1));
        let received = slow_reader(reader, &gate);
        gate.open();
        way(&mut writer, &bytes).unwrap();
        drop((writer, other));
        assert!(received.join().unwrap() == bytes);
    }
}

/// The writer is blocked in `write(2)` when the flag comes.
#[test]
fn all_bytes_arrive_if_it_becomes_so_in_the_middle_of_a_write() {
    for way in WAYS {
        let (reader, writer, other) = shared_pipe();
        let (gate, bytes) = (Gate::new(), pattern(1 << 20));
        let mut writer = Offload::with_pool(writer, Threads::new(1));
        thread::scope(|scope| {
            let writing = scope.spawn(|| {
                way(&mut writer, &bytes).unwrap();
                drop(writer);
            });
            wait_until_full(&reader);
            set_nonblocking(&other, true);
            let received = slow_reader(reader, &gate);
            gate.open();
            writing.join().unwrap();
            drop(other);
            assert!(received.join().unwrap() == bytes);
        });
    }
}

/// A write whose future was dropped while it waits for a reader is settled like any other.
#[test]
fn a_dropped_write_that_waits_is_settled() {
    let (reader, writer, other) = shared_pipe();
    let mut writer = Offload::with_pool(writer, Threads::new(1));
    let (gate, bytes) = (Gate::new(), pattern(1 << 20));
    let mut held = HeldWrite::new(&bytes);
    assert!(block_on(poll_once(writer.resume_write_all(&mut held))).is_none());
    wait_until_full(&reader);
    set_nonblocking(&other, true);
    assert!(block_on(poll_once(writer.resume_write_all(&mut held))).is_none(), "the pipe is full");
    let received = slow_reader(reader, &gate);
    gate.open();
    block_on(writer.resume_write_all(&mut held)).unwrap();
    drop((writer, other));
    assert!(received.join().unwrap() == bytes);
}

#[test]
fn a_close_waits_for_what_waits_for_a_reader() {
    let (reader, writer, other) = shared_pipe();
    set_nonblocking(&other, true);
    let mut writer = Offload::with_pool(writer, Threads::new(1));
    let gate = Gate::new();
    // The first one fills the pipe, and comes out short. The second one waits: it is one that a pipe takes whole.
    let bytes = pattern(1 << 20);
    let complete = block_on(writer.write_complete(&bytes)).unwrap();
    let last = &bytes[complete..complete + 1000];
    assert_eq!(block_on(writer.submit(last)).unwrap().len(), last.len());
    let received = slow_reader(reader, &gate);
    assert!(block_on(poll_once(writer.close_complete())).is_none(), "the pipe is full");
    gate.open();
    block_on(writer.close_complete()).unwrap();
    drop(other);
    assert!(received.join().unwrap() == bytes[..complete + 1000]);
}

#[test]
fn a_reader_that_goes_ends_the_wait() {
    let (reader, writer, other) = shared_pipe();
    set_nonblocking(&other, true);
    let mut writer = Offload::with_pool(writer, Threads::new(1));
    block_on(writer.write_complete(&pattern(1 << 20))).unwrap();
    let ticket = block_on(writer.submit(b"more")).unwrap().ticket().unwrap();
    assert!(block_on(poll_once(writer.complete(ticket))).is_none(), "the pipe is full");
    drop(reader);
    for _ in 0..3 {
        let error = block_on(writer.complete(ticket)).unwrap_err();
        assert_eq!((error.kind(), error.raw_os_error()), (io::ErrorKind::BrokenPipe, Some(EPIPE)));
    }
}

/// The other owner cannot make up its mind.
#[test]
fn all_bytes_arrive_though_the_flag_comes_and_goes() {
    let (reader, writer, other) = shared_pipe();
    let (gate, bytes) = (Gate::new(), pattern(4 << 20));
    let mut writer = Offload::with_pool(writer, Threads::new(1));
    let received = slow_reader(reader, &gate);
    gate.open();
    thread::scope(|scope| {
        let writing = scope.spawn(|| block_on(writer.write_all_complete(&bytes)));
        let mut nonblocking = false;
        while !writing.is_finished() {
            nonblocking = !nonblocking;
            set_nonblocking(&other, nonblocking);
        }
        writing.join().unwrap().unwrap();
    });
    drop((writer, other));
    assert!(received.join().unwrap() == bytes);
}

/// Passes calls on to a pipe, and does something before each wait.
struct BeforeWaits<W, F> {
    inner: W,
    before: F,
}

impl<W: Write, F> Write for BeforeWaits<W, F> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: WriteComplete, F: FnMut(&W)> WriteComplete for BeforeWaits<W, F> {
    fn wait_writable(&mut self) -> io::Result<bool> {
        (self.before)(&self.inner);
        self.inner.wait_writable()
    }
}

/// Between the write that would have blocked and the wait, the flag goes: nothing has timed out, and the write is made
/// again.
#[test]
fn a_flag_that_goes_before_the_wait_is_no_timeout() {
    let (reader, writer, other) = shared_pipe();
    set_nonblocking(&other, true);
    let (gate, bytes) = (Gate::new(), pattern(1 << 20));
    let received = slow_reader(reader, &gate);
    let opens = gate.clone();
    let before = move |pipe: &File| {
        set_nonblocking(pipe, false);
        opens.open();
    };
    let mut writer = Offload::with_pool(BeforeWaits { inner: writer, before }, Threads::new(1));
    block_on(writer.write_all_complete(&bytes)).unwrap();
    drop((writer, other));
    assert!(received.join().unwrap() == bytes);
}

/// The wait keeps a thread of the pool, and no core: a write that would block is tried again only after a wait.
#[test]
fn it_waits_once_for_each_write_that_would_have_blocked() {
    let (reader, writer, other) = shared_pipe();
    set_nonblocking(&other, true);
    let (gate, bytes) = (Gate::new(), pattern(1 << 20));
    let received = slow_reader(reader, &gate);
    let waits = Arc::new(AtomicUsize::new(0));
    let (opens, counts) = (gate.clone(), waits.clone());
    let before = move |_: &File| {
        counts.fetch_add(1, SeqCst);
        opens.open();
    };
    let mut writer = Offload::with_pool(BeforeWaits { inner: writer, before }, Threads::new(1));
    block_on(writer.write_all_complete(&bytes)).unwrap();
    drop((writer, other));
    assert!(received.join().unwrap() == bytes);
    // Each of them leaves room for a page at least.
    assert!((1..=(1 << 20) / 4096).contains(&waits.load(SeqCst)), "{waits:?}");
}

#[track_caller]
fn arrives_whole<W: WriteComplete + AsFd + Send + 'static>(writer: W, reader: impl Read + Send + 'static) {
    set_nonblocking(&writer, true);
    let (gate, bytes) = (Gate::new(), pattern(16 << 20));
    let received = slow_reader(reader, &gate);
    let opens = gate.clone();
    let before = move |_: &W| opens.open();
    let mut writer = Offload::with_pool(BeforeWaits { inner: writer, before }, Threads::new(1));
    block_on(writer.write_all_complete(&bytes)).unwrap();
    drop(writer);
    assert!(received.join().unwrap() == bytes);
}

#[test]
fn all_bytes_arrive_by_each_type_that_has_a_descriptor() {
    let (reader, writer) = io::pipe().unwrap();
    arrives_whole::<PipeWriter>(writer, reader);
    let (ours, theirs) = UnixStream::pair().unwrap();
    arrives_whole(ours, theirs);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    arrives_whole(ours, listener.accept().unwrap().0);
    let (reader, writer, _other) = shared_pipe();
    // The last owner is the writer, so that the reader sees the end.
    drop(_other);
    arrives_whole(Arc::new(writer), reader);
}

/// A socket that does not block has no send timeout, whatever it was set to: it waits.
#[test]
fn a_socket_that_does_not_block_does_not_time_out() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_write_timeout(Some(std::time::Duration::from_millis(1))).unwrap();
    arrives_whole(ours, theirs);
}
