//! P1: a task that waits is woken when it can go on.
//!
//! Tasks are polled as an executor does it: only when they were woken.

use std::{fmt, task::Poll};

use async_write_complete::Ticket;

use crate::{
    describe::Describe,
    judge::{Judge, Judged},
    need::Need,
    observer::{Effect, Fault},
    trial::Trial,
};

mod executor;
mod room;
mod wakers;

use executor::{Run, run};

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// It asks for the write that is outstanding.
    Ask,
    Submit,
    SubmitVectored,
    Seek,
    /// Only a trait without tickets has a flush.
    Flush,
    Close,
    /// The one that is not of the writing side.
    Read,
}

impl Doing {
    const ALL: [Self; 7] =
        [Self::Ask, Self::Submit, Self::SubmitVectored, Self::Seek, Self::Flush, Self::Close, Self::Read];

    /// Those of the writing side.
    fn writing() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|doing| *doing != Self::Read)
    }

    fn needs(self) -> Vec<Need> {
        let own = match self {
            Self::Ask => Some(Need::Tickets),
            Self::Submit | Self::SubmitVectored => None,
            Self::Seek => Some(Need::Seek),
            Self::Flush => Some(Need::Flush),
            Self::Close => Some(Need::Close),
            Self::Read => Some(Need::Read),
        };
        own.into_iter().chain([Need::Hold]).collect()
    }

    fn and(self, other: Self) -> Vec<Need> {
        [self.needs(), other.needs()].concat()
    }
}

/// The method that does it.
impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ask => "poll_write_complete",
            Self::Submit => "poll_write_submit",
            Self::SubmitVectored => "poll_write_submit_vectored",
            Self::Seek => "poll_seek",
            Self::Flush => "poll_flush",
            Self::Close => "poll_close_complete",
            Self::Read => "poll_read",
        })
    }
}

const OUTSTANDING: &[u8] = b"outstanding";

pub(super) fn p1_wake(judge: &mut Judge<'_>) -> Judged {
    judge.case("writes in a row", &[], executor::writes_in_a_row)?;
    each_is_woken(judge)?;
    the_last_is_woken(judge)?;
    both_sides_are_woken(judge)?;
    waits_quietly(judge)?;
    room::p1_wake(judge)?;
    wakers::p1_wake(judge)
}

/// A poll that cannot go on does not have its own task polled again and again.
fn waits_quietly(judge: &mut Judge<'_>) -> Judged {
    for doing in Doing::ALL {
        judge.case(format!("{doing} again and again while the destination is held"), &doing.needs(), |trial| {
            let ticket = outstanding(trial)?;
            executor::waits_quietly(trial, &mut Run::new(doing, ticket))
        })?;
    }
    Ok(())
}

/// Makes a write outstanding, which is not answered yet. A driven writer may take nothing while its destination is
/// held; a submission has to wait then.
fn outstanding(trial: &mut Trial<'_>) -> Judged<Option<Ticket>> {
    trial.hold()?;
    match trial.submit(OUTSTANDING)? {
        Poll::Pending => Ok(None),
        Poll::Ready(Ok(submitted)) => Ok(submitted.ticket()),
        Poll::Ready(Err(error)) => Err(trial.unclear(format!("a submission fails: {}", error.describe()))),
    }
}

fn each_is_woken(judge: &mut Judge<'_>) -> Judged {
    let effects = [None, Some(Effect::Error(judge.kit.declared.code)), Some(Effect::Short(1)), Some(Effect::Panic)];
    for effect in effects {
        let what = effect.as_ref().map_or_else(String::new, |effect| format!(", and a write that {effect}"));
        for doing in Doing::ALL {
            judge.case(format!("{doing} until the destination goes on{what}"), &doing.needs(), |trial| {
                if let Some(effect) = &effect {
                    trial.inject(Fault::new(effect.clone()))?;
                }
                let ticket = outstanding(trial)?;
                run(trial, &mut [Run::new(doing, ticket)])
            })?;
        }
    }
    judge.case("a sync of what is complete", &[Need::Sync], |trial| {
        trial.write_all(OUTSTANDING)?;
        executor::sync(trial)
    })?;
    judge.case("a sync of what is complete, while the destination is held", &[Need::Sync, Need::Hold], |trial| {
        trial.write_all(OUTSTANDING)?;
        trial.hold()?;
        executor::sync(trial)
    })
}

/// Tasks take each other's place.
fn the_last_is_woken(judge: &mut Judge<'_>) -> Judged {
    for doing in Doing::ALL {
        judge.case(format!("{doing} in one task, then in another"), &doing.needs(), |trial| {
            let ticket = outstanding(trial)?;
            Run::new(doing, ticket).poll(trial)?;
            run(trial, &mut [Run::new(doing, ticket)])
        })?;
        judge.case(format!("{doing} in one task, in another, and in the first again"), &doing.needs(), |trial| {
            let ticket = outstanding(trial)?;
            let mut first = Run::new(doing, ticket);
            first.poll(trial)?;
            Run::new(doing, ticket).poll(trial)?;
            run(trial, &mut [first])
        })?;
    }
    for doing in Doing::writing() {
        for before in [Doing::Ask, Doing::Submit] {
            let name = format!("{before} in one task, then {doing} in another");
            judge.case(name, &before.and(doing), |trial| {
                let ticket = outstanding(trial)?;
                Run::new(before, ticket).poll(trial)?;
                run(trial, &mut [Run::new(doing, ticket)])
            })?;
        }
    }
    Ok(())
}

/// The halves of a split writer, in either order, and where one of them has lost interest.
fn both_sides_are_woken(judge: &mut Judge<'_>) -> Judged {
    for doing in Doing::writing() {
        for [one, other] in [[doing, Doing::Read], [Doing::Read, doing]] {
            judge.case(format!("{one} and {other} in two tasks"), &one.and(other), |trial| {
                let ticket = outstanding(trial)?;
                run(trial, &mut [Run::new(one, ticket), Run::new(other, ticket)])
            })?;
            judge.case(format!("{one} in a task that is dropped, and {other}"), &one.and(other), |trial| {
                let ticket = outstanding(trial)?;
                Run::new(one, ticket).poll(trial)?;
                run(trial, &mut [Run::new(other, ticket)])
            })?;
        }
    }
    for writing in [Doing::Submit, Doing::SubmitVectored, Doing::Seek, Doing::Close] {
        judge.case(format!("{writing} while a read is under way"), &writing.and(Doing::Read), |trial| {
            trial.write_all(OUTSTANDING)?;
            trial.hold()?;
            run(trial, &mut [Run::new(Doing::Read, None), Run::new(writing, None)])
        })?;
        judge.case(format!("{writing} while a read is under way that is dropped"), &writing.and(Doing::Read), |trial| {
            trial.write_all(OUTSTANDING)?;
            trial.hold()?;
            Run::new(Doing::Read, None).poll(trial)?;
            run(trial, &mut [Run::new(writing, None)])
        })?;
    }
    Ok(())
}
