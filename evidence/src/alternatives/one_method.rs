//! One poll method that is given the bytes each time, and tells by their content which write they belong to.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteCompleteExt, WriteOutstanding, adapter::ToFuturesIo};
use futures_lite::AsyncWrite;

use super::{
    finding::{Alternative, Finding},
    stage::{self, Ours, Stage, at_once, drop_midway},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "one-method",
    title: "one method `poll_write_complete(cx, buf)`, with identity by content",
    claim: "`Pending` means: ask again with the same bytes. The writer remembers what it took, compares, and so knows \
            whether it is asked for that write or for another one. One method, no ticket, as OpenSSL has it with \
            `SSL_write`.",
    in_favor: "As long as no future is dropped it is right, and it fits into `AsyncWrite`. Our own adapters for \
               futures-io and tokio have to do just this, and their page says what it costs. The code here is that \
               adapter. That two equal records become one may be called the dropped one not having happened; for the \
               shorter record there is no such reading.",
    scenario: "A log gets `tick` by a write that is dropped midway, and later, for another event, `tick` again. \
               Another log gets `12345` by a write that is dropped midway, and then the record `12`. Whatever was \
               dropped and did happen, a write that was answered has to be there as well.",
    demonstrate,
};

/// `Pending`: ask again with the same bytes. `Ready(Ok(n))`: `n` of them are complete.
trait OneMethod {
    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
}

/// It accepts a longer buffer and a shorter one of the same content, since real callers top up and cut; waits for a
/// write that was dropped; and keeps what a shorter buffer leaves. `src/adapter/pending_write.rs` is the code.
impl OneMethod for ToFuturesIo<Ours> {
    fn poll_write_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write(cx, buf)
    }
}

async fn write<W: OneMethod + Unpin>(writer: &mut W, buf: &[u8]) -> io::Result<usize> {
    poll_fn(|cx| Pin::new(&mut *writer).poll_write_complete(cx, buf)).await
}

fn demonstrate() -> anyhow::Result<Finding> {
    Ok(Finding {
        expected: tell("ticktick", "1234512"),
        happened: tell(&by_content("tick", "tick")?, &by_content("12345", "12")?),
        ours: tell(&by_ticket("tick", "tick")?, &by_ticket("12345", "12")?),
    })
}

fn tell(ticks: &str, numbers: &str) -> String {
    format!("the logs are {ticks:?} and {numbers:?}")
}

fn by_content(dropped: &str, answered: &str) -> io::Result<String> {
    let (writer, stage) = stage::ours();
    let mut writer = ToFuturesIo::new(writer);
    drop_midway(write(&mut writer, dropped.as_bytes()));
    let n = stage.drive(write(&mut writer, answered.as_bytes()))?;
    whole(n, answered, &stage)
}

fn by_ticket(dropped: &str, answered: &str) -> io::Result<String> {
    let (mut writer, stage) = stage::ours();
    drop_midway(writer.write_complete(dropped.as_bytes()));
    // Nothing more is taken until somebody asks what became of it: all of it is complete.
    let refused = at_once(writer.write_complete(answered.as_bytes())).expect_err("a write is outstanding");
    assert!(WriteOutstanding::find(&refused).is_some(), "typed: {refused}");
    assert_eq!(stage.drive(writer.settle())?.map(|settled| settled.completed()), Some(dropped.len()));
    let n = stage.drive(writer.write_complete(answered.as_bytes()))?;
    whole(n, answered, &stage)
}

/// What the destination holds, now that all of `answered` was said to be complete.
fn whole(n: usize, answered: &str, stage: &Stage) -> io::Result<String> {
    assert_eq!(n, answered.len());
    Ok(stage.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn two_equal_records_become_one_and_a_shorter_one_is_taken_for_a_part() {
        assert_killed(&ALTERNATIVE, r#"the logs are "ticktick" and "1234512""#, r#"the logs are "tick" and "12345""#);
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        let (writer, stage) = stage::ours();
        let mut writer = ToFuturesIo::new(writer);
        for record in ["tick", "tick", "12345", "12"] {
            assert_eq!(stage.drive(write(&mut writer, record.as_bytes())).expect("all is taken"), record.len());
        }
        assert_eq!(stage.text(), "ticktick1234512");
    }
}
