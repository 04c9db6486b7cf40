//! What the alternatives are shown on: a destination in memory, a pool that goes on when it is told to, and polls by
//! hand. Nothing here waits for a clock or for another thread.

use std::{
    collections::VecDeque,
    future::Future,
    io::{self, Write as _},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker, ready},
};

use async_write_complete::{Offload, offload::Policy};
use async_write_complete_conformance::{Destination, DestinationObserver, Effect, Fault, Observer, Stepped};

/// This crate's writer over a destination and a pool that are watched by hand.
pub(super) type Ours = Offload<Destination, Stepped>;

/// `ENOSPC`: no byte of the call was taken.
pub(super) const NO_SPACE: Effect = Effect::Error(28);

/// What is seen of a destination, and what it is made to do.
pub(super) struct Stage(Box<dyn Observer>);

/// Of this crate: a writer, and its stage.
pub(super) fn ours() -> (Ours, Stage) {
    let (destination, observer) = Destination::new();
    let pool = Stepped::new();
    let stage = Stage(Box::new(pool.over(observer)));
    // No thread may spin for another one where there is only one.
    (Offload::with_pool(destination, pool).policy(Policy::never_spin()), stage)
}

/// Of an alternative: the machinery that it is built on, and its stage.
pub(super) fn pooled() -> (Pooled, Stage) {
    let (destination, observer) = Destination::new();
    let steps = Steps::default();
    let stage = Stage(Box::new(Watched { observer, steps: steps.clone() }));
    (Pooled { destination: Arc::new(Mutex::new(destination)), steps, ended: Arc::default(), is_busy: false }, stage)
}

impl Stage {
    /// What the destination holds.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.bytes()).into_owned()
    }

    /// How many calls of the destination's write moved bytes.
    pub(super) fn calls(&self) -> usize {
        self.0.calls().map_or(0, |calls| calls.len())
    }

    /// Has the next call of the destination's write do that; said again, the one after it.
    pub(super) fn next(&self, effect: Effect) {
        self.0.inject(&Fault::new(effect));
    }

    /// Runs the oldest job.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub(super) fn step(&self) {
        assert!(self.0.step(), "no job waits");
    }

    /// Polls once, and takes a step: whether that wakes the task.
    ///
    /// # Panics
    ///
    /// If it is ready, since there was nothing to wait for then.
    pub(super) fn step_wakes<F: Future>(&self, mut future: Pin<&mut F>) -> bool {
        let task = Arc::new(Turn::default());
        let waker = Waker::from(task.clone());
        // Woken inside the poll, it is a turn: see `poll_once`.
        loop {
            assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending(), "it does not wait");
            if !task.0.swap(false, Ordering::Relaxed) {
                break;
            }
        }
        self.step();
        task.0.load(Ordering::Relaxed)
    }

    /// Polls to the end, and takes a step whenever that waits.
    ///
    /// # Panics
    ///
    /// If it waits for anything else.
    pub(super) fn drive<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            match poll_once(future.as_mut()) {
                Poll::Ready(output) => return output,
                Poll::Pending => self.step(),
            }
        }
    }
}

/// Polls once. A turn that a writer leaves to the executor is taken here: it is `Pending` with the task woken inside
/// the poll, and depends on the time.
pub(super) fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    loop {
        let turn = Arc::new(Turn::default());
        let polled = future.as_mut().poll(&mut Context::from_waker(&Waker::from(turn.clone())));
        if polled.is_ready() || !turn.0.load(Ordering::Relaxed) {
            return polled;
        }
    }
}

/// What is answered at once.
///
/// # Panics
///
/// If it is not.
pub(super) fn at_once<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Polls a future once and drops it, as a timeout or a `select!` does.
///
/// # Panics
///
/// If it was ready, since there was nothing to drop then.
pub(super) fn drop_midway<F: Future>(future: F) {
    assert!(poll_once(pin!(future)).is_pending(), "it was not midway");
}

#[derive(Default)]
struct Turn(AtomicBool);

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A blocking destination on a pool, with as little as every alternative needs: the bytes of a write are copied and
/// handed over, one write at a time, and its result waits to be taken.
pub(super) struct Pooled {
    destination: Arc<Mutex<Destination>>,
    steps: Steps,
    ended: Arc<Mutex<Ended>>,
    is_busy: bool,
}

#[derive(Default)]
struct Ended {
    result: Option<io::Result<usize>>,
    waker: Option<Waker>,
}

impl Pooled {
    /// Hands one call of the destination's write over.
    pub(super) fn start(&mut self, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.call(move |destination| destination.write(&bytes));
    }

    /// Hands over as many calls as all of `bytes` take.
    pub(super) fn start_all(&mut self, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.call(move |destination| destination.write_all(&bytes).map(|()| bytes.len()));
    }

    /// Hands `call` over.
    pub(super) fn call(&mut self, call: impl FnOnce(&mut Destination) -> io::Result<usize> + Send + 'static) {
        assert!(!self.is_busy, "one write at a time");
        self.is_busy = true;
        let ended = self.ended.clone();
        self.queue(move |destination| {
            let result = call(destination);
            let mut ended = locked(&ended);
            ended.result = Some(result);
            let waker = ended.waker.take();
            drop(ended);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
    }

    /// Queues `job` behind whatever was handed over before; its result is its own affair.
    pub(super) fn queue(&self, job: impl FnOnce(&mut Destination) + Send + 'static) {
        let destination = self.destination.clone();
        locked(&self.steps.0).push_back(Box::new(move || job(&mut locked(&destination))));
    }

    /// Waits for the write that was handed over, and gives its result; `None` if there is none.
    pub(super) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<usize>>> {
        if !self.is_busy {
            return Poll::Ready(None);
        }
        let mut ended = locked(&self.ended);
        let Some(result) = ended.result.take() else {
            ended.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        self.is_busy = false;
        Poll::Ready(Some(result))
    }

    /// Waits until a write may be handed over; fails if one failed that nobody waited for.
    pub(super) fn poll_free(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(ready!(self.poll_ended(cx)).transpose().map(drop))
    }

    /// Waits for the write that was handed over.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub(super) fn poll_result(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.poll_ended(cx).map(|ended| ended.expect("a write was handed over"))
    }
}

type Step = Box<dyn FnOnce() + Send>;

/// The pool of the alternatives. Clones share the queue.
#[derive(Clone, Default)]
struct Steps(Arc<Mutex<VecDeque<Step>>>);

struct Watched {
    observer: DestinationObserver,
    steps: Steps,
}

impl Observer for Watched {
    fn bytes(&self) -> Vec<u8> {
        self.observer.bytes()
    }

    fn calls(&self) -> Option<Vec<usize>> {
        self.observer.calls()
    }

    fn inject(&self, fault: &Fault) -> bool {
        self.observer.inject(fault)
    }

    fn step(&self) -> bool {
        let step = locked(&self.steps.0).pop_front();
        step.map(|step| step()).is_some()
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
