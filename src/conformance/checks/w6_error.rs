//! W6: an error is the destination's own, whole, and of the write that it is the answer for.

use std::io;

use crate::{
    Indeterminate, PriorWriteFailed,
    conformance::{
        judge::{Judge, Judged},
        need::Need,
        observer::{Effect, Fault},
        tell::{Tell, ordinal},
        trial::Trial,
    },
    error::raw_os_error,
    write::AsyncWriteComplete,
};

const WRITES: [&[u8]; 4] = [b"abc", b"defgh", b"i", b"jklmno"];

pub(super) fn w6_error<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for after in 0..WRITES.len() {
        for lasting in [false, true] {
            let name = format!(
                "the {} call of the destination fails {}",
                ordinal(after),
                if lasting { "for good" } else { "once" }
            );
            judge.case(name, &[Need::Bytes, Need::Calls], |trial| {
                trial.inject(Fault { lasting, ..Fault::new(trial.failure()).after(after) })?;
                writes_around(trial, after, lasting)
            })?;
        }
    }
    for takes in 1..WRITES[1].len() {
        judge.case(format!("{takes} bytes are taken, then calls fail"), &[Need::Bytes, Need::Calls], |trial| {
            trial.inject(Fault::new(Effect::Short(takes)))?;
            trial.inject(Fault::new(trial.failure()).lasting())?;
            short_count_first(trial, takes)
        })?;
    }
    judge.case("a failure in the midst of a transform", &[Need::Bytes], |trial| {
        trial.inject(Fault::new(trial.failure()).lasting())?;
        let before = trial.bytes();
        let answer = trial.write(WRITES[1])?;
        failed(trial, &answer, &before, "its first call failed")
    })
}

/// Writes before, at and after the call that fails.
fn writes_around<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, after: usize, lasting: bool) -> Judged {
    for (number, buf) in WRITES.iter().enumerate() {
        let before = trial.bytes();
        let answer = trial.write(buf)?;
        let fails = number == after || lasting && number > after;
        if fails {
            failed(trial, &answer, &before, "its call failed")?;
            if answer.is_err_and(|error| Indeterminate::find(&error).is_some()) {
                return poisoned(trial);
            }
        } else if let Err(error) = &answer {
            let seen = format!("the {} write got {}", ordinal(number), error.tell());
            return Err(match after < number {
                true => trial.broken("no error for a write whose own call did not fail", seen),
                false => trial.unclear(seen),
            });
        }
    }
    Ok(())
}

/// The rule is broken unless `answer` is that of a write whose call failed.
fn failed<W: AsyncWriteComplete + 'static>(
    trial: &Trial<'_, W>,
    answer: &io::Result<usize>,
    before: &[u8],
    why: &str,
) -> Judged {
    let error = match answer {
        Err(error) => error,
        // A trait with tickets has a rule against it. Without them this is how an error comes to the wrong write.
        Ok(n) if trial.kit.tickets => {
            return Err(trial.unclear(format_args!("a write is answered with {n} bytes, and {why}")));
        }
        Ok(n) => {
            let seen = format!("{n} bytes are answered, and {why}");
            return Err(trial.broken("a failure is the answer of the write that failed", seen));
        }
    };
    let prior = PriorWriteFailed::find(error).is_some();
    trial.require(!prior, format_args!("a write gets the report of an earlier one: {}", error.tell()))?;
    let code = trial.kit.code;
    let expected = io::Error::from_raw_os_error(code);
    let whole = error.kind() == expected.kind() && raw_os_error(error) == Some(code);
    let seen = format!("{} (OS code {:?})", error.tell(), raw_os_error(error));
    trial.expect(whole, format_args!("the error of the destination: {expected}"), seen)?;
    if Indeterminate::find(error).is_some() {
        return Ok(());
    }
    let there = trial.bytes();
    let seen = format!("{} of its bytes are there", there.len().saturating_sub(before.len()));
    trial.expect(there == before, "an error says that none of the write's bytes is complete", seen)
}

/// After an indeterminate outcome the writer takes no more.
fn poisoned<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let before = trial.bytes();
    let answer = trial.write(WRITES[0])?;
    trial.expect(answer.is_err(), "an indeterminate outcome poisons the writer", answer.tell())?;
    let seen = format!("{} bytes of a later write are there", trial.bytes().len().saturating_sub(before.len()));
    trial.expect(trial.bytes() == before, "a poisoned writer takes nothing", seen)
}

/// What succeeded is a count now; the error, that stays, meets the next submission.
fn short_count_first<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, takes: usize) -> Judged {
    let answer = trial.write(WRITES[1])?;
    match &answer {
        Ok(n) => trial.require(*n == takes, format_args!("a short write of {takes} bytes is answered with {n}"))?,
        Err(error) if Indeterminate::find(error).is_some() => return Ok(()),
        Err(error) => {
            let seen = format!("{}, and {} bytes are there", error.tell(), trial.bytes().len());
            return Err(trial.broken("a partial success is a short count", seen));
        }
    }
    let before = trial.bytes();
    let rest = trial.write(&WRITES[1][takes..])?;
    failed(trial, &rest, &before, "its call failed")
}
