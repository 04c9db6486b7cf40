//! How a [`Faulty`] takes submissions, or refuses them.

use std::{
    io,
    panic::resume_unwind,
    task::{Context, Poll, ready},
};

use async_write_complete::{Submitted, Ticket, TicketSource, poll_budget};

use super::{
    Faulty, Flaw,
    last_write::LastWrite,
    repeatable::Repeatable,
    state::{Operation, Stage, State, Write},
    worker::{self, Performed},
    writer::{Habit, Way},
};
use crate::guard::{closed, retry_interrupted};

impl Faulty {
    pub(super) fn poll_submit(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        slices: &[usize],
        way: Way,
    ) -> Poll<io::Result<Submitted>> {
        let mut state = self.shared.polled(cx);
        if bytes.is_empty() {
            return state.poll_no_bytes(way);
        }
        if let Some(refusal) = state.refuse(bytes, way, &mut self.tickets) {
            return Poll::Ready(refusal);
        }
        if state.has(Flaw::PanicsAfterClose) && !matches!(state.stage, Stage::Open) {
            drop(state);
            resume_unwind(Box::new("a submission after the close"));
        }
        ready!(state.poll_free(bytes))?;
        if state.flawed.taken.as_deref() == Some(bytes) {
            state.flawed.taken = None;
            return Poll::Ready(Ok(Submitted::Complete(bytes.len())));
        }
        if self.habit == Habit::Waits && !std::mem::take(&mut state.room) {
            state.flawed.nudged = true;
            state.register_writer();
            return Poll::Pending;
        }
        state.seek_back()?;
        let taken = if self.habit == Habit::TakesHalf { bytes.len().div_ceil(2) } else { bytes.len() };
        let write = Write { ticket: None, bytes: bytes[..taken].to_vec(), slices: slices.to_vec() };
        if state.has(Flaw::AnswersAtSubmission) || state.has(Flaw::AnswersBeforeTheCall) {
            drop(state);
            ready!(poll_budget(cx));
            state = self.shared.polled(cx);
        }
        if self.at_once {
            drop(state);
            ready!(self.poll_budget(cx, way));
            return Poll::Ready(self.shared.state().write_at_once(&write).map(Submitted::Complete));
        }
        Poll::Ready(Ok(state.take(write, &mut self.tickets)))
    }
}

impl State {
    fn poll_no_bytes(&mut self, way: Way) -> Poll<io::Result<Submitted>> {
        if let Some(ticket) = self.last.outstanding() {
            match self.flaw {
                Some(Flaw::RefusesNoBytes) => return Poll::Ready(Err(outstanding(ticket))),
                Some(Flaw::WaitsWithNoBytes) if self.last.in_flight().is_some() => {
                    self.register_writer();
                    return Poll::Pending;
                }
                _ => {}
            }
        }
        let calls = match self.flaw {
            Some(Flaw::WritesNoBytes) => way == Way::Plain,
            Some(Flaw::WritesEmptySlices) => way == Way::Vectored,
            _ => false,
        };
        if let (true, Ok(destination)) = (calls, self.open()) {
            retry_interrupted(|| io::Write::write(destination, &[]))?;
        }
        if self.has(Flaw::NoBytesEndATicket) && self.last.outstanding().is_none() {
            self.last = LastWrite::None;
        }
        Poll::Ready(Ok(Submitted::Complete(self.has(Flaw::CountsNoBytes).into())))
    }

    /// The answer for a submission that is not taken, because of what is outstanding or was indeterminate.
    fn refuse(&mut self, bytes: &[u8], way: Way, tickets: &mut TicketSource) -> Option<io::Result<Submitted>> {
        if !matches!(self.stage, Stage::Open) {
            return match self.flaw {
                Some(Flaw::PanicsAfterClose) => None,
                Some(Flaw::TakesAfterAClose) => Some(Ok(Submitted::Complete(bytes.len()))),
                _ => Some(Err(closed())),
            };
        }
        if let Some(ticket) = self.refused_over(way) {
            self.flawed.refused = true;
            match self.flaw {
                Some(Flaw::TakesBytesAndRefuses) => self.queue.push_back(Write::unknown(bytes)),
                Some(Flaw::CancelsWhenRefusing) if self.last.in_flight().is_some() => {
                    self.queue.clear();
                    self.flawed.nudged = true;
                    self.last.finish(Err(Repeatable::other("the write was cancelled")));
                }
                Some(Flaw::RefusesAsWouldBlock) => {
                    let error = async_write_complete::WriteOutstanding::new(ticket);
                    return Some(Err(io::Error::new(io::ErrorKind::WouldBlock, error)));
                }
                Some(Flaw::NamesAnotherTicket) => return Some(Err(outstanding(tickets.mint(ticket.len())))),
                _ => {}
            }
            return Some(Err(outstanding(ticket)));
        }
        let reason = self.poison.as_ref()?;
        Some(Err(match self.flaw {
            Some(Flaw::ForgetsWhy) => io::Error::other("the writer takes no more"),
            _ => reason.error(),
        }))
    }

    /// The write because of which a submission is refused.
    fn refused_over(&mut self, way: Way) -> Option<Ticket> {
        let ended = self.last.in_flight().is_none();
        match (self.flaw, &self.last) {
            (Some(Flaw::NeverSettles), LastWrite::InFlight(ticket) | LastWrite::Ended { ticket, .. }) => {
                return Some(*ticket);
            }
            (Some(Flaw::SaysItOnce), _) if self.flawed.refused => return None,
            (Some(Flaw::SaysItToASyncOnly), _) => return None,
            (Some(Flaw::SettlesByItself), _) if ended => return None,
            (Some(Flaw::VectoredOverIt), _) if way == Way::Vectored => return None,
            #[cfg(feature = "bytes")]
            (Some(Flaw::BytesOverIt), _) if way == Way::Bytes => return None,
            (Some(Flaw::WaitsInstead), _) if !ended => return None,
            (Some(Flaw::ForgetsItAfterAForeignTicket), _) if self.flawed.foreign => return None,
            _ => {}
        }
        self.last.outstanding()
    }

    /// What `outstanding` says.
    pub(super) fn claimed_to_be_outstanding(&self) -> Option<Ticket> {
        match self.flaw {
            Some(Flaw::ClaimsToBeSettled) => None,
            Some(Flaw::ForgetsItAfterAForeignTicket) if self.flawed.foreign => None,
            _ => self.last.outstanding(),
        }
    }

    /// Why another operation of the writing side is not executed.
    pub(super) fn check(&mut self, over_it: Flaw) -> io::Result<()> {
        if !matches!(self.stage, Stage::Open) {
            return Err(closed());
        }
        let settles = self.has(Flaw::SettlesByItself) && self.last.in_flight().is_none();
        let only_a_sync = self.has(Flaw::SaysItToASyncOnly) && over_it != Flaw::SyncsOverIt;
        if let Some(ticket) = self.last.outstanding().filter(|_| !self.has(over_it) && !settles && !only_a_sync) {
            return Err(outstanding(ticket));
        }
        self.poison.as_ref().map_or(Ok(()), |reason| Err(reason.error()))
    }

    /// Waits until nothing is in the way of a submission of `bytes`.
    fn poll_free(&mut self, bytes: &[u8]) -> Poll<io::Result<()>> {
        self.flawed.polled = true;
        if let Some(repeated) = self.flawed.repeated.take() {
            return Poll::Ready(Err(repeated.error()));
        }
        let waits_instead = self.has(Flaw::WaitsInstead) && self.last.in_flight().is_some();
        if !self.is_reading() && !waits_instead {
            return Poll::Ready(Ok(()));
        }
        match self.flaw {
            Some(Flaw::WouldBlockDuringARead) => return Poll::Ready(Err(io::ErrorKind::WouldBlock.into())),
            Some(Flaw::NoWakeForASubmission) => return Poll::Pending,
            Some(Flaw::TakesOnPending) if self.flawed.taken.is_none() => {
                self.queue.push_back(Write::unknown(bytes));
                self.flawed.taken = Some(bytes.to_vec());
            }
            _ => {}
        }
        self.register_writer();
        Poll::Pending
    }

    fn take(&mut self, write: Write, tickets: &mut TicketSource) -> Submitted {
        let len = write.bytes.len();
        self.flawed.polled = false;
        self.flawed.refused = false;
        self.flawed.foreign = false;
        self.flawed.asked_by = None;
        if self.has(Flaw::AnswersAtSubmission) {
            self.queue.push_back(Operation::Write(write));
            return Submitted::Complete(len);
        }
        let ticket = match self.flawed.answered {
            Some((last, _)) if self.has(Flaw::ReusesTickets) && last.len() == len => last,
            _ => tickets.mint(len),
        };
        self.last = LastWrite::InFlight(ticket);
        if self.refusals == 0 {
            self.queue.push_back(Operation::Write(Write { ticket: Some(ticket), ..write }));
        } else {
            self.refusals -= 1;
            self.job_was_refused(len);
        }
        Submitted::InFlight(ticket)
    }

    /// The pool has dropped the job of the last submission.
    fn job_was_refused(&mut self, len: usize) {
        match self.flaw {
            Some(Flaw::LosesARefusedJob) => return,
            Some(Flaw::PoisonedByARefusal) => self.poison = Some(Repeatable::other("the pool refused a job")),
            Some(Flaw::CountsARefusedJob) => return self.last.finish(Ok(len)),
            _ => {}
        }
        self.last.finish(Err(Repeatable::other("the pool refused the job")));
    }

    fn write_at_once(&mut self, write: &Write) -> io::Result<usize> {
        let flaw = self.flaw;
        let performed = worker::perform(self.open()?, write, flaw);
        match performed {
            Performed::Panicked => Err(closed()),
            Performed::Result(result) => {
                let n = result.map_err(|error| self.poisoned_by(error))?;
                self.last = LastWrite::None;
                Ok(n)
            }
        }
    }
}

fn outstanding(ticket: Ticket) -> io::Error {
    async_write_complete::WriteOutstanding::new(ticket).into()
}
