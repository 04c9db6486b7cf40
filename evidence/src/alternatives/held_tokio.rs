//! tokio with its blocking calls held back.

use std::{future::Future, sync::mpsc};

use tokio::runtime::{Builder, Runtime};

/// A runtime whose only blocking thread waits until it is let go: what tokio hands over stays queued.
pub(super) struct HeldTokio {
    /// Before the runtime, whose drop waits for its blocking calls.
    gate: mpsc::Sender<()>,
    runtime: Runtime,
}

impl HeldTokio {
    pub(super) fn new() -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().max_blocking_threads(1).build()?;
        let (gate, opened) = mpsc::channel::<()>();
        // Ends when the other end is dropped.
        runtime.spawn_blocking(move || opened.recv());
        Ok(Self { gate, runtime })
    }

    /// Runs a future that waits for no blocking call.
    pub(super) fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Lets the blocking calls go on.
    pub(super) fn let_go(self) -> Runtime {
        drop(self.gate);
        self.runtime
    }
}
