//! `GroupCommit`: a log that many tasks append to.

mod batches;
mod cancellation;
mod failures;
mod turns;
mod wakers;

use std::{
    io,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use async_write_complete::{
    AsyncSyncComplete, AsyncWriteComplete, Offload, Submitted,
    commit::{Append, GroupCommit, Position},
};

use crate::common::{
    destination::{Observer, Scripted},
    pool::Stepped,
    steps::{self, poll_future},
};

type Log = GroupCommit<Offload<Scripted, Stepped>>;

fn log(destination: Scripted) -> (Log, Stepped, Observer) {
    let (writer, pool, seen) = steps::offload(destination);
    (GroupCommit::new(writer), pool, seen)
}

fn poll(append: &mut Append<'_, Offload<Scripted, Stepped>>) -> Poll<io::Result<Position>> {
    poll_future(append)
}

/// Polls all in turn, and steps the pool, until each has its answer.
fn finish(pool: &Stepped, appends: Vec<Append<'_, Offload<Scripted, Stepped>>>) -> Vec<io::Result<u64>> {
    let mut answers: Vec<_> = appends.iter().map(|_| None).collect();
    let mut appends: Vec<_> = appends.into_iter().map(Some).collect();
    for _ in 0..1000 {
        for (append, answer) in appends.iter_mut().zip(&mut answers) {
            let Some(waits) = append else { continue };
            if let Poll::Ready(ready) = poll(waits) {
                (*answer, *append) = (Some(ready.map(Position::offset)), None);
            }
        }
        if answers.iter().all(Option::is_some) {
            return answers.into_iter().flatten().collect();
        }
        pool.run_all();
    }
    panic!("they wait for nothing")
}

/// A writer that answers each call at once, as a function says, and gives no turns.
struct AtOnce {
    write: Box<dyn FnMut(usize) -> io::Result<()> + Send>,
    sync: Box<dyn FnMut() -> io::Result<()> + Send>,
}

impl AtOnce {
    fn new(
        write: impl FnMut(usize) -> io::Result<()> + Send + 'static,
        sync: impl FnMut() -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self { write: Box::new(write), sync: Box::new(sync) }
    }

    /// A log whose writer may use the log.
    fn log(max_batch: usize, writer: impl FnOnce(Weak<GroupCommit<Self>>) -> Self) -> Arc<GroupCommit<Self>> {
        Arc::new_cyclic(|log| GroupCommit::new(writer(log.clone())).max_batch(max_batch))
    }
}

impl AsyncWriteComplete for AtOnce {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Poll::Ready((self.write)(buf.len()).map(|()| Submitted::Complete(buf.len())))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncSyncComplete for AtOnce {
    fn poll_sync_data(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready((self.sync)())
    }

    fn poll_sync_all(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync_data(cx)
    }
}
