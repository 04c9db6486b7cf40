//! [`WriteComplete`] for the writers of std that hold nothing back.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Cursor, Seek, SeekFrom, Sink, Write},
    net::TcpStream,
    process::ChildStdin,
    sync::Arc,
};

use super::WriteComplete;

/// Blocking, without a shared cursor, and nothing known that would not block.
macro_rules! stream {
    ($($type:ty),*) => {
        $(impl WriteComplete for $type {})*
    };
}

stream!(TcpStream, ChildStdin);
#[cfg(unix)]
stream!(std::os::unix::net::UnixStream);
#[cfg(std_pipe)]
#[expect(clippy::incompatible_msrv, reason = "the build script has seen that std has it")]
const _: () = {
    stream!(io::PipeWriter);
};

impl WriteComplete for File {
    #[cfg(all(feature = "offload", target_os = "linux"))]
    fn try_write(&mut self, buf: &[u8]) -> io::Result<Option<usize>> {
        Ok(write_without_waiting(self, buf))
    }

    fn unread(&mut self, n: u64) -> io::Result<bool> {
        step_back(self, n)
    }
}

/// It is never tried: another handle may be in a long write, which holds the cursor's lock, and the try would wait for it.
impl WriteComplete for &File {
    fn unread(&mut self, n: u64) -> io::Result<bool> {
        step_back(self, n)
    }
}

/// It is tried only while there is no other handle.
impl WriteComplete for Arc<File> {
    #[cfg(all(feature = "offload", target_os = "linux"))]
    fn try_write(&mut self, buf: &[u8]) -> io::Result<Option<usize>> {
        Self::get_mut(self).map_or(Ok(None), |file| file.try_write(buf))
    }

    fn unread(&mut self, n: u64) -> io::Result<bool> {
        step_back(self, n)
    }
}

/// Memory never blocks.
macro_rules! memory {
    ($($type:ty),*) => {
        $(impl WriteComplete for $type {
            fn try_write(&mut self, buf: &[u8]) -> io::Result<Option<usize>> {
                self.write(buf).map(Some)
            }
        })*
    };
}

memory!(Vec<u8>, VecDeque<u8>, &mut [u8], Sink);

/// Whatever std lets be written through a cursor is memory.
impl<T> WriteComplete for Cursor<T>
where
    Self: Write,
{
    fn try_write(&mut self, buf: &[u8]) -> io::Result<Option<usize>> {
        self.write(buf).map(Some)
    }

    fn unread(&mut self, n: u64) -> io::Result<bool> {
        self.set_position(self.position().saturating_sub(n));
        Ok(true)
    }
}

macro_rules! forward {
    ($($type:ty),*) => {
        $(
            #[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
            impl<W: WriteComplete + ?Sized> WriteComplete for $type {
                fn try_write(&mut self, buf: &[u8]) -> io::Result<Option<usize>> {
                    (**self).try_write(buf)
                }

                fn unread(&mut self, n: u64) -> io::Result<bool> {
                    (**self).unread(n)
                }
            }
        )*
    };
}

forward!(&mut W, Box<W>);

/// Writes at the cursor if the file system can without waiting for anything, such as a lock or a page. Many cannot (ext4,
/// tmpfs), or not now; any error is left to the write that waits, which meets it too.
///
/// Two things the kernel waits for all the same, before it asks the file system: the lock of the cursor, which the writes of
/// a duplicated descriptor take too, and the end of a freeze.
#[cfg(all(feature = "offload", target_os = "linux"))]
fn write_without_waiting(file: impl std::os::fd::AsFd, buf: &[u8]) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, pwritev2};

    /// Stands for the cursor, where an offset would be.
    const AT_THE_CURSOR: u64 = u64::MAX;
    pwritev2(file, &[io::IoSlice::new(buf)], AT_THE_CURSOR, ReadWriteFlags::NOWAIT).ok().filter(|n| *n > 0)
}

/// A `File` may be a terminal, a pipe or a device, that has no cursor, or one that does not move.
fn step_back(target: &mut impl Seek, n: u64) -> io::Result<bool> {
    let position = match target.stream_position() {
        Err(error) if error.kind() == io::ErrorKind::NotSeekable => return Ok(false),
        position => position?,
    };
    match position.checked_sub(n) {
        Some(earlier) => target.seek(SeekFrom::Start(earlier)).map(|_| true),
        None => Ok(false),
    }
}
