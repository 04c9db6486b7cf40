//! A destination that takes what it is given slowly: a pipe whose reader pauses.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rustix::fs::{CWD, FileType, Mode, mknodat};

/// What the reader takes at a time, and how long it pauses then.
const TAKEN: usize = 4 << 10;
const PAUSE: Duration = Duration::from_micros(100);

/// Makes a pipe in `folder` and starts its reader, which stays as long as the process.
pub(super) fn start(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    // Open for both, the pipe neither blocks here nor ends when a writer goes.
    let mut pipe = File::options().read(true).write(true).open(&path)?;
    thread::Builder::new().name("slow reader".to_owned()).spawn(move || {
        let mut buffer = [0; TAKEN];
        // An end cannot come, and an error ends the reader: the writers then wait, and the run says who.
        while pipe.read(&mut buffer).is_ok() {
            thread::sleep(PAUSE);
        }
    })?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn more_than_a_pipe_holds_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = start(folder.path()).expect("a pipe");
        for _ in 0..2 {
            let mut writer = File::options().write(true).open(&path).expect("a writer");
            writer.write_all(&[1; 100 << 10]).expect("a reader");
        }
    }
}
