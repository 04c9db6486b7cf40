//! A limit on the length of files: the write that crosses it is short, the next one fails with EFBIG.

use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

/// The limit, for the whole process; lifted when dropped.
#[derive(Debug)]
pub(crate) struct FileLimit {
    before: Rlimit,
}

impl FileLimit {
    /// No file of this process may grow beyond `bytes`.
    pub(crate) fn set(bytes: u64) -> anyhow::Result<Self> {
        let before = getrlimit(Resource::Fsize);
        // The hard limit stays, or it could not be lifted again.
        setrlimit(Resource::Fsize, Rlimit { current: Some(bytes), maximum: before.maximum })
            .context("RLIMIT_FSIZE cannot be set")?;
        Ok(FileLimit { before })
    }

    /// Makes an error of a crossed limit, which would otherwise end the process with SIGXFSZ.
    pub(crate) fn survive_signal() -> io::Result<()> {
        // Whoever handles the signal lives; the flag is of no interest.
        signal_hook::flag::register(Signal::XFSZ.as_raw(), Arc::new(AtomicBool::new(false)))?;
        Ok(())
    }
}

impl Drop for FileLimit {
    fn drop(&mut self) {
        // It fails only for a limit above the hard one, and this is the one we had.
        let _ = setrlimit(Resource::Fsize, self.before);
    }
}
