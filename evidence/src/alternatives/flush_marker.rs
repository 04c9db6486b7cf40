//! Mark the `AsyncWrite` types whose successful flush means complete.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite, PriorWriteFailed};
use async_write_complete_conformance::Effect;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};

use super::{
    finding::{Alternative, Finding},
    stage::{self, NO_SPACE, Pooled, Stage},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "flush-marker",
    title: "a marker `FlushCompletes: AsyncWrite`",
    claim: "`write` answers early, and `flush` waits: so it is for a file of tokio, and its documentation says so. \
            What generic code lacks is to know it of its `W`. A type whose `poll_flush` answers `Ok` only when all \
            that `poll_write` took is complete says so by a marker. No method is new, and tokio's `File` needs no \
            adapter.",
    in_favor: "Of all that leaves `AsyncWrite` as it is, it is the best. A file keeps \"`Pending` takes nothing\", so \
               `write` and `flush` are free to drop, which `marker-trait` gives up. Whoever flushes and is answered \
               `Ok` sees the bytes, which is what most reports of early visibility ask for. It is the promise that \
               this crate's `FromTokio` can ask for only in words. For whole records that are written again after a \
               failure, over a destination that takes all or nothing, it suffices. An error that counts what is \
               complete since the last flush would give the caller its count, and be a new interface in a new type.",
    scenario: "A record of 10 bytes goes to a destination that takes 5 of them, and has no space for the next call. \
               The program looks how many are complete, and asks once more, as one does with an error that passes. \
               Another program goes on with all that it does not know to be complete. Both with an error that is told \
               once, as tokio's `File` does, and with one that stays, as the letter of the marker wants it.",
    demonstrate,
};

/// When `poll_flush` answers `Ok`, all that `poll_write` took is complete.
trait FlushCompletes: AsyncWrite {}

/// By one line; and by the letter not quite, since its flush after a failed one is `Ok`, as a test below shows.
impl FlushCompletes for tokio::fs::File {}

/// And here a wrapper that forwards the marker says nothing that is not so: it flushes what it wraps.
impl<W: FlushCompletes> FlushCompletes for BufWriter<W> {}

/// A file as tokio's is: a write copies the bytes, hands over as many calls as they take, and is answered at once. The
/// next write or flush waits for it, and gets its error.
struct File {
    pooled: Pooled,
    errors: Errors,
    failed: Option<i32>,
}

/// What becomes of an error that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errors {
    ToldOnce,
    Stay,
}

impl File {
    /// Waits for what was handed over.
    fn poll_free(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(code) = self.failed {
            return Poll::Ready(Err(io::Error::from_raw_os_error(code)));
        }
        let result = ready!(self.pooled.poll_free(cx));
        if self.errors == Errors::Stay {
            self.failed = result.as_ref().err().and_then(io::Error::raw_os_error);
        }
        Poll::Ready(result)
    }
}

impl FlushCompletes for File {}

impl AsyncWrite for File {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_free(cx))?;
        self.pooled.start_all(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_free(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// Generic code that relies on the marker.
async fn save<W: FlushCompletes + Unpin>(writer: &mut W, record: &[u8]) -> io::Result<()> {
    writer.write_all(record).await?;
    writer.flush().await
}

const RECORD: &[u8] = b"0123456789";

/// Takes 5 bytes, and has no space for the next ones.
const MIDWAY: [Effect; 2] = [Effect::Short(5), NO_SPACE];

fn demonstrate() -> anyhow::Result<Finding> {
    let record = "0123456789";
    let [told_once, stay] = [by_marker(Errors::ToldOnce), by_marker(Errors::Stay)];
    Ok(Finding {
        expected: tell(Some(5), &(Ok(()), record.to_owned()), record),
        happened: format!("if the error is told once: {told_once}; if it stays: {stay}"),
        ours: tell(our_known(), &asked_ours_again(), &gone_on_with_ours()),
    })
}

fn tell(known: Option<usize>, (again, text): &(io::Result<()>, String), gone_on: &str) -> String {
    let known = known.map_or("no count".to_owned(), |n| format!("{n} of 10 bytes"));
    let again = if again.is_ok() { "Ok" } else { "an error" };
    format!("{known} known to be complete; asked again, {again} over {text:?}; gone on with, {gone_on:?}")
}

fn by_marker(errors: Errors) -> String {
    tell(count_in(&failed(errors).2), &asked_again(errors), &gone_on(errors))
}

/// A file that has failed midway, and what its caller was told.
fn failed(errors: Errors) -> (File, Stage, io::Error) {
    let (pooled, stage) = stage::pooled();
    MIDWAY.into_iter().for_each(|effect| stage.next(effect));
    let mut file = File { pooled, errors, failed: None };
    let error = stage.drive(save(&mut file, RECORD)).expect_err("there is no space");
    assert_eq!(error.raw_os_error(), Some(28), "the destination's own error");
    (file, stage, error)
}

/// What an error says of how many bytes are complete. An OS code has no room for it.
fn count_in(error: &io::Error) -> Option<usize> {
    PriorWriteFailed::find(error).and_then(PriorWriteFailed::complete)
}

fn asked_again(errors: Errors) -> (io::Result<()>, String) {
    let (mut file, stage, _) = failed(errors);
    let again = stage.drive(file.flush());
    (again, stage.text())
}

/// With nothing known to be complete that is the whole record.
fn gone_on(errors: Errors) -> String {
    let (mut file, stage, error) = failed(errors);
    let rest = &RECORD[count_in(&error).unwrap_or(0)..];
    let result = stage.drive(save(&mut file, rest));
    assert_eq!(result.is_ok(), errors == Errors::ToldOnce);
    stage.text()
}

/// Ours that has failed midway, with the write in the caller's hand.
fn failed_ours() -> (stage::Ours, Stage, HeldWrite<&'static [u8]>) {
    let (mut writer, stage) = stage::ours();
    MIDWAY.into_iter().for_each(|effect| stage.next(effect));
    let mut held = HeldWrite::new(RECORD);
    let error = stage.drive(writer.resume_write_all(&mut held)).expect_err("there is no space");
    assert_eq!(error.raw_os_error(), Some(28), "the destination's own error");
    (writer, stage, held)
}

fn our_known() -> Option<usize> {
    let (_, _, held) = failed_ours();
    (held.completed() == held.maybe_completed()).then(|| held.completed())
}

/// To ask for the write again is to go on with it. A `settle` would be `Ok`, too: it says that nothing is outstanding,
/// and not that the record is there.
fn asked_ours_again() -> (io::Result<()>, String) {
    let (mut writer, stage, mut held) = failed_ours();
    let again = stage.drive(writer.resume_write_all(&mut held));
    (again, stage.text())
}

fn gone_on_with_ours() -> String {
    let (mut writer, stage, held) = failed_ours();
    stage.drive(writer.write_all_complete(held.remaining())).expect("there is space again");
    stage.text()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_failed_flush_has_no_count_and_the_next_one_is_ok_over_lost_bytes_or_never_again() {
        assert_killed(
            &ALTERNATIVE,
            r#"5 of 10 bytes known to be complete; asked again, Ok over "0123456789"; gone on with, "0123456789""#,
            concat!(
                r#"if the error is told once: no count known to be complete; asked again, Ok over "01234"; "#,
                r#"gone on with, "012340123456789"; "#,
                r#"if it stays: no count known to be complete; asked again, an error over "01234"; "#,
                r#"gone on with, "01234""#,
            ),
        );
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        for errors in [Errors::ToldOnce, Errors::Stay] {
            let (pooled, stage) = stage::pooled();
            let mut file = BufWriter::new(File { pooled, errors, failed: None });
            stage.drive(save(&mut file, RECORD)).expect("the destination takes all");
            assert_eq!(stage.text().as_bytes(), RECORD);
        }
    }

    #[test]
    fn dropped_it_loses_nothing() {
        let (pooled, stage) = stage::pooled();
        let mut file = File { pooled, errors: Errors::ToldOnce, failed: None };
        assert_eq!(stage::at_once(file.write(RECORD)).expect("it is taken"), RECORD.len());
        stage::drop_midway(file.write(b"not taken"));
        stage::drop_midway(file.flush());
        stage.drive(file.flush()).expect("the destination takes all");
        assert_eq!(stage.text().as_bytes(), RECORD);
    }

    /// A pipe that nobody reads takes a part, and then refuses: its error is another one, and it is as passing.
    #[test]
    fn a_file_of_tokio_is_as_the_one_here() {
        let (reader, writer) = pipe_with(PipeFlags::NONBLOCK).expect("a pipe");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut file = tokio::fs::File::from(writer);
        // More than a pipe holds, and less than tokio copies at once.
        let record = vec![b'a'; 1 << 20];
        let error = runtime.block_on(save(&mut file, &record)).expect_err("the pipe is full");
        assert_eq!((error.kind(), count_in(&error)), (io::ErrorKind::WouldBlock, None));
        runtime.block_on(file.flush()).expect("the error was told once");
        drop(file);
        let mut there = Vec::new();
        std::fs::File::from(reader).read_to_end(&mut there).expect("the end");
        assert!(!there.is_empty() && there.len() < record.len(), "a part: {}", there.len());
    }

    /// The short count is an answer of its own, and the error is of the bytes that came after it.
    #[test]
    fn ours_gives_the_count_and_then_the_error_to_the_write_that_has_it() {
        let (mut writer, stage) = stage::ours();
        MIDWAY.into_iter().for_each(|effect| stage.next(effect));
        assert_eq!(stage.drive(writer.write_complete(RECORD)).expect("a part is complete"), 5);
        let error = stage.drive(writer.write_complete(&RECORD[5..])).expect_err("there is no space");
        assert_eq!(error.raw_os_error(), Some(28));
        assert_eq!(stage.text(), "01234");
    }
}
