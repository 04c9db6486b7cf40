//! Operations of one poll.

use std::{
    io::{self, IoSlice, SeekFrom},
    task::Poll,
};

use async_write_complete::{Submitted, Ticket};

use crate::{
    describe::{Describe, counted},
    judge::Judged,
    need::Need,
    trial::Trial,
};

impl Trial<'_> {
    /// A submission.
    pub(crate) fn submit(&mut self, buf: &[u8]) -> Judged<Poll<io::Result<Submitted>>> {
        self.poll(submission_of(buf), |writer, cx| writer.poll_write_submit(cx, buf))
    }

    /// A vectored submission.
    pub(crate) fn submit_vectored(&mut self, bufs: &[&[u8]]) -> Judged<Poll<io::Result<Submitted>>> {
        let slices: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
        self.poll(slices_of(bufs), |writer, cx| writer.poll_write_submit_vectored(cx, &slices))
    }

    /// A submission by `Bytes`.
    #[cfg(feature = "bytes")]
    pub(crate) fn submit_bytes(&mut self, buf: &[u8]) -> Judged<Poll<io::Result<Submitted>>> {
        self.needs(Need::Bytes)?;
        let bytes = bytes::Bytes::copy_from_slice(buf);
        self.poll(bytes_of(buf), |mut writer, cx| writer.poll_submit_bytes(cx, &bytes))
    }

    /// A submission by `Bytes`.
    #[cfg(not(feature = "bytes"))]
    pub(crate) fn submit_bytes(&mut self, _: &[u8]) -> Judged<Poll<io::Result<Submitted>>> {
        self.needs(Need::Bytes).map(|()| Poll::Pending)
    }

    /// The question for a ticket.
    pub(crate) fn ask(&mut self, ticket: Ticket) -> Judged<Poll<io::Result<usize>>> {
        let what = format!("poll_write_complete({})", ticket.describe());
        let polled = self.poll(what, |writer, cx| writer.poll_write_complete(cx, ticket))?;
        if polled.is_ready() {
            self.answered(ticket);
        }
        Ok(polled)
    }

    /// What the writer says is outstanding.
    pub(crate) fn outstanding(&mut self) -> Judged<Option<Ticket>> {
        let Some(writer) = &self.writer else { return Err(self.unclear("the writer is gone")) };
        let outstanding = writer.outstanding();
        self.note("outstanding", outstanding.describe());
        Ok(outstanding)
    }

    /// A close.
    pub(crate) fn close(&mut self) -> Judged<Poll<io::Result<()>>> {
        self.poll("poll_close_complete", |writer, cx| writer.poll_close_complete(cx))
    }

    /// A flush, where the trait has no tickets.
    pub(crate) fn flush(&mut self) -> Judged<Poll<io::Result<()>>> {
        self.needs(Need::Flush)?;
        self.poll("poll_flush", |mut writer, cx| writer.poll_flush(cx))
    }

    /// A seek.
    pub(crate) fn seek(&mut self, pos: SeekFrom) -> Judged<Poll<io::Result<u64>>> {
        self.needs(Need::Seek)?;
        self.poll(format!("poll_seek({pos:?})"), |mut writer, cx| writer.poll_seek(cx, pos))
    }

    /// A read of at most `len` bytes.
    pub(crate) fn read(&mut self, len: usize) -> Judged<Poll<io::Result<Vec<u8>>>> {
        self.needs(Need::Read)?;
        let mut buf = vec![0; len];
        self.poll(format!("poll_read({})", counted(len, "byte")), |mut writer, cx| {
            writer.poll_read(cx, &mut buf).map_ok(|n| buf.get(..n).unwrap_or(&buf).to_vec())
        })
    }
}

/// How the story names a submission of `buf`.
pub(super) fn submission_of(buf: &[u8]) -> String {
    const SHOWN: usize = 32;
    let more = if buf.len() > SHOWN { format!(".. {} bytes", buf.len()) } else { String::new() };
    format!("poll_write_submit(\"{}\"{more})", buf[..buf.len().min(SHOWN)].escape_ascii())
}

#[cfg(feature = "bytes")]
pub(super) fn bytes_of(buf: &[u8]) -> String {
    format!("poll_write_submit_bytes({} bytes)", buf.len())
}

pub(super) fn slices_of(bufs: &[&[u8]]) -> String {
    let lengths: Vec<_> = bufs.iter().map(|buf| buf.len()).collect();
    format!("poll_write_submit_vectored(slices of {lengths:?} bytes)")
}
