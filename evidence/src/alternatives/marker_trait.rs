//! Mark the `AsyncWrite` types whose `Ready` means complete.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{AsyncWriteCompleteExt, HeldWrite};
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};

use super::{
    finding::{Alternative, Finding},
    stage::{self, Pooled, at_once, drop_midway},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "marker-trait",
    title: "a marker `CompleteWrite: AsyncWrite`",
    claim: "`AsyncWrite` has the methods already. A type whose `Ready` means complete says so by a marker, generic \
            code asks for it, and nothing else changes: no new method, no adapter.",
    in_favor: "It is the smallest change, every combinator works at once, and for sockets and memory it is true as it \
               stands. The duty that it puts on an offloaded type is not smaller than ours: what this crate's \
               `write_complete` does when it is dropped is the same, and our `ToTokio` deviates from the text below in \
               the same way, as a type that says so. The marker puts the deviation into every `AsyncWrite` that has \
               it, and has no way to tell a caller that its bytes were taken.",
    scenario: "A program relies on what tokio promises of `AsyncWriteExt::write` in a `select!`: if another branch \
               completes first, \"it is guaranteed that no data was written\". Its `write` of `commit` is dropped \
               midway, so it writes `abort`; either of the two may be there, and not both. And a `BufWriter`, marked \
               like any wrapper of something marked, is given to a function that asks for the marker.",
    demonstrate,
};

/// `Ready(Ok(n))` of `poll_write` means that `n` bytes are complete.
trait CompleteWrite: AsyncWrite {}

/// Wrappers forward what they wrap, as they do for `Send`: there is no method that would make one think.
impl<W: CompleteWrite> CompleteWrite for BufWriter<W> {}

/// A file over a pool. What `poll_write` handed over is answered when it has ended; a buffer with other bytes is
/// another write, and waits for the one that was dropped.
struct File {
    pooled: Pooled,
    out: Vec<u8>,
}

impl CompleteWrite for File {}

impl AsyncWrite for File {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { pooled, out } = self.get_mut();
        if out != buf {
            ready!(pooled.poll_free(cx))?;
            *out = buf.to_vec();
            pooled.start(buf);
        }
        let result = ready!(pooled.poll_result(cx));
        out.clear();
        Poll::Ready(result)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().pooled.poll_free(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

fn demonstrate() -> anyhow::Result<Finding> {
    Ok(Finding {
        expected: tell("commit", "hello"),
        happened: tell(&transaction(), &visible_after_marked_write()),
        ours: tell(&our_transaction(), &visible_after_our_write()),
    })
}

fn tell(transaction: &str, visible: &str) -> String {
    // Either outcome is right, and both together are not.
    let transaction =
        if ["commit", "abort"].contains(&transaction) { "one outcome".to_owned() } else { format!("{transaction:?}") };
    format!("the log has {transaction}; after a write answered 5 the destination has {visible:?}")
}

fn transaction() -> String {
    let (pooled, stage) = stage::pooled();
    let mut log = File { pooled, out: Vec::new() };
    drop_midway(log.write(b"commit"));
    stage.drive(log.write(b"abort")).expect("the destination takes all");
    stage.text()
}

/// The program asks whether `commit` is past its point of no return, and carries it on if so.
fn our_transaction() -> String {
    let (mut log, stage) = stage::ours();
    let mut commit = HeldWrite::new(&b"commit"[..]);
    drop_midway(log.resume_write_all(&mut commit));
    let mut abort = HeldWrite::new(&b"abort"[..]);
    let outcome = if commit.maybe_completed() > 0 { &mut commit } else { &mut abort };
    stage.drive(log.resume_write_all(outcome)).expect("the destination takes all");
    stage.text()
}

/// Generic code that relies on the marker.
async fn save<W: CompleteWrite + Unpin>(writer: &mut W) -> io::Result<usize> {
    writer.write(b"hello").await
}

fn visible_after_marked_write() -> String {
    let (pooled, stage) = stage::pooled();
    let mut buffered = BufWriter::new(File { pooled, out: Vec::new() });
    assert_eq!(at_once(save(&mut buffered)).expect("the buffer takes all"), 5);
    stage.text()
}

/// A `BufWriter` cannot be given to what asks for our trait: it does not have the methods, and whoever adds them has to
/// answer for each write.
fn visible_after_our_write() -> String {
    let (mut writer, stage) = stage::ours();
    assert_eq!(stage.drive(writer.write_complete(b"hello")).expect("the destination takes all"), 5);
    stage.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn a_dropped_write_happens_against_the_text_of_its_own_trait() {
        assert_killed(
            &ALTERNATIVE,
            r#"the log has one outcome; after a write answered 5 the destination has "hello""#,
            r#"the log has "commitabort"; after a write answered 5 the destination has """#,
        );
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        let (pooled, stage) = stage::pooled();
        let mut file = File { pooled, out: Vec::new() };
        assert_eq!(stage.drive(save(&mut file)).expect("the destination takes all"), 5);
        assert_eq!(stage.text(), "hello");
    }
}
