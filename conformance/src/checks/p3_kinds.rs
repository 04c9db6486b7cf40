//! P3: a caller never sees `WouldBlock` or `Interrupted`.

use std::{io, task::Poll};

use crate::{
    describe::{Describe, ordinal},
    judge::{Judge, Judged},
    need::Need,
    observer::{Call, Effect, Fault},
    operations::{Filled, Operation},
    trial::{Trial, no_sense},
};

const WRITE: &[u8] = b"a write";

/// A caller tries again when it sees one of them: at once, or for ever after a wake that never comes.
fn asks_again(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

pub(super) fn p3_kinds(judge: &mut Judge<'_>) -> Judged {
    for fault in faults() {
        writes(judge, &fault)?;
        for operation in Operation::of(judge.kit) {
            let name = format!("a write is not answered ({fault}), then {operation}");
            judge.case(name, &operation.needs_and(&[Need::Hold]), |trial| {
                trial.inject(fault.clone())?;
                trial.hold_in_flight(WRITE)?;
                trial.advance();
                for _ in 0..2 {
                    let answer = trial.operate(operation)?;
                    clear(trial, &answer)?;
                }
                let answer = trial.settle()?;
                clear(trial, &answer)
            })?;
        }
        syncs_and_closes(judge, &fault)?;
    }
    judge.case("a destination that nobody takes bytes out of", &[Need::AtOnce, Need::Tickets], |trial| {
        let task = trial.task.clone();
        match trial.fill(&task)? {
            Filled::Fails(error) => clear(trial, &Err::<(), _>(error)),
            _ => no_sense("the destination does not fail when it is full"),
        }
    })?;
    waiting(judge)
}

/// A destination that is interrupted, and one in non-blocking mode. One that is interrupted for good would be called
/// for ever.
fn faults() -> [Fault; 4] {
    let refused = Fault::new(Effect::WouldBlock);
    [Fault::new(Effect::Interrupted(1)), Fault::new(Effect::Interrupted(3)), refused.clone(), refused.lasting()]
}

fn writes(judge: &mut Judge<'_>, fault: &Fault) -> Judged {
    for after in 0..2 {
        judge.case(format!("the {} write ({fault})", ordinal(after)), &[], |trial| {
            trial.inject(fault.clone().after(after))?;
            for _ in 0..=after + 1 {
                let answer = trial.write(WRITE)?;
                clear(trial, &answer)?;
            }
            Ok(())
        })?;
    }
    judge.case(format!("a vectored write ({fault})"), &[], |trial| {
        trial.inject(fault.clone())?;
        let answer = trial.operate(Operation::SubmitVectored)?;
        clear(trial, &answer)?;
        let answer = trial.settle()?;
        clear(trial, &answer)
    })
}

fn syncs_and_closes(judge: &mut Judge<'_>, fault: &Fault) -> Judged {
    let [sync, close] = [Call::Sync, Call::Close].map(|call| fault.clone().on(call));
    judge.case(format!("a sync ({sync})"), &[Need::Sync], |trial| {
        trial.write_all(WRITE)?;
        trial.inject(sync)?;
        for _ in 0..2 {
            let answer = trial.sync()?;
            clear(trial, &answer)?;
        }
        Ok(())
    })?;
    judge.case(format!("a close ({close})"), &[Need::Close], |trial| {
        trial.inject(close)?;
        for _ in 0..2 {
            let answer = trial.close_to_end()?;
            clear(trial, &answer)?;
        }
        Ok(())
    })
}

/// What has to wait, or is refused, while something is under way.
fn waiting(judge: &mut Judge<'_>) -> Judged {
    for operation in Operation::of(judge.kit) {
        let needs = operation.needs_and(&[Need::Hold]);
        judge.case(format!("{operation} while a write is in flight"), &needs, |trial| {
            trial.hold_in_flight(WRITE)?;
            let polled = trial.start(operation)?;
            clear_if_ready(trial, &polled)
        })?;
        let needs = operation.needs_and(&[Need::Hold, Need::Read]);
        judge.case(format!("{operation} while a read is under way"), &needs, |trial| {
            trial.write_all(WRITE)?;
            trial.hold()?;
            let _ = trial.read(4)?;
            let polled = trial.start(operation)?;
            clear_if_ready(trial, &polled)
        })?;
    }
    judge.case("a read while a write is in flight", &[Need::Hold, Need::Read], |trial| {
        trial.hold_in_flight(WRITE)?;
        let polled = trial.read(4)?;
        clear_if_ready(trial, &polled)
    })
}

fn clear_if_ready<R: Describe>(trial: &Trial<'_>, polled: &Poll<io::Result<R>>) -> Judged {
    match polled {
        Poll::Ready(answer) => clear(trial, answer),
        Poll::Pending => Ok(()),
    }
}

/// A caller who gets `answer` knows that the operation is over.
fn clear<R: Describe>(trial: &Trial<'_>, answer: &io::Result<R>) -> Judged {
    let holds = !matches!(answer, Err(error) if asks_again(error));
    trial.expect(holds, "an error of another kind than `WouldBlock` and `Interrupted`, or none", answer.describe())
}
