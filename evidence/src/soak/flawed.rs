//! Writers that break something, each of which the soak refuses.

use std::{
    fs::File,
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_write_complete::{
    AsyncSyncComplete, AsyncWriteComplete, BlockingPool, Offload, PriorWriteFailed, Submitted, Ticket,
};

use super::{
    counts::{Counts, Event},
    faulty::{Fault, Faults, Faulty},
    life::Life,
    subject::Subject,
};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// A close that failed is `Ok`.
    CloseForgives,
    /// A close fails as a file's may, though it was `Ok`.
    CloseInvents,
    /// A close fails as no call of the file does.
    CloseOfOtherKind,
    /// A close that failed is `Ok` when it is asked again.
    CloseChanges,
    /// A write fails by the error of another call.
    OtherCode,
    /// A sync that failed is `Ok`.
    SyncForgives,
    /// A seek answers another place.
    SeekLies,
    /// A read gives another byte.
    ReadLies,
    /// Nothing is outstanding.
    Forgets,
    /// A `poll_write` does not tell how the one before ended, and is made.
    PriorUntold,
    /// A flush does not tell it.
    FlushForgives,
    /// A write answers fewer bytes than are there.
    CountsLess,
}

struct Flawed {
    inner: Offload<Faulty>,
    flaw: Flaw,
    closes: u32,
}

impl Flawed {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }
}

fn os(fault: Fault) -> io::Error {
    io::Error::from_raw_os_error(fault.code().expect("a code"))
}

impl AsyncWriteComplete for Flawed {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.inner).poll_write_submit(cx, buf)
    }

    fn poll_write_submit_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.inner).poll_write_submit_vectored(cx, bufs)
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.inner).poll_write_complete(cx, ticket);
        match answer {
            Poll::Ready(Ok(n)) if self.has(Flaw::CountsLess) => Poll::Ready(Ok(n.div_ceil(2))),
            Poll::Ready(Err(error)) if self.has(Flaw::OtherCode) && error.raw_os_error().is_some() => {
                Poll::Ready(Err(os(Fault::Sync)))
            }
            answer => answer,
        }
    }

    fn outstanding(&self) -> Option<Ticket> {
        if self.has(Flaw::Forgets) { None } else { self.inner.outstanding() }
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Poll::Ready(closed) = Pin::new(&mut self.inner).poll_close_complete(cx) else { return Poll::Pending };
        self.closes += 1;
        Poll::Ready(match (self.flaw, closed) {
            (Flaw::CloseForgives, _) => Ok(()),
            (Flaw::CloseInvents, Ok(())) => Err(os(Fault::Close)),
            (Flaw::CloseOfOtherKind, Ok(())) => Err(io::ErrorKind::BrokenPipe.into()),
            (Flaw::CloseChanges, Err(_)) if self.closes > 1 => Ok(()),
            (_, closed) => closed,
        })
    }
}

impl AsyncSyncComplete for Flawed {
    fn poll_sync_data(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let synced = Pin::new(&mut self.inner).poll_sync_data(cx);
        if self.has(Flaw::SyncForgives) { synced.map(|_| Ok(())) } else { synced }
    }

    fn poll_sync_all(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync_data(cx)
    }
}

impl Subject for Flawed {
    fn write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.inner.write(cx, buf) {
            Poll::Ready(Err(error)) if self.has(Flaw::PriorUntold) && PriorWriteFailed::find(&error).is_some() => {
                self.inner.write(cx, buf)
            }
            answer => answer,
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.inner.flush(cx);
        if self.has(Flaw::FlushForgives) { flushed.map(|_| Ok(())) } else { flushed }
    }

    fn read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let answer = self.inner.read(cx, buf);
        if self.has(Flaw::ReadLies) {
            buf[0] ^= 1;
        }
        answer
    }

    fn seek(&mut self, cx: &mut Context<'_>, to: SeekFrom, is_started: &mut bool) -> Poll<io::Result<u64>> {
        let lie = u64::from(self.has(Flaw::SeekLies));
        self.inner.seek(cx, to, is_started).map_ok(|at| at + lie)
    }
}

/// Those of a test, and of what remains of a life.
const SHARES_WITHOUT_A_FILE: usize = 2;

/// One life after the other, until one is refused.
fn lives(flaw: Flaw, lives: u64) -> anyhow::Result<Counts> {
    let folder = tempfile::tempdir()?;
    let mut counts = Counts::default();
    for seed in 0..lives {
        let (path, faults) = (folder.path().join(seed.to_string()), Arc::new(Faults::default()));
        let file = File::options().read(true).append(true).create_new(true).open(&path)?;
        let inner = Offload::with_pool(Faulty::new(file, seed, faults.clone()), BlockingPool::default());
        let writer = Flawed { inner, flaw, closes: 0 };
        let life = Life::new(writer, fastrand::Rng::with_seed(seed), &faults);
        let remains = smol::block_on(life.live(path, Event::Offload))?;
        // A write under way goes on. `abandoned()` would wait for what other tests of this process have left, too.
        let is_gone = || Arc::strong_count(&faults) == SHARES_WITHOUT_A_FILE;
        while !is_gone() {
            std::thread::yield_now();
        }
        counts.add_all(&remains.check()?);
    }
    Ok(counts)
}

#[test]
fn a_writer_without_a_flaw_is_let_pass() {
    lives(Flaw::None, 300).expect("no flaw");
}

/// Which of its answers is refused first, and why, depends on when its file is done.
#[test]
fn every_flaw_is_refused() {
    for flaw in [
        Flaw::CloseForgives,
        Flaw::CloseInvents,
        Flaw::CloseOfOtherKind,
        Flaw::CloseChanges,
        Flaw::OtherCode,
        Flaw::SyncForgives,
        Flaw::SeekLies,
        Flaw::ReadLies,
        Flaw::Forgets,
        Flaw::PriorUntold,
        Flaw::FlushForgives,
        Flaw::CountsLess,
    ] {
        assert!(lives(flaw, 2_000).is_err(), "{flaw:?} was let pass");
    }
}
