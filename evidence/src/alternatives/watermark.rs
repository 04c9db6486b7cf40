//! Name a write by where it ends in the stream, and wait for positions.

use std::{
    future::poll_fn,
    io::{self, Write as _},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite};
use async_write_complete_conformance::Effect;

use super::{
    finding::{Alternative, Finding},
    stage::{self, NO_SPACE, Pooled, Stage, at_once, locked},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "watermark",
    title: "byte positions: submit answers where the write ends, and one waits until that position is complete",
    claim: "A database does it so with its log. A position needs no state for each write, orders all writes, lets many \
            be outstanding, and one wait answers for all that went before.",
    in_favor: "Where a failure ends the stream anyway, as for a log that is then recovered, it is the better design, \
               and the only one here that pipelines. It asks of the destination that it takes all or fails for good.",
    scenario: "`aaaaa` and then `bb` are submitted. In one form each submission is one call of the destination, which \
               takes 3 bytes of the first: is the first write there when it is answered? In the other form a \
               submission is as many calls as it takes; the destination takes 3 bytes, has no space for one call, and \
               has space again; the caller goes on with what it was told of.",
    demonstrate,
};

trait Watermark {
    /// Takes the bytes, and answers the position where they end.
    fn poll_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<u64>>;

    /// Ready when all up to `position` is complete.
    fn poll_complete_until(self: Pin<&mut Self>, cx: &mut Context<'_>, position: u64) -> Poll<io::Result<()>>;
}

/// How many calls of the destination a submission is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Calls {
    /// One, as `write(2)`: the boundary and the atomicity of a write are the caller's.
    One,
    /// As many as it takes, so that no position is skipped.
    AsManyAsItTakes,
}

struct Log {
    pooled: Pooled,
    calls: Calls,
    submitted: u64,
    mark: Arc<Mutex<Mark>>,
}

#[derive(Default)]
struct Mark {
    complete: u64,
    /// Then no later position will be reached: whatever was to come before it is missing.
    failed: Option<io::ErrorKind>,
    wakers: Vec<Waker>,
}

impl Log {
    /// The position up to which all is complete.
    fn complete(&self) -> u64 {
        locked(&self.mark).complete
    }
}

impl Watermark for Log {
    fn poll_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<u64>> {
        if let Some(kind) = locked(&self.mark).failed {
            return Poll::Ready(Err(kind.into()));
        }
        let (mark, calls, bytes) = (self.mark.clone(), self.calls, buf.to_vec());
        self.pooled.queue(move |destination| {
            let mut rest = &bytes[..];
            while !rest.is_empty() && locked(&mark).failed.is_none() {
                let result = destination.write(rest);
                let mut mark = locked(&mark);
                match result {
                    Ok(0) => mark.failed = Some(io::ErrorKind::WriteZero),
                    Ok(n) => mark.complete += n as u64,
                    Err(ref error) => mark.failed = Some(error.kind()),
                }
                rest = if calls == Calls::One { &[] } else { &rest[result.unwrap_or(0)..] };
            }
            let wakers = std::mem::take(&mut locked(&mark).wakers);
            wakers.into_iter().for_each(Waker::wake);
        });
        self.submitted += buf.len() as u64;
        Poll::Ready(Ok(self.submitted))
    }

    fn poll_complete_until(self: Pin<&mut Self>, cx: &mut Context<'_>, position: u64) -> Poll<io::Result<()>> {
        let mut mark = locked(&self.mark);
        match mark.failed {
            _ if mark.complete >= position => Poll::Ready(Ok(())),
            Some(kind) => Poll::Ready(Err(kind.into())),
            None => {
                mark.wakers.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

const FIRST: &[u8] = b"aaaaa";
const SECOND: &[u8] = b"bb";

fn demonstrate() -> anyhow::Result<Finding> {
    Ok(Finding {
        expected: tell(true, "aaaaabb"),
        happened: tell(is_there_when_answered()?, &after_no_space()?),
        ours: tell(is_there_when_ours_answers()?, &after_no_space_by_ours()?),
    })
}

fn tell(is_there: bool, text: &str) -> String {
    let there = if is_there { "there" } else { "not there" };
    format!("what is answered as complete is {there}; after a moment without space the destination has {text:?}")
}

fn submit(log: &mut Log, bytes: &[u8]) -> io::Result<u64> {
    at_once(poll_fn(|cx| Pin::new(&mut *log).poll_submit(cx, bytes)))
}

fn complete_until(log: &mut Log, stage: &Stage, position: u64) -> io::Result<()> {
    stage.drive(poll_fn(|cx| Pin::new(&mut *log).poll_complete_until(cx, position)))
}

fn log(calls: Calls, effects: &[Effect]) -> (Log, Stage) {
    let (pooled, stage) = stage::pooled();
    effects.iter().for_each(|effect| stage.next(effect.clone()));
    (Log { pooled, calls, submitted: 0, mark: Arc::default() }, stage)
}

fn is_there_when_answered() -> io::Result<bool> {
    let (mut log, stage) = log(Calls::One, &[Effect::Short(3)]);
    let first = submit(&mut log, FIRST)?;
    submit(&mut log, SECOND)?;
    complete_until(&mut log, &stage, first)?;
    Ok(stage.text().as_bytes().starts_with(FIRST))
}

fn after_no_space() -> io::Result<String> {
    let (mut log, stage) = log(Calls::AsManyAsItTakes, &[Effect::Short(3), NO_SPACE]);
    let first = submit(&mut log, FIRST)?;
    submit(&mut log, SECOND)?;
    assert!(complete_until(&mut log, &stage, first).is_err());
    let rest = &FIRST[log.complete() as usize..];
    for bytes in [rest, SECOND] {
        // Refused. To begin anew at what is complete would give other bytes the positions that are handed out: whoever
        // waits for the end of `bb` would be answered for them. What tells the two apart is a number for each write.
        if let Ok(end) = submit(&mut log, bytes) {
            complete_until(&mut log, &stage, end)?;
        }
    }
    Ok(stage.text())
}

/// Two writes one after the other, of which the first comes out short.
fn is_there_when_ours_answers() -> io::Result<bool> {
    let (mut writer, stage) = stage::ours();
    stage.next(Effect::Short(3));
    let n = stage.drive(writer.write_complete(FIRST))?;
    stage.drive(writer.write_complete(SECOND))?;
    Ok(stage.text().as_bytes().starts_with(&FIRST[..n]))
}

fn after_no_space_by_ours() -> io::Result<String> {
    let (mut writer, stage) = stage::ours();
    [Effect::Short(3), NO_SPACE].into_iter().for_each(|effect| stage.next(effect));
    for bytes in [FIRST, SECOND] {
        let mut held = HeldWrite::new(bytes);
        let result = stage.drive(writer.resume_write_all(&mut held));
        result.or_else(|_| stage.drive(writer.resume_write_all(&mut held)))?;
    }
    Ok(stage.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_short_count_makes_positions_lie_and_a_failure_ends_them() {
        assert_killed(
            &ALTERNATIVE,
            r#"what is answered as complete is there; after a moment without space the destination has "aaaaabb""#,
            r#"what is answered as complete is not there; after a moment without space the destination has "aaa""#,
        );
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        for calls in [Calls::One, Calls::AsManyAsItTakes] {
            let (mut log, stage) = log(calls, &[]);
            submit(&mut log, FIRST).expect("it is taken");
            let second = submit(&mut log, SECOND).expect("it is taken, while the first one is outstanding");
            complete_until(&mut log, &stage, second).expect("all is taken");
            assert_eq!((stage.text().as_str(), log.complete()), ("aaaaabb", 7));
        }
    }
}
