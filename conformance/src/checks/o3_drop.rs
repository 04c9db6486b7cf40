//! O3: a drop releases what is settled, and waits for nothing.

use std::time::{Duration, Instant};

use async_write_complete::Indeterminate;

use crate::{
    describe::Describe,
    judge::{Judge, Judged},
    need::Need,
    observer::{Effect, Fault},
    operations::Operation,
    trial::{RELEASED, Trial, well},
};

const WRITE: &[u8] = b"a write";

/// How long a drop may take before it is taken to hang.
const PROMPT: Duration = Duration::from_secs(2);

/// How long a drop may take and still have waited for nothing, however busy the machine is; three times in a row.
const AT_ONCE: Duration = Duration::from_millis(100);

pub(super) fn o3_drop(judge: &mut Judge<'_>) -> Judged {
    nothing_under_way(judge)?;
    a_write_under_way(judge)?;
    for operation in [Operation::Seek, Operation::Sync] {
        let needs = operation.needs_and(&[Need::Hold]);
        judge.case(format!("dropped while {operation} is under way"), &needs, |trial| {
            trial.write_all(WRITE)?;
            trial.hold()?;
            let _ = trial.start(operation)?;
            drop_promptly(trial)?;
            trial.advance();
            is_released_in_the_end(trial)
        })?;
    }
    judge.case("dropped while a read is under way", &[Need::Read, Need::Hold], |trial| {
        trial.write_all(WRITE)?;
        trial.hold()?;
        let _ = trial.read(4)?;
        drop_promptly(trial)?;
        trial.advance();
        is_released_in_the_end(trial)
    })
}

fn nothing_under_way(judge: &mut Judge<'_>) -> Judged {
    judge.case("dropped unused", &[], released_with_the_drop)?;
    judge.case("dropped after a write", &[Need::Content], |trial| {
        trial.write_all(WRITE)?;
        trial.settled()?;
        trial.require(trial.bytes() == WRITE, "a write that is settled is not complete")?;
        released_with_the_drop(trial)
    })?;
    judge.case("dropped after a write that was not answered", &[Need::Hold, Need::Content], |trial| {
        trial.hold_in_flight(WRITE)?;
        trial.advance();
        let complete = trial.wait_until("the bytes of the write", |trial| trial.bytes() == WRITE);
        trial.require(complete, "a write is not complete, although its destination is not held")?;
        // A thread may have the destination for a moment after the bytes are there.
        let needs_a_moment = trial.kit.declared.carrier == crate::Carrier::Others;
        if needs_a_moment {
            drop_promptly(trial)?;
            return is_released_in_the_end(trial);
        }
        released_with_the_drop(trial)
    })?;
    judge.case("dropped after a failure that was answered", &[], |trial| {
        trial.inject(Fault::new(trial.failure()))?;
        let answer = trial.write(WRITE)?;
        // Without tickets it may have been answered before it failed; then the flush says so.
        let known = answer.is_err() || !trial.kit.declared.tickets && trial.settle()?.is_err();
        trial.require(known, format!("a write that fails is answered {}", answer.describe()))?;
        trial.advance();
        if answer.is_err_and(|error| Indeterminate::find(&error).is_some()) && trial.is_released()? {
            // Nothing more can be done with it: such a writer may let go at once.
            return trial.drop_writer();
        }
        released_with_the_drop(trial)
    })?;
    for operation in [Operation::Seek, Operation::Sync] {
        judge.case(format!("dropped after {operation}"), operation.needs(), |trial| {
            trial.write_all(WRITE)?;
            well(trial.operate(operation)?, "an operation that nothing disturbs")?;
            released_with_the_drop(trial)
        })?;
    }
    judge.case("dropped after a read", &[Need::Read], |trial| {
        trial.write_all(WRITE)?;
        well(trial.read_to_end(4)?, "a read")?;
        released_with_the_drop(trial)
    })
}

/// Nothing but the drop happens between the two looks at the destination.
fn released_with_the_drop(trial: &mut Trial<'_>) -> Judged {
    let before = trial.is_released()?;
    trial.require(!before, "the destination is released before the writer is dropped")?;
    drop_promptly(trial)?;
    let released = trial.is_released()?;
    trial.expect(released, "a destination of a settled writer is dropped before `drop` returns", "it is not")
}

fn a_write_under_way(judge: &mut Judge<'_>) -> Judged {
    judge.case("dropped while a write is in flight", &[Need::Hold, Need::Content], |trial| {
        trial.hold_in_flight(WRITE)?;
        drop_promptly(trial)?;
        nothing_happens_in_the_drop(trial)?;
        trial.advance();
        runs_and_then_releases(trial)
    })?;
    judge.case("dropped while a write is in flight, by how long it takes", &[Need::Hold], |trial| {
        let mut shortest = Duration::MAX;
        for _ in 0..3 {
            let mut another = trial.another();
            another.hold_in_flight(WRITE)?;
            shortest = shortest.min(drop_promptly(&mut another)?);
            another.advance();
        }
        trial.expect(shortest < AT_ONCE, "`drop` returns at once", format!("it takes {shortest:?} and more"))
    })?;
    for effect in [Effect::Error(judge.kit.declared.code), Effect::Short(1), Effect::Panic] {
        let name = format!("dropped while a write is in flight that {effect}");
        judge.case(name, &[Need::Hold], |trial| {
            trial.inject(Fault::new(effect))?;
            trial.hold_in_flight(WRITE)?;
            drop_promptly(trial)?;
            trial.advance();
            is_released_in_the_end(trial)
        })?;
    }
    Ok(())
}

/// Drops the writer, and measures how long that takes.
fn drop_promptly(trial: &mut Trial<'_>) -> Judged<Duration> {
    let began = Instant::now();
    trial.within(PROMPT, Trial::drop_writer)?;
    Ok(began.elapsed())
}

/// The destination is held, so what has happened by now happened inside the drop.
fn nothing_happens_in_the_drop(trial: &Trial<'_>) -> Judged {
    let there = trial.bytes().len();
    let seen = format!("{there} bytes of the write in flight are complete");
    trial.expect(there == 0, "`drop` performs nothing itself", seen)?;
    let released = trial.observer.is_released() == Some(true);
    trial.expect(!released, "the destination is dropped after the write in flight", "it is dropped before")
}

fn runs_and_then_releases(trial: &Trial<'_>) -> Judged {
    let early = |trial: &Trial<'_>| trial.observer.is_released() == Some(true) && trial.bytes() != WRITE;
    let complete = trial.wait_until("the bytes of the write", |trial| trial.bytes() == WRITE || early(trial));
    trial.expect(!early(trial), "the destination is dropped after the write in flight", "it is dropped before")?;
    trial.expect(complete, "the write in flight is performed after the drop", trial.bytes().describe())?;
    is_released_in_the_end(trial)
}

fn is_released_in_the_end(trial: &Trial<'_>) -> Judged {
    trial.is_released()?;
    let released = trial.wait_until(RELEASED, |trial| trial.observer.is_released() == Some(true));
    trial.expect(released, "the destination is dropped when what was under way has ended", "it is never dropped")
}
