//! W3: what is answered with `Pending` or an error was not taken; what is taken is taken as it was, and attempted once.

use crate::{
    conformance::{
        judge::{Judge, Judged, Stop},
        need::Need,
        observer::Fault,
        tell::ordinal,
        trial::{Trial, well},
    },
    write::AsyncWriteComplete,
};

/// The write that is outstanding, and the one that has to wait; they have no byte in common.
const FIRST: &[u8] = b"aaaaaa";
const SECOND: &[u8] = b"bbbb";

pub(super) fn w3_submission<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for polls in 1..4 {
        let name = format!("a submission that is pending {polls} times, and given up");
        judge.case(name, &[Need::Hold, Need::Bytes], |trial| {
            trial.orphan(FIRST)?;
            give_up_when_pending(trial, polls)?;
            nothing_of_the_second(trial)
        })?;
    }
    judge.case("a destination that takes nothing", &[Need::Hold, Need::Bytes], |trial| {
        trial.hold()?;
        give_up_when_pending(trial, 2)?;
        nothing_of_the_second(trial)
    })?;
    judge.case("a buffer that changes after it was submitted", &[Need::Bytes], |trial| {
        let mut buf = FIRST.to_vec();
        let submitted = well(trial.submit_to_end(&buf)?, "a submission that nothing disturbs")?;
        buf.fill(SECOND[0]);
        let n = match submitted.ticket() {
            Some(ticket) => well(trial.finish(ticket)?, "a write that nothing disturbs")?,
            None => submitted.len(),
        };
        as_it_was(trial, n.min(FIRST.len()))
    })?;
    for after in 0..3 {
        for lasting in [false, true] {
            let name = format!(
                "the {} call of the destination fails {}",
                ordinal(after),
                if lasting { "for good" } else { "once" }
            );
            judge.case(name, &[Need::Bytes], |trial| {
                trial.inject(Fault { lasting, ..Fault::new(trial.failure()).after(after) })?;
                failures_take_nothing(trial)
            })?;
        }
    }
    Ok(())
}

/// Submits the second write `polls` times; the case says nothing if it is taken.
fn give_up_when_pending<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, polls: usize) -> Judged {
    for poll in 0..polls {
        // Each way in.
        let polled = match poll {
            1 => trial.submit_vectored(&[&[], SECOND])?,
            #[cfg(feature = "bytes")]
            2 => trial.submit_bytes(SECOND)?,
            _ => trial.submit(SECOND)?,
        };
        if polled.is_ready() {
            return Err(Stop::Skip(
                "no sense here: the writer takes a submission while its destination is held".to_owned(),
            ));
        }
    }
    trial.note("the submission is given up", "");
    Ok(())
}

fn nothing_of_the_second<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    trial.advance();
    trial.settled()?;
    trial.advance();
    let taken = trial.bytes().iter().filter(|byte| SECOND.contains(byte)).count();
    let seen = format!("{taken} bytes of it are there");
    trial.expect(taken == 0, "nothing of a submission that was answered with `Pending`", seen)
}

fn as_it_was<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>, n: usize) -> Judged {
    let bytes = trial.bytes();
    let changed = bytes.iter().filter(|byte| SECOND.contains(byte)).count();
    let seen = format!("{changed} of {n} bytes are as they became later");
    trial.expect(changed == 0, "the bytes as they were when they were submitted", seen)
}

/// Writes that fail are neither there nor come later.
fn failures_take_nothing<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let mut answered = 0;
    let mut failed = 0;
    for _ in 0..5 {
        match trial.write(FIRST)? {
            Ok(n) => answered += n,
            // How many bytes are complete is not known, then; nobody can say what must be there.
            Err(error) if crate::Indeterminate::find(&error).is_some() => return Ok(()),
            Err(_) => failed += 1,
        }
        let before = trial.bytes().len();
        trial.require(before <= answered, "bytes of a write that failed are there when it is answered")?;
        trial.advance();
        let after = trial.bytes().len();
        let seen = format!("{} bytes came after all {failed} failures were answered", after - before);
        trial.expect(after <= answered, "a write that failed is not attempted again", seen)?;
    }
    Ok(())
}
