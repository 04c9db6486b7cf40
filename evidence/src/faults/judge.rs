//! Judges the answers of a program: each must be true of the file, and whoever made the call that failed must tell so.

use anyhow::{Context as _, ensure};

use super::{
    fault::Fault,
    model::{Model, Try},
    program::Program,
    step::{Answer, Line, OPEN, STEPS, Step},
    told::{check_limit, check_no_error, check_reported},
    trace::Made,
};

/// What a run showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) answers: usize,
    pub(super) errors: usize,
    pub(super) short_writes: usize,
}

/// What was done to a program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause<'a> {
    /// A fault was put into the calls of that name, from the `number`-th on.
    Fault { fault: Fault, call: &'a str, number: u32, made: &'a [Made] },
    /// None was, for the program makes fewer calls of that name.
    Nothing { call: &'a str, made: &'a [Made] },
    /// No file could become longer.
    Limit(u64),
}

/// Whether each answer is true.
///
/// # Errors
///
/// The first answer that is not, and why.
pub(super) fn judge(program: Program, cause: Cause<'_>, lines: &[Line]) -> anyhow::Result<Shown> {
    let call = match cause {
        Cause::Fault { call, .. } | Cause::Nothing { call, .. } => call,
        Cause::Limit(_) => "write",
    };
    let mut model = Model::new(program, call);
    let mut shown = Shown { answers: lines.len(), ..Shown::default() };
    let mut tries = Vec::with_capacity(lines.len());
    for line in lines {
        let story = || format!("step {} {:?} was answered {:?}", line.step, STEPS.get(line.step), line.answer);
        let tried = model.follow(line).with_context(story)?;
        shown.short_writes += usize::from(is_short(line, tried));
        shown.errors += usize::from(matches!(line.answer, Answer::Error { .. }));
        tries.push(tried);
    }
    let is_open = lines.first().is_none_or(|line| line.step != OPEN);
    ensure!(!is_open || lines.last().is_some_and(|line| STEPS[line.step] == Step::Close), "it did not come to its end");
    match cause {
        Cause::Limit(limit) => check_limit(program, limit, lines, &tries)?,
        Cause::Nothing { call, made } => {
            check_complete(lines, &tries)?;
            check_no_error(program, call, made, lines)?;
        }
        Cause::Fault { fault, call, number, made } => {
            check_complete(lines, &tries)?;
            check_reported(program, fault, call, number, made, lines)?;
        }
    }
    Ok(shown)
}

fn is_short(line: &Line, tried: Option<Try>) -> bool {
    matches!((&line.answer, tried), (Answer::Count(count), Some(tried)) if *count < tried.left)
}

/// Whether every write that was not answered by an error in the end is complete to its last byte.
fn check_complete(lines: &[Line], tries: &[Option<Try>]) -> anyhow::Result<()> {
    for (index, (line, tried)) in lines.iter().zip(tries).enumerate() {
        let is_last = lines.get(index + 1).is_none_or(|next| next.step != line.step);
        ensure!(!is_last || !is_short(line, *tried), "step {} never became complete", line.step);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{
        fault::FAULTS,
        model::tests::{error, flawless, with_failures},
        step::Seen,
    };

    /// What became of the calls of one name; `injected` are those that failed.
    fn made(lines: &[usize], injected: &[usize]) -> Vec<Made> {
        lines.iter().map(|&line| Made { line, is_injected: injected.contains(&line) }).collect()
    }

    /// Of an `Offload`, where the `number`-th call of that name fails with EIO, once; it was made before that line.
    fn verdict(call: &str, number: u32, line: usize, lines: &[Line]) -> Result<Shown, String> {
        let (fault, made) = (FAULTS[0], made(&[line], &[line]));
        let cause = Cause::Fault { fault, call, number, made: &made };
        judge(Program::Offload, cause, lines).map_err(|error| format!("{error:#}"))
    }

    /// Where nothing fails. The writes are made in the steps that are writes.
    fn without_a_fault(lines: &[Line]) -> Result<Shown, String> {
        let made = made(&[0, 1, 3, 7, 9], &[]);
        judge(Program::Offload, Cause::Nothing { call: "write", made: &made }, lines)
            .map_err(|error| format!("{error:#}"))
    }

    #[track_caller]
    fn is_refused(verdict: Result<Shown, String>, why: &str) {
        let error = verdict.expect_err("it is not true");
        assert!(error.contains(why), "{error}");
    }

    /// The first write fails, and is tried again.
    fn failed_once() -> Vec<Line> {
        with_failures(|step, tried| step == 0 && tried == 0)
    }

    #[test]
    fn a_run_without_faults_is_true() {
        let shown = without_a_fault(&flawless()).expect("true");
        assert_eq!(shown, Shown { answers: STEPS.len(), errors: 0, short_writes: 0 });
        is_refused(verdict("write", 1, 0, &flawless()), "told to nobody");
    }

    #[test]
    fn an_answered_byte_that_is_absent_is_seen() {
        let mut lines = flawless();
        lines[0].seen = Seen::of(&STEPS[0].bytes(0)[..99]);
        is_refused(without_a_fault(&lines), "as the answers say");
    }

    #[test]
    fn a_failed_write_that_left_something_is_seen() {
        let mut lines = failed_once();
        assert_eq!(verdict("write", 1, 0, &lines).expect("true").errors, 1);
        lines[0].seen = lines[1].seen;
        is_refused(verdict("write", 1, 0, &lines), "as the answers say");
    }

    #[test]
    fn a_writer_that_stays_failed_is_seen() {
        let lines = with_failures(|_, _| true);
        is_refused(verdict("write", 1, 0, &lines), "line 1 tells an error that is not its own");
        // The next step, and not the next try.
        let lines = with_failures(|step, tried| step > 0 || tried == 0);
        is_refused(verdict("write", 1, 0, &lines), "line 2 tells an error that is not its own");
    }

    #[test]
    fn an_error_told_twice_is_seen() {
        let lines = with_failures(|step, tried| step == 7 && tried < 2);
        is_refused(verdict("write", 4, 7, &lines), "line 8 tells an error that is not its own");
    }

    #[test]
    fn an_error_told_in_the_place_of_another_is_seen() {
        let mut lines = failed_once();
        lines[0].answer = error(28);
        is_refused(verdict("write", 1, 0, &lines), "[Some(28)], not 5");
        // The second write failed.
        is_refused(verdict("write", 2, 2, &failed_once()), "told to nobody");
    }

    #[test]
    fn a_sync_after_one_that_failed_is_seen() {
        let mut lines = flawless();
        lines[2].answer = error(5);
        is_refused(verdict("fdatasync", 1, 2, &lines), "D1");
        lines[10].answer = error(5);
        lines[11].answer = error(5);
        verdict("fdatasync", 1, 2, &lines).expect("true");
    }

    #[test]
    fn a_sync_error_told_late_is_seen() {
        let mut lines = flawless();
        lines[10].answer = error(5);
        lines[11].answer = error(5);
        is_refused(verdict("fdatasync", 1, 2, &lines), "told to nobody in line 2");
        // As if the call had been put off.
        is_refused(verdict("fdatasync", 1, 10, &lines), "made in line 10, not in step 2");
    }

    #[test]
    fn an_error_of_another_call_is_told_by_its_own_step() {
        for (call, line) in [("lseek", 8), ("read", 5), ("close", 12)] {
            is_refused(verdict(call, 1, line, &flawless()), "told to nobody");
        }
        let mut lines = flawless();
        lines[12].answer = error(5);
        verdict("close", 1, 12, &lines).expect("true");
        lines[11].answer = error(5);
        is_refused(verdict("close", 1, 12, &lines), "line 11 tells");
    }

    #[test]
    fn a_read_that_nobody_waited_for_may_fail_unheard() {
        verdict("read", 2, 6, &flawless()).expect("true");
        verdict("read", 2, 7, &flawless()).expect("it ended late");
        let mut lines = flawless();
        lines[6].answer = error(5);
        verdict("read", 2, 6, &lines).expect("its error was waited for");
        lines[6].answer = Answer::Bytes(Vec::new());
        is_refused(verdict("read", 2, 6, &lines), "not at its end");
    }

    #[test]
    fn a_call_too_many_and_a_call_too_few_are_seen() {
        let seen = |call: &str, lines: &[usize]| {
            let made = made(lines, &[]);
            judge(Program::Offload, Cause::Nothing { call, made: &made }, &flawless())
                .map_err(|error| error.to_string())
        };
        is_refused(seen("write", &[0, 0, 1, 3, 7, 9]), "once in each");
        is_refused(seen("fdatasync", &[2]), "once in each");
        is_refused(seen("writev", &[0]), "once in each");
        seen("fdatasync", &[2, 11]).expect("true");
    }

    #[test]
    fn short_writes_are_counted_and_must_not_double() {
        let mut lines = flawless();
        let first = Line { step: 0, answer: Answer::Count(40), seen: Seen::of(&STEPS[0].bytes(0)[..40]) };
        lines.insert(0, first);
        is_refused(without_a_fault(&lines), "cannot be");
        lines[1].answer = Answer::Count(60);
        assert_eq!(without_a_fault(&lines).expect("true").short_writes, 1);
        lines.remove(1);
        is_refused(without_a_fault(&lines), "as the answers say");
    }

    #[test]
    fn a_write_that_never_becomes_complete_is_seen() {
        let mut lines = flawless();
        let part = &STEPS[9].bytes(9)[..19_999];
        let mut content = [STEPS[0].bytes(0), STEPS[1].bytes(1), STEPS[3].bytes(3)].concat();
        content[70..370].copy_from_slice(&STEPS[7].bytes(7));
        content.extend(part);
        lines[9].answer = Answer::Count(19_999);
        for line in &mut lines[9..] {
            line.seen = Seen::of(&content);
        }
        is_refused(without_a_fault(&lines), "step 9 never became complete");
    }

    #[test]
    fn a_limit_cuts_the_writes_beyond_it_and_no_other() {
        let cut = |limit, lines: &[Line]| {
            judge(Program::Offload, Cause::Limit(limit), lines).map_err(|error| format!("{error:#}"))
        };
        cut(25_101, &flawless()).expect("there is room");
        is_refused(cut(25_100, &flawless()), "has room for");
        let mut lines = failed_once();
        is_refused(cut(30_000, &lines), "not that of the limit");
        lines[0].answer = error(27);
        is_refused(cut(30_000, &lines), "has room for 100 bytes");
        let mut lines = flawless();
        lines[2].answer = error(27);
        lines[10].answer = error(27);
        lines[11].answer = error(27);
        is_refused(cut(30_000, &lines), "line 2 tells an error of the writes");
    }

    #[test]
    fn a_kind_that_asks_for_another_try_is_refused() {
        let mut lines = flawless();
        lines[4].answer = Answer::Error { kind: "Interrupted".to_owned(), code: Some(4), indeterminate: false };
        is_refused(verdict("lseek", 1, 4, &lines), "P3");
    }

    #[test]
    fn a_program_that_ends_early_is_seen() {
        is_refused(without_a_fault(&flawless()[..5]), "come to its end");
        is_refused(without_a_fault(&[]), "come to its end");
        let open = Line { step: OPEN, answer: error(5), seen: Seen::of(&[]) };
        verdict("openat", 1, 0, &[open]).expect("an open may fail");
    }
}
