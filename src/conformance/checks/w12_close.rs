//! W12: a close completes, releases, and is the end.

use std::{fmt, io, task::Poll};

use crate::{
    conformance::{
        certify::Image,
        judge::{Judge, Judged},
        need::Need,
        observer::{Call, Effect, Fault},
        operations::Operation,
        tell::Tell,
        trial::{Trial, well},
    },
    error::{PriorWriteFailed, raw_os_error},
    write::AsyncWriteComplete,
};

const WRITE: &[u8] = b"the last write";

pub(super) fn w12_close<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    completes_and_releases(judge)?;
    keeps_its_outcome(judge)?;
    for late in Late::ALL {
        judge.case(format!("{late} after a close"), &late.needs(), |trial| {
            trial.write_all(WRITE)?;
            well(trial.close_to_end()?, "a close that nothing disturbs")?;
            refused(trial, late)
        })?;
    }
    judge.case("a ticket after a close", &[Need::Close, Need::Tickets], |trial| {
        let (ticket, _) = trial.write_with_ticket(WRITE)?;
        let _ = trial.close_to_end()?;
        trial.panics_are_broken = true;
        ticket.map_or(Ok(()), |ticket| trial.finish(ticket).map(drop))
    })
}

fn completes_and_releases<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("a close before any write", &[Need::Close], |trial| {
        well(trial.close_to_end()?, "a close that nothing disturbs")?;
        released(trial)
    })?;
    judge.case("a close after a write", &[Need::Close], |trial| {
        trial.write_all(WRITE)?;
        well(trial.close_to_end()?, "a close that nothing disturbs")?;
        complete(trial)?;
        released(trial)
    })?;
    judge.case("a close while a write is outstanding", &[Need::Close, Need::Hold, Need::Bytes], |trial| {
        trial.orphan(WRITE)?;
        let closing = trial.close()?;
        if closing.is_pending() {
            not_released_before_the_write(trial)?;
            trial.advance();
            well(trial.close_to_end()?, "a close after a write that nothing disturbs")?;
        }
        complete(trial)?;
        released(trial)
    })?;
    let unattended = [Need::Close, Need::Hold, Need::SelfDriven];
    judge.case("a close that nobody asks for any more", &unattended, |trial| {
        trial.orphan(WRITE)?;
        let _ = trial.close()?;
        trial.advance();
        trial.is_released()?;
        let seen = trial.wait_until(|trial| trial.observer.is_released() != Some(false));
        trial.expect(seen, "a close that has begun goes on by itself", "the destination is not released")
    })?;
    releases_all_the_same(judge)
}

/// Whatever the close has to tell.
fn releases_all_the_same<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    for (name, fault) in unhappy(judge.kit.code) {
        judge.case(format!("a close after a write that {name}"), &[Need::Close], |trial| {
            trial.inject(fault)?;
            let _ = trial.write(WRITE)?;
            let _ = trial.close_to_end()?;
            released(trial)
        })?;
    }
    Ok(())
}

/// What becomes of a write, so that a close may have something to tell.
fn unhappy(code: i32) -> [(&'static str, Fault); 4] {
    [
        ("fails", Fault::new(Effect::Error(code))),
        ("fails as all later ones do", Fault::new(Effect::Error(code)).lasting()),
        ("comes out short", Fault::new(Effect::Short(1))),
        ("panics", Fault::new(Effect::Panic)),
    ]
}

fn keeps_its_outcome<W: AsyncWriteComplete + 'static>(judge: &mut Judge<'_, W>) -> Judged {
    judge.case("closing again and again", &[Need::Close], |trial| {
        trial.write_all(WRITE)?;
        same_outcome(trial)
    })?;
    for (name, fault) in unhappy(judge.kit.code) {
        let (unasked, asked) = (fault.clone(), fault);
        judge.case(format!("closing twice after a write that {name}"), &[Need::Close], |trial| {
            trial.inject(asked)?;
            let _ = trial.write(WRITE)?;
            same_outcome(trial)
        })?;
        let name = format!("closing twice after a write that {name}, and nobody asks");
        judge.case(name, &[Need::Close, Need::Hold], |trial| {
            trial.inject(unasked)?;
            trial.orphan(WRITE)?;
            trial.advance();
            same_outcome(trial)?;
            released(trial)
        })?;
    }
    judge.case("closing twice, and the destination's close fails", &[Need::Close], |trial| {
        trial.inject(Fault::new(trial.failure()).on(Call::Close))?;
        trial.write_all(WRITE)?;
        same_outcome(trial)
    })
}

/// A close is asked for three times.
fn same_outcome<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>) -> Judged {
    let first = trial.close_to_end()?;
    trial.panics_are_broken = true;
    for _ in 0..2 {
        let again = trial.close_to_end()?;
        let seen = format!("first {}, then {}", first.tell(), again.tell());
        trial.expect(is_same(&first, &again), "the first outcome of a close is given again", seen)?;
    }
    Ok(())
}

fn is_same(first: &io::Result<()>, again: &io::Result<()>) -> bool {
    match (first, again) {
        (Ok(()), Ok(())) => true,
        (Err(first), Err(again)) => {
            let ticket = |error: &io::Error| PriorWriteFailed::find(error).map(PriorWriteFailed::ticket);
            let said = |error: &io::Error| (error.kind(), raw_os_error(error), error.to_string(), ticket(error));
            said(first) == said(again)
        }
        _ => false,
    }
}

fn complete<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>) -> Judged {
    let bytes = trial.bytes();
    let unseen = matches!(trial.kit.image, Image::Unseen);
    let seen = format!("{}{}", bytes.tell(), trial.question(&bytes, WRITE));
    trial.expect(unseen || bytes == WRITE, "all is complete when a close is answered", seen)
}

fn not_released_before_the_write<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>) -> Judged {
    let early = trial.observer.is_released() == Some(true) && trial.bytes() != WRITE;
    let seen = "it is released while a write is outstanding";
    trial.expect(!early, "the destination is released when all is complete", seen)
}

fn released<W: AsyncWriteComplete + 'static>(trial: &Trial<'_, W>) -> Judged {
    let released = trial.is_released()?;
    trial.expect(released, "the destination is released when a close is answered", "it is not")
}

/// What comes too late.
#[derive(Clone, Copy, Debug)]
enum Late {
    Operation(Operation),
    EmptySlices,
    Read,
}

impl Late {
    const ALL: [Self; 7] = [
        Self::Operation(Operation::Submit),
        Self::Operation(Operation::SubmitVectored),
        Self::Operation(Operation::Barrier),
        Self::Operation(Operation::Seek),
        Self::Operation(Operation::Sync),
        Self::EmptySlices,
        Self::Read,
    ];

    fn needs(self) -> Vec<Need> {
        let own = match self {
            Self::Operation(Operation::Seek) => Some(Need::Seek),
            Self::Operation(Operation::Sync) => Some(Need::Sync),
            Self::Read => Some(Need::Read),
            Self::Operation(_) | Self::EmptySlices => None,
        };
        own.into_iter().chain([Need::Close]).collect()
    }
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(operation) => operation.fmt(f),
            Self::EmptySlices => f.write_str("poll_write_submit_vectored of empty slices"),
            Self::Read => f.write_str("poll_read"),
        }
    }
}

/// After a close `late` gets an error, and reaches nothing.
fn refused<W: AsyncWriteComplete + 'static>(trial: &mut Trial<'_, W>, late: Late) -> Judged {
    trial.panics_are_broken = true;
    let (calls, there) = (trial.observer.attempts(), trial.bytes().len());
    for _ in 0..2 {
        let answer = match late {
            Late::Operation(operation) => trial.operate(operation)?,
            Late::Read => trial.read_to_end(4)?.map(drop),
            Late::EmptySlices => match trial.submit_vectored(&[&[], &[]])? {
                Poll::Ready(answer) => answer.map(drop),
                Poll::Pending => trial.settle()?.map(drop),
            },
        };
        trial.expect(answer.is_err(), "an operation after a close gets an error", answer.tell())?;
    }
    trial.advance();
    let reached = trial.observer.attempts() != calls || trial.bytes().len() != there;
    trial.expect(!reached, "an operation after a close reaches nothing", "the destination was called")
}
