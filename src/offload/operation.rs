//! [`Operation`]: what runs on the pool with the destination, and what it reports.

use std::io::{self, SeekFrom};

#[cfg(feature = "bytes")]
use bytes::Bytes;

use super::{buffer::Buffer, events::Submission};
use crate::{
    error::{Indeterminate, NotRun, RepeatableError},
    guard::{catch_panics, checked_count, drop_catching_panics, retry_interrupted},
    primitives::{Arc, Mutex, lock},
};

/// One operation on a destination. The methods of `T` come as functions, so that the machine is the same for every `T`.
pub(super) enum Operation<T> {
    /// `Ok(n)`: exactly the first `n` bytes are complete. No allocation, since this is what a busy writer does.
    Write(fn(&mut T, &[u8]) -> io::Result<usize>, Payload, Submission),
    /// Fetches as many bytes as the buffer has room for.
    Read(fn(&mut T, &mut [u8]) -> io::Result<usize>, Buffer),
    Seek(fn(&mut T, SeekFrom) -> io::Result<u64>, SeekFrom),
    Sync(fn(&T) -> io::Result<()>),
    /// Moves the cursor back.
    SeekBack(fn(&mut T, u64) -> io::Result<bool>, u64),
    Call(Call<T>),
    /// Ends the destination, by the function that the close or the drop has left.
    Release,
}

/// Anything else. It leaves its result in a [`Reply`].
pub(super) type Call<T> = Box<dyn FnOnce(&mut T) -> io::Result<Report> + Send>;

/// What an operation says of itself when it ends.
pub(super) enum Report {
    Write(Result<usize, RepeatableError>),
    Read(Buffer, io::Result<usize>),
    Seek(io::Result<u64>),
    SeekBack(io::Result<bool>),
    /// If it failed, what was complete before it may not be durable.
    Sync(Result<(), RepeatableError>),
    /// A sync that was never made.
    NotSynced,
    /// Its result is in its reply, or there is none.
    Other,
}

/// The bytes of a write.
pub(super) enum Payload {
    /// A copy, in a buffer that serves again for the next one.
    Copied(Buffer),
    /// Those of the caller, who may be waiting for us to let go of them.
    #[cfg(feature = "bytes")]
    Shared(Bytes),
}

impl Payload {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Copied(buffer) => buffer.bytes(),
            #[cfg(feature = "bytes")]
            Self::Shared(bytes) => bytes,
        }
    }

    /// Lets go of the bytes, and gives the buffer, if there is one.
    fn into_buffer(self) -> Buffer {
        match self {
            Self::Copied(buffer) => buffer,
            #[cfg(feature = "bytes")]
            Self::Shared(bytes) => {
                // The memory may be of an owner of the caller's, whose drop is foreign code.
                drop_catching_panics(bytes);
                Buffer::new()
            }
        }
    }
}

impl<T> Operation<T> {
    /// Runs it, and gives back the buffer of a write. `Err`: its effect is unknown.
    pub(super) fn run(self, destination: &mut T) -> (io::Result<Report>, Buffer) {
        let mut spare = Buffer::new();
        let report = match self {
            Self::Write(write, payload, submission) => {
                let written = submission.watch(|| known(|| write(destination, payload.bytes())));
                // Before the answer: a caller who shares the bytes may wait for them.
                spare = payload.into_buffer();
                written.map(|written| Report::Write(written.map_err(RepeatableError::new)))
            }
            Self::Read(read, mut buffer) => {
                let len = buffer.bytes().len();
                let mut read = || retry_interrupted(|| read(destination, buffer.bytes_mut()));
                known(|| read().and_then(|n| checked_count(n, len))).map(|read| Report::Read(buffer, read))
            }
            Self::Seek(seek, to) => known(|| retry_interrupted(|| seek(destination, to))).map(Report::Seek),
            Self::SeekBack(back, n) => known(|| retry_interrupted(|| back(destination, n))).map(Report::SeekBack),
            Self::Sync(sync) => catch_panics(|| retry_interrupted(|| sync(destination)))
                .map(|synced| Report::Sync(synced.map_err(RepeatableError::new))),
            Self::Call(call) => catch_panics(|| call(destination)).and_then(|report| report),
            Self::Release => Ok(Report::Other),
        };
        (report, spare)
    }

    /// What it reports if it never runs.
    pub(super) fn not_run(&self) -> Report {
        match self {
            Self::Write(.., submission) => {
                submission.not_run();
                Report::Write(Err(RepeatableError::new(not_run())))
            }
            Self::Read(..) => Report::Read(Buffer::new(), Err(not_run())),
            Self::Seek(..) => Report::Seek(Err(not_run())),
            Self::SeekBack(..) => Report::SeekBack(Err(not_run())),
            Self::Sync(_) => Report::NotSynced,
            Self::Call(_) | Self::Release => Report::Other,
        }
    }
}

/// The answer for an operation whose job the pool refused or dropped (rule O4).
pub(crate) fn not_run() -> io::Error {
    io::Error::other(NotRun)
}

/// Calls the destination. `Err`: the effect is unknown, because of a panic or an [`Indeterminate`] of the destination.
fn known<R>(call: impl FnOnce() -> io::Result<R>) -> io::Result<io::Result<R>> {
    match catch_panics(call)? {
        Err(error) if Indeterminate::find(&error).is_some() => Err(error),
        result => Ok(result),
    }
}

/// Where a [`Call`] leaves its result.
pub(super) struct Reply<R>(Arc<Mutex<Option<Unclaimed<R>>>>);

/// A result whose drop may panic: when its caller has gone, the operation drops it.
struct Unclaimed<R>(Option<R>);

impl<R> Drop for Unclaimed<R> {
    fn drop(&mut self) {
        let result = self.0.take();
        drop_catching_panics(result);
    }
}

impl<R> Reply<R> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }

    pub(super) fn set(&self, result: R) {
        *lock(&self.0) = Some(Unclaimed(Some(result)));
    }

    /// The result; an operation that did not come to its end has none.
    pub(super) fn take(&self) -> Option<R> {
        lock(&self.0).take()?.0.take()
    }
}

impl<R> Clone for Reply<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
