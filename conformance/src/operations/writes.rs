//! Operations that are carried to their end, and writes that are left where they are.

use std::{
    io::{self, IoSlice, SeekFrom},
    task::Poll,
    time::Duration,
};

use async_write_complete::{Submitted, Ticket};

use super::polls::{slices_of, submission_of};
use crate::{
    certify::Carrier,
    describe::{Describe, counted},
    judge::Judged,
    need::Need,
    trial::{Trial, no_sense, not_observed, well},
};

impl Trial<'_> {
    /// Submits `buf`, and polls until it is taken or refused.
    pub(crate) fn submit_to_end(&mut self, buf: &[u8]) -> Judged<io::Result<Submitted>> {
        self.carry(submission_of(buf), |writer, cx| writer.poll_write_submit(cx, buf))
    }

    /// Submits `buf` by `Bytes`, and polls until it is taken or refused.
    #[cfg(feature = "bytes")]
    pub(crate) fn submit_bytes_to_end(&mut self, buf: &[u8]) -> Judged<io::Result<Submitted>> {
        self.needs(Need::Bytes)?;
        let bytes = bytes::Bytes::copy_from_slice(buf);
        self.carry(super::polls::bytes_of(buf), |mut writer, cx| writer.poll_submit_bytes(cx, &bytes))
    }

    /// Submits `buf` by `Bytes`, and polls until it is taken or refused.
    #[cfg(not(feature = "bytes"))]
    pub(crate) fn submit_bytes_to_end(&mut self, _: &[u8]) -> Judged<io::Result<Submitted>> {
        self.needs(Need::Bytes).map(|()| Err(io::ErrorKind::Unsupported.into()))
    }

    /// Submits `buf`, and carries the write to its end. Gives the ticket, if there was one, and the answer.
    pub(crate) fn write_with_ticket(&mut self, buf: &[u8]) -> Judged<(Option<Ticket>, io::Result<usize>)> {
        let submitted = self.submit_to_end(buf)?;
        Ok((submitted.as_ref().map_or(None, Submitted::ticket), self.answer(submitted)?))
    }

    /// Submits `buf`, and carries the write to its end.
    pub(crate) fn write(&mut self, buf: &[u8]) -> Judged<io::Result<usize>> {
        Ok(self.write_with_ticket(buf)?.1)
    }

    /// Submits the concatenation of `bufs`, and carries the write to its end.
    pub(crate) fn write_vectored(&mut self, bufs: &[&[u8]]) -> Judged<io::Result<usize>> {
        let slices: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
        let submitted = self.carry(slices_of(bufs), |writer, cx| writer.poll_write_submit_vectored(cx, &slices))?;
        self.answer(submitted)
    }

    /// Submits `buf` by `Bytes`, and carries the write to its end.
    pub(crate) fn write_bytes(&mut self, buf: &[u8]) -> Judged<io::Result<usize>> {
        let submitted = self.submit_bytes_to_end(buf)?;
        self.answer(submitted)
    }

    fn answer(&mut self, submitted: io::Result<Submitted>) -> Judged<io::Result<usize>> {
        match submitted {
            Err(error) => Ok(Err(error)),
            Ok(Submitted::Complete(n)) => Ok(Ok(n)),
            Ok(Submitted::InFlight(ticket)) => self.finish(ticket),
        }
    }

    /// Writes all of `buf`; the case says nothing if that does not succeed.
    pub(crate) fn write_all(&mut self, mut buf: &[u8]) -> Judged {
        while !buf.is_empty() {
            let n = well(self.write(buf)?, "a write that nothing disturbs")?;
            self.require(
                (1..=buf.len()).contains(&n),
                format_args!("a write of {} answers {n}, of which W2 says more", counted(buf.len(), "byte")),
            )?;
            buf = &buf[n..];
        }
        Ok(())
    }

    /// Carries the write of `ticket` to its end.
    pub(crate) fn finish(&mut self, ticket: Ticket) -> Judged<io::Result<usize>> {
        let what = format!("poll_write_complete({})", ticket.describe());
        let answer = self.carry(what, |writer, cx| writer.poll_write_complete(cx, ticket))?;
        self.answered(ticket);
        Ok(answer)
    }

    /// Asks for the last write, if it was not answered; where the trait has no tickets, flushes.
    pub(crate) fn settle(&mut self) -> Judged<io::Result<()>> {
        if self.kit.declared.flushes {
            return self.flush_to_end();
        }
        match self.unanswered() {
            Some(ticket) => Ok(self.finish(ticket)?.map(drop)),
            None => Ok(Ok(())),
        }
    }

    /// Settles; the case says nothing if that fails.
    pub(crate) fn settled(&mut self) -> Judged {
        well(self.settle()?, "what became of a write that nothing disturbs")
    }

    /// Carries a flush to its end.
    pub(crate) fn flush_to_end(&mut self) -> Judged<io::Result<()>> {
        self.needs(Need::Flush)?;
        self.carry("poll_flush", |mut writer, cx| writer.poll_flush(cx))
    }

    /// Carries a close to its end.
    pub(crate) fn close_to_end(&mut self) -> Judged<io::Result<()>> {
        self.carry("poll_close_complete", |writer, cx| writer.poll_close_complete(cx))
    }

    /// Carries a seek to its end.
    pub(crate) fn seek_to_end(&mut self, pos: SeekFrom) -> Judged<io::Result<u64>> {
        self.needs(Need::Seek)?;
        self.carry(format!("poll_seek({pos:?})"), |mut writer, cx| writer.poll_seek(cx, pos))
    }

    /// Carries a read of at most `len` bytes to its end.
    pub(crate) fn read_to_end(&mut self, len: usize) -> Judged<io::Result<Vec<u8>>> {
        self.needs(Need::Read)?;
        let mut buf = vec![0; len];
        self.carry(format!("poll_read({})", counted(len, "byte")), |mut writer, cx| {
            writer.poll_read(cx, &mut buf).map_ok(|n| buf.get(..n).unwrap_or(&buf).to_vec())
        })
    }

    /// Submits `buf`, and asks for nothing; the case is left out if the write is complete or fails at once.
    pub(crate) fn submit_unanswered(&mut self, buf: &[u8]) -> Judged<Ticket> {
        match self.submit_to_end(buf)? {
            Ok(Submitted::InFlight(ticket)) => Ok(ticket),
            Ok(Submitted::Complete(_)) => no_sense("a write is complete when it was submitted"),
            Err(_) => no_sense("a submission itself fails"),
        }
    }

    /// Submits `buf` to a destination that is held, and asks for nothing. Gives its ticket; `None` where the trait has
    /// none. The case is left out if the write is not in flight, whole, while the destination is held.
    pub(crate) fn hold_in_flight(&mut self, buf: &[u8]) -> Judged<Option<Ticket>> {
        self.hold()?;
        let submitted = match self.submit_or_wait(buf)? {
            Poll::Pending => return no_sense("the writer takes nothing while its destination is held"),
            Poll::Ready(Err(error)) => {
                return not_observed(format!("a submission to a held destination fails: {error}"));
            }
            Poll::Ready(Ok(submitted)) => submitted,
        };
        match submitted.ticket() {
            Some(ticket) if ticket.len() < buf.len() => no_sense("the writer takes less than it is given"),
            // It is answered early, which W1 judges, or by a way that nothing holds.
            None if self.kit.declared.tickets => {
                no_sense("a write is complete at once, though the destination is held")
            }
            ticket => Ok(ticket),
        }
    }

    /// Submits `buf` to a destination that is held; the case makes no sense without a ticket.
    pub(crate) fn in_flight(&mut self, buf: &[u8]) -> Judged<Ticket> {
        match self.hold_in_flight(buf)? {
            Some(ticket) => Ok(ticket),
            None => no_sense("the trait has no tickets"),
        }
    }

    /// One poll of a submission, and a second one where a thread behind the writer has made room meanwhile.
    fn submit_or_wait(&mut self, buf: &[u8]) -> Judged<Poll<io::Result<Submitted>>> {
        /// A writer that takes longer leaves the case out.
        const MOMENT: Duration = Duration::from_millis(20);
        let wakes = self.task.wakes();
        let submitted = self.submit(buf)?;
        if submitted.is_pending() && self.kit.declared.carrier == Carrier::Others && self.task.wait(wakes, MOMENT) {
            return self.submit(buf);
        }
        Ok(submitted)
    }
}
