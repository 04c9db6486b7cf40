//! Waiters for room that are neither polled nor dropped.

use super::*;

struct Played {
    machine: Machine<&'static str>,
    deferred: Deferred<&'static str>,
}

impl Played {
    fn append(&mut self, record: &[u8], level: Level, name: &'static str) -> Waiter {
        let waiter = self.machine.accept(record, level, None, &mut self.deferred).expect("nothing has failed");
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
}

/// The writer completes at once, so it never calls all of them.
#[test]
fn however_many_are_kept_the_last_one_is_woken_when_the_log_is_idle() {
    for kept in 0..20 {
        let mut played = Played { machine: Machine::new(4), deferred: Deferred::default() };
        let first =
            played.machine.accept(b"123", Level::Durable, None, &mut played.deferred).expect("nothing has failed");
        played.lead(first);
        played.append(b"456", Level::Complete, "second");
        for _ in 0..kept {
            assert!(played.append(b"kept", Level::Complete, "kept").is_for_room());
        }
        assert!(played.append(b"last", Level::Complete, "last").is_for_room());
        played.finish(Ended::Write(Vec::new()));
        played.lead(first);
        played.finish(Ended::Write(Vec::new()));
        played.lead(first);
        played.finish(Ended::Sync);
        assert!(matches!(played.machine.ask(first, &mut played.deferred), Decision::Answer(Ok(_))));
        assert_eq!(played.machine.next_phase(), None, "it is idle");
        assert!(played.deferred.wake.contains(&"last"), "{kept} are kept: {:?}", played.deferred.wake);
    }
}
