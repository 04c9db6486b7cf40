//! The thread of the pool: a job that occupies it, and a pool that tells of what it is handed.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use anyhow::Context as _;
use async_write_complete::offload::{BlockingPool, Job, Pool};

use super::log::{Kind, Lifeline, Log};

/// How long to wait for the thread, and for what it sets off: it has nothing to do that takes time.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Hands a job to a pool of one thread, which runs its jobs in the order in which they come.
pub(super) type Execute = fn(Box<dyn FnOnce() + Send>);

/// A job that keeps the thread until it is told to end.
#[derive(Debug)]
pub(super) struct Occupied {
    begun: Receiver<()>,
    /// Dropped, it ends the job.
    gate: Sender<()>,
}

impl Occupied {
    /// Queues the job.
    pub(super) fn queue(execute: Execute) -> Self {
        let (begins, begun) = mpsc::channel();
        let (gate, opens) = mpsc::channel::<()>();
        execute(Box::new(move || {
            let _ = begins.send(());
            let _ = opens.recv();
        }));
        Self { begun, gate }
    }

    /// Waits until the job has begun: then all that was queued before it has been done.
    pub(super) fn wait(&self) -> anyhow::Result<()> {
        self.begun.recv_timeout(PATIENCE).context("the thread of the pool did not come to the job")
    }

    /// The same, and tells of it.
    pub(super) fn begin(&self, log: &Log) -> anyhow::Result<()> {
        self.wait()?;
        log.note(Lifeline::Pool, Kind::Busy, "another job");
        Ok(())
    }

    /// Ends the job, and tells of it before it does.
    pub(super) fn end(self, log: &Log) {
        log.note(Lifeline::Pool, Kind::Free, "the other job");
        drop(self.gate);
    }
}

/// The pool of `blocking`, which tells of the jobs that it is handed.
#[derive(Debug)]
pub(super) struct Told(pub(super) Log);

impl Pool for Told {
    fn execute(&self, job: Job) {
        self.0.arrow(Lifeline::Writer, Lifeline::Pool, Kind::Call, "job");
        BlockingPool::default().execute(job);
    }
}

/// The pool of `blocking`.
pub(super) fn on_blocking(job: Box<dyn FnOnce() + Send>) {
    blocking::unblock(job).detach();
}
