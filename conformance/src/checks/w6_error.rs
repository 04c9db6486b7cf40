//! W6: an error is the destination's own, whole, and of the write that it is the answer for; what nobody can know is
//! `Indeterminate`, for good.

use std::io;

use async_write_complete::{Indeterminate, WriteOutstanding, error::raw_os_error};

use crate::{
    describe::{Describe, counted, ordinal},
    judge::{Judge, Judged},
    need::Need,
    observer::{Effect, Fault},
    operations::Operation,
    trial::Trial,
};

const WRITES: [&[u8]; 4] = [b"abc", b"defgh", b"i", b"jklmno"];

pub(super) fn w6_error(judge: &mut Judge<'_>) -> Judged {
    for after in 0..WRITES.len() {
        for lasting in [false, true] {
            let how = if lasting { "for good" } else { "once" };
            let name = format!("the {} call of the destination fails {how}", ordinal(after));
            judge.case(name, &[Need::Content, Need::Calls], |trial| {
                trial.inject(Fault { lasting, ..Fault::new(trial.failure()).after(after) })?;
                writes_around(trial, after, lasting)
            })?;
        }
    }
    for takes in 1..WRITES[1].len() {
        judge.case(format!("{takes} bytes are taken, then calls fail"), &[Need::Content, Need::Calls], |trial| {
            trial.inject(Fault::new(Effect::Short(takes)))?;
            trial.inject(Fault::new(trial.failure()).lasting())?;
            short_count_first(trial, takes)
        })?;
    }
    judge.case("the first call of a write fails", &[Need::Content], |trial| {
        trial.inject(Fault::new(trial.failure()).lasting())?;
        let before = trial.bytes();
        let answer = trial.write(WRITES[1])?;
        failed(trial, &answer, &before, "its first call failed")
    })?;
    torn_transforms(judge)?;
    indeterminate(judge)
}

/// Writes before, at and after the call that fails.
fn writes_around(trial: &mut Trial<'_>, after: usize, lasting: bool) -> Judged {
    for (number, buf) in WRITES.iter().enumerate() {
        let before = trial.bytes();
        let answer = trial.write(buf)?;
        let fails = number == after || lasting && number > after;
        if fails {
            failed(trial, &answer, &before, "its call failed")?;
            if answer.is_err_and(|error| Indeterminate::find(&error).is_some()) {
                return for_good(trial);
            }
        } else if let Err(error) = &answer {
            trial.not_refused(&answer)?;
            let seen = format!("the {} write got {}", ordinal(number), error.describe());
            return Err(match after < number {
                true => trial.broken("no error for a write whose own call did not fail", seen),
                false => trial.unclear(seen),
            });
        }
    }
    Ok(())
}

/// The rule is broken unless `answer` is that of a write whose call failed.
fn failed(
    trial: &Trial<'_>,
    answer: &io::Result<usize>,
    before: &[u8],
    why: &str,
) -> Judged {
    trial.not_refused(answer)?;
    let error = match answer {
        Err(error) => error,
        // W1 speaks of that where there are tickets. Without them this is how an error comes to the wrong write.
        Ok(n) if trial.kit.declared.tickets => {
            return Err(trial.unclear(format_args!("a write is answered with {n} bytes, and {why}")));
        }
        Ok(n) => {
            let seen = format!("{n} bytes are answered, and {why}");
            return Err(trial.broken("a failure is the answer of the write that failed", seen));
        }
    };
    let code = trial.kit.declared.code;
    let expected = io::Error::from_raw_os_error(code);
    let whole = error.kind() == expected.kind() && raw_os_error(error) == Some(code);
    let seen = format!("{} (OS code {:?})", error.describe(), raw_os_error(error));
    trial.expect(whole, format_args!("the error of the destination: {expected}"), seen)?;
    if Indeterminate::find(error).is_some() {
        return Ok(());
    }
    let there = trial.bytes();
    let seen = format!("{} of its bytes are there", there.len().saturating_sub(before.len()));
    trial.expect(there == before, "an error says that none of the write's bytes is complete", seen)
}

/// What succeeded is a count now; the error, if it stays, meets the next submission.
fn short_count_first(trial: &mut Trial<'_>, takes: usize) -> Judged {
    let (ticket, answer) = trial.write_with_ticket(WRITES[1])?;
    let takes = ticket.map_or(takes, |ticket| takes.min(ticket.len()));
    match &answer {
        Ok(n) => trial.require(*n == takes, format_args!("a short write of {takes} bytes is answered with {n}"))?,
        Err(error) if Indeterminate::find(error).is_some() => return Ok(()),
        Err(error) => {
            let seen = format!("{}, and {} are there", error.describe(), counted(trial.bytes().len(), "byte"));
            return Err(trial.broken("a partial success is a short count", seen));
        }
    }
    let before = trial.bytes();
    let rest = trial.write(&WRITES[1][takes..])?;
    failed(trial, &rest, &before, "its call failed")
}

/// A transform needs several calls for one write, or one that comes out short. Where it cannot go on, its stream ends
/// in the middle of a piece, and what follows would not be decoded any more.
fn torn_transforms(judge: &mut Judge<'_>) -> Judged {
    for takes in 1..8 {
        for lasting in [false, true] {
            let how = if lasting { "fail for good" } else { "fail once" };
            let name = format!("{takes} bytes of a transform are taken, then calls {how}, then another write is made");
            judge.case(name, &[Need::Content, Need::Decoded], |trial| {
                trial.inject(Fault::new(Effect::Short(takes)))?;
                trial.inject(Fault { lasting, ..Fault::new(trial.failure()) })?;
                still_decoded(trial)
            })?;
        }
    }
    Ok(())
}

/// After each write the destination decodes to what was counted; or the answer is `Indeterminate`, and stays it.
fn still_decoded(trial: &mut Trial<'_>) -> Judged {
    let mut counted = Vec::new();
    for buf in [WRITES[1], WRITES[3]] {
        match trial.write(buf)? {
            Ok(n) => counted.extend_from_slice(&buf[..n.min(buf.len())]),
            Err(error) if Indeterminate::find(&error).is_some() => return for_good(trial),
            Err(error) if WriteOutstanding::find(&error).is_some() => {
                return Err(trial.unclear("the writer says that a write is outstanding, although nothing is"));
            }
            Err(_) => {}
        }
        let seen = format!("counted: {}; decoded: {}", counted.describe(), trial.bytes().describe());
        let expected = "`Indeterminate`, since the stream cannot be decoded any more, or what was counted";
        trial.expect(trial.bytes() == counted, expected, seen)?;
    }
    Ok(())
}

/// What nobody can know, however it comes to that.
fn indeterminate(judge: &mut Judge<'_>) -> Judged {
    let late = Effect::LateError(judge.kit.declared.code);
    for (effect, needs) in [
        (Effect::Panic, &[Need::Tickets][..]),
        (Effect::Excess(1), &[Need::Tickets]),
        (late, &[Need::Tickets, Need::LateErrors]),
    ] {
        for before in 0..2 {
            judge.case(format!("the {} write of the destination {effect}", ordinal(before)), needs, |trial| {
                for _ in 0..before {
                    trial.write_all(WRITES[0])?;
                }
                trial.inject(Fault::new(effect.clone()))?;
                let answer = trial.write(WRITES[1])?;
                trial.not_refused(&answer)?;
                is_indeterminate(trial, &effect, &answer)?;
                for_good(trial)
            })?;
        }
    }
    Ok(())
}

fn is_indeterminate(
    trial: &Trial<'_>,
    effect: &Effect,
    answer: &io::Result<usize>,
) -> Judged {
    let typed = answer.as_ref().is_err_and(|error| Indeterminate::find(error).is_some());
    match effect {
        Effect::LateError(_) if answer.is_err() => {
            let seen = answer.describe();
            trial.expect(typed, "`Indeterminate`: the bytes may be in, as the destination says", seen)
        }
        _ => trial.require(typed, format_args!("a write that {effect} is answered {}", answer.describe())),
    }
}

/// After an indeterminate outcome the writer takes no more, and says why.
fn for_good(trial: &mut Trial<'_>) -> Judged {
    let before = trial.bytes();
    for operation in Operation::SUBMISSIONS {
        if !operation.needs().iter().all(|need| trial.can(*need)) {
            continue;
        }
        for _ in 0..2 {
            let answer = trial.operate(operation)?;
            trial.not_refused(&answer)?;
            let says_so = answer.as_ref().is_err_and(|error| Indeterminate::find(error).is_some());
            let expected = "every submission after an indeterminate outcome errs, and `Indeterminate` is found in it";
            trial.expect(says_so, expected, answer.describe())?;
        }
    }
    trial.advance();
    let more = trial.bytes().len().saturating_sub(before.len());
    trial.expect(more == 0, "a writer with an indeterminate outcome takes nothing", counted(more, "byte"))
}
