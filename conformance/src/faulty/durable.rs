//! Writers over a [`Disk`] that break rule D1 in their syncs by polls, and do all else right.

use std::{
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{
    AsyncSyncComplete, AsyncWriteComplete, Submitted, SyncComplete, Ticket, TicketSource, UnknownTicket,
    WriteOutstanding,
};

use crate::disk::Disk;

/// What such a writer does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncFlaw {
    /// Makes a sync anew after one that failed, which a kernel answers with success.
    TriesAgain,
    /// Forgets the failure of a sync that nobody waited for.
    ForgetsADroppedSync,
    /// Syncs while a write is outstanding.
    SyncsOverAWrite,
    /// Answers success without a sync.
    SyncsNothing,
    /// Answers with the success of the last sync although bytes were written since.
    RepeatsASuccess,
}

impl SyncFlaw {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::TriesAgain, Self::ForgetsADroppedSync, Self::SyncsOverAWrite, Self::SyncsNothing, Self::RepeatsASuccess];
}

/// A writer over a [`Disk`]; each of its operations takes two polls. Without a flaw it keeps every rule of writes and
/// syncs.
#[derive(Debug)]
pub struct OverDisk {
    disk: Disk,
    flaw: Option<SyncFlaw>,
    tickets: TicketSource,
    /// The write that was submitted, and whether its ticket was answered.
    last: Option<(Ticket, bool)>,
    /// The sync that was polled once: what it came to.
    sync: Option<io::Result<()>>,
    failed: Option<i32>,
    has_synced: bool,
}

impl OverDisk {
    /// A writer with that flaw.
    pub fn new(disk: Disk, flaw: Option<SyncFlaw>) -> Self {
        let tickets = TicketSource::new();
        Self { disk, flaw, tickets, last: None, sync: None, failed: None, has_synced: false }
    }

    fn has(&self, flaw: SyncFlaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn check_settled(&self) -> io::Result<()> {
        self.outstanding().map_or(Ok(()), |ticket| Err(WriteOutstanding::new(ticket).into()))
    }

    /// The sync is made at the first poll, and answered at the second.
    fn begin_sync(&mut self) {
        let made = match self.flaw {
            Some(SyncFlaw::SyncsNothing) => Ok(()),
            Some(SyncFlaw::RepeatsASuccess) if self.has_synced => Ok(()),
            _ => self.disk.sync_data(),
        };
        match &made {
            Ok(()) => self.has_synced = true,
            Err(error) if !self.has(SyncFlaw::ForgetsADroppedSync) => self.failed = error.raw_os_error(),
            Err(_) => {}
        }
        self.sync = Some(made);
    }
}

impl AsyncWriteComplete for OverDisk {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(Submitted::Complete(0)));
        }
        self.check_settled()?;
        // The sync that nobody waited for is over.
        self.sync = None;
        let n = self.disk.write(buf)?;
        let ticket = self.tickets.mint(n);
        self.last = Some((ticket, false));
        Poll::Ready(Ok(Submitted::InFlight(ticket)))
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, _: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        match &mut self.last {
            Some((last, answered)) if *last == ticket => {
                *answered = true;
                Poll::Ready(Ok(ticket.len()))
            }
            _ => Poll::Ready(Err(UnknownTicket::new(ticket).into())),
        }
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.last.filter(|(_, answered)| !answered).map(|(ticket, _)| ticket)
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncSyncComplete for OverDisk {
    fn poll_sync_data(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.has(SyncFlaw::SyncsOverAWrite) {
            self.check_settled()?;
        }
        if let Some(answer) = self.sync.take() {
            if let (Err(error), true) = (&answer, self.has(SyncFlaw::ForgetsADroppedSync)) {
                self.failed = error.raw_os_error();
            }
            return Poll::Ready(answer);
        }
        if let (Some(code), false) = (self.failed, self.has(SyncFlaw::TriesAgain)) {
            return Poll::Ready(Err(io::Error::from_raw_os_error(code)));
        }
        self.begin_sync();
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_sync_all(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync_data(cx)
    }
}
