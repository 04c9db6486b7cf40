//! Every state that the machine can come to, with every event: `table.txt` says what is answered, and the state after
//! it.
//!
//! The states are found by applying every event that is allowed, from the first state on. So no state and no cell can
//! be left out: the table has one section for each place, one column for each state of the last write that was found
//! there, and one line for each event, unless it is forbidden in all of them.

use std::{
    collections::{BTreeMap, VecDeque, btree_map::Entry},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::*;
use crate::{
    Indeterminate, TicketSource, UnknownTicket, WriteOutstanding,
    offload::{buffer::Buffer, events::Submission, operation::Payload},
};

const PLACES: [&str; 8] =
    ["idle", "write posted", "call posted", "release posted", "running", "closed", "closed badly", "poisoned"];

const LAST_WRITES: [&str; 4] = ["none", "in flight", "unanswered", "answered"];

const EVENTS: [Event; 25] = [
    ("observe", Subject::observe),
    ("begin read", |s| begin(s.machine.poll_begin(Side::Read))),
    ("begin write", |s| begin(s.machine.poll_begin(Side::Write))),
    ("post write", |s| {
        s.ticket = s.tickets.mint(5);
        s.machine.post(a_write(), Some(s.ticket));
        String::new()
    }),
    ("post call", |s| {
        s.machine.post(Operation::Call(Box::new(|_| Ok(Report::Other))), None);
        String::new()
    }),
    ("answer", |s| polled(s.machine.poll_answer(s.ticket))),
    ("answer foreign", |s| polled(s.machine.poll_answer(TicketSource::new().mint(5)))),
    ("take", |s| next(&s.machine.take())),
    ("finish write", |s| s.finish(Report::Write(Ok(5)))),
    ("finish short", |s| s.finish(Report::Write(Ok(3)))),
    ("finish failed", |s| s.finish(Report::Write(Err(failed())))),
    ("finish read", |s| s.finish(Report::Read(Buffer::new(), Ok(0)))),
    ("finish seek", |s| s.finish(Report::Seek(Ok(7)))),
    ("finish back", |s| s.finish(Report::SeekBack(Ok(true)))),
    ("finish sync", |s| s.finish(Report::Sync(Ok(())))),
    ("finish bad sync", |s| s.finish(Report::Sync(Err(failed())))),
    ("finish no sync", |s| s.finish(Report::NotSynced)),
    ("finish call", |s| s.finish(Report::Other)),
    ("poison", |s| {
        s.machine.poison(unknown());
        String::new()
    }),
    ("released", |s| {
        s.machine.released(Ok(()));
        String::new()
    }),
    ("released badly", |s| {
        s.machine.released(Err(failed()));
        String::new()
    }),
    ("close", |s| close(s.machine.close(just_drop))),
    ("take out", |s| s.machine.take_out().map_or_else(error_name, str::to_owned)),
    ("abandon", |s| s.machine.abandon(just_drop).unwrap_or("nothing").into()),
    ("why no reply", |s| error_name(s.machine.why_no_reply())),
];

type Event = (&'static str, fn(&mut Subject) -> String);

/// The machine, and what its callers know.
struct Subject {
    machine: Machine<&'static str>,
    tickets: TicketSource,
    /// That of the last write, or of none.
    ticket: Ticket,
}

/// A state, as the table shows it: its place in [`PLACES`], whether a release is to come, and its place in
/// [`LAST_WRITES`].
type State = (usize, bool, usize);

impl Subject {
    /// After these events, each by its place in [`EVENTS`].
    fn after(events: &[usize]) -> Self {
        let mut tickets = TicketSource::new();
        let ticket = tickets.mint(5);
        let mut subject = Self { machine: Machine::new("the destination"), tickets, ticket };
        for event in events {
            EVENTS[*event].1(&mut subject);
        }
        subject
    }

    fn state(&self) -> State {
        let place = match &self.machine.place {
            Place::Idle(_) => 0,
            Place::Posted(_, Operation::Write(..)) => 1,
            Place::Posted(_, Operation::Release) => 3,
            Place::Posted(..) => 2,
            Place::Running => 4,
            Place::Closed(Ok(())) => 5,
            Place::Closed(Err(_)) => 6,
            Place::Poisoned(_) => 7,
        };
        let last = match &self.machine.last_write {
            LastWrite::None => 0,
            LastWrite::InFlight(_) => 1,
            LastWrite::Ended { answered, .. } => 2 + usize::from(*answered),
        };
        (place, self.machine.release.is_some() && !self.machine.is_closed(), last)
    }

    /// How the last write came out. The table shows the states after one that came out short.
    fn result(&mut self) -> String {
        match &mut self.machine.last_write {
            LastWrite::None | LastWrite::InFlight(_) => String::new(),
            LastWrite::Ended { result, .. } => repeat(result).map_or_else(error_name, |n| n.to_string()),
        }
    }

    fn observe(&mut self) -> String {
        let facts = [
            (self.machine.outstanding().is_some(), "outstanding"),
            (self.machine.has_ended(), "ended"),
            (self.machine.is_closed(), "over"),
        ];
        let facts = facts.iter().filter(|(holds, _)| *holds);
        facts.fold(self.machine.place_name().to_owned(), |shown, (_, fact)| format!("{shown}, {fact}"))
    }

    fn finish(&mut self, report: Report) -> String {
        next(&self.machine.finish("the destination", report))
    }
}

fn a_write() -> Operation<&'static str> {
    let submission = Submission::new(TicketSource::new().mint(1));
    Operation::Write(|_, bytes| Ok(bytes.len()), Payload::Copied(Buffer::new()), submission)
}

fn just_drop(_: &'static str) -> io::Result<()> {
    Ok(())
}

fn failed() -> RepeatableError {
    RepeatableError::new(io::ErrorKind::StorageFull.into())
}

fn unknown() -> RepeatableError {
    RepeatableError::new(Indeterminate::new(io::Error::other("reason")).into())
}

fn begin(begin: Poll<io::Result<()>>) -> String {
    match begin {
        Poll::Ready(Ok(())) => "now".into(),
        Poll::Pending => "wait".into(),
        Poll::Ready(Err(error)) => error_name(error),
    }
}

fn polled(answer: Poll<io::Result<usize>>) -> String {
    match answer {
        Poll::Pending => "wait".into(),
        Poll::Ready(answer) => answer.map_or_else(error_name, |n| format!("{n} bytes")),
    }
}

fn close(close: Close) -> String {
    match close {
        Close::Posted => String::new(),
        Close::Wait => "wait".into(),
        Close::Answer(outcome) => outcome.map_or_else(error_name, |()| "ok".into()),
    }
}

fn next(next: &Next<&'static str>) -> String {
    match next {
        Next::Run(_, operation) => format!("run {}", operation_name(operation)),
        Next::Release(..) => "release".into(),
        Next::Pending => "pending".into(),
        Next::Done => "done".into(),
    }
}

fn operation_name(operation: &Operation<&'static str>) -> &'static str {
    match operation {
        Operation::Write(..) => "write",
        Operation::Release => "release",
        _ => "call",
    }
}

fn error_name(error: io::Error) -> String {
    let name = match error.kind() {
        _ if WriteOutstanding::find(&error).is_some() => "outstanding",
        _ if UnknownTicket::find(&error).is_some() => "unknown",
        _ if Indeterminate::find(&error).is_some() => "indeterminate",
        io::ErrorKind::BrokenPipe => "closed",
        io::ErrorKind::ResourceBusy => "busy",
        io::ErrorKind::StorageFull => "failed",
        io::ErrorKind::WriteZero => "short",
        io::ErrorKind::Other => "not run",
        other => panic!("an error of kind {other}"),
    };
    name.into()
}

/// Each state that can be reached and each result of the last write in it, with a shortest way to it.
fn reachable() -> BTreeMap<(State, String), Vec<usize>> {
    let mut found = BTreeMap::new();
    let mut ways = VecDeque::from([vec![]]);
    while let Some(way) = ways.pop_front() {
        let mut subject = Subject::after(&way);
        if let Entry::Vacant(place) = found.entry((subject.state(), subject.result())) {
            let further = (0..EVENTS.len()).filter(|event| apply(&mut Subject::after(&way), EVENTS[*event]).is_some());
            ways.extend(further.map(|event| [&*way, &[event]].concat()));
            place.insert(way);
        }
    }
    found
}

/// What is answered; nothing if the machine says in a debug build that the event is forbidden.
fn apply(subject: &mut Subject, (_, event): Event) -> Option<String> {
    catch_unwind(AssertUnwindSafe(|| event(subject))).ok()
}

/// What is answered, and what of the state is another one after it; `-` where the event is forbidden.
fn cell(way: &[usize], event: Event) -> String {
    let mut subject = Subject::after(way);
    let before = subject.state();
    let Some(answer) = apply(&mut subject, event) else { return "-".into() };
    let after = subject.state();
    let mut changed = Vec::new();
    if after.0 != before.0 {
        changed.push(PLACES[after.0]);
    }
    if after.1 && !before.1 {
        changed.push("closing");
    }
    if after.2 != before.2 {
        changed.push(LAST_WRITES[after.2]);
    }
    if changed.is_empty() { answer } else { format!("{answer} > {}", changed.join(", ")).trim_start().into() }
}

fn render() -> String {
    let mut sections = BTreeMap::<_, Vec<(usize, Vec<usize>)>>::new();
    for (((place, closing, last), result), way) in reachable() {
        if last < 2 || result == "3" {
            sections.entry((place, closing)).or_default().push((last, way));
        }
    }
    let sections = sections.into_iter().map(|((place, closing), columns)| {
        let title = format!("{}{}", PLACES[place], if closing { ", closing" } else { "" });
        let head = columns.iter().map(|(last, _)| LAST_WRITES[*last].to_owned()).collect();
        let lines = EVENTS.map(|event| (event.0, columns.iter().map(|(_, way)| cell(way, event)).collect()));
        let lines = lines.into_iter().filter(|(_, cells): &(_, Vec<_>)| cells.iter().any(|cell| cell != "-"));
        section(&title.to_uppercase(), head, lines.collect())
    });
    sections.collect::<Vec<_>>().join("\n")
}

/// Each column as wide as its widest cell.
fn section(title: &str, head: Vec<String>, lines: Vec<(&str, Vec<String>)>) -> String {
    let widths: Vec<_> = (0..head.len())
        .map(|column| lines.iter().map(|(_, cells)| cells[column].len()).chain([head[column].len()]).max().unwrap_or(0))
        .collect();
    let line = |(name, cells): (&str, Vec<String>)| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!(" | {cell:width$}"));
        format!("{}\n", format!("{name:23}{}", cells.collect::<String>()).trim_end())
    };
    [(title, head)].into_iter().chain(lines).map(line).collect()
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "what is forbidden is checked in debug builds only")]
fn every_state_with_every_event() {
    let rendered = render();
    let lines = |text: &'static str| text.lines().filter(|line| !line.starts_with('#'));
    let expected: Vec<_> = lines(include_str!("table.txt")).collect();
    let actual: Vec<_> = rendered.trim_end().lines().collect();
    for (actual, expected) in actual.iter().zip(&expected) {
        assert_eq!(actual, expected, "of this table:\n{rendered}");
    }
    assert_eq!(actual.len(), expected.len(), "lines of this table:\n{rendered}");
}
