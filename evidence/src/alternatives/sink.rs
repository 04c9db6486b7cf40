//! Start and flush, as `Sink` does.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite, WriteOutstanding};
use async_write_complete_conformance::Effect;

use super::{
    finding::{Alternative, Finding},
    stage::{self, NO_SPACE, Pooled, at_once},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "sink",
    title: "`poll_ready`, `start_send`, `poll_flush`, as `Sink` has them",
    claim: "The ecosystem has a trait with two moments. `start_send` takes the bytes, `poll_flush` is ready when all \
            that was taken is complete, and a dropped future loses nothing but its wait.",
    in_favor: "It is the nearest of all: the split is the same, and `poll_ready` keeps \"`Pending` takes nothing\". \
               What it lacks is a name for a write, and a count in the answer. Items that are whole or nothing need \
               neither. By the text of futures' own `Sink` most sinks take nothing more after an error; neither record \
               would be there then.",
    scenario: "A program writes two records, and goes on with a record once when it is told that it failed. First with \
               `feed` (the flush comes at the end) to a destination that has no space for one call; then with `send` \
               (a flush after each) to one that takes 3 bytes before it has no space for one call.",
    demonstrate,
};

trait WriteSink {
    /// Whether another record can be taken.
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Takes a record. Only after `poll_ready` was ready.
    fn start_send(self: Pin<&mut Self>, record: &[u8]) -> io::Result<()>;

    /// Ready when all that was taken is complete.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

struct File(Pooled);

impl WriteSink for File {
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_free(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, record: &[u8]) -> io::Result<()> {
        // There is no count to answer a part with, so all of it is one job.
        self.0.start_all(record);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_free(cx)
    }
}

const RECORDS: [&[u8]; 2] = [b"first,", b"second,"];

fn demonstrate() -> anyhow::Result<Finding> {
    let all = "first,second,";
    Ok(Finding {
        expected: tell(all, all),
        happened: tell(&by_sink(&[NO_SPACE], Flush::AtTheEnd)?, &by_sink(&MIDWAY, Flush::AfterEach)?),
        ours: tell(&by_tickets(NO_SPACE)?, &by_held_writes(&MIDWAY)?),
    })
}

fn tell(full: &str, midway: &str) -> String {
    format!("the destinations have {full:?} and {midway:?}")
}

/// Takes 3 bytes, and has no space for the next ones.
const MIDWAY: [Effect; 2] = [Effect::Short(3), NO_SPACE];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    AtTheEnd,
    AfterEach,
}

fn by_sink(effects: &[Effect], flush: Flush) -> io::Result<String> {
    let (pooled, stage) = stage::pooled();
    effects.iter().for_each(|effect| stage.next(effect.clone()));
    let mut sink = File(pooled);
    for record in RECORDS {
        // Told that it failed, the program sends it once more: it has nothing to go by but the error.
        stage.drive(send(&mut sink, record, flush)).or_else(|_| stage.drive(send(&mut sink, record, flush)))?;
    }
    stage.drive(poll_fn(|cx| Pin::new(&mut sink).poll_flush(cx)))?;
    Ok(stage.text())
}

/// `SinkExt::feed`, or `SinkExt::send`.
async fn send<S: WriteSink + Unpin>(sink: &mut S, record: &[u8], flush: Flush) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_ready(cx)).await?;
    Pin::new(&mut *sink).start_send(record)?;
    if flush == Flush::AfterEach {
        poll_fn(|cx| Pin::new(&mut *sink).poll_flush(cx)).await?;
    }
    Ok(())
}

/// Submits the second record without having asked for the first one, as `feed` does: it is not taken.
fn by_tickets(effect: Effect) -> io::Result<String> {
    let (mut writer, stage) = stage::ours();
    stage.next(effect);
    let [first, second] = RECORDS;
    let ticket = at_once(writer.submit(first))?.ticket();
    // The second record is refused, with the ticket of the first; so the program asks for that, and goes on with it.
    let refused = at_once(writer.write_all_complete(second)).expect_err("a write is outstanding");
    assert_eq!(WriteOutstanding::find(&refused).map(WriteOutstanding::ticket), ticket);
    let failed = stage.drive(writer.settle()).expect_err("the first record failed");
    assert_eq!(failed.raw_os_error(), Some(28), "its own error: none of its bytes is complete");
    stage.drive(writer.write_all_complete(first))?;
    stage.drive(writer.write_all_complete(second))?;
    Ok(stage.text())
}

/// Asks for each record, and resumes where it stands.
fn by_held_writes(effects: &[Effect]) -> io::Result<String> {
    let (mut writer, stage) = stage::ours();
    effects.iter().for_each(|effect| stage.next(effect.clone()));
    for record in RECORDS {
        let mut held = HeldWrite::new(record);
        stage.drive(writer.resume_write_all(&mut held)).or_else(|_| stage.drive(writer.resume_write_all(&mut held)))?;
    }
    Ok(stage.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn the_error_meets_another_record_or_comes_without_a_count() {
        assert_killed(
            &ALTERNATIVE,
            r#"the destinations have "first,second," and "first,second,""#,
            r#"the destinations have "second," and "firfirst,second,""#,
        );
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        for flush in [Flush::AtTheEnd, Flush::AfterEach] {
            assert_eq!(by_sink(&[], flush).expect("all is taken"), "first,second,");
        }
    }
}
