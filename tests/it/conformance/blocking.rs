//! Blocking writers: std's, and this crate's own, on the caller's thread.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufWriter, Cursor, Sink},
    sync::Arc,
};

use async_write_complete::{
    AssertComplete, FlushEach, Inline, certify,
    conformance::{Certify, Destination},
};

use super::observers::{Borrowed, SeenFile, tcp_streams, unix_streams};
#[cfg(all(std_pipe, target_os = "linux"))]
use super::observers::{Peer, reading_end};

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

certify! { file: Certify::blocking(SeenFile::create) }
certify! { arc_of_a_file: Certify::blocking(|| {
    let (file, seen) = SeenFile::create();
    (Arc::new(file), seen)
}) }
certify! { borrowed_file: Certify::blocking(|| {
    let (file, seen) = SeenFile::create();
    let file: &'static File = Box::leak(Box::new(file));
    (file, Borrowed(seen))
}) }

/// What a stream takes that nobody reads, with room to spare.
const BUFFER: usize = 32 << 10;

certify! { unix_stream: Certify::blocking(unix_streams).room(BUFFER) }
certify! { tcp_stream: Certify::blocking(tcp_streams).room(BUFFER).unseen() }
#[cfg(all(std_pipe, target_os = "linux"))]
certify! { pipe_writer: Certify::blocking(pipe).room(BUFFER) }

certify! { vec: Certify::blocking(|| (Vec::new(), Vec::new)).unseen() }
certify! { deque: Certify::blocking(|| (VecDeque::new(), Vec::new)).unseen() }
certify! { cursor: Certify::blocking(|| (Cursor::new(Vec::new()), Vec::new)).unseen() }
certify! { sink: Certify::blocking(|| -> (Sink, fn() -> Vec<u8>) { (std::io::sink(), Vec::new) }).unseen() }
certify! { slice: Certify::blocking(|| (&mut vec![0; 8 << 20].leak()[..], Vec::new)).unseen() }

#[cfg(all(std_pipe, target_os = "linux"))]
#[expect(clippy::incompatible_msrv, reason = "the build script has seen that std has it")]
fn pipe() -> (std::io::PipeWriter, Peer<File>) {
    use std::os::fd::AsRawFd;

    let (reader, writer) = std::io::pipe().unwrap();
    (writer, reading_end(&format!("/proc/self/fd/{}", reader.as_raw_fd())))
}
