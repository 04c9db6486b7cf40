//! D1: a sync that succeeds has made durable what was complete.

use std::io;

use crate::{
    describe::{Describe, ordinal},
    judge::{Judge, Judged},
    need::Need,
    observer::{Call, Effect, Fault},
    trial::{Trial, well},
};

const WRITES: [&[u8]; 3] = [b"first", b"second", b"third"];

pub(super) fn d1_durability(judge: &mut Judge<'_>) -> Judged {
    judge.case("a sync after each of several writes", &[Need::Sync], |trial| {
        for buf in WRITES {
            trial.write_all(buf)?;
            durable(trial)?;
        }
        // There is nothing new, and it succeeds all the same.
        durable(trial)
    })?;
    judge.case("a sync after a write that is answered late", &[Need::Sync, Need::Hold], |trial| {
        trial.write_all(WRITES[0])?;
        trial.hold_in_flight(WRITES[1])?;
        trial.advance();
        trial.settled()?;
        durable(trial)
    })?;
    judge.case("a sync after a write that failed", &[Need::Sync], |trial| {
        trial.write_all(WRITES[0])?;
        trial.inject(Fault::new(trial.failure()))?;
        let answer = trial.write(WRITES[1])?;
        trial.not_refused(&answer)?;
        let _ = trial.settle()?;
        // An outcome that nobody can know may have ended the writer.
        let complete = trial.observer.bytes();
        if trial.sync()?.is_ok() { is_durable(trial, &complete) } else { Ok(()) }
    })?;
    failed_syncs(judge)
}

/// A sync succeeds, and all that was complete before it is durable.
fn durable(trial: &mut Trial<'_>) -> Judged {
    let complete = trial.observer.bytes();
    well(trial.sync()?, "a sync that nothing disturbs")?;
    is_durable(trial, &complete)
}

fn is_durable(trial: &Trial<'_>, complete: &[u8]) -> Judged {
    let durable = trial.durable()?;
    let seen = format!("{} of {} bytes are", durable.len(), complete.len());
    trial.expect(durable.starts_with(complete), "what was complete before a sync is durable after it", seen)
}

fn failed_syncs(judge: &mut Judge<'_>) -> Judged {
    let failure = Fault::new(Effect::Error(judge.kit.declared.code)).on(Call::Sync);
    for before in 0..2 {
        judge.case(format!("the {} sync fails, and is tried again", ordinal(before)), &[Need::Sync], |trial| {
            for _ in 0..before {
                trial.write_all(WRITES[0])?;
                well(trial.sync()?, "a sync that nothing disturbs")?;
            }
            trial.inject(failure.clone())?;
            trial.write_all(WRITES[1])?;
            let answer = trial.sync()?;
            failed(trial, &answer)?;
            for buf in WRITES {
                still_fails(trial)?;
                // The rule does not say whether more can be written.
                let _ = trial.write(buf)?;
                still_fails(trial)?;
            }
            Ok(())
        })?;
    }
    judge.case("a sync that nobody waits for fails", &[Need::Sync, Need::Hold], |trial| {
        trial.inject(failure.clone())?;
        trial.write_all(WRITES[0])?;
        trial.hold()?;
        if let std::task::Poll::Ready(answer) = trial.sync_once()? {
            failed(trial, &answer)?;
        }
        trial.advance();
        // What was under way has ended after it.
        let _ = trial.write(WRITES[1])?;
        still_fails(trial)?;
        still_fails(trial)
    })
}

/// The destination was made to fail its sync, and it did.
fn failed(trial: &Trial<'_>, answer: &io::Result<()>) -> Judged {
    trial.expect(answer.is_err(), "a sync fails if the destination's does", answer.describe())
}

fn still_fails(trial: &mut Trial<'_>) -> Judged {
    let answer = trial.sync()?;
    trial.expect(answer.is_err(), "a failed sync is never followed by a successful one", answer.describe())
}
