//! W14: a drop releases what is settled, and waits for nothing.

use std::time::{Duration, Instant};

use crate::{
    Indeterminate,
    conformance::{
        judge::{Judge, Judged},
        need::Need,
        observer::{Effect, Fault},
        operations::Operation,
        tell::Tell,
        trial::{Trial, well},
    },
    write::AsyncWriteComplete,
};

const WRITE: &[u8] = b"a write";

/// How long a drop may take before it is said to hang.
const PROMPT: Duration = Duration::from_secs(5);

/// How long a drop may take and still have waited for nothing, be the machine ever so busy; three times in a row.
const AT_ONCE: Duration = Duration::from_millis(100);

pub(super) fn w14_drop<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    settled(judge)?;
    outstanding(judge)?;
    for operation in [Operation::Seek, Operation::Sync] {
        let needs = [operation.needs(), &[Need::SelfDriven]].concat();
        judge.case(format!("dropped while {operation} is under way"), &needs, |trial| {
            trial.write_all(WRITE)?;
            trial.hold()?;
            let _ = trial.start(operation)?;
            drop_promptly(trial)?;
            trial.advance();
            comes_to_be_released(trial)
        })?;
    }
    judge.case("dropped while a read is under way", &[Need::Read, Need::Hold, Need::SelfDriven], |trial| {
        trial.write_all(WRITE)?;
        trial.hold()?;
        let _ = trial.read(4)?;
        drop_promptly(trial)?;
        trial.advance();
        comes_to_be_released(trial)
    })
}

fn settled<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("dropped unused", &[], released_with_the_drop)?;
    judge.case("dropped after a write", &[Need::Bytes], |trial| {
        trial.write_all(WRITE)?;
        trial.settled()?;
        trial.require(trial.bytes() == WRITE, "a write that is settled is not complete")?;
        released_with_the_drop(trial)
    })?;
    judge.case("dropped after a barrier over a write that nobody asked for", &[Need::Hold], |trial| {
        trial.orphan(WRITE)?;
        trial.advance();
        let _ = well(trial.settle()?, "a barrier after a write that nothing disturbs")?;
        released_with_the_drop(trial)
    })?;
    judge.case("dropped after a failure that was told", &[], |trial| {
        trial.inject(Fault::new(trial.failure()))?;
        let answer = trial.write(WRITE)?;
        // Without tickets it may have been answered before it failed; then the barrier tells.
        let told = answer.is_err() || !trial.kit.tickets && trial.settle()?.is_err();
        trial.require(told, format!("a write that fails is answered {}", answer.tell()))?;
        trial.advance();
        if answer.is_err_and(|error| Indeterminate::find(&error).is_some()) && trial.is_released()? {
            // Nothing more can be done with it: a poisoned writer may let go at once.
            return trial.drop_writer();
        }
        released_with_the_drop(trial)
    })?;
    settled_otherwise(judge)
}

/// Settled by another operation than a write.
fn settled_otherwise<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("dropped after a seek", &[Need::Seek], |trial| {
        trial.write_all(WRITE)?;
        well(trial.operate(Operation::Seek)?, "a seek")?;
        released_with_the_drop(trial)
    })?;
    judge.case("dropped after a sync", &[Need::Sync], |trial| {
        trial.write_all(WRITE)?;
        well(trial.sync()?, "a sync")?;
        released_with_the_drop(trial)
    })?;
    judge.case("dropped after a read", &[Need::Read], |trial| {
        trial.write_all(WRITE)?;
        well(trial.read_to_end(4)?, "a read")?;
        released_with_the_drop(trial)
    })
}

/// Nothing but the drop happens between the two looks at the destination.
fn released_with_the_drop<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let before = trial.is_released()?;
    trial.require(!before, "the destination is released before the writer is dropped")?;
    drop_promptly(trial)?;
    let released = trial.is_released()?;
    trial.expect(released, "a settled destination is dropped before `drop` returns", "it is not")
}

fn outstanding<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("dropped while a write is outstanding", &[Need::Hold, Need::SelfDriven, Need::Bytes], |trial| {
        trial.orphan(WRITE)?;
        drop_promptly(trial)?;
        nothing_happens_in_the_drop(trial)?;
        trial.advance();
        runs_and_then_releases(trial)
    })?;
    judge.case("dropped while a write is outstanding, by how long it takes", &[Need::Hold], |trial| {
        let mut shortest = Duration::MAX;
        for _ in 0..3 {
            let mut another = trial.another();
            another.orphan(WRITE)?;
            shortest = shortest.min(drop_promptly(&mut another)?);
            another.advance();
        }
        trial.expect(shortest < AT_ONCE, "`drop` returns at once", format!("it takes {shortest:?} and more"))
    })?;
    for effect in [Effect::Error(judge.kit.code), Effect::Short(1), Effect::Panic] {
        let name = format!("dropped while a write is outstanding that {effect}");
        judge.case(name, &[Need::Hold, Need::SelfDriven], |trial| {
            trial.inject(Fault::new(effect))?;
            trial.orphan(WRITE)?;
            drop_promptly(trial)?;
            trial.advance();
            comes_to_be_released(trial)
        })?;
    }
    judge.case("a driven writer dropped while a write is outstanding", &[Need::Hold], |trial| {
        // Its tail may be torn, as it is if nobody polls any more.
        trial.orphan(WRITE)?;
        drop_promptly(trial)?;
        trial.advance();
        comes_to_be_released(trial)
    })
}

/// Drops the writer, and tells how long that took.
fn drop_promptly<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged<Duration> {
    let began = Instant::now();
    trial.hurry(PROMPT, Trial::drop_writer)?;
    Ok(began.elapsed())
}

/// The destination is held, so what has happened by now happened inside the drop.
fn nothing_happens_in_the_drop<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>) -> Judged {
    let there = trial.bytes().len();
    let seen = format!("{there} bytes of the outstanding write are complete");
    trial.expect(there == 0, "`drop` performs nothing itself", seen)?;
    let released = trial.observer.is_released() == Some(true);
    trial.expect(!released, "the destination is dropped after the outstanding write", "it is dropped before")
}

fn runs_and_then_releases<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>) -> Judged {
    let early = |trial: &Trial<'_, W>| trial.observer.is_released() == Some(true) && trial.bytes() != WRITE;
    let complete = trial.wait_until(|trial| trial.bytes() == WRITE || early(trial));
    trial.expect(!early(trial), "the destination is dropped after the outstanding write", "it is dropped before")?;
    trial.expect(complete, "the outstanding write runs after the drop", trial.bytes().tell())?;
    comes_to_be_released(trial)
}

fn comes_to_be_released<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>) -> Judged {
    trial.is_released()?;
    let released = trial.wait_until(|trial| trial.observer.is_released() == Some(true));
    trial.expect(released, "the destination is dropped when what was under way has ended", "it is never dropped")
}
