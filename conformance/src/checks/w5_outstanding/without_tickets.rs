//! W5 where the trait has no tickets: a write that fails after it was answered, or behind a `Pending`, is reported to
//! the next operation of the writing side, once, and that operation is not executed.

use std::io;

use crate::{
    describe::Describe,
    judge::{Judge, Judged},
    kit::Image,
    need::Need,
    observer::{Effect, Fault},
    operations::{NEXT, Operation},
    trial::{Trial, no_sense, not_observed},
};

/// Longer than all that is written after it, so that what is missing of it shows.
const WRITE: &[u8] = b"a write that fails";

pub(super) fn w5_outstanding(judge: &mut Judge<'_>) -> Judged {
    if judge.kit.declared.tickets {
        return Ok(());
    }
    for fault in faults(judge.kit.declared.code) {
        for operation in Operation::of(judge.kit) {
            let name = format!("{fault}, after it was answered, then {operation}");
            judge.case(name, &operation.needs_and(&[Need::Hold]), |trial| reported_once(trial, &fault, operation))?;
        }
        let name = format!("{fault}, after it was answered, then a read");
        judge.case(name, &[Need::Hold, Need::Read], |trial| not_reported_to_a_read(trial, &fault))?;
        let name = format!("{fault}, behind a `Pending`, then another write is made");
        judge.case(name, &[Need::Hold], |trial| reported_to_another_write(trial, &fault))?;
    }
    Ok(())
}

/// The ways in which a write comes to less than was taken.
fn faults(code: i32) -> [Fault; 4] {
    let failure = Fault::new(Effect::Error(code));
    [failure.clone(), failure.lasting(), Fault::new(Effect::Short(2)), Fault::new(Effect::Zero)]
}

/// Whether the write that was answered came to less: a writer may try again in its own way.
fn is_missed(trial: &Trial<'_>) -> bool {
    matches!(trial.kit.declared.image, Image::Unseen) || trial.bytes().len() < WRITE.len()
}

/// `answer` of the first operation after the write has to be the report of it. `None` where there is nothing to report.
fn reported<R: Describe>(trial: &Trial<'_>, answer: io::Result<R>) -> Judged<Option<io::Error>> {
    match answer {
        Err(error) => Ok(Some(error)),
        answer => {
            // The rest of the write may be on its way.
            let whole = trial.wait_until("the bytes of the writes", |trial| !is_missed(trial));
            let expected = "the next operation reports that the write failed which was answered";
            trial.expect(whole, expected, answer.describe())?;
            Ok(None)
        }
    }
}

fn reported_once(trial: &mut Trial<'_>, fault: &Fault, operation: Operation) -> Judged {
    trial.inject(fault.clone())?;
    trial.hold_in_flight(WRITE)?;
    trial.advance();
    let answer = trial.operate(operation)?;
    if operation == Operation::Sync && answer.is_ok() {
        return Err(trial.unclear("a sync succeeds over a failed write"));
    }
    let Some(report) = reported(trial, answer)? else { return Ok(()) };
    if operation == Operation::Close {
        return Ok(());
    }
    let again = trial.operate(operation)?;
    not_again(trial, fault, &report, &again)?;
    executed_once(trial, operation, again.is_ok())
}

/// The answer after the report is no report.
fn not_again(trial: &Trial<'_>, fault: &Fault, report: &io::Error, again: &io::Result<()>) -> Judged {
    let repeats = |error: &io::Error| !fault.lasting && error.to_string() == report.to_string();
    let twice = again.as_ref().is_err_and(repeats);
    trial.expect(!twice, "the failure is reported exactly once", again.describe())
}

/// The operation that received the report did nothing; `again`, it may have done what it does.
fn executed_once(trial: &mut Trial<'_>, operation: Operation, again: bool) -> Judged {
    let _ = trial.settle()?;
    trial.advance();
    let bytes = trial.bytes();
    let before = if operation.submits() && again { bytes.strip_suffix(NEXT).unwrap_or(&bytes) } else { &bytes };
    trial.expect(!before.ends_with(NEXT), "the operation that received the report is not executed", bytes.describe())
}

fn not_reported_to_a_read(trial: &mut Trial<'_>, fault: &Fault) -> Judged {
    trial.inject(fault.clone())?;
    trial.hold_in_flight(WRITE)?;
    let waited = trial.read(4)?.is_pending();
    trial.advance();
    trial.require(waited, "a read does not wait for the write")?;
    let read = trial.read_to_end(4)?;
    trial.expect(read.is_ok(), "a read does not report a failed write", read.describe())?;
    let answer = trial.settle()?;
    reported(trial, answer).map(drop)
}

/// A `Pending` may mean that the write was submitted; it fails, and its caller makes another one of another content.
fn reported_to_another_write(trial: &mut Trial<'_>, fault: &Fault) -> Judged {
    trial.inject(fault.clone())?;
    trial.hold()?;
    if trial.submit(WRITE)?.is_ready() {
        return no_sense("a write is answered while the destination is held");
    }
    let Some(before) = trial.observer.attempts() else { return not_observed("`Observer::attempts` answers `None`") };
    trial.advance();
    if !trial.wait_a_moment(|trial| trial.observer.attempts() > Some(before)) {
        return no_sense("a `Pending` takes nothing");
    }
    let first = trial.carry("poll_write(\"next\")", |writer, cx| writer.poll_write_submit(cx, NEXT))?;
    let expected = "the write of another content reports that the earlier one failed";
    trial.expect(first.is_err() || !is_missed(trial), expected, first.describe())?;
    let _ = trial.settle()?;
    trial.advance();
    let bytes = trial.bytes();
    let refused = first.is_ok() || !bytes.ends_with(NEXT);
    trial.expect(refused, "the write that received the report is not executed", bytes.describe())?;
    let again = trial.carry("poll_write(\"next\")", |writer, cx| writer.poll_write_submit(cx, NEXT))?;
    match &first {
        Err(report) => not_again(trial, fault, report, &again.map(drop)),
        Ok(_) => Ok(()),
    }
}

