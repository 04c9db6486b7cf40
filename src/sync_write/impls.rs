//! [`WriteComplete`] and [`SyncComplete`] for the types of std that hold nothing back.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Cursor, PipeWriter, Seek, SeekFrom, Sink, Write},
    net::TcpStream,
    process::ChildStdin,
    sync::Arc,
};

use super::{SyncComplete, WriteComplete};

/// What is the same for everything that has a descriptor.
#[cfg(all(unix, feature = "offload"))]
macro_rules! descriptor {
    () => {
        fn wait_writable(&mut self) -> io::Result<bool> {
            super::descriptor::wait_writable(&*self)
        }

        fn may_have_written(&self, error: &io::Error) -> bool {
            super::descriptor::may_have_written(self, error)
        }
    };
    (release) => {
        descriptor!();

        fn release(self) -> io::Result<()> {
            super::descriptor::close(self)
        }
    };
}
/// Without the calls of Unix the defaults have to do.
#[cfg(not(all(unix, feature = "offload")))]
macro_rules! descriptor {
    ($($release:ident)?) => {};
}

impl WriteComplete for File {
    descriptor!(release);

    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        step_back(self, n)
    }
}

impl WriteComplete for &File {
    descriptor!();

    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        step_back(self, n)
    }
}

/// Its close is that of the file if no other clone is alive.
impl WriteComplete for Arc<File> {
    descriptor!();

    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        step_back(self, n)
    }

    fn release(self) -> io::Result<()> {
        Self::into_inner(self).map_or(Ok(()), WriteComplete::release)
    }
}

impl WriteComplete for PipeWriter {
    descriptor!(release);
}

impl WriteComplete for ChildStdin {
    descriptor!(release);
}

macro_rules! socket {
    ($($type:ty),*) => {
        $(
            impl WriteComplete for $type {
                descriptor!();

                fn release(self) -> io::Result<()> {
                    match self.shutdown(std::net::Shutdown::Write) {
                        // The peer is gone, so nobody waits for the end.
                        Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
                        shut_down => shut_down?,
                    }
                    close_socket(self)
                }
            }
        )*
    };
}

socket!(TcpStream);
#[cfg(unix)]
socket!(std::os::unix::net::UnixStream);

#[cfg(all(unix, feature = "offload"))]
use super::descriptor::close as close_socket;

#[cfg(not(all(unix, feature = "offload")))]
fn close_socket<T>(socket: T) -> io::Result<()> {
    drop(socket);
    Ok(())
}

macro_rules! memory {
    ($($type:ty),*) => {
        $(impl WriteComplete for $type {})*
    };
}

memory!(Vec<u8>, VecDeque<u8>, &mut [u8], Sink);

/// Whatever std lets be written through a cursor is memory.
impl<T> WriteComplete for Cursor<T>
where
    Self: Write,
{
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        self.set_position(self.position().saturating_sub(n));
        Ok(true)
    }
}

macro_rules! forward {
    ($($type:ty),*) => {
        $(
            #[deny(clippy::missing_trait_methods, reason = "a forgotten forward would fall back to a default")]
            impl<W: WriteComplete + ?Sized> WriteComplete for $type {
                fn seek_back(&mut self, n: u64) -> io::Result<bool> {
                    (**self).seek_back(n)
                }

                fn wait_writable(&mut self) -> io::Result<bool> {
                    (**self).wait_writable()
                }

                fn may_have_written(&self, error: &io::Error) -> bool {
                    (**self).may_have_written(error)
                }

                // What is behind it may have no size, and so no release that takes it by value.
                fn release(self) -> io::Result<()> {
                    Ok(())
                }
            }
        )*
    };
}

forward!(&mut W, Box<W>);

macro_rules! sync {
    ($($type:ty),*) => {
        $(
            impl SyncComplete for $type {
                fn sync_data(&self) -> io::Result<()> {
                    File::sync_data(self)
                }

                fn sync_all(&self) -> io::Result<()> {
                    File::sync_all(self)
                }
            }
        )*
    };
}

sync!(File, &File, Arc<File>);

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

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests {
    use super::*;

    /// A target whose calls all fail so.
    struct Fails(io::ErrorKind);

    impl Seek for Fails {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Err(self.0.into())
        }
    }

    #[test]
    fn only_a_target_without_a_cursor_stays_where_it_is() {
        assert!(!step_back(&mut Fails(io::ErrorKind::NotSeekable), 1).expect("it has no cursor"));
        assert_eq!(step_back(&mut Fails(io::ErrorKind::Other), 1).expect_err("it fails").kind(), io::ErrorKind::Other);
        let mut target = Cursor::new([0; 9]);
        target.set_position(4);
        assert!(step_back(&mut target, 4).expect("it moves"));
        assert_eq!(target.position(), 0);
        assert!(!step_back(&mut target, 1).expect("there is nothing before"));
    }
}
