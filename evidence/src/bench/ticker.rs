//! A ticker: a task that is woken once a millisecond, and sees how late it is polled.
//!
//! A thread of its own wakes it, for all executors the same one, so that the timers of a runtime are not what is
//! compared. Lateness is counted from the moment at which the tick was due. A tick that comes while the executor is
//! busy is kept, and so counts for as long as it waited.

use std::{
    future::poll_fn,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use super::sample::{histogram, record};

/// Time between two ticks.
const PERIOD: Duration = Duration::from_millis(1);

/// Ticks that may wait before the list of them grows.
const ROOM: usize = 1 << 12;

/// The thread that wakes. Dropping it ends the ticks, after one more.
#[derive(Debug)]
pub(super) struct Ticker {
    leave: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The task's side.
#[derive(Clone, Debug)]
pub(super) struct Ticks(Arc<Mutex<Due>>);

#[derive(Debug, Default)]
struct Due {
    ticks: Vec<Instant>,
    waker: Option<Waker>,
    ended: bool,
}

impl Ticker {
    /// Starts the thread; the first tick is due in one period.
    pub(super) fn start() -> io::Result<(Self, Ticks)> {
        let ticks = Ticks(Arc::new(Mutex::new(Due { ticks: Vec::with_capacity(ROOM), ..Due::default() })));
        let leave = Arc::new(AtomicBool::new(false));
        let (waking, leaving) = (ticks.clone(), leave.clone());
        let thread = thread::Builder::new().spawn(move || waking.wake_until(&leaving))?;
        Ok((Ticker { leave, thread: Some(thread) }, ticks))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.leave.store(true, Ordering::Relaxed);
        // It panics only if a waker does, and then the turn fails by itself.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Ticks {
    fn wake_until(&self, leave: &AtomicBool) {
        let mut due = Instant::now();
        let mut ended = false;
        while !ended {
            due += PERIOD;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            ended = leave.load(Ordering::Relaxed);
            let waker = {
                let mut state = self.lock();
                state.ticks.push(due);
                state.ended = ended;
                state.waker.take()
            };
            waker.into_iter().for_each(Waker::wake);
        }
    }

    /// Counts the ticks until they end.
    pub(super) async fn lateness(self) -> Histogram<u64> {
        let mut lateness = histogram();
        poll_fn(|cx| {
            let mut state = self.lock();
            let now = Instant::now();
            state.ticks.drain(..).for_each(|due| record(&mut lateness, now.saturating_duration_since(due)));
            if state.ended {
                return Poll::Ready(());
            }
            state.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        lateness
    }

    fn lock(&self) -> MutexGuard<'_, Due> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tick_is_counted_also_those_that_nobody_was_there_for() {
        let (ticker, ticks) = Ticker::start().expect("a thread");
        drop(ticker);
        let waiting = ticks.lock().ticks.len() as u64;
        assert!(waiting >= 1);
        let lateness = futures_lite::future::block_on(ticks.lateness());
        assert_eq!(lateness.len(), waiting);
    }
}
