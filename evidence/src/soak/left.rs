//! [`Left`]: what the process has that a writer may have left behind.

use std::{
    fmt, fs,
    num::NonZeroUsize,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::ensure;

use crate::alloc;

/// How many threads the pool of `blocking` may have. It lets none of them go, so these are no leak.
pub(super) const POOL: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");

/// How long the threads of a runtime that was dropped get to end.
const REST: Duration = Duration::from_secs(10);

/// Bytes more than before that are no leak: queues keep the size that they once needed. If one writer in some hundred
/// were kept, it would be more.
const SLACK: isize = 64 << 10;

/// Threads, descriptors, files, and bytes of memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    /// Of the pool of `blocking`.
    pool: usize,
    others: usize,
    descriptors: usize,
    /// In the folder of the soak.
    files: usize,
    bytes: isize,
}

impl Left {
    fn now(folder: &Path) -> Self {
        let names: Vec<_> = fs::read_dir("/proc/self/task")
            .map(|tasks| tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("comm")).ok()).collect())
            .unwrap_or_default();
        let pool = names.iter().filter(|name| name.starts_with("blocking-")).count();
        let descriptors = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let files = fs::read_dir(folder).map_or(usize::MAX, Iterator::count);
        Self { pool, others: names.len() - pool, descriptors, files, bytes: alloc::live_bytes() }
    }

    /// When the threads of runtimes that were dropped have ended, which nobody is told of.
    pub(super) fn at_rest(folder: &Path, goal: Option<Self>) -> Self {
        let end = Instant::now() + REST;
        let (mut last, mut same) = (Self::now(folder), 0);
        let is_reached = |left: &Self| goal.is_some_and(|goal| left.assert_no_more_than(goal).is_ok());
        while Instant::now() < end && !is_reached(&last) && (goal.is_some() || same < 10) {
            sleep(Duration::from_millis(20));
            let now = Self::now(folder);
            same = if (now.others, now.descriptors) == (last.others, last.descriptors) { same + 1 } else { 0 };
            last = now;
        }
        last
    }

    pub(super) fn assert_no_more_than(self, before: Self) -> anyhow::Result<()> {
        ensure!(self.pool <= POOL.get(), "the pool has more threads than it may have: {self}");
        ensure!(self.others <= before.others, "threads were left: {self}");
        ensure!(self.descriptors <= before.descriptors, "descriptors were left: {self}");
        ensure!(self.files <= before.files, "files were left: {self}");
        ensure!(self.bytes <= before.bytes + SLACK, "memory was left: {self}");
        Ok(())
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pool, others, descriptors, files, bytes } = self;
        write!(
            f,
            "{others} threads beside {pool} of the pool, {descriptors} descriptors, {files} files, {bytes} bytes of memory"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Left = Left { pool: 2, others: 1, descriptors: 4, files: 0, bytes: 1000 };

    #[test]
    fn what_is_left_is_noticed() {
        BEFORE.assert_no_more_than(BEFORE).expect("nothing is left");
        for (left, what) in [
            (Left { pool: POOL.get() + 1, ..BEFORE }, "more threads"),
            (Left { others: 2, ..BEFORE }, "threads were left"),
            (Left { descriptors: 5, ..BEFORE }, "descriptors"),
            (Left { files: 1, ..BEFORE }, "files"),
            (Left { bytes: 1001 + SLACK, ..BEFORE }, "memory"),
        ] {
            let error = left.assert_no_more_than(BEFORE).expect_err("something is left").to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
