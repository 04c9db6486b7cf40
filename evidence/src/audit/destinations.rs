//! Destinations that answer by a script, in memory.

use std::{
    io::{self, ErrorKind, Write},
    sync::{Arc, Mutex, PoisonError},
};

use async_write_complete::WriteComplete;

/// What a destination does with its next non-empty write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Takes at most so many bytes, and none after them.
    Take(usize),
    /// Fails with EINTR, then takes everything.
    Interrupt,
    /// Takes everything.
    TakeAll,
}

/// A destination in memory. What arrived can be looked at through [`Arrived`] at any time.
#[derive(Debug)]
pub(crate) struct Scripted {
    next: Next,
    arrived: Arrived,
}

/// The bytes that a destination has taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrived(Arc<Mutex<Vec<u8>>>);

impl Scripted {
    /// Takes `bytes` bytes, then answers `Ok(0)` for ever.
    pub(crate) fn full_after(bytes: usize) -> Self {
        Scripted { next: Next::Take(bytes), arrived: Arrived::default() }
    }

    /// Answers its first write with `Interrupted`, then takes everything.
    pub(crate) fn interrupted_once() -> Self {
        Scripted { next: Next::Interrupt, arrived: Arrived::default() }
    }

    /// A view of what arrives.
    pub(crate) fn arrived(&self) -> Arrived {
        self.arrived.clone()
    }
}

impl Arrived {
    /// A copy of the bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, bytes: &[u8]) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        bytes.len()
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // `Unblock` ends each run of writes with an empty one; it is no step of the script.
        if bytes.is_empty() {
            return Ok(0);
        }
        match self.next {
            Next::TakeAll => Ok(self.arrived.take(bytes)),
            Next::Interrupt => {
                self.next = Next::TakeAll;
                Err(ErrorKind::Interrupted.into())
            }
            Next::Take(left) => {
                let count = self.arrived.take(&bytes[..left.min(bytes.len())]);
                self.next = Next::Take(left - count);
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `write` takes has arrived when it returns.
impl WriteComplete for Scripted {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_destination_takes_its_share_and_no_more() {
        let mut destination = Scripted::full_after(5);
        let arrived = destination.arrived();
        assert_eq!(destination.write(b"abc").expect("a count"), 3);
        assert_eq!(destination.write(b"defgh").expect("a count"), 2);
        assert_eq!(destination.write(b"fgh").expect("a count"), 0);
        assert_eq!(arrived.bytes(), b"abcde");
    }

    #[test]
    fn an_interruption_happens_once_and_takes_nothing() {
        let mut destination = Scripted::interrupted_once();
        let arrived = destination.arrived();
        assert_eq!(destination.write(b"").expect("a count"), 0);
        assert_eq!(destination.write(b"abc").expect_err("once").kind(), ErrorKind::Interrupted);
        assert_eq!(arrived.bytes(), b"");
        assert_eq!(destination.write(b"abc").expect("a count"), 3);
        assert_eq!(arrived.bytes(), b"abc");
    }
}
