//! [`Cursor`]: where the caller believes the destination's cursor is, and what was fetched beyond that.

use std::{
    io::{self, SeekFrom},
    time::{Duration, Instant},
};

use super::{buffer::Buffer, discarded::Discarded};

/// How old an end may be that a read returns. A task that waits for a read polls long before; an older end is that of a
/// read that was dropped, and the destination may have grown since.
const END_LASTS: Duration = Duration::from_millis(100);

/// The state of reads and seeks (rule O2).
///
/// A read fetches bytes on the pool, and hands them out when it is polled again. A read that was dropped leaves its
/// bytes to the next one; before a write the cursor goes back over them instead. A seek is answered to the next poll
/// with the same position, and forgotten when another operation begins.
pub(super) struct Cursor {
    fetched: Buffer,
    handed_out: usize,
    /// A read that fetched nothing, and when it did: the end, or its error.
    end: Option<(io::Result<()>, Instant)>,
    /// An old end was looked for again, which is done once: a caller who always comes late has to come to it.
    retried_end: bool,
    seek: Option<Seek>,
    /// The cursor could not be moved back, and that was not reported to a write.
    seek_back_failed: Option<io::Error>,
    /// Whether the destination has a cursor that can be moved back.
    can_seek_back: bool,
}

struct Seek {
    to: SeekFrom,
    result: Option<io::Result<u64>>,
}

impl Cursor {
    pub(super) const fn new() -> Self {
        Self {
            fetched: Buffer::new(),
            handed_out: 0,
            end: None,
            retried_end: false,
            seek: None,
            seek_back_failed: None,
            can_seek_back: true,
        }
    }

    /// How far the destination's cursor is ahead of what was handed out.
    pub(super) fn ahead(&self) -> usize {
        self.fetched.bytes().len() - self.handed_out
    }

    /// Answers a read from what was fetched, if there is anything.
    pub(super) fn answer_read(&mut self, buf: &mut [u8]) -> Option<io::Result<usize>> {
        if let Some((end, found)) = self.end.take() {
            self.retried_end = end.is_ok() && !self.retried_end && found.elapsed() > END_LASTS;
            return if self.retried_end { None } else { Some(end.map(|()| 0)) };
        }
        let rest = &self.fetched.bytes()[self.handed_out..];
        if rest.is_empty() {
            return None;
        }
        let n = buf.len().min(rest.len());
        buf[..n].copy_from_slice(&rest[..n]);
        self.handed_out += n;
        Some(Ok(n))
    }

    /// Takes out the buffer of a read whose bytes are all handed out.
    pub(super) fn take_buffer(&mut self) -> Buffer {
        if self.ahead() > 0 {
            return Buffer::new();
        }
        self.handed_out = 0;
        std::mem::take(&mut self.fetched)
    }

    /// Needs no more memory than it has bytes, since the handle is idle. Returns what is to be freed.
    pub(super) fn shrink(&mut self) -> Buffer {
        self.fetched.shrink();
        self.take_buffer()
    }

    pub(super) fn fetched(&mut self, mut buffer: Buffer, result: io::Result<usize>) {
        self.handed_out = 0;
        buffer.truncate(*result.as_ref().unwrap_or(&0));
        self.fetched = buffer;
        match result {
            Ok(1..) => self.retried_end = false,
            end => self.end = Some((end.map(drop), Instant::now())),
        }
    }

    /// How far the cursor has to go back before a write.
    pub(super) fn back_by(&self) -> u64 {
        if self.can_seek_back { self.ahead() as u64 } else { 0 }
    }

    /// The cursor was moved back, or cannot be.
    pub(super) fn moved_back(&mut self, result: io::Result<bool>) {
        match result {
            Ok(true) => self.drop_fetched(),
            Ok(false) => self.can_seek_back = false,
            Err(error) => self.seek_back_failed = Some(error),
        }
    }

    /// The cursor is where the caller believes it.
    fn drop_fetched(&mut self) {
        self.fetched.truncate(0);
        self.handed_out = 0;
    }

    /// Why the write that waits for the cursor cannot be made; nothing, if the bytes were read out since.
    pub(super) fn take_seek_back_failure(&mut self) -> Option<io::Error> {
        self.seek_back_failed.take()
    }

    /// A seek to `to` begins. Returns where that is as seen from the destination's cursor.
    pub(super) fn begin_seek(&mut self, to: SeekFrom) -> SeekFrom {
        self.seek = Some(Seek { to, result: None });
        match to {
            SeekFrom::Current(n) => SeekFrom::Current(n.saturating_sub(self.ahead() as i64)),
            to => to,
        }
    }

    pub(super) fn seek_ended(&mut self, result: io::Result<u64>) {
        if result.is_ok() {
            self.drop_fetched();
        }
        if let Some(seek) = &mut self.seek {
            seek.result = Some(result);
        }
    }

    /// The answer of a seek to `to` that has ended.
    pub(super) fn take_seek_result(&mut self, to: SeekFrom) -> Option<io::Result<u64>> {
        self.seek.take_if(|seek| seek.to == to && seek.result.is_some())?.result
    }

    /// A read is answered: no poll will take the result of the last seek, and if all that was fetched is handed out, no
    /// write waits for the cursor to go back.
    pub(super) fn forget_seek(&mut self, discarded: &mut Discarded) {
        discarded.add(self.seek.take().and_then(|seek| seek.result?.err()));
        if self.ahead() == 0 {
            discarded.add(self.seek_back_failed.take());
        }
    }

    /// Another operation begins: no poll will take the result of the last seek, and what was the end may be none any
    /// more.
    pub(super) fn forget(&mut self, moves: bool, discarded: &mut Discarded) {
        self.forget_seek(discarded);
        discarded.add(self.seek_back_failed.take());
        let end = self.end.take_if(|(end, _)| moves || end.is_ok());
        discarded.add(end.and_then(|(end, _)| end.err()));
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod old_end;
#[cfg(test)]
mod tests;
