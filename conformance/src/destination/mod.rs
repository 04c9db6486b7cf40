//! [`Destination`]: the kit's own destination, which can be watched, held and made to fail.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use async_write_complete::{SyncComplete, WriteComplete};

#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod foreign;
mod state;

use self::state::State;
use crate::{
    guard::ignore_panics,
    observer::{Call, Fault, Observer},
};

/// A destination in memory, with the bytes and the cursor of a file, whose calls can be made to go wrong.
///
/// For writers that are generic over what they write to. It is a blocking one ([`WriteComplete`], [`SyncComplete`],
/// `Read`, `Seek`), and an asynchronous one of the traits of today (`futures_io::AsyncWrite`, `tokio::io::AsyncWrite`,
/// as far as the features are on). For wrappers around an
/// [`AsyncWriteComplete`](async_write_complete::AsyncWriteComplete) there is [`Reference`](crate::Reference).
///
/// While it is held a blocking call waits, and an asynchronous one is `Pending`.
#[derive(Debug)]
pub struct Destination {
    shared: Arc<Shared>,
}

/// Sees a [`Destination`], also after it was dropped, and makes its calls go wrong.
#[derive(Clone, Debug)]
pub struct DestinationObserver {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is not held.
    fn pass(&self) -> MutexGuard<'_, State> {
        let passed = self.changed.wait_while(self.state(), |state| state.held);
        passed.unwrap_or_else(PoisonError::into_inner)
    }

    /// A call that does nothing but fail, if a fault is injected into it.
    fn play(&self, call: Call) -> io::Result<()> {
        let fault = self.pass().fault(call);
        fault.map_or(Ok(()), |effect| effect.play().raise())
    }
}

impl Destination {
    /// An empty one, and its observer.
    pub fn new() -> (Self, DestinationObserver) {
        let shared = Arc::new(Shared::default());
        (Self { shared: shared.clone() }, DestinationObserver { shared })
    }

    /// Makes all that was written durable.
    ///
    /// # Errors
    ///
    /// If a fault is injected into its sync.
    pub fn sync(&self) -> io::Result<()> {
        self.shared.play(Call::Sync)?;
        let mut state = self.shared.state();
        state.durable = Some(state.bytes.clone());
        Ok(())
    }

    /// The bytes of the last call change places with those of the one before it.
    pub(crate) fn swap_last_two(&self) {
        self.shared.state().swap_last_two();
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        self.shared.state().released = true;
    }
}

impl Write for Destination {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let played = self.shared.pass().write(buf);
        played.raise()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Destination {
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        let mut state = self.shared.pass();
        state.position = state.position.saturating_sub(n);
        Ok(true)
    }

    fn may_have_written(&self, _: &io::Error) -> bool {
        self.shared.state().failed_late
    }

    fn release(self) -> io::Result<()> {
        self.shared.play(Call::Close)
    }
}

impl SyncComplete for Destination {
    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }
}

impl Read for Destination {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.shared.play(Call::Read)?;
        let mut state = self.shared.pass();
        let rest = state.bytes.get(state.position as usize..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        state.position += n as u64;
        Ok(n)
    }
}

impl Seek for Destination {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.shared.play(Call::Seek)?;
        let mut state = self.shared.pass();
        let (base, offset) = match pos {
            SeekFrom::Start(n) => (n, 0),
            SeekFrom::End(n) => (state.bytes.len() as u64, n),
            SeekFrom::Current(n) => (state.position, n),
        };
        state.position = base.checked_add_signed(offset).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(state.position)
    }
}

impl Observer for DestinationObserver {
    fn bytes(&self) -> Vec<u8> {
        self.shared.state().bytes.clone()
    }

    fn calls(&self) -> Option<Vec<usize>> {
        Some(self.shared.state().calls.clone())
    }

    fn attempts(&self) -> Option<usize> {
        Some(self.shared.state().attempts)
    }

    fn is_released(&self) -> Option<bool> {
        Some(self.shared.state().released)
    }

    fn durable(&self) -> Option<Vec<u8>> {
        Some(self.shared.state().durable.clone().unwrap_or_default())
    }

    fn inject(&self, fault: &Fault) -> bool {
        self.shared.state().faults.push(fault.clone());
        true
    }

    fn hold(&self) -> bool {
        self.shared.state().held = true;
        true
    }

    fn resume(&self) {
        let wakers = {
            let mut state = self.shared.state();
            state.held = false;
            std::mem::take(&mut state.wakers)
        };
        self.shared.changed.notify_all();
        wakers.into_iter().for_each(|waker| ignore_panics(|| waker.wake()));
    }
}
