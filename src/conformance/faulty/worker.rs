//! What stands behind a [`Faulty`](super::Faulty): the jobs, one write each, and what is known of them.

use std::{
    collections::VecDeque,
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use super::Flaw;
use crate::{
    conformance::destination::Destination,
    error::Indeterminate,
    guard::{catch, checked_count, never_would_block, quietly, transparent},
    write::{Ticket, kept::Kept, slot::Slot},
};

/// What the writer and its worker share.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Mutex<State>>);

#[derive(Debug)]
pub(super) struct State {
    pub(super) flaw: Option<Flaw>,
    /// With the writer; `None` once it is released.
    pub(super) destination: Option<Destination>,
    pub(super) jobs: VecDeque<Job>,
    pub(super) slot: Slot,
    pub(super) writer: Option<Waker>,
    pub(super) reader: Option<Waker>,
    /// The waker of the poll that goes on, until it is registered.
    pub(super) incoming: Option<Waker>,
    /// The one whose place it took.
    pub(super) outgoing: Option<Waker>,
    /// The indeterminate outcome since which nothing is taken.
    pub(super) poison: Option<Kept>,
    pub(super) stage: Stage,
    pub(super) is_dropped: bool,
    /// How many of the next jobs are refused.
    pub(super) refusals: usize,
    pub(super) flawed: Flawed,
}

#[derive(Debug)]
pub(super) enum Stage {
    Open,
    /// A close was asked for and is not answered.
    Closing,
    Closed(Result<(), Kept>),
}

/// What the flaws remember.
#[derive(Debug, Default)]
pub(super) struct Flawed {
    /// Whether there was a poll since the last submission.
    pub(super) polled: bool,
    /// Whether a submission came while the outstanding write was not complete.
    pub(super) orphaned: bool,
    /// The last ticket, and what it was answered.
    pub(super) last: Option<(Ticket, Option<usize>)>,
    /// An error that was told.
    pub(super) told: Option<Kept>,
    /// Which task asked first for the last ticket, while its write was outstanding.
    pub(super) asked: Option<usize>,
    /// The bytes of a submission that was answered with `Pending`.
    pub(super) taken: Option<Vec<u8>>,
    /// The bytes of the last job.
    pub(super) rest: Vec<u8>,
    /// The panic of the destination.
    pub(super) panicked: bool,
    pub(super) answers: usize,
    /// The waker of the last answer at once.
    pub(super) task: Option<Waker>,
    /// Whether the submission that is polled is a vectored one.
    pub(super) vectored: bool,
    /// Whether an operation waited for the outstanding write.
    pub(super) waited: bool,
    /// Whether the outcome of the close was told.
    pub(super) told_outcome: bool,
    /// Whether there was a sync.
    pub(super) synced: bool,
    /// Whether there is nothing to do but to wake.
    pub(super) nudged: bool,
}

/// One write.
#[derive(Debug)]
pub(super) struct Job {
    /// `None` for one that nobody was told of.
    pub(super) ticket: Option<Ticket>,
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes belong to an earlier submission.
    pub(super) merged: usize,
}

impl Shared {
    pub(super) fn new(destination: Destination, flaw: Option<Flaw>) -> Self {
        Self(Arc::new(Mutex::new(State {
            flaw,
            destination: Some(destination),
            jobs: VecDeque::new(),
            slot: Slot::new(),
            writer: None,
            reader: None,
            incoming: None,
            outgoing: None,
            poison: None,
            stage: Stage::Open,
            is_dropped: false,
            refusals: 0,
            flawed: Flawed::default(),
        })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Performs the oldest job; false if there is none.
    pub(super) fn step(&self) -> bool {
        let mut state = self.state();
        if state.has(Flaw::NeedsPolls) && !state.flawed.polled && !state.is_dropped {
            return false;
        }
        let Some(job) = state.jobs.pop_front() else {
            if std::mem::take(&mut state.flawed.nudged) {
                drop(state);
                self.wake();
                return true;
            }
            // A settled destination that the drop left behind.
            let leaves = state.is_dropped && !state.has(Flaw::LeaksInDrop);
            let left = if leaves { state.destination.take() } else { None };
            return left.is_some();
        };
        let Some(mut destination) = state.destination.take() else { return true };
        let flaw = state.flaw;
        drop(state);
        let result = perform(&mut destination, &job, flaw);
        let failed = matches!(&result, Performed::Result(Err(_)));
        let early = flaw == Some(Flaw::WakesBeforePublishing);
        if early {
            self.wake();
        }
        let released = self.state().ended(job, result, destination);
        drop(released);
        if !(early || failed && flaw == Some(Flaw::NoWakeForAFailure)) {
            self.wake();
        }
        true
    }

    /// Wakes both sides. No lock is held, and a panic of one waker is not the other's.
    fn wake(&self) {
        let mut state = self.state();
        let (writer, reader, flaw) = (state.writer.take(), state.reader.take(), state.flaw);
        if flaw == Some(Flaw::WakesUnderItsLock) {
            writer.into_iter().chain(reader).for_each(|waker| quietly(|| waker.wake()));
            return;
        }
        drop(state);
        let wake_writer = || writer.into_iter().for_each(Waker::wake);
        let wake_reader = || reader.into_iter().for_each(Waker::wake);
        if flaw == Some(Flaw::LosesAWakeToAPanic) {
            quietly(|| {
                wake_writer();
                wake_reader();
            });
        } else {
            quietly(wake_writer);
            quietly(wake_reader);
        }
    }
}

/// Calls the destination once; a panic and a count that cannot be are errors, and nothing is told that would have the
/// caller ask again.
pub(super) fn perform(destination: &mut Destination, job: &Job, flaw: Option<Flaw>) -> Performed {
    let len = job.bytes.len();
    let call = |destination: &mut Destination| match flaw {
        Some(Flaw::LeaksWouldBlock) => without_interrupts(|| destination.write(&job.bytes)),
        Some(Flaw::LeaksInterrupted) => destination.write(&job.bytes).map_err(never_would_block),
        Some(Flaw::SplitsASubmission) if len > 1 => split(destination, &job.bytes),
        Some(Flaw::GoesOnAfterAShortCall) => all(destination, &job.bytes),
        _ => transparent(|| destination.write(&job.bytes)),
    };
    if flaw == Some(Flaw::LetsAPanicOut) {
        let Ok(result) = catch_unwind(AssertUnwindSafe(|| call(destination))) else { return Performed::Panicked };
        return Performed::Result(result.and_then(|n| checked_count(n, len)));
    }
    let result = catch(|| call(destination)).and_then(|result| result);
    let checked = |n| if flaw == Some(Flaw::TrustsAnExcess) { Ok(len.min(n)) } else { checked_count(n, len) };
    Performed::Result(result.and_then(checked))
}

/// What came of a call.
#[derive(Debug)]
pub(super) enum Performed {
    Result(io::Result<usize>),
    /// A panic that is to come out of the next poll.
    Panicked,
}

fn without_interrupts(mut write: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match write() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Two calls for one submission.
fn split(destination: &mut Destination, bytes: &[u8]) -> io::Result<usize> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let n = transparent(|| destination.write(first))?;
    if n < first.len() {
        return Ok(n);
    }
    Ok(n.saturating_add(transparent(|| destination.write(second)).unwrap_or(0)))
}

/// As many calls as it takes.
fn all(destination: &mut Destination, bytes: &[u8]) -> io::Result<usize> {
    let mut complete = transparent(|| destination.write(bytes))?;
    while (1..bytes.len()).contains(&complete) {
        match transparent(|| destination.write(&bytes[complete..])) {
            Ok(n @ 1..) => complete += n,
            Ok(0) | Err(_) => break,
        }
    }
    Ok(complete)
}

impl State {
    pub(super) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// A job has ended. Gives the destination if it is to be dropped.
    fn ended(&mut self, job: Job, performed: Performed, destination: Destination) -> Option<Destination> {
        let result = match performed {
            Performed::Result(result) => result,
            Performed::Panicked => {
                self.flawed.panicked = true;
                Err(io::ErrorKind::Other.into())
            }
        };
        if self.has(Flaw::RepeatsAnOrphan) && self.flawed.orphaned && job.ticket.is_some() {
            self.jobs.push_back(Job { ticket: None, bytes: job.bytes.clone(), merged: 0 });
        }
        self.flawed.rest.clone_from(&job.bytes);
        let lost = self.publish(job, result);
        let keeps = self.has(Flaw::LeaksInDrop) && !lost;
        if self.is_dropped && self.jobs.is_empty() && !keeps || lost {
            return Some(destination);
        }
        self.destination = Some(destination);
        let closes = matches!(self.stage, Stage::Closing) && !self.has(Flaw::CloseNeedsPolls);
        if closes && self.jobs.is_empty() {
            return self.close();
        }
        None
    }

    /// Makes known what came of a job; true if the destination is lost with it.
    fn publish(&mut self, job: Job, result: io::Result<usize>) -> bool {
        if job.ticket.is_none() || job.ticket != self.slot.in_flight() {
            return false;
        }
        let result = result.map(|n| n.saturating_sub(job.merged)).map_err(|error| {
            Kept::new(match self.flaw {
                Some(Flaw::FlattensErrors) if Indeterminate::find(&error).is_none() => {
                    io::Error::other("the write failed")
                }
                Some(Flaw::LosesTheCode) if Indeterminate::find(&error).is_none() => error.kind().into(),
                _ => error,
            })
        });
        let lost = matches!(&result, Err(kept) if kept.is_indeterminate()) && !self.has(Flaw::GoesOnAfterAPanic);
        if let (Err(kept), true) = (&result, lost) {
            self.poison = Some(Kept::new(kept.poisoned()));
        }
        let forgets = match &result {
            Err(_) => self.has(Flaw::SwallowsAnOrphansFailure),
            Ok(_) => self.has(Flaw::LetsAShortOrphanPass),
        } || self.has(Flaw::ForgetsItWhileOneWaits) && self.flawed.waited;
        self.slot.finish(result);
        if forgets {
            // Its ticket still answers, and nothing is owed about it.
            drop(self.slot.report());
        }
        lost
    }

    /// All is complete: the outcome of the close is known but for what the slot owes, and the destination is given to be
    /// dropped.
    pub(super) fn close(&mut self) -> Option<Destination> {
        let outcome = self.poison.as_ref().map_or(Ok(()), |reason| Err(Kept::new(reason.poisoned())));
        let fails = outcome.is_err() || matches!(self.slot, Slot::Unheard(_));
        let keeps = self.has(Flaw::KeepsTheDestination) || fails && self.has(Flaw::KeepsItAfterAFailure);
        self.stage = Stage::Closed(outcome);
        if keeps { None } else { self.destination.take() }
    }

    /// The outcome of the close is about to be told, and what is still owed comes first.
    pub(super) fn owed_to_the_close(&mut self) {
        if !matches!(self.stage, Stage::Closed(_)) {
            return;
        }
        let owed = self.slot.report().filter(|_| !self.has(Flaw::ClosesOverAFailure));
        if let Some(prior) = owed {
            self.stage = Stage::Closed(Err(prior));
        }
    }
}
