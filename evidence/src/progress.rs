//! How far a command is: one line on standard error that is written over, and nothing where that is no terminal.

use std::{
    cell::Cell,
    io::{IsTerminal as _, Write as _, stderr},
    time::{Duration, Instant},
};

/// The line is written over no more often.
const PACE: Duration = Duration::from_millis(100);

/// Columns of the line: less than any terminal has, for a line that wraps is not written over.
const WIDTH: usize = 78;

/// A number of steps, and how many of them are done.
#[derive(Debug)]
pub(crate) struct Progress {
    total: u64,
    done: Cell<u64>,
    begun: Instant,
    /// When the line was last written; `None` where nobody sees it.
    shown: Option<Cell<Instant>>,
}

impl Progress {
    pub(crate) fn new(total: u64) -> Self {
        let begun = Instant::now();
        let shown = stderr().is_terminal().then(|| Cell::new(begun));
        Progress { total, done: Cell::new(0), begun, shown }
    }

    /// So many more steps are done; `now` is what is done at present.
    pub(crate) fn advance(&self, steps: u64, now: &str) {
        self.done.set(self.done.get() + steps);
        if let Some(shown) = self.shown.as_ref().filter(|shown| shown.get().elapsed() >= PACE) {
            shown.set(Instant::now());
            let line = line(self.done.get(), self.total, self.begun.elapsed(), now);
            // Nothing is lost if standard error takes no more.
            let _ = write!(stderr(), "\r\x1b[K{line}");
        }
    }
}

impl Drop for Progress {
    /// Clears the line.
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

fn line(done: u64, total: u64, elapsed: Duration, now: &str) -> String {
    let about = match done {
        0 => String::new(),
        done => format!(" of about {:.0}", elapsed.as_secs_f64() * total as f64 / done as f64),
    };
    let line = format!("{done}/{total}, {}{about} s, {now}", elapsed.as_secs());
    line.chars().take(WIDTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_what_is_done_and_how_long_all_of_it_may_take() {
        assert_eq!(line(0, 8, Duration::ZERO, "seed: tokio"), "0/8, 0 s, seed: tokio");
        assert_eq!(line(2, 8, Duration::from_secs(5), "seed: tokio"), "2/8, 5 of about 20 s, seed: tokio");
        assert_eq!(line(2, 8, Duration::from_secs(5), &"x".repeat(200)).len(), WIDTH);
    }
}
