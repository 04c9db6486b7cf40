//! Waiters for room that are neither polled nor dropped.

use super::*;

struct Played {
    machine: Machine<&'static str>,
    wakers: Wakers<&'static str>,
}

impl Played {
    fn append(&mut self, record: &[u8], level: Level, name: &'static str) -> Waiter {
        let waiter = self.machine.accept(record, level, None, &mut self.wakers).expect("nothing has failed");
        assert!(matches!(self.machine.ask(waiter, &mut self.wakers), Ask::Wait));
        self.machine.wait(waiter, Some(name), &mut self.wakers);
        waiter
    }

    fn lead(&mut self, waiter: Waiter) {
        let asked = self.machine.ask(waiter, &mut self.wakers);
        assert!(matches!(asked, Ask::Lead(_)), "{asked:?}");
    }

    fn finish(&mut self, ended: Ended) {
        self.machine.finish(ended, &mut self.wakers);
    }
}

/// The writer completes at once, so it never calls all of them.
#[test]
fn however_many_are_kept_the_last_one_is_woken_at_rest() {
    for kept in 0..20 {
        let mut played = Played { machine: Machine::new(4), wakers: Wakers::default() };
        let first =
            played.machine.accept(b"123", Level::Durable, None, &mut played.wakers).expect("nothing has failed");
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
        assert!(matches!(played.machine.ask(first, &mut played.wakers), Ask::Answer(Ok(_))));
        assert_eq!(played.machine.order(), None, "it is at rest");
        assert!(played.wakers.wake.contains(&"last"), "{kept} are kept: {:?}", played.wakers.wake);
    }
}
