//! Many writers at once, and a ticker that shares their executor.

use std::{
    io,
    time::{Duration, Instant},
};

use smol::channel::{Sender, unbounded};

use super::{
    latch::{CountDown, Latch},
    meter::Meter,
    runtime::Runtime,
    subjects::Writer,
    ticker::Ticker,
    work::{Counted, Outcome, Work, record},
};

/// What one writer has seen.
struct Seen {
    latencies: Vec<Duration>,
    missing: u64,
}

/// What the tasks wait for, in this order.
#[derive(Clone)]
struct Gates {
    /// Every writer has its file, and has written once.
    ready: Latch,
    /// The clock is running.
    start: Latch,
    /// Every writer has had its last answer.
    done: Latch,
}

/// `writers` tasks that make `each` writes, begun at the same moment.
pub(super) async fn run<W: Writer, R: Runtime>(work: Work, writers: usize, each: usize) -> io::Result<Outcome> {
    let gates = Gates { ready: Latch::new(writers), start: Latch::new(1), done: Latch::new(writers) };
    let (sender, results) = unbounded();
    for index in 0..writers {
        R::spawn(one::<W>(work.clone(), index, each, gates.clone(), sender.clone()));
    }
    drop(sender);
    gates.ready.wait().await;
    let (ticker, ticks) = Ticker::start()?;
    let (tell, told) = unbounded();
    // The channel has room without end, so that neither a send nor its failure matters.
    R::spawn(async move {
        let _ = tell.try_send(ticks.lateness().await);
    });
    let meter = Meter::start();
    gates.start.count_down();
    gates.done.wait().await;
    let mut outcome = Outcome::of(meter.stop(), writers * each);
    drop(ticker);
    outcome.lateness = told.recv().await.map_err(io::Error::other)?;
    for _ in 0..writers {
        let seen = results.recv().await.map_err(io::Error::other)??;
        outcome.missing += seen.missing;
        seen.latencies.into_iter().for_each(|latency| record(&mut outcome.latencies, latency));
    }
    Ok(outcome)
}

/// One writer. The gates count it also where it fails, so that nobody waits for it.
async fn one<W: Writer>(work: Work, index: usize, each: usize, gates: Gates, sender: Sender<io::Result<Seen>>) {
    let ready = CountDown(gates.ready);
    let done = CountDown(gates.done);
    let seen = async {
        let mut file = Counted::<W>::open_at(work.folder.join(format!("crowd-{index}")), work.payload).await?;
        file.write().await?;
        let mut latencies = Vec::with_capacity(each);
        drop(ready);
        gates.start.wait().await;
        for _ in 0..each {
            let begun = Instant::now();
            file.write().await?;
            latencies.push(begun.elapsed());
        }
        drop(done);
        Ok(Seen { latencies, missing: file.end().await? })
    };
    let _ = sender.try_send(seen.await);
}
