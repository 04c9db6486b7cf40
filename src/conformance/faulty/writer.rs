//! [`Faulty`]: a writer that keeps every rule but, with a [`Flaw`], one.

use std::{
    io::{self, IoSlice, Read, Seek, SeekFrom, Write},
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    Flaw,
    worker::{self, Job, Performed, Shared, Stage, State},
};
use crate::{
    conformance::destination::{Destination, DestinationObserver},
    error::{PriorWriteFailed, Superseded},
    guard::{closed, transparent},
    write::{
        AsyncWriteComplete, Submitted, Ticket, TicketSource,
        kept::{Kept, give},
        slot::Asked,
    },
};

/// A self-driven writer in the plainest way: a queue of jobs, that somebody steps, behind a mutex.
#[derive(Debug)]
pub struct Faulty {
    pub(super) shared: Shared,
    tickets: TicketSource,
    /// Whether it performs a write when it is submitted.
    at_once: bool,
    pub(super) sync_failed: Option<Kept>,
}

/// Sees the destination of a [`Faulty`], makes it do wrong, and steps its worker.
#[derive(Clone, Debug)]
pub struct FaultyObserver {
    pub(super) destination: DestinationObserver,
    pub(super) shared: Shared,
    pub(super) has_jobs: bool,
}

impl Faulty {
    /// One with `flaw`, that performs each write `at_once` when it is submitted or when it is stepped; and its observer.
    pub fn new(flaw: Option<Flaw>, at_once: bool) -> (Self, FaultyObserver) {
        let (destination, observer) = Destination::new();
        let shared = Shared::new(destination, flaw);
        let writer = Self { shared: shared.clone(), tickets: TicketSource::new(), at_once, sync_failed: None };
        (writer, FaultyObserver { destination: observer, shared, has_jobs: !at_once })
    }

    /// Reads by the cursor that it writes by.
    pub fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut state = self.shared.polled(cx);
        state.flawed.polled = true;
        if state.slot.in_flight().is_some() && !state.has(Flaw::ReadOvertakes) {
            state.register_reader();
            return Poll::Pending;
        }
        if state.has(Flaw::TellsItToARead) {
            state.owed()?;
        }
        if state.has(Flaw::ReadsAfterClose) && matches!(state.stage, Stage::Closed(_)) {
            return Poll::Ready(Ok(0));
        }
        Poll::Ready(state.at_home().and_then(|destination| destination.read(buf)))
    }

    /// Moves the cursor.
    pub fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>> {
        let mut state = self.shared.polled(cx);
        if !(state.slot.in_flight().is_some() && state.has(Flaw::SeekOvertakes)) {
            let free = ready!(state.poll_free());
            if free.is_err() && state.has(Flaw::SeeksTheRefused) {
                let _ = state.at_home().and_then(|destination| destination.seek(pos));
            }
            free?;
        }
        Poll::Ready(state.at_home().and_then(|destination| destination.seek(pos)))
    }

    fn poll_submit(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<Submitted>> {
        let mut state = self.shared.polled(cx);
        if state.slot.in_flight().is_some() {
            if let Some(submitted) = state.overlap(bytes, &mut self.tickets) {
                return Poll::Ready(Ok(submitted));
            }
        }
        if bytes.is_empty() {
            return state.poll_barrier();
        }
        if state.has(Flaw::PanicsAfterClose) && !matches!(state.stage, Stage::Open) {
            drop(state);
            resume_unwind(Box::new("a submission after the close"));
        }
        ready!(state.poll_free_for(bytes))?;
        if state.flawed.taken.as_deref() == Some(bytes) {
            state.flawed.taken = None;
            return Poll::Ready(Ok(Submitted::Complete(bytes.len())));
        }
        if self.at_once {
            drop(state);
            ready!(self.poll_turn(cx));
            return Poll::Ready(self.shared.state().write_at_once(bytes).map(Submitted::Complete));
        }
        let ticket = state.mint(&mut self.tickets, bytes.len());
        Poll::Ready(Ok(state.submit(ticket, bytes)))
    }
}

impl AsyncWriteComplete for Faulty {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.poll_submit(cx, buf)
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        let bytes: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        self.shared.state().vectored(&bytes)?;
        self.poll_submit(cx, &bytes)
    }

    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let mut state = self.shared.polled(cx);
        state.flawed.polled = true;
        if state.slot.in_flight() == Some(ticket) {
            if state.has(Flaw::AnswersBeforeTheCall) {
                return Poll::Ready(Ok(ticket.len()));
            }
            state.register_writer();
            state.flawed.asked.get_or_insert(cx.waker().data() as usize);
            return Poll::Pending;
        }
        let another = state.flawed.asked.is_some_and(|asked| asked != cx.waker().data() as usize);
        if another && state.has(Flaw::ForgetsForAnotherTask) {
            return Poll::Ready(Err(Superseded::new(ticket).into()));
        }
        if std::mem::take(&mut state.flawed.panicked) {
            drop(state);
            resume_unwind(Box::new("the destination panics"));
        }
        let answer = match state.slot.ask(ticket) {
            Asked::Wait => return Poll::Pending,
            Asked::Answer(answer) => answer,
        };
        Poll::Ready(state.answered(ticket, answer))
    }

    fn poll_close_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.polled(cx);
        state.flawed.polled = true;
        let forgets = state.has(Flaw::ForgetsTheOutcome) && state.flawed.told_outcome;
        state.owed_to_the_close();
        if let Stage::Closed(outcome) = &mut state.stage {
            let answer = if forgets { Ok(()) } else { give(outcome) };
            state.flawed.told_outcome = true;
            return Poll::Ready(answer);
        }
        state.stage = Stage::Closing;
        if state.slot.in_flight().is_some() {
            if !state.has(Flaw::NoWakeForAClose) {
                state.wait();
            }
            return Poll::Pending;
        }
        let released = state.close();
        state.flawed.told_outcome = true;
        state.owed_to_the_close();
        let Stage::Closed(outcome) = &mut state.stage else { return Poll::Ready(Ok(())) };
        let answer = give(outcome);
        drop(state);
        drop(released);
        Poll::Ready(answer)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_dropped = true;
        if state.has(Flaw::CancelsInDrop) {
            state.jobs.clear();
        }
        let writes = state.has(Flaw::WritesInDrop);
        let waits = state.has(Flaw::WaitsInDrop) && !state.jobs.is_empty();
        let settled = state.jobs.is_empty() && !state.has(Flaw::ReleasesAfterDrop);
        let released = if settled { state.destination.take() } else { None };
        drop(state);
        drop(released);
        if writes {
            while self.shared.step() {}
        }
        if waits {
            std::thread::park_timeout(std::time::Duration::from_millis(150));
        }
    }
}

impl State {
    pub(super) fn at_home(&mut self) -> io::Result<&mut Destination> {
        if !matches!(self.stage, Stage::Open) {
            return Err(closed());
        }
        if let Some(reason) = &self.poison {
            return Err(reason.poisoned());
        }
        self.destination.as_mut().ok_or_else(closed)
    }

    /// What a write-side operation has to be told before it is executed.
    fn owed(&mut self) -> io::Result<()> {
        let Some(mut prior) = self.slot.report() else { return Ok(()) };
        let prior = prior.give();
        if self.has(Flaw::TellsItTwice) {
            self.flawed.told = Some(Kept::new(copy_of_prior(&prior).into()));
        }
        if self.has(Flaw::ReportSupersedes) {
            self.slot.complete_at_once();
        }
        if self.has(Flaw::ReportsUnderWouldBlock) {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, copy_of_prior(&prior)));
        }
        if self.has(Flaw::ReportsNothingComplete) {
            let prior = copy_of_prior(&prior);
            return Err(PriorWriteFailed::short(prior.ticket(), 0).into());
        }
        if self.has(Flaw::TellsItAsTheNewWrites) {
            let reason = PriorWriteFailed::find(&prior).map(|prior| prior.reason().kind());
            return Err(reason.unwrap_or(io::ErrorKind::Other).into());
        }
        Err(prior)
    }

    /// Waits until a write-side operation may be executed, or says why it may not.
    pub(super) fn poll_free(&mut self) -> Poll<io::Result<()>> {
        self.flawed.polled = true;
        if self.slot.in_flight().is_some() {
            self.wait();
            return Poll::Pending;
        }
        if !matches!(self.stage, Stage::Open) {
            return Poll::Ready(Err(closed()));
        }
        self.owed()?;
        if let Some(mut told) = self.flawed.told.take() {
            return Poll::Ready(Err(told.give()));
        }
        Poll::Ready(self.poison.as_ref().map_or(Ok(()), |reason| Err(reason.poisoned())))
    }

    /// The same for a submission of `bytes`.
    fn poll_free_for(&mut self, bytes: &[u8]) -> Poll<io::Result<()>> {
        if self.slot.in_flight().is_some() {
            if self.has(Flaw::WouldBlockWhileBusy) {
                return Poll::Ready(Err(io::ErrorKind::WouldBlock.into()));
            }
            if self.has(Flaw::NoWakeForASubmission) {
                self.flawed.polled = true;
                return Poll::Pending;
            }
        }
        let free = ready!(self.poll_free());
        let refused = matches!(&free, Err(error) if PriorWriteFailed::find(error).is_some());
        if refused && self.has(Flaw::ExecutesTheRefused) {
            self.jobs.push_back(Job { ticket: None, bytes: bytes.to_vec(), merged: 0 });
        }
        Poll::Ready(free)
    }

    fn poll_barrier(&mut self) -> Poll<io::Result<Submitted>> {
        if self.has(Flaw::BarrierDoesNotWait) && self.slot.in_flight().is_some() {
            return Poll::Ready(Ok(Submitted::Complete(0)));
        }
        if self.has(Flaw::AnswersAfterClose) && matches!(self.stage, Stage::Closed(_)) {
            return Poll::Ready(Ok(Submitted::Complete(0)));
        }
        ready!(self.poll_free())?;
        if self.has(Flaw::BarrierCallsTheDestination) {
            self.call_for_nothing()?;
        }
        if self.has(Flaw::BarrierSupersedes) {
            self.slot.complete_at_once();
        }
        Poll::Ready(Ok(Submitted::Complete(self.has(Flaw::CountsABarrier).into())))
    }

    /// What flaws do before a vectored submission.
    fn vectored(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.flawed.vectored = true;
        if self.has(Flaw::VectoredSkipsIt) && !bytes.is_empty() {
            drop(self.slot.report());
        }
        if self.has(Flaw::WritesEmptySlices) && bytes.is_empty() && self.slot.in_flight().is_none() {
            return self.call_for_nothing();
        }
        Ok(())
    }

    /// A call of the destination that it should not get.
    fn call_for_nothing(&mut self) -> io::Result<()> {
        let Ok(destination) = self.at_home() else { return Ok(()) };
        transparent(|| destination.write(&[])).map(drop)
    }

    fn mint(&mut self, tickets: &mut TicketSource, len: usize) -> Ticket {
        let ticket = match self.flawed.last {
            Some((last, _)) if self.has(Flaw::ReusesTickets) && last.len() == len => last,
            _ => tickets.mint(len),
        };
        self.flawed.last = Some((ticket, None));
        ticket
    }

    fn submit(&mut self, ticket: Ticket, bytes: &[u8]) -> Submitted {
        (self.flawed.polled, self.flawed.orphaned, self.flawed.asked) = (false, false, None);
        self.flawed.waited = false;
        self.slot.submit(ticket);
        if self.refusals > 0 {
            self.refusals -= 1;
            self.refused();
            return Submitted::InFlight(ticket);
        }
        self.jobs.push_back(Job { ticket: Some(ticket), bytes: bytes.to_vec(), merged: 0 });
        if self.has(Flaw::AnswersAtSubmission) {
            return Submitted::Complete(bytes.len());
        }
        Submitted::InFlight(ticket)
    }

    fn write_at_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let flaw = self.flaw;
        let job = Job { ticket: None, bytes: bytes.to_vec(), merged: 0 };
        let performed = worker::perform(self.at_home()?, &job, flaw);
        self.slot.complete_at_once();
        match performed {
            Performed::Panicked => Err(closed()),
            Performed::Result(result) => result.map_err(|error| self.poisoned_by(error)),
        }
    }

    /// Takes no more if `error` is indeterminate.
    pub(super) fn poisoned_by(&mut self, error: io::Error) -> io::Error {
        let mut kept = Kept::new(error);
        let error = kept.give();
        if kept.is_indeterminate() {
            self.poison = Some(kept);
            self.destination = None;
        }
        error
    }

    /// The pool has dropped the job of the last submission.
    fn refused(&mut self) {
        if self.has(Flaw::LosesARefusedJob) {
            return;
        }
        let refused = || Kept::new(io::Error::other("the pool refused the job"));
        self.slot.finish(Err(refused()));
        if self.has(Flaw::PoisonedByARefusal) {
            self.poison = Some(refused());
        }
    }

    /// What flaws make of a submission while another one is outstanding.
    fn overlap(&mut self, bytes: &[u8], tickets: &mut TicketSource) -> Option<Submitted> {
        if bytes.is_empty() {
            return None;
        }
        self.flawed.orphaned = true;
        let job = |ticket| Job { ticket, bytes: bytes.to_vec(), merged: 0 };
        match self.flaw? {
            Flaw::TakesOnPending if self.flawed.taken.is_none() => {
                self.jobs.push_back(job(None));
                self.flawed.taken = Some(bytes.to_vec());
                None
            }
            Flaw::SharesItsBuffer => {
                let outstanding = self.jobs.front_mut()?;
                let n = bytes.len().min(outstanding.bytes.len());
                outstanding.bytes[..n].copy_from_slice(&bytes[..n]);
                None
            }
            Flaw::MergesTwoSubmissions => {
                let ticket = tickets.mint(bytes.len());
                let outstanding = self.jobs.front_mut()?;
                outstanding.merged = outstanding.bytes.len();
                outstanding.bytes.extend_from_slice(bytes);
                outstanding.ticket = Some(ticket);
                Some(self.outstanding(ticket))
            }
            Flaw::NewWriteOvertakes => {
                let ticket = tickets.mint(bytes.len());
                self.jobs.push_front(job(Some(ticket)));
                Some(self.outstanding(ticket))
            }
            Flaw::CancelsAnOrphan => {
                let ticket = tickets.mint(bytes.len());
                self.jobs.clear();
                self.jobs.push_back(job(Some(ticket)));
                Some(self.outstanding(ticket))
            }
            _ => None,
        }
    }

    /// `ticket` takes the place of the one that is outstanding.
    fn outstanding(&mut self, ticket: Ticket) -> Submitted {
        self.slot = crate::write::slot::Slot::InFlight(ticket);
        Submitted::InFlight(ticket)
    }

    /// What flaws make of the answer for a ticket.
    fn answered(&mut self, ticket: Ticket, answer: io::Result<usize>) -> io::Result<usize> {
        if matches!(&answer, Err(error) if Superseded::find(error).is_some()) {
            return self.superseded(answer);
        }
        self.flawed.last = Some((ticket, answer.as_ref().ok().copied()));
        self.answers_for_more(ticket, &answer);
        match (self.flaw, &answer) {
            (Some(Flaw::AnswersFailuresAsComplete), Err(_)) => Ok(ticket.len()),
            (Some(Flaw::CountsWhatItTook), Ok(_)) => Ok(ticket.len()),
            (Some(Flaw::CountsOneLess), Ok(n)) if *n < ticket.len() => Ok(n.saturating_sub(1)),
            (Some(Flaw::CountsOneMore), Ok(n)) if *n == ticket.len() => Ok(n + 1),
            (Some(Flaw::TurnsShortIntoError), Ok(n)) if *n < ticket.len() => Err(io::ErrorKind::WriteZero.into()),
            _ => answer,
        }
    }

    /// What flaws make of a ticket that is superseded or another writer's.
    fn superseded(&self, answer: io::Result<usize>) -> io::Result<usize> {
        if self.has(Flaw::PanicsAtAForeignTicket) {
            resume_unwind(Box::new("the ticket is unknown"));
        }
        match self.flawed.last {
            Some((_, Some(n))) if self.has(Flaw::AnswersAnyTicket) => Ok(n),
            _ => answer,
        }
    }

    /// What flaws do later because of `answer`.
    fn answers_for_more(&mut self, ticket: Ticket, answer: &io::Result<usize>) {
        match (self.flaw, answer) {
            (Some(Flaw::WritesTheRestLater), Ok(n)) if *n < ticket.len() => {
                let rest = self.flawed.rest.split_off((*n).min(self.flawed.rest.len()));
                self.jobs.push_back(Job { ticket: None, bytes: rest, merged: 0 });
            }
            (Some(Flaw::RetriesAFailedWrite), Err(_)) => {
                let bytes = std::mem::take(&mut self.flawed.rest);
                self.jobs.push_back(Job { ticket: None, bytes, merged: 0 });
            }
            (Some(Flaw::RepeatsTheError), Err(error)) => {
                self.flawed.told = Some(Kept::new(io::Error::new(error.kind(), "told again")));
            }
            (Some(Flaw::ReportsAToldShortCount), Ok(n)) if *n < ticket.len() => {
                self.flawed.told = Some(Kept::new(PriorWriteFailed::short(ticket, *n).into()));
            }
            (Some(Flaw::AnswersOnce), _) => {
                self.slot.complete_at_once();
            }
            _ => {}
        }
    }
}

/// Another report of the same failure.
fn copy_of_prior(prior: &io::Error) -> PriorWriteFailed {
    let Some(found) = PriorWriteFailed::find(prior) else { unreachable!("what a slot reports is one: {prior}") };
    let reason = io::Error::new(found.reason().kind(), found.reason().to_string());
    PriorWriteFailed::new(found.ticket(), found.complete(), reason)
}
