//! A device that is a file: made with a file system, copied, mounted.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

/// The file systems that are looked at.
pub(super) const TYPES: [&str; 3] = ["ext4", "xfs", "btrfs"];

/// Those of them that can be shut down.
pub(super) const SHUT_DOWN: [&str; 2] = ["ext4", "xfs"];

/// Bytes of a device. Only those that are written take room.
const LENGTH: u64 = 1 << 30;

/// The file.
#[derive(Debug)]
pub(super) struct Device {
    file_system: &'static str,
    path: PathBuf,
}

impl Device {
    /// A new one, with an empty file system.
    pub(super) fn make(file_system: &'static str, path: PathBuf) -> anyhow::Result<Self> {
        File::create_new(&path)?.set_len(LENGTH)?;
        call(Command::new(format!("mkfs.{file_system}")).arg("-q").arg(&path))?;
        Ok(Device { file_system, path })
    }

    /// What it has now, as a file beside it.
    pub(super) fn copy(&self, name: &str) -> anyhow::Result<Self> {
        let path = self.path.with_file_name(name);
        let (from, to) = (File::open(&self.path)?, File::create_new(&path)?);
        rustix::fs::ioctl_ficlone(&to, &from).context("the device cannot be copied at one moment")?;
        Ok(Device { file_system: self.file_system, path })
    }

    /// Mounts its file system.
    pub(super) fn mount(&self, to: &Path) -> anyhow::Result<Mounted> {
        // A copy has the identity of the file system that it was made of, which XFS mounts only once.
        let options = if self.file_system == "xfs" { "loop,nouuid" } else { "loop" };
        Mounted::new(Command::new("mount").args(["-t", self.file_system, "-o", options]).arg(&self.path), to)
    }

    /// Where to mount it.
    pub(super) fn mount_point(&self) -> PathBuf {
        self.path.with_extension("mounted")
    }

    pub(super) fn remove(self) -> anyhow::Result<()> {
        fs::remove_file(&self.path).context("the device cannot be removed")
    }
}

/// A folder with a file system on it, until it is dropped.
#[derive(Debug)]
pub(super) struct Mounted(PathBuf);

impl Mounted {
    /// A file system in memory.
    pub(super) fn memory(on: &Path) -> anyhow::Result<Self> {
        Mounted::new(Command::new("mount").args(["-t", "tmpfs", "tmpfs"]), on)
    }

    fn new(mount: &mut Command, to: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(to)?;
        call(mount.arg(to))?;
        Ok(Mounted(to.to_owned()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Shuts it down without writing anything more: from now on every call on it answers EIO. ext4 and XFS can.
    pub(super) fn shut_down(&self) -> anyhow::Result<()> {
        call(Command::new("xfs_io").args(["-x", "-c", "shutdown"]).arg(&self.0))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // If it fails, the namespace ends soon, and with it the mount.
        let _ = call(Command::new("umount").arg(&self.0));
    }
}

fn call(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("there is no {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
