//! Every state of the machine with every event.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

/// States, each by the events that lead there from the beginning. A batch has room for 4 bytes. `a`, `b` and `c` are
/// appends of 3 bytes.
const STATES: &[(&str, &[&str])] = &[
    ("nothing yet", &[]),
    ("a leads its write", &["a appends", "a asks"]),
    ("a's write is pending", &["a appends", "a asks", "pending of a"]),
    ("a's write is pending, b gathers", &["a appends", "a asks", "pending of a", "b appends durable", "b waits"]),
    (
        "a's write is pending, b gathers, c waits for room",
        &["a appends", "a asks", "pending of a", "b appends durable", "b waits", "c appends", "c waits"],
    ),
    (
        "c alone is left, and waits for room",
        &[
            "a appends",
            "a asks",
            "pending of a",
            "b appends durable",
            "b waits",
            "c appends",
            "c waits",
            "a leaves",
            "b leaves",
        ],
    ),
    (
        "a's write is ready, b waits",
        &["a appends", "a asks", "pending of a", "b appends durable", "b waits", "ready", "b waits"],
    ),
    ("b leads a's write", &["a appends", "a asks", "pending of a", "b appends durable", "b waits", "ready", "b asks"]),
    (
        "b leads, the write is ready, a waits again",
        &["a appends", "a asks", "pending of a", "b appends durable", "ready", "b asks", "ready", "a waits"],
    ),
    ("a left its write to b", &["a appends", "a asks", "pending of a", "b appends durable", "b waits", "a leaves"]),
    ("b leads its sync", &["b appends durable", "b asks", "finish", "b asks"]),
    (
        "b's sync is pending, a gathers",
        &["b appends durable", "b asks", "finish", "b asks", "pending of b", "a appends", "a waits"],
    ),
    ("the write failed", &["a appends", "a asks", "write fails after 2"]),
    ("a leads a write before b's sync", &["b appends durable", "b asks", "finish", "a appends", "a asks", "b waits"]),
    (
        "the write failed, b waits for the last sync",
        &["b appends durable", "b asks", "finish", "a appends", "b asks", "write fails after 2", "b waits"],
    ),
    (
        "b leads the last sync",
        &["b appends durable", "b asks", "finish", "a appends", "b asks", "write fails after 2", "b asks"],
    ),
    ("the sync failed", &["b appends durable", "b asks", "finish", "b asks", "sync fails"]),
];

const EVENTS: &[&str] = &[
    "a appends",
    "b appends durable",
    "c appends",
    "a asks",
    "b asks",
    "c asks",
    "finish",
    "write fails after 2",
    "write fails after 3",
    "sync fails",
    "pending of a",
    "pending of b",
    "ready",
    "a leaves",
    "b leaves",
    "c leaves",
];

const NAMES: [&str; 3] = ["a", "b", "c"];

/// The machine in a state, with its three appends.
struct Played {
    machine: Machine<&'static str>,
    waiters: [Option<Waiter>; 3],
    deferred: Deferred<&'static str>,
}

impl Played {
    fn new(events: &[&str]) -> Self {
        let machine = Machine::new(4);
        let mut played = Self { machine, waiters: [None; 3], deferred: Deferred::default() };
        for event in events {
            played.apply(event);
        }
        played.deferred = Deferred::default();
        played
    }

    fn append(&mut self, who: usize, level: Level) -> String {
        let before = self.waiters[who];
        assert!(before.is_none_or(Waiter::is_for_room), "it was accepted");
        let Ok(waiter) = self.machine.accept(b"123", level, before, &mut self.deferred) else { return "failed".into() };
        self.waiters[who] = Some(waiter);
        match waiter.goal {
            Goal::Room => "no room".into(),
            Goal::Reach(_, position) => format!("at {position}"),
        }
    }

    fn ask(&mut self, who: usize) -> String {
        match self.machine.ask(self.waiters[who].expect("accepted"), &mut self.deferred) {
            Decision::Answer(Ok(position)) => format!("ok {position}"),
            Decision::Answer(Err(_)) => "failed".into(),
            Decision::Lead(Action::Begin(bytes)) => format!("lead: begin {}", bytes.len()),
            Decision::Lead(action) => format!("lead: {action:?}"),
            Decision::Wait => "wait".into(),
        }
    }

    /// What the event answers.
    fn apply(&mut self, event: &str) -> String {
        let who = NAMES.iter().position(|name| event.starts_with(&format!("{name} "))).unwrap_or(0);
        if event.ends_with("leaves") {
            self.machine.leave(self.waiters[who].take().expect("it has come"), &mut self.deferred);
            return String::new();
        }
        let error = || RepeatableError::new(io::Error::other("reason"));
        let is_led = self.machine.is_led;
        match event {
            "a appends" | "c appends" => return self.append(who, Level::Complete),
            "b appends durable" => return self.append(who, Level::Durable),
            "a asks" | "b asks" | "c asks" => return self.ask(who),
            "a waits" | "b waits" | "c waits" => {
                let waiter = self.waiters[who].expect("accepted");
                self.machine.wait(waiter, Some(NAMES[who]), &mut self.deferred);
            }
            "ready" => self.machine.ready(&mut self.deferred),
            _ => assert!(is_led, "nobody leads"),
        }
        match (event, self.machine.phase) {
            ("a waits" | "b waits" | "c waits" | "ready", _) => {}
            ("pending of a" | "pending of b" | "pending of c", _) => {
                let who = NAMES.iter().position(|name| event.ends_with(name)).expect("a name");
                let waiter = self.waiters[who].expect("accepted");
                self.machine.pending(waiter, Some(NAMES[who]), &mut self.deferred);
            }
            ("finish", Phase::Writing { .. }) => self.machine.finish(Ended::Write(Vec::new()), &mut self.deferred),
            ("finish", _) => self.machine.finish(Ended::Sync, &mut self.deferred),
            ("sync fails", _) => self.machine.finish(Ended::SyncFailed(error()), &mut self.deferred),
            ("write fails after 2", _) => self.machine.finish(Ended::WriteFailed(2, error()), &mut self.deferred),
            ("write fails after 3", _) => self.machine.finish(Ended::WriteFailed(3, error()), &mut self.deferred),
            _ => unreachable!("an event without a meaning: {event}"),
        }
        String::new()
    }

    fn state(&self) -> String {
        let machine = &self.machine;
        let phase = match machine.phase {
            _ if machine.last_sync => "failed, to be synced".to_owned(),
            _ if machine.failed.is_some() => "failed".to_owned(),
            Phase::Idle => "idle".to_owned(),
            Phase::Writing { end } => format!("writing to {end}"),
            Phase::Syncing { covers } => format!("syncing to {covers}"),
        };
        let writer = match (machine.is_led, machine.is_ready) {
            (true, false) => "led",
            (true, true) => "led and ready",
            (false, false) => "free",
            (false, true) => "ready",
        };
        let levels = [machine.accepted, machine.complete, machine.durable];
        format!("{phase}, {writer}, {levels:?}")
    }
}

/// One line: state, event, what is answered, who is woken, the state after it. `forbidden`: no caller does that.
fn line(name: &str, before: &[&str], event: &str) -> String {
    let mut played = Played::new(before);
    let Ok(answer) = catch_unwind(AssertUnwindSafe(|| played.apply(event))) else {
        return format!("{name} | {event} | forbidden");
    };
    let woken = played.deferred.wake.join(" ");
    format!("{name} | {event} | {answer} | {woken} | {}", played.state())
}

#[test]
fn every_state_with_every_event() {
    let lines = STATES.iter().flat_map(|(name, before)| EVENTS.iter().map(|event| line(name, before, event)));
    let expected = include_str!("table.txt").lines().filter(|line| !line.starts_with('#'));
    for (actual, expected) in lines.clone().zip(expected.clone()) {
        assert_eq!(actual, expected);
    }
    assert_eq!(lines.count(), expected.count());
}
