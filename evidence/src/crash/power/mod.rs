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
//!
//! With `--shutdown` the device stays, and the file system on it is shut down while a process writes: every call of
//! that process answers EIO from then on. It has to end by that error, whichever of its calls is told first, and the
//! file system is mounted again. What was reported before the shutdown began has to be there. A sync that the
//! shutdown meets may lie, on ext4 and on XFS (Linux 6.18): so it does to threads that call nothing but `pwrite` and
//! `fdatasync`.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{self, ExitCode},
};

use anyhow::{Context as _, ensure};
use clap::{Args, Command};

use self::device::{Device, Mounted};
use super::{
    CrashArgs, chosen, conclude,
    judge::Report,
    kill::{self, Until},
    row::Row,
    way::{self, Stopped, Way},
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
    shutdown: bool,
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
    command.args(args.shutdown.then_some("--shutdown"));
    args.subject.iter().for_each(|subject| _ = command.arg("--subject").arg(subject));
    args.json.iter().for_each(|json| _ = command.arg("--json").arg(json));
    let status = command.status().context("there is no unshare")?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}

fn run_inside(args: &InsideArgs) -> anyhow::Result<ExitCode> {
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let mut chosen = chosen(&way::UNPOWERED, args.subject.as_deref())?;
    let mut types = device::TYPES.as_slice();
    if args.shutdown {
        // What a peer answers then is its own affair. A rename is mostly made durable by the sync of the next file,
        // which comes before the shutdown has begun.
        chosen.retain(|(_, way)| way.is_ours() || !way.is_durable() && !matches!(way, Way::Whole(_)));
        types = device::SHUT_DOWN.as_slice();
    }
    // The file systems are in memory: a sync there costs as much as a system call, so many fit into a minute.
    let _memory = Mounted::memory(&args.folder)?;
    let host = Device::make("xfs", args.folder.join("host.image"))?;
    let host = host.mount(&args.folder.join("host"))?;
    let progress = Progress::new(types.len() as u64 * chosen.len() as u64 * u64::from(args.copies));
    let mut rows = Vec::new();
    for &file_system in types {
        let pristine = Device::make(file_system, host.path().join(file_system))?;
        for &(name, way) in &chosen {
            let mut row = Row::new(name, way.is_ours());
            row.file_system = Some(file_system);
            row.control = !way.is_durable();
            let mut random = fastrand::Rng::with_seed(args.seed);
            while row.kills < args.copies as usize {
                let count = if args.shutdown { 1 } else { COPIES_PER_RUN.min(args.copies - row.kills as u32) };
                let stopped = match args.shutdown {
                    true => shut_down(&pristine, way, &mut random, &mut row),
                    false => lose_power(&pristine, way, count, &mut random, &mut row),
                };
                stopped.with_context(|| format!("in the row {name} on {file_system}"))?;
                progress.advance(u64::from(count), name);
            }
            rows.push(row);
        }
        pristine.remove()?;
    }
    drop(progress);
    conclude(&rows, if args.shutdown { "shutdowns" } else { "copies" }, json)
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
        let finding = way.look(&mounted.path().join(FILE), &reports, Stopped::Device).context("the file is gone")?;
        drop(mounted);
        copy.remove()?;
        row.add(&reports, finding, false);
    }
    Ok(())
}

/// Lets one process write, shuts the file system down, and looks for what was reported when it is mounted again.
fn shut_down(pristine: &Device, way: Way, random: &mut fastrand::Rng, row: &mut Row) -> anyhow::Result<()> {
    let device = pristine.copy("live")?;
    let (mounted, file) = (device.mount(&device.mount_point())?, device.mount_point().join(FILE));
    make_durable(&file)?;
    let mut child = kill::start(way, &file, Until::ShutDown, &device.mount_point())?;
    let reports = kill::read(&mut child, random.u32(1..40))?;
    mounted.shut_down()?;
    // Whatever else was answered, none of it hangs.
    kill::rest(&mut child)?;
    child.finish().context("the writer was not told EIO")?;
    drop(mounted);
    let mounted = device.mount(&device.mount_point())?;
    row.add(&reports, way.look(&file, &reports, Stopped::Device)?, false);
    drop(mounted);
    device.remove()
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
    let mut child = kill::start(way, &path, Until::Killed, &path)?;
    let (mut copies, mut reports) = (Vec::new(), Vec::new());
    for number in 0..count {
        reports.extend(kill::read(&mut child, random.u32(1..40))?);
        kill::pass(kill::random_delay(random));
        copies.push((device.copy(&format!("copy-{number}"))?, reports.clone()));
    }
    child.kill_running()?;
    Ok(copies)
}

/// An empty file that survives, so that what is lost is never its name.
fn make_durable(path: &Path) -> anyhow::Result<()> {
    File::create(path)?.sync_all()?;
    let folder = path.parent().context("a file stands in a folder")?;
    File::open(folder)?.sync_all().context("the folder cannot be synced")
}
