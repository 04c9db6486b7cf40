//! How a life ends: by a close, by a drop of what is settled, or by one with a write under way.

use std::{io, path::PathBuf};

use anyhow::{Context as _, ensure};
use async_write_complete::{AsyncWriteCompleteExt as _, Indeterminate, PriorWriteFailed};
use futures_lite::future::poll_once;

use super::{
    super::{
        counts::Event,
        faulty::Fault,
        model::{By, Model, Pending},
        subject::Subject,
    },
    Life, Remains,
};

impl<S: Subject> Life<S> {
    pub(super) async fn end(mut self, path: PathBuf) -> anyhow::Result<Remains> {
        match self.random.u8(0..8) {
            0..4 => self.close().await?,
            4 => {
                if poll_once(self.writer.close_complete()).await.is_none() {
                    self.model.counts.count(Event::CloseDropped);
                }
            }
            5 if self.model.over.is_none() => self.settle().await?,
            _ => self.model.counts.add(Event::Abandoned, u64::from(self.writer.outstanding().is_some())),
        }
        drop(self.writer);
        let Model { complete, pending, over, faults, counts, story, .. } = self.model;
        let maybe = over.or(pending.map(|pending| pending.bytes)).unwrap_or_default();
        Ok(Remains { path, complete, maybe, faults, counts, story })
    }

    /// Closes, now and then after a close that was dropped, and asks again: for the outcome, which stays, and for the
    /// last ticket, which still answers.
    async fn close(&mut self) -> anyhow::Result<()> {
        if self.random.u8(0..4) == 0 && poll_once(self.writer.close_complete()).await.is_none() {
            self.model.counts.count(Event::CloseDropped);
        }
        let closed = self.writer.close_complete().await;
        let again = self.writer.close_complete().await;
        ensure!(told(&closed) == told(&again), "a close answered {closed:?}, and then {again:?}");
        self.model.counts.count(Event::Closed);
        let pending = self.model.pending.take();
        let of_the_write = match &pending {
            Some(pending) if pending.by != By::Flush => Some(self.writer.complete(pending.ticket).await),
            _ => None,
        };
        let judged = self.model.closed(&closed, pending, of_the_write);
        judged.with_context(|| format!("{closed:?} after{}", self.model.story))?;
        let late = self.writer.write_complete(b"late").await;
        ensure!(late.is_err(), "a write after the close answered {late:?}");
        Ok(())
    }
}

/// What two answers have in common that say the same.
fn told(outcome: &io::Result<()>) -> Option<(io::ErrorKind, Option<i32>, String)> {
    outcome.as_ref().err().map(|error| (error.kind(), error.raw_os_error(), error.to_string()))
}

impl Model {
    /// The writer has closed with this outcome. `of_the_write` is what the ticket of the write answers that was
    /// outstanding. It may fail only if that write did, if the destination's own close did, or if all is over already.
    pub(in super::super) fn closed(
        &mut self,
        closed: &io::Result<()>,
        pending: Option<Pending>,
        of_the_write: Option<io::Result<usize>>,
    ) -> anyhow::Result<()> {
        if self.over.is_some() {
            let is_told = closed.as_ref().is_err_and(|error| Indeterminate::find(error).is_some());
            ensure!(is_told, "a close of what is over answered {closed:?}");
            self.counts.count(Event::CloseOver);
            return Ok(());
        }
        match (pending, of_the_write) {
            (Some(pending), Some(answer)) => self.closed_over(closed, pending, answer),
            (Some(pending), None) => self.closed_after_flush(closed, pending),
            (None, _) => self.closed_settled(closed),
        }
    }

    /// No write was outstanding: only the file's own close can fail.
    fn closed_settled(&mut self, closed: &io::Result<()>) -> anyhow::Result<()> {
        let made = self.faults.made(Fault::Close) > 0;
        match closed {
            Ok(()) => ensure!(!made, "the file's close failed, and nobody was told"),
            Err(error) => {
                let is_own = made && error.raw_os_error() == Fault::Close.code();
                ensure!(is_own, "nothing was outstanding, and the close failed: {error:?}");
                self.counts.count(Event::CloseFailed);
            }
        }
        Ok(())
    }

    /// A write was outstanding. Its failure comes first.
    fn closed_over(
        &mut self,
        closed: &io::Result<()>,
        pending: Pending,
        answer: io::Result<usize>,
    ) -> anyhow::Result<()> {
        let len = pending.bytes.len();
        self.pending = Some(pending);
        let Err(error) = closed else {
            ensure!(answer.as_ref().is_ok_and(|n| *n == len), "a close was Ok over {answer:?} of {len} bytes");
            self.complete_pending()?;
            return self.closed_settled(closed);
        };
        match answer {
            Ok(n) if n == len => {
                self.complete_pending()?;
                return self.closed_settled(closed);
            }
            Ok(n) => {
                ensure!(error.kind() == io::ErrorKind::WriteZero, "{n} of {len} bytes were a failure: {error:?}");
                let pending = self.pending.take().map_or(Vec::new(), |pending| pending.bytes);
                self.completed(&pending, n)?;
            }
            Err(of_the_write) if Indeterminate::find(&of_the_write).is_some() => {
                ensure!(Indeterminate::find(error).is_some(), "a close told {error:?} of {of_the_write:?}");
                self.becomes_indeterminate(&[])?;
            }
            Err(of_the_write) => {
                // As it is, or as a `PriorWriteFailed` if it was a `poll_write`.
                let reason = PriorWriteFailed::find(error).map_or(error, PriorWriteFailed::reason);
                let is_told = [reason, &of_the_write].map(io::Error::raw_os_error) == [Fault::Write.code(); 2];
                ensure!(is_told, "a close told {error:?} of {of_the_write:?}");
                self.pending = None;
                self.write_failed()?;
            }
        }
        self.counts.count(Event::CloseTold);
        Ok(())
    }

    /// A flush has settled a `poll_write` before, which may have been short.
    fn closed_after_flush(&mut self, closed: &io::Result<()>, pending: Pending) -> anyhow::Result<()> {
        self.pending = Some(pending);
        match closed.as_ref().map_err(PriorWriteFailed::find) {
            Err(Some(prior)) => {
                self.counts.count(Event::CloseTold);
                self.prior(prior, &[])
            }
            _ => {
                self.complete_pending()?;
                self.closed_settled(closed)
            }
        }
    }
}
