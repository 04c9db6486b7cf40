//! Group commit as a pure state machine.
//!
//! This is the one page that tells it. Records are *accepted* into `gathered`, in the order of their positions. A
//! waiter that is polled while there is something to do *leads*: it takes the writer for the length of this one poll,
//! and carries on what is under way. When that is `Pending`, the writer goes back, and has the waker of the log itself.
//! When the writer wakes that, the log is *ready* to be carried on: every waiter is woken, and whichever is polled
//! first leads. So no future matters to another one. One that is dropped never has the writer, its bytes, its ticket,
//! or the only waker; and one that is neither polled nor dropped (a "futurelock") holds nobody up. The same goes for
//! room: it is offered to one after the other, and to all who wait for it when the log becomes idle.
//!
//! A waiter that is polled before the writer has woken the log does not poll the writer: it would contend for it with
//! the thread behind, which was measured to halve the rate of 64 tasks.
//!
//! ```text
//!            begin a write                  begin a sync, if anybody waits for that
//!   Idle ------------------> Writing{end} ----------------------------> Syncing{covers} ---> Idle
//!    ^                           |                                          |
//!    +---------------------------+ nobody waits for a sync, or              | the next batch gathers meanwhile
//!                                  one more batch has gathered
//! ```
//!
//! A write takes all that has gathered, so at most two batches are in memory. A failure ends it all: `complete` and
//! `durable` stay where they are, every waiter beyond them gets the error, and nothing is accepted any more. One thing
//! is done after a failed write: if records that were complete wait for a sync, that is tried, once.
//!
//! Nothing in here locks, wakes, writes or drops a waker. Each transition leaves in [`Deferred`] what its caller has to
//! wake and to drop.

use std::{collections::VecDeque, io};

use super::{
    Position,
    queue::{Id, Queue},
};
use crate::error::RepeatableError;

#[cfg(test)]
mod memory;
#[cfg(test)]
mod room;
#[cfg(test)]
mod table;
mod terms;

pub(super) use self::terms::{Action, Decision, Deferred, Ended, Level, Waiter};
use self::terms::{Goal, Phase};

/// The machine; its transitions are its methods. `K` is a waker; a test has something simpler.
#[derive(Debug)]
pub(super) struct Machine<K> {
    phase: Phase,
    /// Whether a leader is polling the writer.
    is_led: bool,
    /// Whether the writer has woken the log since its last poll began.
    is_ready: bool,
    /// The bytes that are accepted and in no batch.
    gathered: Vec<u8>,
    /// The ends of the records that are accepted and not complete.
    ends: VecDeque<u64>,
    /// Memory for the next batch.
    spare: Vec<u8>,
    /// A write went before the sync that is due.
    sync_waited: bool,
    max_batch: usize,
    accepted: u64,
    complete: u64,
    durable: u64,
    failed: Option<RepeatableError>,
    /// A write has failed, and records that were complete before are still to be synced for those who wait for that.
    last_sync: bool,
    next_id: Id,
    /// Waiters for room, with the lengths of their records. They lead as well, when no other one is left.
    for_room: Queue<K>,
    /// Waiters for positions.
    for_complete: Queue<K>,
    for_durable: Queue<K>,
}

impl<K> Machine<K> {
    pub(super) const fn new(max_batch: usize) -> Self {
        Self {
            phase: Phase::Idle,
            is_led: false,
            is_ready: false,
            gathered: Vec::new(),
            ends: VecDeque::new(),
            spare: Vec::new(),
            sync_waited: false,
            max_batch,
            accepted: 0,
            complete: 0,
            durable: 0,
            failed: None,
            last_sync: false,
            next_id: 0,
            for_room: Queue::new(),
            for_complete: Queue::new(),
            for_durable: Queue::new(),
        }
    }

    pub(super) fn set_max_batch(&mut self, bytes: usize) {
        self.max_batch = bytes;
    }

    pub(super) const fn reached(&self, level: Level) -> Position {
        Position(match level {
            Level::Complete => self.complete,
            Level::Durable => self.durable,
        })
    }

    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.failed.as_mut().map(RepeatableError::give)
    }

    /// Whether a new waiter would have its answer at once.
    pub(super) fn answers_at_once(&self, record: &[u8], level: Level) -> bool {
        self.failed.is_some() || record.is_empty() && self.accepted <= self.reached(level).0
    }

    /// Accepts `record` in its turn; or has it wait for room, as it may have done `before`. A record of no bytes waits
    /// for all before it.
    pub(super) fn accept(
        &mut self,
        record: &[u8],
        level: Level,
        before: Option<Waiter>,
        deferred: &mut Deferred<K>,
    ) -> io::Result<Waiter> {
        if let Some(failed) = &mut self.failed {
            return Err(failed.give());
        }
        let len = record.len() as u64;
        let is_next = self.for_room.is_next(before.map(|waiter| waiter.id));
        if len > 0 && !(is_next && self.has_room(len)) {
            return Ok(before.unwrap_or_else(|| self.enter(Goal::Room, len)));
        }
        if let Some(before) = before {
            deferred.drop.extend(self.for_room.remove(before.id));
        }
        if len > 0 {
            self.gathered.extend_from_slice(record);
            self.accepted += len;
            self.ends.push_back(self.accepted);
        }
        let waiter = self.enter(Goal::Reach(level, self.accepted), self.accepted);
        self.wake_reached(deferred);
        Ok(waiter)
    }

    /// A new waiter, at the end of its queue.
    fn enter(&mut self, goal: Goal, at: u64) -> Waiter {
        self.next_id += 1;
        let waiter = Waiter { id: self.next_id, goal };
        self.queue(waiter).push(waiter.id, at);
        waiter
    }

    /// Whether `waiter` has its answer, or leads, or waits. One that has its answer is forgotten.
    pub(super) fn ask(&mut self, waiter: Waiter, deferred: &mut Deferred<K>) -> Decision {
        if let Some(position) = self.reached_by(waiter) {
            self.leave(waiter, deferred);
            return Decision::Answer(Ok(position));
        }
        let is_hopeless = !self.awaits_last_sync(waiter);
        if let Some(failed) = self.failed.as_mut().filter(|_| is_hopeless) {
            return Decision::Answer(Err(failed.give()));
        }
        let Some(next) = self.next_phase() else { return Decision::Wait };
        // It has no waker here: it is new, or that was taken when there came to be something to do.
        self.is_led = true;
        self.is_ready = false;
        let action = self.begin(next);
        self.wake_reached(deferred);
        Decision::Lead(action)
    }

    /// Whether a write has failed, and `waiter` may have its answer all the same.
    fn awaits_last_sync(&self, waiter: Waiter) -> bool {
        let Goal::Reach(Level::Durable, position) = waiter.goal else { return false };
        self.last_sync && position <= self.complete
    }

    /// The position that `waiter` waited for, if the log has reached it.
    fn reached_by(&self, waiter: Waiter) -> Option<Position> {
        match waiter.goal {
            Goal::Reach(level, position) => {
                Some(Position(position)).filter(|position| *position <= self.reached(level))
            }
            Goal::Room => None,
        }
    }

    /// Has `waiter` be woken by `waker`.
    pub(super) fn wait(&mut self, waiter: Waiter, waker: Option<K>, deferred: &mut Deferred<K>) {
        let replaced = self.queue(waiter).wait(waiter.id, waker);
        deferred.drop.extend(replaced);
    }

    /// The writer has woken the log: whichever waiter is polled next leads. All are woken, because nobody can know
    /// which of them are still polled.
    pub(super) fn ready(&mut self, deferred: &mut Deferred<K>) {
        self.is_ready = true;
        self.wake_waiters(deferred);
    }

    /// The leader's action is under way, and the writer has the log's waker.
    pub(super) fn pending(&mut self, waiter: Waiter, waker: Option<K>, deferred: &mut Deferred<K>) {
        self.is_led = false;
        self.wait(waiter, waker, deferred);
        // The writer may have woken the log while it was polled.
        self.wake_waiters(deferred);
    }

    /// The leader's action has ended. It [asks](Self::ask) next, so nobody is woken to lead; but for a last sync, which
    /// it may not wait for.
    pub(super) fn finish(&mut self, ended: Ended, deferred: &mut Deferred<K>) {
        self.is_led = false;
        match (std::mem::replace(&mut self.phase, Phase::Idle), ended) {
            (Phase::Writing { end }, Ended::Write(memory)) => {
                self.complete_up_to(end);
                self.keep(memory);
            }
            (Phase::Writing { end: _ }, Ended::WriteFailed(n, error)) => {
                self.complete_up_to(self.complete + n as u64);
                self.failed = Some(error);
                self.last_sync = self.is_sync_due();
            }
            (Phase::Syncing { covers }, Ended::Sync) => {
                self.durable = covers;
                self.last_sync = false;
            }
            (Phase::Syncing { .. }, Ended::SyncFailed(error)) => {
                // After a failed write too: that a sync has failed is what a caller must know of it all.
                deferred.errors.extend(self.failed.replace(error));
                self.last_sync = false;
            }
            (phase, ended) => unreachable!("{ended:?} in {phase:?}"),
        }
        self.wake_reached(deferred);
        if self.last_sync {
            self.wake_waiters(deferred);
        }
    }

    /// `waiter` has its answer, or its future is dropped. A record that was accepted goes on.
    pub(super) fn leave(&mut self, waiter: Waiter, deferred: &mut Deferred<K>) {
        let removed = self.queue(waiter).remove(waiter.id);
        deferred.drop.extend(removed);
        self.wake_reached(deferred);
        self.wake_waiters(deferred);
    }

    /// What there is to do for a leader. What has gathered is written before a sync, once: it costs little, and the
    /// sync then serves those records too.
    fn next_phase(&self) -> Option<Phase> {
        match self.phase {
            _ if self.is_led => None,
            Phase::Idle if self.last_sync => Some(Phase::Syncing { covers: self.complete }),
            Phase::Idle if self.failed.is_some() => None,
            Phase::Idle if self.is_sync_due() && (self.gathered.is_empty() || self.sync_waited) => {
                Some(Phase::Syncing { covers: self.complete })
            }
            Phase::Idle if self.gathered.is_empty() => None,
            Phase::Idle => Some(Phase::Writing { end: self.accepted }),
            under_way => Some(under_way).filter(|_| self.is_ready),
        }
    }

    fn is_sync_due(&self) -> bool {
        self.for_durable.front().is_some_and(|position| position <= self.complete)
    }

    /// What the leader has to do for that.
    fn begin(&mut self, next: Phase) -> Action {
        self.sync_waited = self.is_sync_due() && matches!(next, Phase::Writing { .. });
        let before = std::mem::replace(&mut self.phase, next);
        match (before, next) {
            (_, Phase::Syncing { .. }) => Action::Sync,
            (Phase::Idle, Phase::Writing { .. }) => {
                Action::Begin(std::mem::replace(&mut self.gathered, std::mem::take(&mut self.spare)))
            }
            (_, Phase::Writing { .. } | Phase::Idle) => Action::Write,
        }
    }

    /// Wakes every waiter if there is something to do for a leader. One that was woken before and not polled since is
    /// not woken again.
    fn wake_waiters(&mut self, deferred: &mut Deferred<K>) {
        if self.next_phase().is_some() {
            for queue in [&mut self.for_complete, &mut self.for_durable, &mut self.for_room] {
                queue.take_all(&mut deferred.wake);
            }
        }
    }

    /// Wakes those who have their answer, and the next one who waits for room if there is some. An idle log wakes all
    /// of these: the next one may be a future that nobody polls, and no transition would come that wakes another one.
    fn wake_reached(&mut self, deferred: &mut Deferred<K>) {
        let wake = &mut deferred.wake;
        if self.failed.is_some() {
            self.for_complete.pop_up_to(u64::MAX, wake);
            self.for_room.pop_up_to(u64::MAX, wake);
            self.for_durable.pop_beyond(if self.last_sync { self.complete } else { 0 }, wake);
            return;
        }
        self.for_complete.pop_up_to(self.complete, wake);
        self.for_durable.pop_up_to(self.durable, wake);
        if self.phase == Phase::Idle && self.gathered.is_empty() {
            self.for_room.take_all(wake);
        } else if self.for_room.front().is_some_and(|len| self.has_room(len)) {
            wake.extend(self.for_room.take_next());
        }
    }

    /// Exactly these bytes are complete. The position is the end of the last record that is.
    fn complete_up_to(&mut self, bytes: u64) {
        let whole = self.ends.partition_point(|end| *end <= bytes);
        self.complete = self.ends.drain(..whole).next_back().unwrap_or(self.complete);
    }

    /// A record that is larger than a batch is one by itself.
    fn has_room(&self, len: u64) -> bool {
        self.gathered.is_empty() || self.gathered.len() as u64 + len <= self.max_batch as u64
    }

    /// Memory serves again, unless a large record made it larger than others need.
    fn keep(&mut self, mut memory: Vec<u8>) {
        if memory.capacity() <= self.max_batch.saturating_mul(2) {
            memory.clear();
            self.spare = memory;
        }
    }

    fn queue(&mut self, waiter: Waiter) -> &mut Queue<K> {
        match waiter.goal {
            Goal::Room => &mut self.for_room,
            Goal::Reach(Level::Complete, _) => &mut self.for_complete,
            Goal::Reach(Level::Durable, _) => &mut self.for_durable,
        }
    }
}
