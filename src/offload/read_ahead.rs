//! [`ReadAhead`]: what was read ahead of the caller, and the operations that move the destination's cursor.

use std::io::{self, Read, Seek, SeekFrom};

use super::{job::Reply, state::Report};
use crate::guard::{checked_count, quietly, transparent};

/// How many bytes one read fetches at most.
const MAX_READ: usize = 1 << 20;

/// What the asynchronous side knows of the destination's cursor.
///
/// The cursor is where the reads ended that were *fetched*; the caller believes it where the reads ended that were
/// *handed out*. An abandoned read makes the two differ. The next read gets its bytes; a write, or anything else that
/// depends on the cursor, first has it moved back.
#[derive(Debug)]
pub(super) struct ReadAhead {
    /// Fetched bytes; those from `handed_out` on have not been handed out.
    bytes: Vec<u8>,
    handed_out: usize,
    /// A read found no bytes, or failed, and nobody has been told: the next read is.
    end: Option<io::Result<()>>,
    /// The operation whose result is not yet in here.
    outstanding: Option<Outstanding>,
    /// False once the destination has said that there is nothing to move back.
    can_unread: bool,
}

#[derive(Debug)]
enum Outstanding {
    Read(Reply<io::Result<Vec<u8>>>),
    Unread(Reply<io::Result<bool>>),
    Seek(SeekFrom, Reply<io::Result<u64>>),
}

/// What the outstanding operation ended with. Whoever did not ask for it lets it go with the caller who did.
#[derive(Debug)]
pub(super) enum Ended {
    /// There was none, or it was a read: its result is kept for the next one.
    Nothing,
    /// The cursor was moved back, or is not to be.
    Unread(io::Result<()>),
    /// A seek reached this position.
    Seek(io::Result<u64>),
}

impl ReadAhead {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), handed_out: 0, end: None, outstanding: None, can_unread: true }
    }

    /// How far the cursor is ahead of what was handed out.
    pub(super) fn ahead(&self) -> usize {
        self.bytes.len() - self.handed_out
    }

    /// How far it must be moved back before a write.
    pub(super) fn to_unread(&self) -> usize {
        if self.can_unread { self.ahead() } else { 0 }
    }

    /// Hands out what was fetched.
    pub(super) fn hand_out(&mut self, buf: &mut [u8]) -> usize {
        let n = buf.len().min(self.ahead());
        buf[..n].copy_from_slice(&self.bytes[self.handed_out..self.handed_out + n]);
        self.handed_out += n;
        n
    }

    /// Whether there is an operation to [collect](Self::collect).
    pub(super) fn is_outstanding(&self) -> bool {
        self.outstanding.is_some()
    }

    pub(super) fn is_unreading(&self) -> bool {
        matches!(self.outstanding, Some(Outstanding::Unread(_)))
    }

    /// Whether a seek to `pos` is outstanding.
    pub(super) fn is_seeking(&self, pos: SeekFrom) -> bool {
        matches!(&self.outstanding, Some(Outstanding::Seek(to, _)) if *to == pos)
    }

    /// Takes in the result of the outstanding operation, which has ended; `lost` says why it left none.
    pub(super) fn collect(&mut self, lost: impl FnOnce() -> io::Error) -> Ended {
        match self.outstanding.take() {
            None => Ended::Nothing,
            Some(Outstanding::Read(reply)) => {
                match reply.result(lost) {
                    Ok(bytes) => (self.bytes, self.handed_out) = (bytes, 0),
                    Err(error) => self.end = Some(Err(error)),
                }
                if self.bytes.is_empty() && self.end.is_none() {
                    self.end = Some(Ok(()));
                }
                Ended::Nothing
            }
            Some(Outstanding::Unread(reply)) => Ended::Unread(reply.result(lost).map(|moved| {
                self.can_unread = moved;
                if moved {
                    self.clear();
                }
            })),
            Some(Outstanding::Seek(_, reply)) => {
                let sought = reply.result(lost);
                if sought.is_ok() {
                    self.clear();
                }
                Ended::Seek(sought)
            }
        }
    }

    /// The end that a read met, for whoever reads next.
    pub(super) fn take_end(&mut self) -> Option<io::Result<()>> {
        self.end.take()
    }

    /// The destination may be about to change behind the cursor: an end that nobody was told of may be none any more.
    pub(super) fn forget_end(&mut self) {
        self.end.take_if(|end| end.is_ok());
    }

    /// The cursor is elsewhere now.
    fn clear(&mut self) {
        self.bytes.clear();
        self.handed_out = 0;
        let end = self.end.take();
        quietly(|| drop(end));
    }

    /// An operation that fetches up to `len` bytes.
    pub(super) fn read<T: Read>(&mut self, len: usize) -> impl FnOnce(&mut T) -> io::Result<Report> + Send + use<T> {
        let (reply, mut bytes) = (Reply::new(), std::mem::take(&mut self.bytes));
        self.handed_out = 0;
        self.outstanding = Some(Outstanding::Read(reply.clone()));
        move |destination| {
            bytes.resize(len.min(MAX_READ), 0);
            let read = transparent(|| destination.read(&mut bytes)).and_then(|n| checked_count(n, bytes.len()));
            reply.answer(read.map(|n| {
                bytes.truncate(n);
                bytes
            }))
        }
    }

    /// An operation that moves the cursor back to where the handed-out reads ended.
    pub(super) fn unread<T>(
        &mut self,
        unread: fn(&mut T, u64) -> io::Result<bool>,
    ) -> impl FnOnce(&mut T) -> io::Result<Report> + Send + use<T> {
        let (reply, ahead) = (Reply::new(), self.ahead() as u64);
        self.outstanding = Some(Outstanding::Unread(reply.clone()));
        move |destination| reply.answer(transparent(|| unread(destination, ahead)))
    }

    /// An operation that seeks to `pos`, as seen from where the handed-out reads ended.
    pub(super) fn seek<T: Seek>(&mut self, pos: SeekFrom) -> impl FnOnce(&mut T) -> io::Result<Report> + Send + use<T> {
        let (reply, ahead) = (Reply::new(), self.ahead() as i64);
        self.outstanding = Some(Outstanding::Seek(pos, reply.clone()));
        move |destination| {
            let from_cursor = match pos {
                SeekFrom::Current(n) => SeekFrom::Current(n.saturating_sub(ahead)),
                pos => pos,
            };
            reply.answer(transparent(|| destination.seek(from_cursor)))
        }
    }
}
