//! Who is measured: a way to use a file, and the executor that drives it.

use std::io;

use serde::{Deserialize, Serialize};

use super::{
    handle::Handle,
    runtime::{Bare, Compio, Runtime, SmolSpawned, Tokio, TokioSpawned, TokioUring},
    sample::Sample,
    situations::Situation,
    turn::{self, Turn},
};

mod calls;
mod futures_io;
mod ours;
mod positioned;
mod tokio_file;
mod uring;

/// What a subject is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// `std` on the same thread.
    Reference,
    /// This crate as most use it: it is in every count.
    Ours,
    /// This crate, used otherwise.
    Variant,
    /// Somebody else's, with the same promise.
    Peer,
    /// Somebody else's, whose answers come before the bytes are in the file.
    Weaker,
}

/// A way to use a file, and the executor that drives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// The way.
    pub(super) label: &'static str,
    /// The executor.
    pub(super) runtime: &'static str,
    pub(super) role: Role,
    /// Does the work of one turn.
    pub(super) turn: fn(&Turn) -> io::Result<Sample>,
}

/// Ours, as the audit calls it too.
pub(crate) use crate::audit::OURS;

/// The label of the reference.
pub(crate) const STD: &str = "std";
pub(super) const BYTES: &str = "async-write-complete Bytes";
const NEVER_SPIN: &str = "async-write-complete never_spin";
const FUTURES_IO: &str = "async-write-complete futures-io";
const POSITIONED: &str = "async-write-complete PositionedFile";
const TOKIO: &str = "tokio write+flush";
const SPAWN_BLOCKING: &str = "spawn_blocking";
const ASYNC_FS: &str = "async-fs write+flush";
const ASYNC_STD: &str = "async-std write+flush";
const UNBLOCK: &str = "Unblock write+flush";

type SpawnBlocking = calls::Lent<calls::SpawnBlocking>;
type AsyncFs = futures_io::Flushed<async_fs::File>;
type AsyncStd = futures_io::Flushed<async_std::fs::File>;
type Unblock = futures_io::Flushed<futures_io::UnblockFile>;

/// Writers and readers with a cursor. A peer that needs no executor of its own is driven by each that its users have.
const WITH_CURSOR: &[Subject] = &[
    subject::<calls::Std, Bare>(STD, Role::Reference),
    subject::<ours::Complete, Bare>(OURS, Role::Ours),
    subject::<ours::Shared, Bare>(BYTES, Role::Variant),
    subject::<ours::NeverSpin, Bare>(NEVER_SPIN, Role::Variant),
    subject::<ours::FuturesIo, Bare>(FUTURES_IO, Role::Variant),
    subject::<AsyncFs, Bare>(ASYNC_FS, Role::Peer),
    subject::<AsyncStd, Bare>(ASYNC_STD, Role::Peer),
    subject::<Unblock, Bare>(UNBLOCK, Role::Peer),
    subject::<calls::Lent<calls::Unblock>, Bare>("unblock closure", Role::Peer),
    subject::<ours::Complete, Tokio>(OURS, Role::Ours),
    subject::<tokio_file::Flushed, Tokio>(TOKIO, Role::Peer),
    subject::<SpawnBlocking, Tokio>(SPAWN_BLOCKING, Role::Peer),
    subject::<calls::Std, TokioSpawned>(STD, Role::Reference),
    subject::<ours::Complete, TokioSpawned>(OURS, Role::Ours),
    subject::<tokio_file::Flushed, TokioSpawned>(TOKIO, Role::Peer),
    subject::<SpawnBlocking, TokioSpawned>(SPAWN_BLOCKING, Role::Peer),
    subject::<ours::Complete, SmolSpawned>(OURS, Role::Ours),
    subject::<AsyncFs, SmolSpawned>(ASYNC_FS, Role::Peer),
    subject::<Unblock, SmolSpawned>(UNBLOCK, Role::Peer),
    subject::<ours::Complete, Compio>(OURS, Role::Ours),
    subject::<uring::Compio, Compio>("compio", Role::Peer),
    subject::<ours::Complete, TokioUring>(OURS, Role::Ours),
    subject::<uring::TokioUring, TokioUring>("tokio-uring", Role::Peer),
    subject::<tokio_file::Plain, Tokio>("tokio write", Role::Weaker),
    subject::<futures_io::Plain<async_fs::File>, Bare>("async-fs write", Role::Weaker),
    subject::<futures_io::Plain<futures_io::UnblockFile>, Bare>("Unblock write", Role::Weaker),
];

/// Readers: the same files, called by the crate.
const READERS: &[Subject] = &[
    subject::<calls::Std, Bare>(STD, Role::Reference),
    subject::<ours::Complete, Bare>(OURS, Role::Ours),
    subject::<AsyncFs, Bare>("async-fs", Role::Peer),
    subject::<AsyncStd, Bare>("async-std", Role::Peer),
    subject::<Unblock, Bare>("Unblock", Role::Peer),
    subject::<ours::Complete, Tokio>(OURS, Role::Ours),
    subject::<tokio_file::Plain, Tokio>("tokio", Role::Peer),
    subject::<SpawnBlocking, Tokio>(SPAWN_BLOCKING, Role::Peer),
    subject::<ours::Complete, TokioSpawned>(OURS, Role::Ours),
    subject::<tokio_file::Plain, TokioSpawned>("tokio", Role::Peer),
    subject::<SpawnBlocking, TokioSpawned>(SPAWN_BLOCKING, Role::Peer),
    subject::<ours::Complete, Compio>(OURS, Role::Ours),
    subject::<uring::Compio, Compio>("compio", Role::Peer),
    subject::<ours::Complete, TokioUring>(OURS, Role::Ours),
    subject::<uring::TokioUring, TokioUring>("tokio-uring", Role::Peer),
];

/// Writers at positions.
const AT_POSITIONS: &[Subject] = &[
    subject::<positioned::Std, Bare>(STD, Role::Reference),
    subject::<positioned::Ours, Bare>(POSITIONED, Role::Ours),
    subject::<positioned::Shared<calls::Unblock>, Bare>("unblock, write_all_at", Role::Peer),
    subject::<positioned::Ours, Tokio>(POSITIONED, Role::Ours),
    subject::<positioned::Shared<calls::SpawnBlocking>, Tokio>("spawn_blocking, write_all_at", Role::Peer),
    subject::<positioned::Ours, TokioSpawned>(POSITIONED, Role::Ours),
    subject::<positioned::Shared<calls::SpawnBlocking>, TokioSpawned>("spawn_blocking, write_all_at", Role::Peer),
    subject::<positioned::Ours, Compio>(POSITIONED, Role::Ours),
    subject::<uring::Compio, Compio>("compio", Role::Peer),
    subject::<positioned::Ours, TokioUring>(POSITIONED, Role::Ours),
    subject::<uring::TokioUring, TokioUring>("tokio-uring", Role::Peer),
];

const fn subject<H: Handle, R: Runtime>(label: &'static str, role: Role) -> Subject {
    Subject { label, runtime: R::NAME, role, turn: turn::take::<H, R> }
}

/// From this size on a write costs more than the hand-over.
const LARGE: usize = 1 << 20;

/// Who is measured in a situation, with operations of that size.
pub(super) fn of(situation: Situation, size: usize) -> impl Iterator<Item = &'static Subject> {
    let all = match situation {
        Situation::Positions => AT_POSITIONS,
        Situation::Reads => READERS,
        _ => WITH_CURSOR,
    };
    all.iter().filter(move |subject| takes(situation, size, subject))
}

/// Enough of them in each situation for what it is about: a run is to take minutes.
fn takes(situation: Situation, size: usize, subject: &Subject) -> bool {
    let (label, runtime) = (subject.label, subject.runtime);
    let is_uring = runtime == Compio::NAME || runtime == TokioUring::NAME;
    let is_spawned_reference = label == STD && runtime == TokioSpawned::NAME;
    let is_odd = label == FUTURES_IO || label == "unblock closure" || subject.role == Role::Weaker;
    let is_usual = !is_spawned_reference && !is_odd;
    match situation {
        Situation::Alone if size >= LARGE => {
            is_usual && label != NEVER_SPIN && runtime != Tokio::NAME && runtime != SmolSpawned::NAME
        }
        Situation::Alone => is_usual || (is_odd && size == 100),
        Situation::BusyLoops => is_usual,
        Situation::OneCore | Situation::Quota => is_usual && !is_uring,
        Situation::OnePerMs => is_usual && !is_uring && label != BYTES && runtime != SmolSpawned::NAME,
        Situation::Durable => {
            is_usual && ![BYTES, NEVER_SPIN, UNBLOCK].contains(&label) && runtime != SmolSpawned::NAME
        }
        Situation::SlowPipe => is_usual && !is_uring && label != BYTES && runtime != SmolSpawned::NAME,
        Situation::Positions | Situation::Reads => true,
        Situation::Writers(_) => [TokioSpawned::NAME, SmolSpawned::NAME].contains(&runtime),
        Situation::Idle => is_usual && !is_uring && [Bare::NAME, Tokio::NAME].contains(&runtime) && label != BYTES,
        Situation::Tmpfs | Situation::Ext4 | Situation::Xfs | Situation::Btrfs => {
            is_usual && (is_uring || runtime == Bare::NAME)
        }
    }
}

impl Subject {
    /// How it is called where its executor is not said otherwise.
    pub(super) fn name(&self) -> String {
        name(self.label, self.runtime)
    }
}

/// A way, and its executor.
pub(super) fn name(label: &str, runtime: &str) -> String {
    format!("{label}, {runtime}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{handle::Action, situations::Effort, turn::Kind, warm_file::WarmFile};

    #[test]
    fn every_situation_has_the_reference_ours_and_a_peer_of_the_same_executor() {
        for situation in Situation::ALL {
            for &size in situation.sizes() {
                let subjects: Vec<&Subject> = of(situation, size).collect();
                let has = |role, runtime: &str| {
                    subjects.iter().any(|subject| subject.role == role && subject.runtime == runtime)
                };
                assert_eq!(
                    subjects.iter().filter(|subject| subject.role == Role::Reference).count(),
                    1,
                    "{situation:?}"
                );
                for ours in subjects.iter().filter(|subject| subject.role == Role::Ours) {
                    assert!(has(Role::Peer, ours.runtime), "{situation:?}: {}", ours.runtime);
                }
                for peer in subjects.iter().filter(|subject| subject.role == Role::Peer) {
                    assert!(has(Role::Ours, peer.runtime), "{situation:?}: {}", peer.name());
                }
                let mut names: Vec<String> = subjects.iter().map(|subject| subject.name()).collect();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), subjects.len(), "{situation:?}");
            }
        }
    }

    /// What makes the figures comparable: everyone has done the same in the end. That who claims to complete has done
    /// it at the answer is checked in each turn.
    #[test]
    fn every_subject_writes_every_byte_where_it_says() {
        let folder = tempfile::tempdir().expect("a folder");
        for size in [100, 3 << 20] {
            let file = WarmFile::make(&folder.path().join("file"), size, 2).expect("a file");
            for subject in WITH_CURSOR.iter().chain(AT_POSITIONS) {
                let kind =
                    Kind::BackToBack { action: Action::Write, budget: Situation::Alone.budget(Effort::Quick, 1) };
                let result = (subject.turn)(&Turn::new(file.clone(), kind));
                match result {
                    Ok(sample) => assert!(!sample.latencies.is_empty(), "{}", subject.name()),
                    // The runtimes of io_uring cannot be made where it is forbidden.
                    Err(error) => assert!(error.raw_os_error().is_some(), "{}: {error}", subject.name()),
                }
            }
        }
    }
}
