//! [`Faults`]: what was injected into the destination, and the [`Fate`] that each write has by it.

use std::{collections::VecDeque, fmt, io};

use async_write_complete::error::raw_os_error;

use crate::{
    describe::counted,
    observer::{Call, Effect, Fault},
};

/// How a write ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Exactly so many of its first bytes are complete.
    Complete(usize),
    /// None of them is, and the error has this code of the operating system, or none.
    Fails(Option<i32>),
    /// Nobody can know.
    Unknown,
    /// The write takes more than one call of the destination, so that only its answer says what it comes to.
    Undecided,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(n) => write!(f, "{} complete", counted(*n, "byte")),
            Self::Fails(Some(code)) => write!(f, "nothing complete, and the OS code {code}"),
            Self::Fails(None) => f.write_str("nothing complete, and an error"),
            Self::Unknown => f.write_str("nobody can know how many bytes are complete"),
            Self::Undecided => f.write_str("less complete than was taken"),
        }
    }
}

/// An error that is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) code: i32,
    /// Whether the next answer has to be it. An operation that was dropped may have met it, and nobody learns that.
    pub(super) is_certain: bool,
}

impl Expected {
    /// What is interrupted is made again, and no caller sees it.
    fn of(fault: &Fault) -> Option<Self> {
        match fault.effect {
            Effect::Error(code) => Some(Self { code, is_certain: true }),
            _ => None,
        }
    }
}

/// What is dropped may have met its error.
pub(super) fn doubt(expected: &mut Option<Expected>) {
    if let Some(expected) = expected {
        expected.is_certain = false;
    }
}

/// Whether the next answer has to be an error.
pub(super) fn is_due(expected: Option<Expected>) -> bool {
    expected.is_some_and(|expected| expected.is_certain)
}

/// Takes the error that `expected` says, if `error` is it.
pub(super) fn meets(expected: &mut Option<Expected>, error: &io::Error) -> bool {
    expected.take_if(|expected| raw_os_error(error) == Some(expected.code)).is_some()
}

/// The faults that are still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    writes: VecDeque<Fault>,
    /// Whether the next sync fails.
    pub(super) sync: bool,
    /// The error of the next read, seek or close, as the operating system's code.
    pub(super) read: Option<Expected>,
    pub(super) seek: Option<Expected>,
    pub(super) close: Option<Expected>,
    /// Whether there ever was one.
    pub(super) any: bool,
}

impl Faults {
    /// A fault was injected.
    pub(super) fn add(&mut self, fault: &Fault) {
        self.any = true;
        match fault.call {
            Call::Write => self.writes.push_back(fault.clone()),
            Call::Sync => self.sync = true,
            Call::Read => self.read = Expected::of(fault).or(self.read),
            Call::Seek => self.seek = Expected::of(fault).or(self.seek),
            Call::Close => self.close = Expected::of(fault).or(self.close),
        }
    }

    /// Whether a fault of this call may be added: one of a kind at a time, where an error cannot be told from the next.
    pub(super) fn has_room_for(&self, call: Call) -> bool {
        match call {
            Call::Write | Call::Sync => true,
            Call::Read => self.read.is_none(),
            Call::Seek => self.seek.is_none(),
            Call::Close => self.close.is_none(),
        }
    }

    /// The destination is called once more, with `len` bytes. What is interrupted is called again.
    pub(super) fn next(&mut self, len: usize) -> Fate {
        loop {
            let Some(fault) = self.writes.pop_front() else { return Fate::Complete(len) };
            if fault.lasting {
                self.writes.push_front(fault.clone());
            }
            return match fault.effect {
                Effect::Interrupted(_) => continue,
                Effect::Error(code) => Fate::Fails(Some(code)),
                Effect::WouldBlock => Fate::Fails(None),
                Effect::Short(n) => Fate::Complete(n.min(len)),
                Effect::Zero => Fate::Complete(0),
                Effect::Panic | Effect::Excess(_) | Effect::LateError(_) => Fate::Unknown,
            };
        }
    }
}
