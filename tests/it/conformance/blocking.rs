//! Blocking writers: std's, and this crate's own, on the caller's thread.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufWriter, Cursor},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_write_complete::{AssertComplete, AsyncWriteCompleteBytes, FlushEach, Inline, Submitted, WriteComplete};
use async_write_complete_conformance::{Certify, Destination, Observer, certify};
use bytes::Bytes;

#[cfg(target_os = "linux")]
use super::observers::{Peer, reading_end};
use super::{
    NO_FAULTS, NO_FAULTS_BECAUSE,
    observers::{Borrowed, SeenFile, tcp_streams, unix_streams},
};

certify! { the_kits_own: Certify::over(Inline::new).closes() }
certify! { boxed: Certify::over(|destination| Inline::new(Box::new(destination))).closes() }
certify! { borrowed: Certify::blocking(|| {
    let (destination, observer) = Destination::new();
    (Box::leak(Box::new(destination)), Borrowed(observer))
}) }
certify! { assert_complete: Certify::over(|destination| Inline::new(AssertComplete::new(destination))).closes() }
certify! { flush_each: Certify::over(|destination| Inline::new(FlushEach::new(destination))).closes() }
certify! { flush_each_of_a_buffer: Certify::over(|destination| {
    Inline::new(FlushEach::new(BufWriter::with_capacity(64, destination)))
}).indirect().closes() }

/// Of the operating system, and so without faults.
fn of_the_system<T: WriteComplete + Unpin + 'static, O: Observer + 'static>(
    build: impl Fn() -> (T, O) + Send + Sync + 'static,
) -> Certify<Inline<T>> {
    Certify::blocking(build).exempt(NO_FAULTS, NO_FAULTS_BECAUSE)
}

certify! { file: of_the_system(SeenFile::create) }
certify! { arc_of_a_file: of_the_system(|| {
    let (file, seen) = SeenFile::create();
    (Arc::new(file), seen)
}) }
certify! { borrowed_file: of_the_system(|| {
    let (file, seen) = SeenFile::create();
    let file: &'static File = Box::leak(Box::new(file));
    (file, Borrowed(seen))
}) }

/// What a stream takes that nobody reads, with room to spare.
const BUFFER: usize = 32 << 10;

certify! { unix_stream: of_the_system(unix_streams).room(BUFFER) }
certify! { tcp_stream: of_the_system(tcp_streams).room(BUFFER).unseen().submits_bytes(poll_bytes) }
#[cfg(target_os = "linux")]
certify! { pipe_writer: of_the_system(pipe).room(BUFFER) }

/// Memory, of which nothing is seen from outside.
fn of_memory<T: WriteComplete + Unpin + 'static>(build: fn() -> T) -> Certify<Inline<T>> {
    let certify = Certify::blocking(move || (build(), Vec::new)).unseen().submits_bytes(poll_bytes);
    certify.exempt(NO_FAULTS, "memory does not fail")
}

certify! { vec: of_memory(Vec::new) }
certify! { deque: of_memory(VecDeque::new) }
certify! { cursor: of_memory(|| Cursor::new(Vec::new())) }
certify! { sink: of_memory(io::sink) }
certify! { slice: of_memory(|| &mut vec![0; 8 << 20].leak()[..]) }

fn poll_bytes<W: AsyncWriteCompleteBytes>(
    writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    bytes: &Bytes,
) -> Poll<io::Result<Submitted>> {
    writer.poll_write_submit_bytes(cx, bytes)
}

#[cfg(target_os = "linux")]
fn pipe() -> (io::PipeWriter, Peer<File>) {
    use std::os::fd::AsRawFd;

    let (reader, writer) = io::pipe().unwrap();
    (writer, reading_end(&format!("/proc/self/fd/{}", reader.as_raw_fd())))
}
