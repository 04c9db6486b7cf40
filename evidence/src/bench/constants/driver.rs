//! What shows a constant: short scenarios, each of which spins in another way. It is built beside a copy of the crate
//! whose constants are values, and told by the environment which.

use std::{
    fs::File,
    io::{self, Seek as _},
    pin::pin,
    sync::mpsc,
    task::Poll,
    thread,
    time::{Duration, Instant},
};

use async_write_complete::{
    AsyncWriteCompleteExt as _, Offload,
    offload::{Job, Pool},
};

/// After so many bytes a file is begun again.
const FILE: usize = 8 << 20;

/// Writers that one thread polls.
const CROWD: usize = 64;

/// A scenario by its name, for so long: nanoseconds from each call to its answer.
type Scenario = fn(Duration) -> io::Result<Vec<u64>>;

/// All of them, and what they are.
pub(super) const SCENARIOS: [(&str, &str, Scenario); 10] = [
    ("100 B", "100 B, back to back", |time| back_to_back(100, time)),
    ("64 KiB", "64 KiB, back to back", |time| back_to_back(64 << 10, time)),
    ("one core", "100 B, all threads on one core", |time| back_to_back(100, time)),
    ("one busy", "100 B, one busy loop beside it", |time| back_to_back(100, time)),
    ("busy", "100 B, two busy loops beside it", |time| back_to_back(100, time)),
    ("paced", "100 B, one write per millisecond", paced),
    ("crowd", "64 writers of 4 KiB, polled by one thread", crowd),
    ("threads", "4 writers of 100 B, each on a thread of its own", threads),
    ("one thread", "2 writers in turns, on a pool of one thread", two_on_one_thread),
    ("neighbor", "a closure on the pool of `blocking`, which has one thread, beside a steady writer", neighbor),
];

/// Runs the scenario that the arguments name, and prints its figures: p50, p99, mean, and processor time, each in
/// nanoseconds for one operation.
pub(super) fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, millis] = arguments.as_slice() else { return Err(io::Error::other("a scenario and milliseconds")) };
    let (_, _, scenario) = SCENARIOS.iter().find(|(of, _, _)| of == name).ok_or_else(|| io::Error::other("unknown"))?;
    let time = Duration::from_millis(millis.parse().map_err(io::Error::other)?);
    scenario(time / 8)?;
    let cpu = cpu_time();
    let mut latencies = scenario(time)?;
    let cpu = cpu_time() - cpu;
    let count = latencies.len().max(1);
    latencies.sort_unstable();
    let at = |part: usize| latencies.get(latencies.len() * part / 100).copied().unwrap_or_default();
    let mean = latencies.iter().sum::<u64>() / count as u64;
    println!("{} {} {mean} {}", at(50), at(99), cpu.as_nanos() / count as u128);
    Ok(())
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A file that goes back to its beginning now and then.
struct Writer<P: Pool> {
    file: Offload<File, P>,
    bytes: Vec<u8>,
    left: usize,
}

impl<P: Pool> Writer<P> {
    fn new(pool: P, size: usize) -> io::Result<Self> {
        Ok(Writer { file: Offload::with_pool(tempfile::tempfile()?, pool), bytes: vec![1; size], left: FILE / size })
    }

    /// One write, timed.
    async fn write(&mut self) -> io::Result<u64> {
        if self.left == 0 {
            self.left = FILE / self.bytes.len();
            self.file.with_mut(|file| file.rewind()).await??;
        }
        self.left -= 1;
        let begun = Instant::now();
        self.file.write_all_complete(&self.bytes).await?;
        Ok(begun.elapsed().as_nanos() as u64)
    }
}

fn blocking_pool() -> impl Pool {
    async_write_complete::BlockingPool::default()
}

fn back_to_back(size: usize, time: Duration) -> io::Result<Vec<u64>> {
    let mut writer = Writer::new(blocking_pool(), size)?;
    let end = Instant::now() + time;
    pollster::block_on(async {
        let mut all = Vec::new();
        while Instant::now() < end {
            all.push(writer.write().await?);
        }
        Ok(all)
    })
}

fn paced(time: Duration) -> io::Result<Vec<u64>> {
    let mut writer = Writer::new(blocking_pool(), 100)?;
    let end = Instant::now() + time;
    pollster::block_on(async {
        let mut all = Vec::new();
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
            all.push(writer.write().await?);
        }
        Ok(all)
    })
}

/// Each writer has a write under way at any time. What is told is the time for one round of all, for each write.
fn crowd(time: Duration) -> io::Result<Vec<u64>> {
    let mut writers: Vec<_> = (0..CROWD).map(|_| Writer::new(blocking_pool(), 4 << 10)).collect::<io::Result<_>>()?;
    let end = Instant::now() + time;
    let mut all = Vec::new();
    while Instant::now() < end {
        let begun = Instant::now();
        pollster::block_on(async {
            let mut writes: Vec<_> = writers.iter_mut().map(|writer| Some(Box::pin(writer.write()))).collect();
            std::future::poll_fn(|cx| {
                for slot in &mut writes {
                    match slot.as_mut().map(|write| write.as_mut().poll(cx)) {
                        Some(Poll::Ready(Ok(_))) => *slot = None,
                        Some(Poll::Ready(Err(error))) => return Poll::Ready(Err(error)),
                        Some(Poll::Pending) | None => {}
                    }
                }
                if writes.iter().all(Option::is_none) { Poll::Ready(Ok(())) } else { Poll::Pending }
            })
            .await
        })?;
        all.push(begun.elapsed().as_nanos() as u64 / CROWD as u64);
    }
    Ok(all)
}

fn threads(time: Duration) -> io::Result<Vec<u64>> {
    let all = (0..4).map(|_| thread::spawn(move || back_to_back(100, time))).collect::<Vec<_>>();
    let mut latencies = Vec::new();
    for thread in all {
        latencies.extend(thread.join().map_err(|_| io::Error::other("a thread has panicked"))??);
    }
    Ok(latencies)
}

/// A pool of one thread.
#[derive(Clone)]
struct OneThread(mpsc::Sender<Job>);

impl OneThread {
    fn start() -> Self {
        let (sender, jobs) = mpsc::channel::<Job>();
        thread::spawn(move || jobs.into_iter().for_each(Job::run));
        OneThread(sender)
    }
}

impl Pool for OneThread {
    fn execute(&self, job: Job) {
        // Where it fails the job is dropped, which refuses it.
        let _ = self.0.send(job);
    }
}

fn two_on_one_thread(time: Duration) -> io::Result<Vec<u64>> {
    let pool = OneThread::start();
    let mut writers = [Writer::new(pool.clone(), 100)?, Writer::new(pool, 100)?];
    let end = Instant::now() + time;
    pollster::block_on(async {
        let mut all = Vec::new();
        while Instant::now() < end {
            for writer in &mut writers {
                all.push(writer.write().await?);
            }
        }
        Ok(all)
    })
}

/// What somebody else waits for who uses the same pool, and does not go through our queue.
fn neighbor(time: Duration) -> io::Result<Vec<u64>> {
    let steady = thread::spawn(move || back_to_back(100, time));
    let end = Instant::now() + time;
    let mut all = Vec::new();
    while Instant::now() < end {
        thread::sleep(Duration::from_millis(1));
        let begun = Instant::now();
        pollster::block_on(pin!(blocking::unblock(|| ())));
        all.push(begun.elapsed().as_nanos() as u64);
    }
    steady.join().map_err(|_| io::Error::other("a thread has panicked"))??;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_ends_with_latencies() {
        for (name, _, scenario) in SCENARIOS {
            let latencies = scenario(Duration::from_millis(5)).expect("a scenario");
            assert!(!latencies.is_empty() && latencies.iter().all(|&nanos| nanos > 0), "{name}");
        }
    }
}
