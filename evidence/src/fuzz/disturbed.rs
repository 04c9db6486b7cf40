//! [`Disturbed`]: a real file whose calls go wrong when they are told to.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    sync::{Arc, Mutex},
};

use async_write_complete::{SyncComplete, WriteComplete};
use async_write_complete_conformance::{Destination, DestinationObserver, Fault, Observer};
use tempfile::TempPath;

/// A file, and a destination of the kit that has every write first: it knows the faults, and what each of them comes
/// to.
pub(super) struct Disturbed {
    /// It is closed before the other one says that it is released.
    file: File,
    script: Destination,
    durable: Durable,
}

/// The bytes that the file had when its last successful sync began.
type Durable = Arc<Mutex<Vec<u8>>>;

/// Sees the file by its path.
pub(super) struct DisturbedObserver {
    path: TempPath,
    script: DestinationObserver,
    durable: Durable,
}

impl Disturbed {
    /// An empty one.
    pub(super) fn new() -> (Self, DisturbedObserver) {
        let (file, path) = new_file();
        let (script, observer) = Destination::new();
        let durable = Durable::default();
        (Self { file, script, durable: durable.clone() }, DisturbedObserver { path, script: observer, durable })
    }

    /// No disk is waited for: what is in the file when its sync succeeds counts as durable from then on.
    fn sync(&self) -> io::Result<()> {
        self.script.sync_data()?;
        let mut bytes = vec![0; self.file.metadata()?.len() as usize];
        self.file.read_exact_at(&mut bytes, 0)?;
        *self.durable.lock().expect("nothing panics under it") = bytes;
        Ok(())
    }
}

/// An empty file. Its name goes with the answer.
pub(super) fn new_file() -> (File, TempPath) {
    let path = tempfile::Builder::new().prefix("fuzz-").tempfile().expect("a file").into_temp_path();
    (File::options().read(true).write(true).open(&path).expect("the file"), path)
}

impl Write for Disturbed {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let said = self.script.write(buf);
        let moved = match &said {
            Ok(n) => buf.len().min(*n),
            Err(error) if self.script.may_have_written(error) => buf.len(),
            Err(_) => 0,
        };
        if moved > 0 {
            assert_eq!(self.file.write(&buf[..moved])?, moved, "a small write to a file is whole");
        }
        said
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Disturbed {
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        self.file.seek_back(n)
    }

    fn may_have_written(&self, error: &io::Error) -> bool {
        self.script.may_have_written(error)
    }

    fn release(self) -> io::Result<()> {
        self.file.release()?;
        self.script.release()
    }
}

impl SyncComplete for Disturbed {
    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }
}

impl Read for Disturbed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // It has a script for reads, and other bytes.
        self.script.read(&mut [])?;
        self.file.read(buf)
    }
}

impl Seek for Disturbed {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        // It has a script for seeks, and a cursor of its own, for which nobody asks.
        self.script.seek(SeekFrom::Start(0))?;
        self.file.seek(position)
    }
}

impl Observer for DisturbedObserver {
    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).expect("the file can be read")
    }

    fn calls(&self) -> Option<Vec<usize>> {
        self.script.calls()
    }

    fn attempts(&self) -> Option<usize> {
        self.script.attempts()
    }

    fn is_released(&self) -> Option<bool> {
        self.script.is_released()
    }

    fn durable(&self) -> Option<Vec<u8>> {
        Some(self.durable.lock().expect("nothing panics under it").clone())
    }

    fn inject(&self, fault: &Fault) -> bool {
        self.script.inject(fault)
    }

    fn hold(&self) -> bool {
        self.script.hold()
    }

    fn resume(&self) {
        self.script.resume();
    }
}
