//! Destinations of the operating system, seen without the writer.

use std::{
    fs::{self, File},
    io::{self, Read},
    net::{TcpListener, TcpStream},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    sync::Mutex,
};

use async_write_complete_conformance::{Fault, Observer};
use tempfile::TempDir;

/// A file, seen by its path.
pub(crate) struct SeenFile {
    folder: TempDir,
}

impl SeenFile {
    /// A new one, open for reading and writing.
    pub(crate) fn create() -> (File, Self) {
        let seen = Self { folder: tempfile::tempdir().unwrap() };
        let file = File::options().read(true).write(true).create(true).truncate(true).open(seen.path()).unwrap();
        (file, seen)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }
}

impl Observer for SeenFile {
    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn is_released(&self) -> Option<bool> {
        is_closed(&self.path().canonicalize().ok()?)
    }
}

/// The other end of a stream, from which everything is taken that comes.
pub(crate) struct Peer<R> {
    stream: Mutex<(R, Vec<u8>)>,
    /// What the descriptor of our end leads to, where only that end leads there. The end of the stream would not do: a
    /// process that another test starts has every descriptor for a moment.
    ours: Option<PathBuf>,
}

impl<R: Read> Peer<R> {
    /// `stream` does not block.
    pub(crate) fn new(stream: R) -> Self {
        Self { stream: Mutex::new((stream, Vec::new())), ours: None }
    }
}

impl<R: Read> Observer for Peer<R> {
    fn bytes(&self) -> Vec<u8> {
        let (stream, bytes) = &mut *self.stream.lock().unwrap();
        match stream.read_to_end(bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("the peer cannot read: {error}"),
        }
        bytes.clone()
    }

    fn is_released(&self) -> Option<bool> {
        self.ours.as_deref().and_then(is_closed)
    }
}

/// Whether no descriptor of this process leads to `target`.
fn is_closed(target: &Path) -> Option<bool> {
    let mut descriptors = fs::read_dir("/proc/self/fd").ok()?.flatten();
    // One that is closed in between leads nowhere.
    Some(!descriptors.any(|entry| fs::read_link(entry.path()).is_ok_and(|leads_to| leads_to == target)))
}

/// Two ends of a stream; the second one is seen.
pub(crate) fn unix_streams() -> (UnixStream, Peer<UnixStream>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let link = fs::read_link(format!("/proc/self/fd/{}", ours.as_raw_fd())).ok();
    (ours, Peer { ours: link, ..Peer::new(theirs) })
}

/// The same over the loopback interface. What it has taken may come to its peer later, if ever.
pub(crate) fn tcp_streams() -> (TcpStream, Peer<TcpStream>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    theirs.set_nonblocking(true).unwrap();
    (ours, Peer::new(theirs))
}

/// Another handle on the reading end of a pipe, that does not block.
#[cfg(target_os = "linux")]
pub(crate) fn reading_end(descriptor: &str) -> Peer<File> {
    use std::os::unix::fs::OpenOptionsExt;

    const O_NONBLOCK: i32 = 0o4000;
    Peer::new(File::options().read(true).custom_flags(O_NONBLOCK).open(descriptor).unwrap())
}

/// A destination that somebody else owns: a writer that is dropped does not release it.
pub(crate) struct Borrowed<O>(pub(crate) O);

#[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
impl<O: Observer> Observer for Borrowed<O> {
    fn bytes(&self) -> Vec<u8> {
        self.0.bytes()
    }

    fn calls(&self) -> Option<Vec<usize>> {
        self.0.calls()
    }

    fn attempts(&self) -> Option<usize> {
        self.0.attempts()
    }

    /// It never is.
    fn is_released(&self) -> Option<bool> {
        None
    }

    fn durable(&self) -> Option<Vec<u8>> {
        self.0.durable()
    }

    fn inject(&self, fault: &Fault) -> bool {
        self.0.inject(fault)
    }

    fn hold(&self) -> bool {
        self.0.hold()
    }

    fn resume(&self) {
        self.0.resume();
    }

    fn step(&self) -> bool {
        self.0.step()
    }

    fn refuse_job(&self) -> bool {
        self.0.refuse_job()
    }
}
