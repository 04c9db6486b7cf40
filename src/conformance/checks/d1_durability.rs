//! D1: a sync that succeeds has made durable what was complete.

use std::io;

use crate::{
    conformance::{
        judge::{Judge, Judged, Stop},
        need::Need,
        observer::{Call, Effect, Fault},
        tell::{Tell, ordinal},
        trial::{Trial, well},
    },
    write::AsyncWriteComplete,
};

const WRITES: [&[u8]; 3] = [b"first", b"second", b"third"];

/// Longer than all that a case writes besides.
const ORPHAN: &[u8] = b"an orphan that fails, of more bytes than the others";

pub(super) fn d1_durability<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("a sync after each of several writes", &[Need::Sync], |trial| {
        for buf in WRITES {
            trial.write_all(buf)?;
            durable(trial)?;
        }
        // There is nothing new, and all the same.
        durable(trial)
    })?;
    judge.case("a sync while a write is outstanding", &[Need::Sync, Need::Hold], |trial| {
        trial.write_all(WRITES[0])?;
        trial.orphan(WRITES[1])?;
        let _ = trial.sync_once()?;
        durable(trial)
    })?;
    let faults = [Effect::Error(judge.kit.code), Effect::Short(1), Effect::Zero];
    for effect in faults {
        let name = format!("a sync over a write that {effect}, of which nobody was told");
        judge.case(name, &[Need::Sync, Need::Hold], |trial| over_a_failure(trial, &effect))?;
    }
    failed_syncs(judge)
}

/// A sync succeeds, and all that was complete before it is durable.
fn durable<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let complete = trial.observer.bytes();
    well(trial.sync()?, "a sync that nothing disturbs")?;
    let Some(durable) = trial.observer.durable() else {
        return Err(Stop::Skip("not observed: `Observer::durable` answers `None`".to_owned()));
    };
    let seen = format!("{} of {} bytes are", durable.len(), complete.len());
    trial.expect(durable.starts_with(&complete), "what was complete before a sync is durable after it", seen)
}

/// Leaves a failed write that nobody was told of.
fn fail_unheard<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, effect: &Effect) -> Judged {
    trial.inject(Fault::new(effect.clone()))?;
    trial.orphan(ORPHAN)?;
    trial.advance();
    Ok(())
}

fn over_a_failure<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, effect: &Effect) -> Judged {
    // Of a writer that tells nobody of it W9 has to speak.
    let mut control = trial.another();
    fail_unheard(&mut control, effect)?;
    let told = control.settle()?.is_err();
    let missed = control.bytes().len() < ORPHAN.len();
    control.end()?;
    if !told {
        let seen = "a write came to less than was taken, and a barrier does not tell of it";
        return trial.require(!missed, seen);
    }
    fail_unheard(trial, effect)?;
    let answer = trial.sync()?;
    trial.expect(answer.is_err(), "a sync fails if the failure of an earlier write is unreported", answer.tell())
}

fn failed_syncs<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    let failure = Fault::new(Effect::Error(judge.kit.code)).on(Call::Sync);
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
                // Whether more can be written is not said.
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
        // Whatever was under way has ended after it.
        let _ = trial.settle()?;
        still_fails(trial)?;
        still_fails(trial)
    })
}

/// The destination was told to fail its sync, and it did.
fn failed<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>, answer: &io::Result<()>) -> Judged {
    trial.expect(answer.is_err(), "a sync fails if the destination's does", answer.tell())
}

fn still_fails<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let answer = trial.sync()?;
    trial.expect(answer.is_err(), "a failed sync is never retried into a success", answer.tell())
}
