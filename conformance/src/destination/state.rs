//! What a [`Destination`](super::Destination) has, and what its calls come to.

use std::{io, task::Waker};

use crate::observer::{Call, Effect, Fault};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) bytes: Vec<u8>,
    pub(super) position: u64,
    pub(super) durable: Option<Vec<u8>>,
    pub(super) calls: Vec<usize>,
    pub(super) attempts: usize,
    pub(super) faults: Vec<Fault>,
    pub(super) held: bool,
    pub(super) wakers: Vec<Waker>,
    pub(super) released: bool,
    /// Whether the last write failed after its bytes were in.
    pub(super) failed_late: bool,
}

impl State {
    /// What the next call of `call` does wrong.
    pub(super) fn fault(&mut self, call: Call) -> Option<Effect> {
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
    pub(super) fn write(&mut self, buf: &[u8]) -> Played<usize> {
        self.attempts += 1;
        let effect = self.fault(Call::Write);
        self.failed_late = matches!(effect, Some(Effect::LateError(_)));
        let (moved, said) = match effect {
            None => (buf.len(), Ok(buf.len())),
            Some(Effect::Short(n)) => (n.min(buf.len()), Ok(n.min(buf.len()))),
            Some(Effect::Zero) => (0, Ok(0)),
            Some(Effect::Excess(excess)) => (buf.len(), Ok(buf.len().saturating_add(excess))),
            Some(Effect::LateError(code)) => (buf.len(), Err(io::Error::from_raw_os_error(code))),
            Some(effect) => return effect.play(),
        };
        if moved > 0 {
            self.calls.push(moved);
            let (from, to) = (self.position as usize, self.position as usize + moved);
            self.bytes.resize(self.bytes.len().max(to), 0);
            self.bytes[from..to].copy_from_slice(&buf[..moved]);
            self.position = to as u64;
        }
        Played::Result(said)
    }

    /// The bytes of the last call change places with those of the one before it.
    pub(super) fn swap_last_two(&mut self) {
        let [.., before, last] = self.calls[..] else { return };
        let end = self.position as usize;
        if let Some(both) = end.checked_sub(before + last).and_then(|from| self.bytes.get_mut(from..end)) {
            both.rotate_right(last);
        }
    }
}

/// What a call comes to; the panic is raised where no lock is held.
pub(super) enum Played<R> {
    Result(io::Result<R>),
    Panic,
}

impl Effect {
    pub(super) fn play<R>(self) -> Played<R> {
        Played::Result(Err(match self {
            Effect::Panic => return Played::Panic,
            Effect::Error(code) | Effect::LateError(code) => io::Error::from_raw_os_error(code),
            Effect::Interrupted(_) => io::ErrorKind::Interrupted.into(),
            _ => io::ErrorKind::WouldBlock.into(),
        }))
    }
}

impl<R> Played<R> {
    /// The result; or the panic, which prints nothing on standard error.
    pub(super) fn raise(self) -> io::Result<R> {
        match self {
            Self::Result(result) => result,
            Self::Panic => std::panic::resume_unwind(Box::new("the destination panics")),
        }
    }
}
