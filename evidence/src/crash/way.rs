//! The rows: who writes the records, and how.

use std::{fs, io, path::Path, str::FromStr};

use anyhow::anyhow;

use super::{
    judge::{Expected, Finding, Report, judge},
    order::Order,
    whole::{self, Whole},
};
use crate::audit::{By, Executor, Subject};

/// A way to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `write_all` of a writer: `write_all_complete` of ours, or what a peer has.
    WriteAll(Subject),
    /// The same, with a `sync_data` after a few records, which are reported after it.
    Synced(Subject),
    /// `write_all_complete`, some of whose futures are dropped; `settle` tells what is complete.
    Settled,
    /// `write_all_vectored_complete`, a header and a body.
    Vectored,
    /// `write_all_bytes_complete`.
    Bytes,
    /// `write_all` of tokio's traits on `async_write_complete::tokio::fs::File`. If durable, with `sync_data` as above.
    Tokio { durable: bool },
    /// `PositionedFile`, several writes at once.
    Positioned { durable: bool },
    /// `GroupCommit` shared by several threads, some of whose futures are dropped.
    Commit { durable: bool },
    /// Each record is a file.
    Whole(Whole),
}

/// What ended the writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The process, and the system lives.
    Process,
    /// The device.
    Device,
}

const OURS: Subject = Subject::Ours(By::WriteComplete, Executor::Smol);

/// The rows of kills, each with its name.
pub(super) const KILLED: [(&str, Way); 15] = [
    ("write_all_complete", Way::WriteAll(OURS)),
    ("dropped, then settle", Way::Settled),
    ("vectored", Way::Vectored),
    ("Bytes", Way::Bytes),
    ("futures-io write_all", Way::WriteAll(Subject::Ours(By::FuturesIo, Executor::Smol))),
    ("tokio::io write_all", Way::Tokio { durable: false }),
    ("PositionedFile", Way::Positioned { durable: false }),
    ("GroupCommit append", Way::Commit { durable: false }),
    ("GroupCommit append_durable", Way::Commit { durable: true }),
    ("fs::replace", Way::Whole(Whole::Replaced)),
    ("tokio", Way::WriteAll(Subject::Tokio)),
    ("tokio, flushed", Way::WriteAll(Subject::TokioFlush)),
    ("async-fs", Way::WriteAll(Subject::AsyncFs)),
    ("async-std", Way::WriteAll(Subject::AsyncStd)),
    ("Unblock", Way::WriteAll(Subject::Unblock)),
];

/// The rows of power losses. The controls ask for nothing that survives: a check that finds nothing lost in them cannot
/// find anything.
pub(super) const UNPOWERED: [(&str, Way); 10] = [
    ("sync_data", Way::Synced(OURS)),
    ("tokio::io write_all, sync_data", Way::Tokio { durable: true }),
    ("PositionedFile, sync_data", Way::Positioned { durable: true }),
    ("GroupCommit append_durable", Way::Commit { durable: true }),
    ("fs::replace", Way::Whole(Whole::Replaced)),
    ("fs::replace, new names", Way::Whole(Whole::Made)),
    ("new files, sync_all and the directory's", Way::Whole(Whole::Created)),
    ("tokio, sync_data", Way::Synced(Subject::Tokio)),
    ("no sync (control)", Way::WriteAll(OURS)),
    ("a rename, no directory's sync (control)", Way::Whole(Whole::Renamed)),
];

impl Way {
    pub(super) fn is_ours(self) -> bool {
        match self {
            Way::WriteAll(subject) | Way::Synced(subject) => matches!(subject, Subject::Ours(..)),
            Way::Whole(whole) => whole != Whole::Renamed,
            _ => true,
        }
    }

    /// Whether what it reports has to survive the loss of power.
    pub(super) fn is_durable(self) -> bool {
        match self {
            Way::Synced(_) => true,
            Way::Tokio { durable } | Way::Positioned { durable } | Way::Commit { durable } => durable,
            Way::Whole(whole) => whole != Whole::Renamed,
            Way::WriteAll(_) | Way::Settled | Way::Vectored | Way::Bytes => false,
        }
    }

    /// Whether it is the row of `--subject commit`.
    pub(super) fn is_commit(self) -> bool {
        matches!(self, Way::Commit { .. })
    }

    /// Who drives it.
    pub(super) fn executor(self) -> Executor {
        match self {
            Way::WriteAll(subject) | Way::Synced(subject) => subject.executor(),
            Way::Tokio { .. } => Executor::TokioMultiThread,
            _ => Executor::Smol,
        }
    }

    /// Looks for what was reported, in the file at `path` or in those beside it.
    pub(super) fn look(self, path: &Path, reports: &[Report], stopped: Stopped) -> io::Result<Finding> {
        match self {
            Way::Whole(whole) => whole::look(whole, path, reports),
            _ => Ok(judge(&fs::read(path)?, reports, self.expected(stopped))),
        }
    }

    /// What the file must be.
    fn expected(self, stopped: Stopped) -> Expected {
        match (self, stopped) {
            (Way::Positioned { .. }, _) => Expected::EachReport,
            (_, Stopped::Device) => Expected::ToTheLastReport,
            (Way::Commit { .. }, Stopped::Process) => Expected::ToTheEnd(Order::Log),
            (_, Stopped::Process) => Expected::ToTheEnd(Order::One),
        }
    }

    /// What the command line of its process calls it.
    pub(super) fn name(self) -> &'static str {
        let named = KILLED.iter().chain(&UNPOWERED).find(|(_, way)| *way == self);
        named.map_or("", |(name, _)| name)
    }
}

impl FromStr for Way {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let named = KILLED.iter().chain(&UNPOWERED).find(|(known, _)| *known == name);
        named.map(|(_, way)| *way).ok_or_else(|| anyhow!("nobody writes by {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_found_by_its_name() {
        for (_, way) in KILLED.iter().chain(&UNPOWERED) {
            assert_eq!(way.name().parse::<Way>().expect("a way"), *way);
        }
        assert!("".parse::<Way>().is_err());
    }

    #[test]
    fn what_is_ours_and_what_is_durable() {
        let named = |rows: &[(&'static str, Way)], wanted: fn(Way) -> bool| -> Vec<&'static str> {
            rows.iter().filter(|(_, way)| wanted(*way)).map(|(name, _)| *name).collect()
        };
        assert_eq!(
            named(&KILLED, |way| !way.is_ours()),
            ["tokio", "tokio, flushed", "async-fs", "async-std", "Unblock"]
        );
        let controls = ["no sync (control)", "a rename, no directory's sync (control)"];
        assert_eq!(named(&UNPOWERED, |way| !way.is_durable()), controls);
    }
}
