//! Group commit as a pure state machine.
//!
//! This is the one page that tells it. Records are *accepted* into `gathered`, in the order of their positions. A
//! waiter that is polled while there is something to do *leads*: it takes the writer for the length of this one poll,
//! and carries on what is under way. When that is `Pending`, the writer goes back, and has the waker of the log itself.
//! When the writer wakes that, the step is *ready* to be carried on: every waiter is woken, and whichever is polled
//! first leads. So no future matters to another one. One that is dropped never has the writer, its bytes, its ticket,
//! or the only waker; and one that is neither polled nor dropped (a "futurelock") holds nobody up. The same goes for
//! room: it is offered to one after the other, and to all who wait for it when the log comes to rest.
//!
//! A waiter that is polled before the writer has woken the log does not poll the writer: it would contend for it with
//! the thread behind, which was measured to halve the rate of 64 tasks.
//!
//! ```text
//!            begin a write                 begin a sync, if anybody waits for that
//!   Rest ------------------> Write{end} ----------------------------> Sync{covers} ---> Rest
//!    ^                           |                                        |
//!    +---------------------------+ nobody waits for a sync, or            | the next batch gathers meanwhile
//!                                  one more batch has gathered
//! ```
//!
//! A write takes all that has gathered, so at most two batches are in memory. A failure ends it all: `complete` and
//! `durable` stay where they are, every waiter beyond them gets the error, and nothing is accepted any more. One thing
//! is done after a failed write: if records that were complete wait for a sync, that is tried, once.
//!
//! Nothing in here locks, wakes, writes or drops a waker. Each transition leaves in [`Wakers`] what its caller has to
//! wake and to drop.

use std::{collections::VecDeque, io};

use super::{
    Position,
    queue::{Id, Queue},
};
use crate::error::RepeatableError;

#[cfg(test)]
mod room;
#[cfg(test)]
mod table;
mod terms;

pub(super) use self::terms::{Ask, Ended, Level, Order, Waiter, Wakers};
use self::terms::{Goal, Step};

/// The machine; its transitions are its methods. `K` is a waker; a test has something simpler.
#[derive(Debug)]
pub(super) struct Machine<K> {
    step: Step,
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
            step: Step::Rest,
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

    /// The failure that ended it.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.failed.as_mut().map(RepeatableError::give)
    }

    /// Accepts `record` in its turn; or has it wait for room, as it may have done `before`. A record of no bytes waits
    /// for all before it.
    pub(super) fn accept(
        &mut self,
        record: &[u8],
        level: Level,
        before: Option<Waiter>,
        wakers: &mut Wakers<K>,
    ) -> io::Result<Waiter> {
        if let Some(failed) = &mut self.failed {
            return Err(failed.give());
        }
        let len = record.len() as u64;
        let in_turn = self.for_room.is_turn_of(before.map(|waiter| waiter.id));
        if len > 0 && !(in_turn && self.has_room(len)) {
            return Ok(before.unwrap_or_else(|| self.enter(Goal::Room, len)));
        }
        if let Some(before) = before {
            wakers.drop.extend(self.for_room.remove(before.id));
        }
        if len > 0 {
            self.gathered.extend_from_slice(record);
            self.accepted += len;
            self.ends.push_back(self.accepted);
        }
        let waiter = self.enter(Goal::Reach(level, self.accepted), self.accepted);
        self.release(wakers);
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
    pub(super) fn ask(&mut self, waiter: Waiter, wakers: &mut Wakers<K>) -> Ask {
        if let Some(position) = self.reached_by(waiter) {
            self.leave(waiter, wakers);
            return Ask::Answer(Ok(position));
        }
        let is_hopeless = !self.awaits_last_sync(waiter);
        if let Some(failed) = self.failed.as_mut().filter(|_| is_hopeless) {
            return Ask::Answer(Err(failed.give()));
        }
        let Some(next) = self.order() else { return Ask::Wait };
        self.is_led = true;
        self.is_ready = false;
        // It has its turn; what it finds need not wake it.
        self.wait(waiter, None, wakers);
        let order = self.begin(next);
        self.release(wakers);
        Ask::Lead(order)
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
    pub(super) fn wait(&mut self, waiter: Waiter, waker: Option<K>, wakers: &mut Wakers<K>) {
        let replaced = self.queue(waiter).wait(waiter.id, waker);
        wakers.drop.extend(replaced);
    }

    /// The writer has woken the log: whichever waiter is polled next leads. All are woken, because nobody can know
    /// which of them are still polled.
    pub(super) fn ready(&mut self, wakers: &mut Wakers<K>) {
        self.is_ready = true;
        self.wake_waiters(wakers);
    }

    /// The leader's order is under way, and the writer has the log's waker.
    pub(super) fn pending(&mut self, waiter: Waiter, waker: Option<K>, wakers: &mut Wakers<K>) {
        self.is_led = false;
        self.wait(waiter, waker, wakers);
        // This one may wait for room, of which there is some now.
        self.release(wakers);
        // The writer may have woken the log while it was polled.
        self.wake_waiters(wakers);
    }

    /// The leader's order has ended. It [asks](Self::ask) next, so nobody is woken to lead; but for a last sync, which
    /// it may not wait for.
    pub(super) fn finish(&mut self, ended: Ended, wakers: &mut Wakers<K>) {
        self.is_led = false;
        match (std::mem::replace(&mut self.step, Step::Rest), ended) {
            (Step::Write { end }, Ended::Write(memory)) => {
                self.complete_up_to(end);
                self.keep(memory);
            }
            (Step::Write { end: _ }, Ended::WriteFailed(n, error)) => {
                self.complete_up_to(self.complete + n as u64);
                self.failed = Some(error);
                self.last_sync = self.is_sync_due();
            }
            (Step::Sync { covers }, Ended::Sync) => {
                self.durable = covers;
                self.last_sync = false;
            }
            (Step::Sync { .. }, Ended::SyncFailed(error)) => {
                // After a failed write too: that a sync has failed is what a caller must know of it all.
                wakers.errors.extend(self.failed.replace(error));
                self.last_sync = false;
            }
            (step, ended) => unreachable!("{ended:?} in {step:?}"),
        }
        self.release(wakers);
        if self.last_sync {
            self.wake_waiters(wakers);
        }
    }

    /// `waiter` has its answer, or its future is dropped. A record that was accepted goes on.
    pub(super) fn leave(&mut self, waiter: Waiter, wakers: &mut Wakers<K>) {
        let removed = self.queue(waiter).remove(waiter.id);
        wakers.drop.extend(removed);
        self.release(wakers);
        self.wake_waiters(wakers);
    }

    /// What there is to do for a leader. What has gathered is written before a sync, once: it costs little, and the
    /// sync then serves those records too.
    fn order(&self) -> Option<Step> {
        match self.step {
            _ if self.is_led => None,
            Step::Rest if self.last_sync => Some(Step::Sync { covers: self.complete }),
            Step::Rest if self.failed.is_some() => None,
            Step::Rest if self.is_sync_due() && (self.gathered.is_empty() || self.sync_waited) => {
                Some(Step::Sync { covers: self.complete })
            }
            Step::Rest if self.gathered.is_empty() => None,
            Step::Rest => Some(Step::Write { end: self.accepted }),
            under_way => Some(under_way).filter(|_| self.is_ready),
        }
    }

    fn is_sync_due(&self) -> bool {
        self.for_durable.front().is_some_and(|position| position <= self.complete)
    }

    /// What the leader has to do for that.
    fn begin(&mut self, next: Step) -> Order {
        self.sync_waited = self.is_sync_due() && matches!(next, Step::Write { .. });
        let before = std::mem::replace(&mut self.step, next);
        match (before, next) {
            (_, Step::Sync { .. }) => Order::Sync,
            (Step::Rest, Step::Write { .. }) => {
                Order::Begin(std::mem::replace(&mut self.gathered, std::mem::take(&mut self.spare)))
            }
            (_, Step::Write { .. } | Step::Rest) => Order::Write,
        }
    }

    /// Wakes every waiter if there is something to do for a leader. One that was woken before and not polled since is
    /// not woken again.
    fn wake_waiters(&mut self, wakers: &mut Wakers<K>) {
        if self.order().is_some() {
            for queue in [&mut self.for_complete, &mut self.for_durable, &mut self.for_room] {
                queue.take_all(&mut wakers.wake);
            }
        }
    }

    /// Wakes those who have their answer, and the next one who waits for room if there is some; at rest all of them,
    /// because the next one may be a future that nobody polls, and no transition comes that would wake another one.
    fn release(&mut self, wakers: &mut Wakers<K>) {
        let wake = &mut wakers.wake;
        if self.failed.is_some() {
            self.for_complete.release(u64::MAX, wake);
            self.for_room.release(u64::MAX, wake);
            self.for_durable.release_beyond(if self.last_sync { self.complete } else { 0 }, wake);
            return;
        }
        self.for_complete.release(self.complete, wake);
        self.for_durable.release(self.durable, wake);
        if self.step == Step::Rest && self.gathered.is_empty() {
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
