//! [`State`]: what a [`Faulty`](super::Faulty) and its worker share.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use async_write_complete::Ticket;

use super::{Flaw, last_write::LastWrite, repeatable::Repeatable};
use crate::{destination::Destination, guard::closed};

#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Mutex<State>>);

#[derive(Debug)]
pub(super) struct State {
    pub(super) flaw: Option<Flaw>,
    /// `None` while the worker has it, and once it is released.
    pub(super) destination: Option<Destination>,
    /// What the worker has to do.
    pub(super) queue: VecDeque<Operation>,
    pub(super) last: LastWrite,
    /// What the last read came to, until a poll takes it.
    pub(super) read: Option<Result<Vec<u8>, Repeatable>>,
    /// The bytes that a read took and nobody has got.
    pub(super) ahead: VecDeque<u8>,
    pub(super) writer: Option<Waker>,
    pub(super) reader: Option<Waker>,
    /// The waker of the poll that goes on, until it is registered.
    pub(super) incoming: Option<Waker>,
    /// The one whose place it took.
    pub(super) outgoing: Option<Waker>,
    /// The indeterminate outcome since which nothing is taken.
    pub(super) poison: Option<Repeatable>,
    pub(super) stage: Stage,
    /// Whether there is room for the submission that waits.
    pub(super) room: bool,
    pub(super) is_dropped: bool,
    /// How many of the next jobs are refused.
    pub(super) refusals: usize,
    pub(super) flawed: Flawed,
}

#[derive(Debug)]
pub(super) enum Stage {
    Open,
    /// A close has begun and is not answered.
    Closing,
    Closed(Result<(), Repeatable>),
}

/// What the worker does with the destination.
#[derive(Debug)]
pub(super) enum Operation {
    Write(Write),
    Read { len: usize },
}

/// One write.
#[derive(Debug)]
pub(super) struct Write {
    /// `None` for one of which the caller does not know.
    pub(super) ticket: Option<Ticket>,
    pub(super) bytes: Vec<u8>,
    /// The lengths of the slices of a vectored one.
    pub(super) slices: Vec<usize>,
}

impl Write {
    pub(super) fn unknown(bytes: &[u8]) -> Operation {
        Operation::Write(Self { ticket: None, bytes: bytes.to_vec(), slices: Vec::new() })
    }
}

/// What the flaws remember.
#[derive(Debug, Default)]
pub(super) struct Flawed {
    /// Whether there was a poll since the last submission.
    pub(super) polled: bool,
    /// Whether a submission was refused since the last one that was taken.
    pub(super) refused: bool,
    /// The last ticket, and what it was answered.
    pub(super) answered: Option<(Ticket, Option<usize>)>,
    /// The error that the next submission gets.
    pub(super) repeated: Option<Repeatable>,
    /// Which task polled the last ticket first, while its write was in flight.
    pub(super) asked_by: Option<usize>,
    /// Whether a foreign ticket was polled while a write was outstanding.
    pub(super) foreign: bool,
    /// The bytes of a submission that was answered with `Pending`.
    pub(super) taken: Option<Vec<u8>>,
    /// The bytes of the last write.
    pub(super) bytes: Vec<u8>,
    /// Whether the last call moved less than it was given, and how many moved bytes.
    pub(super) was_short: bool,
    pub(super) calls: usize,
    /// A panic of the destination that is to come out of the next poll.
    pub(super) panicked: bool,
    /// How many answers were given at once, and to which task the last one.
    pub(super) answers: usize,
    pub(super) task: Option<Waker>,
    /// Whether the outcome of the close was answered.
    pub(super) outcome_was_answered: bool,
    /// Whether there was a sync.
    pub(super) synced: bool,
    /// Whether the worker has nothing to do but to make room and to wake.
    pub(super) nudged: bool,
    /// The waker that the poll that goes on wakes itself.
    pub(super) spins: Option<Waker>,
}

impl Shared {
    pub(super) fn new(destination: Destination, flaw: Option<Flaw>) -> Self {
        Self(Arc::new(Mutex::new(State {
            flaw,
            destination: Some(destination),
            queue: VecDeque::new(),
            last: LastWrite::None,
            read: None,
            ahead: VecDeque::new(),
            writer: None,
            reader: None,
            incoming: None,
            outgoing: None,
            poison: None,
            stage: Stage::Open,
            room: false,
            is_dropped: false,
            refusals: 0,
            flawed: Flawed::default(),
        })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Whether the worker has something to do.
    pub(super) fn is_busy(&self) -> bool {
        !self.queue.is_empty()
    }

    pub(super) fn is_reading(&self) -> bool {
        self.queue.iter().any(|operation| matches!(operation, Operation::Read { .. }))
    }

    pub(super) fn is_writing(&self) -> bool {
        self.queue.iter().any(|operation| matches!(operation, Operation::Write(_)))
    }

    /// The destination, while nothing is wrong.
    pub(super) fn open(&mut self) -> io::Result<&mut Destination> {
        if !matches!(self.stage, Stage::Open) {
            return Err(closed());
        }
        if let Some(reason) = &self.poison {
            return Err(reason.error());
        }
        self.destination.as_mut().ok_or_else(closed)
    }

    /// Takes no more if `error` is indeterminate.
    pub(super) fn poisoned_by(&mut self, error: io::Error) -> io::Error {
        let kept = Repeatable::new(&error);
        if kept.is_indeterminate && !self.has(Flaw::GoesOnAfterAPanic) {
            self.poison = Some(kept);
            self.destination = None;
        }
        error
    }
}
