//! Who has to tell an error: the step that made the call that failed, once, and after it nobody but those who must.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};

use super::{
    fault::{Fault, Told},
    model::{OF_A_SYNC, Try},
    program::Program,
    step::{Answer, Line, STEPS, Step},
    trace::Made,
};

/// EFBIG, which a write answers that begins at the limit.
const TOO_BIG: i32 = 27;

/// Whether a program without a fault tells no error, and makes its calls in the steps that they belong to.
pub(super) fn check_no_error(program: Program, call: &str, made: &[Made], lines: &[Line]) -> anyhow::Result<()> {
    ensure!(errors(lines).is_empty(), "an error was told that concerns nobody");
    let Some(expected) = program.steps_that_call(call) else { return Ok(()) };
    let made: Vec<usize> = made.iter().map(|made| made.line).collect();
    ensure!(made == expected, "{call} was called in the steps {made:?}, not in {expected:?}, once in each");
    Ok(())
}

/// Whether those tell an error who have to, and nobody else does.
pub(super) fn check_reported(
    program: Program,
    fault: Fault,
    call: &str,
    number: u32,
    made: &[Made],
    lines: &[Line],
) -> anyhow::Result<()> {
    let (told, own) = (fault.told(call, program), those_that_failed(call, made, lines));
    let (errors, wanted) = (errors(lines), own.first().filter(|_| matches!(told, Told::Code(_))));
    if let (Some(&first), Some(steps)) = (wanted, program.steps_that_call(call)) {
        let expected = steps.get(number as usize - 1).context("it has no such call")?;
        ensure!(
            step_number(lines, first) == *expected,
            "call {number} was made in line {first}, not in step {expected}"
        );
    }
    let (must, may): (BTreeSet<usize>, BTreeSet<usize>) = match told {
        Told::Nothing => (BTreeSet::new(), BTreeSet::new()),
        Told::Whatever => (BTreeSet::new(), own),
        Told::Code(code) => {
            let again = |&line: &usize| is_told_again(program, call, code, STEPS.get(lines[line].step).copied());
            let later = own.first().map_or(lines.len()..lines.len(), |first| first + 1..lines.len()).filter(again);
            let must: BTreeSet<usize> = own.iter().copied().chain(later).collect();
            (must.clone(), must)
        }
    };
    for &line in &must {
        ensure!(errors.contains(&line), "the error of {call} was told to nobody in line {line}, where it belongs");
    }
    for &line in &errors {
        ensure!(may.contains(&line), "line {line} tells an error that is not its own");
    }
    if let Told::Code(wanted) = told {
        let codes: Vec<_> = must.iter().map(|&line| code(&lines[line])).collect();
        ensure!(codes.iter().all(|code| *code == Some(wanted)), "the codes told are {codes:?}, not {wanted}");
    }
    Ok(())
}

/// Whether the writes stop at the limit and not before, and nothing else fails.
pub(super) fn check_limit(program: Program, limit: u64, lines: &[Line], tries: &[Option<Try>]) -> anyhow::Result<()> {
    let limit = usize::try_from(limit)?;
    let mut has_failed = false;
    for (index, (line, tried)) in lines.iter().zip(tries).enumerate() {
        let error = matches!(line.answer, Answer::Error { .. });
        ensure!(!error || code(line) == Some(TOO_BIG), "line {index} tells {:?}, not that of the limit", line.answer);
        let Some(tried) = tried else {
            ensure!(!error || has_failed && program == Program::Commit, "line {index} tells an error of the writes");
            continue;
        };
        let room = tried.left.min(limit.saturating_sub(tried.begin));
        // A record is in the log whole or not at all, and the first failure is for good.
        let room = if program == Program::Commit && (has_failed || room < tried.left) { 0 } else { room };
        let answer = if let Answer::Count(count) = line.answer { count } else { 0 };
        ensure!(answer == room, "line {index} has room for {room} bytes, and was answered {:?}", line.answer);
        has_failed |= error;
    }
    Ok(())
}

/// The lines that tell an error.
fn errors(lines: &[Line]) -> BTreeSet<usize> {
    (0..lines.len()).filter(|&line| matches!(lines[line].answer, Answer::Error { .. })).collect()
}

fn code(line: &Line) -> Option<i32> {
    if let Answer::Error { code, .. } = line.answer { code } else { None }
}

fn step_number(lines: &[Line], line: usize) -> usize {
    lines.get(line).map_or(usize::MAX, |line| line.step)
}

/// The lines whose steps made the calls that failed.
///
/// Nobody waits for a read that was dropped: it may end while the next step is under way, and what went wrong with it
/// may be told to nobody.
fn those_that_failed(call: &str, made: &[Made], lines: &[Line]) -> BTreeSet<usize> {
    let is_dropped = |line: usize| lines.get(line).is_some_and(|line| line.answer == Answer::Dropped);
    let is_of_one = |line: usize| call == "read" && (is_dropped(line) || line > 0 && is_dropped(line - 1));
    let failed = made.iter().filter(|made| made.is_injected).map(|made| made.line);
    failed.filter(|&line| line < lines.len() && !is_of_one(line)).collect()
}

/// Whether a step tells the error of an earlier one once more: after a sync that failed there is no other (D1), after a
/// failure a log is over, and after an indeterminate write (W6) an `Offload` has dropped its destination.
fn is_told_again(program: Program, call: &str, code: i32, step: Option<Step>) -> bool {
    let is_write = step.is_some_and(Step::is_write);
    let is_sync = matches!(step, Some(Step::SyncData | Step::SyncAll));
    let is_of_a_sync = matches!(call, "fsync" | "fdatasync");
    match program {
        Program::Commit if is_of_a_sync || call == "write" => is_write || is_sync,
        Program::Dsync if call == "write" && OF_A_SYNC.contains(&code) => true,
        _ => is_of_a_sync && is_sync,
    }
}
