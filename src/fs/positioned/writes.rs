//! [`Writes`]: the writes of a [`PositionedFile`](super::PositionedFile) that are outstanding, and the tasks that wait.
//!
//! ```text
//!  submit              end         poll_answer
//! --------> InFlight -------> Ended ----------> answered
//!              | forget          | forget
//!          Abandoned ---------> gone; a failure waits for a settle
//!                      end
//! ```

use std::{
    collections::BTreeMap,
    fmt, io, mem,
    task::{Context, Poll, Waker},
};

use crate::offload::UnderWay;

/// What became of a write.
#[derive(Debug)]
pub(super) struct Outcome {
    /// How many bytes are complete; always the first ones.
    pub(super) completed: usize,
    pub(super) error: Option<io::Error>,
}

#[derive(Debug)]
struct Write {
    offset: u64,
    len: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    InFlight(Option<Waker>),
    /// In flight, and its future was dropped.
    Abandoned,
    /// Not answered yet.
    Ended(Outcome),
}

/// What there is to do when a write has ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// To be woken: the task that waits for the write, and those that wait for all of them.
    pub(super) waiting: Option<Waker>,
    pub(super) settling: Vec<Waker>,
    /// This was the last write of a file that was dropped: to be ended, with the number of those that failed.
    pub(super) under_way: Option<(UnderWay, u64)>,
}

/// Its methods are called under a lock. They run no foreign code: what is to be woken or dropped, they give.
#[derive(Debug, Default)]
pub(super) struct Writes {
    submitted: u64,
    outstanding: BTreeMap<u64, Write>,
    failures: Vec<FailedWrite>,
    settling: Vec<Waker>,
    /// The file was dropped with writes in flight.
    under_way: Option<UnderWay>,
}

impl Writes {
    pub(super) fn next(&self) -> u64 {
        self.submitted
    }

    /// A write begins; answers its number.
    pub(super) fn submit(&mut self, offset: u64, len: usize) -> u64 {
        let number = self.submitted;
        self.submitted += 1;
        self.outstanding.insert(number, Write { offset, len, state: State::InFlight(None) });
        number
    }

    /// Answers for a write. While it is in flight, `waker` is kept for its end; the other one is for the caller to
    /// drop.
    pub(super) fn poll_answer(&mut self, number: u64, waker: Waker) -> (Poll<Outcome>, Option<Waker>) {
        let Some(write) = self.outstanding.get_mut(&number) else { unreachable!("a write was answered twice") };
        if let State::InFlight(place) = &mut write.state {
            return (Poll::Pending, place.replace(waker));
        }
        match self.outstanding.remove(&number).map(|write| write.state) {
            Some(State::Ended(outcome)) => (Poll::Ready(outcome), Some(waker)),
            elsewhere => unreachable!("a write was polled in {elsewhere:?}"),
        }
    }

    /// The future of a write is dropped.
    pub(super) fn forget(&mut self, number: u64) -> Option<Waker> {
        let write = self.outstanding.get_mut(&number)?;
        match &mut write.state {
            State::InFlight(waker) => {
                let waker = waker.take();
                write.state = State::Abandoned;
                waker
            }
            State::Ended(_) => {
                self.remove_unanswered(number);
                None
            }
            State::Abandoned => None,
        }
    }

    pub(super) fn end(&mut self, number: u64, outcome: Outcome) -> Ended {
        let Some(write) = self.outstanding.get_mut(&number) else { unreachable!("a write ended twice") };
        let waiting = match mem::replace(&mut write.state, State::Ended(outcome)) {
            State::InFlight(waker) => waker,
            State::Abandoned => {
                self.remove_unanswered(number);
                None
            }
            State::Ended(_) => unreachable!("a write ended twice"),
        };
        let is_last = self.under_way.is_some() && !self.is_in_flight(self.submitted);
        let under_way = if is_last { self.under_way.take() } else { None };
        let under_way = under_way.map(|under_way| (under_way, self.failures.len() as u64));
        Ended { waiting, settling: mem::take(&mut self.settling), under_way }
    }

    /// Removes a write that has ended; its failure is for a settle to tell.
    fn remove_unanswered(&mut self, number: u64) {
        let Some(Write { offset, len, state: State::Ended(outcome) }) = self.outstanding.remove(&number) else {
            return;
        };
        if outcome.error.is_some() || outcome.completed < len {
            self.failures.push(FailedWrite { offset, len, outcome });
        }
    }

    /// Whether a write with a number before `end` is in flight.
    fn is_in_flight(&self, end: u64) -> bool {
        self.outstanding.range(..end).any(|(_, write)| !matches!(write.state, State::Ended(_)))
    }

    /// Waits for the writes with numbers before `end`, and takes the failures that were not answered.
    pub(super) fn settle(
        &mut self,
        end: u64,
        cx: &Context<'_>,
        waker: Waker,
    ) -> (Poll<Vec<FailedWrite>>, Option<Waker>) {
        if !self.is_in_flight(end) {
            return (Poll::Ready(mem::take(&mut self.failures)), Some(waker));
        }
        if self.settling.iter().any(|other| other.will_wake(cx.waker())) {
            return (Poll::Pending, Some(waker));
        }
        self.settling.push(waker);
        (Poll::Pending, None)
    }

    /// The file is dropped. Answers how many failures no settle will tell, if they are not counted later.
    pub(super) fn abandon(&mut self) -> u64 {
        if self.is_in_flight(self.submitted) {
            self.under_way = Some(UnderWay::begin());
            return 0;
        }
        self.failures.len() as u64
    }
}

/// A write whose future was dropped, and which failed or came out short.
#[derive(Debug)]
pub struct FailedWrite {
    offset: u64,
    len: usize,
    outcome: Outcome,
}

#[expect(clippy::len_without_is_empty, reason = "a write is not a collection")]
impl FailedWrite {
    /// Where it was to be made.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes were submitted.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// How many of them are known to be complete; always the first ones.
    pub const fn completed(&self) -> usize {
        self.outcome.completed
    }

    /// Why it failed; none if the file took fewer bytes.
    pub const fn error(&self) -> Option<&io::Error> {
        self.outcome.error.as_ref()
    }
}

/// Writes failed whose futures were dropped: the error of [`PositionedFile::settle`](super::PositionedFile::settle).
///
/// As an [`io::Error`] it has the kind of the first failure.
#[derive(Debug)]
pub struct AbandonedFailures(Vec<FailedWrite>);

impl AbandonedFailures {
    /// `Ok` if there are none.
    pub(super) fn check(failures: Vec<FailedWrite>) -> Result<(), Self> {
        if failures.is_empty() { Ok(()) } else { Err(Self(failures)) }
    }

    /// Each of them, in the order in which they ended.
    pub fn failures(&self) -> &[FailedWrite] {
        &self.0
    }
}

impl fmt::Display for AbandonedFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} writes failed whose futures were dropped", self.0.len())?;
        for FailedWrite { offset, len, outcome } in &self.0 {
            write!(f, "; of {len} bytes at {offset} {} are complete", outcome.completed)?;
            if let Some(error) = &outcome.error {
                write!(f, ": {error}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for AbandonedFailures {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.iter().find_map(FailedWrite::error).map(|error| error as _)
    }
}

impl From<AbandonedFailures> for io::Error {
    fn from(error: AbandonedFailures) -> Self {
        let kind = error.0.iter().find_map(FailedWrite::error).map_or(io::ErrorKind::WriteZero, Self::kind);
        Self::new(kind, error)
    }
}
