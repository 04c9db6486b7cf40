//! W13: panics, counts that cannot be and refused jobs are told as errors, and nothing hangs.

use crate::{
    conformance::{
        certify::Image,
        judge::{Judge, Judged},
        need::Need,
        observer::{Call, Effect, Fault},
        operations::{NEXT, Operation},
        tell::{Tell, ordinal},
        trial::Trial,
    },
    error::Indeterminate,
    write::{AsyncWriteComplete, TicketSource},
};

const WRITE: &[u8] = b"a write";

pub(super) fn w13_machinery<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for effect in [Effect::Panic, Effect::Excess(1), Effect::Excess(usize::MAX)] {
        for before in 0..2 {
            judge.case(format!("the {} write of the destination {effect}", ordinal(before)), &[], |trial| {
                lost(trial, &effect, before)
            })?;
        }
        let name = format!("a write that nobody asks for {effect}");
        judge.case(name, &[Need::Hold], |trial| lost_unasked(trial, &effect))?;
        for last in [Operation::Barrier, Operation::Seek, Operation::Sync, Operation::Close] {
            let name = format!("{last} right after a write that {effect}");
            judge.case(name, last.needs(), |trial| lost_for(trial, &effect, last))?;
        }
    }
    judge.case("a sync of the destination panics", &[Need::Sync], |trial| {
        trial.inject(Fault::new(Effect::Panic).on(Call::Sync))?;
        trial.write_all(WRITE)?;
        let answer = trial.sync()?;
        // Of one that calls nothing D1 has to speak.
        trial.require(answer.is_err(), format!("a sync that panics is answered {}", answer.tell()))?;
        all_err(trial, &answer)
    })?;
    refusals(judge)?;
    no_panic_and_no_hang(judge)
}

/// The write after `before` good ones does `effect`.
fn lost<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, effect: &Effect, before: usize) -> Judged {
    for _ in 0..before {
        trial.write_all(WRITE)?;
    }
    trial.inject(Fault::new(effect.clone()))?;
    let answer = trial.write(WRITE)?;
    let untyped = matches!(&answer, Err(error) if Indeterminate::find(error).is_none());
    let seen = answer.tell();
    trial.expect(!(untyped && trial.kit.tickets), "an Indeterminate error for that operation", seen)?;
    all_err(trial, &answer)
}

/// Nobody knows what is in the destination: every operation returns an error from now on. If the first answer was none, this shows
/// whether the writer has noticed.
fn all_err<W, R: Tell>(trial: &mut Trial<'_, W>, first: &std::io::Result<R>) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let operations = trial.operations();
    for operation in operations {
        returns_an_error(trial, operation)?;
        if operation != Operation::Close && trial.can(Need::Read) {
            let answer = trial.read_to_end(4)?;
            trial.expect(
                answer.is_err(),
                "every later operation returns an error",
                format!("a read is {}", answer.tell()),
            )?;
        }
    }
    trial.require(first.is_err(), format!("the write itself is answered {}", first.tell()))
}

fn returns_an_error<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, operation: Operation) -> Judged {
    let answer = trial.operate(operation)?;
    trial.expect(answer.is_err(), "every later operation returns an error", format!("{operation} is {}", answer.tell()))
}

fn lost_unasked<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, effect: &Effect) -> Judged {
    trial.inject(Fault::new(effect.clone()))?;
    trial.orphan(WRITE)?;
    trial.advance();
    // The first is told of the orphan, as W9 demands.
    let first = trial.settle()?;
    all_err(trial, &first)
}

/// The first operation after such a write is `last`.
fn lost_for<W>(trial: &mut Trial<'_, W>, effect: &Effect, last: Operation) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    trial.inject(Fault::new(effect.clone()))?;
    trial.orphan(WRITE)?;
    let _ = trial.start(last)?;
    trial.advance();
    trial.operate(last).map(drop)
}

fn refusals<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("the pool refuses the job of a write", &[], |trial| {
        trial.refuse_job()?;
        let answer = trial.write(WRITE)?;
        trial.require(answer.is_err(), format!("a write whose job was refused is answered {}", answer.tell()))?;
        let indeterminate = answer.as_ref().is_err_and(|error| Indeterminate::find(error).is_some());
        trial.expect(!indeterminate, "a refused job leaves no doubt", answer.tell())?;
        works_again(trial)
    })?;
    judge.case("the pool refuses the job of a write that nobody asks for", &[Need::Hold], |trial| {
        trial.refuse_job()?;
        trial.orphan(WRITE)?;
        trial.advance();
        let _ = trial.settle()?;
        works_again(trial)
    })?;
    for operation in [Operation::Barrier, Operation::Seek, Operation::Sync] {
        judge.case(format!("the pool refuses the job of {operation}"), operation.needs(), |trial| {
            trial.refuse_job()?;
            let _ = trial.operate(operation)?;
            // One that needs no job leaves the refusal to the next that does.
            let _ = trial.write(&WRITE[..1])?;
            let there = trial.bytes().len();
            works_after(trial, there)
        })?;
    }
    judge.case("the pool refuses the job of a read", &[Need::Read], |trial| {
        trial.refuse_job()?;
        let _ = trial.read_to_end(1)?;
        let _ = trial.write(&WRITE[..1])?;
        let there = trial.bytes().len();
        works_after(trial, there)
    })?;
    judge.case("the pool refuses the job of a close", &[Need::Close], |trial| {
        trial.write_all(WRITE)?;
        trial.refuse_job()?;
        trial.close_to_end().map(drop)
    })
}

/// Nothing is complete, and the destination is kept.
fn works_again<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let there = trial.bytes().len();
    trial.expect(there == 0, "nothing of a refused job is complete", format!("{there} bytes are"))?;
    works_after(trial, 0)
}

fn works_after<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, there: usize) -> Judged {
    // One error may be another rule's matter. What is poisoned returns errors for good.
    let mut answer = trial.write(NEXT)?;
    if answer.is_err() {
        answer = trial.write(NEXT)?;
    }
    trial.expect(answer.is_ok(), "the next write after a refused job succeeds", answer.tell())?;
    let _ = trial.settle()?;
    let more = trial.bytes().len();
    let unseen = matches!(trial.kit.image, Image::Unseen);
    trial.expect(unseen || more > there, "the next write after a refused job arrives", format!("{more} bytes"))
}

fn no_panic_and_no_hang<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("tickets that the writer does not know", &[Need::Tickets], |trial| {
        for len in [0, 1, usize::MAX] {
            let foreign = TicketSource::new().mint(len);
            let _ = trial.finish(foreign)?;
            trial.write_all(NEXT)?;
            let _ = trial.finish(foreign)?;
        }
        Ok(())
    })?;
    judge.case("a ticket of another writer while a write is outstanding", &[Need::Hold, Need::Tickets], |trial| {
        let ticket = trial.in_flight(WRITE)?;
        let _ = trial.ask(TicketSource::new().mint(WRITE.len()))?;
        trial.finish(ticket).map(drop)
    })?;
    judge.case("many empty slices", &[], |trial| {
        let mut slices = vec![&[][..]; 2000];
        let _ = trial.submit_vectored(&slices)?;
        slices.push(NEXT);
        let _ = trial.submit_vectored(&slices)?;
        trial.advance();
        trial.settle().map(drop)
    })?;
    no_hang_for_good(judge)
}

/// Over a destination that does nothing right any more.
fn no_hang_for_good<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    let faults = [Effect::Error(judge.kit.code), Effect::Zero, Effect::Short(1), Effect::Panic];
    for effect in faults {
        for operation in Operation::ALL {
            let name = format!("{operation} over a destination of which every write {effect}");
            judge.case(name, operation.needs(), |trial| {
                trial.inject(Fault::new(effect.clone()).lasting())?;
                trial.orphan(WRITE)?;
                let _ = trial.start(operation)?;
                trial.advance();
                for _ in 0..3 {
                    let _ = trial.operate(operation)?;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}
