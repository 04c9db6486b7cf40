//! A file system whose device is full until a certain file elsewhere is removed.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// `ci/filesystems.sh` makes one: `AWC_STORE` names where it is mounted, and `AWC_STORE_FILLER` the file beside its
/// image that takes the rest of the space.
pub struct Store {
    pub path: PathBuf,
    filler: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

/// One test has it at a time.
pub fn store() -> Option<Store> {
    static ALONE: Mutex<()> = Mutex::new(());
    let (Some(path), Some(filler)) = (env::var_os("AWC_STORE"), env::var_os("AWC_STORE_FILLER")) else {
        println!("skipped: AWC_STORE and AWC_STORE_FILLER name no file system; ci/filesystems.sh makes one");
        return None;
    };
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    Some(Store { path: path.into(), filler: filler.into(), _alone: alone })
}

impl Store {
    /// Takes what the device has left, until the answer is dropped. What a new file in `path` holds is then refused
    /// when it is written back, which is after `write(2)` has returned.
    pub fn fill_device(&self) -> Filler {
        let mut filler = File::create(&self.filler).unwrap();
        while filler.write_all(&[7; 1 << 16]).is_ok() {}
        Filler(self.filler.clone())
    }

    /// Takes all of the file system but about `left` bytes, until the answer is dropped.
    pub fn fill_but(&self, left: u64) -> Filler {
        let path = self.path.join("rest");
        let mut rest = OpenOptions::new().create_new(true).write(true).open(&path).unwrap();
        let taken = room(&self.path) - (1 << 20);
        rustix::fs::fallocate(&rest, rustix::fs::FallocateFlags::empty(), 0, taken).unwrap();
        rest.seek(SeekFrom::End(0)).unwrap();
        while rest.write(&[7; 4096]).is_ok() {}
        // Some of what a file gives back goes to the reserve of the file system.
        let mut length = rest.metadata().unwrap().len();
        while room(&self.path) < left {
            length -= 1 << 20;
            rest.set_len(length).unwrap();
        }
        Filler(path)
    }
}

fn room(path: &Path) -> u64 {
    let space = rustix::fs::statvfs(path).unwrap();
    space.f_bavail * space.f_frsize
}

/// What takes the space.
pub struct Filler(PathBuf);

impl Drop for Filler {
    fn drop(&mut self) {
        // A panic here would hide the one that a test fails with.
        let _ = fs::remove_file(&self.0);
    }
}
