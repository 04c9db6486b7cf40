//! O2: reads, seeks and writes of one handle happen in order, and an abandoned read takes nothing away.

use std::io::SeekFrom;

use super::is_reordered;
use crate::{
    describe::Describe,
    judge::{Judge, Judged},
    need::Need,
    trial::{Trial, no_sense, well},
};

/// What is at the destination first.
const CONTENT: &[u8] = b"0123456789";
const WRITE: &[u8] = b"ab";

pub(super) fn o2_cursor(judge: &mut Judge<'_>) -> Judged {
    in_order(judge)?;
    during_a_write(judge)?;
    abandoned_reads(judge)?;
    abandoned_seeks(judge)
}

fn in_order(judge: &mut Judge<'_>) -> Judged {
    judge.case("a write, a seek, a write", &[Need::Seek, Need::Content], |trial| {
        prepare(trial)?;
        seek(trial, SeekFrom::Start(4), 4)?;
        trial.write_all(WRITE)?;
        has(trial, b"0123ab6789")?;
        seek(trial, SeekFrom::Current(2), 8)?;
        trial.write_all(WRITE)?;
        has(trial, b"0123ab67ab")
    })?;
    judge.case("reads and writes by turns", &[Need::Seek, Need::Read, Need::Content], |trial| {
        prepare(trial)?;
        seek(trial, SeekFrom::Start(0), 0)?;
        reads(trial, b"0123")?;
        trial.write_all(WRITE)?;
        has(trial, b"0123ab6789")?;
        reads(trial, b"67")?;
        trial.write_all(WRITE)?;
        has(trial, b"0123ab67ab")
    })?;
    judge.case("a write that was not answered, a read", &[Need::Read, Need::Content, Need::Outstanding], |trial| {
        trial.submit_unanswered(CONTENT)?;
        let at_the_end = well(trial.read_to_end(4)?, "a read")?;
        trial.expect(at_the_end.is_empty(), "a read begins where the write ended", at_the_end.describe())
    })
}

/// A read waits for the write in flight.
fn during_a_write(judge: &mut Judge<'_>) -> Judged {
    judge.case("a read during a write", &[Need::Hold, Need::Read, Need::Content], |trial| {
        trial.hold_in_flight(WRITE)?;
        for _ in 0..2 {
            let polled = trial.read(4)?;
            trial.expect(polled.is_pending(), "a read waits for the write in flight", polled.describe())?;
        }
        let at_the_end = well(trial.read_to_end(4)?, "a read")?;
        trial.expect(at_the_end.is_empty(), "a read begins where the write ended", at_the_end.describe())
    })
}

/// The bytes of a read that was given up go to the next read, or the cursor goes back over them.
fn abandoned_reads(judge: &mut Judge<'_>) -> Judged {
    let needs = [Need::Hold, Need::Seek, Need::Read, Need::Content];
    judge.case("a read is given up, then a read", &needs, |trial| {
        abandon_a_read(trial)?;
        reads(trial, b"01")?;
        reads(trial, b"23456789")
    })?;
    judge.case("a read is given up, then a read during it", &needs, |trial| {
        prepare(trial)?;
        seek(trial, SeekFrom::Start(0), 0)?;
        trial.hold()?;
        let _ = trial.read(4)?;
        drop(trial.new_task());
        reads(trial, b"01")?;
        reads(trial, b"23")
    })?;
    judge.case("a read is given up, then a write", &needs, |trial| {
        abandon_a_read(trial)?;
        trial.write_all(WRITE)?;
        has(trial, b"ab23456789")?;
        reads(trial, b"23")
    })?;
    judge.case("a read is given up, of which the next one takes a part, then a write", &needs, |trial| {
        abandon_a_read(trial)?;
        reads(trial, b"01")?;
        trial.write_all(WRITE)?;
        has(trial, b"01ab456789")
    })?;
    judge.case("a read is given up, then a seek from where the cursor is", &needs, |trial| {
        abandon_a_read(trial)?;
        seek(trial, SeekFrom::Current(1), 1)?;
        trial.write_all(WRITE)?;
        has(trial, b"0ab3456789")
    })
}

/// A read of four bytes from the start whose caller has gone.
fn abandon_a_read(trial: &mut Trial<'_>) -> Judged {
    prepare(trial)?;
    seek(trial, SeekFrom::Start(0), 0)?;
    trial.hold()?;
    if trial.read(4)?.is_ready() {
        return no_sense("a read does not wait for the destination");
    }
    drop(trial.new_task());
    trial.note("the read is given up", "");
    trial.advance();
    Ok(())
}

/// A seek that was given up happens or not, and what follows agrees.
fn abandoned_seeks(judge: &mut Judge<'_>) -> Judged {
    judge.case("a seek is given up, then a write", &[Need::Hold, Need::Seek, Need::Content], |trial| {
        prepare(trial)?;
        trial.hold()?;
        if trial.seek(SeekFrom::Start(2))?.is_ready() {
            return no_sense("a seek does not wait for the destination");
        }
        drop(trial.new_task());
        trial.note("the seek is given up", "");
        trial.advance();
        let at = well(trial.seek_to_end(SeekFrom::Current(0))?, "a seek")?;
        let known = [2, CONTENT.len() as u64].contains(&at);
        trial.expect(known, "the cursor is where it was, or where the seek went", at.describe())?;
        trial.write_all(WRITE)?;
        has(trial, if at == 2 { b"01ab456789" } else { b"0123456789ab" })
    })
}

fn prepare(trial: &mut Trial<'_>) -> Judged {
    trial.write_all(CONTENT)?;
    trial.settled()
}

fn seek(trial: &mut Trial<'_>, pos: SeekFrom, expected: u64) -> Judged {
    let at = well(trial.seek_to_end(pos)?, "a seek that nothing disturbs")?;
    trial.expect(at == expected, expected.describe(), at.describe())
}

/// Reads as many bytes, by as many reads as it takes; the rule is broken unless they are `expected`.
fn reads(trial: &mut Trial<'_>, expected: &[u8]) -> Judged {
    let mut got = Vec::new();
    while got.len() < expected.len() {
        let more = well(trial.read_to_end(expected.len() - got.len())?, "a read that nothing disturbs")?;
        if more.is_empty() {
            break;
        }
        got.extend_from_slice(&more);
    }
    trial.expect(got == expected, format!("the bytes from the cursor on, {}", expected.to_vec().describe()), got.describe())
}

/// The rule is broken unless the destination has `expected`.
fn has(trial: &mut Trial<'_>, expected: &[u8]) -> Judged {
    trial.settled()?;
    trial.advance();
    let seen = trial.bytes();
    trial.require(!is_reordered(&seen, expected), "the bytes are there in another order")?;
    let expected = expected.to_vec();
    trial.expect(seen == expected, format!("each write at the cursor: {}", expected.describe()), seen.describe())
}
