//! The small programs: each carries out the same steps by another writer, and tells each answer with what the file is
//! then.

use std::{
    fs::File,
    io::{self, IoSlice, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use async_write_complete::{
    AsyncSyncCompleteExt as _, AsyncWriteCompleteExt as _, Inline, Offload, commit::GroupCommit, fs::PositionedFile,
    tokio::fs::File as TokioFile,
};
use clap::{Args, ValueEnum};
use futures_lite::future::poll_once;
use rustix::fs::OFlags;
use tokio::runtime::Builder;

use super::{
    fault, replace,
    step::{Answer, Line, OPEN, STEPS, Seen, Step},
};
use crate::audit::FileLimit;

/// How often a write is tried. The second time answers whether the first error has left anything, and the third whether
/// the second has.
pub(super) const TRIES: usize = 3;

/// Which writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Program {
    /// `Offload` by `write_complete`.
    Offload,
    /// `Offload` by `write_vectored_complete`.
    Vectored,
    /// `Offload` by the traits of futures-io.
    FuturesIo,
    /// `async_write_complete::tokio::fs::File`.
    Tokio,
    /// `Inline` by `write_vectored_complete`, which is writev(2).
    Inline,
    /// `PositionedFile`, whose cursor is the program's.
    Positioned,
    /// `GroupCommit`, whose first failure is for good.
    Commit,
    /// `Offload` of a file with `O_NONBLOCK`.
    NonBlocking,
    /// `Offload` of a file with `O_DSYNC`: some errors of its writes may come after the bytes.
    Dsync,
    /// `fs::replace`, which takes none of the steps.
    Replace,
}

impl Program {
    pub(super) const ALL: [Program; 10] = [
        Program::Offload,
        Program::Vectored,
        Program::FuturesIo,
        Program::Tokio,
        Program::Inline,
        Program::Positioned,
        Program::Commit,
        Program::NonBlocking,
        Program::Dsync,
        Program::Replace,
    ];

    /// Its name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Program::Offload => "offload",
            Program::Vectored => "vectored",
            Program::FuturesIo => "futures-io",
            Program::Tokio => "tokio",
            Program::Inline => "inline",
            Program::Positioned => "positioned",
            Program::Commit => "commit",
            Program::NonBlocking => "non-blocking",
            Program::Dsync => "dsync",
            Program::Replace => "replace",
        }
    }

    /// The calls that a fault is put into.
    pub(super) fn calls(self) -> &'static [&'static str] {
        if self == Program::Replace { &replace::CALLS } else { &fault::CALLS[..fault::OF_STEPS] }
    }

    /// The steps that make one call of that name each, in their order, or none if that is not certain: an lseek may be
    /// made by others, and nobody waits for the close of a drop.
    pub(super) fn steps_that_call(self, call: &str) -> Option<Vec<usize>> {
        let of_writes = match self {
            Program::Inline => "writev",
            Program::Positioned => "pwrite64",
            _ => "write",
        };
        let is_log = self == Program::Commit;
        let makes = |number: usize| match STEPS[number] {
            Step::Write(_) => call == of_writes,
            // A log makes no sync of what is durable, and has one sync only.
            Step::SyncData => call == "fdatasync" && !(is_log && STEPS[number - 1] == Step::SyncAll),
            Step::SyncAll => call == if is_log { "fdatasync" } else { "fsync" },
            Step::Close => call == "close",
            _ => false,
        };
        let is_certain = match call {
            "close" => !matches!(self, Program::Tokio | Program::Positioned),
            "openat" | "read" | "lseek" => false,
            _ => true,
        };
        is_certain.then(|| (0..STEPS.len()).filter(|&number| makes(number)).collect())
    }
}

/// What the process is told.
#[derive(Debug, Args)]
pub(super) struct ProgramArgs {
    #[arg(long)]
    program: Program,
    /// The file: it is there, and empty.
    #[arg(long)]
    path: PathBuf,
    /// Another name of the file, by which the program looks at it without being traced.
    #[arg(long)]
    observer: PathBuf,
    /// No file may become longer.
    #[arg(long)]
    limit: Option<u64>,
}

/// Carries out the steps.
pub(super) fn run(args: ProgramArgs) -> anyhow::Result<ExitCode> {
    if args.program == Program::Replace {
        replace::carry_out(&args.path)?;
        return Ok(ExitCode::SUCCESS);
    }
    FileLimit::survive_signal().context("SIGXFSZ cannot be handled")?;
    let limit = args.limit.map(FileLimit::set).transpose()?;
    let all = carry_out(args.program, &args.path, &args.observer);
    if args.program == Program::Tokio {
        // One thread makes all calls: strace counts those of each thread apart.
        Builder::new_current_thread().max_blocking_threads(1).build()?.block_on(all)?;
    } else {
        pollster::block_on(all)?;
    }
    drop(limit);
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(program: Program, path: &Path, observer: &Path) -> anyhow::Result<()> {
    // The lookup of a link that is none makes nothing but a line of the trace.
    let tell = |number, answer| {
        tell(number, answer, observer)?;
        let _ = std::fs::read_link(path);
        anyhow::Ok(())
    };
    let mut file = match Writer::open(program, path).await {
        Ok(file) => Some(file),
        Err(error) => return tell(OPEN, Answer::error(&error)),
    };
    for (number, step) in STEPS.iter().enumerate() {
        match step {
            Step::Write(_) => {
                let bytes = step.bytes(number);
                let mut completed = 0;
                for _ in 0..TRIES {
                    let result = file.as_mut().context("it is closed")?.write(&bytes[completed..]).await;
                    tell(number, Answer::count(&result))?;
                    completed += result.unwrap_or(0);
                    if completed == bytes.len() {
                        break;
                    }
                }
            }
            Step::Close => tell(number, Answer::done(file.take().context("it is closed")?.close().await))?,
            _ => {
                let answer = file.as_mut().context("it is closed")?.other(*step).await;
                tell(number, answer)?;
            }
        }
    }
    Ok(())
}

/// Tells an answer, and what others see in the file right after it.
fn tell(step: usize, answer: Answer, observer: &Path) -> anyhow::Result<()> {
    let line = Line { step, answer, seen: Seen::of(&std::fs::read(observer)?) };
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &line)?;
    writeln!(out)?;
    Ok(())
}

enum Writer {
    Offload(Offload<File>),
    Vectored(Offload<File>),
    FuturesIo(Offload<File>),
    Tokio(TokioFile),
    Inline(Inline<File>),
    Positioned(PositionedFile, u64),
    Commit(GroupCommit<Offload<File>>),
}

impl Writer {
    async fn open(program: Program, path: &Path) -> io::Result<Self> {
        let flags = match program {
            Program::NonBlocking => OFlags::NONBLOCK,
            Program::Dsync => OFlags::DSYNC,
            _ => OFlags::empty(),
        };
        let file = File::options().read(true).write(true).custom_flags(flags.bits().cast_signed()).open(path)?;
        Ok(match program {
            Program::Offload | Program::NonBlocking | Program::Dsync => Writer::Offload(Offload::new(file)),
            Program::Vectored => Writer::Vectored(Offload::new(file)),
            Program::FuturesIo => Writer::FuturesIo(Offload::new(file)),
            Program::Tokio => Writer::Tokio(TokioFile::from_std(file)),
            Program::Inline => Writer::Inline(Inline::new(file)),
            Program::Positioned => Writer::Positioned(PositionedFile::new(file)?, 0),
            Program::Commit => Writer::Commit(GroupCommit::new(Offload::new(file))),
            Program::Replace => return Err(io::Error::other("it takes no steps")),
        })
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (front, back) = bytes.split_at(bytes.len() / 2);
        let slices = [IoSlice::new(front), IoSlice::new(back)];
        match self {
            Writer::Offload(file) => file.write_complete(bytes).await,
            Writer::Vectored(file) => file.write_vectored_complete(&slices).await,
            Writer::FuturesIo(file) => futures_lite::AsyncWriteExt::write(file, bytes).await,
            Writer::Tokio(file) => tokio::io::AsyncWriteExt::write(file, bytes).await,
            Writer::Inline(file) => file.write_vectored_complete(&slices).await,
            Writer::Positioned(file, at) => {
                let count = file.write_at(bytes, *at).await?;
                *at += count as u64;
                Ok(count)
            }
            Writer::Commit(log) => log.append(bytes).await.map(|_| bytes.len()),
        }
    }

    /// A step that is no write and no close.
    async fn other(&mut self, step: Step) -> Answer {
        match step {
            Step::SyncData => Answer::done(self.sync(false).await),
            Step::SyncAll => Answer::done(self.sync(true).await),
            Step::Seek(to) => match self.seek(to).await {
                Some(result) => Answer::position(&result),
                None => Answer::NotOffered,
            },
            Step::Read(len) => {
                let mut bytes = vec![0; len];
                match self.read(&mut bytes).await {
                    Some(result) => Answer::bytes(result.map(|count| bytes[..count].to_vec())),
                    None => Answer::NotOffered,
                }
            }
            Step::DroppedRead(len) => {
                let mut bytes = vec![0; len];
                match poll_once(self.read(&mut bytes)).await {
                    Some(Some(result)) => Answer::bytes(result.map(|count| bytes[..count].to_vec())),
                    Some(None) => Answer::NotOffered,
                    None => Answer::Dropped,
                }
            }
            Step::Write(_) | Step::Close => Answer::NotOffered,
        }
    }

    async fn sync(&mut self, all: bool) -> io::Result<()> {
        match self {
            Writer::Offload(file) | Writer::Vectored(file) | Writer::FuturesIo(file) => {
                if all {
                    file.sync_all().await
                } else {
                    file.sync_data().await
                }
            }
            Writer::Tokio(file) => {
                if all {
                    file.sync_all().await
                } else {
                    file.sync_data().await
                }
            }
            Writer::Inline(file) => {
                if all {
                    file.sync_all_complete().await
                } else {
                    file.sync_data_complete().await
                }
            }
            Writer::Positioned(file, _) => {
                if all {
                    file.sync_all().await
                } else {
                    file.sync_data().await
                }
            }
            Writer::Commit(log) => log.sync().await.map(drop),
        }
    }

    async fn seek(&mut self, to: SeekFrom) -> Option<io::Result<u64>> {
        match self {
            Writer::Offload(file) | Writer::Vectored(file) | Writer::FuturesIo(file) => {
                Some(futures_lite::AsyncSeekExt::seek(file, to).await)
            }
            Writer::Tokio(file) => Some(tokio::io::AsyncSeekExt::seek(file, to).await),
            Writer::Inline(_) | Writer::Positioned(..) | Writer::Commit(_) => None,
        }
    }

    async fn read(&mut self, bytes: &mut [u8]) -> Option<io::Result<usize>> {
        match self {
            Writer::Offload(file) | Writer::Vectored(file) | Writer::FuturesIo(file) => {
                Some(futures_lite::AsyncReadExt::read(file, bytes).await)
            }
            Writer::Tokio(file) => Some(tokio::io::AsyncReadExt::read(file, bytes).await),
            Writer::Inline(_) | Writer::Positioned(..) | Writer::Commit(_) => None,
        }
    }

    /// Ends it in the way that it has. Where that is a drop, nobody can be told what close(2) answers.
    async fn close(self) -> io::Result<()> {
        match self {
            Writer::Offload(mut file) | Writer::Vectored(mut file) => file.close_complete().await,
            Writer::FuturesIo(mut file) => futures_lite::AsyncWriteExt::close(&mut file).await,
            Writer::Inline(mut file) => file.close_complete().await,
            Writer::Tokio(mut file) => tokio::io::AsyncWriteExt::shutdown(&mut file).await,
            Writer::Positioned(file, _) => {
                drop(file);
                Ok(())
            }
            Writer::Commit(log) => log.into_inner().writer.close_complete().await,
        }
    }
}
