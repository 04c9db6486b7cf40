//! The file as the answers say that it is, and whether others saw it so.

use std::io::SeekFrom;

use anyhow::{bail, ensure};

use super::{
    program::Program,
    step::{Answer, Line, OPEN, STEPS, Seen, Step},
};

/// The file as the answers say that it is.
#[derive(Debug, Default)]
pub(super) struct Model {
    content: Vec<u8>,
    cursor: usize,
    /// The step that is under way, and how many of its bytes are complete.
    step: usize,
    completed: usize,
    has_sync_failed: bool,
    /// Whether a failed append may leave a first part of its record, as the page of `GroupCommit` says.
    may_leave_a_part: bool,
    /// Whether an error of a write may come of its sync, after its bytes; one of the lseek before it comes first.
    is_synced: bool,
    /// Whether a write was answered so that nobody can know what is complete: nothing is taken after it.
    is_in_doubt: bool,
}

/// The codes of a write with `O_DSYNC` that may come of its sync: EIO, ENOSPC, EDQUOT.
pub(super) const OF_A_SYNC: [i32; 3] = [5, 28, 122];

/// Where the try of a write begins, and how many bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Try {
    pub(super) begin: usize,
    pub(super) left: usize,
}

impl Model {
    /// For a program with a fault in the calls of that name.
    pub(super) fn new(program: Program, call: &str) -> Self {
        let (may_leave_a_part, is_synced) = (program == Program::Commit, program == Program::Dsync && call == "write");
        Model { may_leave_a_part, is_synced, ..Model::default() }
    }

    /// Takes in one answer; what was tried, if it is that of a write.
    pub(super) fn follow(&mut self, line: &Line) -> anyhow::Result<Option<Try>> {
        if line.step == OPEN {
            ensure!(matches!(line.answer, Answer::Error { .. }), "an open that went well is not told");
        } else if line.step != self.step {
            ensure!(line.step == self.step + 1, "step {} is missing", self.step + 1);
            (self.step, self.completed) = (line.step, 0);
        }
        let step = STEPS.get(line.step).copied();
        let tried = match step {
            Some(Step::Write(len)) => Some(Try { begin: self.cursor, left: len - self.completed }),
            _ => None,
        };
        if let Some(step) = step {
            self.take_in(step, line)?;
        }
        // An open is a call of std, and no poll of ours.
        if let (Answer::Error { kind, indeterminate, .. }, false) = (&line.answer, line.step == OPEN) {
            ensure!(!["Interrupted", "WouldBlock"].contains(&kind.as_str()), "a kind that says nothing (P3)");
            ensure!(!indeterminate || self.is_in_doubt, "nothing here is indeterminate (W6)");
        }
        let expected = Seen::of(&self.content);
        ensure!(line.seen == expected, "the file was {:?}, not {expected:?} as the answers say", line.seen);
        Ok(tried)
    }

    fn take_in(&mut self, step: Step, line: &Line) -> anyhow::Result<()> {
        match (step, &line.answer) {
            (Step::Write(len), Answer::Count(count)) => {
                ensure!(!self.is_in_doubt, "bytes are taken after an indeterminate write");
                ensure!(*count > 0 && self.completed + count <= len, "a count that cannot be (W2)");
                self.write(&step.bytes(line.step)[self.completed..][..*count]);
                self.completed += count;
            }
            (Step::Write(_), Answer::Error { code, indeterminate, .. }) if self.is_synced => {
                let is_of_a_sync = code.is_some_and(|code| OF_A_SYNC.contains(&code));
                self.is_in_doubt |= is_of_a_sync;
                ensure!(!is_of_a_sync || *indeterminate, "the error may have come after the bytes (W6)");
            }
            (Step::Write(_), Answer::Error { .. }) => self.take_in_part(&step.bytes(line.step), line.seen),
            (Step::SyncData | Step::SyncAll, Answer::Done) => {
                ensure!(!self.has_sync_failed, "a sync succeeds after one that failed (D1)");
            }
            (Step::SyncData | Step::SyncAll, Answer::Error { .. }) => self.has_sync_failed = true,
            (Step::Seek(to), Answer::Position(position)) => {
                self.cursor = match to {
                    SeekFrom::Start(at) => at as usize,
                    SeekFrom::End(_) => self.content.len(),
                    SeekFrom::Current(_) => bail!("no step does that"),
                };
                ensure!(*position == self.cursor as u64, "the cursor is at {}", self.cursor);
            }
            (Step::Read(len) | Step::DroppedRead(len), Answer::Bytes(bytes)) => {
                let rest = self.content.get(self.cursor..).unwrap_or_default();
                ensure!(bytes.len() <= len && rest.starts_with(bytes), "the file has other bytes there");
                ensure!(!bytes.is_empty() || rest.is_empty(), "the file is not at its end");
                self.cursor += bytes.len();
            }
            (Step::Close, Answer::Done | Answer::Error { .. }) => {}
            (Step::DroppedRead(_), Answer::Dropped) => {}
            (Step::Seek(_) | Step::Read(_) | Step::DroppedRead(_), Answer::Error { .. } | Answer::NotOffered) => {}
            _ => bail!("no answer to such a step"),
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) {
        let end = self.cursor + bytes.len();
        self.content.resize(self.content.len().max(end), 0);
        self.content[self.cursor..end].copy_from_slice(bytes);
        self.cursor = end;
    }

    /// After a failed append, what stands there may be a first part of the record.
    fn take_in_part(&mut self, bytes: &[u8], seen: Seen) {
        let part = seen.len.saturating_sub(self.content.len());
        if self.may_leave_a_part && part < bytes.len() {
            self.write(&bytes[..part]);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::faults::program::TRIES;

    pub(crate) fn error(code: i32) -> Answer {
        Answer::Error { kind: "Other".to_owned(), code: Some(code), indeterminate: false }
    }

    /// All steps, as a writer without faults answers them.
    pub(crate) fn flawless() -> Vec<Line> {
        with_failures(|_, _| false)
    }

    /// The same, where those tries of those steps, if they are writes, are answered EIO.
    pub(crate) fn with_failures(fails: impl Fn(usize, usize) -> bool) -> Vec<Line> {
        let mut model = Model::default();
        let mut lines = Vec::new();
        for (number, step) in STEPS.into_iter().enumerate() {
            let failures = (0..TRIES).take_while(|tried| step.is_write() && fails(number, *tried)).count();
            let seen = Seen::of(&model.content);
            lines.extend((0..failures).map(|_| Line { step: number, answer: error(5), seen }));
            if failures < TRIES {
                let answer = model.answer(number, step);
                lines.push(Line { step: number, answer, seen: Seen::of(&model.content) });
            }
        }
        lines
    }

    impl Model {
        fn answer(&mut self, number: usize, step: Step) -> Answer {
            match step {
                Step::Write(len) => {
                    self.write(&step.bytes(number));
                    Answer::Count(len)
                }
                Step::SyncData | Step::SyncAll | Step::Close => Answer::Done,
                Step::Seek(to) => {
                    self.cursor = if let SeekFrom::Start(at) = to { at as usize } else { self.content.len() };
                    Answer::Position(self.cursor as u64)
                }
                Step::DroppedRead(_) => Answer::Dropped,
                Step::Read(len) => {
                    let rest = self.content.get(self.cursor..).unwrap_or_default();
                    let bytes = rest[..len.min(rest.len())].to_vec();
                    self.cursor += bytes.len();
                    Answer::Bytes(bytes)
                }
            }
        }
    }

    #[test]
    fn a_failed_write_with_a_sync_must_be_indeterminate_and_the_last() {
        let of_a_sync = |indeterminate| Line {
            step: 0,
            answer: Answer::Error { kind: "Other".to_owned(), code: Some(5), indeterminate },
            seen: Seen::of(&[]),
        };
        let mut model = Model { is_synced: true, ..Model::default() };
        let first = flawless().swap_remove(0);
        model.follow(&of_a_sync(false)).expect_err("it says that nothing is complete");
        model.follow(&of_a_sync(true)).expect("it says that nobody knows");
        model.follow(&first).expect_err("nothing is taken after it");
        Model::default().follow(&of_a_sync(true)).expect_err("without a sync it is known");
    }

    #[test]
    fn a_failed_append_may_leave_a_part() {
        let part = Line { step: 0, answer: error(27), seen: Seen::of(&STEPS[0].bytes(0)[..40]) };
        let mut model = Model { may_leave_a_part: true, ..Model::default() };
        model.follow(&part).expect("a first part");
        Model::default().follow(&part).expect_err("not of a write");
        let whole = Line { seen: Seen::of(&STEPS[0].bytes(0)), ..part };
        Model { may_leave_a_part: true, ..Model::default() }.follow(&whole).expect_err("not the whole record");
    }
}
