//! What std has no safe call for, on descriptors of Unix.

use std::{
    io::{self, IsTerminal},
    net::TcpStream,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::stat::{SFlag, fstat},
};

/// See [`WriteComplete::wait_writable`](super::WriteComplete::wait_writable).
pub(super) fn wait_writable(descriptor: impl AsFd) -> io::Result<bool> {
    if !flags(&descriptor)?.contains(OFlag::O_NONBLOCK) {
        return blocks_again(descriptor.as_fd());
    }
    // An error or a hang-up ends the wait too: the write that follows meets it.
    match poll(&mut [PollFd::new(descriptor.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE) {
        Ok(_) | Err(Errno::EINTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// A write would have blocked, on a descriptor that blocks: a send timeout has passed, or the descriptor was
/// non-blocking when the write was made and no longer is. What neither can be is not tried again, lest it fail like
/// this for ever.
fn blocks_again(descriptor: BorrowedFd<'_>) -> io::Result<bool> {
    // std asks this of any socket, whatever it is.
    match TcpStream::from(descriptor.try_clone_to_owned()?).write_timeout() {
        Ok(Some(_)) => Err(io::Error::new(io::ErrorKind::TimedOut, "the send timeout has passed")),
        Ok(None) => Ok(true),
        Err(_) => {
            let kind = SFlag::from_bits_truncate(fstat(descriptor)?.st_mode) & SFlag::S_IFMT;
            Ok(kind == SFlag::S_IFIFO || descriptor.is_terminal())
        }
    }
}

/// The flags of a descriptor whose writes reach the medium before they answer, so that some bytes may be there when
/// they fail.
const REACH_THE_MEDIUM: OFlag = OFlag::O_DSYNC.union(OFlag::O_SYNC).union(DIRECT);

/// The error of a direct write may be of a later extent, when earlier ones are on the medium.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const DIRECT: OFlag = OFlag::O_DIRECT;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const DIRECT: OFlag = OFlag::empty();

/// See [`WriteComplete::may_have_written`](super::WriteComplete::may_have_written).
pub(super) fn may_have_written(descriptor: impl AsFd, error: &io::Error) -> bool {
    let comes_of_the_medium = [Errno::EIO, Errno::ENOSPC, Errno::EDQUOT].map(|code| code as i32);
    let code = crate::error::raw_os_error(error);
    code.is_some_and(|code| comes_of_the_medium.contains(&code))
        && flags(descriptor).is_ok_and(|flags| flags.intersects(REACH_THE_MEDIUM))
}

/// Closes with the answer of `close(2)`. Whatever it says, the descriptor is gone.
pub(super) fn close(descriptor: impl Into<OwnedFd>) -> io::Result<()> {
    match nix::unistd::close(descriptor.into()) {
        Ok(()) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether writes go to the end, wherever they were meant for.
pub(crate) fn appends(descriptor: impl AsFd) -> io::Result<bool> {
    Ok(flags(descriptor)?.contains(OFlag::O_APPEND))
}

fn flags(descriptor: impl AsFd) -> io::Result<OFlag> {
    Ok(OFlag::from_bits_retain(fcntl(descriptor, FcntlArg::F_GETFL)?))
}
