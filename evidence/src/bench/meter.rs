//! What the process uses: its processor time, and its threads.

use std::{collections::HashMap, fs, time::Duration};

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds that a thread runs at least to be counted. In less it has looked around and slept on: the idle threads
/// of `blocking` 1.7 do so each half second, for some 20 µs.
const A_RUN: u64 = 100_000;

/// The threads of the process, and how long each had run when this was made.
#[derive(Debug)]
pub(super) struct Threads(HashMap<String, u64>);

impl Threads {
    pub(super) fn now() -> Self {
        Threads(run_times())
    }

    /// How many have run since, for more than a glance, beside the thread that asks. One that has ended meanwhile is
    /// not seen.
    pub(super) fn others_that_ran(&self) -> usize {
        let this = this_thread();
        let before = |thread: &String| self.0.get(thread).copied().unwrap_or(0);
        let ran = |(thread, time): &(&String, &u64)| **thread != this && **time >= before(thread) + A_RUN;
        run_times().iter().filter(ran).count()
    }
}

/// The number of the thread that asks.
fn this_thread() -> String {
    let link = fs::read_link("/proc/thread-self").unwrap_or_default();
    link.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The processor time of all threads of the process.
pub(super) fn cpu_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
}

/// How long each thread has run. Where the kernel does not count that, none is seen.
fn run_times() -> HashMap<String, u64> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return HashMap::new() };
    let threads = threads.flatten().filter_map(|thread| thread.file_name().into_string().ok());
    threads.filter_map(|thread| run_time(&thread).map(|time| (thread, time))).collect()
}

/// The first number of its `schedstat`.
fn run_time(thread: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// How many threads the process has.
pub(super) fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(1, Iterator::count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_has_run_is_counted_and_the_one_that_asks_is_not() {
        let spin = || {
            let cpu = cpu_time();
            while cpu_time() - cpu < Duration::from_millis(4) {
                std::hint::spin_loop();
            }
        };
        let (leave, left) = std::sync::mpsc::channel::<()>();
        let (ran, running) = std::sync::mpsc::channel();
        let threads = Threads::now();
        let asks = this_thread();
        let thread = std::thread::spawn(move || {
            spin();
            ran.send(this_thread()).expect("a receiver");
            let _ = left.recv();
        });
        let other = running.recv().expect("the number of the other");
        assert!(threads.others_that_ran() >= 1);
        assert!(other != asks && run_time(&other).is_some(), "{other} and {asks}");
        drop(leave);
        thread.join().expect("no panic");
    }
}
