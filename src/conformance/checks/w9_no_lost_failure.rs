//! W9: what failed unasked is told once, to the next operation of the writing side.

use std::io::SeekFrom;

use crate::{
    conformance::{
        certify::Image,
        judge::{Judge, Judged},
        need::Need,
        observer::{Effect, Fault},
        operations::{NEXT, Operation},
        tell::Tell,
        trial::{Trial, well},
    },
    error::{PriorWriteFailed, Superseded},
    write::{AsyncWriteComplete, Ticket},
};

/// Longer than all that is written after it, so that what is missing of it shows.
const ORPHAN: &[u8] = b"an orphan that fails";

pub(super) fn w9_no_lost_failure<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for fault in faults(judge.kit.code) {
        for operation in Operation::ALL {
            let name = format!("{fault}, nobody asks, then {operation}");
            judge.case(name, operation.needs(), |trial| told_once(trial, &fault, operation))?;
        }
        let name = format!("{fault}, and the answer is asked for");
        judge.case(name, &[Need::Tickets], |trial| told_to_whoever_asked(trial, &fault))?;
        let name = format!("{fault}, nobody asks, then a read");
        judge.case(name, &[Need::Hold, Need::Read], |trial| not_told_to_a_read(trial, &fault))?;
    }
    let failure = Fault::new(Effect::Error(judge.kit.code));
    for operation in Operation::ALL {
        let name = format!("a write fails for which {operation} waited, of which nobody asks any more");
        judge.case(name, operation.needs(), |trial| told_after_one_gave_up(trial, &failure, operation))?;
    }
    judge.case("a refused seek moves nothing", &[Need::Hold, Need::Seek, Need::Bytes], |trial| {
        refused_seek(trial, &failure)
    })
}

/// The ways in which a write comes to less than was taken.
fn faults(code: i32) -> [Fault; 4] {
    let failure = Fault::new(Effect::Error(code));
    [failure.clone(), failure.lasting(), Fault::new(Effect::Short(2)), Fault::new(Effect::Zero)]
}

/// A write that nobody asks for.
struct Orphan {
    ticket: Option<Ticket>,
    /// How many bytes were complete before it.
    before: usize,
}

impl Orphan {
    fn submit<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, fault: &Fault) -> Judged<Self> {
        let before = trial.bytes().len();
        trial.inject(fault.clone())?;
        let ticket = trial.orphan(ORPHAN)?;
        Ok(Self { ticket, before })
    }

    /// Whether it came to less than was taken: a writer may try again in its own way where that is no other rule's
    /// matter.
    fn is_missed<W: AsyncWriteComplete + 'static>(&self, trial: &Trial<'_, W>) -> bool {
        let taken = self.ticket.map_or(ORPHAN.len(), |ticket| ticket.len());
        matches!(trial.kit.image, Image::Unseen) || trial.bytes().len() < self.before + taken
    }
}

/// `answer` of the first operation after the orphan has to be the report of it. `None` where nothing was owed.
fn told<W, R: Tell>(trial: &Trial<'_, W>, orphan: &Orphan, answer: std::io::Result<R>) -> Judged<Option<std::io::Error>>
where
    W: AsyncWriteComplete + 'static,
{
    let expected = "the next operation is told that the write failed which nobody asked for";
    match answer {
        Err(error) if trial.is_report(&error, orphan.ticket) => Ok(Some(error)),
        answer => {
            // Where the answer means nothing, the rest of the orphan may be on its way.
            let nothing_owed = trial.wait_until(|trial| !orphan.is_missed(trial));
            trial.expect(nothing_owed, expected, answer.tell())?;
            Ok(None)
        }
    }
}

fn told_once<W>(trial: &mut Trial<'_, W>, fault: &Fault, operation: Operation) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let orphan = Orphan::submit(trial, fault)?;
    trial.advance();
    let answer = trial.operate(operation)?;
    if operation == Operation::Sync && answer.is_ok() {
        return Err(trial.unclear("a sync succeeds over a failed write, which D1 judges"));
    }
    let Some(report) = told(trial, &orphan, answer)? else { return Ok(()) };
    counted(trial, &orphan, &report)?;
    still_answers(trial, orphan.ticket)?;
    if operation == Operation::Close {
        return Ok(());
    }
    let again = trial.operate(operation)?;
    not_again(trial, fault, &report, &again)?;
    executed_once(trial, operation, again.is_ok())
}

/// The operation that received the report did nothing; `again`, it may have done what it does.
fn executed_once<W>(trial: &mut Trial<'_, W>, operation: Operation, again: bool) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let _ = trial.settle()?;
    trial.advance();
    let submits = matches!(operation, Operation::Submit | Operation::SubmitVectored);
    let bytes = trial.bytes();
    let before = if submits && again { bytes.strip_suffix(NEXT).unwrap_or(&bytes) } else { &bytes };
    trial.expect(!before.ends_with(NEXT), "the operation that received the report is not executed", bytes.tell())
}

/// The count in the report is that of the complete bytes.
fn counted<W>(trial: &Trial<'_, W>, orphan: &Orphan, report: &std::io::Error) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let Some(complete) = PriorWriteFailed::find(report).and_then(PriorWriteFailed::complete) else { return Ok(()) };
    let there = trial.bytes().len() - orphan.before;
    trial.expect(
        !matches!(trial.kit.image, Image::Unchanged) || complete == there,
        format!("a report of {there} complete bytes"),
        format!("a report of {complete}"),
    )
}

/// A ticket answers after the report of its failure.
fn still_answers<W>(trial: &mut Trial<'_, W>, ticket: Option<Ticket>) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let Some(ticket) = ticket else { return Ok(()) };
    let answer = trial.finish(ticket)?;
    let superseded = matches!(&answer, Err(error) if Superseded::find(error).is_some());
    trial.expect(!superseded, "a ticket still answers after the report of its failure", answer.tell())
}

/// `again`, of the operation after the one that received the report, is no report.
fn not_again<W, R: Tell>(
    trial: &Trial<'_, W>,
    fault: &Fault,
    report: &std::io::Error,
    again: &std::io::Result<R>,
) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let repeats = |error: &std::io::Error| {
        let same = !trial.kit.tickets && !fault.lasting && error.to_string() == report.to_string();
        same || PriorWriteFailed::find(error).is_some()
    };
    let told_twice = again.as_ref().is_err_and(repeats);
    trial.expect(!told_twice, "the failure is told exactly once", again.tell())
}

fn told_to_whoever_asked<W>(trial: &mut Trial<'_, W>, fault: &Fault) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    trial.inject(fault.clone())?;
    let answer = trial.write(ORPHAN)?;
    if matches!(answer, Ok(n) if n >= ORPHAN.len()) {
        return Ok(());
    }
    let next = trial.settle()?;
    let told_twice = matches!(&next, Err(error) if PriorWriteFailed::find(error).is_some());
    let seen = format!("{}, and then a barrier answers {}", answer.tell(), next.tell());
    trial.expect(!told_twice, "the answer for the ticket is the report", seen)
}

fn not_told_to_a_read<W>(trial: &mut Trial<'_, W>, fault: &Fault) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let orphan = Orphan::submit(trial, fault)?;
    let waited = trial.read(4)?.is_pending();
    trial.advance();
    if !waited {
        return Err(trial.unclear("a read does not wait for the outstanding write"));
    }
    let read = trial.read_to_end(4)?;
    let told_it = matches!(&read, Err(error) if trial.is_report(error, orphan.ticket));
    trial.expect(!told_it, "a read does not report a failed write", read.tell())?;
    let answer = trial.settle()?;
    told(trial, &orphan, answer).map(drop)
}

fn told_after_one_gave_up<W>(trial: &mut Trial<'_, W>, fault: &Fault, operation: Operation) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let orphan = Orphan::submit(trial, fault)?;
    let waits = trial.start(operation)?.is_pending();
    trial.require(waits, "an operation does not wait for the outstanding write")?;
    trial.advance();
    let last = if operation == Operation::Close { operation } else { Operation::Barrier };
    let answer = trial.operate(last)?;
    told(trial, &orphan, answer).map(drop)
}

fn refused_seek<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, fault: &Fault) -> Judged {
    trial.write_all(b"first")?;
    let orphan = Orphan::submit(trial, fault)?;
    trial.advance();
    let answer = trial.seek_to_end(SeekFrom::Start(0))?;
    let Some(_) = told(trial, &orphan, answer)? else { return Ok(()) };
    well(trial.write(NEXT)?, "a write after the report")?;
    let bytes = trial.bytes();
    trial.expect(bytes.starts_with(b"first"), "the seek that received the report is not executed", bytes.tell())
}
