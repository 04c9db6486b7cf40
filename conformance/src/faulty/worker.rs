//! What stands behind a [`Faulty`](super::Faulty): it does one operation for each step.

use std::{
    io::{self, Read, Write as _},
    task::Waker,
};

use async_write_complete::{Indeterminate, WriteComplete};

use super::{
    Flaw,
    repeatable::Repeatable,
    state::{Operation, Shared, Stage, State, Write},
};
use crate::{
    destination::Destination,
    guard::{catch_panics, checked_count, ignore_panics, never_would_block, retry_interrupted},
};

/// What a write came to.
#[derive(Debug)]
pub(super) enum Performed {
    Result(io::Result<usize>),
    /// A panic that is to come out of the next poll.
    Panicked,
}

impl Shared {
    /// Does the oldest operation; false if there is none.
    pub(super) fn step(&self) -> bool {
        let mut state = self.state();
        if state.has(Flaw::NeedsPolls) && !state.flawed.polled && !state.is_dropped {
            return false;
        }
        let Some(operation) = state.queue.pop_front() else {
            if std::mem::take(&mut state.flawed.nudged) {
                state.room = true;
                drop(state);
                self.wake();
                return true;
            }
            // A destination that the drop left behind.
            let leaves = state.is_dropped && !state.has(Flaw::LeaksInDrop);
            return leaves && state.destination.take().is_some();
        };
        let Some(destination) = state.destination.take() else { return true };
        let flaw = state.flaw;
        drop(state);
        match operation {
            Operation::Write(write) => self.write(write, destination, flaw),
            Operation::Read { len } => self.read(len, destination),
        }
        true
    }

    fn write(&self, write: Write, mut destination: Destination, flaw: Option<Flaw>) {
        let performed = perform(&mut destination, &write, flaw);
        let failed = matches!(&performed, Performed::Result(Err(_)));
        let early = flaw == Some(Flaw::WakesBeforePublishing);
        if early {
            self.wake();
        }
        let released = self.state().write_ended(&write, performed, destination);
        drop(released);
        self.close_if_asked();
        if !(early || failed && flaw == Some(Flaw::NoWakeForAFailure)) {
            self.wake();
        }
    }

    fn read(&self, len: usize, mut destination: Destination) {
        let mut buf = vec![0; len];
        let result = catch_panics(|| retry_interrupted(|| destination.read(&mut buf))).and_then(|result| result);
        let result = result.map(|n| {
            buf.truncate(n);
            buf
        });
        let released = {
            let mut state = self.state();
            state.read = Some(result.map_err(|error| Repeatable::new(&error)));
            state.put_back(destination)
        };
        drop(released);
        self.close_if_asked();
        self.wake();
    }

    fn close_if_asked(&self) {
        let asked = {
            let state = self.state();
            matches!(state.stage, Stage::Closing) && !state.has(Flaw::CloseNeedsPolls)
        };
        if asked {
            self.close();
        }
    }

    /// Wakes both sides. No lock is held, and a panic of one waker does not keep the other one.
    fn wake(&self) {
        let mut state = self.state();
        let (writer, reader, flaw) = (state.writer.take(), state.reader.take(), state.flaw);
        if flaw == Some(Flaw::WakesUnderItsLock) {
            writer.into_iter().chain(reader).for_each(|waker| ignore_panics(|| waker.wake()));
            return;
        }
        drop(state);
        let wake_writer = || writer.into_iter().for_each(Waker::wake);
        let wake_reader = || reader.into_iter().for_each(Waker::wake);
        if flaw == Some(Flaw::LosesAWakeToAPanic) {
            ignore_panics(|| {
                wake_writer();
                wake_reader();
            });
        } else {
            ignore_panics(wake_writer);
            ignore_panics(wake_reader);
        }
    }
}

/// Makes one call of the destination; a panic and a count that cannot be are errors, and so is an error that comes when
/// the bytes are in.
pub(super) fn perform(destination: &mut Destination, write: &Write, flaw: Option<Flaw>) -> Performed {
    let len = write.bytes.len();
    let call = |destination: &mut Destination| match flaw {
        Some(Flaw::LeaksWouldBlock) => without_interrupts(|| destination.write(&write.bytes)),
        Some(Flaw::LeaksInterrupted) => destination.write(&write.bytes).map_err(never_would_block),
        Some(Flaw::SplitsASubmission) if len > 1 => calls(destination, &write.bytes, &[len / 2]),
        Some(Flaw::CallsForEachSlice) => calls(destination, &write.bytes, &write.slices),
        Some(Flaw::GoesOnAfterAShortCall) => all(destination, &write.bytes),
        _ => retry_interrupted(|| destination.write(&write.bytes)),
    };
    let result = match catch_panics(|| call(destination)) {
        Err(_) if flaw == Some(Flaw::LetsAPanicOut) => return Performed::Panicked,
        Err(_) if flaw == Some(Flaw::AnswersAPanicPlainly) => Err(io::Error::other("the destination panicked")),
        result => result.and_then(|result| result),
    };
    let late = |error: &io::Error| flaw != Some(Flaw::BelievesALateError) && destination.may_have_written(error);
    Performed::Result(match result {
        Ok(n) if flaw == Some(Flaw::TrustsAnExcess) => Ok(len.min(n)),
        Ok(n) => checked_count(n, len),
        Err(error) if Indeterminate::find(&error).is_none() && late(&error) => Err(Indeterminate::new(error).into()),
        Err(error) => Err(error),
    })
}

fn without_interrupts(mut write: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match write() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// A call for each piece of these lengths, and one for the rest.
fn calls(destination: &mut Destination, bytes: &[u8], lengths: &[usize]) -> io::Result<usize> {
    let (mut done, mut rest) = (0, bytes);
    for len in lengths.iter().copied().chain([usize::MAX]) {
        let (piece, others) = rest.split_at(len.min(rest.len()));
        if piece.is_empty() {
            continue;
        }
        match retry_interrupted(|| destination.write(piece)) {
            Ok(n) if n == piece.len() => (done, rest) = (done + n, others),
            Ok(n) if n > piece.len() => return Ok(bytes.len().saturating_add(n - piece.len())),
            Ok(n) => return Ok(done + n),
            Err(_) if done > 0 => return Ok(done),
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Calls until all is written, or a call fails.
fn all(destination: &mut Destination, bytes: &[u8]) -> io::Result<usize> {
    let mut complete = retry_interrupted(|| destination.write(bytes))?;
    while (1..bytes.len()).contains(&complete) {
        match retry_interrupted(|| destination.write(&bytes[complete..])) {
            Ok(n @ 1..) => complete += n,
            Ok(0) | Err(_) => break,
        }
    }
    Ok(complete)
}

impl State {
    /// A write has ended. Gives the destination if it is to be dropped.
    fn write_ended(&mut self, write: &Write, performed: Performed, destination: Destination) -> Option<Destination> {
        let result = match performed {
            Performed::Result(result) => result,
            Performed::Panicked => {
                self.flawed.panicked = true;
                Err(io::ErrorKind::Other.into())
            }
        };
        if self.has(Flaw::RepeatsWhenRefusing) && std::mem::take(&mut self.flawed.refused) && write.ticket.is_some() {
            self.queue.push_back(Write::unknown(&write.bytes));
        }
        self.flawed.bytes.clone_from(&write.bytes);
        self.disorder(write, &result, &destination);
        if self.publish(write, result) {
            return Some(destination);
        }
        self.put_back(destination)
    }

    /// What flaws make of the place of the bytes.
    fn disorder(&mut self, write: &Write, result: &io::Result<usize>, destination: &Destination) {
        let Ok(n @ 1..) = result else { return };
        let after_a_short_one = std::mem::replace(&mut self.flawed.was_short, *n < write.bytes.len());
        self.flawed.calls += 1;
        let swaps = match self.flaw {
            Some(Flaw::PutsTheThirdBeforeTheSecond) => self.flawed.calls == 3,
            Some(Flaw::PutsItBeforeAShortOne) => after_a_short_one,
            Some(Flaw::PutsVectoredOnesFirst) => self.flawed.calls > 1 && !write.slices.is_empty(),
            _ => false,
        };
        if swaps {
            destination.swap_last_two();
        }
    }

    /// The destination comes back, unless nothing needs it any more.
    pub(super) fn put_back(&mut self, destination: Destination) -> Option<Destination> {
        if self.is_dropped && !self.is_busy() && !self.has(Flaw::LeaksInDrop) {
            return Some(destination);
        }
        self.destination = Some(destination);
        None
    }

    /// Makes known what a write came to; true if the destination is lost with it.
    fn publish(&mut self, write: &Write, result: io::Result<usize>) -> bool {
        let result = result.map_err(|error| {
            let plain = Indeterminate::find(&error).is_none();
            Repeatable::new(&match self.flaw {
                Some(Flaw::FlattensErrors) if plain => io::Error::other("the write failed"),
                Some(Flaw::LosesTheCode) if plain => error.kind().into(),
                _ => error,
            })
        });
        let lost = result.as_ref().is_err_and(|error| error.is_indeterminate) && !self.has(Flaw::GoesOnAfterAPanic);
        if let (Err(reason), true) = (&result, lost) {
            self.poison = Some(reason.clone());
        }
        if write.ticket.is_some() && write.ticket == self.last.in_flight() {
            self.last.finish(result);
        }
        lost
    }
}
