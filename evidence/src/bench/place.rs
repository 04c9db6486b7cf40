//! Where the files go: a folder on the file system that a situation asks for.
//!
//! A file system that is not there already is made on a loop device. The process that measures then has mounts of its
//! own, which end with it however it ends, and the loop device with them: nothing is left to be unmounted.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use rustix::fs::statfs;

use super::situations::Situation;

/// The size of a loop device. Its file has holes, so it takes only what is written.
const DEVICE_BYTES: u64 = 4 << 30;

/// A memory file system that most machines have.
const SHARED_MEMORY: &str = "/dev/shm";

/// How a situation comes to its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where the files go, or the file of the loop device.
    pub(super) folder: PathBuf,
    /// What makes the file system on a loop device, if there is to be one.
    pub(super) mkfs: Option<&'static str>,
}

impl Place {
    /// Where the files of `situation` go, if `folder` is for temporary files.
    ///
    /// # Errors
    ///
    /// Why it cannot be measured here.
    pub(super) fn find(situation: Situation, folder: &Path) -> anyhow::Result<Self> {
        let here = |folder: &Path| Ok(Place { folder: folder.to_owned(), mkfs: None });
        let (wanted, mkfs) = match situation {
            Situation::Tmpfs if file_system(Path::new(SHARED_MEMORY)) == "tmpfs" => {
                return here(Path::new(SHARED_MEMORY));
            }
            Situation::Tmpfs => bail!("{SHARED_MEMORY} is no tmpfs"),
            Situation::Ext4 => ("ext4", "mkfs.ext4"),
            Situation::Xfs => ("xfs", "mkfs.xfs"),
            Situation::Btrfs => ("btrfs", "mkfs.btrfs"),
            _ => return here(folder),
        };
        if file_system(folder) == wanted {
            return here(folder);
        }
        if !rustix::process::geteuid().is_root() {
            bail!("a loop device needs root");
        }
        for tool in ["unshare", "mount", mkfs] {
            if !is_installed(tool) {
                bail!("{tool} is not installed; ci/install.sh names the packages");
            }
        }
        Ok(Place { folder: folder.to_owned(), mkfs: Some(mkfs) })
    }

    /// A command that runs `program` where a file system may be mounted, if one is to be.
    pub(super) fn command(&self, program: &OsStr) -> Command {
        if self.mkfs.is_none() {
            return Command::new(program);
        }
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "--"]).arg(program);
        command
    }
}

/// Makes a file system on a loop device and mounts it, in a process that [`Place::command`] has started. Answers where.
pub(super) fn mount_loop(folder: &Path, mkfs: &str) -> anyhow::Result<PathBuf> {
    let device = folder.join("device");
    let top = folder.join("mounted");
    File::create(&device)?.set_len(DEVICE_BYTES).context("no room for a loop device")?;
    fs::create_dir(&top)?;
    run(Command::new(mkfs).arg(&device))?;
    run(Command::new("mount").args(["-o", "loop"]).args([&device, &top]))?;
    Ok(top)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{command:?} cannot be started"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn is_installed(tool: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    let is_program = |path: PathBuf| fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0);
    env::split_paths(&folders).any(|folder| is_program(folder.join(tool)))
}

/// The name of the file system that `folder` is on; its magic number if that has no name here.
pub(super) fn file_system(folder: &Path) -> String {
    let Ok(stat) = statfs(folder) else { return "unknown".to_owned() };
    // The field is 32 bits wide on some machines, and signed on most.
    match stat.f_type as u32 {
        0xef53 => "ext4".to_owned(),
        0x5846_5342 => "xfs".to_owned(),
        0x9123_683e => "btrfs".to_owned(),
        0x0102_1994 => "tmpfs".to_owned(),
        0x794c_7630 => "overlay".to_owned(),
        other => format!("{other:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_file_system_of_its_own_stays_in_the_folder() {
        let folder = Path::new("/tmp");
        for situation in [Situation::Alone, Situation::Writers(256), Situation::Idle] {
            let place = Place::find(situation, folder).expect("a place");
            assert_eq!(place, Place { folder: folder.to_owned(), mkfs: None });
        }
    }

    #[test]
    fn a_shell_is_installed_and_nonsense_is_not() {
        assert!(is_installed("sh"));
        assert!(!is_installed("no-such-tool"));
    }

    #[test]
    fn a_tool_that_fails_is_told_of_with_its_words() {
        let error = run(Command::new("sh").args(["-c", "echo no such device >&2; exit 1"])).expect_err("a failure");
        assert!(error.to_string().ends_with("no such device"), "{error}");
    }
}
