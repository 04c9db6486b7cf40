//! What a stretch of work uses: time, the processor, memory, threads.

use std::{
    collections::HashMap,
    fs,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, Timespec, clock_gettime};

use super::alloc;

/// Runs from [`start`](Self::start) to [`stop`](Self::stop).
#[derive(Debug)]
pub(super) struct Meter {
    turns: HashMap<String, u64>,
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
    /// Threads of the process that ran in this time. One that ended before the end is not seen.
    pub(super) threads: usize,
}

impl Meter {
    /// The clock is read last here and first in [`stop`](Self::stop), because the rest takes a while.
    pub(super) fn start() -> Self {
        let turns = thread_turns();
        Meter { turns, allocations: alloc::calls(), cpu: cpu_time(), wall: Instant::now() }
    }

    /// What was used since the start.
    pub(super) fn stop(self) -> Used {
        let wall = self.wall.elapsed();
        let cpu = cpu_time().saturating_sub(self.cpu);
        let allocations = alloc::calls() - self.allocations;
        let ran = thread_turns().into_iter().filter(|(thread, turns)| self.turns.get(thread) != Some(turns)).count();
        // The thread that asks has run; where it was never interrupted, the kernel has not counted its turn yet.
        Used { wall, cpu, allocations, threads: ran.max(1) }
    }
}

fn cpu_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
}

/// How often each thread was given a processor. Where the kernel does not count that, the number differs at each call,
/// so that every thread counts as having run.
fn thread_turns() -> HashMap<String, u64> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return HashMap::new() };
    let threads = threads.flatten().filter_map(|thread| thread.file_name().into_string().ok());
    let with_turns = |thread: String| (turns(&thread).unwrap_or_else(another_number), thread);
    threads.map(with_turns).map(|(turns, thread)| (thread, turns)).collect()
}

/// The third number of its `schedstat`.
fn turns(thread: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
    text.split_whitespace().nth(2)?.parse().ok()
}

fn another_number() -> u64 {
    u64::try_from(clock_gettime(ClockId::Monotonic).tv_nsec).unwrap_or(0)
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
