//! A [`HeldWrite`] in a sequence: what it does with the writer is held against the model, as if done by hand.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Submitted, Ticket, WriteOutstanding, contract::Rule,
};

use super::Player;
use crate::{
    judge::Judged,
    random::{
        breach::{Held, hold},
        drive::Drive,
        model::Model,
    },
    subject::Subject,
};

/// A held write that goes on.
pub(super) struct Holding {
    write: HeldWrite<Vec<u8>>,
    told: Told,
}

/// What the caller of a held write may conclude from the answers that it got.
struct Told {
    bytes: Vec<u8>,
    /// How many of them were answered as complete.
    complete: usize,
    /// The ticket that has to be asked before more is submitted.
    unasked: Option<Ticket>,
}

impl Holding {
    fn new(bytes: &[u8]) -> Self {
        let told = Told { bytes: bytes.to_vec(), complete: 0, unasked: None };
        Self { write: HeldWrite::new(bytes.to_vec()), told }
    }
}

impl Player<'_> {
    /// Carries on the write that is held; without one, that of `bytes`. It is given up at an error, unless that
    /// only says that another write is outstanding.
    pub(super) fn resume(&mut self, bytes: &[u8], drive: Drive) -> Judged {
        let Holding { mut write, mut told } = self.held.take().unwrap_or_else(|| Holding::new(bytes));
        let what = format!("resume_write_all(\"{}\", from {} on)", told.bytes.escape_ascii(), told.complete);
        let (model, mut held) = (&mut self.model, Ok(()));
        let answer = self.trial.poll_as_far_as(drive, &what, |writer, cx| {
            let mut judged = Judging { writer, model: &mut *model, told: &mut told, held: &mut held };
            pin!(judged.resume_write_all(&mut write)).poll(cx)
        })?;
        self.judge(held)?;
        let (completed, done) = (write.completed(), write.is_done());
        let fits = completed == told.complete && matches!(answer, Poll::Ready(Ok(()))) == done;
        let expected = format!("{} of {} bytes are complete, and it says so", told.complete, told.bytes.len());
        let seen = format!("the held write has {completed}, and is {}", if done { "done" } else { "not done" });
        self.unless(!fits, Rule::W2, &expected, &seen)?;
        let goes_on = match &answer {
            Poll::Pending => true,
            Poll::Ready(result) => result.as_ref().is_err_and(|error| WriteOutstanding::find(error).is_some()),
        };
        self.held = goes_on.then_some(Holding { write, told });
        Ok(())
    }
}

/// The writer as the held write sees it: each of its answers goes to the model, too.
struct Judging<'a> {
    writer: Pin<&'a mut dyn Subject>,
    model: &'a mut Model,
    told: &'a mut Told,
    held: &'a mut Held,
}

impl Judging<'_> {
    fn submitted(&mut self, buf: &[u8], answer: &Poll<io::Result<Submitted>>) -> Held {
        let rest = &self.told.bytes[self.told.complete..];
        let seen = format!("\"{}\", with {:?} not asked", buf.escape_ascii(), self.told.unasked);
        let expected = format!("a held write submits what is to go, \"{}\", and only that", rest.escape_ascii());
        hold(buf == rest && self.told.unasked.is_none(), Rule::W8, &expected, seen)?;
        self.model.submitted(buf, answer)?;
        match answer {
            Poll::Ready(Ok(Submitted::InFlight(ticket))) => self.told.unasked = Some(*ticket),
            Poll::Ready(Ok(Submitted::Complete(n))) => self.told.complete += n,
            Poll::Ready(Err(_)) | Poll::Pending => {}
        }
        Ok(())
    }

    fn answered(&mut self, ticket: Ticket, answer: &Poll<io::Result<usize>>) -> Held {
        let expected = "a held write asks for its own ticket";
        hold(self.told.unasked == Some(ticket), Rule::W4, expected, format!("it asked for {ticket:?}"))?;
        self.model.answered(ticket, answer)?;
        if let Poll::Ready(result) = answer {
            self.told.unasked = None;
            self.told.complete += result.as_ref().unwrap_or(&0);
        }
        Ok(())
    }

    /// The first breach counts.
    fn note(&mut self, held: Held) {
        if self.held.is_ok() {
            *self.held = held;
        }
    }
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
impl AsyncWriteComplete for Judging<'_> {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        let answer = self.writer.as_mut().poll_write_submit(cx, buf);
        let held = self.submitted(buf, &answer);
        self.note(held);
        answer
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        let answer = self.writer.as_mut().poll_write_submit_vectored(cx, bufs);
        let buf: Vec<_> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        let held = self.submitted(&buf, &answer);
        self.note(held);
        answer
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let answer = self.writer.as_mut().poll_write_complete(cx, ticket);
        let held = self.answered(ticket, &answer);
        self.note(held);
        answer
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.writer.outstanding()
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.as_mut().poll_close_complete(cx)
    }
}
