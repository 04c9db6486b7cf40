//! What a stretch of work uses: time, the processor, memory, threads.

use std::{
    collections::HashMap,
    fs,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::alloc;

/// Nanoseconds that a thread runs at least to be counted. In less it has looked around and slept on, as the idle threads
/// of a pool do now and then.
const A_RUN: u64 = 20_000;

/// Runs from [`start`](Self::start) to [`stop`](Self::stop).
#[derive(Debug)]
pub(super) struct Meter {
    /// How long each thread had run before.
    threads: HashMap<String, u64>,
    allocations: usize,
    cpu: Duration,
    wall: Instant,
}

/// What was used between the two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    /// Time on the clock.
    pub(super) wall: Duration,
    /// Time on processors, of all threads of the process together.
    pub(super) cpu: Duration,
    /// Calls of the allocator, of all threads.
    pub(super) allocations: usize,
    /// Threads that ran in this time, for more than a glance. One that ended before the end is not seen.
    pub(super) threads: usize,
}

impl Meter {
    /// The clock is read last here and first in [`stop`](Self::stop), because the rest takes a while.
    pub(super) fn start() -> Self {
        let threads = run_times();
        Meter { threads, allocations: alloc::calls(), cpu: cpu_time(), wall: Instant::now() }
    }

    /// What was used since the start.
    pub(super) fn stop(self) -> Used {
        let wall = self.wall.elapsed();
        let cpu = cpu_time().saturating_sub(self.cpu);
        let allocations = alloc::calls() - self.allocations;
        let before = |thread| self.threads.get(thread).copied().unwrap_or(0);
        let threads = run_times().iter().filter(|(thread, time)| **time >= before(*thread) + A_RUN).count();
        // The thread that asks has run, however briefly.
        Used { wall, cpu, allocations, threads: threads.max(1) }
    }
}

fn cpu_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
}

/// How long each thread has run. Where the kernel does not count that, only the thread that asks will be seen.
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
    fn what_another_thread_uses_is_measured() {
        let meter = Meter::start();
        let (running, ready) = std::sync::mpsc::channel();
        let (leave, left) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            running.send(vec![1_u8; 100]).expect("a receiver");
            let _ = left.recv();
        });
        ready.recv().expect("a block");
        let used = meter.stop();
        drop(leave);
        thread.join().expect("no panic");
        assert!(used.threads >= 1 && used.allocations >= 1, "{used:?}");
        assert!(used.wall > Duration::ZERO && used.cpu > Duration::ZERO, "{used:?}");
    }
}
