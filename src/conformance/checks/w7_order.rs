//! W7: writes are complete in the order in which they were submitted, and what shares their cursor waits for them.

use std::io::SeekFrom;

use crate::{
    conformance::{
        judge::{Judge, Judged},
        need::Need,
        tell::Tell,
        trial::{Trial, well},
    },
    write::AsyncWriteComplete,
};

/// Each write has one byte many times, so that the destination shows in which order they came.
const WRITES: [&[u8]; 3] = [b"aaa", b"bbbbb", b"cc"];

pub(super) fn w7_order<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("one write after the other", &[Need::Bytes], |trial| {
        for buf in WRITES {
            well(trial.write(buf)?, "a write that nothing disturbs")?;
        }
        in_order(trial)
    })?;
    judge.case("submissions over an outstanding one", &[Need::Hold, Need::Bytes], |trial| {
        trial.orphan(WRITES[0])?;
        trial.write_over(WRITES[1])?;
        drop(trial.write(WRITES[2])?);
        in_order(trial)
    })?;
    judge.case("submissions that nobody asks for", &[Need::Bytes], |trial| {
        for buf in WRITES {
            drop(trial.submit_to_end(buf)?);
        }
        in_order(trial)
    })?;
    waits(judge)
}

/// Operations that share the cursor with an outstanding write wait for it.
fn waits<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("a seek during a write", &[Need::Hold, Need::Seek, Need::Bytes], |trial| {
        trial.write_all(WRITES[0])?;
        if !trial.kit.tickets {
            // Without them it may have been answered before it was complete.
            trial.settled()?;
        }
        outstanding(trial)?;
        for _ in 0..2 {
            let polled = trial.seek(SeekFrom::Start(0))?;
            trial.expect(polled.is_pending(), "a seek waits for the outstanding write", polled.tell())?;
        }
        well(trial.seek_to_end(SeekFrom::Start(0))?, "a seek")?;
        well(trial.write(WRITES[2])?, "a write after a seek")?;
        if !trial.kit.tickets {
            trial.settled()?;
        }
        let (seen, expected) = (trial.bytes(), b"ccabbbbb");
        trial.expect(seen == expected, "the write where it was submitted, the seek after it", seen.tell())
    })?;
    judge.case("a read during a write", &[Need::Hold, Need::Read], |trial| {
        outstanding(trial)?;
        for _ in 0..2 {
            let polled = trial.read(4)?;
            trial.expect(polled.is_pending(), "a read waits for the outstanding write", polled.tell())?;
        }
        Ok(())
    })?;
    judge.case("a sync during a write", &[Need::Hold, Need::Sync], |trial| {
        outstanding(trial)?;
        let polled = trial.sync_once()?;
        trial.expect(polled.is_pending(), "a sync waits for the outstanding write", polled.tell())
    })?;
    judge.case("a close during a write", &[Need::Hold, Need::Close, Need::Bytes], |trial| {
        outstanding(trial)?;
        for _ in 0..2 {
            let polled = trial.close()?;
            let seen = format!("{}, with {} bytes there", polled.tell(), trial.bytes().len());
            trial.expect(polled.is_pending(), "a close waits for the outstanding write", seen)?;
        }
        Ok(())
    })
}

/// Submits a write that is outstanding; where there are no tickets it may have been answered all the same.
fn outstanding<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let before = trial.bytes().len();
    let answered = trial.orphan(WRITES[1])?.is_none();
    let seen = "a submission to a held destination is answered as complete";
    trial.require(!answered || !trial.kit.tickets, seen)?;
    trial.require(trial.bytes().len() == before, "a held destination has got bytes")
}

/// The rule is broken if a byte of a later write stands before one of an earlier one.
fn in_order<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    trial.advance();
    trial.settled()?;
    trial.advance();
    let bytes = trial.bytes();
    // A write that is repeated, or not there, is another rule's matter.
    let first = |buf: &[u8]| bytes.iter().position(|byte| *byte == buf[0]);
    let firsts: Vec<_> = WRITES.iter().filter_map(|buf| first(buf)).collect();
    trial.expect(firsts.is_sorted(), "the writes in the order in which they were submitted", bytes.tell())
}
