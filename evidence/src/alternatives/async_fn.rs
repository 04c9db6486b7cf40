//! `async fn write` in a trait, and both moments of the write inside it.

use std::{future::poll_fn, io};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite};
use futures_lite::future::{or, ready};

use super::{
    finding::{Alternative, Finding},
    stage::{self, Pooled, Stage},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "async-fn",
    title: "`async fn write(&mut self, &[u8])` in a trait",
    claim: "The language has it now, and it is what everybody wants to call. No `Pin`, no `Context`, no ticket: the \
            future is the write, and it is ready when the write is complete.",
    in_favor: "It is the nicest to implement and to call, and the extension methods of this crate look just so: \
               dropped, `write_complete` leaves a write under way as this `write` does. But it is the whole trait \
               here, so nothing is left to ask for, and to go on with. It can be had from every `AsyncWriteComplete` for nothing; the other way round \
               takes a boxed future for each write, which owns the writer and a copy of the bytes.",
    scenario: "A `select!` loop writes a record and serves a ticker that is due once, while the write is under way; \
               the loop goes on until the record is answered.",
    demonstrate,
};

/// Not dyn-compatible (E0038), and its future is not known to be `Send` in generic code. `-> impl Future + Send` mends
/// the second, and then shuts out writers of one thread.
trait AsyncFnWrite {
    /// Answers how many bytes are complete.
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize>;
}

struct File(Pooled);

impl AsyncFnWrite for File {
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // A write whose future was dropped can be waited for. Whether this call is the same write again, nobody knows.
        poll_fn(|cx| self.0.poll_free(cx)).await?;
        self.0.start(buf);
        poll_fn(|cx| self.0.poll_result(cx)).await
    }
}

/// What a `select!` loop sees.
enum Event {
    Answered(io::Result<()>),
    Tick,
}

fn demonstrate() -> anyhow::Result<Finding> {
    Ok(Finding { expected: tell(1, "record"), happened: with_async_fn()?, ours: with_held_write()? })
}

fn tell(ticks: u32, log: &str) -> String {
    format!("{ticks} tick is served, and the log is {log:?}")
}

fn with_async_fn() -> io::Result<String> {
    let (pooled, stage) = stage::pooled();
    let mut file = File(pooled);
    let mut ticks = 0;
    loop {
        let write = async { Event::Answered(file.write(b"record").await.map(drop)) };
        match next_event(&stage, ticks, write) {
            Event::Tick => ticks += 1,
            Event::Answered(result) => return result.map(|()| tell(ticks, &stage.text())),
        }
    }
}

fn with_held_write() -> io::Result<String> {
    let (mut writer, stage) = stage::ours();
    let mut record = HeldWrite::new(b"record");
    let mut ticks = 0;
    loop {
        let write = async { Event::Answered(writer.resume_write_all(&mut record).await) };
        match next_event(&stage, ticks, write) {
            Event::Tick => ticks += 1,
            Event::Answered(result) => return result.map(|()| tell(ticks, &stage.text())),
        }
    }
}

/// One round of the loop: the write is polled first, then the ticker, which is due in the first round.
fn next_event(stage: &Stage, ticks: u32, write: impl Future<Output = Event>) -> Event {
    if ticks == 0 { stage.drive(or(write, ready(Event::Tick))) } else { stage.drive(write) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_select_loop_writes_the_record_twice() {
        assert_killed(
            &ALTERNATIVE,
            r#"1 tick is served, and the log is "record""#,
            r#"1 tick is served, and the log is "recordrecord""#,
        );
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        let (pooled, stage) = stage::pooled();
        let mut file = File(pooled);
        assert_eq!(stage.drive(file.write(b"record")).expect("all is taken"), 6);
        assert_eq!(stage.text(), "record");
    }
}
