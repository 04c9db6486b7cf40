//! A quota of processor time, as containers have it: a group of the kernel that this process joins for its life.
//!
//! Version 2 of the groups is asked first. Where its controller is not there, version 1 may have it.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context as _, bail};

/// Microseconds of processor time in each period of so many: one and a half cores.
const QUOTA: u64 = 150_000;
const PERIOD: u64 = 100_000;

/// Where the groups are mounted, and which file of theirs has the quota.
const MOUNTS: [(&str, &str); 4] = [
    ("/sys/fs/cgroup", "cpu.max"),
    ("/sys/fs/cgroup/unified", "cpu.max"),
    ("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us"),
    ("/sys/fs/cgroup/cpu,cpuacct", "cpu.cfs_quota_us"),
];

/// A group with the quota. Dropped, it is removed; it must be empty by then.
#[derive(Debug)]
pub(super) struct Quota(PathBuf);

impl Quota {
    /// Makes the group.
    ///
    /// # Errors
    ///
    /// Why this machine has none for us.
    pub(super) fn make() -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!("a group with a quota needs root");
        }
        let mut why = String::from("no group with a controller of processor time is mounted");
        for (mount, file) in MOUNTS {
            if !Path::new(mount).join("cgroup.procs").exists() {
                continue;
            }
            match Self::make_at(Path::new(mount), file) {
                Ok(quota) => return Ok(quota),
                Err(error) => why = format!("{mount}: {error:#}"),
            }
        }
        bail!(why)
    }

    fn make_at(mount: &Path, file: &str) -> anyhow::Result<Self> {
        let folder = mount.join(format!("async-write-complete-bench-{}", process::id()));
        fs::create_dir(&folder).context("no group can be made")?;
        // From here on it is removed again.
        let quota = Quota(folder);
        let set = |file: &str, text: String| {
            fs::write(quota.0.join(file), text).with_context(|| format!("{file} cannot be set"))
        };
        if file == "cpu.max" {
            set(file, format!("{QUOTA} {PERIOD}"))?;
        } else {
            set("cpu.cfs_period_us", PERIOD.to_string())?;
            set(file, QUOTA.to_string())?;
        }
        Ok(quota)
    }

    /// The folder of the group.
    pub(super) fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // It fails where a process is left in it; the kernel keeps the group then, and it limits nobody else.
        let _ = fs::remove_dir(&self.0);
    }
}

/// Puts this process into the group, with all threads that it will have.
pub(super) fn join(folder: &Path) -> anyhow::Result<()> {
    fs::write(folder.join("cgroup.procs"), process::id().to_string()).context("the group cannot be joined")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_the_quota_and_goes_when_it_is_dropped() {
        let Ok(quota) = Quota::make() else { return };
        let folder = quota.folder().to_owned();
        let read = |file| fs::read_to_string(folder.join(file)).unwrap_or_default();
        let limit = format!("{}{}", read("cpu.max"), read("cpu.cfs_quota_us"));
        assert!(limit.trim().starts_with("150000"), "{limit}");
        drop(quota);
        assert!(!folder.exists());
    }
}
