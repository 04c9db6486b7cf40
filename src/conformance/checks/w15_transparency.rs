//! W15: nobody is asked to try again.

use std::{io, task::Poll};

use crate::{
    conformance::{
        judge::{Judge, Judged},
        need::Need,
        observer::{Call, Effect, Fault},
        operations::Operation,
        tell::{Tell, ordinal},
        trial::Trial,
    },
    write::AsyncWriteComplete,
};

const WRITE: &[u8] = b"a write";

/// Both are retried by whoever sees them: the one at once, the other for ever after a wake that never comes.
fn asks_again(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

pub(super) fn w15_transparency<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for fault in faults() {
        writes(judge, &fault)?;
        for operation in Operation::ALL {
            let name = format!("nobody asks for a write ({fault}), then {operation}");
            judge.case(name, operation.needs(), |trial| {
                trial.inject(fault.clone())?;
                trial.orphan(WRITE)?;
                trial.advance();
                for _ in 0..2 {
                    let answer = trial.operate(operation)?;
                    clear(trial, &answer)?;
                }
                Ok(())
            })?;
        }
        ends(judge, &fault)?;
    }
    outstanding(judge)
}

/// Of a sync and of a close.
fn ends<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>, fault: &Fault) -> Judged {
    judge.case(format!("a sync ({fault})"), &[Need::Sync], |trial| {
        trial.write_all(WRITE)?;
        trial.inject(fault.clone().on(Call::Sync))?;
        for _ in 0..2 {
            let answer = trial.sync()?;
            clear(trial, &answer)?;
        }
        Ok(())
    })?;
    judge.case(format!("a close ({fault})"), &[Need::Close], |trial| {
        trial.inject(fault.clone().on(Call::Close))?;
        let answer = trial.close_to_end()?;
        clear(trial, &answer)?;
        let again = trial.close_to_end()?;
        clear(trial, &again)
    })
}

/// Of what has to wait.
fn outstanding<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for operation in Operation::ALL {
        judge.case(format!("{operation} while a write is outstanding"), operation.needs(), |trial| {
            trial.orphan(WRITE)?;
            match trial.start(operation)? {
                Poll::Ready(answer) => clear(trial, &answer),
                Poll::Pending => Ok(()),
            }
        })?;
    }
    judge.case("a read while a write is outstanding", &[Need::Hold, Need::Read], |trial| {
        trial.orphan(WRITE)?;
        match trial.read(4)? {
            Poll::Ready(answer) => clear(trial, &answer),
            Poll::Pending => Ok(()),
        }
    })
}

/// A destination that is interrupted, and one in non-blocking mode. One that is interrupted for good would be called for
/// ever.
fn faults() -> [Fault; 4] {
    let refused = Fault::new(Effect::WouldBlock);
    [Fault::new(Effect::Interrupted(1)), Fault::new(Effect::Interrupted(3)), refused.clone(), refused.lasting()]
}

fn writes<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>, fault: &Fault) -> Judged {
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
        clear(trial, &answer)
    })
}

/// Whoever got `answer` knows that it is over.
fn clear<W, R: Tell>(trial: &Trial<'_, W>, answer: &io::Result<R>) -> Judged
where
    W: AsyncWriteComplete + 'static,
{
    let holds = !matches!(answer, Err(error) if asks_again(error));
    trial.expect(holds, "an error of another kind than WouldBlock and Interrupted, or none", answer.tell())
}
