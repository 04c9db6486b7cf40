//! The types that are judged.

use std::{path::Path, time::Duration};

use async_write_complete::{AsyncWriteComplete, contract::Rule};
use async_write_complete_conformance::{Certify, Outcome};

use super::wording::Speaks;
use crate::VERSIONS;

mod blocking;
mod buffers;
mod ours;
mod sockets;
mod tokio;
mod uring;

/// A type, and how it is judged.
#[derive(Debug)]
pub(crate) struct Subject {
    /// By what name the command line knows it.
    pub(crate) id: &'static str,
    /// The type, as one writes it.
    pub(crate) name: &'static str,
    /// The crates that it comes from.
    crates: &'static [&'static str],
    /// What exactly is judged, and how it is held and made to fail.
    pub(crate) note: &'static str,
    /// The trait through which it is seen.
    pub(super) speaks: Speaks,
    /// Whose it is.
    whose: Whose,
    /// Judges it by one rule, with files in that folder.
    pub(super) check: fn(&Path, Rule) -> anyhow::Result<Outcome>,
}

/// Whose a type is.
#[derive(Debug)]
enum Whose {
    Peers,
    /// This project's, with the rules from which it deviates by its own documentation.
    Ours(&'static [Rule]),
}

impl Subject {
    /// The crates with their versions, as the build script read them.
    pub(crate) fn version(&self) -> String {
        let versions = VERSIONS.split(", ");
        let mine = versions.filter(|found| self.crates.iter().any(|name| found.split(' ').next() == Some(name)));
        mine.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn is_ours(&self) -> bool {
        matches!(self.whose, Whose::Ours(_))
    }

    /// The rules from which it deviates by its own documentation.
    pub(crate) fn documented(&self) -> &'static [Rule] {
        match self.whose {
            Whose::Ours(rules) => rules,
            Whose::Peers => &[],
        }
    }
}

/// All of them, in the order of the matrix.
pub(crate) fn all() -> Vec<&'static Subject> {
    let peers = [tokio::ALL, blocking::ALL, buffers::ALL, sockets::ALL, uring::ALL];
    peers.into_iter().chain([ours::ALL]).flatten().collect()
}

/// How long to wait for what should happen by itself: long for a write on this machine, short for a person.
const PATIENCE: Duration = Duration::from_millis(800);

/// How long a step of a check may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Patience and limit for our own writers: no wait for them is in vain, and a sync on a busy disk may take that long.
const LONG: Duration = Duration::from_secs(30);

fn judge<W: AsyncWriteComplete + 'static>(certify: Certify<W>, rule: Rule) -> anyhow::Result<Outcome> {
    Ok(certify.limit(LIMIT).check(rule))
}

/// For writers of ours that go on by themselves.
fn judge_ours<W: AsyncWriteComplete + 'static>(certify: Certify<W>, rule: Rule) -> anyhow::Result<Outcome> {
    Ok(certify.patience(LONG).limit(LONG).check(rule))
}

/// For writers that go on by themselves, which the kit has to wait for.
fn judge_patiently<W: AsyncWriteComplete + 'static>(certify: Certify<W>, rule: Rule) -> anyhow::Result<Outcome> {
    judge(certify.patience(PATIENCE), rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ() {
        let all = all();
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other.id != one.id && other.name != one.name), "{}", one.id);
        }
    }

    #[test]
    fn every_crate_has_a_version() {
        for subject in all() {
            for word in subject.version().split(", ") {
                assert!(word.contains(' ') && !word.contains("not in"), "{}: {word}", subject.id);
            }
        }
    }
}
