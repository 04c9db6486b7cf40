//! The steps of the programs, and what a program tells of each.

use std::io::{self, SeekFrom};

use async_write_complete::{Indeterminate, error::raw_os_error};
use serde::{Deserialize, Serialize};

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A write of so many bytes, tried again with what is left of it.
    Write(usize),
    SyncData,
    SyncAll,
    Seek(SeekFrom),
    /// A read of at most so many bytes.
    Read(usize),
    /// The same, dropped after its first poll: what it fetched is not read, and a write after it moves the cursor back.
    DroppedRead(usize),
    Close,
}

/// All of them. There are writes before and after every other kind of step, and syncs after whatever may have failed.
pub(super) const STEPS: [Step; 13] = [
    Step::Write(100),
    Step::Write(5000),
    Step::SyncData,
    Step::Write(1),
    Step::Seek(SeekFrom::Start(50)),
    Step::Read(20),
    Step::DroppedRead(500),
    Step::Write(300),
    Step::Seek(SeekFrom::End(0)),
    Step::Write(20_000),
    Step::SyncAll,
    Step::SyncData,
    Step::Close,
];

/// The step of an open that failed.
pub(super) const OPEN: usize = usize::MAX;

impl Step {
    pub(super) fn is_write(self) -> bool {
        matches!(self, Step::Write(_))
    }

    /// What the write of that number writes: bytes that no other write has in the same place.
    pub(super) fn bytes(self, number: usize) -> Vec<u8> {
        let Step::Write(len) = self else { return Vec::new() };
        let mut bytes = vec![0; len];
        fastrand::Rng::with_seed(number as u64).fill(&mut bytes);
        bytes
    }
}

/// What a step was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    Done,
    Count(usize),
    Position(u64),
    Bytes(Vec<u8>),
    Error {
        kind: String,
        code: Option<i32>,
        indeterminate: bool,
    },
    /// Nothing: it was dropped.
    Dropped,
    /// The writer has no such operation.
    NotOffered,
}

impl Answer {
    pub(super) fn error(error: &io::Error) -> Self {
        Answer::Error {
            kind: format!("{:?}", error.kind()),
            code: raw_os_error(error),
            indeterminate: Indeterminate::find(error).is_some(),
        }
    }

    pub(super) fn done(result: io::Result<()>) -> Self {
        result.map_or_else(|error| Answer::error(&error), |()| Answer::Done)
    }

    pub(super) fn count(result: &io::Result<usize>) -> Self {
        result.as_ref().map_or_else(Answer::error, |count| Answer::Count(*count))
    }

    pub(super) fn position(result: &io::Result<u64>) -> Self {
        result.as_ref().map_or_else(Answer::error, |position| Answer::Position(*position))
    }

    pub(super) fn bytes(result: io::Result<Vec<u8>>) -> Self {
        result.map_or_else(|error| Answer::error(&error), Answer::Bytes)
    }
}

/// What others saw in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) len: usize,
    pub(super) checksum: u32,
}

impl Seen {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Seen { len: bytes.len(), checksum: crc32fast::hash(bytes) }
    }
}

/// What a program tells of one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The number of the step; none has the number of an open that failed.
    pub(super) step: usize,
    pub(super) answer: Answer,
    pub(super) seen: Seen,
}
