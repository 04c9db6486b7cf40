//! [`Faulty`]: a file whose calls go wrong now and then; [`Faults`]: how often they did.

use std::{
    cell::RefCell,
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use async_write_complete::{SyncComplete, WriteComplete};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Write,
    Read,
    Seek,
    Sync,
    Close,
    /// Half of the bytes are taken.
    Short,
    Interrupted,
    /// Half of the bytes are taken, and nobody hears of it.
    Panic,
    /// No fault of the file: a sync was made after one had failed.
    LateSync,
}

impl Fault {
    /// The error of each call is another one, so that none is taken for that of another call: ENOSPC, ESTALE,
    /// EOVERFLOW, EIO and EDQUOT of Linux.
    pub(super) const fn code(self) -> Option<i32> {
        Some(match self {
            Self::Write => 28,
            Self::Read => 116,
            Self::Seek => 75,
            Self::Sync => 5,
            Self::Close => 122,
            Self::Short | Self::Interrupted | Self::Panic | Self::LateSync => return None,
        })
    }
}

/// How often each fault of one file was made.
#[derive(Debug, Default)]
pub(super) struct Faults([AtomicU64; Fault::LateSync as usize + 1]);

impl Faults {
    pub(super) fn made(&self, fault: Fault) -> u64 {
        self.0[fault as usize].load(SeqCst)
    }

    fn make(&self, fault: Fault) {
        self.0[fault as usize].fetch_add(1, SeqCst);
    }

    fn error(&self, fault: Fault) -> io::Error {
        self.make(fault);
        fault.code().map_or(io::ErrorKind::Interrupted.into(), io::Error::from_raw_os_error)
    }
}

/// A file, and what decides which of its calls go wrong.
#[derive(Debug)]
pub(super) struct Faulty {
    file: File,
    random: RefCell<fastrand::Rng>,
    faults: Arc<Faults>,
}

impl Faulty {
    pub(super) fn new(file: File, seed: u64, faults: Arc<Faults>) -> Self {
        Self { file, random: RefCell::new(fastrand::Rng::with_seed(seed)), faults }
    }

    fn percent(&self) -> u8 {
        self.random.borrow_mut().u8(0..100)
    }

    fn sync(&self) -> io::Result<()> {
        if self.faults.made(Fault::Sync) > 0 {
            self.faults.make(Fault::LateSync);
        }
        match self.percent() {
            0..10 => Err(self.faults.error(Fault::Sync)),
            // What it is about is what is answered; a disk makes few of them in a second.
            10 => self.file.sync_data(),
            _ => Ok(()),
        }
    }
}

impl Write for Faulty {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let half = &buf[..buf.len().div_ceil(2)];
        match self.percent() {
            0..10 => Err(self.faults.error(Fault::Interrupted)),
            10..16 => Err(self.faults.error(Fault::Write)),
            16..30 if half.len() < buf.len() => {
                self.faults.make(Fault::Short);
                self.file.write(half)
            }
            30 => {
                self.faults.make(Fault::Panic);
                self.file.write_all(half)?;
                // It prints nothing, unlike one that begins here.
                std::panic::resume_unwind(Box::new("a destination that panics"))
            }
            _ => self.file.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Faulty {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.percent() {
            0..5 => Err(self.faults.error(Fault::Interrupted)),
            5..15 => Err(self.faults.error(Fault::Read)),
            15..30 => self.file.read(&mut buf[..1]),
            _ => self.file.read(buf),
        }
    }
}

impl Seek for Faulty {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if self.percent() < 10 { Err(self.faults.error(Fault::Seek)) } else { self.file.seek(to) }
    }
}

impl WriteComplete for Faulty {
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        self.file.seek_back(n)
    }

    fn release(self) -> io::Result<()> {
        if self.percent() < 25 { Err(self.faults.error(Fault::Close)) } else { self.file.release() }
    }
}

impl SyncComplete for Faulty {
    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }
}
