//! The record of a run: events in the order in which they happened, whichever thread they happened on.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

/// One run. The fields are those of the JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sequence {
    /// What the command line and the picture call it.
    pub(crate) name: String,
    /// What is done.
    pub(crate) title: String,
    /// The type that writes.
    pub(crate) writer: String,
    /// What happened.
    pub(crate) events: Vec<Event>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// Its place among all.
    pub(crate) order: usize,
    /// Where it happened, or began.
    pub(crate) at: Lifeline,
    /// Where it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<Lifeline>,
    /// What it was.
    pub(crate) kind: Kind,
    /// In words.
    pub(crate) text: String,
    /// Whether it was not seen, but follows from what was seen before and after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) concluded: bool,
}

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Lifeline {
    /// The task that writes.
    Caller,
    /// The writer, on the caller's thread.
    Writer,
    /// The thread of the pool.
    Pool,
    /// The file.
    File,
}

/// What an event can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Somebody asks.
    Call,
    /// Somebody is answered.
    Answer,
    /// A task is woken.
    Wake,
    /// The thread begins another job than the writer's.
    Busy,
    /// That job ends.
    Free,
    /// The caller drops a future.
    Drop,
    /// The caller has an answer that says that the write has succeeded.
    Success,
    /// Somebody who has nothing to do with the writer looks at the file.
    Look,
    /// The same, and for the first time all bytes of a write are there.
    There,
}

/// The record that is being made. Clones are the same record.
#[derive(Clone, Debug)]
pub(super) struct Log {
    path: PathBuf,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Log {
    /// An empty record about the file at `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), events: Arc::default() }
    }

    /// Something that happens at one place.
    pub(super) fn note(&self, at: Lifeline, kind: Kind, text: impl Into<String>) {
        self.add(at, None, kind, text.into(), false);
    }

    /// Something that goes from one to another.
    pub(super) fn arrow(&self, from: Lifeline, to: Lifeline, kind: Kind, text: impl Into<String>) {
        self.add(from, Some(to), kind, text.into(), false);
    }

    /// The same, if nobody saw it.
    pub(super) fn concluded(&self, from: Lifeline, to: Lifeline, kind: Kind, text: impl Into<String>) {
        self.add(from, Some(to), kind, text.into(), true);
    }

    /// How many bytes others see in the file.
    pub(super) fn length(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// Looks at the file by its path. With `complete` bytes all is there that was to be.
    pub(super) fn look(&self, complete: u64) {
        let length = self.length();
        let kind = if length == complete { Kind::There } else { Kind::Look };
        self.note(Lifeline::File, kind, format!("{length} of {complete} bytes"));
    }

    /// What was recorded.
    pub(super) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, at: Lifeline, to: Option<Lifeline>, kind: Kind, text: String, concluded: bool) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let order = events.len();
        events.push(Event { order, at, to, kind, text, concluded });
    }
}

impl Sequence {
    /// The label of a lifeline.
    pub(crate) fn label(&self, lifeline: Lifeline) -> &str {
        match lifeline {
            Lifeline::Caller => "caller",
            Lifeline::Writer => &self.writer,
            Lifeline::Pool => "pool thread",
            Lifeline::File => "file",
        }
    }

    /// The events in words, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.events.iter().map(|event| format!("{:>3}. {}", event.order + 1, self.line(event))).collect()
    }

    fn line(&self, event: &Event) -> String {
        let Event { at, to, kind, text, concluded, .. } = event;
        let (at, concluded) = (self.label(*at), if *concluded { " (concluded)" } else { "" });
        let said = match kind {
            Kind::Call => "calls",
            Kind::Answer => "answers",
            Kind::Wake => "wakes",
            Kind::Busy => "begins",
            Kind::Free => "ends",
            Kind::Drop => "drops",
            Kind::Success => "has a success",
            Kind::Look => "seen from outside",
            Kind::There => "seen from outside, and all are there",
        };
        match to {
            Some(to) => format!("{at} {said} {}: {text}{concluded}", self.label(*to)),
            None => format!("{at} {said}: {text}{concluded}"),
        }
    }

    /// When the caller had the last success, and when the last bytes were there.
    #[cfg(any(feature = "rfcs", test))]
    pub(crate) fn success_and_bytes(&self) -> (Option<usize>, Option<usize>) {
        let last = |kind| self.events.iter().rposition(|event| event.kind == kind);
        (last(Kind::Success), last(Kind::There))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An early answer, as short as it can be.
    pub(crate) fn early() -> Sequence {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let log = Log::new(&path);
        log.arrow(Lifeline::Caller, Lifeline::Writer, Kind::Call, "write_all(\"<a> & b\")");
        log.arrow(Lifeline::Writer, Lifeline::Caller, Kind::Answer, "Ok(())");
        log.note(Lifeline::Caller, Kind::Success, "the write has succeeded");
        log.look(7);
        fs::write(&path, "<a> & b").expect("a file");
        log.concluded(Lifeline::Pool, Lifeline::File, Kind::Call, "write(2)");
        log.look(7);
        let [name, title, writer] = ["early", "a write", "Writer"].map(str::to_owned);
        Sequence { name, title, writer, events: log.events() }
    }

    #[test]
    fn a_look_tells_what_is_there_and_when_all_of_it_is() {
        let sequence = early();
        let looks: Vec<_> = sequence.events.iter().filter(|event| event.at == Lifeline::File).collect();
        assert_eq!((looks[0].kind, looks[0].text.as_str()), (Kind::Look, "0 of 7 bytes"));
        assert_eq!((looks[1].kind, looks[1].text.as_str()), (Kind::There, "7 of 7 bytes"));
        assert_eq!(sequence.success_and_bytes(), (Some(2), Some(5)));
    }

    #[test]
    fn each_event_has_its_line() {
        let lines = early().lines();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], "  1. caller calls Writer: write_all(\"<a> & b\")");
        assert_eq!(lines[4], "  5. pool thread calls file: write(2) (concluded)");
    }

    #[test]
    fn the_json_comes_back_as_it_was() {
        let sequence = early();
        let json = serde_json::to_string(&sequence).expect("JSON");
        assert_eq!(serde_json::from_str::<Sequence>(&json).expect("a sequence"), sequence);
    }
}
