//! One run: the calls on the file, and who made them.

use anyhow::Context as _;
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
    /// Which of them is the write, and which the look.
    pub(super) write: usize,
    pub(super) look: usize,
}

impl Timeline {
    /// The calls of a trace on the file at `path`.
    ///
    /// # Errors
    ///
    /// When there is no write or no look among them.
    pub(super) fn of(calls: &[Call], path: &str) -> anyhow::Result<Self> {
        let position = |names: &[&str]| calls.iter().position(|call| names.contains(&call.name.as_str()));
        let write = position(&["write", "writev", "pwrite64"]).context("nothing was written")?;
        // A look by the path, and not one by the descriptor, which is the writer's own.
        let is_look = |call: &Call| call.name == "statx" && !call.text.contains("AT_EMPTY_PATH");
        let look = calls.iter().position(is_look).context("nobody looked at the file")?;
        let (first, executor) = (calls[0].begin, calls[look].thread);
        let moment = |call: &Call| Moment {
            on_executor: call.thread == executor,
            name: call.name.clone(),
            text: shortened(&call.text.replace(path, "file")),
            begin: (call.begin - first) * 1e6,
            end: (call.end - first) * 1e6,
        };
        Ok(Timeline { calls: calls.iter().map(moment).collect(), write, look })
    }

    /// Whether the look began before the write had returned.
    pub(super) fn is_early(&self) -> bool {
        self.calls[self.look].begin < self.calls[self.write].end
    }

    /// Whether it began before the write had begun.
    pub(super) fn is_before(&self) -> bool {
        self.calls[self.look].begin < self.calls[self.write].begin
    }

    /// Microseconds from the first moment of the write or the look to the last one.
    pub(super) fn length(&self) -> f64 {
        let (write, look) = (&self.calls[self.write], &self.calls[self.look]);
        write.end.max(look.end) - write.begin.min(look.begin)
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

    fn call(thread: u32, name: &str, begin: f64, end: f64) -> Call {
        let text = format!("{name}(AT_FDCWD</here>, 3</tmp/f>, {{stx_mask=1, stx_size=0, ...}}) = 0");
        Call { thread, name: name.to_owned(), text, begin: begin / 1e6, end: end / 1e6 }
    }

    pub(crate) fn timeline(look: f64) -> Timeline {
        let mut calls = vec![
            call(2, "openat", 0.0, 10.0),
            call(2, "write", 100.0, 150.0),
            call(1, "statx", look, look + 10.0),
            call(2, "close", 500.0, 510.0),
        ];
        calls.sort_by(|one, other| one.begin.total_cmp(&other.begin));
        Timeline::of(&calls, "/tmp/f").expect("a timeline")
    }

    #[test]
    fn a_look_is_early_until_the_write_has_returned() {
        let kinds = |look| (timeline(look).is_early(), timeline(look).is_before());
        assert_eq!(kinds(90.0), (true, true));
        assert_eq!(kinds(120.0), (true, false));
        assert_eq!(kinds(160.0), (false, false));
    }

    #[test]
    fn a_timeline_is_as_long_as_the_write_and_the_look() {
        for (look, length) in [(90.0, 60.0), (120.0, 50.0), (160.0, 70.0)] {
            assert!((timeline(look).length() - length).abs() < 1e-6, "{}", timeline(look).length());
        }
    }

    #[test]
    fn a_line_has_times_a_thread_and_the_call() {
        let lines = timeline(160.0).lines();
        assert_eq!(lines[1], "       100 ..      150 us  pool      write(AT_FDCWD, 3<file>, {stx_size=0}) = 0");
        assert!(lines[2].contains("us  executor  statx("), "{}", lines[2]);
    }

    #[test]
    fn a_run_without_a_write_or_a_look_is_none() {
        assert!(Timeline::of(&[call(1, "statx", 0.0, 1.0)], "/tmp/f").is_err());
        assert!(Timeline::of(&[call(1, "write", 0.0, 1.0)], "/tmp/f").is_err());
    }
}
