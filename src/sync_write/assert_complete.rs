//! [`AssertComplete`]: the caller's own promise.

use std::io::{self, IoSlice, Write};

use super::{SyncComplete, WriteComplete};

/// A writer of which the caller promises that it holds nothing back.
///
/// It only writes. A type that also reads or seeks, and moves one cursor with both, implements [`WriteComplete`]
/// itself, with [`seek_back`](WriteComplete::seek_back).
///
/// It knows nothing of descriptors: over one with `O_DSYNC` a failed write, whose bytes may be in, is a plain error.
/// Nothing checks the promise. If it does not hold, an answer that says *complete* means *accepted*, and bytes can be
/// lost.
///
/// ```
/// use std::io::{self, Write};
/// use async_write_complete::{AssertComplete, WriteComplete};
///
/// fn needs_a_promise(_: impl WriteComplete) {}
///
/// // A type from elsewhere that is known to hand each write on.
/// let teller: Box<dyn Write> = Box::new(io::sink());
/// needs_a_promise(AssertComplete::new(teller));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AssertComplete<W>(W);

impl<W: Write> AssertComplete<W> {
    /// Promises that when `inner`'s `write` returns `Ok(n)` those bytes are complete, and that dropping `inner` writes
    /// nothing.
    pub const fn new(inner: W) -> Self {
        Self(inner)
    }
}

impl<W> AssertComplete<W> {
    /// The writer inside.
    pub const fn get_ref(&self) -> &W {
        &self.0
    }

    /// The writer inside, mutably.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.0
    }

    /// Takes the writer out.
    pub fn into_inner(self) -> W {
        self.0
    }
}

impl<W: Write> Write for AssertComplete<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> WriteComplete for AssertComplete<W> {}

impl<W: SyncComplete> SyncComplete for AssertComplete<W> {
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}
