//! Real files. As all of the tests' they are where temporary files are: `ci/filesystems.sh` has `TMPDIR` name one file
//! system after the other.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

/// A path for one file, which holds `bytes`; and its directory, which goes with it.
pub fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, bytes).unwrap();
    (directory, path)
}
