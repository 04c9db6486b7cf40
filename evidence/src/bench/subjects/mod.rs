//! The writers that are measured.

use std::{future::Future, io, path::Path};

use super::{
    runtime::{BlockOn, Compio, Runtime, TokioCurrentThread, TokioMultiThread, TokioSpawned, TokioUring},
    work::{Outcome, Work, do_work},
};

mod calls;
mod futures_io;
mod ours;
mod tokio_file;
mod uring;

/// The bytes of a write. They live as long as the process, so that no subject has to copy or count them only because
/// it wants to own them: each is measured at its best.
pub(super) type Payload = &'static [u8];

/// A writer over a new file. Each call of `write` writes the payload behind what is there.
pub(super) trait Writer: Sized + Send + 'static {
    /// Creates the file at `path`. May block: no clock is running.
    fn open(path: &Path, payload: Payload) -> impl Future<Output = io::Result<Self>> + Send;

    /// Writes the whole payload, and waits for as much as the subject promises.
    fn write(&mut self) -> impl Future<Output = io::Result<()>> + Send;

    /// Waits for what a subject with the weaker promise has not written yet. No clock is running.
    fn settle(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        async { Ok(()) }
    }
}

/// A writer, a way to write, and who drives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// What the table and the JSON call it. Ours begin with the name of the crate.
    pub(super) label: &'static str,
    /// Whether the bytes are in the file when a write is answered.
    pub(super) completes: bool,
    /// Does the work of one turn.
    pub(super) turn: fn(Work) -> io::Result<Outcome>,
}

/// The label of the reference: a blocking write on the thread that asks for it.
pub(super) const STD: &str = "std";

/// The subject that stands for this crate where a figure has one number.
pub(super) use crate::audit::OURS;

/// All subjects: the reference, ours, the peers with the same promise, and those with the weaker one.
pub(super) const ALL: &[Subject] = &[
    completes::<calls::Std, BlockOn>(STD),
    completes::<ours::Complete, BlockOn>(OURS),
    completes::<ours::Complete, TokioCurrentThread>("async-write-complete (tokio current-thread)"),
    completes::<ours::Complete, TokioMultiThread>("async-write-complete (tokio multi-thread)"),
    completes::<ours::Complete, TokioSpawned>("async-write-complete (tokio spawned)"),
    completes::<ours::FuturesIo, BlockOn>("async-write-complete futures-io"),
    completes::<ours::FromUnblock, BlockOn>("async-write-complete FromFuturesIo(Unblock)"),
    completes::<ours::Shared, BlockOn>("async-write-complete Bytes"),
    completes::<tokio_file::Flushed, TokioCurrentThread>("tokio write+flush (current-thread)"),
    completes::<tokio_file::Flushed, TokioMultiThread>("tokio write+flush (multi-thread)"),
    completes::<tokio_file::Flushed, TokioSpawned>("tokio write+flush (spawned)"),
    completes::<calls::SpawnBlocking, TokioCurrentThread>("tokio spawn_blocking"),
    completes::<futures_io::Flushed<async_fs::File>, BlockOn>("async-fs write+flush"),
    completes::<futures_io::Flushed<async_std::fs::File>, BlockOn>("async-std write+flush"),
    completes::<futures_io::Flushed<futures_io::UnblockFile>, BlockOn>("Unblock write+flush"),
    completes::<calls::UnblockCall, BlockOn>("unblock closure"),
    completes::<uring::Compio, Compio>("compio"),
    completes::<uring::TokioUring, TokioUring>("tokio-uring"),
    weaker::<tokio_file::Plain, TokioCurrentThread>("tokio write (current-thread)"),
    weaker::<futures_io::Plain<async_fs::File>, BlockOn>("async-fs write"),
    weaker::<futures_io::Plain<async_std::fs::File>, BlockOn>("async-std write"),
    weaker::<futures_io::Plain<futures_io::UnblockFile>, BlockOn>("Unblock write"),
];

const fn completes<W: Writer, R: Runtime>(label: &'static str) -> Subject {
    Subject { label, completes: true, turn: do_work::<W, R> }
}

const fn weaker<W: Writer, R: Runtime>(label: &'static str) -> Subject {
    Subject { label, completes: false, turn: do_work::<W, R> }
}

impl Subject {
    /// The subject of that label, for the command line.
    ///
    /// # Errors
    ///
    /// With the labels that there are.
    pub(super) fn find(label: &str) -> anyhow::Result<&'static Subject> {
        ALL.iter().find(|subject| subject.label == label).ok_or_else(|| {
            let labels: Vec<&str> = ALL.iter().map(|subject| subject.label).collect();
            anyhow::anyhow!("the subjects are: {}", labels.join(", "))
        })
    }
}

/// Whether a label is one of ours.
pub(super) fn is_ours(label: &str) -> bool {
    label.starts_with(OURS)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::work::{Kind, payload};

    #[test]
    fn each_label_finds_its_subject_and_no_other() {
        for (index, subject) in ALL.iter().enumerate() {
            assert_eq!(Subject::find(subject.label).expect("a subject").label, subject.label);
            assert!(ALL[..index].iter().all(|other| other.label != subject.label), "{}", subject.label);
        }
        assert!(Subject::find("no such").expect_err("none").to_string().contains("tokio-uring"));
    }

    /// What makes the figures comparable: everyone has done the same in the end. That who claims to complete has done it
    /// at the answer is checked in each turn.
    #[test]
    fn every_subject_writes_every_byte() {
        let folder = tempfile::tempdir().expect("a folder");
        for size in [100, 3 << 20] {
            for subject in ALL {
                let kind = Kind::BackToBack { batch: Duration::from_micros(100) };
                let work = Work { folder: folder.path().to_owned(), payload: payload(size), kind };
                match (subject.turn)(work) {
                    Ok(outcome) => assert!(!subject.completes || outcome.missing == 0, "{}", subject.label),
                    // The runtimes of io_uring cannot be made where it is forbidden.
                    Err(error) => assert!(error.raw_os_error().is_some(), "{}: {error}", subject.label),
                }
            }
        }
    }
}
