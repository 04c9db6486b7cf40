//! [`WriteComplete`]: a blocking write whose return means that it has happened.

use std::io;

mod assert_complete;
mod flush_each;
mod impls;
mod inline;

pub use assert_complete::AssertComplete;
pub use flush_each::FlushEach;
pub use inline::Inline;

/// A blocking writer that holds nothing back.
///
/// When [`write`](io::Write::write) returns `Ok(n)` those `n` bytes are complete, and dropping the writer writes
/// nothing. `File`, sockets, pipes and memory are such writers. `BufWriter`, `LineWriter`, `Stdout`, and encoders whose
/// drop or `finish` writes are not; put the buffer on the asynchronous side, or wrap them in [`FlushEach`].
///
/// Implement it for a type of your own if the two sentences above hold for it; the rest is
/// [`io::Write`]'s own contract, above all that an error means that no byte of the buffer is complete.
///
/// ```
/// use std::io::{self, Write};
/// use async_write_complete::WriteComplete;
///
/// /// Hands each write to a log; nothing is kept.
/// struct Log(std::fs::File);
///
/// impl Write for Log {
///     fn write(&mut self, buf: &[u8]) -> io::Result<usize> { self.0.write(buf) }
///     fn flush(&mut self) -> io::Result<()> { self.0.flush() }
/// }
///
/// impl WriteComplete for Log {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not promise that its writes are complete when they return",
    label = "may hold bytes back",
    note = "if it buffers: hand over the unbuffered destination, and put the buffer on the asynchronous side",
    note = "if its flush sends everything on: `FlushEach::new(..)` flushes after each write",
    note = "if it is a type of your own that holds nothing back: implement `WriteComplete` for it",
    note = "if it is somebody else's, and you know that it holds nothing back: `AssertComplete::new(..)`"
)]
#[cfg_attr(
    feature = "conformance",
    doc = "\nWhether an implementation keeps the rules, [the conformance kit](crate::conformance) certifies: `Certify::blocking`."
)]
pub trait WriteComplete: io::Write {
    /// Writes as `write` would, if that cannot block; `Ok(None)` when it might block or cannot be tried.
    ///
    /// `Ok(None)` says that nothing was taken, tried or not; the default answers nothing else. An `Offload` calls it on
    /// the executor's thread, with the first bytes of the submission.
    ///
    /// # Errors
    ///
    /// As `write`: no byte of `buf` is complete. `WouldBlock` counts as `Ok(None)`.
    fn try_write(&mut self, buf: &[u8]) -> io::Result<Option<usize>> {
        let _ = buf;
        Ok(None)
    }

    /// Moves the cursor back over the last `n` bytes that were read, so that the next write lands where the caller's
    /// reads ended; `Ok(false)` when there is nothing to move, because reading and writing share no cursor.
    ///
    /// Asked for when a read was abandoned after its bytes had been fetched. The default answers `Ok(false)`, which is
    /// right for sockets and pipes; a type that implements [`io::Seek`] overrides it.
    ///
    /// # Errors
    ///
    /// The cursor could not be moved; the write that follows is not executed.
    fn unread(&mut self, n: u64) -> io::Result<bool> {
        let _ = n;
        Ok(false)
    }
}
