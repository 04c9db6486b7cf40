//! [`Possible`]: one state that the writer and its destination may be in.

use std::{
    io::{self, SeekFrom},
    task::Poll,
};

use async_write_complete::{Indeterminate, PriorWriteFailed, WriteOutstanding, error::raw_os_error};

use crate::random::{
    breach,
    fate::{Fate, Faults, is_due, meets},
    image::Images,
};

/// A state. An answer leads to those that it leaves possible: to none if it is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Possible {
    pub(super) images: Images,
    pub(super) faults: Faults,
    /// The write that a buffer may continue.
    pub(super) pending: Option<Pending>,
    /// Whether the last write is known to have ended.
    pub(super) has_ended: bool,
    /// Whether nobody can know how many bytes of the last write are complete. Once that was told, the writer is
    /// poisoned.
    pub(super) is_unknown: bool,
    /// Whether a sync has failed.
    is_undurable: bool,
}

/// The write of a `poll_write` that has not been answered, or not for all of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) bytes: Vec<u8>,
    pub(super) fate: Fate,
    /// How many of them an answer has covered.
    answered: usize,
    /// Whether the writer knows how many are complete.
    is_known: bool,
    /// Whether a flush has settled it: then only a digest of the rest is left.
    is_flushed: bool,
}

impl Pending {
    /// Whether `buf` agrees with the rest as far as both go; with a digest, whether it begins with all of the rest.
    fn is_continued_by(&self, buf: &[u8]) -> bool {
        let end = match self.fate {
            Fate::Complete(n) if self.is_known => n,
            _ => self.bytes.len(),
        };
        match self.is_flushed {
            true => buf.starts_with(&self.bytes[self.answered..]),
            false => {
                let rest = &self.bytes[self.answered..end];
                let both = rest.len().min(buf.len());
                rest[..both] == buf[..both]
            }
        }
    }

    /// What is to be told of it, if no buffer continues it.
    fn has_to_be_told(&self) -> bool {
        self.fate != Fate::Complete(self.bytes.len())
    }

    /// Whether `error` tells it to another operation.
    fn is_told_by(&self, error: &io::Error) -> bool {
        let Some(prior) = PriorWriteFailed::find(error) else { return false };
        match self.fate {
            Fate::Complete(n) => n < self.bytes.len() && prior.complete() == Some(n),
            Fate::Fails(code) => prior.complete() == Some(0) && (code.is_none() || raw_os_error(error) == code),
            Fate::Unknown | Fate::Undecided => prior.complete().is_none(),
        }
    }
}

impl Possible {
    pub(super) fn new() -> Self {
        Self {
            images: Images::new(),
            faults: Faults::default(),
            pending: None,
            has_ended: true,
            is_unknown: false,
            is_undurable: false,
        }
    }

    /// A `poll_write` of `buf`, which has bytes, was answered.
    pub(super) fn wrote(&self, buf: &[u8], answer: &Poll<io::Result<usize>>) -> Vec<Self> {
        match &self.pending {
            None if self.is_poisoned() => self.says_so(answer),
            Some(pending) if pending.is_continued_by(buf) => self.goes_on(pending, buf.len(), answer),
            _ => self.after_the_pending(answer, |state| state.begins(buf, answer)),
        }
    }

    /// Whether it was told that nobody can know how many bytes are complete.
    pub(super) fn is_poisoned(&self) -> bool {
        self.is_unknown && self.pending.is_none()
    }

    /// A writer that is poisoned says so, or has not yet.
    fn says_so<R>(&self, answer: &Poll<io::Result<R>>) -> Vec<Self> {
        let fits = match answer {
            Poll::Pending => true,
            Poll::Ready(result) => result.as_ref().is_err_and(|error| Indeterminate::find(error).is_some()),
        };
        fits.then(|| self.clone()).into_iter().collect()
    }

    /// `buf` begins a write.
    fn begins(&self, buf: &[u8], answer: &Poll<io::Result<usize>>) -> Vec<Self> {
        let mut taken = self.clone();
        let fate = taken.faults.next(buf.len());
        let moved = if let Fate::Complete(n) = fate { &buf[..n] } else { &[] };
        taken.images.write(moved);
        taken.is_unknown = fate == Fate::Unknown;
        match answer {
            Poll::Pending => {
                taken.has_ended = false;
                let bytes = buf.to_vec();
                taken.pending = Some(Pending { bytes, fate, answered: 0, is_known: false, is_flushed: false });
                // It may wait for another operation.
                vec![self.clone(), taken]
            }
            Poll::Ready(result) if is_of(fate, buf.len(), result) => vec![taken.answered()],
            Poll::Ready(_) => Vec::new(),
        }
    }

    /// A buffer of `len` bytes goes on with the write that is pending.
    fn goes_on(&self, pending: &Pending, len: usize, answer: &Poll<io::Result<usize>>) -> Vec<Self> {
        let is_known = pending.is_known || pending.is_flushed;
        match (pending.fate, answer) {
            (_, Poll::Pending) if is_known => Vec::new(),
            (_, Poll::Pending) => vec![self.clone()],
            (Fate::Complete(all), Poll::Ready(Ok(n))) if *n == len.min(all - pending.answered) => {
                let mut next = self.clone().answered();
                let answered = pending.answered + n;
                if answered < all && !pending.is_flushed {
                    next.pending = Some(Pending { answered, is_known: true, ..pending.clone() });
                }
                vec![next]
            }
            (fate, Poll::Ready(result @ Err(_))) if is_of(fate, len, result) => vec![self.clone().answered()],
            _ => Vec::new(),
        }
    }

    /// What is pending was asked for, and `answer` given to an operation that does not go on with it: first it ends,
    /// and is told if it has to be; then comes the operation.
    fn after_the_pending<R>(
        &self,
        answer: &Poll<io::Result<R>>,
        operation: impl FnOnce(&Self) -> Vec<Self>,
    ) -> Vec<Self> {
        let Some(pending) = &self.pending else { return operation(self) };
        let ended = self.clone().answered();
        let mut next = if answer.is_pending() { vec![self.clone()] } else { Vec::new() };
        match answer {
            _ if !pending.has_to_be_told() => next.extend(operation(&ended)),
            Poll::Ready(Err(error)) if pending.is_told_by(error) => next.push(ended),
            _ => {}
        }
        next
    }

    pub(super) fn flushed(&self, answer: &Poll<io::Result<()>>) -> Vec<Self> {
        let failed = |pending: &Pending| !matches!(pending.fate, Fate::Complete(_));
        match (answer, &self.pending) {
            (Poll::Pending, _) => vec![self.clone()],
            (_, None) if self.is_unknown => self.says_so(answer),
            (Poll::Ready(Ok(())), None) => vec![self.clone().answered()],
            // A short count is no failure: the caller may go on with the write.
            (Poll::Ready(Ok(())), Some(pending)) if !failed(pending) => {
                let mut next = self.clone().answered();
                next.pending = Some(Pending { is_flushed: true, ..pending.clone() });
                vec![next]
            }
            (Poll::Ready(Err(error)), Some(pending)) if failed(pending) && pending.is_told_by(error) => {
                vec![self.clone().answered()]
            }
            _ => Vec::new(),
        }
    }

    /// A read of at most `len` bytes was answered. It leaves what is pending alone.
    pub(super) fn read(&self, len: usize, answer: &Poll<io::Result<Vec<u8>>>) -> Vec<Self> {
        let mut next = self.clone();
        match answer {
            _ if self.is_unknown => vec![next],
            Poll::Pending => vec![next],
            Poll::Ready(Err(error)) if meets(&mut next.faults.read, error) => {
                next.has_ended = true;
                vec![next]
            }
            Poll::Ready(Ok(got)) if next.images.read(len, got) => {
                next.has_ended = true;
                vec![next]
            }
            Poll::Ready(_) => Vec::new(),
        }
    }

    /// A seek was answered.
    pub(super) fn seek_ended(&self, position: SeekFrom, answer: &Poll<io::Result<u64>>) -> Vec<Self> {
        self.after_the_pending(answer, |state| {
            let Poll::Ready(result) = answer else { return vec![state.clone()] };
            if state.is_unknown {
                return vec![state.clone()];
            }
            let mut next = state.clone();
            match result {
                Err(error) if meets(&mut next.faults.seek, error) => {
                    next.images.seek_failed();
                    return vec![next];
                }
                Ok(_) if is_due(next.faults.seek) => return Vec::new(),
                _ => {}
            }
            let fits = next.images.seek_ended(position, result.as_ref().ok().copied());
            fits.then_some(next).into_iter().collect()
        })
    }

    /// A sync was answered, which has made `durable` what it could. What is pending it refuses, unless that has ended
    /// and was told.
    pub(super) fn synced(&self, answer: &Poll<io::Result<()>>, durable: Option<&[u8]>) -> Vec<Self> {
        match (&self.pending, answer) {
            (Some(pending), _) if pending.is_known || pending.is_flushed => {
                self.after_the_pending(answer, |state| state.syncs(answer, durable))
            }
            (Some(_), Poll::Ready(Err(error))) if WriteOutstanding::find(error).is_some() => vec![self.clone()],
            (Some(_), _) => Vec::new(),
            (None, _) => self.syncs(answer, durable),
        }
    }

    /// Nothing is pending. A dropped sync that met a fault fails the next one as surely as that fault would.
    fn syncs(&self, answer: &Poll<io::Result<()>>, durable: Option<&[u8]>) -> Vec<Self> {
        let mut next = self.clone();
        let fails = self.is_undurable || self.faults.sync;
        let fits = match answer {
            _ if self.is_unknown => true,
            Poll::Pending => true,
            Poll::Ready(Err(_)) => {
                (next.is_undurable, next.faults.sync) = (true, false);
                fails
            }
            Poll::Ready(Ok(())) => {
                !fails && durable.is_none_or(|durable| durable.starts_with(&self.images.first().bytes))
            }
        };
        fits.then_some(next).into_iter().collect()
    }

    /// A close was answered.
    pub(super) fn closed(&self, answer: &Poll<io::Result<()>>) -> Vec<Self> {
        let is_of_the_release = |result: &io::Result<()>| match (result, self.faults.close) {
            (Ok(()), expected) => !is_due(expected),
            (Err(error), expected) => expected.is_some_and(|expected| raw_os_error(error) == Some(expected.code)),
        };
        let is_told = |pending: &Pending, result: &io::Result<()>| match result {
            Err(error) if pending.has_to_be_told() => pending.is_told_by(error),
            result => !pending.has_to_be_told() && is_of_the_release(result),
        };
        match (answer, &self.pending) {
            (Poll::Pending, _) => vec![self.clone()],
            (Poll::Ready(result), Some(pending)) if is_told(pending, result) => vec![self.clone().answered()],
            (Poll::Ready(_), None) if self.is_unknown => vec![self.clone()],
            (Poll::Ready(result), None) if is_of_the_release(result) => vec![self.clone().answered()],
            (Poll::Ready(_), _) => Vec::new(),
        }
    }

    /// Every write has ended and was answered.
    fn answered(mut self) -> Self {
        self.pending = None;
        self.has_ended = true;
        self
    }
}

/// Whether `result` is the answer of a write of `len` bytes with this `fate`.
fn is_of(fate: Fate, len: usize, result: &io::Result<usize>) -> bool {
    match (fate, result) {
        (Fate::Complete(n), Ok(m)) => n.min(len) == *m,
        (Fate::Fails(_) | Fate::Unknown, Err(error)) => breach::failed(fate, error).is_ok(),
        _ => false,
    }
}
