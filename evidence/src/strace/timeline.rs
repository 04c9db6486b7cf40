//! One run: the calls on the file, and who made them.

use anyhow::{Context as _, ensure};
use serde::Serialize;

use super::trace::Call;

/// A call of a timeline. Times are in microseconds from the first one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Moment {
    /// Whether the thread is that of the executor, which also looks; else it is one of a pool.
    pub(super) on_executor: bool,
    pub(super) name: String,
    pub(super) text: String,
    pub(super) begin: f64,
    pub(super) end: f64,
}

/// The run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Timeline {
    pub(super) calls: Vec<Moment>,
    /// Which of them write the record, and which is the look.
    pub(super) writes: Vec<usize>,
    pub(super) look: usize,
    /// How long the file was for whoever looked.
    pub(super) seen: usize,
}

impl Timeline {
    /// The calls of a trace on the file at `path`, into which a record of `length` bytes was written.
    ///
    /// # Errors
    ///
    /// When the writes among them are not that record, or there is no look among them.
    pub(super) fn of(calls: &[Call], path: &str, length: usize) -> anyhow::Result<Self> {
        let is_write = |call: &Call| ["write", "writev", "pwrite64"].contains(&call.name.as_str());
        let writes: Vec<usize> = (0..calls.len()).filter(|&index| is_write(&calls[index])).collect();
        let counts = writes.iter().map(|&index| result(&calls[index].text));
        let written: usize = counts.sum::<Option<_>>().context("a write has failed")?;
        ensure!(written == length, "{written} of {length} bytes were written, by {} calls", writes.len());
        // A look by the path, and not one by the descriptor, which is the writer's own.
        let is_look = |call: &Call| call.name == "statx" && !call.text.contains("AT_EMPTY_PATH");
        let look = calls.iter().position(is_look).context("nobody looked at the file")?;
        let seen = size(&calls[look].text).context("the look shows no size")?;
        let (first, executor) = (calls[0].begin, calls[look].thread);
        let moment = |call: &Call| Moment {
            on_executor: call.thread == executor,
            name: call.name.clone(),
            text: shortened(&call.text.replace(path, "file")),
            begin: (call.begin - first) * 1e6,
            end: (call.end - first) * 1e6,
        };
        Ok(Timeline { calls: calls.iter().map(moment).collect(), writes, look, seen })
    }

    /// Whether the look began before the last write of the record had returned.
    pub(super) fn is_early(&self) -> bool {
        self.calls[self.look].begin < self.written().1
    }

    /// Whether it began before the first write had begun.
    pub(super) fn is_before(&self) -> bool {
        self.calls[self.look].begin < self.written().0
    }

    /// Microseconds from the first moment of the writes or the look to the last one.
    pub(super) fn length(&self) -> f64 {
        let (from, to) = self.span();
        to - from
    }

    /// The first moment of the writes or the look, and the last one.
    pub(super) fn span(&self) -> (f64, f64) {
        let ((begin, end), look) = (self.written(), &self.calls[self.look]);
        (begin.min(look.begin), end.max(look.end))
    }

    /// When the first write began, and when all had returned.
    fn written(&self) -> (f64, f64) {
        let writes = || self.writes.iter().map(|&write| &self.calls[write]);
        let begin = writes().map(|write| write.begin).fold(f64::INFINITY, f64::min);
        (begin, writes().map(|write| write.end).fold(f64::NEG_INFINITY, f64::max))
    }

    /// A line for each call.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |call: &Moment| {
            let thread = if call.on_executor { "executor" } else { "pool" };
            format!("  {:>8.0} .. {:>8.0} us  {thread:<9} {}", call.begin, call.end, call.text)
        };
        self.calls.iter().map(line).collect()
    }
}

/// What a call returned, unless it failed.
fn result(text: &str) -> Option<usize> {
    text.rsplit_once(" = ")?.1.parse().ok()
}

/// The size that a statx showed, unless it failed.
fn size(text: &str) -> Option<usize> {
    text.split_once("stx_size=")?.1.split([',', '}']).next()?.parse().ok()
}

/// Without the folder of the process, and of the many fields of statx only the size.
fn shortened(text: &str) -> String {
    let text = match text.split_once("AT_FDCWD<").and_then(|(front, rest)| Some((front, rest.split_once('>')?.1))) {
        Some((front, back)) => &format!("{front}AT_FDCWD{back}"),
        None => text,
    };
    let Some((front, rest)) = text.split_once('{') else { return text.to_owned() };
    let Some((fields, back)) = rest.rsplit_once('}') else { return text.to_owned() };
    let size = fields.split(", ").find(|field| field.starts_with("stx_size=")).unwrap_or("...");
    format!("{front}{{{size}}}{back}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn call(thread: u32, name: &str, result: usize, begin: f64, end: f64) -> Call {
        let text = format!("{name}(AT_FDCWD</here>, 3</tmp/f>, {{stx_mask=1, stx_size=10, ...}}) = {result}");
        Call { thread, name: name.to_owned(), text, begin: begin / 1e6, end: end / 1e6 }
    }

    /// Ten bytes, written in two calls, the last of which returns at 150.
    fn calls(look: f64) -> Vec<Call> {
        let mut calls = vec![
            call(2, "openat", 3, 0.0, 10.0),
            call(2, "write", 1, 100.0, 110.0),
            call(2, "write", 9, 115.0, 150.0),
            call(1, "statx", 0, look, look + 10.0),
            call(2, "close", 0, 500.0, 510.0),
        ];
        calls.sort_by(|one, other| one.begin.total_cmp(&other.begin));
        calls
    }

    pub(crate) fn timeline(look: f64) -> Timeline {
        Timeline::of(&calls(look), "/tmp/f", 10).expect("a timeline")
    }

    #[test]
    fn a_look_is_early_until_the_last_write_has_returned() {
        let kinds = |look| (timeline(look).is_early(), timeline(look).is_before());
        assert_eq!(kinds(90.0), (true, true));
        assert_eq!(kinds(112.0), (true, false));
        assert_eq!(kinds(120.0), (true, false));
        assert_eq!(kinds(160.0), (false, false));
    }

    #[test]
    fn a_timeline_is_as_long_as_the_writes_and_the_look() {
        for (look, length) in [(90.0, 60.0), (120.0, 50.0), (160.0, 70.0)] {
            assert!((timeline(look).length() - length).abs() < 1e-6, "{}", timeline(look).length());
        }
    }

    #[test]
    fn a_line_has_times_a_thread_and_the_call() {
        let lines = timeline(160.0).lines();
        assert_eq!(lines[1], "       100 ..      110 us  pool      write(AT_FDCWD, 3<file>, {stx_size=10}) = 1");
        assert!(lines[3].contains("us  executor  statx("), "{}", lines[3]);
    }

    #[test]
    fn a_run_without_the_writes_or_a_look_is_an_error() {
        let without = |name: &str| {
            let calls: Vec<Call> = calls(160.0).into_iter().filter(|call| call.name != name).collect();
            Timeline::of(&calls, "/tmp/f", 10).expect_err("it is not whole").to_string()
        };
        assert_eq!(without("write"), "0 of 10 bytes were written, by 0 calls");
        assert_eq!(without("statx"), "nobody looked at the file");
        let of_another_length = Timeline::of(&calls(160.0), "/tmp/f", 11).expect_err("a byte is missing");
        assert_eq!(of_another_length.to_string(), "10 of 11 bytes were written, by 2 calls");
        let mut calls = calls(160.0);
        calls[1].text = "write(3, 1) = -1 EIO (Input/output error)".to_owned();
        assert_eq!(Timeline::of(&calls, "/tmp/f", 10).expect_err("it failed").to_string(), "a write has failed");
    }

    #[test]
    fn a_look_says_how_long_the_file_was() {
        assert_eq!(timeline(160.0).seen, 10);
        assert_eq!(size("statx(AT_FDCWD, \"f\", 0, STATX_ALL, {stx_mask=STATX_ALL, stx_size=0}) = 0"), Some(0));
        assert_eq!(size("statx(AT_FDCWD, \"f\", 0, STATX_ALL, 0x7f) = -1 ENOENT (No such file)"), None);
    }
}
