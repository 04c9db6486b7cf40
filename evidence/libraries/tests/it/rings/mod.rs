//! Files of io_uring runtimes, certified; and what only a test of their own shows.
//!
//! Such a writer stays on the thread of its runtime, which goes on when the kit steps, and only then.

use std::{
    fs,
    io::{Read, Write},
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Submitted, adapter::FromOwned, contract::Rule};
use async_write_complete_conformance::{Carrier, Certify, Specimen};
use futures_lite::future::poll_once;
use tempfile::TempDir;

mod entered;
mod runtimes;

use self::{
    entered::{Entered, RingObserver, Runtime, block_on},
    runtimes::{Compio, Monoio, TokioUring},
};

/// Whether io_uring can be used; says so if not.
fn is_available(test: &str) -> bool {
    static TROUBLE: OnceLock<Option<String>> = OnceLock::new();
    let trouble = TROUBLE.get_or_init(|| {
        let made = ::tokio_uring::Runtime::new(&::tokio_uring::builder());
        made.err().map(|error| error.to_string())
    });
    if let Some(error) = trouble {
        // Not by `println!`, which a test that passes does not show.
        let _ = writeln!(std::io::stderr(), "NOT CHECKED: {test}: no io_uring here: {error}");
    }
    trouble.is_none()
}

/// Makes the tests of one runtime.
macro_rules! of_each_runtime {
    ($($runtime:ident $module:ident)*) => { $(
        mod $module {
            use super::*;

            #[test]
            fn a_file_conforms() {
                certified::<$runtime>();
            }

            #[test]
            fn a_full_device_answers_its_error() {
                fails::<$runtime>();
            }

            #[test]
            fn a_question_that_is_dropped_leaves_the_write_alone() {
                keeps_a_dropped_write::<$runtime>();
            }

            #[test]
            fn what_becomes_of_a_write_whose_writer_is_dropped() {
                drops_a_writer::<$runtime>();
            }
        }
    )* };
}

of_each_runtime! { Compio compio Monoio monoio TokioUring tokio_uring }

fn certified<R: Runtime>() {
    if !is_available(R::NAME) {
        return;
    }
    let certify = Certify::new(|| {
        let seen = SeenFile::create();
        let (entered, observer) = Entered::<R>::new(R::open(&seen.path()), seen);
        Specimen::new(FromOwned::over(entered), observer)
    });
    let certify = certify.carried(Carrier::Polls).closes();
    let certify = certify.exempt(&[Rule::W6, Rule::P3], "a file cannot be made to fail at will");
    crate::conforms(&certify);
}

/// Each error is the kernel's own, and the next write is made where the failed one was.
fn fails<R: Runtime>() {
    if !is_available(R::NAME) {
        return;
    }
    let (mut writer, _) = writer::<R>(R::open(Path::new("/dev/full")));
    block_on::<R, _>(async {
        for _ in 0..2 {
            let error = writer.write_complete(b"no room").await.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(28));
            assert_eq!(writer.position(), 0);
        }
        writer.close_complete().await.unwrap();
    });
}

/// A pipe without room, from which nobody reads yet.
struct FullPipe {
    reader: std::io::PipeReader,
    filling: usize,
}

impl FullPipe {
    fn new() -> (OwnedFd, Self) {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let room = rustix::pipe::fcntl_getpipe_size(writer.as_fd()).unwrap();
        writer.write_all(&vec![b'.'; room]).unwrap();
        (writer.into(), Self { reader, filling: room })
    }

    fn make_room(&mut self) {
        self.reader.read_exact(&mut vec![0; self.filling]).unwrap();
    }

    /// What came after the filling, up to the end.
    fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.reader.read_to_end(&mut rest).unwrap();
        rest
    }
}

fn keeps_a_dropped_write<R: Runtime>() {
    if !is_available(R::NAME) {
        return;
    }
    let (descriptor, mut pipe) = FullPipe::new();
    let (mut writer, _) = writer::<R>(R::adopt(descriptor));
    block_on::<R, _>(async {
        assert!(poll_once(writer.write_complete(b"hello")).await.is_none());
        assert!(writer.outstanding().is_some());
    });
    (0..3).for_each(|_| R::drive());
    pipe.make_room();
    block_on::<R, _>(async {
        let settled = writer.settle().await.unwrap().unwrap();
        assert_eq!((settled.submitted(), settled.completed()), (5, 5));
        writer.close_complete().await.unwrap();
    });
    assert_eq!(pipe.rest(), b"hello");
}

/// What the page of `FromOwned` says of each runtime.
fn drops_a_writer<R: Runtime>() {
    if !is_available(R::NAME) {
        return;
    }
    let (descriptor, mut pipe) = FullPipe::new();
    let (mut writer, _) = writer::<R>(R::adopt(descriptor));
    block_on::<R, _>(async {
        assert!(matches!(writer.submit(b"hello").await, Ok(Submitted::InFlight(_))));
    });
    // The ring has it.
    (0..3).for_each(|_| R::drive());
    drop(writer);
    (0..3).for_each(|_| R::drive());
    pipe.make_room();
    (0..10).for_each(|_| R::drive());
    let expected: &[u8] = if R::CANCELS { b"" } else { b"hello" };
    assert_eq!(pipe.rest(), expected, "{}", R::NAME);
}

/// A writer of this thread, whose polls enter its runtime.
fn writer<R: Runtime>(file: FromOwned<R::File>) -> (FromOwned<Entered<R>>, RingObserver) {
    let (entered, observer) = Entered::<R>::new(file, SeenFile::create());
    (FromOwned::over(entered), observer)
}

/// A file, seen by its path.
struct SeenFile {
    folder: TempDir,
}

impl SeenFile {
    fn create() -> Self {
        let seen = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(seen.path(), b"").unwrap();
        seen
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn is_released(&self) -> Option<bool> {
        let path = self.path().canonicalize().ok()?;
        let mut descriptors = fs::read_dir("/proc/self/fd").ok()?.flatten();
        Some(!descriptors.any(|entry| fs::read_link(entry.path()).is_ok_and(|leads_to| leads_to == path)))
    }
}
