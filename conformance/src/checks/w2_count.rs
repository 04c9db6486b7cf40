//! W2: a count is exact: so many bytes are there, the first ones, and no more come later.

use std::task::Poll;

use async_write_complete::Submitted;

use super::is_reordered;
use crate::{
    describe::{Describe, ordinal},
    judge::{Judge, Judged},
    need::Need,
    observer::{Effect, Fault},
    operations::Filled,
    trial::{Trial, no_sense, well},
};

/// Writes of which none looks like a part of another.
const WRITES: [&[u8]; 4] = [b"abcdefg", b"h", b"ijklmnopqrstu", b"vw"];

/// More than a writer is likely to take at once.
const LARGE: usize = (2 << 20) + 1;

pub(super) fn w2_count(judge: &mut Judge<'_>) -> Judged {
    judge.case("each of several writes", &[Need::Content], |trial| counted(trial, &WRITES))?;
    judge.case("slices with empty ones between", &[Need::Content], |trial| {
        let (head, tail) = WRITES[0].split_at(3);
        let slices: [&[u8]; 5] = [&[], head, &[], tail, &[]];
        let submitted = trial.write_vectored(&slices)?;
        let n = in_range(trial, well(submitted, "a write that nothing disturbs")?, WRITES[0].len())?;
        exactly(trial, &WRITES[0][..n])
    })?;
    judge.case("`Bytes`, of which a call takes a part", &[Need::Content, Need::Bytes], |trial| {
        trial.inject(Fault::new(Effect::Short(3)))?;
        let Ok(n) = trial.write_bytes(WRITES[0])? else { return Ok(()) };
        let n = in_range(trial, n, WRITES[0].len())?;
        exactly(trial, &WRITES[0][..n])
    })?;
    short_writes(judge)?;
    judge.case("the destination takes no more", &[Need::Content], |trial| {
        trial.write_all(WRITES[1])?;
        trial.inject(Fault::new(Effect::Zero))?;
        counted(trial, &[WRITES[0]])
    })?;
    judge.case("the destination takes no more, for good", &[], |trial| {
        trial.inject(Fault::new(Effect::Zero).lasting())?;
        let Ok(n) = trial.write(WRITES[0])? else { return Ok(()) };
        in_range(trial, n, WRITES[0].len()).map(drop)
    })?;
    full(judge)?;
    judge.case("more than is taken at once", &[Need::Content, Need::Room(LARGE)], |trial| {
        let mut large = WRITES.concat().repeat(LARGE / WRITES.concat().len() + 1);
        large.truncate(LARGE);
        counted(trial, &[&large])
    })?;
    judge.case("what a ticket says that it took", &[Need::Tickets], |trial| {
        for buf in WRITES {
            let submitted = well(trial.submit_to_end(buf)?, "a submission that nothing disturbs")?;
            in_range(trial, submitted.len(), buf.len())?;
            let Submitted::InFlight(ticket) = submitted else { continue };
            let n = well(trial.finish(ticket)?, "a write that nothing disturbs")?;
            in_range(trial, n, ticket.len())?;
        }
        Ok(())
    })
}

/// `Ok(0)` is no way to say that there is no room now.
const FOR_GOOD: &str = "`Ok(0)` only where the destination takes no more; a writer that waits for room is `Pending`";

/// A destination without room, of which the caller's bytes are taken out later.
fn full(judge: &mut Judge<'_>) -> Judged {
    judge.case("a destination that nobody takes bytes out of", &[Need::AtOnce, Need::Tickets], |trial| {
        let task = trial.task.clone();
        match trial.fill(&task)? {
            Filled::Refuses => {}
            Filled::Fails(error) => return no_sense(format!("a write fails: {}", error.describe())),
            _ => return Ok(()),
        }
        trial.make_room();
        takes_nothing(trial)
    })?;
    judge.case("a destination that is held", &[Need::Hold, Need::Tickets], |trial| {
        trial.hold()?;
        if !matches!(trial.submit(WRITES[0])?, Poll::Ready(Ok(Submitted::Complete(0)))) {
            return Ok(());
        }
        trial.advance();
        takes_nothing(trial)
    })
}

/// After an `Ok(0)` that no fault of the destination is the reason for.
fn takes_nothing(trial: &mut Trial<'_>) -> Judged {
    let again = trial.submit(WRITES[0])?;
    let more = matches!(&again, Poll::Ready(Ok(submitted)) if submitted.len() > 0);
    trial.expect(!more, FOR_GOOD, format!("Complete(0), and the next answer is {}", again.describe()))
}

/// The destination takes less than it is given: each number of bytes, in each of the calls.
fn short_writes(judge: &mut Judge<'_>) -> Judged {
    for after in 0..2 {
        for takes in 1..WRITES[0].len() {
            let name = format!("the {} call takes {takes} of {} bytes", ordinal(after), WRITES[0].len());
            judge.case(name, &[Need::Content], |trial| {
                trial.inject(Fault::new(Effect::Short(takes)).after(after))?;
                counted(trial, &[WRITES[0], WRITES[0], WRITES[2]])
            })?;
        }
    }
    Ok(())
}

/// Writes `bufs` one after the other, and compares the destination with what was answered so far.
fn counted(trial: &mut Trial<'_>, bufs: &[&[u8]]) -> Judged {
    let mut expected = trial.bytes();
    for buf in bufs {
        // What an error says, W6 judges.
        let Ok(n) = trial.write(buf)? else { return Ok(()) };
        let n = in_range(trial, n, buf.len())?;
        expected.extend_from_slice(&buf[..n]);
        exactly(trial, &expected)?;
    }
    Ok(())
}

fn in_range(trial: &Trial<'_>, n: usize, len: usize) -> Judged<usize> {
    trial.expect(n <= len, format_args!("at most the {len} bytes that there were"), format_args!("a count of {n}"))?;
    Ok(n)
}

/// The rule is broken unless the destination has `expected`, now and when all has gone on.
fn exactly(trial: &mut Trial<'_>, expected: &[u8]) -> Judged {
    trial.settled()?;
    let at_first = trial.bytes().len();
    trial.advance();
    let came_later = trial.bytes().len() > at_first && trial.bytes().len() < expected.len();
    trial.require(!came_later, "bytes that were answered come later")?;
    if trial.bytes().len() < expected.len() {
        // Bytes that come with a further call on the writer are late, which W1 judges.
        let _ = trial.submit(&[])?;
    }
    let seen = trial.bytes();
    trial.require(!is_reordered(&seen, expected), "the bytes are there in another order")?;
    trial.expect(seen == expected, "exactly the bytes that were counted", difference(trial, &seen, expected))
}

/// In which way `seen` is not what was expected.
fn difference(trial: &Trial<'_>, seen: &[u8], expected: &[u8]) -> String {
    let same = seen.iter().zip(expected).take_while(|(a, b)| a == b).count();
    let question = trial.question(seen, expected);
    format!("there: {}; counted: {}; the first {same} agree{question}", seen.len(), expected.len())
}
