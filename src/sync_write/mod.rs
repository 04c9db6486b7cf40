//! [`WriteComplete`]: a blocking write whose return means that it has happened; [`SyncComplete`]: a sync of one.

use std::io;

mod assert_complete;
#[cfg(all(unix, feature = "offload"))]
mod descriptor;
mod flush_each;
mod impls;
mod inline;

#[cfg(all(unix, feature = "offload"))]
pub(crate) use self::descriptor::appends;
pub use assert_complete::AssertComplete;
pub use flush_each::FlushEach;
pub use inline::Inline;

use crate::{
    error::Indeterminate,
    guard::{checked_count, is_final, never_would_block, retry_interrupted, with_final_kind},
};

/// A blocking writer that holds nothing back.
///
/// When [`write`](io::Write::write) returns `Ok(n)` those `n` bytes are complete, and dropping the writer writes
/// nothing. `File`, sockets, pipes and memory are such writers. `BufWriter`, `LineWriter`, `Stdout`, and encoders whose
/// drop or `finish` writes are not; put the buffer on the asynchronous side, or wrap them in [`FlushEach`].
///
/// Implement it for a type of your own if the two sentences above hold for it; the rest is
/// [`io::Write`]'s own contract, above all that an error means that no byte of the buffer is complete. The provided
/// methods are for what `io::Write` cannot say. Their defaults are right for what is no descriptor; a wrapper round a
/// `File` or a socket forwards them all.
///
/// ```
/// use std::io::{self, Write};
/// use async_write_complete::WriteComplete;
///
/// /// Hands each write to a thread that keeps a log; nothing is kept here.
/// struct Log(std::sync::mpsc::Sender<Vec<u8>>);
///
/// impl Write for Log {
///     fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
///         self.0.send(buf.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
///         Ok(buf.len())
///     }
///     fn flush(&mut self) -> io::Result<()> { Ok(()) }
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
    note = "if it is only read from, as `stdin()` is: `Offload::reader(..)`",
    note = "if it is somebody else's, and you know that it holds nothing back: `AssertComplete::new(..)`"
)]
pub trait WriteComplete: io::Write {
    /// Moves the cursor back over the last `n` bytes that were read, so that the next write lands where the caller's
    /// reads ended; `Ok(false)` when there is nothing to move, because reading and writing share no cursor.
    ///
    /// It is here because a read that was abandoned may have fetched bytes that nobody has seen. The default answers
    /// `Ok(false)`, which is right for sockets and pipes; a type that implements [`io::Seek`] overrides it. It is not
    /// called with more than was read since the last seek or write.
    ///
    /// # Errors
    ///
    /// The cursor could not be moved; the write that follows is not executed.
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        let _ = n;
        Ok(false)
    }

    /// Waits, after a write that answered `WouldBlock`, until the descriptor takes bytes; `Ok(false)` if it cannot
    /// wait.
    ///
    /// It is here because a process that shares the descriptor, such as a child, may have made it non-blocking.
    /// The write is made again after `Ok(true)`. The default answers `Ok(false)`, which fails the write.
    ///
    /// # Errors
    ///
    /// `TimedOut` for a descriptor that blocks, and so has a send timeout, which has passed. Otherwise that of the
    /// system call that waits. `Interrupted` has it called again. It may wait without end: so does a write.
    fn wait_writable(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    /// Whether the bytes of a write that failed with `error` may be complete all the same.
    ///
    /// It is here because a write on a descriptor with `O_DSYNC` or `O_SYNC` fails when the bytes are in and their sync
    /// fails, and one with `O_DIRECT` when a part of them is on the medium. The write is [`Indeterminate`] then, so
    /// that nobody appends its record again. The default answers `false`.
    fn may_have_written(&self, error: &io::Error) -> bool {
        let _ = error;
        false
    }

    /// Releases the writer, and tells what goes wrong with that. A socket shuts its writing side down first, so that
    /// the peer sees the end also while a clone of the descriptor is alive.
    ///
    /// It is here because a drop can tell nothing, and `close(2)` may: on a network file system it is where a quota is
    /// found to be exceeded. The default is a drop, as for anything behind a `Box`.
    ///
    /// # Errors
    ///
    /// The destination's own; it is released all the same. A panic is [`Indeterminate`].
    fn release(self) -> io::Result<()>
    where
        Self: Sized,
    {
        Ok(())
    }
}

/// A blocking destination that can make durable what is complete ([D1](crate::contract::Rule::D1)).
pub trait SyncComplete {
    /// Makes the bytes durable, and of the metadata what is needed to read them, as
    /// [`File::sync_data`](std::fs::File::sync_data).
    ///
    /// # Errors
    ///
    /// Some bytes may not be durable, and no later sync can tell which: do not try again.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes the bytes and all of the metadata durable, as [`File::sync_all`](std::fs::File::sync_all).
    ///
    /// # Errors
    ///
    /// As [`sync_data`](Self::sync_data).
    fn sync_all(&self) -> io::Result<()>;
}

/// Makes one write of `len` bytes on `destination`: an interrupted call, and one that would have blocked, is made again
/// (rules O1, P3 and W6).
pub(crate) fn write_once<T: WriteComplete + ?Sized>(
    destination: &mut T,
    len: usize,
    mut write: impl FnMut(&mut T) -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        let error = match write(destination) {
            Ok(n) => return checked_count(n, len),
            Err(error) => error,
        };
        match error.kind() {
            _ if is_final(&error) => return Err(with_final_kind(error)),
            io::ErrorKind::Interrupted => {}
            io::ErrorKind::WouldBlock => {
                if !retry_interrupted(|| destination.wait_writable())? {
                    return Err(never_would_block(error));
                }
            }
            _ if destination.may_have_written(&error) => return Err(Indeterminate::new(error).into()),
            _ => return Err(error),
        }
    }
}
