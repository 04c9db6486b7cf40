//! What a run needs, and what a write by one method is: the same for everybody who only answers.

use std::{fs::File, io, path::Path, pin::pin, task::Poll};

use anyhow::{Context as _, bail};

use super::{
    caller::Caller,
    log::{Log, Sequence},
    pool::{Execute, Occupied},
};

/// A record, a file, and a caller.
pub(super) struct Stage {
    pub(super) log: Log,
    pub(super) caller: Caller,
    execute: Execute,
}

impl Stage {
    /// With a new file in `folder`, and a pool of one thread.
    pub(super) fn new(name: &str, folder: &Path, execute: Execute) -> anyhow::Result<(Self, File)> {
        let path = folder.join(name);
        let file = File::options().read(true).write(true).create_new(true).open(&path).context("no file")?;
        let log = Log::new(&path);
        Ok((Stage { caller: Caller::new(&log), log, execute }, file))
    }

    /// Occupies the thread.
    pub(super) fn occupy(&self) -> anyhow::Result<Occupied> {
        let occupied = self.queue();
        occupied.begin(&self.log)?;
        Ok(occupied)
    }

    /// Occupies the thread after what has been handed to it by now.
    pub(super) fn queue(&self) -> Occupied {
        Occupied::queue(self.execute)
    }

    /// The record of the run.
    pub(super) fn sequence(&self, name: &str, title: &str, writer: &str) -> Sequence {
        let [name, title, writer] = [name, title, writer].map(str::to_owned);
        Sequence { name, title, writer, events: self.log.events() }
    }

    /// One write of `length` bytes, which finds the thread occupied. When the caller has its answer, or has to wait for
    /// it, `release` ends that, and waits until the thread has done what it was handed.
    pub(super) fn write(
        &self,
        call: &str,
        length: u64,
        write: impl Future<Output = io::Result<()>>,
        release: impl FnOnce(Occupied) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut write = pin!(write);
        let first = self.occupy()?;
        let answer = self.caller.poll(call, |cx| write.as_mut().poll(cx));
        let waits = answer.is_pending();
        if let Poll::Ready(answer) = answer {
            self.caller.succeeds(answer)?;
        }
        self.log.look(length);
        release(first)?;
        if waits {
            self.caller.wait()?;
            match self.caller.poll("poll again", |cx| write.as_mut().poll(cx)) {
                Poll::Ready(answer) => self.caller.succeeds(answer)?,
                Poll::Pending => bail!("the write waits for more than one job"),
            }
        }
        Ok(())
    }
}
