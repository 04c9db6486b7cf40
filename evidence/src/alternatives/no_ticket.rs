//! Submit, then wait for whatever is outstanding.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt as _, Submitted, UnknownTicket, WriteOutstanding,
};

use super::{
    finding::{Alternative, Finding},
    stage::{self, Ours, Pooled, Stage, at_once},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "no-ticket",
    title: "submit, and a wait for whatever is outstanding",
    claim: "One write is outstanding at a time, so there is nothing to name: `poll_complete` answers for the last \
            submission. A ticket would be a number that every caller passes back unread.",
    in_favor: "With one task for each writer, and no future that is dropped and taken up again, it is right, and every \
               signature is shorter by one type. Two tasks need a lock around the writer in any case.",
    scenario: "Two tasks share a writer behind a lock, which each holds for a call. One submits the 3 bytes `abc`, is \
               busy with something else, and asks for its count only after the other one has submitted 10 bytes.",
    demonstrate,
};

trait NoTicket {
    /// How many bytes were taken; an earlier write is waited for first, and its error answered here if nobody asked.
    fn poll_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;

    /// How many of the bytes that were taken are complete.
    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>>;
}

struct File {
    pooled: Pooled,
    /// The answer, again and again until the next submission.
    complete: usize,
}

impl NoTicket for File {
    fn poll_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.pooled.poll_free(cx))?;
        self.pooled.start(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let Some(result) = ready!(self.pooled.poll_ended(cx)) {
            self.complete = result?;
        }
        Poll::Ready(Ok(self.complete))
    }
}

const ONE: &[u8] = b"abc";
const OTHER: &[u8] = b"0123456789";

fn demonstrate() -> anyhow::Result<Finding> {
    let refused = Err(io::ErrorKind::InvalidInput.into());
    Ok(Finding { expected: tell(&refused, &Ok(10)), happened: without_tickets()?, ours: with_tickets()? })
}

fn tell(one: &io::Result<usize>, other: &io::Result<usize>) -> String {
    let word = |answer: &io::Result<usize>| answer.as_ref().map_or("refused".to_owned(), |n| format!("told {n}"));
    format!("the task of 3 bytes is {}, and the task of 10 bytes is {}", word(one), word(other))
}

fn without_tickets() -> io::Result<String> {
    let (pooled, stage) = stage::pooled();
    let mut file = File { pooled, complete: 0 };
    for bytes in [ONE, OTHER] {
        let taken = stage.drive(poll_fn(|cx| Pin::new(&mut file).poll_submit(cx, bytes)))?;
        assert_eq!(taken, bytes.len());
    }
    stage.step();
    let mut ask = || at_once(poll_fn(|cx| Pin::new(&mut file).poll_complete(cx)));
    Ok(tell(&ask(), &ask()))
}

fn with_tickets() -> io::Result<String> {
    let (mut writer, stage) = stage::ours();
    let one = submit(&mut writer, &stage, ONE)?;
    // The other task is refused until somebody has asked what became of the first write. So it asks, and is told so.
    let refused = submit(&mut writer, &stage, OTHER).expect_err("a write is outstanding");
    assert_eq!(WriteOutstanding::find(&refused).map(WriteOutstanding::ticket), one.ticket());
    assert_eq!(stage.drive(writer.settle())?.map(|settled| settled.completed()), Some(ONE.len()));
    let other = submit(&mut writer, &stage, OTHER)?;
    stage.step();
    let mut ask = |submitted: Submitted| {
        let ticket = submitted.ticket().expect("nothing is complete before a step");
        at_once(poll_fn(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)))
    };
    let one = ask(one);
    assert!(one.as_ref().is_err_and(|error| UnknownTicket::find(error).is_some()), "typed: {one:?}");
    Ok(tell(&one, &ask(other)))
}

fn submit(writer: &mut Ours, stage: &Stage, bytes: &[u8]) -> io::Result<Submitted> {
    stage.drive(poll_fn(|cx| Pin::new(&mut *writer).poll_write_submit(cx, bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_task_is_answered_with_the_count_of_another() {
        assert_killed(
            &ALTERNATIVE,
            "the task of 3 bytes is refused, and the task of 10 bytes is told 10",
            "the task of 3 bytes is told 10, and the task of 10 bytes is told 10",
        );
    }
}
