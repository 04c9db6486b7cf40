//! Waiters for room: in which order they have it, who is woken for it, and those that are neither polled nor dropped.

use super::*;

/// Its batches have room for 4 bytes.
struct Played {
    machine: Machine<&'static str>,
    deferred: Deferred<&'static str>,
}

impl Played {
    fn new() -> Self {
        Self { machine: Machine::new(4), deferred: Deferred::default() }
    }

    /// The second batch is being written, and nothing has gathered. Three wait for room, which two of them will have.
    fn with_room_for_two_of_three() -> (Self, [Waiter; 3]) {
        let mut played = Self::new();
        let first = played.accept(b"123", Level::Complete, None);
        played.lead(first);
        played.machine.pending(first, Some("first"), &mut played.deferred);
        let second = played.append(b"456", Level::Complete, "second");
        played.machine.ready(&mut played.deferred);
        played.lead(second);
        let waiters = ["third", "fourth", "fifth"].map(|name| played.append(b"12", Level::Complete, name));
        assert!(waiters.iter().all(|waiter| waiter.is_for_room()));
        played.woken();
        played.finish(Ended::Write(Vec::new()));
        played.lead(second);
        played.machine.pending(second, Some("second"), &mut played.deferred);
        (played, waiters)
    }

    fn accept(&mut self, record: &[u8], level: Level, before: Option<Waiter>) -> Waiter {
        self.machine.accept(record, level, before, &mut self.deferred).expect("nothing has failed")
    }

    /// Whether one that waits for room has it.
    fn has_room(&mut self, waiter: Waiter) -> bool {
        !self.accept(b"12", Level::Complete, Some(waiter)).is_for_room()
    }

    fn append(&mut self, record: &[u8], level: Level, name: &'static str) -> Waiter {
        let waiter = self.accept(record, level, None);
        assert!(matches!(self.machine.ask(waiter, &mut self.deferred), Decision::Wait));
        self.machine.wait(waiter, Some(name), &mut self.deferred);
        waiter
    }

    fn lead(&mut self, waiter: Waiter) {
        let decision = self.machine.ask(waiter, &mut self.deferred);
        assert!(matches!(decision, Decision::Lead(_)), "{decision:?}");
    }

    fn finish(&mut self, ended: Ended) {
        self.machine.finish(ended, &mut self.deferred);
    }

    /// Those who were woken since it was asked last.
    fn woken(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.deferred.wake)
    }
}

#[test]
fn room_is_offered_to_one_after_the_other_until_the_batch_is_full() {
    let (mut played, [third, fourth, fifth]) = Played::with_room_for_two_of_three();
    assert_eq!(played.woken(), ["third"]);
    assert!(played.has_room(third));
    assert_eq!(played.woken(), ["fourth"]);
    assert!(played.has_room(fourth), "it fills the batch");
    assert!(played.woken().is_empty() && !played.has_room(fifth));
    played.machine.leave(fifth, &mut played.deferred);
    assert_eq!(played.machine.for_room.front(), None, "nobody waits who has room, or is gone");
}

#[test]
fn one_that_is_dropped_leaves_its_room_to_the_next_one() {
    let (mut played, [third, ..]) = Played::with_room_for_two_of_three();
    assert_eq!(played.woken(), ["third"]);
    played.machine.leave(third, &mut played.deferred);
    assert_eq!(played.woken(), ["fourth"]);
}

/// It may pass one that was woken and does not come. Its own waker is left to the caller, who drops it.
#[test]
fn one_that_was_not_woken_and_has_room_gives_its_waker_back() {
    let (mut played, [_, fourth, _]) = Played::with_room_for_two_of_three();
    assert!(played.has_room(fourth));
    assert_eq!(played.deferred.drop, ["fourth"]);
}

#[test]
fn a_record_that_would_fit_waits_for_those_before_it() {
    let mut played = Played::new();
    let first = played.accept(b"123", Level::Complete, None);
    played.lead(first);
    assert!(!played.append(b"456", Level::Complete, "second").is_for_room());
    assert!(played.append(b"12", Level::Complete, "third").is_for_room());
    assert!(played.append(b"1", Level::Complete, "fourth").is_for_room());
}

/// The writer completes at once, so it never calls all of them.
#[test]
fn however_many_are_kept_the_last_one_is_woken_when_the_log_is_idle() {
    for unpolled in 0..20 {
        let mut played = Played::new();
        let first = played.accept(b"123", Level::Durable, None);
        played.lead(first);
        played.append(b"456", Level::Complete, "second");
        for _ in 0..unpolled {
            assert!(played.append(b"unpolled", Level::Complete, "unpolled").is_for_room());
        }
        assert!(played.append(b"last", Level::Complete, "last").is_for_room());
        played.finish(Ended::Write(Vec::new()));
        played.lead(first);
        played.finish(Ended::Write(Vec::new()));
        played.lead(first);
        played.finish(Ended::Sync);
        assert!(matches!(played.machine.ask(first, &mut played.deferred), Decision::Answer(Ok(_))));
        assert_eq!(played.machine.next_phase(), None, "it is idle");
        assert!(played.deferred.wake.contains(&"last"), "{unpolled} are unpolled: {:?}", played.deferred.wake);
    }
}
