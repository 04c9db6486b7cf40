//! What the state returns after which events; and that it agrees with what a caller expects in every short sequence of
//! operations.

use std::io::{Read as _, Seek as _, Write as _};

use super::*;

/// Each row is a sequence of events, each with what it returns, if anything: in the order in which a handle has them.
const ROWS: &[(&str, &[&str])] = &[
    // Reads.
    ("nothing is fetched at first", &["read 1: nothing", "ahead: 0", "back by: 0"]),
    ("a read hands out what it has fetched", &["fetch ab", "ahead: 2", "read 9: ab", "read 9: nothing"]),
    ("an abandoned read goes to the next ones", &["fetch abcde", "read 2: ab", "read 2: cd", "read 2: e", "ahead: 0"]),
    ("an end is reported once", &["fetch end", "ahead: 0", "read 1: end", "read 1: nothing"]),
    ("an error is reported once", &["fetch error", "ahead: 0", "read 1: error", "read 1: nothing"]),
    ("a buffer is kept as long as it has bytes", &["fetch abc", "read 2: ab", "buffer: 0", "read 1: c", "buffer: 3"]),
    // What another operation makes void.
    ("an end may be none any more", &["fetch end", "forget", "read 1: nothing"]),
    ("an error is the read's own", &["fetch error", "forget", "read 1: error"]),
    ("an end is not that of another place", &["fetch end", "forget, moves", "read 1: nothing"]),
    ("an error is not that of another place", &["fetch error", "forget, moves", "read 1: nothing"]),
    ("bytes are not forgotten", &["fetch abc", "forget, moves", "ahead: 3", "read 3: abc"]),
    // A write over an abandoned read.
    ("the cursor goes back", &["fetch abc", "back by: 3", "back true", "ahead: 0", "read 1: nothing"]),
    ("it goes back over what was not handed out", &["fetch abc", "read 1: a", "back by: 2", "back true", "ahead: 0"]),
    ("it goes back again", &["fetch abc", "back true", "fetch bc", "read 1: b", "back by: 1", "back true"]),
    ("it cannot: the bytes stay", &["fetch abc", "read 1: a", "back false", "ahead: 2", "read 9: bc"]),
    ("it cannot: no write tries again", &["fetch abc", "back false", "back by: 0", "fetch de", "back by: 0"]),
    ("it fails: it is reported to one write", &["fetch ab", "back error", "back failed: yes", "back failed: no"]),
    ("it fails: the bytes stay", &["fetch ab", "read 1: a", "back error", "back by: 1", "read 9: b"]),
    (
        "it fails: it is reported to no write after the bytes were read out",
        &["fetch ab", "back error", "read 2: ab", "forget the seek", "fetch cd", "back failed: no", "back by: 2"],
    ),
    ("it is tried again", &["fetch ab", "back error", "back failed: yes", "back by: 2", "back true", "ahead: 0"]),
    // Seeks.
    ("a seek is answered once", &["seek 7: 7", "seek ended 7", "result of 7: 7", "result of 7: nothing"]),
    ("it is not answered before its end", &["seek 7: 7", "result of 7: nothing", "seek ended 7", "result of 7: 7"]),
    ("it is not answered to another one", &["seek 7: 7", "seek ended 7", "result of +7: nothing", "result of 7: 7"]),
    ("its error is answered once", &["seek 7: 7", "seek ended error", "result of 7: error", "result of 7: nothing"]),
    ("another operation forgets it", &["seek 7: 7", "seek ended 7", "forget", "result of 7: nothing"]),
    ("a read forgets it", &["seek 7: 7", "seek ended 7", "forget the seek", "result of 7: nothing"]),
    ("a read does not forget an end", &["fetch end", "forget the seek", "read 1: end"]),
    ("from here, it counts from what was handed out", &["fetch abcde", "read 2: ab", "seek +1: -2"]),
    ("from elsewhere, it does not", &["fetch abcde", "read 2: ab", "seek 1: 1", "seek ended 1", "seek end-1: end-1"]),
    (
        "a seek voids what was fetched",
        &["fetch abc", "read 1: a", "seek 0: 0", "seek ended 0", "ahead: 0", "seek +1: +1"],
    ),
    ("a failed one does not", &["fetch abc", "read 1: a", "seek 0: 0", "seek ended error", "ahead: 2", "read 9: bc"]),
    ("as far as it goes", &["fetch abc", "seek -9223372036854775808: -9223372036854775808"]),
];

/// What the event returns, if anything.
fn apply(cursor: &mut Cursor, event: &str) -> Option<String> {
    let (verb, argument) = event.split_once(' ').unwrap_or((event, ""));
    match (verb, argument) {
        ("fetch", "end") => cursor.fetched(filled(b""), Ok(0)),
        ("fetch", "error") => cursor.fetched(filled(b"room"), failed()),
        ("fetch", bytes) => cursor.fetched(filled(&[bytes.as_bytes(), b"room"].concat()), Ok(bytes.len())),
        ("read", len) => {
            let mut buf = vec![0; number(len)];
            let answer = cursor.answer_read(&mut buf);
            let bytes = |n| String::from_utf8_lossy(&buf[..n]).into_owned();
            return Some(name(answer.map(|read| read.map(|n| if n == 0 { "end".into() } else { bytes(n) }))));
        }
        ("ahead", _) => return Some(cursor.ahead().to_string()),
        ("buffer", _) => return Some(cursor.take_buffer().bytes().len().to_string()),
        ("forget", "the seek") => cursor.forget_seek(&mut Discarded::default()),
        ("forget" | "forget,", moves) => cursor.forget(moves == "moves", &mut Discarded::default()),
        ("back", "by") => return Some(cursor.back_by().to_string()),
        ("back", "failed") => return Some(cursor.take_seek_back_failure().map_or("no", |_| "yes").into()),
        ("back", "error") => cursor.moved_back(failed()),
        ("back", moved) => cursor.moved_back(Ok(moved == "true")),
        ("seek", "ended error") => cursor.seek_ended(failed()),
        ("seek", at) if at.starts_with("ended ") => cursor.seek_ended(Ok(number(&at[6..]) as u64)),
        ("seek", to) => {
            return Some(match cursor.begin_seek(place(to)) {
                SeekFrom::Start(n) => n.to_string(),
                SeekFrom::Current(n) => format!("{n:+}"),
                SeekFrom::End(n) => format!("end{n:+}"),
            });
        }
        ("result", to) => {
            let result = cursor.take_seek_result(place(to.trim_start_matches("of ")));
            return Some(name(result.map(|result| result.map(|n| n.to_string()))));
        }
        _ => panic!("an event without a meaning: {event}"),
    }
    None
}

fn filled(bytes: &[u8]) -> Buffer {
    let mut buffer = Buffer::new();
    buffer.fill(&[io::IoSlice::new(bytes)], bytes.len());
    buffer
}

fn failed<R>() -> io::Result<R> {
    Err(io::ErrorKind::TimedOut.into())
}

fn name(answer: Option<io::Result<String>>) -> String {
    answer.map_or("nothing".into(), |answer| answer.unwrap_or("error".into()))
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("a number: {text}"))
}

fn place(text: &str) -> SeekFrom {
    let signed = |text: &str| text.parse().expect("a number with its sign");
    match text.strip_prefix("end") {
        Some(n) => SeekFrom::End(signed(n)),
        None if text.starts_with(['+', '-']) => SeekFrom::Current(signed(text)),
        None => SeekFrom::Start(number(text) as u64),
    }
}

#[test]
fn every_row() {
    for (row, events) in ROWS {
        let mut cursor = Cursor::new();
        for event in *events {
            let (event, expected) = event.split_once(": ").map_or((*event, None), |(e, x)| (e, Some(x)));
            assert_eq!(apply(&mut cursor, event).as_deref(), expected, "{row}: {event}");
        }
    }
}

/// A reader that waits for the end gets it in time. An end that was found long ago is looked for again, once.
#[test]
fn an_old_end_is_looked_for_again() {
    let Some(long_ago) = Instant::now().checked_sub(2 * END_LASTS) else { return };
    let mut cursor = Cursor::new();
    for (found, answer) in [(long_ago, "nothing"), (long_ago, "end"), (long_ago, "nothing"), (Instant::now(), "end")] {
        assert_eq!(apply(&mut cursor, "fetch end"), None);
        cursor.end = cursor.end.map(|(end, _)| (end, found));
        assert_eq!(apply(&mut cursor, "read 1").as_deref(), Some(answer));
    }
    cursor.end = Some((failed(), long_ago));
    assert_eq!(apply(&mut cursor, "read 1").as_deref(), Some("error"), "an error is reported however old it is");
}

/// What a handle does: an operation of a caller who waits for it, or who has gone when it ends.
const OPERATIONS: [fn(&mut Handle); 7] = [
    |handle| handle.read(1),
    |handle| handle.read(3),
    |handle| handle.fetch(2),
    Handle::write,
    |handle| handle.seek(SeekFrom::Current(1), true),
    |handle| handle.seek(SeekFrom::Current(-1), false),
    |handle| handle.seek(SeekFrom::Start(4), true),
];

/// A cursor with its destination, and the same bytes as its caller sees them.
struct Handle {
    cursor: Cursor,
    destination: io::Cursor<Vec<u8>>,
    caller: io::Cursor<Vec<u8>>,
}

impl Handle {
    fn new() -> Self {
        let bytes = io::Cursor::new(b"0123456789".to_vec());
        Self { cursor: Cursor::new(), destination: bytes.clone(), caller: bytes }
    }

    fn fetch(&mut self, len: usize) {
        if self.cursor.ahead() == 0 && self.cursor.end.is_none() {
            self.cursor.forget_seek(&mut Discarded::default());
            let mut buffer = Buffer::new();
            buffer.make_room(len);
            let read = self.destination.read(buffer.bytes_mut());
            self.cursor.fetched(buffer, read);
        }
    }

    fn read(&mut self, len: usize) {
        self.fetch(len);
        let (mut read, mut expected) = (vec![0; len], vec![0; len]);
        let n = self.cursor.answer_read(&mut read).expect("it was fetched").unwrap();
        self.caller.read_exact(&mut expected[..n]).unwrap();
        assert_eq!(read, expected);
    }

    fn write(&mut self) {
        let ahead = self.cursor.back_by();
        if ahead > 0 {
            self.destination.set_position(self.destination.position() - ahead);
            self.cursor.moved_back(Ok(true));
        }
        self.cursor.forget(false, &mut Discarded::default());
        for side in [&mut self.destination, &mut self.caller] {
            side.write_all(b"w").unwrap();
        }
        assert_eq!(self.destination, self.caller);
    }

    fn seek(&mut self, to: SeekFrom, is_awaited: bool) {
        self.cursor.forget(true, &mut Discarded::default());
        let result = self.destination.seek(self.cursor.begin_seek(to));
        self.cursor.seek_ended(result);
        let expected = self.caller.seek(to).ok();
        if is_awaited {
            assert_eq!(self.cursor.take_seek_result(to).expect("it has ended").ok(), expected);
        }
    }
}

#[test]
fn every_short_sequence_agrees_with_its_caller() {
    let count = OPERATIONS.len();
    for sequence in 0..count.pow(5) {
        let mut handle = Handle::new();
        for step in 0..5 {
            OPERATIONS[sequence / count.pow(step) % count](&mut handle);
        }
        handle.write();
    }
}
