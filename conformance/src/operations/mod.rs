//! The operations of a writer, as a [`Trial`] does them.

use std::{
    fmt,
    io::{self, IoSlice, SeekFrom},
    task::Poll,
};

pub(crate) use fill::Filled;

use crate::{
    judge::{Judged, Stop},
    kit::Kit,
    need::Need,
    subject::Call,
    trial::Trial,
};

mod fill;
mod futures;
mod polls;
mod writes;

/// An operation of the writing side, to be tried in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// It submits [`NEXT`].
    Submit,
    /// It submits [`NEXT`] in two slices, with empty ones between.
    SubmitVectored,
    /// It submits [`NEXT`] by the method for `Bytes`.
    SubmitBytes,
    /// Only a trait without tickets has it.
    Flush,
    /// It moves the cursor to where it is.
    Seek,
    Sync,
    /// One of this name, which its author declared.
    Other(&'static str),
    Close,
}

impl Operation {
    /// Those that submit bytes.
    pub(crate) const SUBMISSIONS: [Self; 3] = [Self::Submit, Self::SubmitVectored, Self::SubmitBytes];

    /// Those that a writer of this kind may have; the close is the last one.
    pub(crate) fn of(kit: &Kit) -> Vec<Self> {
        let flush = kit.declared.flushes.then_some(Self::Flush);
        let others = kit.declared.operations.iter().map(|name| Self::Other(name));
        let seek_and_sync = [Self::Seek, Self::Sync];
        Self::SUBMISSIONS.into_iter().chain(flush).chain(seek_and_sync).chain(others).chain([Self::Close]).collect()
    }

    /// What it needs of the writer.
    pub(crate) const fn needs(self) -> &'static [Need] {
        match self {
            Self::Submit | Self::SubmitVectored | Self::Other(_) => &[],
            Self::SubmitBytes => &[Need::Bytes],
            Self::Flush => &[Need::Flush],
            Self::Seek => &[Need::Seek],
            Self::Sync => &[Need::Sync],
            Self::Close => &[Need::Close],
        }
    }

    /// What it needs of the writer, and `more`.
    pub(crate) fn needs_and(self, more: &[Need]) -> Vec<Need> {
        [self.needs(), more].concat()
    }

    pub(crate) fn submits(self) -> bool {
        Self::SUBMISSIONS.contains(&self)
    }
}

/// The method that does it.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submit => "poll_write_submit",
            Self::SubmitVectored => "poll_write_submit_vectored",
            Self::SubmitBytes => "poll_write_submit_bytes",
            Self::Flush => "poll_flush",
            Self::Seek => "poll_seek",
            Self::Sync => "a sync",
            Self::Other(name) => name,
            Self::Close => "poll_close_complete",
        })
    }
}

/// What the operations submit.
pub(crate) const NEXT: &[u8] = b"next";

/// [`NEXT`] in two slices, with empty ones between.
fn next_in_slices() -> [&'static [u8]; 4] {
    [&[], &NEXT[..1], &[], &NEXT[1..]]
}

impl Trial<'_> {
    /// The operations of this writer.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let able = |operation: &Operation| operation.needs().iter().all(|need| self.can(*need));
        Operation::of(self.kit).into_iter().filter(able).collect()
    }

    /// The case is left out unless `need` is met.
    fn needs(&self, need: Need) -> Judged {
        self.kit.declared.unmet(need).map_or(Ok(()), |why| Err(Stop::Skip(why)))
    }

    /// One poll of `operation`; the future of one that is no poll is dropped after it.
    pub(crate) fn start(&mut self, operation: Operation) -> Judged<Poll<io::Result<()>>> {
        Ok(match operation {
            Operation::Submit => self.submit(NEXT)?.map_ok(drop),
            Operation::SubmitVectored => self.submit_vectored(&next_in_slices())?.map_ok(drop),
            Operation::SubmitBytes => self.submit_bytes(NEXT)?.map_ok(drop),
            Operation::Flush => self.flush()?,
            Operation::Seek => self.seek(SeekFrom::Current(0))?.map_ok(drop),
            Operation::Sync => self.sync_once()?,
            Operation::Other(name) => self.drive(Call::Other(name), |_, _, _| false)?,
            Operation::Close => self.close()?,
        })
    }

    /// Carries `operation` to its end; a submission to where it is taken.
    pub(crate) fn operate(&mut self, operation: Operation) -> Judged<io::Result<()>> {
        Ok(match operation {
            Operation::Submit => self.submit_to_end(NEXT)?.map(drop),
            Operation::SubmitVectored => {
                let slices = next_in_slices().map(IoSlice::new);
                let what = "poll_write_submit_vectored(\"next\")";
                self.carry(what, |writer, cx| writer.poll_write_submit_vectored(cx, &slices))?.map(drop)
            }
            Operation::SubmitBytes => self.submit_bytes_to_end(NEXT)?.map(drop),
            Operation::Flush => self.flush_to_end()?,
            Operation::Seek => self.seek_to_end(SeekFrom::Current(0))?.map(drop),
            Operation::Sync => self.sync()?,
            Operation::Other(name) => self.drive_to_end(Call::Other(name))?,
            Operation::Close => self.close_to_end()?,
        })
    }
}
