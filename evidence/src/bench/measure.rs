//! The process of one situation: it measures all subjects in turns, and tells what it finds line by line.
//!
//! A situation has a process of its own, because it may be bound to one core or have its own mounts; within it, every
//! subject is measured by the same process, on the same files. Rounds go over all subjects before any of them is
//! measured again, and each round begins with another one and goes the other way round, so that drift and neighbours
//! hit all alike.

use std::{
    env,
    io::{self, Write as _},
    num::NonZeroUsize,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use rustix::{
    process::{Resource, Rlimit, getrlimit, setrlimit},
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};
use serde::{Deserialize, Serialize};

use super::{
    meter,
    options::SituationArgs,
    place,
    quiet::{Noise, Watch, used_by},
    quota,
    row::Row,
    run::Failure,
    sample::Sample,
    situations::Situation,
    slow_reader,
    subjects::{self, Role, Subject},
    turn::Turn,
    warm_file::WarmFile,
};

/// How many threads spin beside the writers.
pub(super) const BUSY_LOOPS: usize = 2;

/// Threads that may be left from an earlier turn, asleep.
const FEW_THREADS: usize = 64;

/// The limit that the pool of `blocking` has unless its users say otherwise.
const POOL_THREADS: NonZeroUsize = NonZeroUsize::new(500).expect("not zero");

/// How long a turn waits for others to be gone.
const PATIENCE: Duration = Duration::from_secs(3);

/// One line of what the process tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// A turn is over.
    Turn,
    /// The rows of one size.
    Rows(Vec<Row>),
    /// A subject could not be measured.
    Failed(Failure),
    /// What others did meanwhile.
    Noise(Noise),
}

/// Measures one situation.
pub(super) fn run(args: &SituationArgs) -> anyhow::Result<()> {
    if args.situation == Situation::OneCore {
        bind_to_one_core().context("the process cannot be bound to one core")?;
    }
    if let Some(group) = &args.group {
        quota::join(group)?;
    }
    allow_many_files();
    let folder = match &args.mkfs {
        Some(mkfs) => place::mount_loop(&args.folder, mkfs)?,
        None => args.folder.clone(),
    };
    let busy = (args.situation == Situation::BusyLoops).then(|| BusyLoops::start(BUSY_LOOPS)).transpose()?;
    let own = || meter::cpu_time() + busy.as_ref().map_or(Duration::ZERO, |busy| used_by(busy.0.id()));
    let watch = Watch::start(own());
    for &size in &args.sizes {
        let folder = tempfile::tempdir_in(&folder).context("no folder for the files of a size")?;
        measure_size(args, size, folder.path())?;
    }
    tell(&Told::Noise(watch.end(args.situation.name(), own())))
}

/// The files of all turns.
fn files(situation: Situation, size: usize, folder: &Path) -> anyhow::Result<Arc<[WarmFile]>> {
    if situation == Situation::SlowPipe {
        let pipe = slow_reader::start(folder).context("no pipe with a slow reader")?;
        return Ok(Arc::from([WarmFile::pipe(&pipe, size)]));
    }
    let writers = situation.writers();
    let first = WarmFile::make(&folder.join("file"), size, writers).context("the file cannot be prepared")?;
    let others = (1..writers).map(|index| first.copy(&folder.join(format!("file-{index}"))));
    let files: io::Result<Vec<WarmFile>> = std::iter::once(Ok(first.clone())).chain(others).collect();
    if writers > 1 {
        // What the disk still has to take would be taken in somebody's turn.
        rustix::fs::sync();
    }
    Ok(files.context("the files cannot be prepared")?.into())
}

fn measure_size(args: &SituationArgs, size: usize, folder: &Path) -> anyhow::Result<()> {
    let rounds = args.situation.rounds(args.rounds);
    let kind = args.situation.kind(args.effort(), rounds);
    let turn = Turn { files: files(args.situation, size, folder)?, kind };
    let subjects = chosen(args.situation, size, &args.rows);
    let mut seen: Vec<Vec<Sample>> = vec![Vec::new(); subjects.len()];
    let mut failed = vec![false; subjects.len()];
    for round in 0..rounds {
        for index in order(subjects.len(), round) {
            let subject = subjects[index];
            if !failed[index] {
                match take(subject, &turn) {
                    Ok(sample) => seen[index].push(sample),
                    Err(error) => {
                        failed[index] = true;
                        tell(&Told::Failed(failure(args.situation, size, subject, &error)))?;
                    }
                }
            }
            tell(&Told::Turn)?;
        }
    }
    let file_system = place::file_system(folder);
    let measured = subjects.iter().zip(&seen).zip(&failed).filter(|(_, failed)| !**failed);
    let row = |(subject, rounds): (&&Subject, &Vec<_>)| Row::of(args.situation, size, subject, &file_system, rounds);
    tell(&Told::Rows(measured.map(|(seen, _)| row(seen)).collect()))
}

/// Those with one of the texts in their names; all of them where there is no text.
pub(super) fn chosen(situation: Situation, size: usize, texts: &[String]) -> Vec<&'static Subject> {
    let is_named = |subject: &Subject| texts.iter().any(|text| subject.name().contains(text.as_str()));
    subjects::of(situation, size).filter(|subject| texts.is_empty() || is_named(subject)).collect()
}

fn failure(situation: Situation, size: usize, subject: &Subject, error: &anyhow::Error) -> Failure {
    Failure {
        place: format!("{}, {}", situation.name(), super::options::size_text(size)),
        subject: subject.name(),
        is_ours: matches!(subject.role, Role::Ours | Role::Variant | Role::Reference),
        why: format!("{error:#}"),
    }
}

fn take(subject: &Subject, turn: &Turn) -> anyhow::Result<Sample> {
    wait_for_crowds_to_leave();
    let sample = (subject.turn)(turn)?;
    if subject.role != Role::Weaker && sample.missing > 0 {
        anyhow::bail!("{} bytes were not in the file when their writes were answered", sample.missing);
    }
    Ok(sample)
}

/// Waits until the threads are gone that a crowd has called up. The pool of `blocking` has one limit for the process,
/// and keeps what it has below that for good: hundreds of threads, each of which wakes twice a second, in the turns of
/// others. Above its limit it lets them go, so the limit is lowered for a moment.
fn wait_for_crowds_to_leave() {
    if meter::threads() <= FEW_THREADS {
        return;
    }
    let begun = Instant::now();
    blocking::set_max_blocking_threads(NonZeroUsize::MIN);
    while meter::threads() > FEW_THREADS && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(10));
    }
    blocking::set_max_blocking_threads(POOL_THREADS);
}

/// Which subjects have their turn in this round, one after the other.
pub(super) fn order(subjects: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..subjects).collect();
    // A step that is not one, so that the subject before is another one in each round.
    order.rotate_left(round * 5 % subjects.max(1));
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

/// All threads and processes that this thread starts take it over.
pub(super) fn bind_to_one_core() -> io::Result<()> {
    let allowed = sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|&core| allowed.is_set(core));
    let mut one = CpuSet::new();
    one.set(first.ok_or_else(|| io::Error::other("no core is allowed"))?);
    Ok(sched_setaffinity(None, &one)?)
}

/// Raises the limit on open files as far as it goes. Where that is not enough, the subjects say so.
fn allow_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where that is refused, the old limit stays.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

fn tell(told: &Told) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, told)?;
    out.write_all(b"\n")?;
    out.flush().context("nobody listens")
}

/// A process that spins; it ends with this value, or when this process ends.
pub(super) struct BusyLoops(Child);

impl BusyLoops {
    pub(super) fn start(loops: usize) -> anyhow::Result<Self> {
        let program = env::current_exe().context("our own program cannot be found")?;
        let mut command = Command::new(program);
        command.args(["bench-busy", &loops.to_string()]).stdin(Stdio::piped()).stdout(Stdio::null());
        Ok(BusyLoops(command.spawn().context("the busy loops cannot be started")?))
    }
}

impl Drop for BusyLoops {
    fn drop(&mut self) {
        // Both fail only where the process is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many threads the other side has.
#[derive(Debug, clap::Args)]
pub(super) struct BusyArgs {
    loops: usize,
}

/// The other side: spins until standard input ends, which it does with whoever started this.
pub(super) fn spin(args: &BusyArgs) -> anyhow::Result<ExitCode> {
    for _ in 0..args.loops {
        thread::Builder::new().spawn(|| {
            loop {
                std::hint::spin_loop();
            }
        })?;
    }
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_has_every_subject_once_and_begins_with_another() {
        let mut first = Vec::new();
        for round in 0..7 {
            let order = order(21, round);
            first.push(order[0]);
            let mut sorted = order;
            sorted.sort_unstable();
            assert_eq!(sorted, (0..21).collect::<Vec<_>>());
        }
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 7);
    }

    #[test]
    fn a_busy_process_ends_with_its_value() {
        // The test program is not ours, so what it is given to run ends by itself; that it is waited for is what
        // counts.
        let child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("a process");
        let id = child.id();
        drop(BusyLoops(child));
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }
}
