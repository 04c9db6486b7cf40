//! One run of one subject: tasks that append for a while.

use std::{
    io::{self, Write as _},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use super::{
    Load,
    subjects::{Subject, Subjects},
};

/// What was measured, of one run or of several.
#[derive(Clone, Debug)]
pub(super) struct Played {
    /// Nanoseconds from each call to its answer.
    pub(super) latencies: Histogram<u64>,
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
}

impl Played {
    pub(super) fn new() -> Self {
        let latencies = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds that the type can have");
        Played { latencies, wall: Duration::ZERO, cpu: Duration::ZERO }
    }

    fn record(&mut self, latency: Duration) {
        self.latencies.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX).max(1));
    }

    /// Adds another run.
    pub(super) fn add(&mut self, other: &Played) {
        self.latencies.add(&other.latencies).expect("the bounds are the same");
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

/// Lets the tasks append for a while, each one record after the other.
pub(super) async fn play(subject: Subject, load: Load, path: &Path, each: Duration) -> io::Result<Played> {
    let log = Arc::new(Subjects::open(subject, path, load.durable).await?);
    let (began, cpu) = (Instant::now(), cpu_time());
    let end = began + each;
    let append_until_end = |task: usize| {
        let log = log.clone();
        async move {
            let record = vec![b'a' + (task % 26) as u8; load.len];
            let mut latencies = Vec::new();
            let mut now = Instant::now();
            // At least one, however late this task begins.
            while latencies.is_empty() || now < end {
                log.append(&record).await?;
                let then = std::mem::replace(&mut now, Instant::now());
                latencies.push(now - then);
            }
            io::Result::Ok(latencies)
        }
    };
    let tasks: Vec<_> = (0..load.tasks).map(|task| tokio::spawn(append_until_end(task))).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.map_err(io::Error::other)??);
    }
    let mut played = Played { wall: began.elapsed(), cpu: cpu_time() - cpu, ..Played::new() };
    all.into_iter().flatten().for_each(|latency| played.record(latency));
    assert_there(path, played.latencies.len(), load)?;
    Ok(played)
}

/// One thread that has the records of all tasks at once: one write and one sync for them. No log can share the syncs of
/// the device better.
pub(super) fn all_at_once(load: Load, path: &Path, each: Duration) -> io::Result<Played> {
    let mut file = std::fs::File::create(path)?;
    let records = vec![b'a'; load.len * load.tasks];
    let (began, cpu) = (Instant::now(), cpu_time());
    let mut played = Played::new();
    while played.latencies.is_empty() || began.elapsed() < each {
        let then = Instant::now();
        file.write_all(&records)?;
        file.sync_data()?;
        let latency = then.elapsed();
        (0..load.tasks).for_each(|_| played.record(latency));
    }
    (played.wall, played.cpu) = (began.elapsed(), cpu_time() - cpu);
    assert_there(path, played.latencies.len(), load)?;
    Ok(played)
}

/// # Errors
///
/// When a record is missing, or there twice: then something else was measured.
fn assert_there(path: &Path, records: u64, load: Load) -> io::Result<()> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes != records * load.len as u64 {
        return Err(io::Error::other(format!("{bytes} bytes for {records} records of {}", load.len)));
    }
    Ok(())
}

/// The time for which all threads of this process have computed.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
