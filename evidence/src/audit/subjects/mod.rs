//! The writers that are measured.

use std::{fs::File, future::Future, io, path::Path, pin::Pin, str::FromStr};

use anyhow::anyhow;
use blocking::Unblock;

use self::{futures_io::ByFuturesIo, ours::ByWriteComplete, tokio::TokioFile};
use super::{destinations::Scripted, executors::Executor, row::OURS};
use async_write_complete::Offload;

mod futures_io;
mod ours;
mod tokio;

/// A call under way.
pub(crate) type Call<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// What every subject can do.
pub(crate) trait SubjectWriter: Send {
    /// One write, as the subject has it.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Call<'a, usize>;
    /// Writes until all bytes are taken.
    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> Call<'a, ()>;
    /// Waits for what was taken.
    fn flush(&mut self) -> Call<'_, ()>;
    /// Ends the writer in the way that it offers.
    fn close(&mut self) -> Call<'_, ()>;
    /// Asks what became of a write whose future was dropped: how many bytes of it are complete. Ours alone can tell.
    fn settle(&mut self) -> Call<'_, Option<usize>> {
        Box::pin(async { Ok(None) })
    }
}

/// What a subject can do whose destination is a file.
pub(crate) trait SubjectFile: SubjectWriter {
    /// Makes the bytes of the file durable.
    fn sync_data(&mut self) -> Call<'_, ()>;
    /// Makes the file durable.
    fn sync_all(&mut self) -> Call<'_, ()>;
    /// One read.
    fn read<'a>(&'a mut self, bytes: &'a mut [u8]) -> Call<'a, usize>;
    /// How a report calls a sync.
    fn sync_name(&self, method: &str) -> String {
        method.to_owned()
    }
}

/// A subject over any destination.
pub(crate) type AnyWriter = Box<dyn SubjectWriter>;
/// A subject over a file.
pub(crate) type AnyFile = Box<dyn SubjectFile>;

/// Through which of our methods a row of ours writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// `write_complete` and its companions.
    WriteComplete,
    /// The plain `write` of `futures_io`'s extension traits.
    FuturesIo,
    /// `resume_write_all` with a held write, after an error.
    ResumeWriteAll,
    /// `submit` alone: its ticket is dropped.
    Submit,
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
    Ours(By, Executor),
}

impl Subject {
    /// The peers, each as its documentation shows it.
    pub(crate) const PEERS: [Subject; 4] = [Subject::Tokio, Subject::AsyncFs, Subject::AsyncStd, Subject::Unblock];

    /// Our writer through both of its interfaces.
    pub(crate) const OURS: [Subject; 2] =
        [Subject::Ours(By::WriteComplete, Executor::Smol), Subject::Ours(By::FuturesIo, Executor::Smol)];

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
            Subject::Ours(By::FuturesIo, _) => Box::new(ByFuturesIo(Offload::create(path).await?)),
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
            Subject::Ours(By::FuturesIo, _) => Box::new(ByFuturesIo(Offload::new(file))),
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
            Subject::Ours(By::FuturesIo, _) => Ok(Box::new(ByFuturesIo(Offload::new(destination)))),
            Subject::Ours(_, _) => Ok(Box::new(ByWriteComplete(Offload::new(destination)))),
        }
    }

    fn all() -> impl Iterator<Item = Subject> {
        let calls = [By::WriteComplete, By::FuturesIo, By::ResumeWriteAll, By::Submit];
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

impl By {
    fn name(self) -> &'static str {
        match self {
            By::WriteComplete => "write_complete",
            By::FuturesIo => "futures_io write",
            By::ResumeWriteAll => "resume_write_all",
            By::Submit => "submit",
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
