//! Compares the answers of a program with what the file was after each of them.

use std::io::SeekFrom;

use anyhow::{Context as _, bail, ensure};

use super::{
    fault::Told,
    program::Program,
    step::{Answer, Line, OPEN, STEPS, Seen, Step},
};

/// What a run showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) answers: usize,
    pub(super) errors: usize,
    pub(super) short_writes: usize,
}

/// Whether each answer is true, where `call` is what the fault was put into.
///
/// # Errors
///
/// The first answer that is not, and why.
pub(super) fn judge(program: Program, call: &str, lines: &[Line], told: Told) -> anyhow::Result<Shown> {
    let (may_leave_a_part, is_synced) = (program == Program::Commit, program == Program::Dsync && call == "write");
    let mut model = Model { may_leave_a_part, is_synced, ..Model::default() };
    let mut shown = Shown { answers: lines.len(), ..Shown::default() };
    for line in lines {
        let story = || format!("step {} {:?} was answered {:?}", line.step, STEPS.get(line.step), line.answer);
        shown.short_writes += usize::from(model.follow(line).with_context(story)?);
        shown.errors += usize::from(matches!(line.answer, Answer::Error { .. }));
    }
    let is_open = lines.first().is_none_or(|line| line.step != OPEN);
    ensure!(!is_open || lines.last().is_some_and(|line| STEPS[line.step] == Step::Close), "it did not come to its end");
    let has_code =
        |wanted| lines.iter().any(|line| matches!(line.answer, Answer::Error { code, .. } if code == Some(wanted)));
    match told {
        Told::Code(wanted) => ensure!(has_code(wanted), "the error {wanted} was told to nobody"),
        Told::Nothing => ensure!(shown.errors == 0, "an error was told that concerns nobody"),
        Told::Whatever => {}
    }
    Ok(shown)
}

/// The file as the answers say that it is.
#[derive(Debug, Default)]
struct Model {
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
const OF_A_SYNC: [i32; 3] = [5, 28, 122];

impl Model {
    /// Takes in one answer; whether it is the count of a short write.
    fn follow(&mut self, line: &Line) -> anyhow::Result<bool> {
        if line.step == OPEN {
            ensure!(matches!(line.answer, Answer::Error { .. }), "an open that went well is not told");
        } else {
            if line.step != self.step {
                ensure!(line.step == self.step + 1, "step {} is missing", self.step + 1);
                (self.step, self.completed) = (line.step, 0);
            }
            self.take_in(STEPS[line.step], line)?;
        }
        // An open is a call of std, and no poll of ours.
        if let (Answer::Error { kind, indeterminate, .. }, false) = (&line.answer, line.step == OPEN) {
            ensure!(!["Interrupted", "WouldBlock"].contains(&kind.as_str()), "a kind that says nothing (P3)");
            ensure!(!indeterminate || self.is_in_doubt, "nothing here is indeterminate (W6)");
        }
        let expected = Seen::of(&self.content);
        ensure!(line.seen == expected, "the file was {:?}, not {expected:?} as the answers say", line.seen);
        let Step::Write(len) = STEPS.get(line.step).copied().unwrap_or(Step::Close) else { return Ok(false) };
        Ok(matches!(line.answer, Answer::Count(_)) && self.completed < len)
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
mod tests {
    use super::*;

    fn error(code: i32) -> Answer {
        Answer::Error { kind: "Other".to_owned(), code: Some(code), indeterminate: false }
    }

    /// All steps, as a writer without faults answers them.
    fn flawless() -> Vec<Line> {
        let mut model = Model::default();
        let mut lines = Vec::new();
        for (number, step) in STEPS.into_iter().enumerate() {
            let answer = match step {
                Step::Write(len) => {
                    model.write(&step.bytes(number));
                    Answer::Count(len)
                }
                Step::SyncData | Step::SyncAll | Step::Close => Answer::Done,
                Step::Seek(to) => {
                    model.cursor = if let SeekFrom::Start(at) = to { at as usize } else { model.content.len() };
                    Answer::Position(model.cursor as u64)
                }
                Step::DroppedRead(_) => Answer::Dropped,
                Step::Read(len) => {
                    model.cursor += len;
                    Answer::Bytes(model.content[model.cursor - len..model.cursor].to_vec())
                }
            };
            lines.push(Line { step: number, answer, seen: Seen::of(&model.content) });
        }
        lines
    }

    fn verdict(lines: &[Line], told: Told) -> Result<Shown, String> {
        judge(Program::Offload, "write", lines, told).map_err(|error| format!("{error:#}"))
    }

    #[track_caller]
    fn is_refused(lines: &[Line], why: &str) {
        let error = verdict(lines, Told::Whatever).expect_err("it is not true");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_run_without_faults_is_true() {
        let shown = verdict(&flawless(), Told::Nothing).expect("true");
        assert_eq!(shown, Shown { answers: STEPS.len(), errors: 0, short_writes: 0 });
        assert!(verdict(&flawless(), Told::Code(5)).expect_err("told").contains("told to nobody"));
    }

    #[test]
    fn an_answered_byte_that_is_absent_is_seen() {
        let mut lines = flawless();
        lines[0].seen = Seen::of(&STEPS[0].bytes(0)[..99]);
        is_refused(&lines, "as the answers say");
    }

    #[test]
    fn a_failed_write_that_left_something_is_seen() {
        let mut lines = flawless();
        let failed = Line { answer: error(5), ..lines[0].clone() };
        lines.insert(0, failed);
        is_refused(&lines, "as the answers say");
        lines[0].seen = Seen::of(&[]);
        assert_eq!(verdict(&lines, Told::Code(5)).expect("true").errors, 1);
    }

    #[test]
    fn a_sync_after_one_that_failed_is_seen() {
        let mut lines = flawless();
        lines[2].answer = error(5);
        is_refused(&lines, "D1");
        lines[10].answer = error(5);
        lines[11].answer = error(5);
        verdict(&lines, Told::Code(5)).expect("true");
    }

    #[test]
    fn short_writes_are_counted_and_must_not_double() {
        let mut lines = flawless();
        let first = Line { step: 0, answer: Answer::Count(40), seen: Seen::of(&STEPS[0].bytes(0)[..40]) };
        lines.insert(0, first);
        is_refused(&lines, "cannot be");
        lines[1].answer = Answer::Count(60);
        assert_eq!(verdict(&lines, Told::Nothing).expect("true").short_writes, 1);
    }

    #[test]
    fn a_kind_that_asks_for_another_try_is_refused() {
        let mut lines = flawless();
        lines[4].answer = Answer::Error { kind: "Interrupted".to_owned(), code: Some(4), indeterminate: false };
        is_refused(&lines, "P3");
    }

    #[test]
    fn a_program_that_ends_early_is_seen() {
        is_refused(&flawless()[..5], "come to its end");
        is_refused(&[], "come to its end");
        let interrupted = Answer::Error { kind: "Interrupted".to_owned(), code: Some(4), indeterminate: false };
        for (answer, code) in [(error(5), 5), (interrupted, 4)] {
            let open = Line { step: OPEN, answer, seen: Seen::of(&[]) };
            verdict(&[open], Told::Code(code)).expect("an open may fail");
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
        model.follow(&of_a_sync(false)).expect_err("it says that nothing is complete");
        model.follow(&of_a_sync(true)).expect("it says that nobody knows");
        model.follow(&flawless()[0]).expect_err("nothing is taken after it");
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
