//! An operation that the caller owns and the writer fills.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, HeldWrite, Started, Ticket, Tracked, UnknownTicket,
};

use super::{
    finding::{Alternative, Finding},
    stage::{self, Ours, Pooled, at_once, drop_midway},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "operation-object",
    title: "an operation object that the caller owns, with the bytes and the state in it",
    claim: "What has to live between two polls is the caller's: let the caller own it. `poll_write(cx, &mut \
            operation)` goes on wherever the operation stands, so a dropped future loses nothing; no slot in the \
            writer, no number to compare.",
    in_favor: "It is how a caller should hold a write, and `HeldWrite` is that object. It is built on tickets, one \
               level up, because a wrapper cannot keep an object that borrows from the wrapper \
               (`evidence/tests/alternatives/` has what the compiler says). Both halves of the scenario can be mended: \
               by a state that the wrapper keeps, and makes the object anew around; and by a number in it that is \
               unique in the process. Both are the ticket.",
    scenario: "A wrapper that upper-cases has to write bytes of its own, which live in it: it makes the inner \
               operation anew at each poll, since it cannot keep one that borrows from itself. And an operation that \
               is under way on one writer is polled, by mistake, on another one.",
    demonstrate,
};

/// A write of `bytes`.
struct Operation<'a> {
    bytes: &'a [u8],
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    New,
    /// Taken, as the writer's write of that number.
    Taken(u64),
}

impl<'a> Operation<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, state: State::New }
    }
}

trait OperationWrite {
    /// Carries `operation` on. `Ready(Ok(n))`: so many bytes of it are complete.
    fn poll_write(&mut self, cx: &mut Context<'_>, operation: &mut Operation<'_>) -> Poll<io::Result<usize>>;
}

struct File {
    pooled: Pooled,
    /// How many operations were taken.
    taken: u64,
}

impl OperationWrite for File {
    fn poll_write(&mut self, cx: &mut Context<'_>, operation: &mut Operation<'_>) -> Poll<io::Result<usize>> {
        if let State::New = operation.state {
            ready!(self.pooled.poll_free(cx))?;
            self.pooled.start(operation.bytes);
            self.taken += 1;
            operation.state = State::Taken(self.taken);
        }
        match operation.state {
            State::Taken(number) if number == self.taken => self.pooled.poll_result(cx),
            _ => Poll::Ready(Err(io::ErrorKind::InvalidInput.into())),
        }
    }
}

/// Upper-cases. What it writes lives in `upper`; an `Operation<'_>` of it could not live beside it.
struct UpperCase<W> {
    inner: W,
    upper: Vec<u8>,
}

impl<W: OperationWrite> OperationWrite for UpperCase<W> {
    fn poll_write(&mut self, cx: &mut Context<'_>, operation: &mut Operation<'_>) -> Poll<io::Result<usize>> {
        self.upper = operation.bytes.to_ascii_uppercase();
        self.inner.poll_write(cx, &mut Operation::new(&self.upper))
    }
}

/// The same over a ticket, which is small and borrows nothing.
struct UpperCaseByTicket<W> {
    inner: W,
    ticket: Option<Ticket>,
}

impl<W: AsyncWriteComplete + Unpin> DriveWrite for UpperCaseByTicket<W> {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let submitted = ready!(Pin::new(&mut self.inner).poll_write_submit(cx, &buf.to_ascii_uppercase()))?;
        self.ticket = submitted.ticket();
        Poll::Ready(Ok(submitted.into()))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_complete(cx, self.ticket.expect("a write was taken"))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

fn demonstrate() -> anyhow::Result<Finding> {
    let refused = Err(io::ErrorKind::InvalidInput.into());
    Ok(Finding {
        expected: tell("HELLO", &refused),
        happened: tell(&upper_case(), &astray()),
        ours: tell(&upper_case_by_ticket()?, &astray_with_ours()),
    })
}

fn tell(sent: &str, astray: &io::Result<usize>) -> String {
    let astray = astray.as_ref().map_or("refused".to_owned(), |n| format!("answered Ok({n})"));
    format!("the wrapper has sent {sent:?}; the operation of 5 bytes on the wrong writer is {astray}")
}

/// Two polls, between which the write ends; a caller that waited for the answer would poll without end.
fn upper_case() -> String {
    let (pooled, stage) = stage::pooled();
    let mut writer = UpperCase { inner: File { pooled, taken: 0 }, upper: Vec::new() };
    let mut operation = Operation::new(b"hello");
    for _ in 0..2 {
        drop_midway(poll_fn(|cx| writer.poll_write(cx, &mut operation)));
        stage.step();
    }
    stage.text()
}

fn upper_case_by_ticket() -> io::Result<String> {
    let (inner, stage) = stage::ours();
    let mut writer = Tracked::new(UpperCaseByTicket { inner, ticket: None });
    stage.drive(writer.write_all_complete(b"hello"))?;
    Ok(stage.text())
}

fn astray() -> io::Result<usize> {
    let [(pooled, _), (other_pooled, other_stage)] = [stage::pooled(), stage::pooled()];
    let mut right = File { pooled, taken: 0 };
    let mut wrong = File { pooled: other_pooled, taken: 0 };
    let mut operation = Operation::new(b"hello");
    let mut other = Operation::new(b"no");
    drop_midway(poll_fn(|cx| right.poll_write(cx, &mut operation)));
    drop_midway(poll_fn(|cx| wrong.poll_write(cx, &mut other)));
    other_stage.step();
    at_once(poll_fn(|cx| wrong.poll_write(cx, &mut operation)))
}

fn astray_with_ours() -> io::Result<usize> {
    let [(mut right, _stage), (mut wrong, other_stage)]: [(Ours, _); 2] = [stage::ours(), stage::ours()];
    let mut held = HeldWrite::new(b"hello");
    drop_midway(right.resume_write_all(&mut held));
    drop_midway(wrong.write_complete(b"no"));
    other_stage.step();
    let result = at_once(wrong.resume_write_all(&mut held)).map(|()| held.completed());
    assert!(result.as_ref().is_err_and(|error| UnknownTicket::find(error).is_some()), "typed: {result:?}");
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_wrapper_writes_at_each_poll_and_another_writer_answers() {
        assert_killed(
            &ALTERNATIVE,
            r#"the wrapper has sent "HELLO"; the operation of 5 bytes on the wrong writer is refused"#,
            r#"the wrapper has sent "HELLOHELLO"; the operation of 5 bytes on the wrong writer is answered Ok(2)"#,
        );
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        let (pooled, stage) = stage::pooled();
        let mut file = File { pooled, taken: 0 };
        let mut operation = Operation::new(b"hello");
        drop_midway(poll_fn(|cx| file.poll_write(cx, &mut operation)));
        let n = stage.drive(poll_fn(|cx| file.poll_write(cx, &mut operation)));
        assert_eq!((n.expect("all is taken"), stage.text().as_str()), (5, "hello"));
    }
}
