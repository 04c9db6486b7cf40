//! O1: a submission is one successful call of the destination's write.

use crate::{
    describe::counted,
    judge::{Judge, Judged},
    need::Need,
    observer::{Effect, Fault},
    trial::{Trial, well},
};

/// Their lengths are no sums of one another, and no halves, so that the length of a call says which write it belongs
/// to.
const WRITES: [&[u8]; 3] = [b"abcde", b"fghijklmnop", b"qrstuvwxyzABCDEFGHIJKLM"];

/// More than a writer is likely to take at once.
const LARGE: usize = (2 << 20) + 1;

pub(super) fn o1_one_call(judge: &mut Judge<'_>) -> Judged {
    judge.case("each of several writes", &[Need::Calls], |trial| {
        let mut counts = Vec::new();
        for buf in WRITES {
            counts.push(well(trial.write(buf)?, "a write that nothing disturbs")?);
        }
        one_call_each(trial, &counts)
    })?;
    judge.case("slices with empty ones between", &[Need::Calls], |trial| {
        let (head, tail) = WRITES[1].split_at(4);
        let n = well(trial.write_vectored(&[&[], head, &[], tail])?, "a write that nothing disturbs")?;
        one_call_each(trial, &[n])
    })?;
    judge.case("more than is taken at once", &[Need::Calls, Need::Room(LARGE)], |trial| {
        let n = well(trial.write(&vec![b'x'; LARGE])?, "a write that nothing disturbs")?;
        one_call_each(trial, &[n])
    })?;
    judge.case("more `Bytes` than are taken of a slice", &[Need::Bytes, Need::Calls, Need::Room(LARGE)], |trial| {
        let n = well(trial.write_bytes(&vec![b'x'; LARGE])?, "a write that nothing disturbs")?;
        one_call_each(trial, &[n])
    })?;
    judge.case("the destination is interrupted", &[Need::Calls], |trial| {
        trial.inject(Fault::new(Effect::Interrupted(3)))?;
        let n = well(trial.write(WRITES[1])?, "a write that was interrupted")?;
        one_call_each(trial, &[n])
    })?;
    for takes in [1, 4] {
        judge.case(format!("a call takes {} only", counted(takes, "byte")), &[Need::Calls], |trial| {
            trial.inject(Fault::new(Effect::Short(takes)))?;
            // Whether the count is right, W2 judges.
            well(trial.write(WRITES[1])?, "a write that comes out short")?;
            let calls = trial.calls()?;
            let seen = format!("calls of {calls:?} bytes");
            trial.expect(calls.len() <= 1, "no second call for the rest of a short write", seen)
        })?;
    }
    Ok(())
}

/// The rule is broken if the writes that were answered with `counts` were split or merged. Calls of no bytes are not
/// seen here.
fn one_call_each(trial: &mut Trial<'_>, counts: &[usize]) -> Judged {
    trial.settled()?;
    trial.advance();
    let calls = trial.calls()?;
    let (bytes, counted) = (calls.iter().sum::<usize>(), counts.iter().sum::<usize>());
    let split = calls.len() > counts.len();
    let merged = calls.len() < counts.len() && bytes == counted;
    let seen = format!("calls of {calls:?} bytes");
    trial.expect(!split && !merged, format_args!("one call for each write, of {counts:?} bytes"), &seen)?;
    trial.require(calls == counts, format_args!("{seen}, and writes that are answered with {counts:?}"))
}
