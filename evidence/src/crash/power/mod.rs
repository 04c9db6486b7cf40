//! Power losses: what a device has at one moment, while records are written to a file system on it.
//!
//! The device is a file on XFS, behind a loop device. A copy of that file has what the device had taken by that moment;
//! what the file system on it still kept in memory is lost. A mount of the copy replays its journal, as after a loss of
//! power. A copy is made by FICLONE while the records are written: XFS makes it under the lock that a write of the loop
//! device takes, so it is of one moment.
//!
//! What this does not show: a device that answers before it has stored anything, and forgets or reorders what it had
//! answered; nor a sector that is half old and half new. The file system's own flushes are all that such a device would
//! need in addition.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{self, ExitCode},
};

use anyhow::{Context as _, ensure};
use clap::{Args, Command};

use self::device::{Device, Mounted};
use super::{
    CrashArgs, chosen, conclude,
    judge::{Expected, Report, judge},
    kill,
    row::Row,
    way::{self, Way},
};
use crate::{cli::Entry, json_file::JsonFile, progress::Progress};

mod device;

/// How many copies are made while one process writes.
const COPIES_PER_RUN: u32 = 5;

/// What the command inside the namespace is told.
#[derive(Debug, Args)]
struct InsideArgs {
    #[arg(long)]
    folder: PathBuf,
    #[arg(long)]
    copies: u32,
    #[arg(long)]
    seed: u64,
    #[arg(long)]
    subject: Option<String>,
    #[arg(long)]
    json: Option<PathBuf>,
}

/// The command that runs where nobody else sees what it mounts.
pub(super) fn inside_entry() -> Entry {
    Entry::derived(Command::new("crash-power-loss").hide(true), |args: InsideArgs| run_inside(&args))
}

/// Runs it in a mount namespace of its own: whatever happens, nothing stays mounted.
pub(super) fn run(args: &CrashArgs) -> anyhow::Result<ExitCode> {
    ensure!(rustix::process::getuid().is_root(), "only root may mount file systems");
    let folder = tempfile::Builder::new().prefix("crash-").tempdir()?;
    let mut command = process::Command::new("unshare");
    command.args(["-m", "--propagation", "private"]).arg(std::env::current_exe()?).arg("crash-power-loss");
    command.arg("--folder").arg(folder.path());
    command.args(["--copies", &args.copies.to_string(), "--seed", &args.seed.to_string()]);
    args.subject.iter().for_each(|subject| _ = command.arg("--subject").arg(subject));
    args.json.iter().for_each(|json| _ = command.arg("--json").arg(json));
    let status = command.status().context("there is no unshare")?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}

fn run_inside(args: &InsideArgs) -> anyhow::Result<ExitCode> {
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let chosen = chosen(&way::UNPOWERED, args.subject.as_deref())?;
    // The file systems are in memory: a sync there costs as much as a system call, so many fit into a minute.
    let _memory = Mounted::memory(&args.folder)?;
    let host = Device::make("xfs", args.folder.join("host.image"))?;
    let host = host.mount(&args.folder.join("host"))?;
    let progress = Progress::new(device::TYPES.len() as u64 * chosen.len() as u64 * u64::from(args.copies));
    let mut rows = Vec::new();
    for file_system in device::TYPES {
        let pristine = Device::make(file_system, host.path().join(file_system))?;
        for &(name, way) in &chosen {
            let mut row = Row::new(name, way.is_ours());
            row.file_system = Some(file_system);
            row.control = !way.is_durable();
            let mut random = fastrand::Rng::with_seed(args.seed);
            while row.kills < args.copies as usize {
                let count = COPIES_PER_RUN.min(args.copies - row.kills as u32);
                lose_power(&pristine, way, count, &mut random, &mut row)
                    .with_context(|| format!("in the row {name} on {file_system}"))?;
                progress.advance(u64::from(count), name);
            }
            rows.push(row);
        }
        pristine.remove()?;
    }
    drop(progress);
    conclude(&rows, "copies", json)
}

/// Lets one process write, copies the device again and again, and looks for what was reported before each copy.
fn lose_power(
    pristine: &Device,
    way: Way,
    count: u32,
    random: &mut fastrand::Rng,
    row: &mut Row,
) -> anyhow::Result<()> {
    let device = pristine.copy("live")?;
    let copies = write_and_copy(&device, way, count, random)?;
    device.remove()?;
    for (copy, reports) in copies {
        let mounted = copy.mount(&copy.mount_point())?;
        let bytes = fs::read(mounted.path().join(FILE)).context("the file is gone")?;
        drop(mounted);
        copy.remove()?;
        row.add(&reports, judge(&bytes, &reports, Expected::ToTheLastReport), false);
    }
    Ok(())
}

const FILE: &str = "records";

/// Each copy, with what was reported when it was begun.
fn write_and_copy(
    device: &Device,
    way: Way,
    count: u32,
    random: &mut fastrand::Rng,
) -> anyhow::Result<Vec<(Device, Vec<Report>)>> {
    let mounted = device.mount(&device.mount_point())?;
    let path = mounted.path().join(FILE);
    make_durable(&path)?;
    let mut child = kill::start(way, &path, None)?;
    let (mut copies, mut reports) = (Vec::new(), Vec::new());
    for number in 0..count {
        reports.extend(kill::read(&mut child, random.u32(1..40))?);
        copies.push((device.copy(&format!("copy-{number}"))?, reports.clone()));
    }
    child.kill()?;
    Ok(copies)
}

/// An empty file that survives, so that what is lost is never its name.
fn make_durable(path: &Path) -> anyhow::Result<()> {
    File::create(path)?.sync_all()?;
    let folder = path.parent().context("a file stands in a folder")?;
    File::open(folder)?.sync_all().context("the folder cannot be synced")
}
