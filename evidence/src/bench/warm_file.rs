//! The file that everybody works on: of one length, written once before, and in the page cache.
//!
//! A write to it overwrites, so that no subject pays for blocks that a file system has to find, and none finds a file
//! that is longer or colder than another's.

use std::{
    fs::File,
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use super::handle::{Payload, payload};

/// The length of a file for small operations, and for large ones.
const SMALL_FILE: usize = 8 << 20;
const LARGE_FILE: usize = 64 << 20;

/// Files are prepared in pieces of about so many bytes, which is what costs least.
const PIECE: usize = 1 << 20;

/// Bytes that all files of many writers have together.
const ALL_FILES: usize = 512 << 20;

/// A file, and the operations that it is made for.
#[derive(Clone, Debug)]
pub(super) struct WarmFile {
    pub(super) path: PathBuf,
    /// What each write writes; a read reads as much.
    pub(super) payload: Payload,
    /// How many operations there are from the beginning to the end of the file.
    pub(super) operations: usize,
    /// A pipe: it has no beginning to go back to, and what was written is with whoever reads.
    pub(super) is_pipe: bool,
}

impl WarmFile {
    /// Writes a file for operations of `size` bytes, and has the disk take it, so that no turn has to pay for that.
    pub(super) fn make(path: &Path, size: usize, writers: usize) -> io::Result<Self> {
        let length = if size < 1 << 20 { SMALL_FILE } else { LARGE_FILE };
        let operations = (length.min(ALL_FILES / writers) / size).max(1);
        let payload = payload(size);
        let mut file = File::create(path)?;
        let pieces = payload.repeat(PIECE.div_ceil(size).min(operations));
        let mut left = operations * size;
        while left > 0 {
            let piece = left.min(pieces.len());
            file.write_all(&pieces[..piece])?;
            left -= piece;
        }
        file.sync_data()?;
        Ok(WarmFile { path: path.to_owned(), payload, operations, is_pipe: false })
    }

    /// The pipe at `path`.
    pub(super) fn pipe(path: &Path, size: usize) -> Self {
        WarmFile { path: path.to_owned(), payload: payload(size), operations: usize::MAX, is_pipe: true }
    }

    /// Another file of the same length and with the same bytes.
    pub(super) fn copy(&self, path: &Path) -> io::Result<Self> {
        std::fs::copy(&self.path, path)?;
        Ok(WarmFile { path: path.to_owned(), ..self.clone() })
    }

    /// Clears the place of the first operation.
    pub(super) fn clear_first(&self) -> io::Result<()> {
        self.open()?.write_all_at(&vec![0; self.payload.len()], 0)
    }

    /// How many bytes of the first operation are not there.
    pub(super) fn missing_of_first(&self) -> io::Result<usize> {
        let mut found = vec![0; self.payload.len()];
        self.open()?.read_exact_at(&mut found, 0)?;
        Ok(found.iter().zip(self.payload).filter(|(found, written)| found != written).count())
    }

    fn open(&self) -> io::Result<File> {
        File::options().read(true).write(true).open(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_room_for_whole_operations_and_its_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        for (size, writers, operations) in [(100, 1, 83_886), (4096, 4096, 32), (8 << 20, 1, 8)] {
            let file = WarmFile::make(&folder.path().join("file"), size, writers).expect("a file");
            assert_eq!(file.operations, operations);
            let length = std::fs::metadata(&file.path).expect("a file").len();
            assert_eq!(length, (operations * size) as u64);
            assert_eq!(file.missing_of_first().expect("bytes"), 0);
        }
    }

    #[test]
    fn what_was_cleared_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = WarmFile::make(&folder.path().join("file"), 100, 1).expect("a file");
        file.clear_first().expect("a write");
        assert_eq!(file.missing_of_first().expect("bytes"), 100);
    }
}
