//! O4: a job that the pool refuses is an error of its operation, and the next operation is tried anew.

use std::io;

use async_write_complete::Indeterminate;

use crate::{
    describe::Describe,
    judge::{Judge, Judged},
    kit::Image,
    need::Need,
    observer::Fault,
    operations::{NEXT, Operation},
    trial::Trial,
};

const WRITE: &[u8] = b"a write";

pub(super) fn o4_pool(judge: &mut Judge<'_>) -> Judged {
    for before in [0, 1, 3] {
        judge.case(format!("the pool refuses the job of a write, after {before} others"), &[], |trial| {
            for _ in 0..before {
                trial.write_all(NEXT)?;
            }
            trial.refuse_job()?;
            let there = trial.bytes().len();
            let answer = trial.write(WRITE)?;
            is_an_error(trial, &answer)?;
            let indeterminate = answer.as_ref().is_err_and(|error| Indeterminate::find(error).is_some());
            trial.expect(!indeterminate, "a refused job leaves no doubt", answer.describe())?;
            works_again(trial, there)
        })?;
    }
    judge.case("the pool refuses the job of a write that is not answered", &[Need::Outstanding, Need::Tickets], |trial| {
        trial.refuse_job()?;
        trial.submit_unanswered(WRITE)?;
        trial.advance();
        let answer = trial.settle()?;
        is_an_error(trial, &answer)?;
        works_again(trial, 0)
    })?;
    for operation in [Operation::Seek, Operation::Sync] {
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

/// The rule is broken unless the write whose job was refused is an error.
fn is_an_error<R: Describe>(trial: &mut Trial<'_>, answer: &io::Result<R>) -> Judged {
    trial.not_refused(answer)?;
    if answer.is_ok() {
        // A writer that answers too early, or any failure with success, breaks another rule.
        let there = trial.bytes().len();
        trial.advance();
        trial.require(trial.bytes().len() == there, "a write is answered before its bytes are there")?;
        let mut control = trial.another();
        control.inject(Fault::new(control.failure()))?;
        let failed = control.write(WRITE)?.is_err();
        control.end()?;
        trial.require(failed, "a write that fails is answered with success")?;
    }
    trial.expect(answer.is_err(), "a write whose job was refused is an error", answer.describe())
}

/// Nothing is complete, and the destination is kept.
fn works_again(trial: &mut Trial<'_>, there: usize) -> Judged {
    let more = trial.bytes().len().saturating_sub(there);
    trial.expect(more == 0, "nothing of a refused job is complete", format!("{more} bytes are"))?;
    works_after(trial, there)
}

fn works_after(trial: &mut Trial<'_>, there: usize) -> Judged {
    // One error may break another rule. A writer that keeps nothing errs for good.
    let mut answer = trial.write(NEXT)?;
    if answer.is_err() {
        answer = trial.write(NEXT)?;
    }
    trial.not_refused(&answer)?;
    trial.expect(answer.is_ok(), "the next write after a refused job succeeds", answer.describe())?;
    let _ = trial.settle()?;
    trial.advance();
    let more = trial.bytes().len();
    let unseen = matches!(trial.kit.declared.image, Image::Unseen);
    trial.expect(unseen || more > there, "the next write after a refused job arrives", format!("{more} bytes"))
}
