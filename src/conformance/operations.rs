//! The operations of a writer, as a [`Trial`] does them: one poll each, or to the end.

use std::{
    fmt,
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

#[cfg(feature = "bytes")]
use bytes::Bytes;

use super::{
    certify::Carrier,
    judge::{Judged, Stop},
    need::Need,
    tell::counted,
    trial::{Trial, well},
};
use crate::write::{AsyncWriteComplete, Submitted, Ticket};

/// A write-side operation, to be tried in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Of [`NEXT`].
    Submit,
    /// Of [`NEXT`] in two slices, with empty ones between.
    SubmitVectored,
    Barrier,
    /// To where it is.
    Seek,
    Sync,
    Close,
}

impl Operation {
    /// All of them.
    pub(super) const ALL: [Self; 6] =
        [Self::Submit, Self::SubmitVectored, Self::Barrier, Self::Seek, Self::Sync, Self::Close];

    /// What a case needs that tries it on a write which is outstanding.
    pub(super) const fn needs(self) -> &'static [Need] {
        match self {
            Self::Submit | Self::SubmitVectored | Self::Barrier => &[Need::Hold],
            Self::Seek => &[Need::Hold, Need::Seek],
            Self::Sync => &[Need::Hold, Need::Sync],
            Self::Close => &[Need::Hold, Need::Close],
        }
    }
}

/// The method that does it.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submit => "poll_write_submit",
            Self::SubmitVectored => "poll_write_submit_vectored",
            Self::Barrier => "poll_write_submit of no bytes",
            Self::Seek => "poll_seek",
            Self::Sync => "a sync",
            Self::Close => "poll_close_complete",
        })
    }
}

/// What the operations submit.
pub(super) const NEXT: &[u8] = b"next";

impl<W: AsyncWriteComplete + 'static> Trial<'_, W> {
    /// The write-side operations of this writer.
    pub(super) fn operations(&self) -> Vec<Operation> {
        let able = |operation: &Operation| match operation {
            Operation::Seek => self.can(Need::Seek),
            Operation::Sync => self.can(Need::Sync),
            Operation::Close => self.can(Need::Close),
            Operation::Submit | Operation::SubmitVectored | Operation::Barrier => true,
        };
        Operation::ALL.into_iter().filter(able).collect()
    }

    /// The case is left out for want of `need`.
    fn lacks(&self, need: Need) -> Stop {
        Stop::Skip(self.kit.unmet(need).unwrap_or_default())
    }

    /// One poll of a submission.
    pub(super) fn submit(&mut self, buf: &[u8]) -> Judged<Poll<io::Result<Submitted>>> {
        self.poll(submission_of(buf), |writer, cx| writer.poll_write_submit(cx, buf))
    }

    /// One poll of a vectored submission.
    pub(super) fn submit_vectored(&mut self, bufs: &[&[u8]]) -> Judged<Poll<io::Result<Submitted>>> {
        let slices: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
        self.poll(slices_of(bufs), |writer, cx| writer.poll_write_submit_vectored(cx, &slices))
    }

    /// One poll of a submission by `Bytes`.
    #[cfg(feature = "bytes")]
    pub(super) fn submit_bytes(&mut self, buf: &[u8]) -> Judged<Poll<io::Result<Submitted>>> {
        let bytes = Bytes::copy_from_slice(buf);
        self.poll(bytes_of(buf), |writer, cx| writer.poll_write_submit_bytes(cx, &bytes))
    }

    /// One poll of a barrier.
    pub(super) fn barrier(&mut self) -> Judged<Poll<io::Result<Submitted>>> {
        self.submit(&[])
    }

    /// One poll for a ticket.
    pub(super) fn ask(&mut self, ticket: Ticket) -> Judged<Poll<io::Result<usize>>> {
        let what = format!("poll_write_complete(a ticket for {})", counted(ticket.len(), "byte"));
        self.poll(what, |writer, cx| writer.poll_write_complete(cx, ticket))
    }

    /// One poll of a close.
    pub(super) fn close(&mut self) -> Judged<Poll<io::Result<()>>> {
        self.poll("poll_close_complete", |writer, cx| writer.poll_close_complete(cx))
    }

    /// One poll of a seek.
    pub(super) fn seek(&mut self, pos: SeekFrom) -> Judged<Poll<io::Result<u64>>> {
        let Some(seek) = self.kit.seek else { return Err(self.lacks(Need::Seek)) };
        self.poll(format!("poll_seek({pos:?})"), |writer, cx| seek(writer, cx, pos))
    }

    /// One poll of a read of at most `len` bytes.
    pub(super) fn read(&mut self, len: usize) -> Judged<Poll<io::Result<Vec<u8>>>> {
        let Some(read) = self.kit.read else { return Err(self.lacks(Need::Read)) };
        let mut buf = vec![0; len];
        self.poll(format!("poll_read({})", counted(len, "byte")), |writer, cx| {
            read(writer, cx, &mut buf).map_ok(|n| buf.get(..n).unwrap_or(&buf).to_vec())
        })
    }

    /// One poll of a new sync, whose future is dropped then.
    pub(super) fn sync_once(&mut self) -> Judged<Poll<io::Result<()>>> {
        self.drive_sync(|_, _, _| false)
    }

    /// A whole sync.
    pub(super) fn sync(&mut self) -> Judged<io::Result<()>> {
        let mut in_vain = 0;
        let polled = self.drive_sync(|trial, _, wakes| {
            in_vain = if trial.is_woken_after(wakes) { 0 } else { in_vain + 1 };
            in_vain < 3
        })?;
        match polled {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending => Err(self.never_ready("sync")),
        }
    }

    /// Polls one future of a sync until it is ready, or `goes_on` says after how many polls, and how often the task had been
    /// woken before the last one, that it is dropped.
    pub(super) fn drive_sync(
        &mut self,
        mut goes_on: impl FnMut(&mut Self, usize, usize) -> bool,
    ) -> Judged<Poll<io::Result<()>>> {
        let Some(sync) = self.kit.sync else { return Err(self.lacks(Need::Sync)) };
        let Some(mut writer) = self.writer.take() else { return Err(self.unclear("the writer is gone")) };
        let mut future = sync(writer.as_mut());
        let mut polls = 0;
        let polled = loop {
            let (task, wakes) = (self.task.clone(), self.task.wakes());
            let polled = self.poll_outside("sync", || task.poll(|cx| future.as_mut().poll(cx)));
            polls += 1;
            if !matches!(polled, Ok(Poll::Pending)) || !goes_on(self, polls, wakes) {
                break polled;
            }
        };
        drop(future);
        self.writer = Some(writer);
        polled
    }

    /// Lets all go on; whether the task is woken once more than `wakes` times.
    pub(super) fn is_woken_after(&mut self, wakes: usize) -> bool {
        self.advance();
        self.task.wait(wakes, self.kit.how_patient())
    }

    /// Submits `buf`, and polls until it is taken or refused.
    pub(super) fn submit_to_end(&mut self, buf: &[u8]) -> Judged<io::Result<Submitted>> {
        self.carry(submission_of(buf), |writer, cx| writer.poll_write_submit(cx, buf))
    }

    /// Submits `buf`, and carries the write to its end. Gives the ticket, if there was one, and the answer.
    pub(super) fn write_with_ticket(&mut self, buf: &[u8]) -> Judged<(Option<Ticket>, io::Result<usize>)> {
        let submitted = self.submit_to_end(buf)?;
        Ok((submitted.as_ref().map_or(None, Submitted::ticket), self.answer(submitted)?))
    }

    /// The same of the concatenation of `bufs`.
    pub(super) fn write_vectored(&mut self, bufs: &[&[u8]]) -> Judged<io::Result<usize>> {
        let slices: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
        let submitted = self.carry(slices_of(bufs), |writer, cx| writer.poll_write_submit_vectored(cx, &slices))?;
        self.answer(submitted)
    }

    /// The same of `buf` by `Bytes`.
    #[cfg(feature = "bytes")]
    pub(super) fn write_bytes(&mut self, buf: &[u8]) -> Judged<io::Result<usize>> {
        let bytes = Bytes::copy_from_slice(buf);
        let submitted = self.carry(bytes_of(buf), |writer, cx| writer.poll_write_submit_bytes(cx, &bytes))?;
        self.answer(submitted)
    }

    fn answer(&mut self, submitted: io::Result<Submitted>) -> Judged<io::Result<usize>> {
        match submitted {
            Err(error) => Ok(Err(error)),
            Ok(Submitted::Complete(n)) => Ok(Ok(n)),
            Ok(Submitted::InFlight(ticket)) => self.finish(ticket),
        }
    }

    /// Submits `buf`, and carries the write to its end.
    pub(super) fn write(&mut self, buf: &[u8]) -> Judged<io::Result<usize>> {
        Ok(self.write_with_ticket(buf)?.1)
    }

    /// Writes all of `buf`; the case says nothing if that does not succeed.
    pub(super) fn write_all(&mut self, mut buf: &[u8]) -> Judged {
        while !buf.is_empty() {
            let n = well(self.write(buf)?, "a write that nothing disturbs")?;
            self.require(
                (1..=buf.len()).contains(&n),
                format_args!("a write of {} answers {n}", counted(buf.len(), "byte")),
            )?;
            buf = &buf[n..];
        }
        Ok(())
    }

    /// Carries the write of `ticket` to its end.
    pub(super) fn finish(&mut self, ticket: Ticket) -> Judged<io::Result<usize>> {
        let what = format!("poll_write_complete(a ticket for {})", counted(ticket.len(), "byte"));
        self.carry(what, |writer, cx| writer.poll_write_complete(cx, ticket))
    }

    /// Carries a barrier to its end.
    pub(super) fn settle(&mut self) -> Judged<io::Result<Submitted>> {
        self.carry("poll_write_submit(\"\")", |writer, cx| writer.poll_write_submit(cx, &[]))
    }

    /// Carries a barrier to its end; the case says nothing if it fails.
    pub(super) fn settled(&mut self) -> Judged {
        well(self.settle()?, "a barrier").map(drop)
    }

    /// Carries a close to its end.
    pub(super) fn close_to_end(&mut self) -> Judged<io::Result<()>> {
        self.carry("poll_close_complete", |writer, cx| writer.poll_close_complete(cx))
    }

    /// Carries a seek to its end.
    pub(super) fn seek_to_end(&mut self, pos: SeekFrom) -> Judged<io::Result<u64>> {
        let Some(seek) = self.kit.seek else { return Err(self.lacks(Need::Seek)) };
        self.carry(format!("poll_seek({pos:?})"), |writer, cx| seek(writer, cx, pos))
    }

    /// Carries a read of at most `len` bytes to its end.
    pub(super) fn read_to_end(&mut self, len: usize) -> Judged<io::Result<Vec<u8>>> {
        let Some(read) = self.kit.read else { return Err(self.lacks(Need::Read)) };
        let mut buf = vec![0; len];
        self.carry(format!("poll_read({})", counted(len, "byte")), |writer, cx| {
            read(writer, cx, &mut buf).map_ok(|n| buf.get(..n).unwrap_or(&buf).to_vec())
        })
    }

    /// Submits `buf` to a destination that is held, for nobody to ask for. Gives its ticket; `None` where the trait has
    /// none. The case is left out if the write is not outstanding, whole, while it is held.
    pub(super) fn orphan(&mut self, buf: &[u8]) -> Judged<Option<Ticket>> {
        self.hold()?;
        let left_out = |why: String| Err(Stop::Skip(why));
        let submitted = match self.submit_or_wait(buf)? {
            Poll::Pending => {
                return left_out("no sense here: the writer takes nothing while its destination is held".to_owned());
            }
            Poll::Ready(Err(error)) => {
                return left_out(format!("not observed: a submission to a held destination fails: {error}"));
            }
            Poll::Ready(Ok(submitted)) => submitted,
        };
        match submitted.ticket() {
            Some(ticket) if ticket.len() < buf.len() => {
                left_out("no sense here: the writer takes less than it is given".to_owned())
            }
            // Early, which is another rule's matter, or by a way that nothing holds.
            None if self.kit.tickets => {
                left_out("no sense here: a write is complete at once, though the destination is held".to_owned())
            }
            ticket => Ok(ticket),
        }
    }

    /// One poll of a submission, and a second one where a thread behind the writer has made room meanwhile.
    fn submit_or_wait(&mut self, buf: &[u8]) -> Judged<Poll<io::Result<Submitted>>> {
        /// Who takes longer leaves the case out.
        const MOMENT: Duration = Duration::from_millis(20);
        let wakes = self.task.wakes();
        let submitted = self.submit(buf)?;
        if submitted.is_pending() && self.kit.carrier == Carrier::Others && self.task.wait(wakes, MOMENT) {
            return self.submit(buf);
        }
        Ok(submitted)
    }

    /// Submits `buf` over an outstanding write, lets the destination go on, and carries `buf` to its end: it is a
    /// submission of its own, whether it was taken at once or not.
    pub(super) fn write_over(&mut self, buf: &[u8]) -> Judged {
        let taken = match self.submit(buf)? {
            Poll::Ready(Ok(submitted)) => submitted.ticket(),
            Poll::Ready(Err(_)) | Poll::Pending => None,
        };
        self.advance();
        match taken {
            Some(ticket) => self.finish(ticket).map(drop),
            None => self.write(buf).map(drop),
        }
    }

    /// Submits `buf` to a destination that is held, and gives its ticket.
    pub(super) fn in_flight(&mut self, buf: &[u8]) -> Judged<Ticket> {
        match self.orphan(buf)? {
            Some(ticket) => Ok(ticket),
            None => Err(self.unclear("a submission to a held destination is answered as complete")),
        }
    }

    /// One poll of `operation`; a sync's future is dropped after it.
    pub(super) fn start(&mut self, operation: Operation) -> Judged<Poll<io::Result<()>>> {
        Ok(match operation {
            Operation::Submit => self.submit(NEXT)?.map_ok(drop),
            Operation::SubmitVectored => self.submit_vectored(&[&[], &NEXT[..1], &[], &NEXT[1..]])?.map_ok(drop),
            Operation::Barrier => self.barrier()?.map_ok(drop),
            Operation::Seek => self.seek(SeekFrom::Current(0))?.map_ok(drop),
            Operation::Sync => self.sync_once()?,
            Operation::Close => self.close()?,
        })
    }

    /// Carries `operation` to its end; a submission to where it is taken.
    pub(super) fn operate(&mut self, operation: Operation) -> Judged<io::Result<()>> {
        let slices = [IoSlice::new(&[]), IoSlice::new(&NEXT[..1]), IoSlice::new(&[]), IoSlice::new(&NEXT[1..])];
        Ok(match operation {
            Operation::Submit => {
                self.carry("poll_write_submit(\"next\")", |writer, cx| writer.poll_write_submit(cx, NEXT))?.map(drop)
            }
            Operation::SubmitVectored => {
                let submit = |writer: Pin<&mut W>, cx: &mut Context<'_>| writer.poll_write_submit_vectored(cx, &slices);
                self.carry("poll_write_submit_vectored(\"next\")", submit)?.map(drop)
            }
            Operation::Barrier => self.settle()?.map(drop),
            Operation::Seek => self.seek_to_end(SeekFrom::Current(0))?.map(drop),
            Operation::Sync => self.sync()?,
            Operation::Close => self.close_to_end()?,
        })
    }
}

/// How a submission of `buf` is told.
fn submission_of(buf: &[u8]) -> String {
    const SHOWN: usize = 32;
    let more = if buf.len() > SHOWN { format!(".. {} bytes", buf.len()) } else { String::new() };
    format!("poll_write_submit(\"{}\"{more})", buf[..buf.len().min(SHOWN)].escape_ascii())
}

#[cfg(feature = "bytes")]
fn bytes_of(buf: &[u8]) -> String {
    format!("poll_write_submit_bytes({} bytes)", buf.len())
}

fn slices_of(bufs: &[&[u8]]) -> String {
    let lengths: Vec<_> = bufs.iter().map(|buf| buf.len()).collect();
    format!("poll_write_submit_vectored(slices of {lengths:?} bytes)")
}
