//! How a [`Faulty`] reads and seeks, by the cursor that it writes by.

use std::{
    io::{self, Read, Seek, SeekFrom},
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::WriteComplete;

use super::{
    Faulty, Flaw,
    state::{Operation, Stage, State},
};
use crate::guard::retry_interrupted;

impl Faulty {
    /// Reads what is at the cursor. The bytes of a read that was given up go to the next one.
    pub fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut state = self.shared.polled(cx);
        state.flawed.polled = true;
        if state.is_writing() && !state.has(Flaw::ReadOvertakes) {
            state.register_reader();
            return Poll::Pending;
        }
        if state.has(Flaw::ReadAsksForIt) {
            state.last.mark_as_answered();
        }
        if state.has(Flaw::ReadsAfterAClose) && matches!(state.stage, Stage::Closed(_)) {
            return Poll::Ready(Ok(0));
        }
        if let Some(answer) = state.take_read(buf) {
            return Poll::Ready(answer);
        }
        if state.is_reading() && !matches!(state.stage, Stage::Closed(_)) {
            state.register_reader();
            return Poll::Pending;
        }
        let at_once = self.at_once || state.is_writing();
        let destination = state.open()?;
        if at_once {
            return Poll::Ready(retry_interrupted(|| destination.read(buf)));
        }
        state.post_read(buf.len())
    }

    /// Moves the cursor.
    pub fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<io::Result<u64>> {
        let mut state = self.shared.polled(cx);
        state.flawed.polled = true;
        state.check(Flaw::SeeksOverIt)?;
        if state.is_busy() {
            state.register_writer();
            return Poll::Pending;
        }
        if !state.has(Flaw::SeeksFromAnAbandonedRead) {
            state.seek_back()?;
        }
        state.ahead.clear();
        Poll::Ready(state.open().and_then(|destination| retry_interrupted(|| destination.seek(pos))))
    }
}

impl State {
    /// What a read came to, or what one that was given up left.
    fn take_read(&mut self, buf: &mut [u8]) -> Option<io::Result<usize>> {
        if !matches!(self.stage, Stage::Open) {
            return None;
        }
        match self.read.take() {
            Some(Err(error)) => return Some(Err(error.error())),
            Some(Ok(bytes)) if bytes.is_empty() => return Some(Ok(0)),
            Some(Ok(bytes)) => self.ahead.extend(bytes),
            None => {}
        }
        if self.ahead.is_empty() {
            return None;
        }
        let n = buf.len().min(self.ahead.len());
        for (to, from) in buf.iter_mut().zip(self.ahead.drain(..n)) {
            *to = from;
        }
        if self.has(Flaw::LosesTheRestOfARead) {
            self.ahead.clear();
        }
        Some(Ok(n))
    }

    fn post_read(&mut self, len: usize) -> Poll<io::Result<usize>> {
        if self.refusals > 0 {
            self.refusals -= 1;
            if !self.has(Flaw::LosesARefusedJob) {
                return Poll::Ready(Err(io::Error::other("the pool refused the job")));
            }
        } else {
            self.queue.push_back(Operation::Read { len });
        }
        self.register_reader();
        Poll::Pending
    }

    /// Moves the cursor back over what a read took and nobody has got.
    pub(super) fn seek_back(&mut self) -> io::Result<()> {
        if let Some(Ok(bytes)) = self.read.take() {
            self.ahead.extend(bytes);
        }
        let n = self.ahead.len() as u64;
        if n > 0 && !self.has(Flaw::WritesBehindAnAbandonedRead) {
            self.open()?.seek_back(n)?;
        }
        self.ahead.clear();
        Ok(())
    }
}
