//! Real files as a destination: what others see of them, and how they are made to fail.

use std::{
    cell::RefCell,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_write_complete_conformance::{Call, Effect, Fault, Observer};
use rustix::process::Signal;

use super::hold::Hold;
use crate::audit::FileLimit;

/// `EFBIG`, which a file that may not grow answers.
pub(super) const TOO_LARGE: i32 = 27;

/// Makes new files, each by a name of its own.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    made: AtomicUsize,
    /// Set by the kernel's signal when a write fails at the limit.
    crossed: Arc<AtomicBool>,
}

impl Files {
    /// In `folder`. From then on a write beyond a limit is an error, and does not end the process.
    pub(super) fn within(folder: &Path) -> io::Result<Self> {
        let crossed = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(Signal::XFSZ.as_raw(), crossed.clone())?;
        Ok(Self { folder: folder.to_owned(), made: AtomicUsize::new(0), crossed })
    }

    /// A new file, and its observer, which holds `hold`.
    ///
    /// # Panics
    ///
    /// If there can be none; the kit takes that for a builder that failed.
    pub(super) fn fresh(&self, hold: Option<Hold>) -> (File, FileObserver) {
        let path = self.folder.join(self.made.fetch_add(1, Ordering::Relaxed).to_string());
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        let file = file.unwrap_or_else(|error| panic!("no file {}: {error}", path.display()));
        (file, FileObserver { path, hold, limit: RefCell::default(), crossed: self.crossed.clone() })
    }
}

/// Sees a file by its path.
#[derive(Debug)]
pub(super) struct FileObserver {
    path: PathBuf,
    hold: Option<Hold>,
    /// The limit, and whether it lasts.
    limit: RefCell<Option<(FileLimit, bool)>>,
    crossed: Arc<AtomicBool>,
}

impl FileObserver {
    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lifts a limit that was for one failure, once that has happened. The kit looks at a destination after each of
    /// its steps, so it is lifted before the next one.
    fn heal(&self) {
        let mut limit = self.limit.borrow_mut();
        if self.crossed.load(Ordering::Relaxed) && limit.as_ref().is_some_and(|(_, lasting)| !lasting) {
            *limit = None;
        }
    }

    fn is_open(&self) -> io::Result<bool> {
        for entry in fs::read_dir("/proc/self/fd")? {
            // The descriptor of this very listing is gone when it is looked at.
            let target = entry.and_then(|entry| fs::read_link(entry.path()));
            if target.is_ok_and(|target| target == self.path) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Observer for FileObserver {
    fn bytes(&self) -> Vec<u8> {
        self.heal();
        fs::read(&self.path).unwrap_or_default()
    }

    fn is_released(&self) -> Option<bool> {
        self.is_open().ok().map(|open| !open)
    }

    /// The next write that would make the file longer than it is now fails; of calls that go before it nothing is
    /// known here, so they cannot be counted.
    fn inject(&self, fault: &Fault) -> bool {
        let Fault { call: Call::Write, after: 0, effect: Effect::Error(TOO_LARGE), lasting, .. } = *fault else {
            return false;
        };
        let Ok(metadata) = fs::metadata(&self.path) else { return false };
        self.crossed.store(false, Ordering::Relaxed);
        let Ok(limit) = FileLimit::set(metadata.len()) else { return false };
        *self.limit.borrow_mut() = Some((limit, lasting));
        true
    }

    fn hold(&self) -> bool {
        self.hold.as_ref().is_some_and(Hold::hold)
    }

    fn resume(&self) {
        if let Some(hold) = &self.hold {
            hold.resume();
        }
    }
}
