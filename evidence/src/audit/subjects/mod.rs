//! The writers that are measured.

use std::{fs::File, io, path::Path, str::FromStr};

use anyhow::anyhow;
use async_trait::async_trait;
use blocking::Unblock;

use self::{futures_io::ByFuturesIo, ours::ByWriteComplete, tokio::TokioFile};
use super::{destinations::Scripted, executors::Executor, row::OURS};
use async_write_complete::Offload;

mod futures_io;
mod ours;
mod tokio;

/// What every subject can do.
#[async_trait]
pub(crate) trait SubjectWriter: Send {
    /// One write, as the subject has it.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Writes until all bytes are taken.
    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Waits for what was taken.
    async fn flush(&mut self) -> io::Result<()>;
    /// Ends the writer in the way that it offers.
    async fn close(&mut self) -> io::Result<()>;
}

/// What a subject can do whose destination is a file.
#[async_trait]
pub(crate) trait SubjectFile: SubjectWriter {
    /// Makes the file durable.
    async fn sync_all(&mut self) -> io::Result<()>;
    /// One read.
    async fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize>;
    /// How a report calls `sync_all`.
    fn sync_all_name(&self) -> &'static str {
        "sync_all"
    }
}

/// A subject over any destination.
pub(crate) type AnyWriter = Box<dyn SubjectWriter>;
/// A subject over a file.
pub(crate) type AnyFile = Box<dyn SubjectFile>;

/// Through which of our methods a row of ours writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// `write_complete` and its companions.
    WriteComplete,
    /// The plain `write` of `futures_io`'s extension traits.
    FuturesIo,
    /// `resume_write_all` with a held write, after an error.
    ResumeWriteAll,
    /// `poll_write_submit` alone: the ticket is never asked for.
    WriteSubmit,
}

/// A writer, a way to write, and who drives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// `tokio::fs::File`.
    Tokio,
    /// `tokio::fs::File`, each write followed by a flush.
    TokioFlush,
    /// `async_fs::File`.
    AsyncFs,
    /// `async_std::fs::File`.
    AsyncStd,
    /// `blocking::Unblock`.
    Unblock,
    /// `async_write_complete::Offload`.
    Ours(Call, Executor),
}

impl Subject {
    /// The peers, each as its documentation shows it.
    pub(crate) const PEERS: [Subject; 4] = [Subject::Tokio, Subject::AsyncFs, Subject::AsyncStd, Subject::Unblock];

    /// Our writer through both of its interfaces.
    pub(crate) const OURS: [Subject; 2] =
        [Subject::Ours(Call::WriteComplete, Executor::Smol), Subject::Ours(Call::FuturesIo, Executor::Smol)];

    /// The peers and ours: the rows of most cases.
    pub(crate) fn peers_and_ours() -> Vec<Subject> {
        [Subject::PEERS.as_slice(), Subject::OURS.as_slice()].concat()
    }

    /// What the table and the JSON call it.
    pub(crate) fn label(self) -> String {
        let name = match self {
            Subject::Tokio => "tokio",
            Subject::TokioFlush => "tokio write+flush",
            Subject::AsyncFs => "async-fs",
            Subject::AsyncStd => "async-std",
            Subject::Unblock => "blocking::Unblock",
            Subject::Ours(call, executor) => return format!("{OURS} ({}, {})", call.name(), executor.name()),
        };
        name.to_owned()
    }

    /// Who drives it: for a peer the executor that it is made for.
    pub(crate) fn executor(self) -> Executor {
        match self {
            Subject::Tokio | Subject::TokioFlush => Executor::TokioMultiThread,
            Subject::AsyncFs | Subject::Unblock => Executor::Smol,
            Subject::AsyncStd => Executor::AsyncStd,
            Subject::Ours(_, executor) => executor,
        }
    }

    /// A new file, by the subject's own `create` where it has one.
    pub(crate) async fn create(self, path: &Path) -> io::Result<AnyFile> {
        Ok(match self {
            Subject::Tokio => Box::new(TokioFile::new(::tokio::fs::File::create(path).await?)),
            Subject::TokioFlush => Box::new(TokioFile::flushing(::tokio::fs::File::create(path).await?)),
            Subject::AsyncFs => Box::new(ByFuturesIo(async_fs::File::create(path).await?)),
            Subject::AsyncStd => Box::new(ByFuturesIo(async_std::fs::File::create(path).await?)),
            Subject::Unblock => Box::new(ByFuturesIo(Unblock::new(File::create(path)?))),
            Subject::Ours(Call::FuturesIo, _) => Box::new(ByFuturesIo(Offload::create(path).await?)),
            Subject::Ours(_, _) => Box::new(ByWriteComplete(Offload::create(path).await?)),
        })
    }

    /// The subject over an open file.
    pub(crate) fn adopt(self, file: File) -> AnyFile {
        match self {
            Subject::Tokio => Box::new(TokioFile::new(file.into())),
            Subject::TokioFlush => Box::new(TokioFile::flushing(file.into())),
            Subject::AsyncFs => Box::new(ByFuturesIo(async_fs::File::from(file))),
            Subject::AsyncStd => Box::new(ByFuturesIo(async_std::fs::File::from(file))),
            Subject::Unblock => Box::new(ByFuturesIo(Unblock::new(file))),
            Subject::Ours(Call::FuturesIo, _) => Box::new(ByFuturesIo(Offload::new(file))),
            Subject::Ours(_, _) => Box::new(ByWriteComplete(Offload::new(file))),
        }
    }

    /// The subject over a destination that is no file.
    ///
    /// # Errors
    ///
    /// Why the subject takes none.
    pub(crate) fn over(self, destination: Scripted) -> Result<AnyWriter, &'static str> {
        match self {
            Subject::Tokio | Subject::TokioFlush => Err("tokio::fs::File takes a std::fs::File only"),
            Subject::AsyncFs => Err("async_fs::File takes a std::fs::File only"),
            Subject::AsyncStd => Err("async_std::fs::File takes a std::fs::File only"),
            Subject::Unblock => Ok(Box::new(ByFuturesIo(Unblock::new(destination)))),
            Subject::Ours(Call::FuturesIo, _) => Ok(Box::new(ByFuturesIo(Offload::new(destination)))),
            Subject::Ours(_, _) => Ok(Box::new(ByWriteComplete(Offload::new(destination)))),
        }
    }

    fn all() -> impl Iterator<Item = Subject> {
        let calls = [Call::WriteComplete, Call::FuturesIo, Call::ResumeWriteAll, Call::WriteSubmit];
        let ours = calls.into_iter().flat_map(|call| Executor::ALL.map(|executor| Subject::Ours(call, executor)));
        Subject::PEERS.into_iter().chain([Subject::TokioFlush]).chain(ours)
    }
}

impl FromStr for Subject {
    type Err = anyhow::Error;

    fn from_str(label: &str) -> Result<Self, Self::Err> {
        Subject::all().find(|subject| subject.label() == label).ok_or_else(|| anyhow!("no subject is called {label}"))
    }
}

impl Call {
    fn name(self) -> &'static str {
        match self {
            Call::WriteComplete => "write_complete",
            Call::FuturesIo => "futures_io write",
            Call::ResumeWriteAll => "resume_write_all",
            Call::WriteSubmit => "poll_write_submit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_finds_its_subject() {
        for subject in Subject::all() {
            assert_eq!(subject.label().parse::<Subject>().expect("a subject"), subject);
        }
    }

    #[test]
    fn ours_and_only_ours_carry_our_name() {
        for subject in Subject::all() {
            assert_eq!(subject.label().starts_with(OURS), matches!(subject, Subject::Ours(..)));
        }
    }

    #[test]
    fn an_unknown_label_is_refused() {
        assert!("std".parse::<Subject>().is_err());
    }
}
