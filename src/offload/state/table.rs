//! Every state of the machine with every event.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::*;
use crate::write::TicketSource;

/// Place and slot; a forbidden pair is left out: a write is in flight only while the destination is out.
const STATES: &[(&str, &str)] = &[
    ("home", "quiet"),
    ("home", "unheard"),
    ("away", "quiet"),
    ("away", "in flight"),
    ("away", "unheard"),
    ("closing", "quiet"),
    ("closing", "in flight"),
    ("closing", "unheard"),
    ("closed", "quiet"),
    ("closed", "unheard"),
    ("closed with error", "quiet"),
    ("closed with error", "unheard"),
    ("poisoned", "quiet"),
    ("poisoned", "unheard"),
];

const EVENTS: &[&str] = &[
    "check read",
    "check write",
    "take",
    "submit",
    "ask",
    "ask foreign",
    "is back",
    "close",
    "abandon",
    "home: write all",
    "home: write short",
    "home: write failed",
    "home: at once",
    "home: not run",
    "home: other",
    "poison",
    "released",
];

/// The machine in a state, and the ticket of its last submission.
struct Machine {
    state: State<&'static str>,
    tickets: TicketSource,
    ticket: Ticket,
}

impl Machine {
    fn new(place: &str, slot: &str) -> Self {
        let mut tickets = TicketSource::new();
        let ticket = tickets.mint(5);
        let mut state = State::new("destination");
        if slot != "quiet" {
            state.slot.submit(ticket);
        }
        if slot == "unheard" {
            state.slot.finish(Ok(3));
        }
        state.place = match place {
            "home" => Place::Home("destination"),
            "away" => Place::Away,
            "closing" => Place::Closing,
            "closed" => Place::Closed(Ok(())),
            "closed with error" => Place::Closed(Err(Kept::new(io::Error::other("reason")))),
            _ => Place::Poisoned(Kept::new(io::Error::other("reason"))),
        };
        Self { state, tickets, ticket }
    }

    /// What the event answers.
    fn apply(&mut self, event: &str) -> String {
        let foreign = TicketSource::new().mint(5);
        match event {
            "check read" => check(self.state.check(Side::Read)),
            "check write" => check(self.state.check(Side::Write)),
            "take" => self.state.take().map_or("nothing", |_| "destination").into(),
            "submit" => {
                let ticket = self.tickets.mint(5);
                self.state.submit(ticket);
                String::new()
            }
            "ask" => ask(self.state.ask(self.ticket)),
            "ask foreign" => ask(self.state.ask(foreign)),
            "is back" => self.state.is_back().to_string(),
            "close" => match self.state.close() {
                Close::Release(_) => "release".into(),
                Close::Wait => "wait".into(),
                Close::Answer(outcome) => result(outcome.map(|()| "ok".into())),
            },
            "abandon" => self.state.abandon().map_or("nothing", |_| "destination").into(),
            "home: write all" => home(self.state.come_home("destination", Report::Write(Ok(5)))),
            "home: write short" => home(self.state.come_home("destination", Report::Write(Ok(3)))),
            "home: write failed" => {
                home(self.state.come_home("destination", Report::Write(Err(Kept::new(io::Error::other("failed"))))))
            }
            "home: at once" => home(self.state.come_home("destination", Report::AtOnce)),
            "home: not run" => home(self.state.come_home("destination", Report::NotRun)),
            "home: other" => home(self.state.come_home("destination", Report::Other)),
            "poison" => {
                self.state.poison(Kept::new(io::Error::other("reason")));
                String::new()
            }
            "released" => {
                self.state.released(Ok(()));
                String::new()
            }
            _ => unreachable!("an event without a meaning: {event}"),
        }
    }

    fn place_and_slot(&self) -> (&'static str, &'static str) {
        let place = match self.state.place {
            Place::Home(_) => "home",
            Place::Away => "away",
            Place::Closing => "closing",
            Place::Closed(Ok(())) => "closed",
            Place::Closed(Err(_)) => "closed with error",
            Place::Poisoned(_) => "poisoned",
        };
        let slot = match self.state.slot {
            Slot::Quiet(_) => "quiet",
            Slot::InFlight(_) => "in flight",
            Slot::Unheard(_) => "unheard",
        };
        (place, slot)
    }
}

fn check(check: Check) -> String {
    match check {
        Check::Free => "free".into(),
        Check::Wait => "wait".into(),
        Check::Never(error) => error_name(&error).into(),
    }
}

fn ask(asked: Asked) -> String {
    match asked {
        Asked::Wait => "wait".into(),
        Asked::Answer(answer) => result(answer.map(|n| n.to_string())),
    }
}

fn home(returned: Return<&'static str>) -> String {
    match returned {
        Return::Home => String::new(),
        Return::Release(_) => "release".into(),
    }
}

fn result(result: io::Result<String>) -> String {
    result.unwrap_or_else(|error| error_name(&error).into())
}

fn error_name(error: &io::Error) -> &'static str {
    if crate::PriorWriteFailed::find(error).is_some() {
        "prior"
    } else if crate::Superseded::find(error).is_some() {
        "superseded"
    } else if error.kind() == io::ErrorKind::BrokenPipe {
        "is closed"
    } else {
        "is poisoned"
    }
}

/// One line: state, event, what is answered, the state after it (`=`: the same). `forbidden`: the machine says so in a
/// debug build.
fn line(place: &str, slot: &str, event: &str) -> String {
    let mut machine = Machine::new(place, slot);
    let applied = catch_unwind(AssertUnwindSafe(|| machine.apply(event)));
    let after = match machine.place_and_slot() {
        _ if applied.is_err() => String::new(),
        same if same == (place, slot) => "=".into(),
        (place, slot) => format!("{place}, {slot}"),
    };
    let answer = applied.unwrap_or_else(|_| "forbidden".into());
    format!("{place}, {slot} | {event} | {answer} | {after}").trim_end().to_owned()
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "what is forbidden is checked in debug builds only")]
fn every_state_with_every_event() {
    let lines = STATES.iter().flat_map(|(place, slot)| EVENTS.iter().map(|event| line(place, slot, event)));
    let expected = include_str!("table.txt").lines().filter(|line| !line.starts_with('#'));
    for (actual, expected) in lines.clone().zip(expected.clone()) {
        assert_eq!(actual, expected);
    }
    assert_eq!(lines.count(), expected.count());
}

#[test]
fn a_failed_sync_is_never_forgotten() {
    let mut state = State::new(());
    assert!(state.durable_so_far().is_ok());
    assert!(state.take().is_some());
    let failed = Report::SyncFailed(Kept::new(io::Error::from_raw_os_error(5)));
    assert!(matches!(state.come_home((), failed), Return::Home));
    for _ in 0..3 {
        assert_eq!(state.durable_so_far().err().and_then(|e| e.raw_os_error()), Some(5));
    }
    assert!(matches!(state.check(Side::Write), Check::Free), "writes go on");
}

#[test]
fn an_orphan_is_reported_once_and_its_ticket_still_answers() {
    let mut machine = Machine::new("home", "unheard");
    assert_eq!(machine.apply("check write"), "prior");
    assert_eq!(machine.apply("check write"), "free");
    assert_eq!(machine.apply("ask"), "3");
    assert_eq!(machine.apply("ask"), "3");
}
