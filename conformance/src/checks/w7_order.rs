//! W7: the bytes of a submission follow those of every earlier one.

use crate::{
    describe::Describe,
    judge::{Judge, Judged},
    need::Need,
    observer::{Effect, Fault},
    trial::{Trial, well},
};

/// Each write has one byte many times, so that the destination shows in which order they came.
const WRITES: [&[u8]; 4] = [b"aaa", b"bbbbb", b"cc", b"dddd"];

pub(super) fn w7_order(judge: &mut Judge<'_>) -> Judged {
    judge.case("one write after the other", &[Need::Content], |trial| {
        for buf in WRITES {
            well(trial.write(buf)?, "a write that nothing disturbs")?;
        }
        in_order(trial)
    })?;
    judge.case("plain and vectored writes by turns", &[Need::Content], |trial| {
        for (number, buf) in WRITES.iter().enumerate() {
            let (head, tail) = buf.split_at(1);
            let answer = if number % 2 == 0 { trial.write(buf)? } else { trial.write_vectored(&[head, tail])? };
            well(answer, "a write that nothing disturbs")?;
        }
        in_order(trial)
    })?;
    judge.case("plain writes and `Bytes` by turns", &[Need::Content, Need::Bytes], |trial| {
        for (number, buf) in WRITES.iter().enumerate() {
            let answer = if number % 2 == 0 { trial.write_bytes(buf)? } else { trial.write(buf)? };
            well(answer, "a write that nothing disturbs")?;
        }
        in_order(trial)
    })?;
    for (name, fault) in disturbances(judge.kit.declared.code) {
        judge.case(format!("the second write {name}"), &[Need::Content], |trial| {
            trial.inject(fault.after(1))?;
            for buf in WRITES {
                drop(trial.write(buf)?);
            }
            in_order(trial)
        })?;
    }
    judge.case("writes of which each is answered late", &[Need::Content, Need::Hold], |trial| {
        for buf in WRITES {
            trial.hold_in_flight(buf)?;
            trial.advance();
            drop(trial.settle()?);
        }
        in_order(trial)
    })
}

/// What may happen to a write on the way.
fn disturbances(code: i32) -> [(&'static str, Fault); 3] {
    [
        ("comes out short", Fault::new(Effect::Short(1))),
        ("fails", Fault::new(Effect::Error(code))),
        ("is interrupted", Fault::new(Effect::Interrupted(2))),
    ]
}

/// The rule is broken if a byte of a later write stands before one of an earlier one.
fn in_order(trial: &mut Trial<'_>) -> Judged {
    trial.advance();
    let _ = trial.settle()?;
    trial.advance();
    let bytes = trial.bytes();
    // A write that is repeated, or not there, breaks another rule.
    let first = |buf: &[u8]| bytes.iter().position(|byte| *byte == buf[0]);
    let firsts: Vec<_> = WRITES.iter().filter_map(|buf| first(buf)).collect();
    trial.expect(firsts.is_sorted(), "the writes in the order in which they were submitted", bytes.describe())
}
