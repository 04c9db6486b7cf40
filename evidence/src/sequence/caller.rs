//! The caller: polls, tells of each answer, and waits to be woken.

use std::{
    fmt::Debug,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, ThreadId},
};

use anyhow::Context as _;
use async_write_complete::WriteOutstanding;

use super::{
    log::{Kind, Lifeline, Log},
    pool::PATIENCE,
};

/// A task that is polled by hand.
#[derive(Debug)]
pub(super) struct Caller {
    log: Log,
    told: Arc<Told>,
    woken: Receiver<()>,
}

impl Caller {
    pub(super) fn new(log: &Log) -> Self {
        let (wakes, woken) = mpsc::channel();
        let turn = AtomicBool::new(false);
        let told = Told { log: log.clone(), wakes: Mutex::new(wakes), caller: thread::current().id(), turn };
        Self { log: log.clone(), told: Arc::new(told), woken }
    }

    /// Polls once: `call` is what the caller writes in its program. A `Pending` by which a writer only gives the
    /// executor a turn, as `Unblock` does now and then, is no answer.
    pub(super) fn poll<R: Debug>(
        &self,
        call: &str,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        self.log.arrow(Lifeline::Caller, Lifeline::Writer, Kind::Call, call);
        let waker = Waker::from(self.told.clone());
        let answer = loop {
            let answer = poll(&mut Context::from_waker(&waker));
            if answer.is_ready() || !self.told.turn.swap(false, Ordering::Relaxed) {
                break answer;
            }
        };
        let text = match &answer {
            Poll::Pending => "Pending".to_owned(),
            Poll::Ready(Err(error)) if WriteOutstanding::find(error).is_some() => "Err(WriteOutstanding)".to_owned(),
            Poll::Ready(answer) => short(&format!("{answer:?}")),
        };
        self.log.arrow(Lifeline::Writer, Lifeline::Caller, Kind::Answer, text);
        answer
    }

    /// Takes an answer for the success of a write, and believes that its bytes are in the file.
    pub(super) fn succeeds<R>(&self, answer: io::Result<R>) -> anyhow::Result<R> {
        let answer = answer.context("the write failed")?;
        self.log.note(Lifeline::Caller, Kind::Success, "believes they are there");
        Ok(answer)
    }

    /// Waits for a wake.
    pub(super) fn wait(&self) -> anyhow::Result<()> {
        self.woken.recv_timeout(PATIENCE).context("the task was not woken")
    }
}

/// Tickets have numbers that say nothing here.
fn short(answer: &str) -> String {
    if answer.contains("InFlight") { "Ok(InFlight(ticket))".to_owned() } else { answer.to_owned() }
}

#[derive(Debug)]
struct Told {
    log: Log,
    wakes: Mutex<Sender<()>>,
    caller: ThreadId,
    /// Whether the caller's own thread has woken it, from within a poll.
    turn: AtomicBool,
}

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if thread::current().id() == self.caller {
            self.turn.store(true, Ordering::Relaxed);
            return;
        }
        self.log.arrow(Lifeline::Pool, Lifeline::Caller, Kind::Wake, "wake");
        // Nobody waits any more once the run is over.
        let _ = self.wakes.lock().unwrap_or_else(PoisonError::into_inner).send(());
    }
}
