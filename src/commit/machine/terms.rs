//! What the [machine](super::Machine) and its callers say to one another.

use std::io;

use super::super::{Position, queue::Id};
use crate::error::RepeatableError;

/// What a waiter waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commit) enum Level {
    Complete,
    Durable,
}

/// One append that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commit) struct Waiter {
    pub(super) id: Id,
    pub(super) goal: Goal,
}

/// What an append waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// Room for its record, which is not accepted.
    Room,
    /// All up to a position.
    Reach(Level, u64),
}

impl Waiter {
    /// Whether its record is to be [accepted](super::Machine::accept) again.
    pub(in crate::commit) const fn is_for_room(self) -> bool {
        matches!(self.goal, Goal::Room)
    }
}

/// What is under way with the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    /// A batch that ends at this position.
    Writing {
        end: u64,
    },
    /// A sync for all up to this position.
    Syncing {
        covers: u64,
    },
}

/// What the leader does with the writer.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::commit) enum Action {
    /// Begin a write of these bytes.
    Begin(Vec<u8>),
    /// Carry the write on.
    Write,
    /// Begin or carry on a sync.
    Sync,
}

/// What a poll of a waiter comes to.
#[derive(Debug)]
pub(in crate::commit) enum Decision {
    Answer(io::Result<Position>),
    /// Carry out the action, then [`pending`](super::Machine::pending) or [`finish`](super::Machine::finish). If it
    /// begins a write, a waiter for room is [accepted](super::Machine::accept) before, under the same lock.
    Lead(Action),
    /// The writer is busy, or another poll has it: [`wait`](super::Machine::wait).
    Wait,
}

/// What the leader reports of a phase that has ended.
#[derive(Debug)]
pub(in crate::commit) enum Ended {
    /// All bytes are complete; the memory that they were in.
    Write(Vec<u8>),
    /// This many are complete.
    WriteFailed(usize, RepeatableError),
    Sync,
    SyncFailed(RepeatableError),
}

/// What to do once the lock is not held.
#[derive(Debug)]
pub(in crate::commit) struct Deferred<K> {
    pub(in crate::commit) wake: Vec<K>,
    pub(in crate::commit) drop: Vec<K>,
    /// What is told no more. Like a waker, an error may be of a type whose drop does something.
    pub(in crate::commit) errors: Vec<RepeatableError>,
}

impl<K> Default for Deferred<K> {
    fn default() -> Self {
        Self { wake: Vec::new(), drop: Vec::new(), errors: Vec::new() }
    }
}
