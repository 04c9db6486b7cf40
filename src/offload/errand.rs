//! [`Errand`]: a destination, and what is to be done with it on the pool.

use std::{io, time::Instant};

#[cfg(feature = "bytes")]
use bytes::Bytes;

use super::{
    shared::{Lingering, Shared},
    state::Report,
};
use crate::guard::{catch, quietly};

/// A destination on its way, and what is to be done with it.
pub(super) struct Errand<T> {
    pub(super) destination: T,
    pub(super) work: Work<T>,
}

/// What is done with a destination. An `Err`, or a panic, says that its effect is unknown.
pub(super) enum Work<T> {
    /// Its write is called with these bytes. No allocation, since this is what a busy writer does all the time.
    Write(fn(&mut T, &[u8]) -> io::Result<Report>, Payload),
    /// Anything else.
    Call(Call<T>),
    /// It is dropped, for a close.
    Release,
}

/// The bytes of a write.
pub(super) enum Payload {
    /// A copy, in a buffer that comes back for the next one.
    Copied(Vec<u8>),
    /// Those of the caller, who may be waiting for us to let go of them.
    #[cfg(feature = "bytes")]
    Shared(Bytes),
}

impl Payload {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Copied(buffer) => buffer,
            #[cfg(feature = "bytes")]
            Self::Shared(bytes) => bytes,
        }
    }

    /// Lets go of the bytes, and gives the buffer, if there is one.
    fn into_buffer(self) -> Vec<u8> {
        match self {
            Self::Copied(buffer) => buffer,
            #[cfg(feature = "bytes")]
            Self::Shared(bytes) => {
                // The memory may be of an owner of the caller's, whose drop is foreign code.
                quietly(|| drop(bytes));
                Vec::new()
            }
        }
    }
}

/// An operation that is no write.
pub(super) type Call<T> = Box<dyn FnOnce(&mut T) -> io::Result<Report> + Send>;

impl<T> Errand<T> {
    /// Carries it out, on the pool's thread, and brings the destination home. Says whether the worker, who `came` then,
    /// may linger.
    pub(super) fn run(self, shared: &Shared<T>, came: Instant) -> Option<Lingering> {
        let Self { mut destination, work } = self;
        let (reported, buffer) = match work {
            Work::Write(write, payload) => (catch(|| write(&mut destination, payload.bytes())), payload.into_buffer()),
            Work::Call(call) => (catch(|| call(&mut destination)), Vec::new()),
            Work::Release => {
                shared.release(destination);
                return None;
            }
        };
        match reported.and_then(|reported| reported) {
            Ok(report) => shared.come_back(destination, report, buffer, came),
            Err(unknown) => {
                shared.poison(destination, unknown);
                None
            }
        }
    }

    /// Brings the destination home: the pool dropped the job.
    pub(super) fn give_back(self, shared: &Shared<T>) {
        let Self { destination, work } = self;
        match work {
            Work::Release => shared.release(destination),
            unrun => {
                quietly(|| drop(unrun));
                shared.come_home(destination, Report::NotRun);
            }
        }
    }
}
