//! A pool of one thread, and a job that occupies it: what is handed to the pool then waits, for certain and not by
//! luck.

use std::{
    cell::RefCell,
    sync::{LazyLock, mpsc},
    time::Duration,
};

use tokio::runtime::Runtime;

/// Something that a pool runs.
type Job = Box<dyn FnOnce() + Send>;

/// How long to wait until the pool comes to the job. Longer than any worker looks for the next operation of its writer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The runtime of tokio, with one thread for blocking work.
pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).max_blocking_threads(1).enable_all();
    builder.build().unwrap_or_else(|error| panic!("no runtime: {error}"))
});

/// Holds a pool up.
#[derive(Debug)]
pub(super) struct Hold {
    execute: fn(Job),
    /// Dropped, it lets the job end; so the pool goes on also where nobody releases it.
    gate: RefCell<Option<mpsc::Sender<()>>>,
}

impl Hold {
    /// The pool of `blocking`, which is also that of async-fs, async-std and ours.
    pub(super) fn blocking() -> Self {
        Self::new(|job| blocking::unblock(job).detach())
    }

    /// The blocking threads of [`RUNTIME`].
    pub(super) fn tokio() -> Self {
        Self::new(|job| drop(RUNTIME.spawn_blocking(job)))
    }

    fn new(execute: fn(Job)) -> Self {
        Self { execute, gate: RefCell::default() }
    }

    /// Occupies the thread. Whoever has it now, such as a worker that stays with its writer, must have left it first.
    pub(super) fn hold(&self) -> bool {
        let (begins, begun) = mpsc::channel();
        let (gate, opens) = mpsc::channel::<()>();
        (self.execute)(Box::new(move || {
            let _ = begins.send(());
            let _ = opens.recv();
        }));
        let held = begun.recv_timeout(PATIENCE).is_ok();
        if held {
            *self.gate.borrow_mut() = Some(gate);
        }
        held
    }

    /// Gives the thread back.
    pub(super) fn resume(&self) {
        self.gate.take();
    }
}
