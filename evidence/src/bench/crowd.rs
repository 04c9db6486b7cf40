//! Many writers at once, each a task of its own, and a ticker that shares their executor.

use std::{
    io,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use smol::channel::{Sender, unbounded};

use super::{
    handle::Handle,
    latch::{CountDown, Latch},
    meter::Threads,
    runtime::Runtime,
    sample::{Sample, Stretch},
    ticker::Ticker,
    turn::{Turn, prove},
    warm_file::WarmFile,
};

/// One in so many writers proves that its bytes are where they have to be: it takes system calls.
const PROOFS: usize = 64;

/// What one writer has seen.
struct Seen {
    latencies: Vec<Duration>,
    missing: usize,
}

/// What the tasks wait for, in this order.
#[derive(Clone)]
struct Gates {
    /// Every writer has its file, and has written once.
    ready: Latch,
    /// The clock is running.
    start: Latch,
    /// When it stops.
    end: Arc<OnceLock<Instant>>,
    /// Every writer has had its last answer.
    done: Latch,
}

/// A task for each file, all begun at the same moment, and each ended with its first answer after `budget`.
pub(super) async fn run<H: Handle, R: Runtime>(turn: Turn, budget: Duration) -> io::Result<Sample> {
    let writers = turn.files.len();
    let gates =
        Gates { ready: Latch::new(writers), start: Latch::new(1), end: Arc::default(), done: Latch::new(writers) };
    let (sender, results) = unbounded();
    for index in 0..writers {
        R::spawn(one::<H>(turn.files.clone(), index, budget, gates.clone(), sender.clone()));
    }
    drop(sender);
    gates.ready.wait().await;
    let (ticker, ticks) = Ticker::start()?;
    let (tell, told) = unbounded();
    // The channel has room without end, so that neither a send nor its failure matters.
    R::spawn(async move {
        let _ = tell.try_send(ticks.lateness().await);
    });
    let mut sample = Sample::new();
    let threads = Threads::now();
    let stretch = Stretch::begin();
    // Nobody else sets it.
    let _ = gates.end.set(Instant::now() + budget);
    gates.start.count_down();
    gates.done.wait().await;
    sample.used(stretch.end());
    sample.threads = 1 + threads.others_that_ran();
    drop(ticker);
    sample.lateness = told.recv().await.map_err(io::Error::other)?;
    for _ in 0..writers {
        let seen = results.recv().await.map_err(io::Error::other)??;
        sample.missing += seen.missing;
        seen.latencies.into_iter().for_each(|latency| sample.record(latency));
    }
    Ok(sample)
}

/// One writer. The gates count it also where it fails, so that nobody waits for it.
async fn one<H: Handle>(
    files: Arc<[WarmFile]>,
    index: usize,
    budget: Duration,
    gates: Gates,
    sender: Sender<io::Result<Seen>>,
) {
    let ready = CountDown(gates.ready.clone());
    let done = CountDown(gates.done.clone());
    let seen = async {
        let file = &files[index];
        let mut handle = H::open(&file.path, file.payload, file.is_pipe).await?;
        handle.write().await?;
        // Room for an answer each microsecond of all writers together, so that the list need not grow.
        let mut latencies = Vec::with_capacity(budget.as_micros() as usize / files.len() + 16);
        drop(ready);
        gates.start.wait().await;
        let end = gates.end.get().copied().unwrap_or_else(Instant::now);
        let mut left = file.operations - 1;
        loop {
            if left == 0 {
                handle.rewind().await?;
                left = file.operations;
            }
            left -= 1;
            let begun = Instant::now();
            handle.write().await?;
            let now = Instant::now();
            latencies.push(now - begun);
            if now >= end {
                break;
            }
        }
        drop(done);
        let missing = if index.is_multiple_of(PROOFS) { prove(&mut handle, file).await? } else { 0 };
        Ok(Seen { latencies, missing })
    };
    let _ = sender.try_send(seen.await);
}
