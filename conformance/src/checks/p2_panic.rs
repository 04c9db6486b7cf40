//! P2: no poll panics because of its destination; a panic below, or a count that cannot be, is `Indeterminate`.

use std::io;

use async_write_complete::{Indeterminate, TicketSource};

use crate::{
    describe::{Describe, ordinal},
    judge::{Judge, Judged},
    need::Need,
    observer::{Call, Effect, Fault},
    operations::{NEXT, Operation},
    trial::Trial,
};

const WRITE: &[u8] = b"a write";

pub(super) fn p2_panic(judge: &mut Judge<'_>) -> Judged {
    for effect in [Effect::Panic, Effect::Excess(1), Effect::Excess(usize::MAX)] {
        for before in 0..2 {
            judge.case(format!("the {} write of the destination {effect}", ordinal(before)), &[], |trial| {
                for _ in 0..before {
                    trial.write_all(WRITE)?;
                }
                trial.inject(Fault::new(effect.clone()))?;
                let answer = trial.write(WRITE)?;
                is_indeterminate(trial, &answer)?;
                every_operation(trial)
            })?;
        }
        for operation in Operation::of(judge.kit) {
            let name = format!("{operation} over a write in flight that {effect}");
            judge.case(name, &operation.needs_and(&[Need::Hold]), |trial| {
                trial.inject(Fault::new(effect.clone()))?;
                trial.hold_in_flight(WRITE)?;
                let _ = trial.start(operation)?;
                trial.advance();
                let _ = trial.operate(operation)?;
                let _ = trial.settle()?;
                if operation == Operation::Close { Ok(()) } else { every_operation(trial) }
            })?;
        }
    }
    for call in [Call::Sync, Call::Close] {
        let (operation, what) = match call {
            Call::Sync => (Operation::Sync, "a sync"),
            _ => (Operation::Close, "a close"),
        };
        judge.case(format!("{what} of the destination panics"), operation.needs(), |trial| {
            trial.inject(Fault::new(Effect::Panic).on(call))?;
            trial.write_all(WRITE)?;
            let _ = trial.operate(operation)?;
            // What a writer does after its close, W9 judges.
            if operation == Operation::Close { trial.operate(operation).map(drop) } else { every_operation(trial) }
        })?;
    }
    odd_arguments(judge)?;
    always_failing(judge)
}

/// The answer of the write is `Indeterminate`. Where it came too early to know, the writer says so from then on.
fn is_indeterminate(trial: &mut Trial<'_>, answer: &io::Result<usize>) -> Judged {
    let typed = |error: &io::Error| Indeterminate::find(error).is_some();
    trial.not_refused(answer)?;
    match answer {
        Err(error) => {
            let holds = typed(error) || !trial.kit.declared.tickets;
            trial.expect(holds, "an `Indeterminate` error for that write", error.describe())
        }
        Ok(_) => {
            trial.advance();
            let next = trial.write(NEXT)?;
            let noticed = next.as_ref().is_err_and(|error| typed(error) || !trial.kit.declared.tickets);
            let seen = format!("{}, and the next write is {}", answer.describe(), next.describe());
            trial.expect(noticed, "an `Indeterminate` error for that write", seen)?;
            Err(trial.unclear(format!("the write is answered before its call: {}", answer.describe())))
        }
    }
}

/// No later operation panics either.
fn every_operation(trial: &mut Trial<'_>) -> Judged {
    for operation in trial.operations() {
        let _ = trial.operate(operation)?;
        let _ = trial.settle()?;
        if operation != Operation::Close && trial.can(Need::Read) {
            let _ = trial.read_to_end(4)?;
        }
    }
    Ok(())
}

fn odd_arguments(judge: &mut Judge<'_>) -> Judged {
    judge.case("tickets that the writer does not know", &[Need::Tickets], |trial| {
        for len in [0, 1, usize::MAX] {
            let foreign = TicketSource::new().mint(len);
            let _ = trial.finish(foreign)?;
            trial.write_all(NEXT)?;
            let _ = trial.finish(foreign)?;
        }
        Ok(())
    })?;
    judge.case("a ticket of another writer while a write is in flight", &[Need::Hold, Need::Tickets], |trial| {
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
    })
}

/// Over a destination that does nothing right any more.
fn always_failing(judge: &mut Judge<'_>) -> Judged {
    let faults = [Effect::Error(judge.kit.declared.code), Effect::Zero, Effect::Short(1), Effect::Panic];
    for effect in faults {
        for operation in Operation::of(judge.kit) {
            let name = format!("{operation} over a destination of which every write {effect}");
            judge.case(name, &operation.needs_and(&[Need::Hold]), |trial| {
                trial.inject(Fault::new(effect.clone()).lasting())?;
                trial.hold_in_flight(WRITE)?;
                let _ = trial.start(operation)?;
                trial.advance();
                for _ in 0..3 {
                    let _ = trial.operate(operation)?;
                    let _ = trial.settle()?;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}
