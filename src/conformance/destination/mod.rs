//! [`Destination`]: the kit's own destination, which can be watched, held and made to fail.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod foreign;

use super::observer::{Call, Effect, Fault, Observer};
use crate::{guard::quietly, sync_write::WriteComplete};

/// A destination in memory, with the bytes and the cursor of a file, that does wrong when it is told to.
///
/// For writers that are generic over what they write to. It is a blocking one ([`WriteComplete`], `Read`, `Seek`), and an
/// asynchronous one of the traits of today (`futures_io::AsyncWrite`, `tokio::io::AsyncWrite`, as far as the features are
/// on). For wrappers around an [`AsyncWriteComplete`](crate::AsyncWriteComplete) there is
/// [`Reference`](super::Reference).
///
/// While it is held a blocking call waits, and an asynchronous one is `Pending`.
#[derive(Debug)]
pub struct Destination {
    shared: Arc<Shared>,
}

/// Sees a [`Destination`], also after it was dropped, and makes it do wrong.
#[derive(Clone, Debug)]
pub struct DestinationObserver {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    position: u64,
    durable: Option<Vec<u8>>,
    calls: Vec<usize>,
    attempts: usize,
    faults: Vec<Fault>,
    held: bool,
    wakers: Vec<Waker>,
    released: bool,
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
}

impl State {
    /// What the next call of `call` does wrong.
    fn fault(&mut self, call: Call) -> Option<Effect> {
        let position = self.faults.iter().position(|fault| fault.call == call)?;
        let fault = &mut self.faults[position];
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        let effect = fault.effect.clone();
        match &mut fault.effect {
            Effect::Interrupted(times @ 2..) => *times -= 1,
            _ if fault.lasting => {}
            _ => drop(self.faults.remove(position)),
        }
        Some(effect)
    }

    /// One call of `write`: how many bytes it moves, and how many it says it did.
    fn write(&mut self, buf: &[u8]) -> Played<usize> {
        self.attempts += 1;
        let (moved, said) = match self.fault(Call::Write) {
            None => (buf.len(), buf.len()),
            Some(Effect::Short(n)) => (n.min(buf.len()), n.min(buf.len())),
            Some(Effect::Zero) => (0, 0),
            Some(Effect::Excess(excess)) => (buf.len(), buf.len().saturating_add(excess)),
            Some(effect) => return effect.play(),
        };
        if moved > 0 {
            self.calls.push(moved);
            let (from, to) = (self.position as usize, self.position as usize + moved);
            self.bytes.resize(self.bytes.len().max(to), 0);
            self.bytes[from..to].copy_from_slice(&buf[..moved]);
            self.position = to as u64;
        }
        Played::Result(Ok(said))
    }
}

/// What a call comes to; the panic is raised where no lock is held.
enum Played<R> {
    Result(io::Result<R>),
    Panic,
}

impl Effect {
    fn play<R>(self) -> Played<R> {
        Played::Result(Err(match self {
            Effect::Panic => return Played::Panic,
            Effect::Error(code) => io::Error::from_raw_os_error(code),
            Effect::Interrupted(_) => io::ErrorKind::Interrupted.into(),
            _ => io::ErrorKind::WouldBlock.into(),
        }))
    }
}

impl<R> Played<R> {
    /// The result; or the panic, which says nothing on standard error.
    fn raise(self) -> io::Result<R> {
        match self {
            Self::Result(result) => result,
            Self::Panic => std::panic::resume_unwind(Box::new("the destination panics")),
        }
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
    /// If it was told to fail.
    pub fn sync(&mut self) -> io::Result<()> {
        let mut state = self.shared.pass();
        if let Some(effect) = state.fault(Call::Sync) {
            drop(state);
            return effect.play().raise();
        }
        state.durable = Some(state.bytes.clone());
        Ok(())
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
    fn unread(&mut self, n: u64) -> io::Result<bool> {
        let mut state = self.shared.pass();
        state.position = state.position.saturating_sub(n);
        Ok(true)
    }
}

impl Read for Destination {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
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
        wakers.into_iter().for_each(|waker| quietly(|| waker.wake()));
    }
}
